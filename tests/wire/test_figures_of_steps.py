"""Steps beyond calls in the figures of a team and in its digest. Now is Wednesday 25 November 2026, 10:00 in Shanghai."""

from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.model import text_of
from storage.tables import CollectionStep
from tests.builders import make_loan_in_arrears
from tests.wire.office_day import Slack, given, shown


@pytest.fixture
async def steps(slack: Slack) -> Slack:
    """On A-1 of the agent and B-1 of the other one. Taken on Tuesday: the agent's letter. Late since Tuesday: the collector's
    visit. For today: the other agent's letter. Counted nowhere: a cancelled one, an undone one, and one for next week."""
    ours = await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")
    theirs = await make_loan_in_arrears(slack.office, slack.workspace, "B-1", owner=slack.other, name="李雷")
    tuesday, today = date(2026, 11, 24), date(2026, 11, 25)
    async with slack.office.database.transaction() as session:
        for loan, who, kind, state, day, more in (
            (ours, slack.agent, "letter", "done", tuesday, {}),
            (ours, slack.collector, "visit", "planned", tuesday, {}),
            (theirs, slack.other, "letter", "planned", today, {}),
            (theirs, slack.other, "court", "cancelled", today, {}),
            (theirs, slack.other, "visit", "planned", today, {"undone_at": slack.clock.now()}),
            (theirs, slack.other, "repossession", "planned", today + timedelta(days=7), {}),
        ):
            session.add(
                CollectionStep(
                    workspace_id=slack.workspace.id,
                    loan_id=loan.id,
                    kind=kind,
                    state=state,
                    day=day,
                    assignee_id=who.id,
                    by_id=who.id,
                    at=slack.clock.now(),
                    **more,
                )
            )
    return slack


async def page(slack: Slack, span: str) -> Any:
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press(span)
    return slack.sandbox.modal_of("UMANAGER")


async def test_the_figures_count_what_was_to_be_done_what_was_and_what_is_late(steps: Slack) -> None:
    week = await page(steps, "This week")
    assert "1 of 3 steps beyond calls were taken; late now: 1" in week.text.splitlines()
    lines = {line.split(":")[0]: line for line in week.text.splitlines() if " loans " in line}
    assert " · 1 of 1 steps taken · " in lines["Agent"]
    assert " · 0 of 1 steps taken · 1 step late · " in lines["Collector"]
    today = await page(steps, "Today")
    assert "0 of 1 step beyond calls was taken; late now: 1" in today.text.splitlines()


async def test_each_number_of_steps_opens_its_list(steps: Slack) -> None:
    for label, rows in {
        "Steps beyond calls (3)": [
            "B-1 李雷 · phone ending 5678 · letter · planned for Wed 25 Nov · <@UOTHER>",
            "A-1 王小明 · phone ending 5678 · letter · done on Tue 24 Nov · <@UAGENT>",
            "A-1 王小明 · phone ending 5678 · visit · planned for Tue 24 Nov · <@UCOLLECTOR>",
        ],
        "Steps taken (1)": ["A-1 王小明 · phone ending 5678 · letter · done on Tue 24 Nov · <@UAGENT>"],
        "Steps late now (1)": ["A-1 王小明 · phone ending 5678 · visit · planned for Tue 24 Nov · <@UCOLLECTOR>"],
    }.items():
        await (await page(steps, "This week")).press(label)
        listed = steps.sandbox.modal_of("UMANAGER").text.splitlines()
        assert listed[0].startswith(label.rpartition(" ")[0])
        assert sorted(line.removeprefix("• ") for line in listed if "phone ending" in line) == sorted(rows)


async def test_the_team_digest_states_the_steps_of_the_last_working_day_and_opens_them(steps: Slack) -> None:
    digest = given((await steps.command(steps.manager, "/loan-digest now")).message)
    assert "Figures for Tue 24 Nov" in digest.text
    assert "1 of 2 steps beyond calls were taken; late now: 1" in digest.text.splitlines()
    [table] = [block for block in digest.blocks if block["type"] == "data_table"][-1:]
    assert text_of(table["rows"][0][-1]) == "Steps taken"
    assert {text_of(row[0]): text_of(row[-1]) for row in table["rows"][1:]} == {
        "Agent": "1 of 1",
        "Collector": "0 of 1",
        "Other": "–",
        "Verifier": "–",
    }
    late = shown(await steps.press(steps.manager, digest, "Steps late now (1)"))
    assert "visit · planned for Tue 24 Nov" in late.text


async def test_steps_are_counted_in_chinese(steps: Slack) -> None:
    await steps.in_chinese(steps.manager)
    week = await page(steps, "本周")
    assert "应办催收措施 3 项，完成 1 项；目前超时 1 项" in week.text.splitlines()
    await week.press("超时措施 (1)")
    assert "上门 · 计划于11月24日 周二" in steps.sandbox.modal_of("UMANAGER").text


async def test_a_week_without_steps_says_nothing_of_them(slack: Slack) -> None:
    assert "steps" not in (await page(slack, "This week")).text
