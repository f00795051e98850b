"""A manager changes the numbers of the rules that plan calls. Now is Wednesday 10:00."""

from datetime import UTC, date, datetime

from desk.core.recomputations import recompute_pending
from desk.core.values import Due, LoanRef
from desk.follow_ups.appointments import book_appointment
from sandbox.modals import Modal
from storage.tables import AuditEntry, CadenceVersion, FollowUp, Member, StageRules, Workspace
from tests.builders import make_loan, make_loan_in_arrears
from tests.wire.filling import fill
from tests.wire.office_day import Slack


async def change(slack: Slack, rule: str, who: Member | None = None, **values: str) -> Modal:
    """Change a rule in the form from Home."""
    who = who or slack.manager
    await slack.sandbox.open_home(who.slack_user_id)
    await slack.sandbox.home_of(who.slack_user_id).press("Rules of calls")
    form = slack.sandbox.modal_of(who.slack_user_id)
    await form.fill("Rule", rule)
    await fill(form, values)
    await form.submit()
    return form


async def work(slack: Slack) -> None:
    """Let the worker finish what was left to it."""
    more = True
    while more:
        async with slack.office.desk(slack.workspace) as desk:
            more = await recompute_pending(desk)


async def test_a_rule_with_other_numbers_plans_by_them_and_moves_what_it_planned(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    form = await change(slack, "satisfaction", Days="14")
    assert "The rule is on: a satisfaction call 14 days after the pickup, or after the payout" in form.text
    await work(slack)
    assert {row.purpose: str(row.due_on) for row in await slack.rows(FollowUp)}["feedback"] == "2026-12-09"
    (version,) = await slack.rows(CadenceVersion)
    assert version.numbers == {"satisfaction": {"days": 14}}


async def test_a_rule_that_is_off_plans_nothing_and_its_calls_are_cancelled(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    await change(slack, "satisfaction", This_rule_is="off")
    await work(slack)
    assert {row.purpose: row.state for row in await slack.rows(FollowUp)} == {"plan": "open", "feedback": "cancelled"}


async def test_undo_brings_the_numbers_back(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    form = await change(slack, "satisfaction", Days="14")
    await work(slack)
    await form.press("Undo")
    await work(slack)
    assert [row.cadence for row in await slack.rows(Workspace)] == [None]
    assert {row.purpose: str(row.due_on) for row in await slack.rows(FollowUp)}["feedback"] == "2026-12-02"


async def test_of_two_who_change_rules_at_once_the_second_is_told(slack: Slack) -> None:
    await slack.in_chinese(slack.admin)
    await slack.sandbox.open_home(slack.admin.slack_user_id)
    await slack.sandbox.home_of(slack.admin.slack_user_id).press("跟进规则")
    older = slack.sandbox.modal_of(slack.admin.slack_user_id)
    await change(slack, "satisfaction", Days="14")
    await older.fill("规则", "inquiry")
    await older.fill("工作小时", "5")
    await older.submit()
    assert older.errors == {"规则": "打开表单后规则已有变动，请重新打开查看最新内容。"}
    (version,) = await slack.rows(CadenceVersion)
    assert version.numbers == {"satisfaction": {"days": 14}}
    (entry,) = [row for row in await slack.rows(AuditEntry) if row.act == "change_cadence"]
    assert (entry.actor_id, entry.details["rule"]) == (slack.manager.id, "satisfaction")


async def test_calls_that_a_member_moved_or_tried_stay(slack: Slack) -> None:
    for number in ("A-1", "A-2"):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, stage="signed")
        await slack.command(slack.agent, f"/loan-stage {number} disbursed")
    await slack.command(slack.agent, "/loan-follow A-1/2 move 2026-12-04")
    await slack.command(slack.agent, "/loan-call A-2/2 no answer")
    before = {(row.loan_id, row.number): row.due_on for row in await slack.rows(FollowUp)}
    await change(slack, "satisfaction", Days="14")
    await work(slack)
    assert {(row.loan_id, row.number): row.due_on for row in await slack.rows(FollowUp)} == before


async def test_a_call_about_an_appointment_follows_its_rule(slack: Slack) -> None:
    await book(slack)
    assert await open_calls(slack) == {"signing": "12-08"}
    await change(slack, "signing", Working_days="3")
    await work(slack)
    assert await open_calls(slack) == {"signing": "12-04"}
    form = await change(slack, "signing", This_rule_is="off")
    await work(slack)
    assert await open_calls(slack) == {}
    await form.press("Undo")
    await work(slack)
    assert await open_calls(slack) == {"signing": "12-04"}


async def test_calls_about_arrears_follow_their_rules(slack: Slack) -> None:
    await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan edit A-1 due day 9")
    assert await open_calls(slack) == {"arrears": "11-25"}
    await slack.command(slack.collector, "/loan-call A-1 reached overdue")
    assert await open_calls(slack) == {"arrears": "11-30"}
    await change(slack, "arrears", Again_after_how_many_days="7")
    await slack.deliver()
    assert await open_calls(slack) == {"arrears": "12-02"}
    refused = await change(slack, "arrears_m2", From_bucket="1")
    assert refused.errors == {
        "From bucket": "Another rule begins with M1: an instalment is past due. Choose another bucket, or switch that rule off."
    }
    await change(slack, "arrears", This_rule_is="off")
    await change(slack, "arrears_m2", From_bucket="1")
    await slack.deliver()
    assert await open_calls(slack) == {"arrears_m2": "11-25"}
    form = await change(slack, "arrears_m2", This_rule_is="off")
    await slack.deliver()
    assert "arrears_m2" not in await open_calls(slack)
    await form.press("Undo")
    await slack.deliver()
    assert await open_calls(slack) == {"arrears_m2": "11-25"}


async def test_a_rule_that_is_on_again_plans_what_it_would_have_planned(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed", due_day=15)
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    for rule in ("satisfaction", "instalment"):
        await change(slack, rule, This_rule_is="off")
        await slack.deliver()
    assert await open_calls(slack) == {"plan": "11-30"}
    for rule in ("satisfaction", "instalment"):
        await change(slack, rule, This_rule_is="on")
        await slack.deliver()
    assert await open_calls(slack) == {"plan": "11-30", "satisfaction": "12-02", "instalment": "12-10"}
    assert loan.number == "A-1"


async def test_another_rule_leaves_the_days_over_which_checks_are_spread(slack: Slack) -> None:
    async with slack.office.desk(slack.workspace) as desk:
        desk.add(StageRules(workspace_id=slack.workspace.id, checks_a_day=1))
    for number in ("A-1", "A-2"):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, stage="inquiry")
        await slack.command(slack.agent, f"/loan-stage {number} application")
    before = sorted(str(row.due_on) for row in await slack.rows(FollowUp) if row.purpose == "identity")
    assert before == ["2026-11-26", "2026-11-27"]
    await change(slack, "satisfaction", Days="14")
    await work(slack)
    assert sorted(str(row.due_on) for row in await slack.rows(FollowUp) if row.purpose == "identity") == before


async def test_a_day_off_moves_the_calls_that_rules_placed_by_a_date(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="signed", due_day=15)
    await slack.command(slack.agent, "/loan-stage A-2 disbursed")
    await book(slack)
    assert await open_calls(slack) == {
        "instalment": "12-10",
        "plan": "11-30",
        "satisfaction": "12-02",
        "signing": "12-08",
    }
    for day in ("2026-12-08", "2026-12-10"):
        answer = await slack.command(slack.admin, f"/loan-team calendar {day} off")
    await slack.deliver()
    assert await open_calls(slack) == {
        "instalment": "12-09",
        "plan": "11-30",
        "satisfaction": "12-02",
        "signing": "12-07",
    }
    assert answer.message is not None
    await slack.press(slack.admin, answer.message, "Undo")
    await slack.deliver()
    assert (await open_calls(slack))["instalment"] == "12-10"


async def book(slack: Slack) -> None:
    """Book a signing on Wednesday 9 December."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved")
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await book_appointment(
            desk,
            loan=LoanRef(loan.number, loan.number),
            kind="signing",
            due=Due(date(2026, 12, 9), datetime(2026, 12, 9, 2, tzinfo=UTC)),
            who=None,
            minutes=60,
            place="",
            link="",
        )


async def open_calls(slack: Slack) -> dict[str | None, str]:
    """Return the due date of each open call, by its rule."""
    return {row.rule: f"{row.due_on:%m-%d}" for row in await slack.rows(FollowUp) if row.state == "open"}
