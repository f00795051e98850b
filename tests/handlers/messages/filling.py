"""Fills what the desk shows with values of the right kind, so that all of it can be rendered: nothing is listed by hand,
a function that is added to `handlers/messages` is tried by the next run."""

import dataclasses
import importlib
import inspect
import pkgutil
import string
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import handlers.messages
from desk.core.errors import DeskError
from desk.core.undo import Since
from desk.core.vocabulary import VOCABULARY
from desk.loans.timelines import Event, Was
from desk.rules.hours import WorkingHours
from desk.rules.masking import masked_name
from handlers.buttons.forms import FORMS
from handlers.commands import COMMANDS
from handlers.forms import call, note
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import View
from handlers.messages.block_kit.writer import Button, Writer
from handlers.messages.refusals.calls import CALL_EXPLANATIONS
from handlers.messages.refusals.loans import LOAN_EXPLANATIONS
from handlers.messages.refusals.texts import TEXTS
from handlers.messages.usage import Usage
from storage.engine.trouble import Trouble
from tests.builders import SHANGHAI

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)
"""Wednesday morning."""

LANGUAGES = {"en": "en-US", "zh": "zh-CN"}


FORMS_OF_A_LOAN = {name: form for name, form in FORMS.items() if form not in (call.CORRECTION, note.CORRECTION)}
"""The forms that open for a loan, or for none; those that correct a call or a note need one."""


class Picker:
    """Decides what is filled in. This one always says the same, and leaves nothing out."""

    name, note, number = "王小明", "Wants a lower rate", "L-1042"

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[0]

    def maybe(self, name: str) -> bool:
        return True

    def count(self) -> int:
        return 2

    def amount(self) -> int:
        return 3

    def moment(self) -> datetime:
        return NOW


class Bare(Picker):
    """Leaves out what may be left out."""

    note = ""

    def maybe(self, name: str) -> bool:
        return False

    def count(self) -> int:
        return 0

    def amount(self) -> int:
        return 0

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[-1]


class Waiting(Picker):
    """Nobody has acted yet."""

    def maybe(self, name: str) -> bool:
        return name != "became"


def _codes(words: Collection[Any]) -> tuple[str, ...]:
    return tuple(word.code for word in words)


_FOLLOW_UP_STATES = ("open", "done", "cancelled", "ended", "undone")
_DOCUMENT_STATES = ("requested", "received", "accepted", "rejected", "cancelled", "ended")
_CODES: dict[str, Sequence[str]] = {
    "purpose": _codes(VOCABULARY.purposes),
    "missing": _codes(VOCABULARY.purposes),
    "outcome": _codes(VOCABULARY.outcomes),
    "outcomes": _codes(VOCABULARY.outcomes),
    "stage": _codes(VOCABULARY.stages),
    "stages": _codes(VOCABULARY.stages),
    "skipped": _codes(VOCABULARY.stages),
    "by_stage": _codes(VOCABULARY.stages),
    "from_stage": _codes(VOCABULARY.stages),
    "FollowUpView.state": _FOLLOW_UP_STATES,
    "state": _DOCUMENT_STATES,
    "PastStage.by": ("U0LIN",),
    "code": _codes(VOCABULARY.documents),
    "kind": ("verification", "repayment", "service"),
    "counts": ("verification", "repayment", "service"),
    "roles": _codes(VOCABULARY.roles),
    "act": ("call", "move", "undo", "something new"),
    "Was.by": ("U0LIN",),
    "locale": ("zh-CN", "en-US"),
    "country": ("CN",),
    "RequestView.state": ("open", "granted", "declined"),
    "RequestView.by": ("Lin",),
    "SettingsChanged.changed": ("language", "digest_at", "channel", "hours", "absence"),
    "TeamChanged.changed": ("managers", "channel", "admins"),
    "zone": ("Asia/Shanghai",),
    "language": ("zh", "en"),
    "reference": ("a1b2c3",),
    "currency": ("CNY",),
    "error": ("is_archived", "channel_not_found", "no_reason_known_here"),
    "mark": ("0" * 32,),
    "undo_id": ("01a20c7f-0000-7000-8000-0000000000ff",),
    "tail": ("5678",),
    "phone": ("+8613800135678",),
    "dialled": ("138 0013 5678",),
}
_NAMES = ("name", "names", "holder", "about_name", "by", "other", "words", "before", "after", "team", "title")
_NOTES = ("note", "planned_note", "why", "reason", "line", "text", "earlier")
_NUMBERS = ("number", "numbers", "loan_number", "left", "loan")
_PEOPLE = (
    "managers",
    "admins",
    "still_managers",
    "assignee",
    "owner",
    "caller",
    "acting",
    "reader",
    "to",
    "from_",
    "who",
    "changed_by",
    "slack_user_id",
    "cover",
)
_AT_LEAST_ONE = ("items", "results")
_FACTS = {"gained": True, "loans": 3, "follow_ups": 2, "overdue": 1}
_BY_NAME = ("Became.who", "Item.assignee", "FollowUpNotice.covers_for")


