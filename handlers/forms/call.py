"""The forms for logging a call, and for correcting one."""

from uuid import UUID

from desk.calls import calls, corrections, shares
from desk.calls.corrections import CallContent
from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.calls.views import ChosenLoan, RepeatedCall, chosen_loan
from desk.core.values import Amount
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY
from desk.follow_ups.contact_gate import Route
from desk.follow_ups.next_steps import next_days
from handlers.door.request import Request
from handlers.forms.fields import (
    DUE_REFUSALS,
    FOLLOW_UP_REFUSALS,
    LOAN_REFUSALS,
    due_buttons,
    due_field,
    follow_up_options,
    loan_field,
    loan_of,
    of_the_loan,
    parties,
    purposes,
    read_due,
    words,
)
from handlers.forms.form import Form, field
from handlers.grammar.amounts import parse_amount
from handlers.grammar.inexact_amounts import speaks_of_amount
from handlers.messages.block_kit.elements import write_loan_and_time
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.calls import already_logged, corrected, logged
from handlers.messages.contact import write_contact
from handlers.messages.related_names import named_role

_BORROWER = "borrower"
"""The choice of the borrower where a form shows whom a call reached."""

LONGEST = 600
"""The most minutes that one call can take."""


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the outcome, the note and the next step. `l` and `n` in `private` name loan and follow-up."""
    t = request.t
    private, typed = of_the_loan(private, typed)
    outcome = str(typed.get("outcome", "")) or None
    number = str(typed.get("loan", ""))
    chosen = await chosen_loan(request.desk, number, outcome=outcome) if number else None
    form = FormWriter(t, private, typed)
    loan_field(t, form, chosen)
    write_contact(t, form, chosen.contact if chosen else None, request.zone)
    form.choice("outcome", t("Outcome"), words(t, VOCABULARY.outcomes), live=True)
    if chosen and chosen.open:
        form.choice(
            "follow_up",
            t("Follow-up this call answers"),
            follow_up_options(t, chosen.open),
            optional=True,
            hint=t("Leave empty for the one that's due."),
        )
    form.choice("purpose", t("Purpose"), purposes(t), optional=True)
    form.choice("party", t("Spoke to"), parties(t, chosen), optional=True, hint=t("Leave empty for the borrower."))
    routes = [
        Option(t("the borrower called us"), "inbound"),
        Option(t("called at home"), "home"),
        Option(t("called at work"), "work"),
    ]
    form.choice("route", t("Which way"), routes, optional=True, hint=t("Leave empty for a call to their mobile."))
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    _amount_field(request, form)
    form.number("minutes", t("Length (minutes)"), optional=True, low=0, high=LONGEST)
    _next(request, form, chosen)
    return form.view(FORM.name, t(FORM.title), submit=t("Log call"))


async def submit(request: Request) -> Message:
    """Log the call, as the command does."""
    outcome = request.one("outcome")
    due = read_due(request, "next", limit=VOCABULARY.outcome(outcome).takes_amount)
    step = NextStep(due, request.one("next_purpose") or None, request.one("next_note")) if due else None
    minutes = request.one("minutes")
    answer = await calls.log_call(
        request.desk,
        loan=loan_of(request, follow_up=request.one("follow_up")),
        outcome=outcome,
        details=CallDetails(
            request.one("purpose") or None,
            request.one("note"),
            amount=_amount_of(request),
            amount_in_note=speaks_of_amount(request.one("note")),
            party=request.one("party"),
            route=_route(request),
        ),
        next_step=step,
        minutes=int(minutes) if minutes else None,
        line="\n".join(f"{name}={value}" for name, value in sorted(request.typed.items())),
    )
    if isinstance(answer, RepeatedCall):
        return already_logged(request.t, answer, request.zone)
    return logged(request.t, answer, request.zone)


def _route(request: Request) -> Route:
    routes: dict[str, Route] = {"inbound": "inbound", "home": "home", "work": "work"}
    return routes.get(request.one("route"), "")


def _amount_field(request: Request, form: FormWriter) -> None:
    t = request.t
    form.text("amount", t("Amount"), optional=True, limit=40, hint=t("Promised or paid."))


def _amount_of(request: Request) -> Amount | None:
    typed = request.one("amount").strip()
    with field("amount"):
        return parse_amount(typed) if typed else None


def _next(request: Request, form: FormWriter, chosen: ChosenLoan | None) -> None:
    t = request.t
    form.divider()
    due_field(t, form, "next", t("Next follow-up"), optional=True)
    if chosen:
        form.buttons(*due_buttons(t, chosen.offers, request.zone, "next"))
    form.choice("next_purpose", t("Purpose of the next follow-up"), purposes(t), optional=True)
    form.text("next_note", t("Note for the next follow-up"), optional=True, limit=NOTE_LIMIT)


FORM = Form(
    name="call",
    right="log_call",
    title=_("Log a call"),
    build=build,
    submit=submit,
    main="outcome",
    fields={
        **LOAN_REFUSALS,
        **dict.fromkeys(DUE_REFUSALS, "next"),
        **FOLLOW_UP_REFUSALS,
        "number_and_purpose_differ": "purpose",
        "no_check_open": "outcome",
        "check_not_named": "follow_up",
        "check_why_missing": "note",
        "note_too_long": "note",
        "unknown_person": "party",
        "amount_not_taken": "amount",
        "amount_currency": "amount",
        "payment_larger": "amount",
        "promise_larger": "amount",
    },
)
"""`/loan-call` with the mouse."""


async def build_correction(request: Request, private: Private, typed: Typed) -> View:
    """Write the call's content. `c` in `private` names the call; the form keeps the version from when it was opened."""
    t = request.t
    call = await corrections.call_to_correct(request.desk, UUID(private["c"]))
    content = call.content
    minutes = "" if content.minutes is None else str(content.minutes)
    amount = "" if content.amount is None else f"{content.amount:f}"
    shown = {"outcome": content.outcome, "party": content.party or _BORROWER, "note": content.note}
    typed = {**shown, "minutes": minutes, "amount": amount, **typed}
    form = FormWriter(t, {"v": call.version, **private}, typed)
    write_loan_and_time(t, form, call.loan, call.at, request.zone)
    form.choice("outcome", t("Outcome"), words(t, VOCABULARY.outcomes))
    people = [Option(named_role(t, each), code) for code, each in call.people.items()]
    roles = [role for role in VOCABULARY.related_roles if role.code not in call.people]
    form.choice("party", t("Spoke to"), [Option(t("the borrower"), _BORROWER), *people, *words(t, roles)])
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    _amount_field(request, form)
    form.number("minutes", t("Length (minutes)"), optional=True, low=0, high=LONGEST)
    form.small(t("Follow-ups stay as this call left them. The timeline keeps the earlier version."))
    return form.view(CORRECTION.name, t(CORRECTION.title), submit=t("Save"))


