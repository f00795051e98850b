"""Explain a refusal: most by the text of `texts`, some by a function that looks at the params.

Both are keyed by the codes of `desk.core.errors`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from desk.core.undo import LaterAct
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.loans.views import FollowUpView, LoanView
from handlers.messages.appointments import appointment_kind, appointment_state
from handlers.messages.block_kit.elements import (
    brief_when,
    follow_up_line,
    follow_up_name,
    mentions,
    outcome,
    phone_ending,
    purpose,
    stage,
    when,
)
from handlers.messages.block_kit.message import Bold, Button, Channel, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import phrase
from handlers.messages.checks import differing, lacks
from handlers.messages.contact import broken_line
from handlers.messages.documents import document, state
from handlers.messages.escalations import escalation_kind
from handlers.messages.refusals.in_forms import ANSWERS_OTHER, FORM_EXPLANATIONS, FORM_TEXTS
from handlers.messages.refusals.texts import TEXTS
from handlers.messages.undo import act

Paragraphs = list[list[Inline]]
Choice = str | LoanView | FollowUpView
"""What a refusal offers: a member's Slack id, a loan, a follow-up."""

_BUTTONS = 10
"""How many choices have a button."""

_PEOPLE = frozenset({"who", "slack_id"})
_WORDS = {"outcome": outcome, "purpose": purpose, "its": purpose, "stage": stage, "document": document, "state": state}


def explain(t: Translator, error: DeskError, zone: ZoneInfo, *, in_form: bool = False) -> Paragraphs:
    """Return the paragraphs that explain a refusal: the reason, the possible meanings, and the nearest valid forms."""
    explanations, texts = (EXPLANATIONS, TEXTS)
    if in_form:
        explanations, texts = EXPLANATIONS | FORM_EXPLANATIONS, TEXTS | FORM_TEXTS
    if explanation := explanations.get(error.code):
        return explanation(t, error, zone)
    text = texts.get(error.code)
    if text is None:
        return [phrase(t, "I can't do that ({code}).", code=Code(error.code))]
    if error.params.get("given") == "" and "{given}" in text:
        text = texts["incomplete"]
    values = {name: _value(t, name, value, zone) for name, value in error.params.items()}
    paragraphs = [_fill(t, text, values)]
    paragraphs += [_choice(t, choice, error) for choice in error.params.get("choices", ())]
    if readings := error.params.get("readings"):
        meant = " · ".join(when(t, due, zone) for due in readings)
        paragraphs.append(phrase(t, "It could mean: {readings}", readings=Bold(meant)))
    return paragraphs + _examples(t, error)


def _examples(t: Translator, error: DeskError) -> Paragraphs:
    """Return the nearest valid forms: the line mended with them, as far as that is known."""
    paragraphs: Paragraphs = []
    nearest, mended = error.params.get("nearest"), error.params.get("mended")
    if nearest and (not mended or len(nearest) > len(mended)):
        forms = " · ".join(t.date(form) if isinstance(form, date) else str(form) for form in nearest)
        text = _("For example: {forms}") if mended is None else _("You can type: {forms}")
        paragraphs.append(phrase(t, text, forms=Code(forms)))
    if mended:
        paragraphs.append(phrase(t, "For example: {forms}", forms=Code(mended[0])))
        paragraphs += [["• ", Code(line)] for line in mended[1:]]
    return paragraphs


def _fill(t: Translator, text: str, values: dict[str, list[Inline]]) -> list[Inline]:
    line: list[Inline] = []
    for inline in phrase(t, text, **{name: Code(f"\0{name}") for name in values}):
        if isinstance(inline, Code) and inline.words.startswith("\0"):
            line.extend(values[inline.words[1:]])
        else:
            line.append(inline)
    return line


