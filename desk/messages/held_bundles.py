"""Hold the escalations of a message with several reminders: who acts on them is on it, and works through them."""

from datetime import datetime
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.transaction import Desk
from desk.core.undo_rules import allow_partial_undo
from desk.messages.notice_views import waiting_on
from desk.messages.reminders import hold_row, may_be_held
from desk.people.relations import require_may_act
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


async def hold_all(desk: Desk, notice_id: UUID, holds: int) -> HeldTogether:
    """Hold the escalations of the follow-ups of a message on which nobody has acted, all that may still be held.

    `holds` is how often they had been held, together, when the message was written: who presses it a second time, or at the
    same time as another, holds nothing twice.

    Raises NotAllowed (`others_may_act`), Invalid (`hold_not_reminded`: nothing of it waits; `hold_none`: none may be held),
    Conflict (`held_since`).
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
    holdable = [row for row in reminded if may_be_held(row)]
    if not holdable:
        raise Invalid("hold_none")
    if sum(row.holds for row in reminded) > holds:
        raise Conflict("held_since", at=min(row.escalate_at for row in holdable if row.escalate_at))
    held = [await hold_row(desk, row) for row in holdable]
    undo_id = offer_undo(desk, "hold_reminders")
    return HeldTogether(len(held), len(reminded) - len(held), min(held), undo_id)