async def submit_correction(request: Request) -> Message:
    """Correct the call."""
    minutes = request.one("minutes")
    amount = _amount_of(request)
    private, party = request.private, request.one("party")
    content = CallContent(
        request.one("outcome"),
        int(minutes) if minutes else None,
        request.one("note"),
        amount.value if amount else None,
        "" if party == _BORROWER else party,
    )
    result = await corrections.correct_call(request.desk, UUID(private["c"]), private["v"], content)
    return corrected(request.t, result, request.zone)


CORRECTION = Form(
    name="correct_call",
    right="correct_call",
    title=_("Correct a call"),
    build=build_correction,
    submit=submit_correction,
    main="outcome",
    fields={
        "note_too_long": "note",
        "check_why_missing": "note",
        "amount_not_taken": "amount",
        "unknown_person": "party",
    },
    about="c",
)
"""The form that corrects the button's call."""


async def build_part_payment(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: when the rest of an instalment will be paid. `c` in `private` names the call, `u` its Undo if known."""
    t = request.t
    loan, _call = await shares.require_asked(request.desk, UUID(private["c"]))
    form = FormWriter(t, private, typed)
    due_field(t, form, "next", t("The rest will be paid"))
    form.buttons(*due_buttons(t, await next_days(request.desk, loan, "promise"), request.zone, "next"))
    return form.view(PART_PAYMENT.name, t(PART_PAYMENT.title), submit=t("Save"))


async def submit_part_payment(request: Request) -> Message:
    """Record the part payment, and plan the call about the rest."""
    due, private = read_due(request, "next", limit=True), request.private
    result = await shares.pay_part(request.desk, UUID(private["c"]), None, due)
    call_undo = UUID(private["u"]) if "u" in private else None
    return logged(request.t, result, request.zone, call_undo=call_undo)


PART_PAYMENT = Form(
    name="part_payment",
    title=_("Part payment"),
    right="add_to_call",
    build=build_part_payment,
    submit=submit_part_payment,
    main="next",
    fields=dict.fromkeys(DUE_REFUSALS, "next"),
    about="c",
)
"""The form that asks when the rest of the button's payment will be paid."""
