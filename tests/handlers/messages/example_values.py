"""Example arguments for every renderer, built from its annotations: nothing is listed by hand, so a function added to
`handlers/messages` is covered by the next run."""

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
from desk.core.languages import LANGUAGES as LISTED
from desk.core.terms import TERM_FIELDS, ProductValue, RateValue, TermName, TermValue, choice
from desk.core.undo import LaterAct
from desk.core.vocabulary import VOCABULARY
from desk.loans.terms import TermChange, TermsView
from desk.loans.timelines import EarlierVersion, Event
from desk.rules.cadence import CADENCE, Rule
from desk.rules.checks import CHECKS, DECISIONS
from desk.rules.hours import WorkingHours
from desk.rules.masking import masked_name
from desk.rules.moves import Need
from handlers.buttons.forms import FORMS
from handlers.commands import COMMANDS
from handlers.forms import appointment, call, check, note, playbook, related
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import View
from handlers.messages.block_kit.writer import Button, Writer
from handlers.messages.refusals.refusals import EXPLANATIONS
from handlers.messages.refusals.texts import TEXTS
from handlers.messages.usage import Usage
from storage.engine.trouble import Trouble
from tests.builders import SHANGHAI

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)
"""Wednesday morning."""

LANGUAGES = {language.code: language.locale for language in LISTED.values()}


_OF_SOMETHING_ELSE = (
    *(call.CORRECTION, call.PART_PAYMENT, check.DECISION, note.CORRECTION, playbook.FORM, appointment.MOVE),
    related.CHANGE,
)

FORMS_OF_A_LOAN = {name: form for name, form in FORMS.items() if form not in _OF_SOMETHING_ELSE}
"""The forms that open for a loan, or for none; those about a logged call, a note, an appointment or a playbook need one."""


class Choices:
    """Decides which values an example gets: here always the same ones, with nothing left out."""

    name, note, number = "王小明", "Wants a lower rate", "L-1042"

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[0]

    def includes(self, name: str) -> bool:
        return True

    def count(self) -> int:
        return 2

    def amount(self) -> int:
        return 3

    def moment(self) -> datetime:
        return NOW


class MinimalChoices(Choices):
    """Leaves out everything that is optional."""

    note = ""

    def includes(self, name: str) -> bool:
        return False

    def count(self) -> int:
        return 0

    def amount(self) -> int:
        return 0

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[-1]


class UnsettledChoices(Choices):
    """Leaves out the change of a follow-up, so that it is still due."""

    def includes(self, name: str) -> bool:
        return name != "change"


def _codes(words: Collection[Any]) -> tuple[str, ...]:
    return tuple(word.code for word in words)


