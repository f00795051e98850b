"""The shapes of events, and what each says as rows of the lender's files."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from desk.lender.events import Kind, Reported
from desk.lender.rows import Texts
from desk.telephony.records import written
from handlers.api.calls import CallReport, record_of
from handlers.api.loans import LoanFields, texts_of
from handlers.api.people import place_of
from handlers.api.schemas import Amount, Closed, Day, EventId, LoanNumber, Reference

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class ApplicationReceived(LoanFields):
    """A borrower applied. A loan that the desk does not know needs `name` and `phone`."""

    type: Literal["application_received"]
    id: EventId
    loan: LoanNumber


class Decision(LoanFields):
    """An application was decided."""

    type: Literal["decision"]
    id: EventId
    loan: LoanNumber
    decision: Literal["approved", "declined"]


class Disbursed(LoanFields):
    """A loan was paid out."""

    type: Literal["disbursed"]
    id: EventId
    loan: LoanNumber


class Settled(Closed):
    """A loan was paid back completely."""

    type: Literal["settled"]
    id: EventId
    loan: LoanNumber


class GivenInstalment(Closed):
    """An instalment of a schedule. `paid`: whether it was paid before the desk kept payments."""

    due_on: Day
    amount: Amount
    principal: Amount | None = None
    interest: Amount | None = None
    paid: StrictBool | None = None


class ScheduleSet(Closed):
    """A loan has this repayment schedule now, in place of the one before."""

    type: Literal["schedule_set"]
    id: EventId
    loan: LoanNumber
    currency: Currency | None = None
    instalments: Annotated[list[GivenInstalment], Field(min_length=1, max_length=600)]


class PaymentMade(Closed):
    """A payment was booked. `reference` is the lender's name for it, by which it can be reversed."""

    type: Literal["payment"]
    id: EventId
    loan: LoanNumber
    amount: Amount
    paid_on: Day
    reference: Reference
    currency: Currency | None = None


class PaymentReversed(Closed):
    """A payment was returned, all of it. `reference` is the lender's name for the reversal."""

    type: Literal["payment_reversed"]
    id: EventId
    loan: LoanNumber
    amount: Amount
    reversed_on: Day
    payment_reference: Reference
    reference: Reference | None = None


class DebitFailed(Closed):
    """The debit of an instalment failed: the loan is unpaid since its due day, unless it was before."""

    type: Literal["debit_failed"]
    id: EventId
    loan: LoanNumber
    due_on: Day


class CallFinished(Closed):
    """A call was made, as `POST /calls` takes it. The desk finds the loan by its number."""

    type: Literal["call_finished"]
    id: EventId
    call: CallReport


AnyEvent = Annotated[
    ApplicationReceived
    | Decision
    | Disbursed
    | Settled
    | ScheduleSet
    | PaymentMade
    | PaymentReversed
    | DebitFailed
    | CallFinished,
    Field(discriminator="type"),
]
"""An event, told by its `type`."""

_FIELDS: Mapping[Kind, Mapping[str, str]] = {
    "payment_reversed": {"paid_on": "reversed_on", "reverses": "payment_reference"},
    "debit_failed": {"unpaid_since": "due_on", "failed_on": "due_on"},
}
"""What a kind of event calls a column."""


def reported(event: Any) -> Reported:
    """Return an event as the desk takes it."""
    if isinstance(event, CallFinished):
        record = record_of(event.call)
        name = f"{record.source} {record.key}"
        return Reported(event.id, event.type, name, ({"record": written(record)},))
    return Reported(event.id, event.type, event.loan, _rows(event))


def pointer_of(kind: Kind, column: str, row: int | None) -> str:
    """Return the place in an event of that kind from which a column came."""
    field = {"number": "loan", **_FIELDS.get(kind, {})}.get(column) or place_of(column)
    return (
        f"/instalments/{row}/{field}" if kind == "schedule_set" and row is not None and field != "loan" else f"/{field}"
    )


def _rows(event: Any) -> tuple[Texts, ...]:
    number = {"number": event.loan}
    match event:
        case ApplicationReceived() | Decision() | Disbursed():
            stage = event.decision if isinstance(event, Decision) else _STAGES[event.type]
            return (number | _loan_texts(event) | {"stage": stage},)
        case Settled():
            return (number | {"settled": "yes"},)
        case ScheduleSet():
            return tuple(number | _given(event, "currency") | _instalment(each) for each in event.instalments)
        case PaymentMade():
            return (number | _given(event, "amount", "paid_on", "reference", "currency"),)
        case PaymentReversed():
            row = {"amount": event.amount, "paid_on": event.reversed_on, "reverses": event.payment_reference}
            return (number | row | _given(event, "reference"),)
        case _:
            return (number | {"failed_on": event.due_on},)


_STAGES = {"application_received": "application", "disbursed": "disbursed"}


def _loan_texts(event: LoanFields) -> dict[str, str]:
    return {name: text for name, text in texts_of(event).items() if name not in ("id", "type", "loan", "decision")}


def _instalment(each: GivenInstalment) -> dict[str, str]:
    found = _given(each, "due_on", "amount", "principal", "interest")
    return found if each.paid is None else found | {"paid": "yes" if each.paid else "no"}


def _given(event: Closed, *names: str) -> dict[str, str]:
    values = {name: getattr(event, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}
