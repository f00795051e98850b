"""Loans to which somebody has posted a link."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from desk.desk import Desk
from storage import loans


@dataclass(frozen=True, slots=True)
class LinkedLoan:
    """What everybody in a conversation may know of a loan."""

    id: UUID
    number: str
    stage: str


async def linked(desk: Desk, numbers: Iterable[str]) -> Mapping[str, LinkedLoan]:
    """The loans of these numbers that the acting member may see, by the number that was given. Others are missing."""
    found: dict[str, LinkedLoan] = {}
    for number in numbers:
        loan = await loans.by_number(desk.session, desk.workspace.id, number)
        if loan is not None and await loans.sees(desk.session, desk.member, loan.id):
            found[number] = LinkedLoan(loan.id, loan.number, loan.stage)
    return found
