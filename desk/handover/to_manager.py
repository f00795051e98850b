"""Handing one follow-up over to the assignee's manager."""

from dataclasses import dataclass
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.errors import Invalid
from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.follow_ups.locking import lock_follow_up
from desk.handover.reassigning import hand_over
from desk.loans.views import FollowUpView, LoanView, follow_up_view, loan_view
from desk.people.members import managers_for, require_may_act
from storage.engine.types import new_id
from storage.queries.people import members


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A follow-up that was handed to the manager. `to` is a Slack id."""

    loan: LoanView
    follow_up: FollowUpView
    to: str
    undo_id: UUID


async def hand_to_manager(desk: Desk, follow_up_id: UUID, version: int) -> HandedOver:
    """Make the assignee's manager the assignee. The manager is reminded at once, or when their work begins.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`, `follow_up_changed`), Invalid (`nobody_to_assign`).
    """
    on = await lock_follow_up(desk, follow_up_id, version)
    row, loan = on.follow_up, on.loan
    await require_may_act(desk, "hand_to_manager", row, loan)
    assignee = (await members.by_ids(desk.session, [row.assignee_id]))[row.assignee_id]
    managers = [m for m in await managers_for(desk, assignee) if m.id != assignee.id and roles_of(m) & set(CALLERS)]
    if not managers:
        raise Invalid("nobody_to_assign")
    manager = managers[0]
    undo_id = new_id()
    await hand_over(desk, [], [row], assignee, manager, why="", batch=undo_id)
    desk.audit("hand_over", loan_id=loan.id, subject_id=row.id, to=str(manager.id))
    await desk.session.flush()
    return HandedOver(
        loan=await loan_view(desk, loan),
        follow_up=follow_up_view(desk, loan, row, manager),
        to=manager.slack_user_id,
        undo_id=offer_undo(desk, "hand_over", loan_id=loan.id, undo_id=undo_id),
    )
