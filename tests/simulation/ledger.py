"""Schedules and payments as the model counts them: exact fractions, and every cent put on an instalment one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

BUCKETS = ((30, "M1"), (60, "M2"), (90, "M3"), (10_000, "M3+"))
"""The most days past due of each bucket."""

Pause = tuple[date, date]
"""The first day of a pause, and the first one after it."""


@dataclass(slots=True)
class Ledger:
    """The instalments of a loan, in cents, and how much of each is paid."""

    rows: tuple[tuple[date, int], ...]
    paid: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.paid = [0] * len(self.rows)

    @property
    def left(self) -> list[tuple[date, int]]:
        """The due dates and what is left to pay of each instalment that is not fully paid, oldest first."""
        return [(day, due - paid) for (day, due), paid in zip(self.rows, self.paid, strict=True) if paid < due]

    @property
    def oldest(self) -> date | None:
        """The due date of the oldest instalment that is not fully paid."""
        return self.left[0][0] if self.left else None

    def pay(self, amount: int) -> None:
        """Put an amount on the instalments, the oldest first."""
        for place, (_, due) in enumerate(self.rows):
            part = min(amount, due - self.paid[place])
            self.paid[place] += part
            amount -= part
        assert amount == 0, "more was paid than the loan lacks"

    def statement(self, today: date, pauses: Sequence[Pause]) -> list[str]:
        """Return what the card of the loan must say on that day."""
        if not self.left:
            return ["All instalments are paid."]
        day, left = self.left[0]
        due = dict(self.rows)[day]
        of = f" left of {in_words(due)}" if left < due else ""
        lines = [f"Next instalment: {in_words(left)}{of}, due {day:%a} {day.day} {day:%b %Y}"]
        late = [(due_on, rest) for due_on, rest in self.left if days_past_due(due_on, today, pauses)]
        if late:
            days = days_past_due(day, today, pauses)
            bucket = next(name for most, name in BUCKETS if days <= most)
            counted = f"{days} day{'s' * (days > 1)} past due ({bucket}, by the schedule)"
            amount = in_words(sum(rest for _, rest in late))
            lines.append(f"{counted}: {amount} in {len(late)} instalment{'s' * (len(late) > 1)}")
        return lines

    def summary(self) -> list[str]:
        """Return what the desk must say of the schedule when it is entered."""
        total, count = sum(due for _, due in self.rows), len(self.rows)
        (first_on, first), (last_on, last) = self.rows[0], self.rows[-1]
        return [
            f"{count} instalment{'s' * (count > 1)}, {in_words(total)}",
            f"First: {in_words(first)}, due {first_on:%a} {first_on.day} {first_on:%b %Y}",
            f"Last: {in_words(last)}, due {last_on:%a} {last_on.day} {last_on:%b %Y}",
        ]


def days_past_due(due_on: date, today: date, pauses: Sequence[Pause]) -> int:
    """Return the days since an instalment fell due, but for those of pauses, counted one by one."""
    days = (due_on + timedelta(days=each) for each in range((today - due_on).days))
    return sum(not any(start <= day < end for start, end in pauses) for day in days)


def in_words(amount: int) -> str:
    """Return an amount in cents as members read it."""
    return f"CN¥{amount // 100:,}.{amount % 100:02}"


def cents(amount: Decimal) -> int:
    """Return an amount in cents."""
    whole = amount * 100
    assert whole == int(whole)
    return int(whole)


def level_payments(amount: Decimal, yearly_percent: Decimal, months: int) -> list[int]:
    """Return equal instalments in cents: the rate exact, interest and payment rounded half up, the rest in the last one."""
    rate = Fraction(yearly_percent) / 1200
    left = cents(amount)
    growth = (1 + rate) ** months
    payment = _half_up(left * rate * growth / (growth - 1))
    rows: list[int] = []
    for _ in range(months - 1):
        interest = _half_up(left * rate)
        left -= payment - interest
        rows.append(payment)
    return [*rows, left + _half_up(left * rate)]


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
