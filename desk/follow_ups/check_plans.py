"""Plan the checks that a loan needs once it is an application: spread over the verifiers, and over days when there are many."""

from collections import defaultdict
from dataclasses import field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.contact_limits import contact_hours
from desk.follow_ups.workspace_cadence import cadence_of
from desk.people.calendars import calendar_of
from desk.people.members import hours_of
from desk.rules.cadence import Rule
from desk.rules.cadence_times import plan_due
from desk.rules.checks import PURPOSES
from storage.queries.follow_ups import checks
from storage.tables import LoanTerms, Member, StageRules

STAGE = "application"
"""The stage at which checks are planned, and the rule of cadence.toml that plans them."""

_NOON = time(12)

_PRODUCTS = frozenset(each.code for each in VOCABULARY.products)

DEFAULT_CHECKS_A_DAY = 8
"""How many checks the desk plans for one verifier and day, unless the workspace says otherwise."""


def checks_for(product: str | None) -> tuple[str, ...]:
    """Return the purposes of the checks that a loan of that product needs; of an unknown one, who the borrower is."""
    wanted = VOCABULARY.product(product).checks if product in _PRODUCTS else ()
    return tuple(dict.fromkeys((PURPOSES[0], *wanted)))


async def product_of(desk: Desk, terms: LoanTerms | None) -> str | None:
    """Return the product by which a loan's checks and documents are chosen: its own, None for one that the desk does not list,
    and where nobody said any the workspace's default."""
    return terms.product if terms is not None and _is_said(terms) else await default_product(desk)


def product_or(terms: LoanTerms | None, default: str | None) -> str | None:
    """Return the same where the workspace's default was read already."""
    return terms.product if terms is not None and _is_said(terms) else _listed(default)


def _is_said(terms: LoanTerms) -> bool:
    return terms.product is not None or terms.product_name is not None


async def default_product(desk: Desk) -> str | None:
    """Return the product that a loan counts as if nobody said any, None for no product."""
    rules = await stage_rules(desk)
    return _listed(rules.default_product if rules is not None else None)


def _listed(code: str | None) -> str | None:
    return code if code in _PRODUCTS else None


async def stage_rules(desk: Desk) -> StageRules | None:
    """Return the workspace's own rules of stages, read once in a transaction."""
    if StageRules not in desk.cache:
        desk.cache[StageRules] = await checks.stage_rules(desk.session, desk.workspace.id)
    return desk.cache[StageRules]


def rule_of(desk: Desk, purpose: str) -> Rule:
    """Return the rule by which a check of that purpose is planned."""
    rule = cadence_of(desk).rule(STAGE)
    return rule if purpose == rule.purpose else replace(rule, code="check", purpose=purpose)


def is_check(rule: Rule) -> bool:
    """Return whether the rule plans a check, of which a verifier makes so many a day."""
    return rule.purpose in PURPOSES and rule.place == "working_morning"


async def place(desk: Desk, rule: Rule, assignee: Member) -> Due:
    """Return when a check is due: on the first day of the rule, or the next on which the assignee has room for one more.

    Raises Invalid (`no_working_day`).
    """
    days: _Days = desk.cache.get(_Days) or desk.cache.setdefault(_Days, _Days())
    return await days.place(desk, rule, assignee)


class FullDays(dict[UUID, date]):
    """The day on which each member got the last check of a file: its next transaction looks for room from there on, and not on
    the months of days that those before it have filled. Kept in `desk.cache`."""


@dataclass(slots=True)
class _Days:
    """How many checks each member has on each day, with those that this transaction has planned. Kept in `desk.cache`."""

    a_day: int | None = None
    counts: dict[UUID, dict[date, int]] = field(default_factory=dict[UUID, dict[date, int]])
    reached: dict[UUID, Due] = field(default_factory=dict[UUID, Due])

    async def place(self, desk: Desk, rule: Rule, assignee: Member) -> Due:
        if self.a_day is None:
            self.a_day = await checks_a_day(desk)
        due = self.reached.get(assignee.id)
        if due is None:
            full = desk.cache.setdefault(FullDays, FullDays())
            due = await self._first(desk, rule, assignee, full.get(assignee.id))
        counts = self.counts[assignee.id]
        while counts[due.on] >= self.a_day:
            due = await _due(desk, rule, assignee, after=due.on)
        counts[due.on] += 1
        if due is not self.reached.get(assignee.id):
            self.reached[assignee.id] = due
            desk.cache[FullDays][assignee.id] = due.on
        return due

    async def _first(self, desk: Desk, rule: Rule, assignee: Member, full: date | None) -> Due:
        """Return the first day on which the assignee may have room, and count what they have from then on."""
        first = await _due(desk, rule, assignee)
        if full is not None and full > first.on:
            first = await _due(desk, rule, assignee, after=full - timedelta(days=1))
        planned = await checks.planned_by_day(desk.session, assignee.id, PURPOSES, first.on)
        self.counts[assignee.id] = defaultdict(int, planned)
        return first


async def checks_a_day(desk: Desk) -> int:
    """Return how many checks the desk plans for one verifier and day."""
    rules = await stage_rules(desk)
    return rules.checks_a_day if rules is not None else DEFAULT_CHECKS_A_DAY


async def _due(desk: Desk, rule: Rule, assignee: Member, *, after: date | None = None) -> Due:
    """Return when a check is due by its rule, or on the first working day after a date."""
    calendar, contact, hours = await calendar_of(desk), contact_hours(desk), hours_of(desk, assignee)
    if after is None:
        return plan_due(rule, desk.now, hours, calendar, contact=contact)
    since = datetime.combine(after, _NOON, hours.zone)
    return plan_due(replace(rule, working_days=1), desk.now, hours, calendar, since=since, contact=contact)