def _value(t: Translator, name: str, value: Any, zone: ZoneInfo) -> list[Inline]:
    if value is None:
        return [t("the desk")] if name in _PEOPLE else ["–"]
    if name in _PEOPLE:
        return mentions(t, value if isinstance(value, tuple) else (value,))
    if name == "channel":
        return [Channel(str(value))]
    if name == "roles":
        words = [VOCABULARY.role(role).word(t.language) for role in value]
        return [t(" or ").join(filter(None, [t(", ").join(words[:-1]), words[-1]]))]
    if name == "outcome":
        return [Bold(outcome(t, str(value)))]
    if name in _STATES:
        return [_STATES[name](t, str(value))]
    if isinstance(value, datetime):
        return [t.minute(value, zone)]
    if isinstance(value, Due):
        return [when(t, value, zone)]
    if isinstance(value, date):
        return [t.date(value)]
    if isinstance(value, tuple):
        return [", ".join(str(each) for each in value)]
    return [Bold(str(value))] if name == "given" else [str(value)]


def _choice(t: Translator, choice: Choice, error: DeskError) -> list[Inline]:
    match choice:
        case str():
            return ["• ", Mention(choice)]
        case LoanView():
            words = [choice.name, phone_ending(t, choice.tail), stage(t, choice.stage)]
            plan: FollowUpView | None = error.params.get("plans", {}).get(choice.id)
            if plan is not None:
                words += [purpose(t, plan.purpose), brief_when(t, plan.due, ZoneInfo(plan.zone))]
            return ["• ", Code(choice.number), " ", " · ".join(words)]
        case FollowUpView():
            return ["• ", *follow_up_line(t, choice, with_loan=True)]


def choice_buttons(t: Translator, error: DeskError, line_id: UUID) -> list[Button]:
    """Return a button for each choice that a refusal lists: it sends the kept line with that choice in it."""
    labelled = [_labelled(t, choice, error) for choice in error.params.get("choices", ())[:_BUTTONS]]
    return [Button(label, "line.choose", {"d": str(line_id), "c": word}) for label, word in labelled]


def _labelled(t: Translator, choice: Choice, error: DeskError) -> tuple[str, str]:
    """Return the words of a choice's button, and what it puts into the line."""
    match choice:
        case str():
            return error.params.get("names", {}).get(choice, choice), f"<@{choice}>"
        case LoanView():
            return choice.number, choice.number
        case FollowUpView():
            when = brief_when(t, choice.due, ZoneInfo(choice.zone))
            return f"/{choice.number} {purpose(t, choice.purpose)} · {when}", follow_up_name(choice)


def _follow_up_state(t: Translator, code: str) -> str:
    states = {
        "done": t("done"),
        "cancelled": t("cancelled"),
        "ended": t("closed with the loan"),
        "undone": t("undone"),
        "open": t("open"),
    }
    return states.get(code, code)


_STATES: Mapping[str, Callable[[Translator, str], str]] = {
    "state": _follow_up_state,
    "appointment": appointment_kind,
    "became": appointment_state,
    "escalation": escalation_kind,
}
"""How a param of that name is worded."""


def _bold(t: Translator, error: DeskError, *names: str) -> dict[str, Inline]:
    """Return the named params in bold, codes as words of the vocabulary."""
    return {name: Bold(_WORDS[name](t, error.params[name]) if name in _WORDS else error.params[name]) for name in names}


