"""Example arguments for every renderer, built from its annotations: nothing is listed by hand, so a function added to
`handlers/messages` is covered by the next run."""

import dataclasses
import importlib
import inspect
import pkgutil
import string
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import handlers.messages
from desk.core.errors import DeskError, Invalid
from desk.core.undo import LaterAct
from desk.core.values import Due
from desk.importing.results import RefusedRow
from desk.importing.updating import Remark
from desk.loans.events import EarlierVersion, Event
from desk.loans.related import PHONES
from desk.loans.terms import TermChange, TermsView
from desk.rules.cadence import CADENCE, Rule
from desk.rules.checks import DECISIONS
from desk.rules.contact_packs import PACKS
from desk.rules.contact_rules import Broken
from desk.rules.hours import WorkingHours
from desk.rules.moves import Need
from handlers.buttons.forms import FORMS
from handlers.commands import COMMANDS
from handlers.forms import (
    appointment,
    call,
    check,
    collection_step,
    erasure,
    escalation,
    import_columns,
    note,
    person_export,
    person_request,
    phone_call,
    playbook,
    recording,
    related,
)
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import View
from handlers.messages.block_kit.writer import Button, Writer
from handlers.messages.refusals.refusals import EXPLANATIONS
from handlers.messages.refusals.texts import TEXTS
from handlers.messages.usage import Usage
from storage.engine.trouble import Trouble
from tests.builders import SHANGHAI
from tests.handlers.messages.choices import Choices
from tests.handlers.messages.example_contact import contact_values
from tests.handlers.messages.example_terms import term_change, terms_view
from tests.handlers.messages.example_texts import CODES, example_text

_OF_SOMETHING_ELSE = (
    import_columns.FORM,
    recording.MOVE,
    recording.DISCARD,
    phone_call.FORM,
    *(call.CORRECTION, call.PART_PAYMENT, check.DECISION, note.CORRECTION, playbook.FORM, appointment.MOVE),
    related.CHANGE,
    escalation.RESOLUTION,
    collection_step.MOVE,
    person_request.DECISION,
    person_export.FORM,
    erasure.ERASURE,
)

FORMS_OF_A_LOAN = {name: form for name, form in FORMS.items() if form not in _OF_SOMETHING_ELSE}
"""The forms that open for a loan, or for none; those about a logged call, a note, an appointment and the like need one."""

_NEEDS = (
    Need("documents", ("id", "bank")),
    Need("checks", ("income",)),
    Need("no_failed_check", ("identity",), must=True),
    Need("amount"),
    Need("due_day"),
)
_AT_LEAST_ONE = ("items", "results", "changes")
_LONGEST_WITHIN = 26
"""The most values of a list within a list: a thousand times a thousand would take minutes."""
_MOST = {"phones": PHONES}
"""The most values of a list that a use case limits, by its name."""
_FACTS = {"gained": True, "loans": 3, "follow_ups": 2, "late": 1}


