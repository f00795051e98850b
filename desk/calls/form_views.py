"""What somebody is shown who fills in a form about a loan: the loan, what is open on it, and when the next call may be."""

from dataclasses import dataclass, field

from desk.calls.consequences import retry_due
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.next_steps import NextOffer, next_days
from desk.follow_ups.rule_plans import assignee_of_next
from desk.loans import borrowers, lookup
from desk.loans.views import FollowUpView, follow_up_views
from storage.queries.follow_ups import follow_ups as stored


@dataclass(frozen=True, slots=True)
class ChosenLoan:
    """The loan of a form, with its open follow-ups, most urgent first. `offers` are times for the next call."""

    number: str
    name: str = field(repr=False)
    tail: str = field(repr=False)
    stage: str
    open: tuple[FollowUpView, ...]
    offers: tuple[NextOffer, ...]


async def chosen_loan(desk: Desk, number: str, *, outcome: str | None = None) -> ChosenLoan:
    """The loan of that number. With an `outcome` the first offer is the attempt that the desk would plan by rule.

    Raises NotFound, Ambiguous as `desk.loans.lookup.resolve` does.
    """
    loan = (await lookup.resolve(desk, LoanRef(whole=number, text=number))).loan
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    open_ones = await stored.open_of_loan(desk.session, loan.id)
    purpose = VOCABULARY.stage(loan.stage).purpose
    offers = await next_days(desk, purpose)
    if outcome is not None and VOCABULARY.outcome(outcome).next == "planned":
        assignee = await assignee_of_next(desk, loan, None)
        due = await retry_due(desk, loan, VOCABULARY.outcome(outcome), assignee)
        offers = (NextOffer("retry", due, purpose), *(offer for offer in offers if offer.due != due))
    return ChosenLoan(
        number=loan.number,
        name=contact.name,
        tail=contact.tail,
        stage=loan.stage,
        open=await follow_up_views(desk, loan, list(open_ones)),
        offers=offers,
    )
