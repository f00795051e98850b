"""Modals and the App Home, and the writer of forms: the lines of a message, and fields to fill in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, TypedDict, Unpack

from desk.core.dataclass import dataclass
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, clipped

Typed = Mapping[str, str | tuple[str, ...]]
"""The values of a form's fields by name: a text, a code, an id, or several. Empty fields are left out."""

Private = Mapping[str, Any]
"""What a view carries for its handler: ids, codes and versions, never personal data."""

GENERATION = "g"
"""The key in `Private` for how often the desk has filled in the form. Slack keeps a field's value while its ids stay the same."""

FILES = "files"
"""The name of a field for files."""

PRODUCT = "Loan Desk"
"""The title of a modal without a title of its own."""

HOME = "home"
"""The form name of an App Home."""

VIEW_BLOCKS = 100
"""The most blocks of a modal or Home."""

BENEATH = "beneath"
"""The key in `Private` for that of the modal below this one, when that modal shows what is changed here."""

OPENED_AT = "at"
"""The key in `Private` for the channel in which the modal was opened, if it was opened in one."""

UNDO = "undo.take_back"
"""The act of the button that undoes what was done: where a closed modal had it, its reader is offered it again."""

_TITLE, _LABEL, _OPTION, _PLACEHOLDER = 24, 2000, 75, 150
_MANY = 100


