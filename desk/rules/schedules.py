"""Repayment schedules computed from the terms of a loan, to the cent. The lender's own schedule always takes precedence.

How it is rounded (docs/repayment.md): rates are not rounded; the payment and each interest are rounded half up to the cent;
principal is the payment less the interest; the last row pays the rest. So the principal of all rows is the amount, and what
is shown is what is added. Published figures that this reproduces are tests in `tests/desk/rules/test_schedules.py`.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Literal, get_args

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.instalments import instalment_in

Method = Literal["level_payment", "level_principal", "interest_first", "flat"]
"""等额本息, 等额本金, 先息后本, 等本等息."""

RateBasis = Literal["year", "month"]
"""What a rate in percent is for. Dealers quote the fee of a flat loan by the month 月费率."""

DayCount = Literal["thirty_360", "actual_360", "actual_365"]
"""How many days of interest a period has, and of how many a year consists."""

Shift = Literal["none", "next_working_day", "previous_working_day"]
"""What becomes of a due date on a day that is not worked: it stays, or moves to the next or the previous working day."""

METHODS: tuple[Method, ...] = get_args(Method)
DAY_COUNTS: tuple[DayCount, ...] = get_args(DayCount)

MOST_GRACE = 31
"""The most days of grace."""

MOST_MONTHS = 480
"""The longest term. Car loans of seven years exist; the published examples have thirty."""

HIGHEST_RATE = Decimal(100)
"""The highest rate a year, in percent; a twelfth of it a month."""

CENT = Decimal("0.01")

_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)
_MONTHS, _PERCENT = Decimal(12), Decimal(100)
_DAYS_OF_YEAR: dict[DayCount, Decimal] = {
    "thirty_360": Decimal(360),
    "actual_360": Decimal(360),
    "actual_365": Decimal(365),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a schedule is computed from.

    `rate` is in percent for its `basis`. `first_due` is the first due date, `due_day` the day of the month of the others (None:
    that of the first). `paid_out` is when interest begins; None: a month before the first due date. `balloon` 尾款 is
    the principal that the last of level payments pays besides its own.
    """

    amount: Decimal
    rate: Decimal
    months: int
    first_due: date
    method: Method = "level_payment"
    basis: RateBasis = "year"
    day_count: DayCount = "thirty_360"
    due_day: int | None = None
    paid_out: date | None = None
    balloon: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """An instalment: its due date, and the principal and interest that it pays."""

    number: int
    due_on: date
    principal: Decimal
    interest: Decimal

    @property
    def amount(self) -> Decimal:
        """Return what is due."""
        return self.principal + self.interest


def schedule(terms: Terms) -> tuple[Row, ...]:
    """Return the instalments. The principal of all of them is the amount, to the cent.

    Raises Invalid (`schedule_amount`, `schedule_rate`, `schedule_months`, `schedule_balloon`, `schedule_paid_out`, `due_day`).
    """
    _check(terms)
    dates = due_dates(terms.first_due, terms.months, terms.due_day)
    with localcontext(_EXACT):
        rows: list[Row] = []
        left, payment = terms.amount, level_payment(terms)
        for number, (due_on, part) in enumerate(zip(dates, _parts_of_year(terms, dates), strict=True), start=1):
            interest = _interest(terms, left, part)
            principal = left if number == terms.months else _principal(terms, left, interest, payment)
            rows.append(Row(number, due_on, principal, interest))
            left -= principal
    return tuple(rows)


def level_payment(terms: Terms) -> Decimal:
    """Return the payment of each row but the last, rounded half up to the cent; 0 for methods whose payments differ.

    P·r·(1+r)^n ÷ ((1+r)^n − 1) for the monthly rate r; a balloon is taken from P at its present value.
    """
    if terms.method != "level_payment":
        return Decimal(0)
    with localcontext(_EXACT):
        rate = _yearly(terms) / _MONTHS
        if not rate:
            return to_cents((terms.amount - terms.balloon) / terms.months)
        growth = (1 + rate) ** terms.months
        return to_cents((terms.amount * growth - terms.balloon) * rate / (growth - 1))


