"""What the side pane of a link to a loan shows to the member who opens it: no more than a reminder in a channel."""

from datetime import date
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.quiet_periods import quiet_of
from desk.follow_ups.standing import RepaymentSummary, summary
from desk.loans import lookup
from desk.loans.views import FollowUpView, LoanView, loan_view, next_views
from desk.people.offers import Offers, offers_on


@dataclass(frozen=True, slots=True)
class LoanPane:
    """A loan in short. `next_call` is its most urgent open follow-up; if there is none, `quiet_until` says until when none is
    needed."""

    loan: LoanView
    repayment: RepaymentSummary
    currency: str
    next_call: FollowUpView | None
    quiet_until: date | None
    offers: Offers


async def loan_pane(desk: Desk, loan_id: UUID) -> LoanPane:
    """Return what the pane of the loan shows. Raises NotFound (`unknown_loan_pressed`), also if the member may not see it."""
    loan = await lookup.lock_by_id(desk, loan_id)
    next_call = (await next_views(desk, [loan])).get(loan.id)
    quiet = await quiet_of(desk, loan) if next_call is None else None
    return LoanPane(
        loan=await loan_view(desk, loan),
        repayment=await summary(desk, loan, promises=False),
        currency=loan.currency,
        next_call=next_call,
        quiet_until=quiet.until if quiet else None,
        offers=await offers_on(desk, loan.owner_id),
    )
