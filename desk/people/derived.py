"""What is worked out from other rows, and so must be worked out anew when those are changed or restored."""

from collections.abc import Sequence

from sqlmodel import SQLModel

from desk.core.transaction import Desk
from desk.follow_ups import rescheduling
from desk.loans import borrowers
from desk.messages.digest_times import next_for
from desk.people import onboarding
from storage.queries.people import members
from storage.tables import Borrower, CalendarOverride, Member, Workspace


async def work_out_anew(desk: Desk, rows: Sequence[SQLModel]) -> None:
    """Names and phones are found again as they were; follow-ups and digests keep to hours, absences and calendar as they
    are now."""
    await desk.session.flush()
    for row in rows:
        if isinstance(row, Borrower):
            await borrowers.index(desk, row)
    for row in rows:
        if isinstance(row, Workspace):
            desk.workspace = row
            await onboarding.set_up_changed(desk)
    if any(isinstance(row, CalendarOverride | Workspace) for row in rows):
        desk.calendar_changed()
        await rescheduling.everybody(desk)
        await _plan_digests(desk, await members.everybody(desk.session, desk.workspace.id))
        return
    restored = [row for row in rows if isinstance(row, Member)]
    if restored:
        await rescheduling.for_members(desk, [member.id for member in restored])
        await _plan_digests(desk, restored)


async def _plan_digests(desk: Desk, people: Sequence[Member]) -> None:
    for member in people:
        member.next_digest_at = await next_for(desk, member)
        desk.add(member)
