"""Taking the minute that the desk suggests instead of one at which nobody works or borrowers may not be called."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import follow_ups
from desk.follow_ups.locking import pressed
from desk.loans.views import LoanView, PlannedView, loan_view, planned_view
from desk.people.members import require_may_act, zone_of
from desk.rules.working_time import local_date
from storage.queries.people import members


@dataclass(frozen=True, slots=True)
class Fitted:
    """A follow-up that was moved to a minute that fits."""

    loan: LoanView
    planned: PlannedView
    undo_id: UUID = field(kw_only=True)


async def move_to_fit(desk: Desk, follow_up_id: UUID, version: int, at: datetime) -> Fitted:
    """Moves a follow-up to the suggested minute, if nobody has changed it since that was shown.

    Raises NotAllowed (`role_missing`, `others_may_act`), Invalid (`offer_past`), as `desk.follow_ups.locking.pressed` and
    `desk.follow_ups.follow_ups.move` do.
    """
    require_role(desk, "fit_follow_up")
    shown = await pressed(desk, follow_up_id, version)
    await require_may_act(desk, "fit_follow_up", shown.follow_up, shown.loan)
    if at <= desk.now:
        raise Invalid("offer_past", given=at)
    row = shown.follow_up
    assignee = (await members.by_ids(desk.session, [row.assignee_id]))[row.assignee_id]
    due = Due(on=local_date(at, zone_of(assignee)), at=at)
    planned = await follow_ups.move(desk, row, due, assignee=assignee)
    desk.audit("move", loan_id=shown.loan.id, subject_id=row.id)
    undo_id = offer_undo(desk, "move", loan_id=shown.loan.id)
    return Fitted(await loan_view(desk, shown.loan), planned_view(desk, shown.loan, planned), undo_id=undo_id)
