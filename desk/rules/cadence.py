"""What the desk plans by itself: the rules in `desk/data/cadence.toml`, validated on load. `cadence_times` says when."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.languages import LANGUAGES, language_of
from desk.core.vocabulary import VOCABULARY
from desk.rules.arrears import SCALE, Bucket, Scale, with_own

Place = Literal["working_hours", "working_morning", "working_day", "day", "before_date", "on_date"]
AssigneeKind = Literal["owner", "verifier", "collector", "manager"]
LoanDate = Literal["instalment", "signing", "interview", "pickup"]
Condition = Literal["first_instalment", "after_arrears"]

_PLACED_BY: Mapping[str, str] = {
    "working_hours": "working_hours",
    "working_morning": "working_days",
    "day": "days",
    "before_date": "working_days",
}
"""The number that a place needs."""

NUMBERS = ("working_hours", "working_days", "days", "days_before", "again_days", "at_most")
"""The numbers of a rule, which a workspace may replace by its own."""

BUCKET = "bucket"
"""Where the numbers of a workspace keep from which of its buckets on a rule applies, counted from 1."""

_DAYS_OF_ITS_OWN = "days_past_due"
"""Where they keep from how many days past due on it applies, if that was changed before rules followed the buckets."""

LARGEST = 400
"""The largest number of a rule: a bit more than a year of days."""

LOOKS_BACK = timedelta(days=14)
"""How long ago what a rule begins with may have happened so that the rule, when it is switched on, still plans a call for it
that is late by then: a borrower who was forgotten for longer is on the list of loans with nothing planned."""

Number = Annotated[int, Field(ge=0, le=LARGEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that plans a call: what it begins with, for whom, and when it is due. The file explains the fields. `bucket` is the
    name in the file, in a cadence the bucket of the workspace that it means, as far as there is one."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    code: str
    zh: str
    en: str
    purpose: str
    assignee: Annotated[tuple[AssigneeKind, ...], Field(min_length=1)]
    stage: str | None = None
    date: LoanDate | None = None
    state: Literal["arrears", "documents", "expiry"] | None = None
    outcome: str | None = None
    done: str | None = None
    after: str | None = None
    place: Place
    working_hours: Number = 0
    working_days: Number = 0
    days: Number = 0
    days_before: Number = 0
    counts_from: Literal["pickup"] | None = None
    bucket: str | Bucket | None = None
    only_from: tuple[str, ...] = ()
    only_if: tuple[Condition, ...] = ()
    never_after: tuple[str, ...] = ()
    unless_open: bool = False
    again_days: Number = 0
    at_most: Annotated[int, Field(ge=1, le=LARGEST)] = 1
    stays: bool = False
    priority: Literal["normal", "high"] = "normal"
    enabled: bool = True

    @property
    def begins_with_stage(self) -> bool:
        """Return whether entering its stage alone begins it."""
        return self.stage is not None and self.date is None and self.state is None

    @property
    def begins_with_event(self) -> bool:
        """Return whether it begins with something that happens once: a stage was entered, or a call was made."""
        return self.begins_with_stage or any((self.outcome, self.done, self.after))

    @property
    def reached(self) -> Bucket | None:
        """Return the bucket from which on a rule of arrears applies, None if the workspace has none like it."""
        return self.bucket if isinstance(self.bucket, Bucket) else None

    @property
    def days_past_due(self) -> int:
        """Return from how many days past due it applies. The lender may call an instalment unpaid on its day, day 0."""
        return self.reached.first if self.reached is not None and self.reached.first > 1 else 0

    @property
    def looks_back(self) -> timedelta:
        """Return how long ago the first event may be for which it plans when it is switched on: its call may be still to come."""
        return LOOKS_BACK + timedelta(days=self.days + 2 * self.working_days)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the names of the numbers that it uses, in the order in which a form asks for them."""
        used = {_PLACED_BY.get(self.place)}
        if self.place == "working_day" and self.working_days:
            used.add("working_days")
        if self.state == "expiry":
            used.add("days_before")
        if self.again_days:
            used |= {"again_days", "at_most"}
        return tuple(name for name in NUMBERS if name in used)

    def why(self, locale: str) -> str:
        """Return why there is a call by this rule, in the language of `locale` or in its fallback."""
        language = language_of(locale)
        while language.fallback is not None and not hasattr(self, language.code):
            language = LANGUAGES[language.fallback]
        text = getattr(self, language.code, self.en)
        numbers = {name: _Counted(getattr(self, name)) for name in NUMBERS}
        bucket = self.reached or SCALE.named(_name(self)) or SCALE.buckets[0]
        return text.format(**numbers, bucket=bucket.word(language.code), days_past_due=_Counted(bucket.first))


class _Counted(int):
    """A number of a rule, for its text: `{days:day|days}` is `1 day` or `2 days`."""

    def __format__(self, words: str) -> str:
        if not words:
            return str(int(self))
        one, many = words.split("|")
        return f"{int(self)} {one if self == 1 else many}"


