"""Lists of loans: those with nothing planned, and those in arrears."""

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.listed_states import states_of_loans
from desk.follow_ups.reservations import Taken
from desk.follow_ups.standing import LastPromise
from desk.loans import borrowers
from desk.loans.views import FollowUpView, follow_up_view
from desk.people.members import zone_of
from desk.rules.arrears import Bucket
from desk.rules.queues import Reason
from storage.queries.follow_ups import due_lists, follow_ups
from storage.queries.follow_ups.due_lists import LoanRow, Whose
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import Loan


@dataclass(frozen=True, slots=True)
class ArrearsView:
    """What a list says of a borrower in arrears.

    `past_due` is None where the amount is not known. `promise` is the last one that no other replaced, `spoken_on` the day of the
    last conversation with the borrower. `taken`: a member is about to call them. `reasons` say what puts them at their place,
    the most important first. `escalated` is the kind of an escalation because of which calls wait for a manager.
    """

    days: int
    bucket: Bucket
    past_due: Decimal | None = field(repr=False)
    currency: str
    promise: LastPromise | None
    spoken_on: date | None
    taken: Taken | None
    reasons: tuple[Reason, ...]
    escalated: str | None = None


@dataclass(frozen=True, slots=True)
class ListedLoan:
    """A loan in a list. `owner` is a Slack id, None for a loan of nobody.

    `since` is when it entered its stage or, in arrears, the due date of its oldest unpaid instalment. `next` is its most
    urgent open follow-up. `arrears` is there in the list of those alone. `states` are codes of what is recorded that bears on
    contact.
    """

    loan_id: UUID
    number: str
    stage: str
    since: date
    name: str = field(repr=False)
    tail: str = field(repr=False)
    owner: str | None
    owner_name: str
    next: FollowUpView | None
    next_name: str
    arrears: ArrearsView | None = None
    states: tuple[str, ...] = ()


async def unplanned(desk: Desk, whose: Whose, *, limit: int, offset: int = 0) -> tuple[ListedLoan, ...]:
    """Return the live loans with nothing planned, the longest in its stage first."""
    zone = zone_of(desk, desk.member)
    found = await due_lists.unplanned(desk.session, whose, desk.workspace_today, limit=limit, offset=offset)
    return await _listed(desk, found, lambda loan: loan.stage_since.astimezone(zone).date())


async def in_arrears(desk: Desk, found: Sequence[Loan]) -> tuple[ListedLoan, ...]:
    """Return these loans in arrears as rows, in their order."""
    borrowers_of = await loans.borrowers_by_ids(desk.session, [loan.borrower_id for loan in found])
    by_id = {row.id: row for row in borrowers_of}
    rows = [(loan, by_id[loan.borrower_id]) for loan in found]
    return await _listed(desk, rows, lambda loan: loan.next_instalment_on or loan.unpaid_since or desk.workspace_today)


async def _listed(desk: Desk, found: Sequence[LoanRow], since: Callable[[Loan], date]) -> tuple[ListedLoan, ...]:
    nexts = await follow_ups.next_of_loans(desk.session, [loan.id for loan, _ in found])
    named = {loan.owner_id for loan, _ in found if loan.owner_id} | {row.assignee_id for row in nexts.values()}
    people = await members.by_ids(desk.session, named)
    states = await states_of_loans(desk, [loan.id for loan, _ in found])
    listed: list[ListedLoan] = []
    for loan, borrower in found:
        contact, due = borrowers.contact(desk, borrower), nexts.get(loan.id)
        owner = people[loan.owner_id] if loan.owner_id else None
        assignee = people[due.assignee_id] if due else None
        listed.append(
            ListedLoan(
                loan_id=loan.id,
                number=loan.number,
                stage=loan.stage,
                since=since(loan),
                name=contact.name,
                tail=contact.tail,
                owner=owner.slack_user_id if owner else None,
                owner_name=owner.name if owner else "",
                next=follow_up_view(desk, loan, due, assignee) if due and assignee else None,
                next_name=assignee.name if assignee else "",
                states=states.get(loan.id, ()),
            )
        )
    return tuple(listed)