class ExampleBuilder:
    """Builds values by their type and name, as `choices` decides."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._ids = 0
        self._depth = 0
        self._special: dict[Any, Callable[[], Any]] = {
            Event: self._event,
            Need: lambda: self.choices.one_of(_NEEDS),
            TermsView: lambda: terms_view(self.choices),
            TermChange: lambda: term_change(self.choices),
            Message: lambda: Writer().line("Done. ", self.choices.name).message(),
            WorkingHours: lambda: WorkingHours(time(9), time(18), frozenset(range(5)), SHANGHAI),
            Usage: lambda: self.choices.one_of([command.usage for command in COMMANDS]),
            Button: lambda: Button("Try", "demo.add"),
            DeskError: lambda: DeskError("unknown_loan", given=self.choices.name),
            Invalid: lambda: Invalid("import_not_csv"),
            RefusedRow: lambda: RefusedRow(3, (Invalid("import_empty", column="name", heading="姓名", line=3),)),
            Remark: lambda: Remark(
                3, "L-1042", "replaced", "name", "姓名", {"present": self.choices.name, "new": "王大明"}
            ),
            Rule: lambda: self.choices.one_of(CADENCE.rules),
            **contact_values(choices),
        }

    def arguments(self, function: Callable[..., Any], t: Translator) -> dict[str, Any]:
        """Return the arguments to call `function` with."""
        hints = typing.get_type_hints(function)
        return {
            name: t if hints[name] is Translator else self.value(hints[name], name, function.__name__)
            for name in inspect.signature(function).parameters
        }

    def _list(self, kind: Any, name: str, owner: str) -> list[Any]:
        count = max(1, self.choices.count()) if name in _AT_LEAST_ONE else self.choices.count()
        count = min(count, _MOST.get(name, count))
        if self._depth:
            count = min(count, _LONGEST_WITHIN)
        self._depth += 1
        # A long list repeats the first two values: they already cover how a row is rendered.
        few = [self.value(kind, name, owner) for _ in range(min(2, count))]
        self._depth -= 1
        return (few * count)[:count]

    def value(self, kind: Any, name: str, owner: str) -> Any:
        """Return a value of type `kind` for a field or parameter of that name."""
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (types.UnionType, typing.Union):
            present = [each for each in arguments if each is not type(None)]
            absent = type(None) in arguments and not self.choices.includes(name)
            return None if absent else self.value(present[0], name, owner)
        if origin is Literal:
            return self.choices.one_of(arguments)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return tuple(self.value(each, name, owner) for each in arguments)
        if origin in (tuple, list, Sequence, frozenset):
            many = self._list(arguments[0], name, owner)
            return origin(many) if origin in (frozenset, list) else tuple(many)
        if origin in (dict, Mapping):
            return self._mapping(name, owner)
        if kind in self._special:
            return self._special[kind]()
        if dataclasses.is_dataclass(kind):
            return self.build(kind)
        return self._plain(kind, name, owner)

    def build(self, kind: Any) -> Any:
        """Return an instance of a dataclass with every field filled."""
        hints = typing.get_type_hints(kind)
        names = [field.name for field in dataclasses.fields(kind) if field.init]
        return kind(**{name: self.value(hints[name], name, kind.__name__) for name in names})

    def _mapping(self, name: str, owner: str) -> dict[str, Any]:
        if owner == "moved_notice":
            return {"moved": 3, "stays": 2, "days": [["2026-11-26", 3]], "undone": False}
        if owner in ("notice", "report"):
            return {**_FACTS, "undone": False}
        if name == "counts":
            return {code: self.choices.amount() for code in CODES["counts"]}
        return {"p": "today"}

    def _plain(self, kind: Any, name: str, owner: str) -> Any:
        simple: dict[Any, Callable[[], Any]] = {
            bool: lambda: self.choices.includes(name),
            int: self.choices.amount,
            UUID: self._id,
            datetime: self.choices.moment,
            date: lambda: self.choices.moment().date(),
            time: lambda: time(8, 30),
            Decimal: lambda: Decimal("120000.00"),
            ZoneInfo: lambda: SHANGHAI,
        }
        if kind in simple:
            return simple[kind]()
        if kind is Trouble:
            return self.choices.one_of(tuple(Trouble))
        if kind is str:
            return example_text(self.choices, name, owner)
        raise TypeError(f"no example value for {name}: {kind} of {owner}")

    def _event(self) -> Event:
        kinds = ("call", "stage", "owner", "document", "note", "correction", "check", "appointment", "quiet", "contact")
        kind = self.choices.one_of((*kinds, "payment", "schedule", "pause", "escalation", "step"))
        codes = {"call": CODES["outcome"], "stage": CODES["stage"], "owner": ("U0LIN",), "document": CODES["code"]}
        codes |= {
            "note": ("",),
            "correction": ("name", "phone", "number"),
            "check": DECISIONS,
            "appointment": ("pickup",),
            "quiet": ("2026-12-25",),
            "payment": ("form",),
            "schedule": ("lender", "computed"),
            "pause": CODES["PauseView.kind"],
            "escalation": ("upset",),
            "step": ("visit",),
            "contact": ("do_not_call",),
        }
        change = term_change(self.choices) if kind == "correction" and self.choices.includes("change") else None
        return Event(
            id=self._id(),
            kind=kind,
            at=self.choices.moment(),
            who="U0LIN" if self.choices.includes("who") else None,
            code=self.choices.one_of(codes[kind]),
            note=self.choices.note,
            purpose="identity" if kind == "check" else None,
            words=self.choices.name if kind in ("document", "correction") else "",
            state={"appointment": "planned", "step": "planned", "contact": "entered"}.get(kind, "requested"),
            day=date(2026, 11, 27) if kind == "step" else None,
            when=self.choices.moment() if kind == "appointment" else None,
            change=change,
            earlier=self.value(tuple[EarlierVersion, ...], "earlier", "Event"),
            playbooks=self.value(tuple[tuple[str, int], ...], "playbooks", "Event") if kind == "call" else (),
            may_correct=kind in ("call", "note") and self.choices.includes("may_correct"),
        )

    def _id(self) -> UUID:
        self._ids += 1
        return UUID(int=0x01A20C7F_0000_7000_8000_000000000000 + self._ids)


def renderers() -> Iterator[tuple[str, Callable[..., Message | View]]]:
    """Yield every function of `handlers/messages` and of the demo's messages that returns a message or a view, with its name."""
    names = [module.name for module in pkgutil.walk_packages(handlers.messages.__path__, "handlers.messages.")]
    for module in (*names, "bot.demo.messages"):
        loaded = importlib.import_module(module)
        for name, function in vars(loaded).items():
            if not inspect.isfunction(function) or function.__module__ != module or name.startswith("_"):
                continue
            if function.__annotations__.get("return") in (Message, View) and not module.endswith(".writer"):
                yield f"{module.removeprefix('handlers.messages.').removeprefix('bot.')}.{name}", function


