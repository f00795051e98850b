"""The writer of messages: one description yields the blocks and the complete top-level text.

All words go into rich text or plain text, which Slack does not parse: a name like `<!channel> *x*` appears as it was
typed and notifies nobody. Only a `Mention` notifies.
"""

import json
import string
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from handlers.messages.block_kit.message import Bold, Button, Channel, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from storage.tables.people import SERVICE_ID

TEXT_LIMIT = 3800
"""The most characters of the top-level text; `chat.update` refuses more than 4,000."""

BUTTON_TEXT = 75
"""The most characters of a button's label."""

ROWS_LIMIT = 3000
"""The most characters of the rows of one long list; further rows are only counted."""

BLOCKS = 50
"""The most blocks of a message."""

_BUTTONS_A_ROW, _BUTTONS_A_BLOCK = 25, 2
"""Slack's limit for a row, and the most buttons in all for each block that there may be: 100 in a message, 200 in a Home."""
_OPTIONS, _PLACEHOLDER = 100, 150
_LIST_ROWS, _LAST = 100, 6
_BUDGET, _ELEMENT_COST = 24_000, 20
"""The most characters of all words in a message, and how many more each element counts: far more than anyone reads, and
less than Slack accepts."""
_RICH_TEXT_LIMIT = 3000
_ELEMENT_LENGTH = 1400


def phrase(t: Translator, text: str, **values: Inline | int) -> list[Inline]:
    """Return the translation of `text` with inline values in its placeholders: `phrase(t, "Due {when}", when=Bold(…))`."""
    line: list[Inline] = []
    for literal, name in _parts(t.raw(text)):
        if literal:
            line.append(literal)
        if name is not None:
            value = values[name]
            line.append(str(value) if isinstance(value, int) else value)
    return line


@lru_cache(maxsize=1024)  # the texts of a catalogue, which are parsed again in each message otherwise
def _parts(text: str) -> tuple[tuple[str, str | None], ...]:
    """Return the literal texts of a phrase, each with the name of the placeholder behind it."""
    return tuple((literal, name) for literal, name, _spec, _conversion in string.Formatter().parse(text))


