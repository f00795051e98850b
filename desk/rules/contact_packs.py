"""Packs of rules about contact with borrowers, read from `desk/data/contact_rules` and checked on load.

A pack binds a role in a place. `docs/contact-rules.md` explains its fields and lists all rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile, Loaded
from desk.core.dataclass import dataclass
from desk.core.languages import language_of
from desk.rules.hours import EVERY_DAY, MIDNIGHT, known_zone, parse_days

Effect = Literal["warn", "deny"]
Force = Literal["law", "presumption", "standard", "guidance", "code", "house"]
Role = Literal["own", "outside"]
Channel = Literal["phone", "text", "email", "letter", "visit"]
Place = Literal["home", "cell", "work", "other"]
Dial = Literal["hand", "auto", "prerecorded"]
Who = Literal["borrower", "spouse", "guarantor", "household", "contact", "employer", "attorney"]
Count = Literal[
    "call",
    "connected_call",
    "reachable_call_or_text",
    "unconnected",
    "conversation",
    "conversation_any",
    "contact_made",
    "any_contact_or_attempt",
]
Per = Literal["person", "debt", "person_debt", "number", "caller"]
Unit = Literal["calendar_day", "rolling_days", "week"]
After = Literal["call", "conversation", "conversation_any", "contact_made", "overdue_since"]
Need = Literal["unreachable", "deceased", "incapable"]

ROLES: tuple[Role, ...] = get_args(Role)

Positive = Annotated[int, Field(ge=1, le=400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """A consent that lifts a rule: its kind, the least form, and for how many days it counts (None: until it ends)."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    consent: Literal["hours", "calls", "robots"]
    form: Literal["oral", "written", "recorded"] = "oral"
    max_age_days: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule has. Filters that are left empty hold for all.

    `source` is where the rule stands, `mark` how well that was read: `R` in a copy of it, `S` in a secondary source, `M` from
    memory; behind it the keys of the pages. `from_on` and `until_on` are its first and last day.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    id: str
    zh: str
    en: str
    source: str
    mark: str
    force: Force
    effect: Effect = "deny"
    from_on: date | None = None
    until_on: date | None = None
    channels: tuple[Channel, ...] = ()
    places: tuple[Place, ...] = ()
    dial: tuple[Dial, ...] = ()
    audience: tuple[Who, ...] = ()
    lift: tuple[Lift, ...] = ()

    def text(self, locale: str) -> str:
        """Return what the rule says in the language of `locale`."""
        return self.zh if language_of(locale).code == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Rule):
    """Contact on `days` from `start` until before `end`, which may be midnight; without both, none on those days.

    `holidays`: `none` closes the days off for everyone, `as_sunday` treats them as Sundays, `same` does not look at them.
    """

    days: str = "daily"
    start: time | None = None
    end: time | None = None
    holidays: Literal["none", "as_sunday", "same"] = "same"

    @property
    def weekdays(self) -> frozenset[int]:
        """Return the days of the week on which it speaks, Monday as 0."""
        return parse_days(self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap(Rule):
    """At most `max` of what is counted in a span of days that ends today, in the borrower's zone; a week begins on Monday."""

    count: Count
    per: Per
    max: Positive
    n: Positive = 1
    unit: Unit = "calendar_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Rule):
    """No contact before `days` days after an event, the day of the event being day 1; or before a debt is that long overdue."""

    after: After
    days: Positive
    per: Per = "person_debt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Rule):
    """No contact while one of these states is recorded (`desk/data/contact_states.toml`)."""

    flags: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience(Rule):
    """The persons of `audience` may be contacted only if one of `needs` is so. `tries`: after so many tries in a row that did not
    reach the borrower, they count as `unreachable`. `purpose` is what such a contact is for; the debt is never told."""

    needs: tuple[Need, ...] = ()
    tries: Positive = 3
    purpose: Literal["relay", "location"] = "location"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Rule):
    """What a caller does in a contact, or the lender around it. It refuses nothing."""

    do: Literal["record", "announce_recording", "disclose", "notice", "identify", "log"]
    within_days: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(Rule):
    """How long something is kept at least, and after how many years it is deleted where nothing else keeps it. It refuses
    nothing."""

    what: Literal["contacts", "recordings", "complaints", "assessments"]
    years: Annotated[int, Field(ge=0, le=50)]
    delete_after_years: Annotated[int, Field(ge=1, le=50)] | None = None
    since: Literal["contact", "last_activity", "closed", "received", "made"]