def refusals(builder: ExampleBuilder) -> Iterator[DeskError]:
    """Yield every refusal, with values for the placeholders of its text."""
    choices = builder.choices
    known = {
        "since": (builder.build(LaterAct),) * choices.count(),
        "at": choices.moment(),
        "possible": ("got", "accept", "cancel", "reject")[: choices.count()],
        "documents": (),
        "answers": "verification",
        "broken": (Broken(PACKS["CN"], PACKS["CN"].rules[0], "deny"),),
        "allowed": Due(choices.moment().date(), choices.moment()),
        "may_allow": True,
        "checks": (("L-1042/1", "identity"), ("L-1042/2", "income")),
        "items": ("identity.name", "identity.phone"),
        "needs": (Need("documents", ("id", "bank"), must=True), Need("amount", must=True)),
        "manager": choices.includes("manager"),
        "slack_id": "U0LIN",
        "channel": "C0DESK",
        "its": "documents",
        "rule": CADENCE.rule("arrears_m2"),
        "bucket": CADENCE.rule("arrears_m2").reached,
        "document": "id",
        "appointment": "signing",
        "became": "kept",
        "escalation": "upset",
        "loans": (choices.number,) * min(choices.count(), 5),
        "roles": ("manager", "admin"),
        "who": "U0LIN",
        "nearest": ("/loan-call L-1042 reached",),
        "choices": ("U0LIN",) * min(choices.count(), 20),
    }
    for code in {**TEXTS, **EXPLANATIONS, "no_such_code": ""}:
        values = {name: builder.value(str, name, "refusal") for name in ("purpose", "outcome", "stage", "loan", "note")}
        named = dict.fromkeys(_placeholders(TEXTS.get(code, "")), choices.name)
        yield DeskError(code, **{**named, **values, **known, "given": choices.name, "state": "received"})


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