class Writer:
    """Collects lines, lists and buttons, and builds the message from them.

    What exceeds Slack's limits is cut: further rows are counted, words end in `…`, and blocks are left out before the
    last ones, which hold the buttons.
    """

    def __init__(self, *, most_blocks: int = BLOCKS) -> None:
        self._blocks: list[dict[str, Any]] = []
        self._texts: list[str] = []
        self._about: dict[int, UUID] = {}
        self._actions = 0
        self._left = _BUDGET
        self._most_blocks = most_blocks

    def line(self, *inlines: Inline | Sequence[Inline]) -> "Writer":
        """Add a paragraph."""
        flat = _flatten(inlines)
        self._rich({"type": "rich_text_section", "elements": self._elements(flat)})
        self._texts.append(_plain(flat))
        return self

    def about(self, *loan_ids: UUID) -> "Writer":
        """Note that the last lines are about these loans, one line about each."""
        for place, loan_id in enumerate(loan_ids, start=len(self._texts) - len(loan_ids)):
            self._about[place] = loan_id
        return self

    def phrase(self, t: Translator, text: str, **values: Inline | int) -> "Writer":
        """Add a paragraph that is one `phrase`."""
        return self.line(phrase(t, text, **values))

    def bullets(self, items: Iterable[Sequence[Inline]]) -> "Writer":
        """Add a bulleted list, a row for each item."""
        rows = [_flatten(item) for item in items]
        elements: list[dict[str, Any]] = []
        for row in rows[:_LIST_ROWS]:
            if elements and self._left <= 0:
                break
            elements.append({"type": "rich_text_section", "elements": self._elements(row)})
        if len(elements) < len(rows):
            more: list[Inline] = [f"… + {len(rows) - len(elements)}"]
            rows[len(elements) :] = [more]
            elements.append({"type": "rich_text_section", "elements": self._elements(more)})
        if elements:
            self._rich({"type": "rich_text_list", "style": "bullet", "elements": elements})
            self._texts.extend(f"• {_plain(row)}" for row in rows)
        return self

    def quote(self, words: str) -> "Writer":
        """Add what a person typed as a quotation, exactly as it was typed."""
        if words:
            self._rich({"type": "rich_text_quote", "elements": self._elements([words])})
            self._texts.append(f"> {escaped(words)}")
        return self

    def preformatted(self, words: str) -> "Writer":
        """Add text to copy, in a fixed-width font."""
        self._rich({"type": "rich_text_preformatted", "elements": self._elements([words])})
        self._texts.append(escaped(words))
        return self

    def heading(self, words: str) -> "Writer":
        """Add a heading in plain text."""
        text = {"type": "plain_text", "text": clipped(words, 150), "emoji": False}
        self._blocks.append({"type": "header", "text": text})
        self._texts.append(escaped(words))
        return self

    def small(self, words: str) -> "Writer":
        """Add a remark in small print."""
        element = {"type": "plain_text", "text": clipped(words, _RICH_TEXT_LIMIT), "emoji": False}
        self._blocks.append({"type": "context", "elements": [element]})
        self._texts.append(escaped(words))
        return self

    def divider(self) -> "Writer":
        """Add a divider."""
        self._blocks.append({"type": "divider"})
        return self

    def buttons(self, *buttons: Button) -> "Writer":
        """Add a row of buttons, or nothing without buttons."""
        buttons = buttons[: max(0, _BUTTONS_A_BLOCK * self._most_blocks - self._actions)]
        for start in range(0, len(buttons), _BUTTONS_A_ROW):
            row = buttons[start : start + _BUTTONS_A_ROW]
            self._blocks.append({"type": "actions", "elements": [self._button(button) for button in row]})
        return self

    def menu(self, placeholder: str, act: str, choices: Sequence[tuple[str, dict[str, Any]]]) -> "Writer":
        """Add a menu whose choices (label and value) act like buttons."""
        self._actions += 1
        options = [
            {"text": _plain_text(clipped(label, BUTTON_TEXT)), "value": json.dumps(value, separators=(",", ":"))}
            for label, value in choices
        ]
        groups = [
            {
                "label": _plain_text(f"{start + 1}–{min(start + _OPTIONS, len(options))}"),
                "options": options[start : start + _OPTIONS],
            }
            for start in range(0, len(options), _OPTIONS)
        ]
        element: dict[str, Any] = {
            "type": "static_select",
            "action_id": f"{act}#{self._actions}",
            "placeholder": _plain_text(clipped(placeholder, _PLACEHOLDER)),
            **({"option_groups": groups} if len(groups) > 1 else {"options": options}),
        }
        self._blocks.append({"type": "actions", "elements": [element]})
        return self

    def block(self, block: dict[str, Any]) -> "Writer":
        """Add a table or chart. Its content must also be in the text of the plain message, which both forms share."""
        self._blocks.append(block)
        return self

    def message(self, counted: Iterable[UUID] = ()) -> Message:
        """Return the message as written so far. `counted` are loans that it only counts, beside those with lines of their own."""
        text = clipped("\n".join(self._texts), TEXT_LIMIT)
        return Message(text=text, blocks=self._limit_blocks(), parts=self._parts(counted) if self._about else ())

    def _parts(self, counted: Iterable[UUID]) -> tuple[tuple[UUID, str], ...]:
        """Return for each loan the lines about it and about none."""
        found: list[tuple[UUID, str]] = []
        for loan_id in dict.fromkeys((*self._about.values(), *counted)):
            lines = (text for place, text in enumerate(self._texts) if self._about.get(place, loan_id) == loan_id)
            found.append((loan_id, clipped("\n".join(lines), TEXT_LIMIT)))
        return tuple(found)

    def _limit_blocks(self) -> list[dict[str, Any]]:
        if len(self._blocks) <= self._most_blocks:
            return list(self._blocks)
        left_out = {"type": "context", "elements": [{"type": "plain_text", "text": "…", "emoji": False}]}
        return [*self._blocks[: self._most_blocks - 1 - _LAST], left_out, *self._blocks[-_LAST:]]

    def _elements(self, line: Iterable[Inline]) -> list[dict[str, Any]]:
        elements: list[dict[str, Any]] = []
        for inline in line:
            if isinstance(inline, (Mention, Channel)):
                elements.append(_reference_element(inline))
                self._left -= _ELEMENT_COST
                continue
            text = clipped(inline if isinstance(inline, str) else inline.words, max(1, self._left))
            self._left -= units(text) + _ELEMENT_COST
            # Sections that Slack accepts, whichever way it counts.
            for start in range(0, len(text), _ELEMENT_LENGTH):
                words = text[start : start + _ELEMENT_LENGTH]
                elements.append(_words_element(inline, words))
        return elements

    def _rich(self, element: dict[str, Any]) -> None:
        self._blocks.append({"type": "rich_text", "elements": [element]})

    def _button(self, button: Button) -> dict[str, Any]:
        # Action ids must be unique in a message: the handler's name, and a counter after `#` that the router drops.
        self._actions += 1
        element: dict[str, Any] = {
            "type": "button",
            "action_id": f"{button.act}#{self._actions}",
            "text": {"type": "plain_text", "text": clipped(button.label, BUTTON_TEXT), "emoji": False},
            "value": json.dumps(button.value, separators=(",", ":")),
        }
        if button.url:
            element["url"] = button.url
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
    """Return the blocks of one message for use below those of another. Action ids must be unique on the surface, so the
    counters after `#` start higher."""
    copied = json.loads(json.dumps(blocks))
    for block in copied:
        for element in block.get("elements", []):
            if "action_id" in element:
                act, _, number = element["action_id"].partition("#")
                element["action_id"] = f"{act}#{int(number) + 100}"
    return copied


