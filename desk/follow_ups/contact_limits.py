"""When the borrower of a loan may be called: by the packs that are chosen, the workspace's own hours, and recorded states.

Nothing is read where nothing was ever chosen or recorded; else one statement reads all that the rules need, of many loans too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import contact_choices
from desk.follow_ups.contact_choices import Chosen
from desk.loans import borrowers
from desk.people.calendars import calendar_of
from desk.rules.calendar import Calendar
from desk.rules.contact_conditions import Bound
from desk.rules.contact_facts import BORROWER, Channel, Circumstances, Consent, Contact, Flag, Proposed
from desk.rules.contact_outcomes import said_of
from desk.rules.contact_packs import PACKS, STATES, Cap, Gap, Pack, Who, Window, house_pack
from desk.rules.contact_rules import Answer, bind, evaluate
from desk.rules.hours import WorkingHours, known_zone
from desk.rules.phone_zones import country_of, zones_of
from desk.rules.reminders import ContactHours, next_fitting_minute
from desk.rules.working_time import local_date, morning_of
from storage.queries.core.rows import by_ids
from storage.queries.follow_ups import contacts
from storage.queries.follow_ups.contacts import Known
from storage.tables import Borrower, Loan

_LEAST_DAYS = 2
"""How many days of calls are read at least: today in every zone."""

_DAYS_OF_TRIES = 31
"""How far back tries to reach the borrower count before another person is called."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What binds calls about a loan, and what is known. `packs` are chosen; without any, only the workspace's own rules bind.

    `zones` are those in which the borrower may be: the one that a member has said, or by their number.
    """

    loan_id: UUID
    packs: tuple[Pack, ...]
    chosen: Chosen
    bound: tuple[Bound, ...] = field(repr=False)
    known: Circumstances = field(repr=False)
    zones: tuple[ZoneInfo, ...] = ()
    own_choice: bool = False

    def answer(
        self,
        at: datetime,
        *,
        person: str = BORROWER,
        number: str = BORROWER,
        who: Who = BORROWER,
        channel: Channel = "phone",
    ) -> Answer:
        """Return whether the borrower, or another person, may be called by hand, or reached otherwise, at that instant."""
        proposed = Proposed(at=at, person=person, debt=str(self.loan_id), number=number, who=who, channel=channel)
        return evaluate(self.bound, proposed, self.known)

    def answer_for_visit(self, at: datetime) -> Answer:
        """Return whether the borrower may be met at that instant."""
        return evaluate(
            self.bound, Proposed(at=at, person=BORROWER, debt=str(self.loan_id), channel="visit"), self.known
        )

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Return the states that bear on calls about the loan."""
        return self.known.flags


@dataclass(frozen=True, slots=True)
class CallTimes:
    """When a call that a rule makes may be: within the workspace's hours, and when no rule speaks against it."""

    hours: ContactHours
    limits: Limits

    def allow(self, instant: datetime) -> bool:
        """Return whether a call may be made at that instant."""
        return self.hours.allow(instant) and self.limits.answer(instant).effect is None

    def next_start(self, instant: datetime) -> datetime:
        """Return a later instant before which no call may be made."""
        found = self.limits.answer(instant).next_at
        if found is not None and found > instant:
            return found
        return self.hours.next_start(instant)


@dataclass(slots=True)
class _Read:
    """The limits that this transaction has read, by loan. Kept in `desk.cache`."""

    limits: dict[tuple[UUID, bool], Limits | None] = field(default_factory=dict[tuple[UUID, bool], "Limits | None"])


def contact_hours(desk: Desk) -> ContactHours:
    """Return the workspace's own hours in which borrowers may be called."""
    return ContactHours(desk.workspace.contact_start, desk.workspace.contact_end, ZoneInfo(desk.workspace.zone))


async def limits_of(desk: Desk, loan: Loan, *, others: bool = False) -> Limits | None:
    """Return what binds calls about a loan, or None if there is nothing beyond the workspace's hours. `others`: also what calls
    to other persons need."""
    if not contact_choices.may_have_any(desk):
        return None
    known: _Read = desk.cache.setdefault(_Read, _Read())
    if (loan.id, others) not in known.limits:
        found = await limits_of_loans(desk, [loan], others=others)
        known.limits[loan.id, others] = found.get(loan.id)
    return known.limits[loan.id, others]


async def is_barred(desk: Desk, loan: Loan) -> bool:
    """Return whether the borrower must not be called until a state ends that no manager overrides, e.g. do not call."""
    limits = await limits_of(desk, loan)
    return limits is not None and limits.answer(desk.now).fixed


