"""Plan the checks that a loan needs once it is an application: spread over the verifiers, and over days when there are many."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import lifecycle
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, today_of
from desk.rules.cadence import CADENCE, Plan, plan_due
from desk.rules.checks import PURPOSES
from storage.queries.follow_ups import checks
from storage.tables import Member

STAGE = "application"
"""The stage at which checks are planned."""

DEFAULT_CHECKS_A_DAY = 8
"""How many checks the desk plans for one verifier and day, unless the workspace says otherwise."""

RULE = f"stage.{STAGE}"
"""The rule of the checks that the desk plans."""


def checks_for(product: str | None) -> tuple[str, ...]:
    """Return the purposes of the checks that a loan of that product needs; of an unknown one, who the borrower is."""
    codes = {each.code for each in VOCABULARY.products}
    wanted = VOCABULARY.product(product).checks if product in codes else ()
    first = CADENCE.stage[STAGE].purpose
    return tuple(dict.fromkeys((first, *wanted)))


def plan_of(purpose: str) -> Plan:
    """Return how a check of that purpose is planned."""
    return replace(CADENCE.stage[STAGE], purpose=purpose)


async def place(desk: Desk, plan: Plan, assignee: Member) -> Due:
    """Return when a check is due: on the first day of the plan, or the next on which the assignee has room for one more.

    Raises Invalid (`no_working_day`).
    """
    return await (desk.cache.setdefault(_Days, _Days())).place(desk, plan, assignee)


@dataclass(slots=True)
class _Days:
    """How many checks each member has on each day, with those that this transaction has planned. Kept in `desk.cache`."""

    a_day: int | None = None
    counts: dict[UUID, dict[date, int]] = field(default_factory=dict[UUID, dict[date, int]])
    reached: dict[UUID, int] = field(default_factory=dict[UUID, int])

    async def place(self, desk: Desk, plan: Plan, assignee: Member) -> Due:
        if self.a_day is None:
            self.a_day = await checks_a_day(desk)
        if assignee.id not in self.counts:
            planned = await checks.planned_by_day(desk.session, assignee.id, PURPOSES, today_of(desk, assignee))
            self.counts[assignee.id] = defaultdict(int, planned)
        counts, days = self.counts[assignee.id], max(plan.working_days, self.reached.get(assignee.id, 0))
        due = await _due(desk, plan, assignee, days)
        while counts[due.on] >= self.a_day:
            days += 1
            due = await _due(desk, plan, assignee, days)
        counts[due.on] += 1
        self.reached[assignee.id] = days
        return due


async def checks_a_day(desk: Desk) -> int:
    """Return how many checks the desk plans for one verifier and day."""
    rules = await checks.stage_rules(desk.session, desk.workspace.id)
    return rules.checks_a_day if rules is not None else DEFAULT_CHECKS_A_DAY


async def _due(desk: Desk, plan: Plan, assignee: Member, days: int) -> Due:
    calendar, contact = await calendar_of(desk), lifecycle.contact_hours(desk)
    return plan_due(replace(plan, working_days=days), desk.now, hours_of(desk, assignee), calendar, contact=contact)


def missing(open_purposes: Sequence[str], product: str | None) -> tuple[str, ...]:
    """Return the checks that a loan of the product needs and that are not planned yet."""
    return tuple(purpose for purpose in checks_for(product) if purpose not in open_purposes)
