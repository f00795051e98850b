"""What the desk plans by itself: the rules in `desk/data/cadence.toml`, validated on load, and their due times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from tomllib import TOMLDecodeError, loads
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from desk.core.errors import Invalid
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.instalments import repayment_follow_up_on
from desk.rules.reminders import ContactHours, next_fitting_minute
from desk.rules.working_time import (
    add_working_minutes,
    local_date,
    morning_of,
    next_unfinished_day,
    next_working_minute,
    next_working_morning,
)

Place = Literal["working_morning", "before_instalment", "working_day"]
AssigneeKind = Literal["owner", "verifier", "collector", "manager"]


class CadenceError(Exception):
    """The file of rules is invalid; the message names the file and the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A follow-up that the desk plans: its purpose, its assignee (in order of preference), and its due time."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    purpose: str
    assignee: Annotated[tuple[AssigneeKind, ...], Field(min_length=1)]
    place: Place
    working_days: Annotated[int, Field(ge=0)] = 0
    unless_open: bool = False
    """Plan nothing when the loan has an open follow-up of the same purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentPlan(Plan):
    """The reminder of an instalment, for loans in one stage."""

    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """The desk's own plans; `stage` maps the code of the stage that a loan enters to its plan."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    stage: Mapping[str, Plan]
    instalment: InstalmentPlan
    arrears: Plan
    documents: Plan

    def plans(self) -> Mapping[str, Plan]:
        """Return every plan by the name of its entry in the file."""
        entries = {f"stage.{code}": plan for code, plan in self.stage.items()}
        return entries | {"instalment": self.instalment, "arrears": self.arrears, "documents": self.documents}


def load_cadence(source: Traversable) -> Cadence:
    """Return the rules in a file. Raise CadenceError when they are invalid."""
    try:
        tables = loads(source.read_text("utf-8"))
    except (OSError, TOMLDecodeError, UnicodeDecodeError) as error:
        raise CadenceError(f"{source.name}: {error}") from error
    try:
        rules = TypeAdapter(Cadence).validate_python(tables)
    except ValidationError as error:
        first = error.errors()[0]
        raise CadenceError(f"{source.name}, [{'.'.join(map(str, first['loc']))}]: {first['msg']}") from error
    _validate(source.name, rules)
    return rules


def retry_at(
    outcome_code: str,
    attempts_today: int,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    *,
    contact: ContactHours | None = None,
) -> datetime:
    """Return when the next attempt is due after a call with that outcome.

    `attempts_today` counts the unsuccessful attempts of the assignee's local day, including this one. With `contact`,
    the next attempt waits until the borrower may be called. Raise KeyError for an unknown outcome, and `Invalid`:
    `no_retry` for an outcome without a retry, `no_working_day`.
    """
    outcome = VOCABULARY.outcome(outcome_code)
    if outcome.next != "planned":
        raise Invalid("no_retry", given=outcome_code)
    minutes = outcome.retry_working_minutes
    attempts_used_up = outcome.attempts_a_day is not None and attempts_today >= outcome.attempts_a_day
    if minutes is None or attempts_used_up:
        instant = next_working_morning(now, hours, calendar)
    else:
        later = add_working_minutes(now.replace(second=0, microsecond=0), minutes, hours, calendar)
        # A span that ends with the shift would remind the caller at the moment they go home.
        instant = next_working_minute(later, hours, calendar)
    return _callable_at(instant, hours, calendar, contact)


def plan_due(
    plan: Plan,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    *,
    instalment_on: date | None = None,
    contact: ContactHours | None = None,
) -> Due:
    """Return when a follow-up of that plan is due for an assignee with these hours; a date alone is in their zone.

    A plan before an instalment needs `instalment_on`. With `contact`, a due time is one when the borrower may be called.
    Raise `Invalid("no_working_day")` when the assignee has none.
    """
    if plan.place == "before_instalment":
        if instalment_on is None:
            raise ValueError("a plan placed before an instalment needs its date")
        days = plan.working_days
        return Due(repayment_follow_up_on(instalment_on, now, hours, calendar, working_days_before=days))
    if plan.place == "working_day":
        return Due(next_unfinished_day(now, hours, calendar))
    day = calendar.nth_working_day_after(local_date(now, hours.zone), plan.working_days, hours)
    instant = _callable_at(morning_of(day, hours), hours, calendar, contact)
    return Due(local_date(instant, hours.zone), instant)


def _callable_at(instant: datetime, hours: WorkingHours, calendar: Calendar, contact: ContactHours | None) -> datetime:
    """Return the instant, or the next one when the borrower may be called and the assignee works, if there is one."""
    if contact is None:
        return instant
    return next_fitting_minute(instant, hours, calendar, contact) or instant


def _validate(name: str, rules: Cadence) -> None:
    purposes = {purpose.code for purpose in VOCABULARY.purposes}
    stages = {stage.code for stage in VOCABULARY.stages}
    for entry, plan in rules.plans().items():
        if plan.purpose not in purposes:
            raise CadenceError(f"{name}, [{entry}]: there is no purpose {plan.purpose!r}")
        if plan.place != "working_day" and not plan.working_days:
            raise CadenceError(f"{name}, [{entry}]: {plan.place} needs working_days")
        if plan.place == "before_instalment" and entry != "instalment":
            raise CadenceError(f"{name}, [{entry}]: it has no instalment to precede")
    for stage in (*rules.stage, rules.instalment.stage):
        if stage not in stages:
            raise CadenceError(f"{name}: there is no stage {stage!r}")


CADENCE = load_cadence(resources.files("desk") / "data" / "cadence.toml")
"""The desk's rules."""