class Cadence:
    """The desk's rules, in the order of the file."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_code = {rule.code: rule for rule in rules}

    def rule(self, code: str) -> Rule:
        """Return the rule with that code. Raises KeyError."""
        return self._by_code[code]

    def get(self, code: str | None) -> Rule | None:
        """Return the rule with that code, if there is one."""
        return self._by_code.get(code) if code else None

    def of_stage(self, stage: str, from_stage: str | None = None) -> tuple[Rule, ...]:
        """Return the rules that a loan's entering that stage begins, from another one (None: it is new)."""
        rules = (rule for rule in self._active if rule.begins_with_stage and rule.stage == stage)
        return tuple(rule for rule in rules if not rule.only_from or from_stage in rule.only_from)

    def of_date(self, kind: LoanDate) -> tuple[Rule, ...]:
        """Return the rules of a date of the loan."""
        return tuple(rule for rule in self._active if rule.date == kind)

    def of_arrears(self, days: int) -> Rule | None:
        """Return the rule of a loan that is that many days past due: of those that apply, the one of the latest bucket."""
        found = [rule for rule in self._arrears if rule.days_past_due <= days]
        return max(reversed(found), key=lambda rule: rule.days_past_due) if found else None

    def following(self, outcome: str | None, purpose: str | None, rule: str | None) -> tuple[Rule, ...]:
        """Return the rules that a finished call begins: by its outcome (None: it was finished without a call), by the purpose
        and by the rule of the follow-up that it ended."""
        return tuple(
            each
            for each in self._of_calls
            if (each.outcome == outcome if each.outcome else each.done == purpose if each.done else each.after == rule)
            and outcome not in each.never_after
        )

    def stage_of(self, rule: Rule) -> str | None:
        """Return the stage in which the calls of a rule make sense, None when any does."""
        while rule.after is not None:
            rule = self._by_code[rule.after]
        return rule.stage if rule.begins_with_stage else None

    def ends_with_stage(self, code: str | None, stage: str) -> bool:
        """Return whether a call of that rule ends when its loan leaves the stage."""
        rule = self.get(code)
        return rule is not None and not rule.stays and self.stage_of(rule) == stage

    @cached_property
    def _active(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.enabled)

    @cached_property
    def _arrears(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._active if rule.reached is not None)

    @cached_property
    def _of_calls(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._active if rule.outcome or rule.done or rule.after)


