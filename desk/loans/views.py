"""What readers see of a loan and of a follow-up: frozen values, made from rows at the end of a use case."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups.lifecycle import PlannedFollowUp, due_of
from desk.follow_ups.workspace_cadence import cadence_of
from desk.loans import borrowers
from desk.loans.borrowers import Contact
from desk.people.members import zone_of
from desk.rules.cadence import Rule
from desk.rules.other_rules import OTHER_RULES, OtherRule
from desk.rules.reminders import ScheduleWarning
from storage.queries.follow_ups import follow_ups
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member


@dataclass(frozen=True, slots=True)
class LoanView:
    """A loan and its borrower: a channel sees `masked`, the reader's own answers show `name`. `owner` is a Slack id."""

    id: UUID
    number: str
    stage: str
    name: str = field(repr=False)
    masked: str = field(repr=False)
    tail: str = field(repr=False)
    owner: str | None


@dataclass(frozen=True, slots=True)
class FollowUpView:
    """A follow-up as one line. `assignee` is a Slack id; `zone` is the assignee's, in which a due date is meant. `rule` planned
    it, and no member has moved it since."""

    id: UUID
    version: int
    number: int
    loan_id: UUID
    loan_number: str
    purpose: str
    state: str
    due: Due
    zone: str
    late: bool
    attempts: int
    assignee: str
    rule: Rule | OtherRule | None = None


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A follow-up that was just planned or moved, with warnings about its time.

    `acting` is the Slack id of the member who is reminded instead of an absent assignee, else None. `suggestion` is the
    next minute without any of the warnings. `moved_from` is when it was due before it was moved.
    """

    follow_up: FollowUpView
    warnings: tuple[ScheduleWarning, ...]
    suggestion: datetime | None
    acting: str | None
    moved_from: Due | None = None


async def loan_view(desk: Desk, loan: Loan) -> LoanView:
    """Return the loan as a list or a reminder shows it."""
    return (await loan_views(desk, [loan]))[loan.id]


async def loan_views(desk: Desk, found: Collection[Loan]) -> dict[UUID, LoanView]:
    """Return these loans as `loan_view` does, by id."""
    contacts = await borrowers.contacts_of(desk, {loan.borrower_id for loan in found})
    owners = await slack_ids(desk, (loan.owner_id for loan in found))
    return {loan.id: _loan_view(loan, contacts[loan.borrower_id], owners.get(loan.owner_id)) for loan in found}


def _loan_view(loan: Loan, contact: Contact, owner: str | None) -> LoanView:
    return LoanView(
        id=loan.id,
        number=loan.number,
        stage=loan.stage,
        name=contact.name,
        masked=contact.masked,
        tail=contact.tail,
        owner=owner,
    )


async def slack_ids(desk: Desk, member_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Return the Slack ids of these members by id; None among the ids is skipped."""
    people = await members.by_ids(desk.session, {key for key in member_ids if key is not None})
    return {key: member.slack_user_id for key, member in people.items()}


async def follow_up_views(desk: Desk, loan: Loan, rows: Sequence[FollowUp]) -> tuple[FollowUpView, ...]:
    """Return follow-ups of one loan as lines, in the order given."""
    people = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    return tuple(follow_up_view(desk, loan, row, people[row.assignee_id]) for row in rows)


async def next_views(desk: Desk, found: Sequence[Loan]) -> dict[UUID, FollowUpView]:
    """Return the most urgent open follow-up of each of these loans, by the loan's id; a loan without any is missing."""
    urgent = await follow_ups.next_of_loans(desk.session, [loan.id for loan in found])
    people = await members.by_ids(desk.session, {row.assignee_id for row in urgent.values()})
    return {
        loan.id: follow_up_view(desk, loan, row, people[row.assignee_id])
        for loan in found
        if (row := urgent.get(loan.id)) is not None
    }


def follow_up_view(desk: Desk, loan: Loan, row: FollowUp, assignee: Member) -> FollowUpView:
    """Return one follow-up as a line."""
    return FollowUpView(
        id=row.id,
        version=row.version,
        number=row.number,
        loan_id=loan.id,
        loan_number=loan.number,
        purpose=row.purpose,
        state=row.state,
        due=due_of(row),
        zone=zone_of(desk, assignee).key,
        late=row.state == "open" and row.late_at < desk.now,
        attempts=row.attempts,
        assignee=assignee.slack_user_id,
        rule=cadence_of(desk).get(row.rule) or OTHER_RULES.get(row.rule or ""),
    )


def planned_view(desk: Desk, loan: Loan, planned: PlannedFollowUp) -> PlannedView:
    """Return what was just planned, for the answer."""
    return PlannedView(
        follow_up=follow_up_view(desk, loan, planned.follow_up, planned.assignee),
        warnings=planned.schedule.warnings,
        suggestion=planned.schedule.suggestion,
        acting=planned.acting.slack_user_id if planned.acting.id != planned.assignee.id else None,
        moved_from=planned.moved_from,
    )
