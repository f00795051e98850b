"""The forms of repayment: a payment, the lender's schedule, a computed schedule, a pause."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import cast

from desk.core.errors import Invalid
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY
from desk.repayment import overview, pauses, payments, schedules
from desk.repayment.schedules import Options
from desk.rules.schedules import MOST_GRACE, MOST_MONTHS, DayCount, Method, RateBasis, Shift, Terms
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, day_of, loan_of, start_form, words
from handlers.forms.form import Form, field
from handlers.grammar.amounts import parse_amount
from handlers.grammar.schedule import parse_schedule
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.repayment import pause_kind, pause_set, payment_recorded, schedule_set

_COUNTED, _AGAIN = "counted", "again"

_DEFAULTS: Mapping[str, str] = {
    "basis": "year",
    "method": "level_payment",
    "day_count": "thirty_360",
    "shift": "none",
    "counting": _COUNTED,
}


async def build_payment(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the day and the amount. `l` in `private` names the loan."""
    t = request.t
    typed = {"day": request.desk.workspace_today.isoformat(), **typed}
    form, chosen = await start_form(request, private, typed)
    known = await overview.next_amount(request.desk, loan_of(request, number=chosen.number)) if chosen else None
    form.day("day", t("Paid on"))
    form.text("amount", t("Amount"), limit=40, placeholder=f"{known:f}" if known else "3000")
    again = [Option(t("This is another payment, although one like it is recorded"), _AGAIN)]
    form.ticks("again", t("The same once more"), again, optional=True)
    return form.view(PAYMENT.name, t(PAYMENT.title), submit=t("Record"))


async def submit_payment(request: Request) -> Message:
    """Record the payment."""
    with field("amount"):
        amount = parse_amount(request.one("amount"))
    result = await payments.record_payment(
        request.desk,
        loan=loan_of(request),
        amount=amount,
        paid_on=day_of(request, "day"),
        twice=_AGAIN in request.several("again"),
    )
    return payment_recorded(request.t, result)


PAYMENT = Form(
    name="payment",
    right="record_payment",
    title=_("Record a payment"),
    build=build_payment,
    submit=submit_payment,
    main="amount",
    fields={**LOAN_REFUSALS, "payment_future": "day", "payment_twice": "again", "schedule_missing": "loan"},
)
"""The form that records a payment on a loan with a schedule."""


