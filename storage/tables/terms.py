"""The terms of a loan and its vehicle: one row per loan, written when the first value of it is known."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from storage.engine.rows import Row
from storage.tables.columns import maybe_cipher, money, rate, references, row_id


class LoanTerms(Row, table=True):
    """What was agreed about a loan besides `loan.amount`, `currency`, `due_day` and `autopay`; None: not known.

    Amounts are in the loan's currency. `rate` is in percent, of a year or of a month (`rate_basis`: `year`, `month`), as it
    was typed. `method`, `day_count` and `holiday_shift` are codes of `desk/data`. `product` is such a code too;
    `product_name` is the lender's own name of a product without one. `reference` is the lender's. `source_cipher` says where
    the inquiry came from, `conditions_cipher` under which conditions the loan was approved.
    """

    __tablename__ = "loan_terms"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan", unique=True)
    price: Decimal | None = money()
    down_payment: Decimal | None = money()
    term_months: int | None = None
    rate: Decimal | None = rate()
    rate_basis: str | None = None
    method: str | None = None
    balloon: Decimal | None = money()
    day_count: str | None = None
    first_due_on: date | None = None
    holiday_shift: str | None = None
    grace_days: int | None = None
    product: str | None = None
    product_name: str | None = None
    reference: str | None = None
    source_cipher: bytes | None = maybe_cipher()
    approved_amount: Decimal | None = money()
    conditions_cipher: bytes | None = maybe_cipher()
    version: int = 1


class Vehicle(Row, table=True):
    """The vehicle that a loan pays for; None: not known. `condition` is `new` or `used`; number and plate identify a person."""

    __tablename__ = "vehicle"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan", unique=True)
    make: str | None = None
    model: str | None = None
    model_year: int | None = None
    condition: str | None = None
    vin_cipher: bytes | None = maybe_cipher()
    plate_cipher: bytes | None = maybe_cipher()
    version: int = 1