def load_cadence(source: Traversable) -> Cadence:
    """Return the rules in a file. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    rules = [file.read(Rule, _entry(code, entry), code) for code, entry in file.tables.items()]
    for rule in rules:
        _validate(file, rule, {each.code for each in rules})
    _refuse_cycles(file, rules)
    _refuse_shared_buckets(file, rules)
    for code in ("arrears", "documents"):
        if not any(rule.state == code for rule in rules):
            raise file.error(f"there is no rule with state = {code!r}", code)
    return Cadence([_reaching(rule, SCALE) for rule in rules])


def _entry(code: str, entry: Any) -> dict[str, Any]:
    return {**entry, "code": code} if isinstance(entry, dict) else {"code": code, "entry": entry}


def _validate(file: DataFile, rule: Rule, known: set[str]) -> None:
    triggers = [name for name in ("date", "state", "outcome", "done", "after") if getattr(rule, name)]
    if len(triggers) + rule.begins_with_stage != 1:
        raise file.error("it begins with exactly one of stage, date, state, outcome, done, after", rule.code)
    vocabulary = {
        "purpose": {each.code for each in VOCABULARY.purposes},
        "stage": {each.code for each in VOCABULARY.stages},
        "outcome": {each.code for each in VOCABULARY.outcomes},
        "done": {each.code for each in VOCABULARY.purposes},
        "after": known,
    }
    for name, codes in vocabulary.items():
        if (code := getattr(rule, name)) is not None and code not in codes:
            word = {"done": "purpose", "after": "rule"}.get(name, name)
            raise file.error(f"there is no {word} {code!r}", rule.code, field=name)
    for name, word in (("never_after", "outcome"), ("only_from", "stage")):
        for code in getattr(rule, name):
            if code not in vocabulary[word]:
                raise file.error(f"there is no {word} {code!r}", rule.code, field=name)
    _validate_time(file, rule)
    _validate_bucket(file, rule)
    try:
        for language in LANGUAGES:
            rule.why(language)
    except (KeyError, IndexError, ValueError) as error:
        raise file.error(f"its text names a number that no rule has: {error}", rule.code, field="en") from error


def _validate_time(file: DataFile, rule: Rule) -> None:
    needed = _PLACED_BY.get(rule.place)
    if needed and not getattr(rule, needed):
        raise file.error(f"{rule.place} needs {needed}", rule.code, field="place")
    for name in ("working_hours", "working_days", "days"):
        if getattr(rule, name) and name != needed and (name, rule.place) != ("working_days", "working_day"):
            raise file.error(f"{rule.place} has no {name}", rule.code, field=name)
    if (rule.date is not None) != (rule.place in ("before_date", "on_date")):
        raise file.error(
            f"{rule.place} is for rules that begin with a date, and these have no other", rule.code, field="place"
        )
    for name, applies in (
        ("bucket", rule.state == "arrears"),
        ("days_before", rule.state == "expiry"),
        ("again_days", rule.state == "arrears"),
        ("only_if", rule.date == "instalment"),
        ("only_from", rule.begins_with_stage),
        ("counts_from", rule.begins_with_stage),
        ("never_after", bool(rule.done or rule.after)),
    ):
        if getattr(rule, name) and not applies:
            raise file.error(f"{name} does not fit what the rule begins with", rule.code, field=name)
    if rule.state == "expiry" and not rule.days_before:
        raise file.error("expiry needs days_before", rule.code, field="state")
    if rule.at_most > 1 and not rule.again_days:
        raise file.error("at_most needs again_days", rule.code, field="at_most")


def _validate_bucket(file: DataFile, rule: Rule) -> None:
    if rule.state != "arrears":
        return
    bucket = SCALE.named(_name(rule))
    if rule.bucket is None:
        raise file.error("arrears need the bucket from which on it applies", rule.code, field="state")
    if bucket is None:
        raise file.error(f"there is no bucket {rule.bucket!r} in arrears.toml", rule.code, field="bucket")
    if not bucket.first:
        raise file.error(f"nothing is past due in {rule.bucket}", rule.code, field="bucket")


def _refuse_shared_buckets(file: DataFile, rules: Sequence[Rule]) -> None:
    """Refuse rules of which one would never apply, because another begins with the same bucket."""
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.bucket is not None and (first := seen.setdefault(_name(rule), rule.code)) != rule.code:
            raise file.error(f"{_name(rule)} already begins {first}", rule.code, field="bucket")


def _refuse_cycles(file: DataFile, rules: Sequence[Rule]) -> None:
    """Refuse rules that plan each other's calls, each when the other's is finished, without end."""
    following = {
        rule.code: [each.code for each in rules if each.after == rule.code or each.done == rule.purpose]
        for rule in rules
    }

    def walk(code: str, path: tuple[str, ...]) -> None:
        if code in path:
            cycle = " → ".join((*path[path.index(code) :], code))
            raise file.error(f"a cycle of rules: {cycle}", code)
        for each in following[code]:
            walk(each, (*path, code))

    for rule in rules:
        walk(rule.code, ())


Numbers = Mapping[str, Mapping[str, int]]
"""The numbers that a workspace gives to rules, by rule and name; `enabled` is 0 or 1."""


def with_numbers(numbers: Numbers) -> Cadence:
    """Return the desk's rules with the numbers of a workspace. A rule that is no longer there is passed over."""
    return _with_numbers(tuple((code, tuple(sorted(named.items()))) for code, named in sorted(numbers.items())))


@lru_cache(maxsize=64)
def _with_numbers(numbers: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]) -> Cadence:
    changed = {code: dict(named) for code, named in numbers}
    scale = with_own(changed)
    return Cadence([_changed(rule, changed.get(rule.code, {}), scale) for rule in CADENCE.rules])


def _changed(rule: Rule, named: Mapping[str, int], scale: Scale) -> Rule:
    values: dict[str, Any] = {name: value for name, value in named.items() if name in NUMBERS}
    own = replace(rule, **values, enabled=bool(named.get("enabled", rule.enabled)))
    return _reaching(own, scale, named.get(BUCKET), named.get(_DAYS_OF_ITS_OWN))


def _reaching(rule: Rule, scale: Scale, place: int | None = None, days: int | None = None) -> Rule:
    """Return a rule with the bucket of that scale from which on it applies: the one that a manager chose (by its `place`, or by
    `days` of its own, which rules had once), or the usual one."""
    if rule.bucket is None:
        return rule
    if place is None and days is not None:
        place = max(scale.place(scale.bucket(days)), 1)
    return replace(rule, bucket=(usual_bucket(rule, scale) if place is None else scale.at(place)) or _name(rule))


def _name(rule: Rule) -> str:
    """Return the name of a rule's bucket as in the file, empty for a rule that has none."""
    return rule.bucket.en if isinstance(rule.bucket, Bucket) else rule.bucket or ""


def usual_bucket(rule: Rule, scale: Scale) -> Bucket | None:
    """Return the bucket of a scale from which on a rule of arrears applies unless a manager chose another: that of the same name
    as in the file, else the one in the same place; None if there is none, or for another rule."""
    shipped = SCALE.named(_name(rule))
    return (scale.named(shipped.en) or scale.at(SCALE.place(shipped))) if shipped is not None else None


CADENCE = load_cadence(resources.files("desk") / "data" / "cadence.toml")
"""The desk's rules."""
