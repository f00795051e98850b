"""What the desk plans by itself: the rules of `desk/data/cadence.toml`, checked when they are read, and their dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from tomllib import TOMLDecodeError, loads
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

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
    """The file of rules is not as it should be; the message names the file and the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A follow-up that the desk makes: for what, for whom (in order of preference), and where it comes to stand."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    purpose: str
    assignee: Annotated[tuple[AssigneeKind, ...], Field(min_length=1)]
    place: Place
    working_days: Annotated[int, Field(ge=0)] = 0
    unless_open: bool = False
    """An open follow-up of the same purpose on the loan is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentPlan(Plan):
    """The reminder of an instalment, for the loans of one stage."""

    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """The desk's own plans; `stage` by the code of the stage that a loan enters."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    stage: Mapping[str, Plan]
    instalment: InstalmentPlan
    arrears: Plan
    documents: Plan

    def plans(self) -> Mapping[str, Plan]:
        """Every plan under the name of its entry in the file."""
        entries = {f"stage.{code}": plan for code, plan in self.stage.items()}
        return entries | {"instalment": self.instalment, "arrears": self.arrears, "documents": self.documents}


def load_cadence(source: Traversable) -> Cadence:
    """The rules that stand in a file. Raises CadenceError."""
    try:
        tables = loads(source.read_text("utf-8"))
    except (OSError, TOMLDecodeError, UnicodeDecodeError) as error:
        raise CadenceError(f"{source.name}: {error}") from error
    try:
        rules = TypeAdapter(Cadence).validate_python(tables)
    except ValidationError as error:
        first = error.errors()[0]
        raise CadenceError(f"{source.name}, [{'.'.join(map(str, first['loc']))}]: {first['msg']}") from error
    _refuse_what_cannot_work(source.name, rules)
    return rules


def retry_at(
    outcome_code: str,
    attempts_today: int,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    *,
    contact: ContactHours | None = None,
    contact_zone: ZoneInfo | None = None,
) -> datetime:
    """When the next attempt falls due after a call with that outcome.

    `attempts_today` counts the attempts of the assignee's local day that reached nobody, this one included. With
    `contact` the next attempt waits until the borrower may be called. Raises KeyError for an unknown outcome and
    `Invalid`: `no_retry` for one that plans none, `no_working_day`.
    """
    outcome = VOCABULARY.outcome(outcome_code)
    if outcome.next != "planned":
        raise Invalid("no_retry", given=outcome_code)
    minutes = outcome.retry_working_minutes
    tried_enough = outcome.attempts_a_day is not None and attempts_today >= outcome.attempts_a_day
    if minutes is None or tried_enough:
        instant = next_working_morning(now, hours, calendar)
    else:
        later = add_working_minutes(now.replace(second=0, microsecond=0), minutes, hours, calendar)
        # A span that ends with the shift would remind of a call when its caller goes home.
        instant = next_working_minute(later, hours, calendar)
    return _callable_at(instant, hours, calendar, contact, contact_zone)


def plan_due(
    plan: Plan,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    *,
    instalment_on: date | None = None,
    contact: ContactHours | None = None,
    contact_zone: ZoneInfo | None = None,
) -> Due:
    """When a follow-up of that plan is due for an assignee with these hours; a date alone is one of their zone.

    `instalment_on` is needed for a plan placed before an instalment. With `contact` a minute is one at which the
    borrower may be called. Raises `Invalid("no_working_day")`.
    """
    if plan.place == "before_instalment":
        if instalment_on is None:
            raise ValueError("a plan placed before an instalment needs its date")
        days = plan.working_days
        return Due(repayment_follow_up_on(instalment_on, now, hours, calendar, working_days_before=days))
    if plan.place == "working_day":
        return Due(next_unfinished_day(now, hours, calendar))
    day = calendar.nth_working_day_after(local_date(now, hours.zone), plan.working_days, hours)
    instant = _callable_at(morning_of(day, hours), hours, calendar, contact, contact_zone)
    return Due(local_date(instant, hours.zone), instant)


def _callable_at(
    instant: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    contact: ContactHours | None,
    contact_zone: ZoneInfo | None,
) -> datetime:
    """The instant, or the next at which the borrower may be called while the assignee works, if there is one."""
    if contact is None:
        return instant
    return next_fitting_minute(instant, hours, calendar, contact, contact_zone or hours.zone) or instant


def _refuse_what_cannot_work(name: str, rules: Cadence) -> None:
    purposes = {purpose.code for purpose in VOCABULARY.purposes}
    stages = {stage.code for stage in VOCABULARY.stages}
    for entry, plan in rules.plans().items():
        if plan.purpose not in purposes:
            raise CadenceError(f"{name}, [{entry}]: there is no purpose {plan.purpose!r}")
        if plan.place != "working_day" and not plan.working_days:
            raise CadenceError(f"{name}, [{entry}]: {plan.place} needs working_days")
        if plan.place == "before_instalment" and entry != "instalment":
            raise CadenceError(f"{name}, [{entry}]: there is no instalment that it could stand before")
    for stage in (*rules.stage, rules.instalment.stage):
        if stage not in stages:
            raise CadenceError(f"{name}: there is no stage {stage!r}")


CADENCE = load_cadence(resources.files("desk") / "data" / "cadence.toml")
"""The rules of this desk."""
