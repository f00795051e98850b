"""Writes messages. One description gives the blocks and the complete top-level text.

All words go into rich text or plain text, which Slack does not parse: a name like `<!channel> *x*` is shown as it was
typed and pings nobody. Only a `Mention` notifies.
"""

import json
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator

TEXT_LIMIT = 3800
"""Of the top-level text; `chat.update` refuses more than 4,000 characters."""

BUTTON_TEXT = 75
"""Characters of a button's label."""

ROWS_LIMIT = 3000
"""Characters of the rows of one long list: what is beyond is counted."""

BLOCKS = 50
"""Of a message."""

_BUTTONS_A_ROW, _BUTTONS = 25, 100
_LIST_ROWS, _LAST = 100, 6
_BUDGET, _AN_ELEMENT = 24_000, 20
"""Characters of all words of a message, and what an element counts beside its own: far more than anybody reads, and less
than Slack takes."""
_RICH_TEXT_LIMIT = 3000
_PIECE = 1400


@dataclass(frozen=True, slots=True)
class Bold:
    """Words that stand out."""

    words: str


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type, or a number."""

    words: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, by Slack id. In a channel message this notifies them."""

    slack_user_id: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, by Slack id."""

    channel_id: str


Part = str | Bold | Code | Mention | Channel


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question before a press counts."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `act` names the handler; `value` holds ids, codes and versions, never personal data."""

    label: str
    act: str
    value: dict[str, Any] = field(default_factory=dict[str, Any])
    style: Literal["primary", "danger"] | None = None
    confirm: Confirm | None = None


def phrase(t: Translator, text: str, **values: Part | int) -> list[Part]:
    """The translation of `text` with parts in its placeholders: `phrase(t, "Due {when}", when=Bold(…))`."""
    parts: list[Part] = []
    for literal, name, _spec, _conversion in string.Formatter().parse(t.raw(text)):
        if literal:
            parts.append(literal)
        if name is not None:
            value = values[name]
            parts.append(str(value) if isinstance(value, int) else value)
    return parts


class Writer:
    """Collects lines, lists and buttons, and makes the message of them. What Slack would not take of it is cut: rows are
    counted then, words end in `…`, blocks are left out before the last ones, where the buttons are."""

    def __init__(self, *, most_blocks: int = BLOCKS) -> None:
        self._blocks: list[dict[str, Any]] = []
        self._texts: list[str] = []
        self._actions = 0
        self._left = _BUDGET
        self._most_blocks = most_blocks

    def line(self, *parts: Part | Sequence[Part]) -> "Writer":
        """A paragraph."""
        flat = _flat(parts)
        self._rich([{"type": "rich_text_section", "elements": self._elements(flat)}])
        self._texts.append(_plain(flat))
        return self

    def bullets(self, items: Iterable[Sequence[Part]]) -> "Writer":
        """A list, a row each."""
        rows = [_flat(item) for item in items]
        elements: list[dict[str, Any]] = []
        for row in rows[:_LIST_ROWS]:
            if elements and self._left <= 0:
                break
            elements.append({"type": "rich_text_section", "elements": self._elements(row)})
        if len(elements) < len(rows):
            more: list[Part] = [f"… + {len(rows) - len(elements)}"]
            rows[len(elements) :] = [more]
            elements.append({"type": "rich_text_section", "elements": self._elements(more)})
        if elements:
            self._rich([{"type": "rich_text_list", "style": "bullet", "elements": elements}])
            self._texts.extend(f"• {_plain(row)}" for row in rows)
        return self

    def quote(self, words: str) -> "Writer":
        """What somebody typed, set apart, exactly as it was typed."""
        if words:
            self._rich([{"type": "rich_text_quote", "elements": self._elements([words])}])
            self._texts.append(f"> {escaped(words)}")
        return self

    def preformatted(self, words: str) -> "Writer":
        """Something to copy: lines in a fixed width."""
        self._rich([{"type": "rich_text_preformatted", "elements": self._elements([words])}])
        self._texts.append(escaped(words))
        return self

    def heading(self, words: str) -> "Writer":
        """A heading in plain text."""
        self._blocks.append(
            {"type": "header", "text": {"type": "plain_text", "text": clipped(words, 150), "emoji": False}}
        )
        self._texts.append(escaped(words))
        return self

    def small(self, words: str) -> "Writer":
        """A remark in small print."""
        element = {"type": "plain_text", "text": clipped(words, _RICH_TEXT_LIMIT), "emoji": False}
        self._blocks.append({"type": "context", "elements": [element]})
        self._texts.append(escaped(words))
        return self

    def divider(self) -> "Writer":
        """A line between two parts."""
        self._blocks.append({"type": "divider"})
        return self

    def buttons(self, *buttons: Button) -> "Writer":
        """A row of buttons, or none."""
        buttons = buttons[: max(0, _BUTTONS - self._actions)]
        for start in range(0, len(buttons), _BUTTONS_A_ROW):
            row = buttons[start : start + _BUTTONS_A_ROW]
            self._blocks.append({"type": "actions", "elements": [self._button(button) for button in row]})
        return self

    def drawn(self, block: dict[str, Any]) -> "Writer":
        """A table or chart. What it says stands in the text of the message's plain form, which it is to share."""
        self._blocks.append(block)
        return self

    def message(self) -> Message:
        """The message as written so far."""
        return Message(text=clipped("\n".join(self._texts), TEXT_LIMIT), blocks=self._fitted())

    def _fitted(self) -> list[dict[str, Any]]:
        if len(self._blocks) <= self._most_blocks:
            return list(self._blocks)
        left_out = {"type": "context", "elements": [{"type": "plain_text", "text": "…", "emoji": False}]}
        return [*self._blocks[: self._most_blocks - 1 - _LAST], left_out, *self._blocks[-_LAST:]]

    def _elements(self, parts: Iterable[Part]) -> list[dict[str, Any]]:
        elements: list[dict[str, Any]] = []
        for part in parts:
            if isinstance(part, (Mention, Channel)):
                elements.append(_element(part))
                self._left -= _AN_ELEMENT
                continue
            words = clipped(_words(part), max(1, self._left))
            self._left -= units(words) + _AN_ELEMENT
            elements.extend(_element(_like(part, piece)) for piece in _in_pieces(words))
        return elements

    def _rich(self, elements: list[dict[str, Any]]) -> None:
        self._blocks.append({"type": "rich_text", "elements": elements})

    def _button(self, button: Button) -> dict[str, Any]:
        # Action ids are unique in a message: the handler's name, and a counter behind `#` that the router drops.
        self._actions += 1
        element: dict[str, Any] = {
            "type": "button",
            "action_id": f"{button.act}#{self._actions}",
            "text": {"type": "plain_text", "text": clipped(button.label, BUTTON_TEXT), "emoji": False},
            "value": json.dumps(button.value, separators=(",", ":")),
        }
        if button.style:
            element["style"] = button.style
        if button.confirm:
            element["confirm"] = {
                "title": {"type": "plain_text", "text": clipped(button.confirm.title, 100)},
                "text": {"type": "plain_text", "text": clipped(button.confirm.text, 300)},
                "confirm": {"type": "plain_text", "text": clipped(button.confirm.yes, 30)},
                "deny": {"type": "plain_text", "text": clipped(button.confirm.no, 30)},
            }
        return element


