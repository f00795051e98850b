"""What the rows of a lender's files are, besides loans."""

from typing import Literal

from desk.importing.past_rows import PastKind

MoneyKind = Literal["payments", "schedules"]
"""What the rows of a file about repayment are."""

FileKind = Literal["loans"] | MoneyKind | PastKind
"""What the rows of a file are."""

PAYMENT_REQUIRED = ("number", "paid_on", "amount")
SCHEDULE_REQUIRED = ("number", "due_on", "amount")
"""The cells that a row must have."""