_CHECKS = tuple(CHECKS)
_FOLLOW_UP_STATES = ("open", "done", "cancelled", "ended", "undone")
_DOCUMENT_STATES = ("requested", "received", "accepted", "rejected", "cancelled", "ended")
_CODES: dict[str, Sequence[str]] = {
    "purpose": _codes(VOCABULARY.purposes),
    "missing": _codes(VOCABULARY.purposes),
    "outcome": _codes(VOCABULARY.outcomes),
    "outcomes": _codes(VOCABULARY.outcomes),
    "share": ("asked", "part", "whole"),
    "stage": _codes(VOCABULARY.stages),
    "stages": _codes(VOCABULARY.stages),
    "skipped": _codes(VOCABULARY.stages),
    "by_stage": _codes(VOCABULARY.stages),
    "from_stage": _codes(VOCABULARY.stages),
    "FollowUpView.state": _FOLLOW_UP_STATES,
    "CheckMark.purpose": _CHECKS,
    "CheckMark.state": ("confirmed", "failed", "open"),
    "CheckView.purpose": _CHECKS[:1],
    "CheckView.state": ("failed", "confirmed", "open"),
    "CheckView.decision": DECISIONS,
    "FailedCheck.decision": DECISIONS,
    "FailedCheck.purpose": _CHECKS,
    "ItemView.code": tuple(item.code for item in CHECKS[_CHECKS[0]]),
    "ItemView.answer": ("differs", "matches", "not_asked"),
    "RulesOfStages.required": ("documents", "amount"),
    "passed_over.to_stage": ("approved",),
    "passed_over.purposes": ("identity", "income"),
    "state": _DOCUMENT_STATES,
    "PastStage.by": ("U0LIN",),
    "code": _codes(VOCABULARY.documents),
    "ShownPlaybook.code": ("documents", "hardship"),
    "situations": ("hardship",),
    "AppointmentView.kind": ("signing", "pickup"),
    "AppointmentView.state": ("planned", "confirmed", "kept", "missed", "cancelled"),
    "appointment_kind.kind": ("signing",),
    "appointment_state.state": ("planned",),
    "books": ("income",),
    "playbooks": ("income check",),
    "codes": _codes(VOCABULARY.documents),
    "kind": ("verification", "repayment", "service"),
    "PauseView.kind": ("extension", "holiday", "hardship"),
    "pause_kind.kind": ("extension", "holiday", "hardship"),
    "LastPromise.state": ("open", "kept", "partly_kept", "broken", "replaced"),
    "promise_state.state": ("open", "kept", "partly_kept", "broken", "replaced"),
    "RepaymentSummary.source": ("computed", "lender"),
    "RepaymentSummary.paused": ("extension", "holiday", "hardship"),
    "PaymentView.source": ("call", "form"),
    "PaymentView.by": ("U0LIN",),
    "Bucket.zh": ("M1",),
    "Bucket.en": ("M1",),
    "RelatedPhoneView.kind": _codes(VOCABULARY.choices["phone_kind"]),
    "role": _codes(VOCABULARY.related_roles),
    "check_digit": ("X",),
    "PersonSaved.act": ("added", "changed", "removed"),
    "counts": ("verification", "repayment", "service"),
    "roles": _codes(VOCABULARY.roles),
    "access_granted.role": _codes(VOCABULARY.roles),
    "SetAsideRow.chore": ("reminders", "homes"),
    "SetAsideRow.what": ("A-1/1", "Lin <!channel> *x*"),
    "line_offer.line": ("/loan-call A-1 reached <!channel> *x*",),
    "act": ("call", "move", "undo", "something new"),
    "EarlierVersion.by": ("U0LIN",),
    "locale": tuple(LANGUAGES.values()),
    "country": ("CN",),
    "RequestView.state": ("open", "granted", "declined"),
    "RequestView.by": ("Lin",),
    "RevealedNumber.ask": ("U0LIN",),
    "SettingsChange.changed": ("language", "digest_at", "channel", "hours", "absence"),
    "TeamChange.changed": ("managers", "channel", "admins"),
    "zone": ("Asia/Shanghai",),
    "language": tuple(LANGUAGES),
    "reference": ("a1b2c3",),
    "currency": ("CNY",),
    "Additions.commands": ("/loan-note",),
    "Additions.shortcuts": ("Find a loan",),
    "Additions.scopes": ("users:read",),
    "Additions.events": ("app_mention",),
    "WaitingDocuments.waiting": ("open", "received"),
    "error": ("is_archived", "channel_not_found", "no_reason_known_here"),
    "fingerprint": ("0" * 32,),
    "undo_id": ("01a20c7f-0000-7000-8000-0000000000ff",),
    "tail": ("5678",),
    "phone": ("+8613800135678",),
    "dialled": ("138 0013 5678",),
}
_NAMES = (
    *("name", "names", "assignee_name", "about_name", "by", "other", "words", "before", "after", "team", "title"),
    *("relation", "hours", "owner_left", "owner_name", "next_name", "giver", "taker", "zones"),
)
_NOTES = (
    "note",
    "planned_note",
    "why",
    "reason",
    "line",
    "text",
    "earlier",
    "opening",
    "identify",
    "questions",
    "closing",
    "place",
    "link",
)
_NUMBERS = ("number", "numbers", "loan_number", "left", "stayed", "loan")
_PEOPLE = (
    "managers",
    "admins",
    "still_managers",
    "assignee",
    "owner",
    "caller",
    "acting",
    "reader",
    "of",
    "covers_for",
    "to",
    "from_",
    "who",
    "deciders",
    "changed_by",
    "slack_user_id",
    "cover",
    "decided_by",
)
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
_FACTS = {"gained": True, "loans": 3, "follow_ups": 2, "late": 1}
_BY_NAME = ("FollowUpChange.who", "Item.assignee", "FollowUpNotice.covers_for", "Digest.covers_for", "AgentLoad.acting")


