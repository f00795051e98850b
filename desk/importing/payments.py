"""Import the lender's payments, and reversals of them, repeatedly: the same payment is recorded once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.transaction import Desk
from desk.importing.accounts import Account, Accounts, Followed
from desk.importing.money_rows import PaymentRow, by_loan
from desk.importing.results import RefusedRow
from desk.importing.taken_rows import TakenRow, TakenRows
from desk.repayment.payments import FROM_LENDER, check_amount_and_day, make_wanted_again
from storage.engine.types import new_id
from storage.tables import Payment

PaymentEffect = Literal["new", "matched", "reversed", "same", "settled"]
"""What became of a row: a new payment; one that a member had recorded, which has its reference now; a reversal; nothing, because
the desk knows it already; or nothing, because the instalments until then were taken as paid when the schedule came."""

_BOOKED_WITHIN = timedelta(days=3)
"""How many days the lender may book a payment apart from the day on which a member recorded it."""

_RETURNED_WITHIN = timedelta(days=31)
"""How long after a payment a reversal that does not name it is taken as its reversal."""


@dataclass(slots=True)
class PaymentsResult:
    """The result of a file of payments, or of a batch: rows by effect, the sums of new payments, refused rows, what followed."""

    effects: Counter[PaymentEffect] = field(default_factory=Counter["PaymentEffect"])
    sums: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict[str, Decimal](Decimal), repr=False)
    refused: list[RefusedRow] = field(default_factory=list[RefusedRow])
    followed: Followed = field(default_factory=Followed)
    taken: list[TakenRow] = field(default_factory=list[TakenRow])
    tried: TakenRows = field(default_factory=TakenRows)

    def add(self, batch: "PaymentsResult") -> None:
        """Add what a batch did."""
        self.effects += batch.effects
        self.refused += batch.refused
        self.followed.add(batch.followed)
        for currency, total in batch.sums.items():
            self.sums[currency] += total


async def import_payments(desk: Desk, rows: Sequence[PaymentRow], result: PaymentsResult) -> None:
    """Take the payments of a batch from `batches_of`, each completely or not at all, of a loan the oldest first, and add to the
    result what became of them.

    Each covers the oldest instalment, keeps promises and closes the calls about what it paid.
    """
    accounts = Accounts(desk, result.followed)
    rows_of = by_loan(rows)
    await accounts.read(rows_of)
    for key, found in rows_of.items():
        account = accounts.get(key)
        if account is None:
            result.refused += [
                _refused(row, row.fault("import_loan_unknown", "number", given=row.number)) for row in found
            ]
            continue
        before = account.covered()
        taker = _Taker(desk, accounts, account, _without_reference_twice(found))
        for row in sorted(found, key=lambda row: (row.paid_on or date.min, row.is_reversal, row.line)):
            try:
                _check(desk, account, row)
                effect = taker.take(row)
            except DeskError as error:
                result.refused.append(_refused(row, error))
                continue
            result.effects[effect] += 1
            if effect != "same":
                result.taken.append(TakenRow(row.line, row.number, effect))
            if effect == "new" and row.amount is not None:
                result.sums[account.loan.currency] += row.amount
        if taker.changed:
            await accounts.follow(account, before)
    await accounts.write()


def _refused(row: PaymentRow, error: DeskError) -> RefusedRow:
    return RefusedRow(row.line, (*row.faults, *(() if error in row.faults else (error,))))


def _check(desk: Desk, account: Account, row: PaymentRow) -> None:
    """Refuse a row that is wrong for whatever the desk knows of its payment."""
    if row.faults:
        raise row.faults[0]
    loan = account.loan
    if row.currency is not None and row.currency != loan.currency:
        raise row.fault("amount_currency", "currency", loan=loan.number, currency=loan.currency)
    assert row.amount is not None
    assert row.paid_on is not None
    try:
        check_amount_and_day(desk, loan, row.amount, row.paid_on)
    except DeskError as error:
        column = "paid_on" if error.code == "payment_future" else "amount"
        raise row.fault(error.code, column, **error.params) from None


class _Taker:
    """Takes the rows of one loan, in their order. `changed`: its payments are others now."""

    def __init__(self, desk: Desk, accounts: Accounts, account: Account, twice: Collection[int]) -> None:
        self._desk, self._accounts, self._account, self._twice = desk, accounts, account, twice
        self._by_reference = {row.reference: row for row in account.payments if row.reference}
        self._returned = {row.reversal_reference for row in account.payments if row.reversal_reference}
        self._left = account.left()
        self._settled_on = account.settled_on()
        self.changed = False

    def take(self, row: PaymentRow) -> PaymentEffect:
        """Take a checked row. Raises Invalid with the reason."""
        return self._reverse(row) if row.is_reversal else self._pay(row)

    def _pay(self, row: PaymentRow) -> PaymentEffect:
        account, amount, paid_on = self._account, row.amount or Decimal(0), row.paid_on or date.min
        known = self._by_reference.get(row.reference) if row.reference else None
        if known is not None:
            if (known.amount, known.paid_on) != (amount, paid_on) and known.source in FROM_LENDER:
                raise row.fault("import_payment_differs", "reference", given=row.reference, day=known.paid_on)
            return "same"
        if row.line in self._twice:
            raise row.fault("import_payment_twice", "amount")
        if row.reference is None and any(_is(each, amount, paid_on) for each in account.payments):
            return "same"
        if (recorded := self._recorded_by_hand(amount, paid_on)) is not None:
            track(self._desk, recorded).reference = row.reference
            if row.reference:
                self._by_reference[row.reference] = recorded
            return "matched"
        if self._settled_on is not None and paid_on <= self._settled_on:
            return "settled"
        if self._left is not None and amount > self._left:
            currency = account.loan.currency
            raise row.fault("payment_larger", "amount", loan=account.loan.number, left=self._left, currency=currency)
        self._add(row, amount, paid_on)
        return "new"

    def _recorded_by_hand(self, amount: Decimal, paid_on: date) -> Payment | None:
        """Return the payment that a member recorded from what the borrower said, and that the lender books now."""
        near = (
            row
            for row in self._account.present
            if row.reference is None and row.amount == amount and abs(row.paid_on - paid_on) <= _BOOKED_WITHIN
        )
        return min(near, key=lambda row: abs(row.paid_on - paid_on), default=None)

    def _add(self, row: PaymentRow, amount: Decimal, paid_on: date) -> None:
        account = self._account
        payment = Payment(
            id=new_id(),
            workspace_id=self._desk.workspace.id,
            loan_id=account.loan.id,
            paid_on=paid_on,
            amount=amount,
            source=self._accounts.source,
            by_id=self._accounts.by_id,
            reference=row.reference,
            at=self._desk.now,
        )
        account.payments.append(payment)
        account.new.append(payment)
        if row.reference:
            self._by_reference[row.reference] = payment
        if self._left is not None:
            self._left -= amount
        self._accounts.audit(account, "payment_recorded", payment.id)
        self.changed = True

    def _reverse(self, row: PaymentRow) -> PaymentEffect:
        if row.reference is None and row.reverses is None:
            raise row.fault("import_reversal_reference", "amount")
        if row.reference in self._returned:
            return "same"
        payment = self._by_reference.get(row.reverses or row.reference or "")
        if payment is None and row.reverses is None and row.negative:
            payment = self._returned_by(row)
        if payment is None and row.reverses is None and not row.negative:
            return "same"  # the file calls a payment reversed that never counted here
        if payment is None:
            given = row.reverses or row.reference
            raise row.fault("import_reversal_unknown", "reverses" if row.reverses else "reference", given=given)
        if payment.reversed_at is not None:
            return "same"
        if payment.amount != row.amount:
            currency = self._account.loan.currency
            raise row.fault("import_reversal_amount", "amount", amount=payment.amount, currency=currency)
        if payment not in self._account.new:
            track(self._desk, payment)
        payment.reversed_at, payment.reversed_by_id = self._desk.now, self._accounts.by_id
        make_wanted_again(self._desk, payment, self._account.calls)
        if row.reference and row.reference != payment.reference:
            payment.reversal_reference = row.reference
            self._returned.add(row.reference)
        self._left = self._account.left()
        self._accounts.audit(self._account, "payment_reversed", payment.id)
        self.changed = True
        return "reversed"

    def _returned_by(self, row: PaymentRow) -> Payment | None:
        """Return the only payment of that amount within a month that a reversal with a reference of its own can mean."""
        day = row.paid_on or date.min
        found = [
            each
            for each in self._account.present
            if each.amount == row.amount and each.paid_on <= day <= each.paid_on + _RETURNED_WITHIN
        ]
        return found[0] if len(found) == 1 else None


def _is(payment: Payment, amount: Decimal, paid_on: date) -> bool:
    return (payment.amount, payment.paid_on) == (amount, paid_on)


def _without_reference_twice(rows: Iterable[PaymentRow]) -> frozenset[int]:
    """Return the lines of a loan's payments that nothing tells apart, and of those whose reference names two different ones."""
    plain: dict[object, list[int]] = {}
    named: dict[object, list[PaymentRow]] = {}
    for row in rows:
        if row.faults or row.is_reversal:
            continue
        if row.reference is None:
            plain.setdefault((row.paid_on, row.amount), []).append(row.line)
        else:
            named.setdefault(row.reference, []).append(row)
    lines = [line for found in plain.values() if len(found) > 1 for line in found]
    for found in named.values():
        if len({(row.paid_on, row.amount) for row in found}) > 1:
            lines += [row.line for row in found]
    return frozenset(lines)
