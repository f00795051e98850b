"""The words for each refusal. `texts` holds one text per code of `desk.core.errors`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.loans.views import LoanView
from handlers.messages.block_kit.elements import stage, when
from handlers.messages.block_kit.message import Bold, Channel, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import phrase
from handlers.messages.refusals.calls import CALL_EXPLANATIONS
from handlers.messages.refusals.loans import LOAN_EXPLANATIONS
from handlers.messages.refusals.texts import TEXTS

_MENTIONS = 20
_PEOPLE = frozenset({"who", "slack_id"})


def explain(t: Translator, error: DeskError, zone: ZoneInfo) -> list[list[Inline]]:
    """Return the paragraphs that explain a refusal: the reason, the possible meanings, and the nearest valid forms."""
    explanation = CALL_EXPLANATIONS.get(error.code) or LOAN_EXPLANATIONS.get(error.code)
    if explanation is not None:
        return explanation(t, error, zone)
    text = TEXTS.get(error.code)
    if text is None:
        return [phrase(t, "I can't do that ({code}).", code=Code(error.code))]
    if error.params.get("given") == "" and "{given}" in text:
        text = TEXTS["incomplete"]
    values = {name: _value(t, name, value, zone) for name, value in error.params.items()}
    paragraphs = [_fill(t, text, values)]
    paragraphs += [_choice(t, choice) for choice in error.params.get("choices", ())]
    if readings := error.params.get("readings"):
        meant = " · ".join(when(t, due, zone) for due in readings)
        paragraphs.append(phrase(t, "It could mean: {readings}", readings=Bold(meant)))
    if nearest := error.params.get("nearest"):
        paragraphs.append(phrase(t, "For example: {forms}", forms=Code(_join(t, nearest))))
    return paragraphs


def mentions(t: Translator, slack_ids: Sequence[str]) -> list[Inline]:
    """Return a list of people, cut after the first ones. In an ephemeral answer a mention notifies nobody."""
    line: list[Inline] = []
    for slack_id in slack_ids[:_MENTIONS]:
        line.extend([t(", "), Mention(slack_id)] if line else [Mention(slack_id)])
    if more := len(slack_ids[_MENTIONS:]):
        line.extend([" ", t.n("and {n} more", "and {n} more", more)])
    return line


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
    if name == "state":
        return [_states(t).get(str(value), str(value))]
    if isinstance(value, datetime):
        return [t.minute(value, zone)]
    if isinstance(value, Due):
        return [when(t, value, zone)]
    if isinstance(value, date):
        return [t.date(value)]
    if isinstance(value, tuple):
        return [", ".join(str(each) for each in value)]
    return [Bold(str(value))] if name == "given" else [str(value)]


def _choice(t: Translator, choice: Any) -> list[Inline]:
    if isinstance(choice, LoanView):
        tail = t("phone ending {digits}", digits=choice.tail)
        return ["• ", Code(choice.number), f" {choice.masked} · {tail} · {stage(t, choice.stage)}"]
    return ["• ", Mention(str(choice))]


def _join(t: Translator, nearest: Sequence[Any]) -> str:
    return " · ".join(t.date(form) if isinstance(form, date) else str(form) for form in nearest)


def _states(t: Translator) -> dict[str, str]:
    return {
        "done": t("done"),
        "cancelled": t("cancelled"),
        "ended": t("closed with the loan"),
        "undone": t("undone"),
        "open": t("open"),
    }
