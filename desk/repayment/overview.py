"""The repayment of a loan on one page: its schedule, payments, promises and pauses."""

from dataclasses import field
from datetime import date
from decimal import Decimal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.follow_ups import standing
from desk.follow_ups.standing import LastPromise, RepaymentSummary, Standing
from desk.loans import borrowers, lookup
from desk.loans.views import LoanView, loan_view, slack_ids
from desk.people.offers import Offers, offers_on
from desk.people.relations import authorship
from desk.repayment.pauses import PauseView, views_of
from desk.repayment.payments import NOT_PAID_OUT
from desk.repayment.schedules import suggested_settled
from storage.queries.loans import terms
from storage.queries.repayment import repayment
from storage.tables import Loan, LoanTerms, Payment

ROWS, BEFORE = 12, 2
"""How many instalments a page shows, and how many of them before the oldest that is not fully paid."""

PAYMENTS, PROMISES = 10, 5
"""How many of the last payments and promises a page shows."""


@dataclass(frozen=True, slots=True)
class InstalmentView:
    """An instalment, and what is paid of it; `paid` is None where payments are not counted."""

    number: int
    due_on: date
    amount: Decimal = field(repr=False)
    paid: Decimal | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment. `by` is a Slack id; `may_reverse`: the reader may."""

    id: UUID
    version: int
    paid_on: date
    amount: Decimal = field(repr=False)
    source: str
    by: str | None
    reversed: bool
    may_reverse: bool


@dataclass(frozen=True, slots=True)
class RepaymentPage:
    """What is known of a loan's repayment. `rows` are some of the `count` instalments of its schedule."""

    loan: LoanView
    name: str = field(repr=False)
    currency: str
    summary: RepaymentSummary
    counts: bool
    count: int
    total: Decimal = field(repr=False)
    left: Decimal = field(repr=False)
    rows: tuple[InstalmentView, ...]
    payments: tuple[PaymentView, ...]
    promises: tuple[LastPromise, ...]
    pauses: tuple[PauseView, ...]
    paid_out: bool
    offers: Offers


async def repayment_page(desk: Desk, loan_id: UUID) -> RepaymentPage:
    """Return the page of a loan. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    now = await standing.full_standing(desk, loan)
    made = (await repayment.promises_of(desk.session, [loan.id])).get(loan.id, [])
    return RepaymentPage(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        currency=loan.currency,
        summary=standing.summarised(now, made),
        counts=now.amount_known,
        count=len(now.instalments),
        total=sum((row.amount for row in now.instalments), Decimal(0)),
        left=now.left,
        rows=_rows(now),
        payments=await _payments(desk, await repayment.last_payments(desk.session, loan.id, limit=PAYMENTS)),
        promises=tuple(LastPromise(row.amount, row.due_on, row.state) for row in reversed(made[-PROMISES:])),
        pauses=views_of(desk, now.pauses),
        paid_out=loan.stage not in NOT_PAID_OUT,
        offers=await offers_on(desk, loan.owner_id),
    )


@dataclass(frozen=True, slots=True)
class KnownTerms:
    """What is known of a loan for its schedule; None: not known. `settled_through`: until then everything is paid."""

    amount: Decimal | None = field(repr=False)
    currency: str
    terms: LoanTerms | None = field(repr=False)
    due_day: int | None
    settled_through: date | None


async def known_terms(desk: Desk, loan: LoanRef) -> KnownTerms:
    """Return what is known of a loan for its schedule. Raises as `lookup.resolve` does."""
    named = (await lookup.resolve(desk, loan)).loan
    row, _vehicle = await terms.of_loan(desk.session, named.id)
    return KnownTerms(named.amount, named.currency, row, named.due_day, suggested_settled(desk, named))


async def next_amount(desk: Desk, loan: LoanRef) -> Decimal | None:
    """Return what is left of the oldest unpaid instalment, if it is known. Raises as `lookup.resolve` does."""
    named: Loan = (await lookup.resolve(desk, loan)).loan
    following = (await standing.standing(desk, named)).next
    return following.left if following else None


def _rows(now: Standing) -> tuple[InstalmentView, ...]:
    first = next((n for n, row in enumerate(now.covered) if row.left), 0)
    start = max(min(first - BEFORE, len(now.instalments) - ROWS), 0)
    shown = now.instalments[start : start + ROWS]
    paid = [row.paid for row in now.covered[start : start + ROWS]] or [None] * len(shown)
    return tuple(
        InstalmentView(row.number, row.due_on, row.amount, part) for row, part in zip(shown, paid, strict=True)
    )


async def _payments(desk: Desk, rows: list[Payment]) -> tuple[PaymentView, ...]:
    people = await slack_ids(desk, (row.by_id for row in rows))
    return tuple(
        PaymentView(
            id=row.id,
            version=row.version,
            paid_on=row.paid_on,
            amount=row.amount,
            source=row.source,
            by=people.get(row.by_id),
            reversed=row.reversed_at is not None,
            may_reverse=row.reversed_at is None
            and allows(
                desk.member, "reverse_payment", authorship(desk, row.by_id, row.at) if row.by_id is not None else ()
            ),
        )
        for row in rows
    )