def escaped(words: str) -> str:
    """Return `words` for a place that Slack parses, with `&`, `<` and `>` as entities, so that none form a mention or link."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(words: str) -> str:
    """Undo `escaped`, for a place that Slack does not parse."""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def fitting(rows: Sequence[Sequence[Inline]]) -> int:
    """Return how many of the first rows fit into one long list, at least one."""
    used = 0
    for position, row in enumerate(rows):
        used += units(_plain(_flatten(row))) + 3
        if used > ROWS_LIMIT:
            return max(1, position)
    return len(rows)


def clipped(words: str, limit: int) -> str:
    """Return `words` cut to `limit` UTF-16 units (Slack may count so), ending in `…`; no entity is cut in two."""
    if 2 * len(words) <= limit or units(words) <= limit:  # no character has more than two
        return words
    cut, used = "", 1
    for character in words:
        used += units(character)
        if used > limit:
            break
        cut += character
    entity = cut.rfind("&", len(cut) - 5) if len(cut) > 5 else -1
    return (cut[:entity] if entity >= 0 and ";" not in cut[entity:] else cut) + "…"


def units(words: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le")) // 2


def _flatten(inlines: Iterable[Inline | Sequence[Inline]]) -> list[Inline]:
    flat: list[Inline] = []
    for inline in inlines:
        if isinstance(inline, Mention) and inline.slack_user_id.startswith(SERVICE_ID):
            flat.append(inline.slack_user_id)  # a program has no user to mention
        elif isinstance(inline, (str, Bold, Code, Mention, Channel)):
            flat.append(inline)
        else:
            flat.extend(inline)
    # Slack refuses a message that contains an empty text.
    return [inline for inline in flat if _is_shown(inline)]


def _is_shown(inline: Inline) -> bool:
    return bool(inline.words) if isinstance(inline, (Bold, Code)) else inline != ""


def _plain_text(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words, "emoji": False}


def _reference_element(inline: Mention | Channel) -> dict[str, Any]:
    if isinstance(inline, Mention):
        return {"type": "user", "user_id": inline.slack_user_id}
    return {"type": "channel", "channel_id": inline.channel_id}


def _words_element(inline: str | Bold | Code, words: str) -> dict[str, Any]:
    """Return the element of these words in the style of `inline`."""
    if isinstance(inline, str):
        return {"type": "text", "text": words}
    return {"type": "text", "text": words, "style": {"bold" if isinstance(inline, Bold) else "code": True}}


def _plain(inlines: Iterable[Inline]) -> str:
    return "".join(_plain_inline(inline) for inline in inlines)


def _plain_inline(inline: Inline) -> str:
    match inline:
        case str():
            return escaped(inline)
        case Bold() | Code():
            return escaped(inline.words)
        case Mention():
            return f"<@{inline.slack_user_id}>"
        case Channel():
            return f"<#{inline.channel_id}>"