def _next_missing(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    missing = phrase(
        t,
        "{outcome}: for which day? Type it after “next”, so that we check then whether it was paid."
        if VOCABULARY.outcome(error.params["outcome"]).next_purpose == "promise"
        else "{outcome}: when? Type it after “next”.",
        **_bold(t, error, "outcome"),
    )
    word = outcome(t, error.params["outcome"])
    line = t("/loan-call {loan} {outcome} next tomorrow 10:00", loan=error.params["loan"], outcome=word)
    if typed := error.params.get("typed"):
        line = t("/loan-call {line} next tomorrow 10:00", line=typed)
    return [missing, phrase(t, "For example: {forms}", forms=Code(line))]


def _outcome_answers_other(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    reason = phrase(t, ANSWERS_OTHER[error.params["answers"]], **_bold(t, error, "outcome", "purpose"))
    return [reason, [t("If the word belongs to your note, put a colon before the note.")]]


def _no_check_open(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    which = error.params["purpose"] or "identity"
    line = t("/loan-follow {loan} today {purpose}", loan=error.params["loan"], purpose=purpose(t, which))
    reason = phrase(t, "This check isn't open on {loan}, so it can't fail.", **_bold(t, error, "loan"))
    if error.params["purpose"] is None:
        reason = phrase(t, "No check is open on {loan}, so none can fail.", **_bold(t, error, "loan"))
    return [reason, phrase(t, "To plan one: {line}", line=Code(line))]


def _check_differs(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    text = _("{items}: differs, so this check can't be confirmed. Correct the item, or choose “failed”.")
    return [phrase(t, text, items=Bold(differing(t, error.params["items"])))]


def _check_not_named(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    lines = [
        phrase(t, "{what}: {line}", what=purpose(t, code), line=Code(t("/loan-call {name} failed: why", name=name)))
        for name, code in error.params["checks"]
    ]
    reason = phrase(t, "Which check of {loan} failed? Name it, and why:", **_bold(t, error, "loan"))
    return [reason, *(["• ", *line] for line in lines)]


def _check_why_missing(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    what, line = error.params["purpose"], t("/loan-call {name} failed: why", name=error.params["given"])
    text = _("What did not match in the {purpose} of {loan}, and why? Type it: {line}")
    return [phrase(t, text, purpose=Bold(purpose(t, what)), loan=Bold(error.params["loan"]), line=Code(line))]


def _number_and_purpose_differ(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    text = _("{name} is about {its}, not {purpose}. Name only one of the two, or put a colon before the note.")
    return [phrase(t, text, name=Code(error.params["given"]), **_bold(t, error, "its", "purpose"))]


def _undo_built_on(t: Translator, error: DeskError, zone: ZoneInfo) -> Paragraphs:
    reason: list[Inline] = [t("This can't be undone: later changes depend on it.")]
    if loans := t(", ").join(error.params["loans"]):
        reason = phrase(t, "This can't be undone: later changes depend on it ({loans}).", loans=Bold(loans))
    return [reason, *(["• ", *_since(t, since, zone)] for since in error.params["since"])]


def _since(t: Translator, since: LaterAct, zone: ZoneInfo) -> list[Inline]:
    who: Inline = Mention(since.who) if since.who else t("the desk")
    return phrase(t, "{act}, by {who} at {time}", act=act(t, since.act), who=who, time=t.clock_time(since.at, zone))


def _stage_already(t: Translator, error: DeskError, zone: ZoneInfo) -> Paragraphs:
    at = t.minute(error.params["at"], zone)
    paragraphs = [phrase(t, "{loan} is already at {stage}, since {time}.", time=at, **_bold(t, error, "loan", "stage"))]
    if error.params.get("who"):
        paragraphs.append(phrase(t, "{who} moved it there.", who=Mention(error.params["who"])))
    return paragraphs


def _stage_needs(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    reason = phrase(t, "{loan} can't move to {stage} yet:", **_bold(t, error, "loan", "stage"))
    needs: Paragraphs = [["• ", lacks(t, need)] for need in error.params["needs"]]
    if not error.params["manager"]:
        return [reason, *needs, [t("A manager can move it all the same, with a reason.")]]
    word = stage(t, error.params["stage"])
    line = Code(t("/loan-stage {loan} {stage} why", loan=error.params["loan"], stage=word))
    return [reason, *needs, phrase(t, "You can move it all the same, with a reason: {line}", line=line)]


def _document_impossible(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    """Explain by the state of the document, with lines that would work."""
    named = {"loan": error.params["loan"], "document": document(t, error.params["document"])}
    lines = {
        "got": t("/loan-docs {loan} got {document}", **named),
        "accept": t("/loan-docs {loan} accept {document}", **named),
        "cancel": t("/loan-docs {loan} cancel {document}", **named),
        "reject": t("/loan-docs {loan} reject {document}: reason", **named),
    }
    possible = [lines[step] for step in error.params["possible"]] or [t("/loan-docs {loan} {document}", **named)]
    reason = phrase(
        t,
        "{document} on {loan} is {state}, so that step isn't possible.",
        **_bold(t, error, "document", "loan", "state"),
    )
    return [reason, [t("Possible now:")], *(["• ", Code(line)] for line in possible)]


def _document_not_requested(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    name, loan = document(t, error.params["document"]), error.params["loan"]
    paragraphs = [phrase(t, "{document} hasn't been requested for {loan}.", **_bold(t, error, "document", "loan"))]
    if error.params["documents"]:
        names = t(", ").join(document(t, code) for code in error.params["documents"])
        paragraphs.append(phrase(t, "Open: {documents}", documents=Bold(names)))
    line = t("/loan-docs {loan} {document}", loan=loan, document=name)
    if error.params.get("act") in ("accept", "reject"):
        came = t("/loan-docs {loan} got {document}", loan=loan, document=name)
        paragraphs.append(phrase(t, "If it has come: {line}", line=Code(came)))
    return [*paragraphs, phrase(t, "To request it: {line}", line=Code(line))]


def _document_changed(t: Translator, error: DeskError, zone: ZoneInfo) -> Paragraphs:
    who: Inline = Mention(error.params["who"]) if error.params["who"] else t("the desk")
    at, now = t.minute(error.params["at"], zone), _bold(t, error, "document", "state")
    return [phrase(t, "{document} is now {state}: {who}, {time}.", who=who, time=at, **now)]


def _bucket_in_use(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    bucket, why = error.params["bucket"].word(t.language), error.params["rule"].why(t.language)
    text = t(
        "Another rule begins with {bucket}: {why}. Choose another bucket, or switch that rule off.",
        bucket=bucket,
        why=why,
    )
    return [[text]]


def _due_barred(t: Translator, error: DeskError, zone: ZoneInfo) -> Paragraphs:
    named = {"loan": Bold(error.params["loan"]), "time": Bold(_value_of_time(t, error.params["at"], zone))}
    rules = [["• ", *broken_line(t, each)] for each in error.params["broken"]]
    return [
        phrase(t, "{loan}: no call may be planned for {time}, because of a contact rule.", **named),
        *rules,
        phrase(t, "Next allowed: {when}.", when=Bold(when(t, error.params["allowed"], zone))),
        [t("Did the borrower ask for that time? Log the call as “call back”, or enter their consent (Contact rules).")],
        *(
            [[t("As a manager you can allow that time: Contact rules on the card, Allow a time.")]]
            * error.params["may_allow"]
        ),
    ]


def _value_of_time(t: Translator, at: datetime | date, zone: ZoneInfo) -> str:
    return t.minute(at, zone) if isinstance(at, datetime) else t.date(at)


EXPLANATIONS: dict[str, Callable[[Translator, DeskError, ZoneInfo], Paragraphs]] = {
    "next_missing": _next_missing,
    "outcome_answers_other": _outcome_answers_other,
    "number_and_purpose_differ": _number_and_purpose_differ,
    "no_check_open": _no_check_open,
    "check_not_named": _check_not_named,
    "check_why_missing": _check_why_missing,
    "check_differs": _check_differs,
    "undo_built_on": _undo_built_on,
    "stage_already": _stage_already,
    "stage_needs": _stage_needs,
    "document_impossible": _document_impossible,
    "document_not_requested": _document_not_requested,
    "document_changed": _document_changed,
    "bucket_in_use": _bucket_in_use,
    "due_barred": _due_barred,
}