class Filler:
    """Makes values by type and name, as `picker` decides."""

    def __init__(self, picker: Picker) -> None:
        self.picker = picker
        self._ids = 0
        self._whole: dict[Any, Callable[[], Any]] = {
            Event: self._event,
            Message: lambda: Writer().line("Done. ", self.picker.name).message(),
            WorkingHours: lambda: WorkingHours(time(9), time(18), frozenset(range(5)), SHANGHAI),
            Usage: lambda: picker.one_of([command.usage for command in COMMANDS]),
            Button: lambda: Button("Try", "demo.add"),
            DeskError: lambda: DeskError("unknown_loan", given=self.picker.name),
        }

    def arguments(self, function: Callable[..., Any], t: Translator) -> dict[str, Any]:
        """What `function` is called with."""
        hints = typing.get_type_hints(function)
        return {
            name: t if hints[name] is Translator else self.value(hints[name], name, function.__name__)
            for name in inspect.signature(function).parameters
        }

    def value(self, kind: Any, name: str, owner: str) -> Any:
        """A value of a type, for a field or parameter of that name."""
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (types.UnionType, typing.Union):
            present = [each for each in arguments if each is not type(None)]
            absent = type(None) in arguments and not self.picker.maybe(name)
            return None if absent else self.value(present[0], name, owner)
        if origin is Literal:
            return self.picker.one_of(arguments)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return tuple(self.value(each, name, owner) for each in arguments)
        if origin in (tuple, list, Sequence, frozenset):
            count = max(1, self.picker.count()) if name in _AT_LEAST_ONE else self.picker.count()
            # Thousands are the same few over and over: what is shown of each is tried by the first ones.
            few = [self.value(arguments[0], name, owner) for _ in range(min(2, count))]
            many = (few * count)[:count]
            return frozenset(few) if origin is frozenset else (many if origin is list else tuple(many))
        if origin in (dict, Mapping):
            return self._mapping(name, owner)
        if kind in self._whole:
            return self._whole[kind]()
        if dataclasses.is_dataclass(kind):
            return self.made(kind)
        return self._plain(kind, name, owner)

    def made(self, kind: Any) -> Any:
        """A dataclass with every field filled."""
        hints = typing.get_type_hints(kind)
        names = [field.name for field in dataclasses.fields(kind) if field.init]
        return kind(**{name: self.value(hints[name], name, kind.__name__) for name in names})

    def _mapping(self, name: str, owner: str) -> dict[str, Any]:
        if owner == "notice":
            return dict(_FACTS)
        if name == "counts":
            return {code: self.picker.amount() for code in _CODES["counts"]}
        return {"p": "today"}

    def _plain(self, kind: Any, name: str, owner: str) -> Any:
        simple: dict[Any, Callable[[], Any]] = {
            bool: lambda: self.picker.maybe(name),
            int: self.picker.amount,
            UUID: self._id,
            datetime: self.picker.moment,
            date: lambda: self.picker.moment().date(),
            time: lambda: time(8, 30),
            Decimal: lambda: Decimal("120000.00"),
            ZoneInfo: lambda: SHANGHAI,
        }
        if kind in simple:
            return simple[kind]()
        if kind is Trouble:
            return self.picker.one_of(tuple(Trouble))
        if kind is str:
            return self._text(name, owner)
        raise TypeError(f"nothing is known to fill {name}: {kind} of {owner} with")

    def _text(self, name: str, owner: str) -> str:
        qualified = f"{owner}.{name}"
        for each in (qualified, name):
            if each in _CODES:
                return self.picker.one_of(_CODES[each])
        if qualified in _BY_NAME or name in _NAMES:
            return self.picker.name
        if name == "masked":
            return masked_name(self.picker.name)
        if name in _NOTES:
            return self.picker.note
        if name in _NUMBERS:
            return self.picker.number
        if name in _PEOPLE:
            return "U0LIN"
        if name in ("channel", "whose"):
            return "C0DESK" if name == "channel" else self.picker.one_of(("team", "U0LIN"))
        raise TypeError(f"nothing is known to fill {qualified} with")

    def _event(self) -> Event:
        kind = self.picker.one_of(("call", "stage", "owner", "document", "note"))
        codes = {"call": _CODES["outcome"], "stage": _CODES["stage"], "owner": ("U0LIN",), "document": _CODES["code"]}
        codes["note"] = ("",)
        return Event(
            id=self._id(),
            kind=kind,
            at=self.picker.moment(),
            who="U0LIN" if self.picker.maybe("who") else None,
            code=self.picker.one_of(codes[kind]),
            note=self.picker.note,
            words=self.picker.name if kind == "document" else "",
            state="requested",
            was=self.value(tuple[Was, ...], "was", "Event"),
            may_correct=kind in ("call", "note") and self.picker.maybe("may_correct"),
        )

    def _id(self) -> UUID:
        self._ids += 1
        return UUID(int=0x01A20C7F_0000_7000_8000_000000000000 + self._ids)


