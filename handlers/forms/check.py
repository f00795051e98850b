"""The forms for making a check, item by item, and for deciding about one that failed."""

from uuid import UUID

from desk.calls import checking
from desk.calls.checking import ChecksToMake, FindingsSaved
from desk.core.errors import Invalid
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY
from desk.follow_ups.checks import Findings
from desk.rules.checks import ANSWERS, CHECKS, DECISIONS
from handlers.door.request import Request
from handlers.forms.fields import FOLLOW_UP_REFUSALS, LOAN_REFUSALS, follow_up_options, loan_field, of_the_loan
from handlers.forms.form import Form
from handlers.messages import checks
from handlers.messages.block_kit.elements import purpose, write_loan_and_time
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.calls import logged

_OPEN = "open"
"""The result of a check that is not finished."""

_NOTE = 300
"""The longest note on one item, in characters."""


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the check, an answer and a note for each of its items, and the result. `l` and `n` in `private` name the
    loan and the follow-up; the form keeps the version of each check from when it was opened."""
    t = request.t
    private, typed = of_the_loan(private, typed)
    number, chosen_number = str(typed.get("loan", "")), str(typed.get("follow_up", ""))
    found = None
    if number:
        found = await checking.checks_to_make(request.desk, number, int(chosen_number) if chosen_number else None)
        if found.chosen is not None:
            typed = {"follow_up": str(found.chosen.number), **_noted(found), **typed}
        seen = {str(row.number): [str(row.id), row.version] for row in found.open}
        private = {**private, "seen": {**seen, **private.get("seen", {})}}
        private["of_check"] = found.chosen.purpose if found.chosen else ""
    form = FormWriter(t, private, typed)
    loan_field(t, form, found)
    if found is not None and not found.open:
        form.phrase(t, "No check is open on {loan} that you may make.", loan=Bold(found.number))
    elif found is not None:
        form.choice("follow_up", t("Check"), follow_up_options(t, found.open), live=True)
    if found is not None and found.chosen is not None:
        _item_fields(t, form, found.chosen.purpose)
    form.choice("result", t("Result"), _results(t))
    form.text("note", t("Why"), long=True, optional=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Save the answers, or end the check with its result, as `/loan-call` does."""
    t = request.t
    seen, number = request.private.get("seen", {}), request.one("follow_up")
    if number not in seen:
        raise Invalid("no_check_open", loan=request.one("loan"), purpose=None)
    follow_up_id, version = seen[number]
    chosen = request.one("result")
    result = await checking.make_check(
        request.desk,
        UUID(follow_up_id),
        int(version),
        _findings(request),
        result=None if chosen == _OPEN else chosen,
        note=request.one("note"),
    )
    return checks.saved(t, result) if isinstance(result, FindingsSaved) else logged(t, result, request.zone)


def _findings(request: Request) -> Findings:
    """Return what was filled in about the check that is in the form."""
    of = request.private["of_check"]
    codes = [item.code for item in CHECKS[of]]
    items = {code: request.one(f"item_{of}.{code}") for code in codes}
    notes = {code: request.one(f"about_{of}.{code}") for code in codes}
    return Findings(
        {code: each for code, each in items.items() if each}, {code: each for code, each in notes.items() if each}
    )


def _item_fields(t: Translator, form: FormWriter, purpose_code: str) -> None:
    answers = [Option(t(checks.ANSWERS[code]), code) for code in ANSWERS]
    for item in CHECKS[purpose_code]:
        key = f"{purpose_code}.{item.code}"
        form.choice(
            f"item_{key}",
            item.word(t.language),
            answers,
            optional=True,
            hint=checks.source(t, item),
        )
        form.text(f"about_{key}", t("Note: {item}", item=item.word(t.language)), optional=True, limit=_NOTE)


def _noted(found: ChecksToMake) -> dict[str, str]:
    assert found.chosen is not None
    of = found.chosen.purpose
    items = {f"item_{of}.{code}": answer for code, answer in found.findings.items.items()}
    return items | {f"about_{of}.{code}": note for code, note in found.findings.notes.items()}


def _results(t: Translator) -> list[Option]:
    ended = [Option(each.word(t.language), each.code) for each in VOCABULARY.outcomes if each.result is not None]
    return [*ended, Option(t("Not finished: keep it open"), _OPEN)]


FORM = Form(
    name="check",
    right="answer_follow_up",
    title=_("Make a check"),
    build=build,
    submit=submit,
    main="result",
    fields={
        **LOAN_REFUSALS,
        **FOLLOW_UP_REFUSALS,
        "no_check_open": "loan",
        "check_reason_missing": "note",
        "note_too_long": "note",
    },
)
"""A check, item by item."""


async def build_decision(request: Request, private: Private, typed: Typed) -> View:
    """Write the decision about the failed check that `k` in `private` names; the form keeps its version."""
    t = request.t
    loan, check = await checking.check_to_decide(request.desk, UUID(private["k"]))
    form = FormWriter(t, {"v": check.version, **private}, typed)
    write_loan_and_time(t, form, loan, check.at, request.zone)
    form.line(Bold(purpose(t, check.purpose)), " ", t(checks.STATES[check.state])).quote(check.why)
    form.choice("decision", t("Decision"), [Option(t(checks.DECISIONS[code]), code) for code in DECISIONS])
    form.text("reason", t("Reason"), long=True, limit=NOTE_LIMIT)
    return form.view(DECISION.name, t(DECISION.title), submit=t("Save"))


async def submit_decision(request: Request) -> Message:
    """Write the decision down."""
    private = request.private
    result = await checking.decide_check(
        request.desk, UUID(private["k"]), private["v"], request.one("decision"), request.one("reason")
    )
    return checks.decided(request.t, result, request.zone)


DECISION = Form(
    name="decide_check",
    right="decide_check",
    title=_("Decide about a check"),
    build=build_decision,
    submit=submit_decision,
    main="decision",
    fields={"note_too_long": "reason", "decision_reason_missing": "reason"},
    about="k",
)
"""A manager's decision about the button's failed check."""
