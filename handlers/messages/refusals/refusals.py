"""Each reason for a refusal, in words. One text per code of `desk.core.errors`; `refusal_texts` has them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.loans.lookup import LoanChoice
from handlers.messages.block_kit.parts import stage, when
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Channel, Code, Mention, Part, phrase
from handlers.messages.refusals.calls import CALL_EXPLANATIONS
from handlers.messages.refusals.loans import LOAN_EXPLANATIONS
from handlers.messages.refusals.texts import TEXTS

_PEOPLE_NAMED = 20
_PEOPLE = frozenset({"who", "slack_id"})
_LIST = "loans"


def explain(t: Translator, error: DeskError, zone: ZoneInfo) -> list[list[Part]]:
    """The paragraphs that explain a refusal: the reason, then what it may have meant, then the nearest valid forms."""
    explanation = CALL_EXPLANATIONS.get(error.code) or LOAN_EXPLANATIONS.get(error.code)
    if explanation is not None:
        return explanation(t, error, zone)
    text = TEXTS.get(error.code)
    if text is None:
        return [phrase(t, "That cannot be done ({code}).", code=Code(error.code))]
    if error.params.get("given") == "" and "{given}" in text:
        text = TEXTS["incomplete"]
    values = {name: _part(t, name, value, zone) for name, value in error.params.items()}
    paragraphs = [_filled(t, text, values)]
    paragraphs += [_choice(t, choice) for choice in error.params.get("choices", ())]
    if readings := error.params.get("readings"):
        meant = " · ".join(when(t, due, zone) for due in readings)
        paragraphs.append(phrase(t, "It may mean: {readings}", readings=Bold(meant)))
    if nearest := error.params.get("nearest"):
        paragraphs.append(phrase(t, "For example: {forms}", forms=Code(_joined(t, nearest))))
    return paragraphs


def mentions(t: Translator, slack_ids: Sequence[str]) -> list[Part]:
    """People, one after the other. In an ephemeral answer a mention notifies nobody."""
    parts: list[Part] = []
    for slack_id in slack_ids[:_PEOPLE_NAMED]:
        parts.extend([t(", "), Mention(slack_id)] if parts else [Mention(slack_id)])
    if more := len(slack_ids[_PEOPLE_NAMED:]):
        parts.extend([" ", t.n("and {n} more", "and {n} more", more)])
    return parts


def _filled(t: Translator, text: str, values: dict[str, list[Part]]) -> list[Part]:
    parts: list[Part] = []
    for piece in phrase(t, text, **{name: Code(f"\0{name}") for name in values}):
        if isinstance(piece, Code) and piece.words.startswith("\0"):
            parts.extend(values[piece.words[1:]])
        else:
            parts.append(piece)
    return parts


def _part(t: Translator, name: str, value: Any, zone: ZoneInfo) -> list[Part]:
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


def _choice(t: Translator, choice: Any) -> list[Part]:
    if isinstance(choice, LoanChoice):
        tail = t("tail {digits}", digits=choice.tail)
        return ["• ", Code(choice.number), f" {choice.masked} · {tail} · {stage(t, choice.stage)}"]
    return ["• ", Mention(str(choice))]


def _joined(t: Translator, nearest: Sequence[Any]) -> str:
    return " · ".join(t.date(form) if isinstance(form, date) else str(form) for form in nearest)


def _states(t: Translator) -> dict[str, str]:
    return {
        "done": t("done"),
        "cancelled": t("cancelled"),
        "ended": t("ended with its loan"),
        "undone": t("taken back"),
        "open": t("open"),
    }
