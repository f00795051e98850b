"""Whatever happens to a loan in repayment, and in whatever order: the rules plan each call once, and leave what a person set."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.core.transaction import Desk
from desk.follow_ups.instalment_calls import Facts, InstalmentCall, calls_required, is_obsolete, is_wanted
from desk.rules.arrears import BUCKETS, PROMISE, PromiseRule, promise_state, with_own
from desk.rules.instalments import instalment_on_or_before, next_instalment
from storage.tables import FollowUp, Loan, Workspace

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
OWNER = UUID(int=1)

STEPS = (
    "day",
    "days",
    "weeks",
    "reached",
    "promised",
    "paid",
    "unpaid",
    "paused",
    "autopay",
    "moved",
    "cancelled",
    "planned",
)


@dataclass
class Office:
    """A loan and its calls in memory, and the clock; `plan` does what `replan_instalment` does."""

    scheduled: bool
    loan: Loan = field(init=False)
    calls: list[FollowUp] = field(default_factory=list[FollowUp])
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        workspace = Workspace(slack_team_id="T1", created_at=NOW)
        nothing: Any = None
        self.desk = Desk(session=nothing, cipher=nothing, workspace=workspace, actor=None, now=NOW)
        self.loan = Loan(
            workspace_id=workspace.id,
            borrower_id=OWNER,
            number="A-1",
            number_key="a-1",
            stage="disbursed",
            stage_since=NOW,
            due_day=15,
            created_at=NOW,
        )
        if self.scheduled:
            self.loan.next_instalment_on = next_instalment(self.desk.workspace_today, 15)

    def plan(self) -> int:
        """Cancel and plan what the rules ask for, and return how many calls that were."""
        required = calls_required(self.desk, self.loan, self.calls, Facts())
        obsolete = [row for row in self.calls if is_obsolete(self.desk, self.loan, row, required, Facts())]
        for row in obsolete:
            row.state, row.closed_at = "cancelled", self.desk.now
        wanted = [call for call in required if is_wanted(self.desk, call, self.calls)]
        for call in wanted:
            self.add(call.rule.purpose, call)
        return len(obsolete) + len(wanted)

    def add(self, purpose: str, call: InstalmentCall | None = None) -> None:
        """Add an open call, by that rule or a person."""
        self.calls.append(
            FollowUp(
                workspace_id=self.desk.workspace.id,
                loan_id=self.loan.id,
                number=len(self.calls) + 1,
                purpose=purpose,
                assignee_id=OWNER,
                due_on=self.desk.workspace_today,
                late_at=self.desk.now,
                rule=call.rule.code if call else None,
                rule_trigger=call.trigger if call else None,
                instalment_on=call.instalment_on if call else self.oldest(),
                created_at=self.desk.now,
                planned_at=self.desk.now,
            )
        )

    def oldest(self) -> Any:
        return self.loan.next_instalment_on or instalment_on_or_before(self.desk.workspace_today, 15)

    def step(self, name: str) -> None:
        """Let something happen to the loan, or some days pass."""
        loan, today = self.loan, self.desk.workspace_today
        opened = next((row for row in self.calls if row.state == "open"), None)
        match name:
            case "day" | "days" | "weeks":
                self.desk.now += timedelta(days={"day": 1, "days": 3, "weeks": 20}[name])
            case "paid" if self.scheduled:
                loan.next_instalment_on = next_instalment(self.oldest(), 15)
            case "paid":
                loan.paid_through, loan.unpaid_since = self.oldest(), None
            case "unpaid" if not self.scheduled:
                loan.unpaid_since = today - timedelta(days=2)
            case "paused":
                loan.paused_from, loan.paused_until = today, today + timedelta(days=10)
            case "autopay":
                loan.autopay = not loan.autopay
            case "planned":
                self.add("overdue")
            case "promised" if opened is not None:
                opened.state, opened.closed_at, opened.closed_by_id = "done", self.desk.now, OWNER
                self.add("promise")
            case "reached" if opened is not None:
                opened.state, opened.closed_at, opened.closed_by_id = "done", self.desk.now, OWNER
            case "cancelled" if opened is not None:
                opened.state, opened.closed_at, opened.closed_by_id = "cancelled", self.desk.now, OWNER
            case "moved" if opened is not None:
                opened.rule = None
            case _:
                pass


@pytest.mark.parametrize(("made_on", "half_a_year"), [(date(2026, 6, 14), False), (date(2026, 6, 15), True)])
@pytest.mark.parametrize(
    ("purpose", "instalment_on", "trouble"),
    [
        ("overdue", date(2026, 6, 10), True),
        ("promise", date(2026, 6, 10), True),  # for an instalment that was past due
        ("promise", date(2026, 7, 10), False),
        ("promise", None, False),
    ],
)
@pytest.mark.parametrize("asked_on", [date(2026, 11, 25), date(2026, 12, 14)])
def test_the_second_reminder_depends_on_the_half_year_before_the_instalment(
    made_on: date, half_a_year: bool, purpose: str, instalment_on: date | None, trouble: bool, asked_on: date
):
    office = Office(scheduled=True)
    office.add(purpose)
    office.calls[0].state, office.calls[0].instalment_on = "done", instalment_on
    office.calls[0].created_at = datetime(made_on.year, made_on.month, made_on.day, 4, tzinfo=UTC)
    office.desk.now = datetime(asked_on.year, asked_on.month, asked_on.day, 2, tzinfo=UTC)
    for unkept_on in (None, made_on):
        required = calls_required(office.desk, office.loan, office.calls, Facts(unkept_on=unkept_on))
        second = half_a_year and (trouble or unkept_on is not None)
        assert [call.rule.code for call in required] == ["instalment", *(["instalment_eve"] if second else [])]


@given(st.booleans(), st.lists(st.sampled_from(STEPS), max_size=25))
@settings(max_examples=60, deadline=None)
def test_running_the_rules_again_changes_nothing_and_no_call_is_planned_twice(scheduled: bool, steps: list[str]):
    office = Office(scheduled)
    office.plan()
    for name in steps:
        office.step(name)
        persons = [(row, row.state) for row in office.calls if row.rule is None]
        office.plan()
        assert office.plan() == 0
        assert all(row.state == state for row, state in persons)
        triggers = [row.rule_trigger for row in office.calls if row.state == "open" and row.rule_trigger]
        assert len(triggers) == len(set(triggers))
        by_rule = [row for row in office.calls if row.state == "open" and row.rule and row.purpose == "overdue"]
        assert len(by_rule) <= 1


@pytest.mark.parametrize("scheduled", [True, False])
def test_a_call_about_arrears_is_repeated_as_often_as_the_rule_says_and_no_more(scheduled: bool):
    office = Office(scheduled)
    office.loan.unpaid_since = None if scheduled else date(2026, 11, 15)
    if scheduled:
        office.loan.next_instalment_on = date(2026, 11, 15)
    for _ in range(20):
        office.plan()
        office.step("reached")
        office.step("day")
    assert [row.rule for row in office.calls] == ["arrears"] * 5
    assert office.calls[-1].created_at - office.calls[0].created_at == timedelta(days=12)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 100), st.integers(0, 31), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_more_paid_never_makes_a_promise_worse(less: int, more: int, percent: int, patience: int, later: int):
    order = ("broken", "partly_kept", "open", "kept")
    rule = PromiseRule(kept_percent=percent, patience_days=patience)
    day, today = NOW.date(), NOW.date() + timedelta(days=later)
    least, most = (promise_state(Decimal(100), day, Decimal(paid), today, rule) for paid in sorted((less, more)))
    assert order.index(least) <= order.index(most)
    assert (least == "open") <= (later <= patience)


@given(st.lists(st.integers(2, 400), unique=True, max_size=8), st.integers(-5, 500))
@settings(max_examples=60, deadline=None)
def test_each_day_is_in_the_last_bucket_that_has_begun(days: list[int], day: int):
    own = {str(first): first for first in [1, *days]}
    scale = with_own({BUCKETS: own, PROMISE: {"patience_days": 5}})
    bucket = scale.bucket(day)
    assert bucket.first == max(first for first in [0, 1, *days] if first <= max(day, 0))
    assert (scale.promise.patience_days, scale.promise.kept_percent) == (5, 95)
