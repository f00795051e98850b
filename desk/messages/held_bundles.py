"""Hold the escalations of a message with several reminders: who acts on them is on it, and works through them."""

from datetime import datetime
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.undo_rules import allow_partial_undo
from desk.messages.notice_views import waiting_on
from desk.messages.reminders import hold_row, may_be_held
from desk.people.members import require_may_act
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans

allow_partial_undo("hold_reminders")


@dataclass(frozen=True, slots=True)
class HeldTogether:
    """How many follow-ups were held; the managers hear of the first at `until`. `left` were not: the managers have heard of them,
    or they were held as often as may be."""

    held: int
    left: int
    until: datetime
    undo_id: UUID


async def hold_all(desk: Desk, notice_id: UUID) -> HeldTogether:
    """Hold the escalations of the follow-ups of a message on which nobody has acted, all that may still be held.

    Raises NotAllowed (`others_may_act`), Invalid (`hold_not_reminded`: nothing of it waits; `hold_none`: none may be held).
    """
    waiting = await waiting_on(desk, notice_id) or ()
    known = await follow_ups.by_ids(desk.session, waiting)
    await loans.lock_all(desk.session, {row.loan_id for row in known.values()})
    for row in known.values():
        await desk.session.refresh(row)
    on = await loans.by_ids(desk.session, {row.loan_id for row in known.values()})
    reminded = [row for row in known.values() if row.state == "open" and row.announced_for and row.remind_at is None]
    for row in reminded:
        await require_may_act(desk, "snooze", row, on[row.loan_id])
    if not reminded:
        raise Invalid("hold_not_reminded")
    held = [await hold_row(desk, row) for row in reminded if may_be_held(row)]
    if not held:
        raise Invalid("hold_none", n=len(reminded))
    undo_id = offer_undo(desk, "hold_reminders")
    return HeldTogether(len(held), len(reminded) - len(held), min(held), undo_id)
