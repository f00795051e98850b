"""What a reader is shown of a loan and of a follow-up: small frozen values, made from rows at the end of a use case."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups.lifecycle import PlannedFollowUp, due_of
from desk.loans import borrowers
from desk.rules.reminders import ScheduleWarning
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member


@dataclass(frozen=True, slots=True)
class LoanView:
    """A loan by its number, with its borrower as a channel may see them."""

    id: UUID
    number: str
    stage: str
    masked: str = field(repr=False)
    tail: str = field(repr=False)
    owner: str | None
    """The owner's Slack id."""


@dataclass(frozen=True, slots=True)
class FollowUpView:
    """A follow-up as a line of a list. `zone` is the assignee's, in which a date alone is meant."""

    id: UUID
    version: int
    number: int
    loan_id: UUID
    loan_number: str
    purpose: str
    state: str
    due: Due
    zone: str
    overdue: bool
    attempts: int
    assignee: str
    """The assignee's Slack id."""


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A follow-up that was just planned or moved, with what should be known at once.

    `acting` is the Slack id of who will be reminded where the assignee is away, else None. `suggestion` is the next
    minute at which none of the warnings would stand.
    """

    follow_up: FollowUpView
    warnings: tuple[ScheduleWarning, ...]
    suggestion: datetime | None
    acting: str | None


async def loan_view(desk: Desk, loan: Loan) -> LoanView:
    """The loan as a list or a reminder shows it."""
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    owner = (await members.by_ids(desk.session, [loan.owner_id])).get(loan.owner_id) if loan.owner_id else None
    return LoanView(
        id=loan.id,
        number=loan.number,
        stage=loan.stage,
        masked=contact.masked,
        tail=contact.tail,
        owner=owner.slack_user_id if owner else None,
    )


async def follow_up_views(desk: Desk, loan: Loan, rows: list[FollowUp]) -> tuple[FollowUpView, ...]:
    """Follow-ups of one loan, in the order given."""
    people = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    return tuple(follow_up_view(desk, loan, row, people[row.assignee_id]) for row in rows)


def follow_up_view(desk: Desk, loan: Loan, row: FollowUp, assignee: Member) -> FollowUpView:
    """One follow-up as a line."""
    return FollowUpView(
        id=row.id,
        version=row.version,
        number=row.number,
        loan_id=loan.id,
        loan_number=loan.number,
        purpose=row.purpose,
        state=row.state,
        due=due_of(row),
        zone=assignee.zone,
        overdue=row.state == "open" and row.overdue_at < desk.now,
        attempts=row.attempts,
        assignee=assignee.slack_user_id,
    )


def planned_view(desk: Desk, loan: Loan, planned: PlannedFollowUp) -> PlannedView:
    """What was just planned, for the answer."""
    away = planned.acting.id != planned.assignee.id
    return PlannedView(
        follow_up=follow_up_view(desk, loan, planned.follow_up, planned.assignee),
        warnings=planned.schedule.warnings,
        suggestion=planned.schedule.suggestion,
        acting=planned.acting.slack_user_id if away else None,
    )