KINDS: Mapping[str, type[Rule]] = {
    "window": Window,
    "cap": Cap,
    "gap": Gap,
    "bar": Bar,
    "audience": Audience,
    "duty": Duty,
    "keep": Keep,
}
"""The kinds of rules, by the name that a pack gives them."""

KIND_NAMES: Mapping[type[Rule], str] = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The rules of a place for a role. `role` None binds a lender's own callers and outside collectors.

    `advice`: chosen by a role that it does not bind, its rules warn. `zones` are the likely ones where a borrower's is unknown.
    `country` names whose public holidays count.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    code: str
    zh: str
    en: str
    version: str
    read_on: date
    place: str
    zones: Annotated[tuple[str, ...], Field(min_length=1)]
    country: str | None = None
    role: Role | None = None
    advice: bool = False
    stage: Literal["any", "in_collection"] = "any"
    from_on: date | None = None
    until_on: date | None = None
    rules: tuple[Rule, ...] = ()

    def word(self, locale: str) -> str:
        """Return its name in the language of `locale`."""
        return self.zh if language_of(locale).code == "zh" else self.en

    @property
    def likely_zones(self) -> tuple[ZoneInfo, ...]:
        """Return the zones of the place."""
        return tuple(map(ZoneInfo, self.zones))


def load_pack(source: Traversable, flags: Iterable[str]) -> Pack:
    """Read a pack; `flags` are the states that a bar may name. Raises DataFileError with the file, the line and the entry."""
    file = DataFile(source)
    if unknown := file.tables.keys() - {"pack", "rule"}:
        raise file.error("there is no such entry", min(unknown))
    pack = file.read(Pack, file.tables.get("pack", {}), "pack")
    if pack.rules:
        raise file.error("rules have entries of their own", "pack", field="rules")
    for zone in pack.zones:
        if known_zone(zone) is None:
            raise file.error(f"there is no time zone {zone!r}", "pack", field="zones")
    entries: Mapping[str, Any] = file.tables.get("rule", {})
    known = frozenset(flags)
    rules = tuple(_rule(file, code, entry, known) for code, entry in entries.items())
    if not rules:
        raise file.error("it has no rules", "pack")
    return replace(pack, rules=rules)


