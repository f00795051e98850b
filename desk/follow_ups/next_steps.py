"""Next steps that the desk offers for a loan with nothing planned: one press plans one."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import follow_ups
from desk.follow_ups.rule_plans import assignee_of_next
from desk.loans import lookup
from desk.loans.views import LoanView, PlannedView, loan_view, planned_view
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, today_of, zone_of
from desk.rules.working_time import instant_of, local_date, next_working_morning
from storage.queries.follow_ups import follow_ups as stored
from storage.tables import Loan

_MORNING = time(10)

OfferKind = Literal["tomorrow", "morning", "retry"]


@dataclass(frozen=True, slots=True)
class NextOffer:
    """A next step that one press plans: tomorrow at 10:00, the next working morning, or another attempt by rule."""

    kind: OfferKind
    due: Due
    purpose: str


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A live loan that an act has left with nothing planned, and what may be planned for it.

    `next_number` numbers its next follow-up: a button that carries it knows when something was planned since.
    """

    loan_id: UUID
    offers: tuple[NextOffer, ...]
    next_number: int


@dataclass(frozen=True, slots=True)
class NextPlanned:
    """The offer that was taken."""

    loan: LoanView
    planned: PlannedView
    undo_id: UUID = field(kw_only=True)


async def next_days(desk: Desk, purpose: str) -> tuple[NextOffer, ...]:
    """Tomorrow at 10:00 and the next working morning, by the acting member's clock."""
    zone = zone_of(desk.member)
    tomorrow = instant_of(today_of(desk, desk.member) + timedelta(days=1), _MORNING, zone)
    morning = next_working_morning(desk.now, hours_of(desk.member), await calendar_of(desk))
    offers = [NextOffer("tomorrow", Due(on=local_date(tomorrow, zone), at=tomorrow), purpose)]
    if morning != tomorrow:
        offers.append(NextOffer("morning", Due(on=local_date(morning, zone), at=morning), purpose))
    return tuple(offers)


async def unplanned(desk: Desk, loan: Loan) -> Unplanned | None:
    """What to offer for a loan, if it is a live one on which nothing is open."""
    stage = VOCABULARY.stage(loan.stage)
    if stage.ended or await stored.open_of_loan(desk.session, loan.id):
        return None
    return Unplanned(loan.id, await next_days(desk, stage.purpose), loan.next_follow_up_number)


async def plan_offered(desk: Desk, loan_id: UUID, due: Due, purpose: str, *, next_number: int) -> NextPlanned:
    """Plans a next step that was offered, unless something was planned on the loan since (`next_number`).

    Raises NotFound (`unknown_loan_pressed`), NotAllowed (`role_missing`), Conflict (`planned_since`), Invalid
    (`offer_past`), and as `desk.follow_ups.follow_ups.plan` does.
    """
    require_role(desk, "plan_offered")
    loan = await lookup.lock_by_id(desk, loan_id)
    if loan.next_follow_up_number != next_number:
        raise Conflict("planned_since", loan=loan.number)
    if due.at is not None and due.at <= desk.now:
        raise Invalid("offer_past", given=due.at)
    assignee = await assignee_of_next(desk, loan, None)
    planned = await follow_ups.plan(desk, loan, purpose=purpose, assignee=assignee, due=due)
    desk.audit("follow_up", loan_id=loan.id, subject_id=planned.follow_up.id)
    undo_id = offer_undo(desk, "follow_up", loan_id=loan.id)
    return NextPlanned(await loan_view(desk, loan), planned_view(desk, loan, planned), undo_id=undo_id)


async def nothing_needed(desk: Desk, loan_id: UUID) -> LoanView:
    """Notes that nothing is to be planned on the loan just now. Raises as `plan_offered` does."""
    require_role(desk, "plan_offered")
    loan = await lookup.lock_by_id(desk, loan_id)
    desk.audit("nothing_needed", loan_id=loan.id)
    return await loan_view(desk, loan)