async def count_call(
    desk: Desk, loan: Loan, outcome: str, *, inbound: bool, person_id: UUID | None, role: str | None, at: datetime
) -> None:
    """Count a call made then that is about to be written, so that the next one which it leads to is asked about with it."""
    if not contact_choices.may_have_any(desk) or (limits := await limits_of(desk, loan)) is None:
        return
    said, them = said_of(outcome), str(person_id or role or BORROWER)
    call = Contact(
        at=at,
        person=them,
        debts=frozenset({str(loan.id)}),
        number=them,
        who=who_is(role),
        inbound=inbound,
        spoke=said.spoke,
        answered=said.answered,
        connected=said.connected,
        reachable=said.reachable,
        made=said.made,
    )
    known: _Read = desk.cache[_Read]
    counted = replace(limits.known, history=(*limits.known.history, call))
    known.limits[loan.id, False] = replace(limits, known=counted)


def forget(desk: Desk) -> None:
    """Have the limits read again, because this transaction changes what they follow from."""
    desk.cache.pop(_Read, None)


async def limits_of_loans(desk: Desk, loans: Collection[Loan], *, others: bool = False) -> dict[UUID, Limits]:
    """Return what binds calls about each of these loans, where there is anything beyond the workspace's hours."""
    chosen = {loan.id: await contact_choices.chosen_for(desk, loan) for loan in loans}
    days = max((_days_of(pack) for each in chosen.values() for pack in each.rows), default=_LEAST_DAYS)
    if contact_choices.LOANS in (desk.workspace.contact_rules or {}):
        days = max(days, _longest())
    if others:
        days = max(days, _DAYS_OF_TRIES)
    found = await contacts.known_of(desk.session, list(chosen), desk.now - timedelta(days=days))
    binding_of: dict[UUID, tuple[Chosen, bool]] = {}
    for loan in loans:
        known = found[loan.id]
        own = max((each for each in known if each.kind == "packs"), key=lambda each: each.at, default=None)
        binding = (
            contact_choices.own_choice(own.code, own.role or "", chosen[loan.id].raised) if own else chosen[loan.id]
        )
        if binding.packs or any(each.kind == "state" and _lasts(desk, each) for each in known):
            binding_of[loan.id] = binding, own is not None
    bound = [loan for loan in loans if loan.id in binding_of]
    people = await by_ids(desk.session, Borrower, {loan.borrower_id for loan in bound})
    return {
        loan.id: _limits(desk, loan, people[loan.borrower_id], *binding_of[loan.id], found[loan.id]) for loan in bound
    }


@dataclass(frozen=True, slots=True)
class Fitted:
    """When a call by rule is due after contact rules (their ids in `rules`) moved it."""

    due: Due
    rules: tuple[str, ...]
    moved_from: datetime
    moved_to: datetime


async def fit_to_rules(desk: Desk, loan: Loan, due: Due, hours: WorkingHours) -> Fitted | None:
    """Return the next minute, in the assignee's hours, at which no contact rule speaks against a call that a rule plans.

    None if it stays where it is: no rule does, or time alone changes nothing.
    """
    limits = await limits_of(desk, loan)
    return fit(limits, due, desk.now, hours, await calendar_of(desk), contact_hours(desk)) if limits else None


def fit(
    limits: Limits, due: Due, now: datetime, hours: WorkingHours, calendar: Calendar, house: ContactHours
) -> Fitted | None:
    """Return the same of a loan whose limits are known. A date stays one if the call may be made when that day's work begins."""
    begins = max(due.at or morning_of(due.on, hours), now)
    answer = limits.answer(begins)
    if answer.effect is None:
        return None
    later = next_fitting_minute(begins, hours, calendar, CallTimes(house, limits))
    if later is None:
        return None
    day = local_date(later, hours.zone)
    alone = due.at is None and day > due.on and later == morning_of(day, hours)
    rules = tuple(each.rule.id for each in answer.broken)
    return Fitted(Due(day) if alone else Due(day, later), rules, begins, later)


def who_is(role: str | None) -> Who:
    """Return what a person of a role around a loan is for the rules; None: the borrower."""
    if role is None:
        return BORROWER
    known = VOCABULARY.related_role(role)
    if known.borrows or known.liable:
        return "guarantor"
    return "spouse" if role == "spouse" else "employer" if role == "employer" else "contact"


def _lasts(desk: Desk, state: Known) -> bool:
    """Return whether a state may hold somewhere on earth still."""
    return state.ends_on is None or state.ends_on >= desk.workspace_today - timedelta(days=1)