class ExampleBuilder:
    """Builds values by their type and name, as `choices` decides."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._ids = 0
        self._depth = 0
        self._special: dict[Any, Callable[[], Any]] = {
            Event: self._event,
            Need: lambda: self.choices.one_of(_NEEDS),
            TermsView: self._terms,
            TermChange: self._term_change,
            Message: lambda: Writer().line("Done. ", self.choices.name).message(),
            WorkingHours: lambda: WorkingHours(time(9), time(18), frozenset(range(5)), SHANGHAI),
            Usage: lambda: self.choices.one_of([command.usage for command in COMMANDS]),
            Button: lambda: Button("Try", "demo.add"),
            DeskError: lambda: DeskError("unknown_loan", given=self.choices.name),
            Rule: lambda: self.choices.one_of(CADENCE.rules),
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
        if owner in ("notice", "report"):
            return {**_FACTS, "undone": False}
        if name == "counts":
            return {code: self.choices.amount() for code in _CODES["counts"]}
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
            return self._text(name, owner)
        raise TypeError(f"no example value for {name}: {kind} of {owner}")

    def _text(self, name: str, owner: str) -> str:
        qualified = f"{owner}.{name}"
        for each in (qualified, name):
            if each in _CODES:
                return self.choices.one_of(_CODES[each])
        if qualified in _BY_NAME or name in _NAMES:
            return self.choices.name
        if name == "masked":
            return masked_name(self.choices.name)
        if name in _NOTES:
            return self.choices.note
        if name in _NUMBERS:
            return self.choices.number
        if name in _PEOPLE:
            return "U0LIN"
        if name in ("channel", "whose"):
            return "C0DESK" if name == "channel" else self.choices.one_of(("team", "U0LIN"))
        raise TypeError(f"no example text for {qualified}")

    def _terms(self) -> TermsView:
        return TermsView("CNY", self._term_values() if self.choices.includes("terms") else {}, "0.0.0")

    def _term_change(self) -> TermChange:
        values = self._term_values()
        name = self.choices.one_of(list(values))
        before = values[name] if self.choices.includes("before") else None
        return TermChange(name, before, values[name] if before is None or self.choices.includes("after") else None)

    def _term_values(self) -> dict[TermName, TermValue]:
        """Return a value for every field."""
        values: dict[TermName, TermValue] = {}
        for name, each in TERM_FIELDS.items():
            of_kind: dict[str, TermValue] = {
                "money": Decimal(self.choices.amount()),
                "number": each.low,
                "date": self.choices.moment().date(),
                "yes_no": True,
                "rate": RateValue(Decimal("4.5"), self.choices.one_of(("year", "month"))),
                "product": ProductValue(None, self.choices.name),
            }
            if each.kind == "choice":
                values[name] = choice(name, self.choices.one_of(_codes(VOCABULARY.choices[name])))  # pyright: ignore[reportArgumentType]
            else:
                values[name] = of_kind.get(each.kind, self.choices.name)
        return values

    def _event(self) -> Event:
        kinds = ("call", "stage", "owner", "document", "note", "correction", "check", "appointment", "quiet")
        kind = self.choices.one_of((*kinds, "payment", "schedule", "pause"))
        codes = {"call": _CODES["outcome"], "stage": _CODES["stage"], "owner": ("U0LIN",), "document": _CODES["code"]}
        codes |= {
            "note": ("",),
            "correction": ("name", "phone", "number"),
            "check": DECISIONS,
            "appointment": ("pickup",),
            "quiet": ("2026-12-25",),
            "payment": ("form",),
            "schedule": ("lender", "computed"),
            "pause": _CODES["PauseView.kind"],
        }
        change = self._term_change() if kind == "correction" and self.choices.includes("change") else None
        return Event(
            id=self._id(),
            kind=kind,
            at=self.choices.moment(),
            who="U0LIN" if self.choices.includes("who") else None,
            code=self.choices.one_of(codes[kind]),
            note=self.choices.note,
            purpose="identity" if kind == "check" else None,
            words=self.choices.name if kind in ("document", "correction") else "",
            state="planned" if kind == "appointment" else "requested",
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
        "checks": (("L-1042/1", "identity"), ("L-1042/2", "income")),
        "items": ("identity.name", "identity.phone"),
        "needs": (Need("documents", ("id", "bank"), must=True), Need("amount", must=True)),
        "manager": choices.includes("manager"),
        "slack_id": "U0LIN",
        "channel": "C0DESK",
        "its": "documents",
        "document": "id",
        "appointment": "signing",
        "became": "kept",
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
