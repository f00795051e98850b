"""Tell each owner, once for a file, which new loans it brought them."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Notice

SHOWN = 10
"""How many new loans the notice names."""


@dataclass(frozen=True, slots=True)
class NewLoansView:
    """How many loans a file brought a member, and the numbers of the first of them that are still theirs."""

    count: int
    numbers: tuple[str, ...] = field(repr=False)


async def report_new_loans(desk: Desk, file_id: UUID, new_by_owner: Mapping[UUID, Sequence[UUID]]) -> None:
    """Tell each owner of these new loans, in one message for all batches of the file."""
    if not new_by_owner:
        return
    keys = {owner_id: f"{kinds.LOANS_IMPORTED.name}:{file_id}:{owner_id}" for owner_id in new_by_owner}
    known = await notices.by_keys(desk.session, desk.workspace.id, keys.values())
    owners = await members.by_ids(desk.session, new_by_owner)
    for owner_id, loan_ids in new_by_owner.items():
        notice = known.get(keys[owner_id])
        if notice is not None:
            shown = [*notice.facts["loans"], *map(str, loan_ids)][:SHOWN]
            notice.facts = {**notice.facts, "new": notice.facts["new"] + len(loan_ids), "loans": shown}
            desk.add(notice)
            continue
        facts = {"new": len(loan_ids), "loans": [str(each) for each in loan_ids[:SHOWN]]}
        await queue_notice(desk, kind=kinds.LOANS_IMPORTED, key=keys[owner_id], to=owners[owner_id], facts=facts)
    await desk.session.flush()
    await notices.touch(desk.session, (each.id for each in known.values()), desk.now)


async def new_loans_view(desk: Desk, notice: Notice) -> NewLoansView:
    """Return what the notice says: loans that were deleted, or have another owner by now, are counted and not named."""
    found = await loans.by_ids(desk.session, [UUID(each) for each in notice.facts["loans"]])
    numbers = [loan.number for loan in found.values() if loan.owner_id == notice.to_id]
    return NewLoansView(notice.facts["new"], tuple(sorted(numbers)))