async def build_schedule(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the pasted rows, and how arrears are counted. `l` in `private` names the loan."""
    t = request.t
    typed = {**_DEFAULTS, **await _known(request, private, typed), **typed}
    form, _chosen = await start_form(request, private, typed)
    form.text(
        "rows",
        t("Instalments"),
        long=True,
        placeholder="2026-12-15 2974.69\n2027-01-15 2974.69",
        hint=t("One a line: date and amount; then principal and interest, if you have them."),
    )
    _write_counting(t, form)
    return form.view(SCHEDULE.name, t(SCHEDULE.title), submit=t("Save"))


async def submit_schedule(request: Request) -> Message:
    """Give the loan the pasted schedule."""
    with field("rows"):
        rows = parse_schedule(request.one("rows"))
    result = await schedules.give_schedule(request.desk, loan=loan_of(request), rows=rows, options=_options(request))
    return schedule_set(request.t, result)


SCHEDULE = Form(
    name="schedule",
    right="change_schedule",
    title=_("Lender's schedule"),
    build=build_schedule,
    submit=submit_schedule,
    main="rows",
    fields={**LOAN_REFUSALS, "loan_ended": "loan", "schedule_grace": "grace", "schedule_settled": "settled"},
)
"""The form into which the lender's schedule is pasted."""


async def build_computed(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the terms from which a schedule is computed, those known filled in. `l` in `private` names the loan."""
    t = request.t
    typed = {**_DEFAULTS, **await _known(request, private, typed), **typed}
    form, _chosen = await start_form(request, private, typed)
    form.text("amount", t("Amount"), limit=40, placeholder="100000")
    form.text("rate", t("Rate in percent"), limit=12, placeholder="4.5")
    form.choice("basis", t("The rate is for"), words(t, VOCABULARY.choices["rate_basis"]))
    form.number("months", t("Months"), low=1, high=MOST_MONTHS)
    form.choice("method", t("Repaid by"), words(t, VOCABULARY.choices["method"]))
    form.text("balloon", t("Balloon with the last instalment"), limit=40, optional=True)
    form.day("first", t("First due date"))
    form.number("due_day", t("Due day of the others"), low=1, high=31, optional=True)
    form.day("paid_out", t("Paid out on"), optional=True, hint=t("Interest of the first period is counted from then."))
    form.choice("day_count", t("Days of interest"), words(t, VOCABULARY.choices["day_count"]))
    form.choice("shift", t("A due date on a holiday"), words(t, VOCABULARY.choices["holiday_shift"]))
    _write_counting(t, form)
    return form.view(COMPUTED.name, t(COMPUTED.title), submit=t("Compute"))


async def submit_computed(request: Request) -> Message:
    """Give the loan a computed schedule."""
    with field("balloon"):
        balloon = parse_amount(request.one("balloon")).value if request.one("balloon").strip() else Decimal(0)
    with field("amount"):
        amount = parse_amount(request.one("amount")).value
    paid_out, due_day = request.one("paid_out"), request.one("due_day")
    terms = Terms(
        amount=amount,
        rate=_rate(request),
        months=int(request.one("months")),
        first_due=day_of(request, "first"),
        method=cast(Method, request.one("method")),
        basis=cast(RateBasis, request.one("basis")),
        day_count=cast(DayCount, request.one("day_count")),
        due_day=int(due_day) if due_day else None,
        paid_out=date.fromisoformat(paid_out) if paid_out else None,
        balloon=balloon,
    )
    result = await schedules.compute_schedule(
        request.desk,
        loan=loan_of(request),
        terms=terms,
        shift=cast(Shift, request.one("shift")),
        options=_options(request),
    )
    return schedule_set(request.t, result)


COMPUTED = Form(
    name="computed_schedule",
    right="change_schedule",
    title=_("Compute a schedule"),
    build=build_computed,
    submit=submit_computed,
    main="amount",
    fields={
        **LOAN_REFUSALS,
        "loan_ended": "loan",
        "schedule_grace": "grace",
        "schedule_settled": "settled",
        "schedule_rate": "rate",
        "schedule_months": "months",
        "schedule_balloon": "balloon",
        "schedule_paid_out": "paid_out",
        "due_day": "due_day",
    },
)
"""The form that computes a schedule from the terms of a loan."""


async def build_pause(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the kind of pause, its days and the reason. `l` in `private` names the loan."""
    t = request.t
    typed = {"start": request.desk.workspace_today.isoformat(), **typed}
    form, _chosen = await start_form(request, private, typed, live=False)
    form.choice("kind", t("Kind"), [Option(pause_kind(t, kind), kind) for kind in pauses.KINDS])
    form.day("start", t("From"))
    form.day("end", t("Until before"), hint=t("The first day on which instalments are asked for again."))
    form.text("reason", t("Reason"), long=True, limit=NOTE_LIMIT)
    return form.view(PAUSE.name, t(PAUSE.title), submit=t("Save"))


async def submit_pause(request: Request) -> Message:
    """Pause the instalments."""
    result = await pauses.enter_pause(
        request.desk,
        loan=loan_of(request),
        kind=request.one("kind"),
        starts_on=day_of(request, "start"),
        ends_on=day_of(request, "end"),
        reason=request.one("reason"),
    )
    return pause_set(request.t, result)


PAUSE = Form(
    name="pause",
    right="pause_repayment",
    title=_("Pause the instalments"),
    build=build_pause,
    submit=submit_pause,
    main="end",
    fields={
        **LOAN_REFUSALS,
        "loan_ended": "loan",
        "pause_there": "start",
        "pause_kind": "kind",
        "pause_reason_missing": "reason",
        "note_too_long": "reason",
    },
)
"""The form for an extension, a payment holiday or hardship."""

FORMS = (PAYMENT, SCHEDULE, COMPUTED, PAUSE)


def _write_counting(t: Translator, form: FormWriter) -> None:
    form.day(
        "settled",
        t("Paid until"),
        optional=True,
        hint=t("Instalments due until then count as paid. Leave it empty if none has been paid."),
    )
    form.number("grace", t("Days of grace"), low=0, high=MOST_GRACE, optional=True)
    counted = Option(t("From the payments recorded here"), _COUNTED)
    lender = Option(t("As the lender's file says (unpaid since)"), "lender")
    form.choice("counting", t("Days past due"), [counted, lender])


async def _known(request: Request, private: Private, typed: Typed) -> dict[str, str]:
    """Return the values of the fields that are known of the chosen loan."""
    number = str(typed.get("loan") or private.get("l", ""))
    if not number:
        return {}
    known = await overview.known_terms(request.desk, loan_of(request, number=number))
    row = known.terms
    values: dict[str, object | None] = {
        "amount": known.amount and f"{known.amount:f}",
        "due_day": known.due_day,
        "settled": known.settled_through and known.settled_through.isoformat(),
    }
    if row is not None:
        values |= {
            "rate": row.rate and f"{row.rate.normalize():f}",
            "basis": row.rate_basis,
            "months": row.term_months,
            "method": row.method,
            "balloon": row.balloon and f"{row.balloon:f}",
            "first": row.first_due_on and row.first_due_on.isoformat(),
            "day_count": row.day_count,
            "shift": row.holiday_shift,
            "grace": row.grace_days,
        }
    return {name: str(value) for name, value in values.items() if value is not None}


def _options(request: Request) -> Options:
    settled, grace = request.one("settled"), request.one("grace")
    return Options(
        counts=request.one("counting") != "lender",
        grace_days=int(grace) if grace else 0,
        settled_through=date.fromisoformat(settled) if settled else None,
    )


def _rate(request: Request) -> Decimal:
    typed = request.one("rate").strip().removesuffix("%").removesuffix("％").strip()
    try:
        rate = Decimal(typed)
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite():
        raise Invalid("schedule_rate_unclear", field="rate", given=typed[:20])
    return rate
