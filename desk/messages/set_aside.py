"""Tell the admins of the rows with which the worker failed: one message a day, with all that is set aside."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from storage.queries.core import set_aside as queries
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member, Notice

SHOWN = 10
"""Rows that the message names; the rest is counted."""

_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """What a chore leaves alone: `what` is the number of a follow-up or loan, the name of a member, or an id."""

    chore: str
    what: str


@dataclass(frozen=True, slots=True)
class SetAsideView:
    """What is set aside now; `more` is how many rows are not among them."""

    rows: tuple[SetAsideRow, ...]
    more: int


async def report_set_aside(desk: Desk) -> bool:
    """Queue the day's message to the admins, or have it rewritten, when something new was set aside."""
    today = desk.workspace_today
    await queries.delete_before(desk.session, desk.workspace.id, desk.now - _FORGOTTEN_AFTER)
    if not await queries.mark_told(desk.session, desk.workspace.id, desk.now, today):
        return False
    admins = await members.with_role(desk.session, desk.workspace.id, "admin")
    keys = {f"set_aside:{today}:{admin.id}": admin for admin in admins}
    there = await notices.ids_of_keys(desk.session, desk.workspace.id, keys)
    await notices.touch(desk.session, there.values(), desk.now)
    for key, admin in keys.items():
        if key not in there:
            await queue_notice(desk, kind=kinds.SET_ASIDE, key=key, to=admin, local_date=today)
    return True


async def set_aside_now(desk: Desk) -> SetAsideView:
    """Return what is set aside now."""
    counts = await queries.count(desk.session, desk.workspace.id, desk.now)
    rows = await queries.present(desk.session, desk.workspace.id, desk.now, limit=SHOWN)
    named = [SetAsideRow(row.chore, await _name(desk, row.subject_id)) for row in rows]
    return SetAsideView(rows=tuple(named), more=sum(counts.values()) - len(named))


async def _name(desk: Desk, row_id: UUID) -> str:
    if (member := await desk.session.get(Member, row_id)) is not None:
        return member.name
    if (follow_up := await desk.session.get(FollowUp, row_id)) is not None:
        return f"{(await desk.session.get_one(Loan, follow_up.loan_id)).number}/{follow_up.number}"
    if (notice := await desk.session.get(Notice, row_id)) is not None and notice.to_id is not None:
        return (await desk.session.get_one(Member, notice.to_id)).name
    if numbers := await loans.numbers_of_borrower(desk.session, row_id):
        return ", ".join(numbers)
    return str(row_id)