def _limits(
    desk: Desk, loan: Loan, borrower: Borrower, chosen: Chosen, own_choice: bool, known: Sequence[Known]
) -> Limits:
    phone = borrowers.contact(desk, borrower).phone
    stated = known_zone(borrower.zone) if borrower.zone else None
    zones = (stated,) if stated is not None else zones_of(phone)
    country, packs = country_of(phone), chosen.rows
    bound: list[Bound] = list(_house(desk))
    for pack in packs:
        # Where a member has said the zone, that one alone counts. Of a place with one zone the borrower lives there; of one with
        # several the number says where, unless it is foreign.
        is_there = stated is not None or (len(pack.zones) > 1 and country == pack.country)
        here = zones if is_there else (*zones, *pack.likely_zones)
        bound += bind([pack], role=chosen.role, raised=chosen.raised, zones=tuple(dict.fromkeys(here)))
    return Limits(
        loan_id=loan.id,
        packs=packs,
        chosen=chosen,
        bound=tuple(bound),
        known=_circumstances(desk, loan, borrower, known, packs),
        zones=zones,
        own_choice=own_choice,
    )


def _house(desk: Desk) -> tuple[Bound, ...]:
    """Return the workspace's own rules, in its own zone."""
    row = desk.workspace
    return bind([_house_pack(row.contact_start, row.contact_end, row.zone)])


@lru_cache(maxsize=64)
def _house_pack(start: Any, end: Any, zone: str) -> Pack:
    return house_pack(start, end, zone)


def _circumstances(
    desk: Desk, loan: Loan, borrower: Borrower, known: Sequence[Known], packs: Sequence[Pack]
) -> Circumstances:
    flags = (each for each in known if each.kind == "state")
    return Circumstances(
        history=tuple(
            _contact(each) if each.kind == "call" else _other_contact(each)
            for each in known
            if each.kind in ("call", "other")
        ),
        consents=tuple(_consent(each) for each in known if each.kind == "consent"),
        flags=tuple(
            Flag(
                code=each.code,
                since=each.at,
                until_on=each.ends_on,
                person=str(each.person_id or BORROWER),
                number=str(each.person_id or BORROWER),
            )
            for each in flags
            if each.code in STATES and (STATES[each.code].of != "debt" or each.on_loan == loan.id)
        ),
        facts=frozenset({"unreachable"}) if borrower.phone_wrong_at is not None else frozenset(),
        overdue_since=_overdue_since(desk, loan),
        holidays=_holidays(desk, packs),
    )


def _contact(row: Known) -> Contact:
    said = said_of(row.code)
    inbound, connected, reachable = bool(row.inbound), row.connected, row.reachable
    values: dict[str, Any] = {
        "channel": row.channel or "phone",
        "dial": row.dial or "hand",
        "place": row.place,
    }
    return Contact(
        at=row.at,
        person=str(row.person_id or row.role or BORROWER),
        debts=frozenset({str(row.on_loan)}),
        number=str(row.phone_id or row.person_id or row.role or BORROWER),
        who=who_is(row.role),
        inbound=inbound,
        spoke=said.spoke,
        answered=said.answered,
        connected=said.connected if connected is None else connected,
        reachable=said.reachable if reachable is None else reachable,
        made=said.made,
        **values,
    )


def _other_contact(row: Known) -> Contact:
    values: dict[str, Any] = {"channel": row.channel}
    spoke, them = row.code == "spoke", str(row.person_id or row.role or BORROWER)
    return Contact(
        at=row.at,
        person=them,
        number=them,
        who=who_is(row.role),
        debts=frozenset({str(row.on_loan)}),
        inbound=bool(row.inbound),
        spoke=spoke,
        answered=spoke,
        made=spoke or row.channel != "visit",
        **values,
    )


def _consent(row: Known) -> Consent:
    values: dict[str, Any] = {"kind": row.code, "form": row.role or "oral"}
    return Consent(
        given_at=row.at,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        start=row.starts,
        end=row.ends,
        withdrawn_at=row.over_at,
        **values,
    )


def _overdue_since(desk: Desk, loan: Loan) -> date | None:
    """Return the due date of the oldest instalment that is past due."""
    days = (loan.unpaid_since, loan.next_instalment_on)
    return next((day for day in days if day is not None and day < desk.workspace_today), None)


def _holidays(desk: Desk, packs: Iterable[Pack]) -> dict[str, frozenset[date]]:
    today = desk.workspace_today
    return {
        pack.country: _days_off(pack.country, today.year)
        for pack in packs
        if pack.country and any(isinstance(rule, Window) and rule.holidays != "same" for rule in pack.rules)
    }


@lru_cache(maxsize=64)
def _days_off(country: str, year: int) -> frozenset[date]:
    calendar, first = Calendar(country), date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 12, 31) - first).days + 1))
    return frozenset(day for day in days if calendar.is_holiday(day))


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(map(_days_of, PACKS.values()))


def _days_of(pack: Pack) -> int:
    """Return how many days of calls the rules of a pack look back on, with one more for zones."""
    spans = [rule.n + 6 * (rule.unit == "week") for rule in pack.rules if isinstance(rule, Cap)]
    spans += [rule.days for rule in pack.rules if isinstance(rule, Gap) and rule.after != "overdue_since"]
    return max(spans, default=_LEAST_DAYS) + 1
