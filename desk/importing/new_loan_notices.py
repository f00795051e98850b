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
from storage.queries.messages.notices import NoticeFacts
from storage.queries.people import members
from storage.tables import Notice

SHOWN = 10
"""How many new loans the notice names."""


@dataclass(frozen=True, slots=True)
class NewLoansView:
    """How many loans a file brought a member, and the numbers of the first of them that are still theirs."""

    count: int
    numbers: tuple[str, ...] = field(repr=False)


class Told(dict[UUID, NoticeFacts]):
    """What the notice of each owner says of a file, for its next transactions: nobody else writes that. It counts what a
    transaction did that was not committed, and is then of no use."""


async def report_new_loans(
    desk: Desk, file_id: UUID, new_by_owner: Mapping[UUID, Sequence[UUID]], told: Told | None = None
) -> None:
    """Tell each owner of these new loans, in one message for all batches of the file. `told` is the file's."""
    told = Told() if told is None else told
    keys = {
        f"{kinds.LOANS_IMPORTED.name}:{file_id}:{owner_id}": owner_id
        for owner_id in new_by_owner
        if owner_id not in told
    }
    known = await notices.facts_of_keys(desk.session, desk.workspace.id, keys)
    told.update((keys[key], each) for key, each in known.items())
    owners = await members.by_ids(desk.session, (keys[key] for key in keys if key not in known))
    for key, owner_id in keys.items():
        if key in known:
            continue
        loan_ids = new_by_owner[owner_id]
        facts = {"new": len(loan_ids), "loans": [str(each) for each in loan_ids[:SHOWN]]}
        notice_id = await queue_notice(desk, kind=kinds.LOANS_IMPORTED, key=key, to=owners[owner_id], facts=facts)
        if notice_id is not None:
            told[owner_id] = NoticeFacts(notice_id, facts)
    more = {key: _with_more(told[key], each) for key, each in new_by_owner.items() if key not in owners}
    told.update(more)
    await notices.change_facts(desk.session, more.values())
    await notices.touch(desk.session, (each.notice_id for each in more.values()), desk.now)


def _with_more(told: NoticeFacts, loan_ids: Sequence[UUID]) -> NoticeFacts:
    """Return what a notice says with these loans too."""
    facts = told.facts
    shown = [*facts["loans"], *map(str, loan_ids[: SHOWN - len(facts["loans"])])]
    return NoticeFacts(told.notice_id, {**facts, "new": facts["new"] + len(loan_ids), "loans": shown})


async def new_loans_view(desk: Desk, notice: Notice) -> NewLoansView:
    """Return what the notice says: loans that were deleted, or have another owner by now, are counted and not named."""
    found = await loans.by_ids(desk.session, [UUID(each) for each in notice.facts["loans"]])
    numbers = [loan.number for loan in found.values() if loan.owner_id == notice.to_id]
    return NewLoansView(notice.facts["new"], tuple(sorted(numbers)))
