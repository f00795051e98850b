"""The forms for a loan's terms and for its vehicle: every field with its present value, to be corrected, added or emptied."""

from collections.abc import Sequence

from desk.core.languages import language_of
from desk.core.terms import TERM_FIELDS, ChoiceValue, ProductValue, RateValue, TermName, TermValue
from desk.core.values import Amount
from desk.core.vocabulary import VOCABULARY
from desk.loans import terms
from desk.loans.terms import TermsView
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form, words
from handlers.forms.form import TAKEN_UP, Form, field
from handlers.grammar.loan_fields import EXAMPLES, read_term
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import GENERATION, FormWriter, Option, Private, Typed, View
from handlers.messages.terms import changed, label

_STATE, _OF = "s", "of"
"""In what the form carries: the state of the terms that it shows, and the loan that it shows them of."""

_TERMS: tuple[TermName, ...] = tuple(name for name, each in TERM_FIELDS.items() if each.place != "vehicle")
_VEHICLE: tuple[TermName, ...] = tuple(name for name, each in TERM_FIELDS.items() if each.place == "vehicle")
_LONG = 300
"""A text that may be longer than this gets several lines."""


async def build_terms(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan and its terms. `l` in `private` names the loan."""
    form = await _build(request, private, typed, _TERMS)
    return form.view(TERMS.name, request.t(TERMS.title), submit=request.t("Save"))


async def build_vehicle(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan and its vehicle."""
    form = await _build(request, private, typed, _VEHICLE)
    return form.view(VEHICLE.name, request.t(VEHICLE.title), submit=request.t("Save"))


async def submit_terms(request: Request) -> Message:
    """Save what differs, as the command does."""
    return await _submit(request, _TERMS)


async def submit_vehicle(request: Request) -> Message:
    """Save what differs, as the command does."""
    return await _submit(request, _VEHICLE)


async def _build(request: Request, private: Private, typed: Typed, names: Sequence[TermName]) -> FormWriter:
    """Return the form with the present values of the chosen loan, or with what was typed for it. Another loan's are forgotten."""
    number = str(typed.get("loan", private.get("l", "")))
    shown_of, carried = private.get(_OF, number), {**private}
    if shown_of != number:
        carried.pop(_STATE, None)
        if TAKEN_UP not in private:
            typed = {"loan": number}
            carried[GENERATION] = int(private.get(GENERATION, 0)) + 1
    present: dict[str, str] = {}
    if number:
        view = await terms.terms_to_edit(request.desk, loan_of(request, number=number))
        if private.get(_OF) != number:  # otherwise what is typed is all there is: the rest was emptied
            present = {name: _as_typed(request.t, each) for name, each in view.values.items() if name in names}
        carried = {_STATE: view.state, **carried, _OF: number}
    private = carried
    form, chosen = await start_form(request, private, {**present, **typed})
    if chosen is not None:
        for name in names:
            _write(request.t, form, name)
    return form


def _write(t: Translator, form: FormWriter, name: TermName) -> None:
    each, title = TERM_FIELDS[name], label(t, name)
    example = EXAMPLES[name][0 if language_of(t.language).code == "zh" else 1]
    match each.kind:
        case "choice":
            form.choice(name, title, words(t, VOCABULARY.choices[name]), optional=True)  # pyright: ignore[reportArgumentType]
        case "yes_no":
            form.choice(name, title, [Option(t("yes"), "yes"), Option(t("no"), "no")], optional=True)
        case "date":
            form.day(name, title, optional=True)
        case "number":
            form.number(name, title, low=each.low, high=each.high, optional=True)
        case _:
            limit = each.high or 40
            form.text(name, title, optional=True, limit=limit, long=limit > _LONG, placeholder=example)


def _as_typed(t: Translator, value: TermValue) -> str:
    """Return a value as a person types it into the form."""
    match value:
        case bool():
            return "yes" if value else "no"
        case RateValue(percent, basis):
            rate = f"{percent.normalize():f}"
            return t("{rate}%/month", rate=rate) if basis == "month" else f"{rate}%"
        case ProductValue(code, own):
            return own or "" if code is None else VOCABULARY.product(code).word(t.language)
        case ChoiceValue(_, code):
            return code
        case _:
            return str(value)


async def _submit(request: Request, names: Sequence[TermName]) -> Message:
    view = await terms.terms_to_edit(request.desk, loan_of(request))
    changes: dict[TermName, TermValue | Amount | None] = {}
    for name in names:
        with field(name):
            changes.update(_change(request, view, name))
    state = str(request.private.get(_STATE, view.state))
    result = await terms.edit_terms(request.desk, loan=loan_of(request), changes=changes, state=state)
    return changed(request.t, result)


def _change(request: Request, view: TermsView, name: TermName) -> dict[TermName, TermValue | Amount | None]:
    """Return the field's new value if it differs from the one that the form showed."""
    typed, present = request.one(name).strip(), view.values.get(name)
    if typed == ("" if present is None else _as_typed(request.t, present)):
        return {}
    if not typed:
        return {} if name == "currency" else {name: False if TERM_FIELDS[name].kind == "yes_no" else None}
    return {name: read_term(name, typed, request.desk.now, request.zone)}


_FIELDS = {
    **LOAN_REFUSALS,
    "vin_unclear": "vin",
    "plate_unclear": "plate",
}

TERMS = Form(
    name="terms",
    right="edit_loan",
    title=_("Terms"),
    build=build_terms,
    submit=submit_terms,
    main="loan",
    fields=_FIELDS,
)
"""`/loan edit` of the terms with the mouse."""

VEHICLE = Form(
    name="vehicle",
    right="edit_loan",
    title=_("Vehicle"),
    build=build_vehicle,
    submit=submit_vehicle,
    main="loan",
    fields=_FIELDS,
)
"""`/loan edit` of the vehicle with the mouse."""
