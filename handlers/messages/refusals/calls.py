"""Refusals about calls and Undo that need more than a text with values."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from desk.core.undo import LaterAct
from handlers.messages.block_kit.elements import outcome, purpose
from handlers.messages.block_kit.message import Bold, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import phrase
from handlers.messages.undo import act

Explanation = Callable[[Translator, DeskError, ZoneInfo], list[list[Inline]]]


def _next_missing(t: Translator, error: DeskError, _zone: ZoneInfo) -> list[list[Inline]]:
    """Explain, with an example line in the reader's language."""
    loan, code = error.params["loan"], error.params["outcome"]
    word = outcome(t, code)
    missing = phrase(
        t,
        "{outcome}: for which day? Type it after “next”, so that we check then whether it was paid."
        if code == "promised"
        else "{outcome}: when? Type it after “next”.",
        outcome=Bold(word),
    )
    line = t("/loan-call {loan} {outcome} next tomorrow 10:00", loan=loan, outcome=word)
    return [missing, phrase(t, "For example: {forms}", forms=Code(line))]


def _outcome_answers_other(t: Translator, error: DeskError, _zone: ZoneInfo) -> list[list[Inline]]:
    named = phrase(
        t,
        "{outcome} only answers verification follow-ups, and this one is about {purpose}."
        if error.params["answers"] == "verification"
        else "{outcome} only answers repayment follow-ups, and this one is about {purpose}.",
        outcome=Bold(outcome(t, error.params["outcome"])),
        purpose=Bold(purpose(t, error.params["purpose"])),
    )
    return [named, [t("If the word belongs to your note, put a colon before the note.")]]


def _number_and_purpose_differ(t: Translator, error: DeskError, _zone: ZoneInfo) -> list[list[Inline]]:
    return [
        phrase(
            t,
            "{name} is about {its}, not {purpose}. Name only one of the two, or put a colon before the note.",
            name=Code(error.params["given"]),
            its=Bold(purpose(t, error.params["its"])),
            purpose=Bold(purpose(t, error.params["purpose"])),
        )
    ]


def _undo_built_on(t: Translator, error: DeskError, zone: ZoneInfo) -> list[list[Inline]]:
    loans = t(", ").join(error.params["loans"])
    paragraphs: list[list[Inline]] = [[t("This can't be undone: later changes depend on it.")]]
    if loans:
        paragraphs = [phrase(t, "This can't be undone: later changes depend on it ({loans}).", loans=Bold(loans))]
    paragraphs.extend(["• ", *_since(t, since, zone)] for since in error.params["since"])
    return paragraphs


def _since(t: Translator, since: LaterAct, zone: ZoneInfo) -> list[Inline]:
    who: Inline = Mention(since.who) if since.who else t("the desk")
    return phrase(t, "{act}, by {who} at {time}", act=act(t, since.act), who=who, time=t.clock_time(since.at, zone))


CALL_EXPLANATIONS: dict[str, Explanation] = {
    "next_missing": _next_missing,
    "outcome_answers_other": _outcome_answers_other,
    "number_and_purpose_differ": _number_and_purpose_differ,
    "undo_built_on": _undo_built_on,
}
