"""Routes of loans: read one, create or change one."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StrictBool, model_validator

from desk.lender import loans
from desk.lender.loans import LoanRecord
from handlers.api.conditions import require_condition
from handlers.api.people import People, texts_of_people
from handlers.api.routes import Call, Reply, Route
from handlers.api.schemas import Amount, Closed, Day, DueDay, Instant, LoanNumber, Remark, Text


class BorrowerDocument(Closed):
    """A borrower. `masked`: the token lacks the scope personal:read."""

    name: str
    phone: str
    masked: bool


class TermsDocument(Closed):
    """Terms and vehicle, as far as they are known. VIN, plate, conditions and source need the scope personal:read."""

    price: str | None = None
    down_payment: str | None = None
    term: str | None = None
    rate: str | None = None
    method: str | None = None
    balloon: str | None = None
    day_count: str | None = None
    first_due: str | None = None
    holiday_shift: str | None = None
    grace_days: str | None = None
    product: str | None = None
    reference: str | None = None
    source: str | None = None
    approved_amount: str | None = None
    conditions: str | None = None
    make: str | None = None
    model: str | None = None
    model_year: str | None = None
    condition: str | None = None
    vin: str | None = None
    plate: str | None = None


class LoanDocument(Closed):
    """A loan. `number` is the desk's; `owner` is a Slack user id."""

    number: str
    version: int
    stage: str
    stage_since: Instant
    owner: str | None
    owner_name: str | None
    amount: str | None
    currency: str
    due_day: int | None
    autopay: bool
    unpaid_since: Day | None
    paid_through: Day | None
    next_instalment_on: Day | None
    borrower: BorrowerDocument
    terms: TermsDocument
    created_at: Instant


class LoanFields(Closed):
    """What can be said of a loan besides its number and stage. A field that is absent or null is left as it is. `rate_basis` says
    what `rate` is of: a year, unless it says otherwise."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"rate_basis": ["rate"]}})

    name: Text | None = None
    phone: Text | None = None
    owner: Annotated[Text | None, Field(description="An e-mail address, or a Slack user id.")] = None
    amount: Amount | None = None
    due_day: DueDay | None = None
    autopay: StrictBool | None = None
    price: Amount | None = None
    down_payment: Amount | None = None
    term: Annotated[int | None, Field(ge=1, le=360, strict=True)] = None
    rate: Annotated[str | None, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,6})?%$")] = None
    rate_basis: Annotated[str | None, Field(pattern="^(year|month)$")] = None
    method: Text | None = None
    first_due: Day | None = None
    product: Text | None = None
    make: Text | None = None
    model: Text | None = None
    vin: Text | None = None
    plate: Text | None = None
    reference: Text | None = None
    source: Text | None = None
    people: People | None = None  # pyright: ignore[reportInvalidTypeForm]  (its fields are the roles of `desk/data`)

    @model_validator(mode="after")
    def _basis_is_of_a_rate(self) -> Self:
        if self.rate_basis is not None and self.rate is None:
            raise ValueError("rate_basis is given without rate")
        return self


class LoanChange(LoanFields):
    """A loan as the lender's system has it. A new loan needs name, phone and stage. `unpaid_since` null says that nothing is
    unpaid, if it is given."""

    stage: Text | None = None
    unpaid_since: Day | None = None


class LoanWritten(Closed):
    """What became of the loan, and the loan as it is now."""

    effect: str
    remarks: list[Remark]
    loan: LoanDocument


def texts_of(fields: LoanFields) -> dict[str, str]:
    """Return what was given as texts of columns."""
    given = {name: getattr(fields, name) for name in fields.model_fields_set if name != "people"}
    texts = {name: _text(value) for name, value in given.items() if value is not None or name == "unpaid_since"}
    return texts | texts_of_people(fields.people)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def loan_document(record: LoanRecord) -> LoanDocument:
    """Return a loan as it is sent."""
    return LoanDocument(
        number=record.number,
        version=record.version,
        stage=record.stage,
        stage_since=record.stage_since.isoformat(),
        owner=record.owner,
        owner_name=record.owner_name,
        amount=_decimal(record.amount),
        currency=record.currency,
        due_day=record.due_day,
        autopay=record.autopay,
        unpaid_since=_day(record.unpaid_since),
        paid_through=_day(record.paid_through),
        next_instalment_on=_day(record.next_instalment_on),
        borrower=BorrowerDocument(
            name=record.borrower.name, phone=record.borrower.phone, masked=record.borrower.masked
        ),
        terms=TermsDocument(**record.terms),
        created_at=record.created_at.isoformat(),
    )


def _decimal(amount: Any) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _day(value: Any) -> str | None:
    return None if value is None else value.isoformat()


async def read(call: Call) -> Reply:
    """Answer with one loan."""
    return Reply(loan_document(await loans.read_loan(call.desk, call.path["number"])))


async def put(call: Call) -> Reply:
    """Create or change a loan."""
    number = call.path["number"]
    await require_condition(call, lambda: loans.current(call.desk, number), loan_document)
    taken = await loans.put_loan(call.desk, number, texts_of(call.body))
    record = await loans.current(call.desk, number)
    assert record is not None
    remarks = [Remark(code=each.code, field=each.column) for each in taken.remarks]
    written = LoanWritten(effect=taken.effect, remarks=remarks, loan=loan_document(record))
    return Reply(written, status=201 if taken.effect == "new" else 200)


ROUTES = (
    Route(
        "GET",
        "/loans/{number}",
        "Read a loan",
        "read_loans",
        read,
        {200: LoanDocument},
        places={"number": LoanNumber},
        problems=(404,),
        conditional=True,
    ),
    Route(
        "PUT",
        "/loans/{number}",
        "Create or change a loan",
        "report_loans",
        put,
        {200: LoanWritten, 201: LoanWritten},
        places={"number": LoanNumber},
        body=LoanChange,
        problems=(409, 412, 422),
        conditional=True,
        description="Has the effect of a row in a file of loans: docs/import.md says what becomes of values that were "
        "corrected at the desk.",
    ),
)
