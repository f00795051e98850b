"""Undo survives the form whose answer had the button."""

import pytest

from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


async def logged(slack: Slack) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("Outcome", "reached")
    await form.submit()


async def test_who_closes_the_form_can_still_undo_where_it_was_opened(slack: Slack, loan: Loan) -> None:
    await logged(slack)
    await slack.sandbox.modal_of("UAGENT").close()

    offered = slack.sandbox.messages(slack.desk_channel, "UAGENT")[-1]
    assert offered.is_ephemeral
    assert offered.text == "You can undo this until 10:05: a call."
    assert buttons(offered) == ["Undo"]
    undone = shown(await slack.press(slack.agent, offered, "Undo"))
    assert "Undone on A-1: a call." in undone.text


async def test_a_form_from_a_shortcut_offers_it_directly(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.sandbox.shortcut("UAGENT", "Log a call · 登记通话")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("贷款", "A-1", typed="A-1")
    await form.fill("通话结果", "reached")
    await form.submit()
    await slack.sandbox.modal_of("UAGENT").close()

    offered = slack.posts(slack.agent)[-1]
    assert offered.text == "10:05 前可以撤销：通话记录。"
    shown(await slack.press(slack.agent, offered, "撤销"))


async def test_what_is_undone_or_too_old_is_not_offered(slack: Slack, loan: Loan) -> None:
    await logged(slack)
    before = len(slack.sandbox.messages(slack.desk_channel, "UAGENT"))
    slack.clock.advance(minutes=6)
    await slack.sandbox.modal_of("UAGENT").close()
    assert len(slack.sandbox.messages(slack.desk_channel, "UAGENT")) == before

    await logged(slack)
    form = slack.sandbox.modal_of("UAGENT")
    await form.press("Undo")
    await form.close()
    assert len(slack.sandbox.messages(slack.desk_channel, "UAGENT")) == before
