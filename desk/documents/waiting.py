"""The documents of a member's loans that wait: for review, or to be brought and reviewed."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.documents.views import ItemView, item_views
from desk.follow_ups.listed_states import states_of_loans
from desk.loans import borrowers
from desk.people.offers import may_export
from storage.queries.documents import documents

PAGE = 10
"""Documents of one page."""

Waiting = Literal["open", "received"]

STATES: Mapping[Waiting, Sequence[str]] = {"open": documents.OPEN_STATES, "received": ("received",)}
"""The states of the documents of each list."""


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """A document and its loan. `states` are the codes of what is recorded of the borrower that bears on contact."""

    loan_id: UUID
    number: str
    name: str = field(repr=False)
    tail: str = field(repr=False)
    item: ItemView
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingDocuments:
    """One page of the acting member's `total` documents that wait. `may_export`: they may have the list as a file."""

    waiting: Waiting
    total: int
    offset: int
    rows: tuple[WaitingDocument, ...]
    may_export: bool = False

    @property
    def more(self) -> int:
        """Return how many documents come after this page."""
        return self.total - self.offset - len(self.rows)


async def count_waiting(desk: Desk, waiting: Waiting) -> int:
    """Count the documents that `waiting_documents` lists."""
    return await documents.count_of_owner(desk.session, desk.member.id, STATES[waiting])


async def waiting_documents(desk: Desk, waiting: Waiting, *, offset: int = 0) -> WaitingDocuments:
    """Return a page of the documents on the acting member's own loans: `open` ones, or those `received` and to be reviewed."""
    states = STATES[waiting]
    found = await documents.of_owner(desk.session, desk.member.id, states, limit=PAGE, offset=offset)
    contacts = await borrowers.contacts_of(desk, {loan.borrower_id for loan, _, _ in found})
    items = await item_views(desk, [(item, request) for _, item, request in found])
    recorded = await states_of_loans(desk, {loan.id for loan, _, _ in found})
    rows = tuple(
        WaitingDocument(
            loan_id=loan.id,
            number=loan.number,
            name=contacts[loan.borrower_id].name,
            tail=contacts[loan.borrower_id].tail,
            item=item,
            states=recorded.get(loan.id, ()),
        )
        for (loan, _, _), item in zip(found, items, strict=True)
    )
    return WaitingDocuments(waiting, await count_waiting(desk, waiting), offset, rows, may_export(desk))
