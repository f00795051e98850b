"""Promises by money: how much of what was promised for some days came in time. Promises without an amount are not among them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.workspace_cadence import scale_of
from desk.rules.arrears import paid_for_promise
from desk.rules.figures import FALLEN_DUE, KEPT, Days
from desk.rules.working_time import local_date
from storage.queries.messages import figures
from storage.queries.people.scopes import People
from storage.queries.repayment import repayment
from storage.tables import Loan, Promise


@dataclass(frozen=True, slots=True)
class PromisedMoney:
    """What was promised in one currency, in how many promises, and what of it came in time, for how many of them."""

    currency: str
    promised: Decimal = field(repr=False)
    paid: Decimal = field(repr=False)
    promises: int
    paid_for: int


@dataclass(frozen=True, slots=True)
class PromisedRow:
    """A promise with its amount, who noted it, and what of it came in time."""

    loan: Loan
    member_id: UUID
    promise: Promise = field(repr=False)
    promised: Decimal = field(repr=False)
    paid: Decimal = field(repr=False)


async def promised_rows(desk: Desk, people: People, days: Days, *, but: UUID | None) -> list[PromisedRow]:
    """Return the promises for these days that have fallen due and name an amount, newest first. `but` is whose are left out."""
    made = await figures.promised_amounts(desk.session, desk.workspace.id, people, days.first, days.last, FALLEN_DUE)
    made = [each for each in made if each[2] != but]
    payments = await repayment.payments_of(desk.session, {loan.id for loan, _, _ in made}) if made else {}
    zone, rule = ZoneInfo(desk.workspace.zone), scale_of(desk).promise
    found: list[PromisedRow] = []
    for loan, promise, caller_id in made:
        promised = promise.amount or Decimal(0)
        known = [(row.paid_on, row.amount) for row in payments.get(loan.id, ()) if row.at >= promise.at]
        paid = min(paid_for_promise(known, local_date(promise.at, zone), promise.due_on, rule), promised)
        # Where no payments are recorded, the desk knows of a kept promise only that it was kept.
        paid = promised if promise.state == KEPT and not paid else paid
        found.append(PromisedRow(loan, caller_id, promise, promised, paid))
    return found


def money_of(rows: Sequence[PromisedRow]) -> tuple[PromisedMoney, ...]:
    """Return what was promised and what came of it, by currency."""
    by_currency: defaultdict[str, list[PromisedRow]] = defaultdict(list)
    for row in rows:
        by_currency[row.loan.currency].append(row)
    return tuple(
        PromisedMoney(
            currency,
            sum((row.promised for row in found), Decimal(0)),
            sum((row.paid for row in found), Decimal(0)),
            len(found),
            sum(row.paid > 0 for row in found),
        )
        for currency, found in sorted(by_currency.items())
    )
