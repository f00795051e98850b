"""A manager changes the numbers of the rules that plan calls. Now is Wednesday 10:00."""

from typing import Any

from sqlmodel import select

from desk.core.recomputations import recompute_pending
from sandbox.modals import Modal
from storage.tables import AuditEntry, CadenceVersion, FollowUp, Member, Workspace
from tests.builders import make_loan
from tests.wire.office_day import Slack


async def change(slack: Slack, rule: str, who: Member | None = None, **values: str) -> Modal:
    """Change a rule in the form from Home."""
    who = who or slack.manager
    await slack.sandbox.open_home(who.slack_user_id)
    await slack.sandbox.home_of(who.slack_user_id).press("Rules of calls")
    form = slack.sandbox.modal_of(who.slack_user_id)
    await form.fill("Rule", rule)
    for label, value in values.items():
        await form.fill(label.replace("_", " "), value)
    await form.submit()
    return form


async def work(slack: Slack) -> None:
    """Let the worker finish what was left to it."""
    more = True
    while more:
        async with slack.office.desk(slack.workspace) as desk:
            more = await recompute_pending(desk)


async def rows(slack: Slack, table: Any) -> list[Any]:
    async with slack.office.database.reading() as session:
        return list((await session.exec(select(table))).all())


async def test_a_rule_with_other_numbers_plans_by_them_and_moves_what_it_planned(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    form = await change(slack, "satisfaction", Days="14")
    assert "The rule is on: a satisfaction call 14 days after payout and pickup." in form.text
    await work(slack)
    assert {row.purpose: str(row.due_on) for row in await rows(slack, FollowUp)}["feedback"] == "2026-12-09"
    (version,) = await rows(slack, CadenceVersion)
    assert version.numbers == {"satisfaction": {"days": 14}}


async def test_a_rule_that_is_off_plans_nothing_and_its_calls_are_cancelled(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    await change(slack, "satisfaction", This_rule_is="off")
    await work(slack)
    assert {row.purpose: row.state for row in await rows(slack, FollowUp)} == {"plan": "open", "feedback": "cancelled"}


async def test_undo_brings_the_numbers_back(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    form = await change(slack, "satisfaction", Days="14")
    await work(slack)
    await form.press("Undo")
    await work(slack)
    assert [row.cadence for row in await rows(slack, Workspace)] == [None]
    assert {row.purpose: str(row.due_on) for row in await rows(slack, FollowUp)}["feedback"] == "2026-12-02"


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
    (version,) = await rows(slack, CadenceVersion)
    assert version.numbers == {"satisfaction": {"days": 14}}
    (entry,) = [row for row in await rows(slack, AuditEntry) if row.act == "change_cadence"]
    assert (entry.actor_id, entry.details["rule"]) == (slack.manager.id, "satisfaction")


async def test_calls_that_a_member_moved_or_tried_stay(slack: Slack) -> None:
    for number in ("A-1", "A-2"):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, stage="signed")
        await slack.command(slack.agent, f"/loan-stage {number} disbursed")
    await slack.command(slack.agent, "/loan-follow A-1/2 move 2026-12-04")
    await slack.command(slack.agent, "/loan-call A-2/2 no answer")
    before = {(row.loan_id, row.number): row.due_on for row in await rows(slack, FollowUp)}
    await change(slack, "satisfaction", Days="14")
    await work(slack)
    assert {(row.loan_id, row.number): row.due_on for row in await rows(slack, FollowUp)} == before