def due_dates(first_due: date, months: int, due_day: int | None = None) -> tuple[date, ...]:
    """Return a date a month, on the day of the first or on `due_day`: the last day of a month without it, and that day again
    in the next (31 January, 28 February, 31 March). Raises Invalid (`due_day`)."""
    anchor = due_day or first_due.day
    start = first_due.year * 12 + first_due.month - 1
    later = (instalment_in(*_year_and_month(start + index), anchor) for index in range(1, months))
    return (first_due, *later)


def shifted(day: date, shift: Shift, calendar: Calendar, hours: WorkingHours) -> date:
    """Return a due date where the lender has it on holidays and weekends. Later due dates are shifted from their own day.

    Interest is counted to the day before the shift.
    """
    if shift == "none" or calendar.is_working_day(day, hours):
        return day
    return (
        calendar.next_working_day(day, hours)
        if shift == "next_working_day"
        else calendar.previous_working_day(day, hours)
    )


def part_of_year(start: date, end: date, day_count: DayCount) -> Decimal:
    """Return the part of a year's interest that falls between two days."""
    return days_between(start, end, day_count) / _DAYS_OF_YEAR[day_count]


def days_between(start: date, end: date, day_count: DayCount) -> int:
    """Return the days of interest from `start` until `end`; by 30/360 a month has 30 (ISDA 2006 §4.16(f), bond basis)."""
    if day_count != "thirty_360":
        return (end - start).days
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount, rounded half up to the cent."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def _interest(terms: Terms, left: Decimal, part_of_year: Decimal) -> Decimal:
    if terms.method == "flat":
        return to_cents(terms.amount * _yearly(terms) / _MONTHS)
    return to_cents(left * _yearly(terms) * part_of_year)


def _principal(terms: Terms, left: Decimal, interest: Decimal, payment: Decimal) -> Decimal:
    """Return the principal of a row that is not the last: never negative, and no more than is left."""
    match terms.method:
        case "interest_first":
            return Decimal(0)
        case "level_payment":
            wanted = payment - interest
        case _:
            wanted = to_cents(terms.amount / terms.months)
    return min(max(wanted, Decimal(0)), left)


def _parts_of_year(terms: Terms, dates: Sequence[date]) -> Iterator[Decimal]:
    """Return how much of a year's interest each row pays: a twelfth, or by days; the first by days since the payout."""
    start = terms.paid_out or instalment_in(*_year_and_month(_month_of(dates[0]) - 1), terms.due_day or dates[0].day)
    month_before = instalment_in(*_year_and_month(_month_of(dates[0]) - 1), terms.due_day or dates[0].day)
    for index, end in enumerate(dates):
        if terms.day_count == "thirty_360" and (index or start in (month_before, _same_day_before(dates[0]))):
            yield 1 / _MONTHS
        else:
            yield part_of_year(start, end, terms.day_count)
        start = end


def _same_day_before(day: date) -> date:
    return instalment_in(*_year_and_month(_month_of(day) - 1), day.day)


def _month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def _year_and_month(months: int) -> tuple[int, int]:
    year, month = divmod(months, 12)
    return year, month + 1


def _yearly(terms: Terms) -> Decimal:
    rate = terms.rate / _PERCENT
    return rate * _MONTHS if terms.basis == "month" else rate


def _check(terms: Terms) -> None:
    if terms.amount <= 0 or terms.amount != to_cents(terms.amount):
        raise Invalid("schedule_amount", given=terms.amount)
    if not 1 <= terms.months <= MOST_MONTHS:
        raise Invalid("schedule_months", given=terms.months, most=MOST_MONTHS)
    most = HIGHEST_RATE / _MONTHS if terms.basis == "month" else HIGHEST_RATE
    if not 0 <= terms.rate <= most:
        raise Invalid("schedule_rate", given=terms.rate, most=to_cents(most))
    balloon = terms.balloon
    if not 0 <= balloon < terms.amount or balloon != to_cents(balloon) or (balloon and terms.method != "level_payment"):
        raise Invalid("schedule_balloon", given=balloon)
    if terms.paid_out is not None and terms.paid_out >= terms.first_due:
        raise Invalid("schedule_paid_out", given=terms.paid_out, first=terms.first_due)