def renderers() -> Iterator[tuple[str, Callable[..., Message | View]]]:
    """Every function of `handlers/messages` that gives a message or a view, by its name there."""
    names = [module.name for module in pkgutil.walk_packages(handlers.messages.__path__, "handlers.messages.")]
    for module in (*names, "bot.demo.messages"):
        there = importlib.import_module(module)
        for name, function in vars(there).items():
            if not inspect.isfunction(function) or function.__module__ != there.__name__ or name.startswith("_"):
                continue
            if function.__annotations__.get("return") in (Message, View) and not there.__name__.endswith(".writer"):
                yield f"{module.removeprefix('handlers.messages.').removeprefix('bot.')}.{name}", function


def refusals(filler: Filler) -> Iterator[DeskError]:
    """Every refusal, with what its text names."""
    picker = filler.picker
    known = {
        "since": (filler.made(Since),) * picker.count(),
        "at": picker.moment(),
        "possible": ("got", "accept", "cancel", "reject")[: picker.count()],
        "documents": (),
        "answers": "verification",
        "slack_id": "U0LIN",
        "channel": "C0DESK",
        "its": "documents",
        "document": "id",
        "loans": (picker.number,) * min(picker.count(), 5),
        "roles": ("manager", "admin"),
        "who": "U0LIN",
        "nearest": ("/loan-call L-1042 reached",),
        "choices": ("U0LIN",) * min(picker.count(), 20),
    }
    for code in {**TEXTS, **CALL_EXPLANATIONS, **LOAN_EXPLANATIONS, "no_such_code": ""}:
        values = {name: filler.value(str, name, "refusal") for name in ("purpose", "outcome", "stage", "loan", "note")}
        named = dict.fromkeys(_placeholders(TEXTS.get(code, "")), picker.name)
        yield DeskError(code, **{**named, **values, **known, "given": picker.name, "state": "received"})


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
