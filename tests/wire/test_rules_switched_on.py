"""A rule that a manager switches on plans for what has happened lately, too. Now is Wednesday 25 November 2026, 10:00."""

from dataclasses import replace

import pytest

from desk.follow_ups import workspace_cadence
from desk.rules.cadence import CADENCE, Cadence
from sandbox import Modal
from storage.tables import FollowUp
from tests.builders import make_loan
from tests.wire.office_day import Slack
from tests.wire.test_changed_rules import change, open_calls


async def test_a_rule_that_begins_with_an_outcome_plans_for_the_last_call_of_each_loan(slack: Slack) -> None:
    for n, outcome in enumerate(("refused", "refused", "refused", "reached")):
        await make_loan(slack.office, slack.workspace, f"A-{n}", owner=slack.agent, stage="application")
        await slack.command(slack.agent, f"/loan-call A-{n} {outcome}")
    await slack.command(slack.agent, "/loan-follow A-1 fri other the manager calls")
    await slack.at("2026-11-27 10:00")
    await slack.command(slack.agent, "/loan-call A-2 reached")

    form = await change(slack, "refusal", This_rule_is="on")
    assert "The rule is on: a manager calls a borrower who refused within 2 working days." in form.text
    assert "Within a minute it also plans for what happened since Fri 13 Nov, as if it had been on" in form.text
    await slack.deliver()
    planned = [row for row in await slack.rows(FollowUp) if row.rule == "refusal"]
    assert [(str(row.due_on), row.assignee_id) for row in planned] == [("2026-11-27", slack.manager.id)]
    assert (
        "By rule: a manager calls a borrower who refused within 2 working days"
        in (await slack.card(slack.agent, "A-0")).text
    )

    later = await slack.command(slack.agent, "/loan-call A-3 refused")
    assert "Tue 1 Dec" in later.text, "from now on it plans at once"


async def test_switched_off_its_calls_from_tomorrow_on_are_cancelled_and_come_back_once(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    await slack.command(slack.agent, "/loan-follow A-1 today 18:00 problem")
    await slack.command(slack.agent, "/loan-call A-1 reached problem")
    assert await open_calls(slack) == {"problem_solved": "12-02"}
    off = await change(slack, "problem_solved", This_rule_is="off")
    assert "Its calls from tomorrow on are cancelled within a minute." in off.text
    await slack.deliver()
    assert await open_calls(slack) == {}
    await slack.at("2026-11-30 10:00")
    for _ in range(2):
        await change(slack, "problem_solved", This_rule_is="on")
        await slack.deliver()
        assert await open_calls(slack) == {"problem_solved": "12-02"}, "seven days from when the problem was solved"


async def test_undo_of_switching_a_rule_off_that_is_off_at_first_plans_again(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    await change(slack, "refusal", This_rule_is="on")
    await slack.command(slack.agent, "/loan-call A-1 refused")
    assert (await open_calls(slack))["refusal"] == "11-27"
    off = await change(slack, "refusal", This_rule_is="off")
    await slack.deliver()
    assert "refusal" not in await open_calls(slack)
    await off.press("Undo")
    await slack.deliver()
    assert (await open_calls(slack))["refusal"] == "11-27"


async def test_a_rule_of_a_stage_plans_for_loans_that_entered_it_lately_and_not_for_old_ones(slack: Slack) -> None:
    await slack.in_chinese(slack.manager)
    for rule in ("inquiry", "satisfaction", "release"):
        form = await opened(slack)
        await form.fill("规则", rule)
        await form.fill("该规则", "off")
        await form.submit()
        await slack.deliver()
    for number, stages in (("A-1", "disbursed"), ("A-2", "disbursed closed"), ("A-3", "disbursed")):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, stage="signed")
        for stage in stages.split():
            await slack.command(slack.agent, f"/loan-stage {number} {stage}")
    await make_loan(slack.office, slack.workspace, "B-1", owner=slack.agent, stage="disbursed")
    await slack.command(slack.agent, "/loan new 李四 13900001234")
    await slack.at("2026-11-30 10:00")
    for rule, says in (("inquiry", "以来发生的情况补排电话"), ("satisfaction", "以来"), ("release", "以来")):
        form = await opened(slack)
        assert "启用后，也会为最近 14 天内发生的情况安排电话。" in form.text
        await form.fill("规则", rule)
        await form.fill("该规则", "on")
        await form.submit()
        assert says in form.text
        await slack.deliver()
    rows = [row for row in await slack.rows(FollowUp) if row.rule in ("inquiry", "satisfaction", "release")]
    assert sorted((row.rule, str(row.due_on)) for row in rows if row.state == "open") == [
        ("inquiry", "2026-11-30"),
        ("release", "2026-11-30"),
        ("satisfaction", "2026-12-02"),
        ("satisfaction", "2026-12-02"),
    ]


async def opened(slack: Slack) -> Modal:
    """Open the manager's form."""
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press("跟进规则")
    return slack.sandbox.modal_of("UMANAGER")


async def test_a_rule_that_begins_with_an_attempt_plans_beside_the_next_one(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreached = replace(CADENCE.rule("refusal"), outcome="no_answer", enabled=True)
    monkeypatch.setattr(workspace_cadence, "CADENCE", Cadence([*CADENCE.rules[:-1], unreached]))
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    await slack.command(slack.agent, "/loan-follow A-1 today 18:00 documents")
    for _ in range(2):
        await slack.command(slack.agent, "/loan-call A-1/1 no answer")
        slack.clock.advance(minutes=5)
    assert sorted(str(row.rule) for row in await slack.rows(FollowUp)) == ["None", "refusal"]
