"""Plan the calls that new loans require, many loans at once: what they have in common is computed once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import assignees, check_plans, lifecycle, rule_plans, workspace_cadence
from desk.follow_ups.assignees import Callers, Candidates, Terms, UnwrittenPlans
from desk.follow_ups.contact_limits import contact_hours
from desk.follow_ups.instalment_calls import (
    Facts,
    InstalmentCall,
    calls_required,
    days_of_others,
    first_is_next,
    is_wanted,
)
from desk.follow_ups.lifecycle import NewFollowUp
from desk.people.calendars import calendar_of
from desk.people.members import StandIns, hours_of, stand_ins_for
from desk.rules.cadence import AssigneeKind, Rule
from desk.rules.hours import WorkingHours
from desk.rules.reminders import Schedule
from storage.tables import FollowUp, Loan, Member

BEGINNINGS = frozenset({"inquiry", "application"})
"""The stages of which a file brings new loans: one that comes at a later stage may have been there for years."""


class PlanTimes:
    """Which calls the terms of loans require and when calls are due, computed once for the transactions of a file that begin in
    the same minute. Kept in `desk.cache`."""

    def __init__(self) -> None:
        self.hours: dict[WorkingHours, WorkingHours] = {}
        self.required: dict[object, Sequence[InstalmentCall]] = {}
        self.due: dict[tuple[str, date | None, int], Due] = {}
        self.schedules: dict[tuple[Due, int], Schedule] = {}
        self._basis: object = None

    async def begin(self, desk: Desk) -> None:
        """Forget what was computed in another minute, or by other rules, hours or holidays."""
        workspace = desk.workspace
        rules = (workspace.cadence, workspace.contact_rules, workspace.escalate_after_minutes)
        hours = (workspace.zone, contact_hours(desk))
        basis = (desk.now.replace(second=0, microsecond=0), await calendar_of(desk), rules, hours)
        if basis != self._basis:
            self._basis = basis
            for known in (self.hours, self.required, self.due, self.schedules):
                known.clear()


class FirstPlans:
    """The calls on loans of one transaction that never had any, as `rule_plans.plan_instalment` plans them one by one.

    Each is the values of its columns, without an id, for the caller to write. `owners` are those of the loans, as far as they
    are known.
    """

    def __init__(self, desk: Desk, owners: Iterable[Member]) -> None:
        self._desk = desk
        self._owners = list(owners)
        self._owners_by_id = {each.id: each for each in self._owners if each.removed_at is None}
        self._callers = Callers(desk, self._owners)
        self._unwritten: UnwrittenPlans = desk.cache.setdefault(UnwrittenPlans, UnwrittenPlans())
        self._known: dict[UUID, _Caller] = {}
        self._candidates: dict[tuple[UUID | None, Sequence[AssigneeKind]], tuple[Member, ...]] = {}
        self._ranked: dict[tuple[UUID, ...], Candidates] = {}
        self._rules: dict[tuple[str, str | None], Sequence[tuple[Rule, str | None]]] = {}
        self._times: PlanTimes = desk.cache.setdefault(PlanTimes, PlanTimes())
        self._is_begun = False
        self._shared: dict[tuple[str, str | None, date, datetime | None, int], Mapping[str, Any]] = {}

    async def values_for(self, loan_id: UUID, loan: Terms, *, first_due_on: date | None = None) -> list[dict[str, Any]]:
        """Return the values of the columns of the loan's first follow-ups: none when it needs none or no member could make
        the calls. `first_due_on` is the date of its first instalment, if that is known. Raises Invalid as `lifecycle.plan`
        does."""
        await self._begin()
        calls = self._calls_required(loan, first_due_on if first_is_next(loan) else None)
        return await self._of_calls(loan_id, loan, calls, 1, ())

    async def values_of(
        self, loan: Loan, calls: Iterable[InstalmentCall], known: Sequence[FollowUp]
    ) -> list[dict[str, Any]]:
        """Return the values of the columns of those of these calls that a loan at the desk lacks, and count them on the loan.
        `known` are its follow-ups about instalments. Raises Invalid as `lifecycle.plan` does."""
        await self._begin()
        rows: list[dict[str, Any]] = []
        for call in calls:
            if is_wanted(self._desk, call, known):
                others = [*days_of_others(known, call), *(row["due_on"] for row in rows)]
                number = loan.next_follow_up_number + len(rows)
                rows += await self._of_calls(loan.id, loan, (call,), number, others)
        if rows:
            loan.next_follow_up_number += len(rows)
            self._desk.add(loan)
        return rows

    async def _of_calls(
        self, loan_id: UUID, loan: Terms, calls: Iterable[InstalmentCall], number: int, others: Sequence[date]
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for call in calls:
            assignee = await self._assignee(call.rule, loan)
            if assignee is None:
                continue
            caller = self._known.get(assignee.id) or await self._caller(assignee)
            due = await self._due_of(call.rule, caller, on=call.instalment_on)
            if call.is_superfluous(due, [*others, *(row["due_on"] for row in rows)]):
                continue
            shared = await self._shared_values(call.rule, call.trigger, caller, due, call.instalment_on)
            given = {"loan_id": loan_id, "number": number + len(rows), "assignee_id": assignee.id}
            rows.append({**shared, **given})
        return rows

    def count_again(self) -> None:
        """Forget how many open follow-ups each candidate has: other loans of this transaction were changed."""
        self._ranked.clear()

    async def _begin(self) -> None:
        if not self._is_begun:
            await self._times.begin(self._desk)
            self._is_begun = True

    def _calls_required(self, loan: Terms, first_due_on: date | None) -> Sequence[InstalmentCall]:
        key = (loan.stage, loan.due_day, loan.autopay, loan.unpaid_since, loan.paid_through, first_due_on)
        required = self._times.required
        if key not in required:
            required[key] = calls_required(self._desk, loan, facts=Facts(first_due_on))
        return required[key]

    async def calls_of_stage(self, loan_id: UUID, loan: Terms, product: str | None) -> list[dict[str, Any]]:
        """Return the values of the columns of the calls with which a new inquiry or application begins, its checks first. Raises
        Invalid as `lifecycle.plan` does."""
        if loan.stage not in BEGINNINGS:
            return []
        await self._begin()
        found: list[dict[str, Any]] = []
        for rule, trigger in self._rules_of_stage(loan.stage, product):
            assignee = await self._assignee(rule, loan)
            if assignee is None:
                continue
            caller = self._known.get(assignee.id) or await self._caller(assignee)
            if check_plans.is_check(rule):
                due = await check_plans.place(self._desk, rule, assignee)
            else:
                due = await self._due_of(rule, caller)
            shared = await self._shared_values(rule, trigger, caller, due)
            given = {"loan_id": loan_id, "number": len(found) + 1, "assignee_id": assignee.id}
            found.append({**shared, **given})
        return found

    def _rules_of_stage(self, stage: str, product: str | None) -> Sequence[tuple[Rule, str | None]]:
        """Return the rules that plan the calls of a stage, checks first, each with what it is triggered by, if it is one of the
        cadence."""
        known = self._rules.get((stage, product))
        if known is None:
            cadence = workspace_cadence.cadence_of(self._desk)
            rules = [rule for rule in cadence.of_stage(stage) if not check_plans.is_check(rule)]
            if stage == check_plans.STAGE:
                checks = [check_plans.rule_of(self._desk, purpose) for purpose in check_plans.checks_for(product)]
                rules = [*(rule for rule in checks if rule.enabled), *rules]
            begun = f"{self._desk.now:%Y-%m-%dT%H:%M:%SZ}"
            known = [(rule, f"{rule.code}@{begun}" if rule in cadence.rules else None) for rule in rules]
            self._rules[stage, product] = known
        return known

    async def _shared_values(
        self, rule: Rule, trigger: str | None, caller: "_Caller", due: Due, instalment_on: date | None = None
    ) -> Mapping[str, Any]:
        """Return what the calls have in common that a rule plans for one time and for members with the same hours."""
        assignee = caller.member
        self._unwritten.counts[assignee.id] += 1
        acting = caller.stand_ins.acting(assignee, due.on)
        hours = (caller if acting is assignee else await self._caller(acting)).hours
        key = (rule.purpose, trigger, due.on, due.at, id(hours))
        known = self._shared.get(key)
        if known is None:
            schedule = self._times.schedules.get((due, id(hours)))
            if schedule is None:
                schedule = await lifecycle.schedule_for(self._desk, due, hours)
                self._times.schedules[due, id(hours)] = schedule
            new = NewFollowUp(rule.purpose, assignee.id, rule.code, trigger, instalment_on)
            known = self._shared[key] = lifecycle.values_of(self._desk, new, schedule)
        return known

    async def _assignee(self, rule: Rule, loan: Terms) -> Member | None:
        kinds = rule.assignee
        owner = self._owners_by_id.get(loan.owner_id) if loan.owner_id is not None and kinds[0] == "owner" else None
        if owner is not None:
            return owner
        found = self._candidates.get((loan.owner_id, kinds))
        if found is None:
            found = tuple(await assignees.candidates_of(self._desk, loan, kinds, self._callers))
            self._candidates[loan.owner_id, kinds] = found
        if len(found) < 2:
            return found[0] if found else None
        ids = tuple(each.id for each in found)
        ranked = self._ranked.get(ids)
        if ranked is None:
            ranked = self._ranked[ids] = await assignees.ranked(self._desk, found)
        return ranked.least_busy(self._unwritten)

    async def _due_of(self, rule: Rule, caller: "_Caller", *, on: date | None = None) -> Due:
        key = (rule.code, on, id(caller.hours))
        known = self._times.due.get(key)
        if known is None:
            known = self._times.due[key] = await rule_plans.due_by_rule(self._desk, rule, caller.member, on=on)
        return known

    async def _caller(self, member: Member) -> "_Caller":
        known = self._known.get(member.id)
        if known is None:
            people = {each.id: each for each in (*self._owners, member) if each.id not in self._known}
            stand_ins = await stand_ins_for(self._desk, people.values())
            for key, each in people.items():
                hours = hours_of(self._desk, each)
                self._known[key] = _Caller(each, self._times.hours.setdefault(hours, hours), stand_ins)
            known = self._known[member.id]
        return known


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who makes calls: their hours, one object for all who have the same, and who stands in for them."""

    member: Member
    hours: WorkingHours
    stand_ins: StandIns