@dataclass(frozen=True, slots=True)
class View:
    """A modal, or an App Home when `form` is `HOME`. `form` names the handler; without `submit` nothing is sent."""

    form: str
    title: str
    blocks: list[dict[str, Any]]
    close: str
    submit: str = ""
    private: Private = field(default_factory=dict[str, Any])

    def payload(self) -> dict[str, Any]:
        """Return the view as Slack expects it."""
        view: dict[str, Any] = {
            "type": "home" if self.form == HOME else "modal",
            "callback_id": self.form,
            "blocks": self.blocks,
            "private_metadata": json.dumps(dict(self.private), separators=(",", ":")),
        }
        if self.form != HOME:
            view |= {"title": _plain(self.title, _TITLE), "close": _plain(self.close, _TITLE)}
            view |= {"notify_on_close": True} if undo_button_of(self.blocks) else {}
        if self.submit:
            view["submit"] = _plain(self.submit, _TITLE)
        return view

    def content(self) -> str:
        """Return the payload as one text, to compare two views."""
        return json.dumps(self.payload(), ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Option:
    """A choice. `value` is a code or an id."""

    label: str
    value: str
    about: str = ""

    def payload(self) -> dict[str, Any]:
        """Return the option as Slack expects it."""
        option: dict[str, Any] = {"text": _plain(self.label, _OPTION), "value": self.value}
        if self.about:
            option["description"] = _plain(self.about, _OPTION)
        return option


TICKS = 10
"""The most check boxes of one field."""


class FieldOptions(TypedDict, total=False):
    """What every field may have. When the value of a `live` field changes, the form is rendered again."""

    optional: bool
    live: bool
    hint: str
    placeholder: str


class FormWriter(Writer):
    """Writes a form: everything a message has, and fields. `typed` holds the values already in the fields."""

    def __init__(self, t: Translator, private: Private, typed: Typed) -> None:
        super().__init__(most_blocks=VIEW_BLOCKS)
        self._t = t
        self._private = private
        self._typed = typed

    def carrying(self, private: Private) -> "FormWriter":
        """Let the form carry this, and return it."""
        self._private = private
        return self

    def text(
        self, name: str, label: str, *, long: bool = False, limit: int = 3000, **field: Unpack[FieldOptions]
    ) -> "FormWriter":
        """Add a field for text, of one line or several."""
        element: dict[str, Any] = {"type": "plain_text_input", "multiline": long, "max_length": limit}
        if value := self._one(name):
            element["initial_value"] = clipped(value, limit)
        return self._input(name, label, element, **field)

    def number(self, name: str, label: str, *, low: int, high: int, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a field for a whole number."""
        element = {"type": "number_input", "is_decimal_allowed": False, "min_value": str(low), "max_value": str(high)}
        return self._pick(name, label, element, "initial_value", **field)

    def choice(
        self, name: str, label: str, options: Sequence[Option], *, proposed: str = "", **field: Unpack[FieldOptions]
    ) -> "FormWriter":
        """Add a choice of one from up to a hundred options; the one of the value `proposed` is chosen at first."""
        element: dict[str, Any] = {"type": "static_select", "options": [o.payload() for o in options[:_MANY]]}
        by_value = {option.value: option for option in options[:_MANY]}
        chosen = by_value.get(self._one(name)) or by_value.get(proposed)
        if chosen is not None:
            element["initial_option"] = chosen.payload()
        return self._input(name, label, element, **field)

    def ticks(self, name: str, label: str, options: Sequence[Option], **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add check boxes for up to `TICKS` options."""
        return self._several(name, label, "checkboxes", options[:TICKS], **field)

    def several(self, name: str, label: str, options: Sequence[Option], **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a choice of any from up to a hundred options."""
        return self._several(name, label, "multi_static_select", options[:_MANY], **field)

    def search(
        self, name: str, label: str, source: str, *, chosen: Option | None = None, **field: Unpack[FieldOptions]
    ) -> "FormWriter":
        """Add a choice of one from many, searched while typing. `source` names the handler that suggests."""
        element: dict[str, Any] = {"type": "external_select", "min_query_length": 1}
        if chosen is not None:
            element["initial_option"] = chosen.payload()
        return self._input(name, label, element, source=source, **field)

    def searches(
        self,
        name: str,
        label: str,
        source: str,
        *,
        chosen: Sequence[Option] = (),
        most: int,
        **field: Unpack[FieldOptions],
    ) -> "FormWriter":
        """Add a choice of up to `most` from many, searched while typing. `source` names the handler that suggests."""
        element: dict[str, Any] = {"type": "multi_external_select", "min_query_length": 1, "max_selected_items": most}
        if chosen:
            element["initial_options"] = [option.payload() for option in chosen]
        return self._input(name, label, element, source=source, **field)

    def person(self, name: str, label: str, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a choice of one person in the workspace."""
        return self._pick(name, label, {"type": "users_select"}, "initial_user", **field)

    def people(self, name: str, label: str, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a choice of several people in the workspace."""
        element: dict[str, Any] = {"type": "multi_users_select"}
        if chosen := self._all(name):
            element["initial_users"] = list(chosen)
        return self._input(name, label, element, **field)

    def channel(self, name: str, label: str, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a choice of a channel of this company, public or private."""
        channels = {"include": ["public", "private"], "exclude_external_shared_channels": True}
        element = {"type": "conversations_select", "filter": channels}
        return self._pick(name, label, element, "initial_conversation", **field)

    def day(self, name: str, label: str, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a field for a calendar date."""
        return self._pick(name, label, {"type": "datepicker"}, "initial_date", **field)

    def clock(self, name: str, label: str, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a field for a time of day."""
        return self._pick(name, label, {"type": "timepicker"}, "initial_time", **field)

    def moment(self, name: str, label: str, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add a field for a date and a time of day, which Slack shows in the reader's own zone."""
        element: dict[str, Any] = {"type": "datetimepicker"}
        if value := self._one(name):
            element["initial_date_time"] = int(value)
        return self._input(name, label, element, **field)

    def files(self, label: str, *, most: int, **field: Unpack[FieldOptions]) -> "FormWriter":
        """Add the field `FILES` for up to `most` files from the member's device. Its values are Slack's ids of them."""
        return self._input(FILES, label, {"type": "file_input", "max_files": most}, **field)

    def view(self, form: str, title: str, *, submit: str) -> View:
        """Return the form as written so far."""
        blocks, close = self.message().blocks, self._t("Cancel")
        return View(form=form, title=title, blocks=blocks, submit=submit, close=close, private=self._private)

    def _pick(
        self, name: str, label: str, element: dict[str, Any], initial: str, **field: Unpack[FieldOptions]
    ) -> "FormWriter":
        if value := self._one(name):
            element[initial] = value
        return self._input(name, label, element, **field)

    def _several(
        self, name: str, label: str, kind: str, options: Sequence[Option], **field: Unpack[FieldOptions]
    ) -> "FormWriter":
        element: dict[str, Any] = {"type": kind, "options": [option.payload() for option in options]}
        if chosen := [option.payload() for option in options if option.value in self._all(name)]:
            element["initial_options"] = chosen
        return self._input(name, label, element, **field)

    def _input(
        self,
        name: str,
        label: str,
        element: dict[str, Any],
        *,
        source: str = "form.refresh",
        **field: Unpack[FieldOptions],
    ) -> "FormWriter":
        element["action_id"] = f"{source}#{name}"
        if placeholder := field.get("placeholder"):
            element["placeholder"] = _plain(placeholder, _PLACEHOLDER)
        block: dict[str, Any] = {
            "type": "input",
            "block_id": block_id(name, self._private),
            "label": _plain(label, _LABEL),
            "element": element,
            "optional": field.get("optional", False),
            "dispatch_action": field.get("live", False),
        }
        if hint := field.get("hint"):
            block["hint"] = _plain(hint, _LABEL)
        self._blocks.append(block)
        self._texts.append(label)
        return self

    def _one(self, name: str) -> str:
        value = self._typed.get(name, "")
        return value if isinstance(value, str) else ""

    def _all(self, name: str) -> tuple[str, ...]:
        value = self._typed.get(name, ())
        return (value,) if isinstance(value, str) else value


def undo_button_of(blocks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the last Undo button of a view's blocks, if there is one."""
    elements = [element for block in blocks for element in block.get("elements", ()) if "action_id" in element]
    return next((each for each in reversed(elements) if each["action_id"].partition("#")[0] == UNDO), None)


def message_modal(t: Translator, message: Message, title: str, private: Private | None = None) -> View:
    """Return a message as a modal: the answer to a submitted form, or a card."""
    return View(form="shown", title=title, blocks=message.blocks, close=t("Close"), private=private or {})


def loading(t: Translator) -> View:
    """Render the modal that is shown until the answer is ready."""
    blocks = Writer().line(t("One moment …")).message().blocks
    return View(form="loading", title=PRODUCT, blocks=blocks, close=t("Cancel"))


def block_id(name: str, private: Private) -> str:
    """Return the id of a field's block. A form that the desk fills in again needs new ids, or Slack keeps the old values; only
    that of the files stays, because Slack lets nobody fill them in again."""
    generation = int(private.get(GENERATION, 0))
    return f"{name}~{generation}" if generation and name != FILES else name


def read_typed(state: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str | tuple[str, ...]]:
    """Return the values of the fields, from `view.state.values`."""
    typed: dict[str, str | tuple[str, ...]] = {}
    for block, actions in state.items():
        for element in actions.values():
            value = _value(element)
            if value:
                typed[block.partition("~")[0]] = value
    return typed


_SINGLE = (
    "value",
    "selected_user",
    "selected_conversation",
    "selected_channel",
    "selected_date",
    "selected_time",
    "selected_date_time",
)


def _value(element: Mapping[str, Any]) -> str | tuple[str, ...]:
    if option := element.get("selected_option"):
        return str(option["value"])
    if (options := element.get("selected_options")) is not None:
        return tuple(str(option["value"]) for option in options)
    if (files := element.get("files")) is not None:
        return tuple(str(file["id"]) for file in files)
    if (users := element.get("selected_users")) is not None:
        return tuple(str(user) for user in users)
    return next((str(element[name]) for name in _SINGLE if element.get(name)), "")


def _plain(words: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": clipped(words, limit), "emoji": False}