def renumbered(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks of one message as the second part of another: action ids are unique in what is shown, so the counters
    behind `#` go on behind those of the first."""
    copied = json.loads(json.dumps(blocks))
    for block in copied:
        for element in block.get("elements", []):
            if "action_id" in element:
                act, _, number = element["action_id"].partition("#")
                element["action_id"] = f"{act}#{int(number) + 100}"
    return copied


def escaped(words: str) -> str:
    """`words` for a place that Slack parses: `&`, `<` and `>` as entities, so that nothing in it is a mention or link."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(words: str) -> str:
    """The other way round, for a place that Slack does not parse."""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def fitting(rows: Sequence[Sequence[Part]], limit: int = ROWS_LIMIT) -> int:
    """How many of these rows, from the first on, fit into a list of `limit` characters; one always does."""
    used = 0
    for position, row in enumerate(rows):
        used += units(_plain(_flat(row))) + 3
        if used > limit:
            return max(1, position)
    return len(rows)


def clipped(words: str, limit: int) -> str:
    """`words` cut to `limit` UTF-16 units, which is how Slack may count, with `…`; no entity is cut in two."""
    if units(words) <= limit:
        return words
    kept, used = [], 1
    for character in words:
        used += units(character)
        if used > limit:
            break
        kept.append(character)
    cut = "".join(kept)
    entity = cut.rfind("&", len(cut) - 5) if len(cut) > 5 else -1
    return (cut[:entity] if entity >= 0 and ";" not in cut[entity:] else cut) + "…"


def _in_pieces(words: str) -> list[str]:
    """Text of any length, in pieces of the length that Slack takes, however it counts."""
    return [words[start : start + _PIECE] for start in range(0, len(words), _PIECE)]


def _words(part: str | Bold | Code) -> str:
    return part if isinstance(part, str) else part.words


def _like(part: str | Bold | Code, words: str) -> Part:
    return words if isinstance(part, str) else replace(part, words=words)


def units(words: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(words.encode("utf-16-le")) // 2


def _flat(parts: Iterable[Part | Sequence[Part]]) -> list[Part]:
    flat: list[Part] = []
    for part in parts:
        if isinstance(part, (str, Bold, Code, Mention, Channel)):
            flat.append(part)
        else:
            flat.extend(part)
    # Slack refuses a message with an empty text in it.
    return [part for part in flat if part not in ("", Bold(""), Code(""))]


def _element(part: Part) -> dict[str, Any]:
    match part:
        case Bold(words):
            return {"type": "text", "text": words, "style": {"bold": True}}
        case Code(words):
            return {"type": "text", "text": words, "style": {"code": True}}
        case Mention(slack_user_id):
            return {"type": "user", "user_id": slack_user_id}
        case Channel(channel_id):
            return {"type": "channel", "channel_id": channel_id}
        case str():
            return {"type": "text", "text": part}


def _plain(parts: Iterable[Part]) -> str:
    words: list[str] = []
    for part in parts:
        match part:
            case Bold(text) | Code(text):
                words.append(escaped(text))
            case Mention(slack_user_id):
                words.append(f"<@{slack_user_id}>")
            case Channel(channel_id):
                words.append(f"<#{channel_id}>")
            case str():
                words.append(escaped(part))
    return "".join(words)
