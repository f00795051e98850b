"""Moving a loan to another stage with a form. Now is Wednesday 10:00 in Shanghai."""

import pytest

from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name="韩梅")


async def test_the_command_typed_alone_opens_the_form(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-stage")
    await form.fill("Loan", "L-1 韩梅 · phone ending 5678", typed="韩梅")
    await form.fill("New stage", "declined")
    await form.fill("Reason", "收入不足")
    await form.submit()
    assert "L-1 · 韩梅: application → declined" in form.text
    assert "收入不足" in form.text


async def test_card_and_home_open_the_form(slack: Slack, loan: Loan) -> None:
    card = (await slack.command(slack.agent, "/loan L-1")).message
    assert card is not None
    await slack.press(slack.agent, card, "Change the stage")
    form = slack.sandbox.modal_of("UAGENT")
    assert "L-1 韩梅" in form.text
    await form.fill("New stage", "approved")
    await form.submit()
    assert "application → approved" in form.text
    await slack.press(slack.agent, card, "Open")
    await slack.sandbox.modal_of("UAGENT").press("Change the stage")
    assert "New stage" in slack.sandbox.modal_of("UAGENT").text
    await slack.sandbox.open_home("UAGENT")
    await slack.sandbox.home_of("UAGENT").press("Change the stage")
    assert "New stage" in slack.sandbox.modal_of("UAGENT").text


async def test_the_form_in_chinese_says_beside_the_field_what_is_wrong(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    card = (await slack.command(slack.agent, "/loan L-1")).message
    assert card is not None
    await slack.press(slack.agent, card, "更改阶段")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("新阶段", "申请")
    refused = await form.submit()
    assert "申请" in str(refused.errors)


async def test_only_a_manager_is_offered_a_write_off_and_asked_again(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-stage")
    assert "written off" not in str(form.view)
    form = await slack.form(slack.manager, "/loan-stage")
    await form.fill("Loan", "L-1 韩梅 · phone ending 5678", typed="韩梅")
    await form.fill("New stage", "written off")
    await form.fill("Reason", "untraceable for a year")
    await form.submit()
    assert "Write off L-1 · 韩梅" in form.text
    assert (await slack.command(slack.agent, "/loan L-1")).text.count("application since") == 1


async def test_who_may_change_no_stage_gets_no_form(slack: Slack, loan: Loan) -> None:
    refused = (await slack.command(slack.compliance, "/loan-stage")).text
    assert "You need the role" in refused