def _rule(file: DataFile, code: str, entry: Any, flags: frozenset[str]) -> Rule:
    if not isinstance(entry, Mapping):
        raise file.error("it is no table", "rule", code)
    values: dict[str, Any] = {str(name): value for name, value in entry.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # TOML has no types
    kind = values.pop("kind", None)
    if kind not in KINDS:
        raise file.error(f"there is no kind {kind!r}", "rule", code, field="kind")
    rule = file.read(KINDS[kind], {"id": code, **values}, "rule", code)
    if isinstance(rule, Window):
        _check_window(file, rule)
    if isinstance(rule, Bar) and (unknown := set(rule.flags) - flags):
        raise file.error(f"there is no state {min(unknown)!r}", "rule", code, field="flags")
    if isinstance(rule, Audience) and not rule.audience:
        raise file.error("it names nobody", "rule", code, field="audience")
    if rule.until_on is not None and rule.from_on is not None and rule.until_on < rule.from_on:
        raise file.error("it ends before it begins", "rule", code, field="until_on")
    return rule


def _check_window(file: DataFile, rule: Window) -> None:
    try:
        rule.weekdays  # noqa: B018  # raises if they cannot be read
    except Exception as error:
        raise file.error(f"there are no days {rule.days!r}", "rule", rule.id, field="days") from error
    if (rule.start is None) != (rule.end is None):
        raise file.error("start and end go together", "rule", rule.id, field="start" if rule.start else "end")
    if rule.start is not None and rule.end is not None and rule.end != MIDNIGHT and rule.end <= rule.start:
        raise file.error("it ends before it begins", "rule", rule.id, field="end")
    if rule.start is None and rule.weekdays == EVERY_DAY:
        raise file.error("it allows nothing on any day", "rule", rule.id, field="days")


def load_packs(folder: Traversable, flags: Iterable[str]) -> Mapping[str, Pack]:
    """Read all packs of a folder, by code. Raises DataFileError; also if two packs, or two rules, have one name."""
    known, packs, rules = tuple(flags), dict[str, Pack](), dict[str, str]()
    for source in sorted(folder.iterdir(), key=lambda each: each.name):
        if not source.name.endswith(".toml"):
            continue
        pack, file = load_pack(source, known), DataFile(source)
        if pack.code in packs:
            raise file.error(f"there is another pack {pack.code!r}", "pack", field="code")
        for rule in pack.rules:
            if rule.id in rules:
                raise file.error(f"{rules[rule.id]} has a rule of that name too", "rule", rule.id)
            rules[rule.id] = pack.code
        packs[pack.code] = pack
    return packs


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state of a borrower, a number or a debt that bears on contact.

    `of`: what it is about. `set_by`: who set it; what a borrower, a lawyer, a court or a law of relief has set, no manager
    overrides. `needs_end`: it has a last day. `by_request`: who answers requests of persons enters and ends it, and nobody else.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    code: str
    zh: str
    en: str
    of: Literal["person", "number", "debt"]
    set_by: Literal["borrower", "lawyer", "court", "law", "desk"]
    says_zh: str
    says_en: str
    bars: bool = True
    effect: Effect = "deny"
    needs_end: bool = False
    by_request: bool = False
    longest_days: Positive | None = None
    usual_days: Positive | None = None
    synonyms: tuple[str, ...] = ()

    def word(self, locale: str) -> str:
        """Return its name in the language of `locale`."""
        return self.zh if language_of(locale).code == "zh" else self.en

    def says(self, locale: str) -> str:
        """Return what it means for contact, in the language of `locale`."""
        return self.says_zh if language_of(locale).code == "zh" else self.says_en

    @property
    def fixed(self) -> bool:
        """Return whether no manager may override it."""
        return self.set_by != "desk"


def load_states(source: Traversable) -> Mapping[str, State]:
    """Read the states. Raises DataFileError."""
    file = DataFile(source)
    return {code: file.read(State, {"code": code, **entry}, code) for code, entry in file.tables.items()}


_DATA = resources.files("desk") / "data"

STATES = Loaded(lambda: load_states(_DATA / "contact_states.toml"))
"""The states of borrowers, numbers and debts, by code."""

PACKS = Loaded(lambda: load_packs(_DATA / "contact_rules", STATES))
"""The packs that come with the desk, by code."""

RULES = Loaded(lambda: {rule.id: (pack, rule) for pack in PACKS.values() for rule in pack.rules})
"""Every rule of every pack, by id."""


def house_pack(start: time, end: time, zone: str) -> Pack:
    """Return a workspace's own rules: its contact hours, which warn, and what each recorded state bars."""
    hours = Window(
        id="HOUSE-H1",
        zh=f"本公司规定的联系时间：{start:%H:%M}–{end:%H:%M}",
        en=f"the workspace's own hours: {start:%H:%M}–{end:%H:%M}",
        source="-",
        mark="-",
        force="house",
        effect="warn",
        channels=("phone",),
        lift=(Lift(consent="hours"),),
        start=start,
        end=end,
    )
    bars = (
        Bar(
            id=f"HOUSE-{state.code}",
            zh=state.says_zh,
            en=state.says_en,
            source="-",
            mark="-",
            force="house",
            effect=state.effect,
            flags=(state.code,),
        )
        for state in STATES.values()
        if state.bars
    )
    return Pack(
        code="HOUSE",
        zh="本公司规定",
        en="house rules",
        version="1",
        read_on=date.min,
        place="-",
        zones=(zone,),
        rules=(hours, *bars),
    )
