"""Who has lost a loan, or left the desk, a second ago is shown nothing by what they had open. It is Wednesday 10:00."""

import pytest

from storage.tables import AuditEntry
from tests.builders import make_follow_up, make_loan, make_team
from tests.wire.office_day import Slack, shown


@pytest.mark.parametrize(
    ("language", "press", "refusal"),
    [
        ("en", "Call", "That loan doesn't exist, or you can't see it."),
        ("zh", "拨打", "找不到这笔贷款，或您无权查看。"),
    ],
)
async def test_a_number_of_a_loan_that_was_given_away_a_second_ago_is_not_shown(
    slack: Slack, language: str, press: str, refusal: str
) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    west = await make_team(slack.office, slack.workspace, "West")
    await slack.change(slack.other, team_id=west.id)
    if language == "zh":
        await slack.in_chinese(slack.agent)
    card = await slack.card(slack.agent)
    assert "138 0013 5678" in shown(await slack.press(slack.agent, card, press)).text
    await slack.command(slack.manager, "/loan-reassign A-1 <@UOTHER>")
    slack.clock.advance(seconds=1)

    answer = shown(await slack.press(slack.agent, card, press)).text

    assert answer == refusal
    entries = await slack.rows(AuditEntry)
    assert [entry.act for entry in entries].count("show_number") == 1
    refused = entries[-1]
    assert (refused.act, refused.actor_id, refused.loan_id) == ("refused", slack.agent.id, loan.id)
    assert refused.details["code"] == "unknown_loan_pressed"


async def test_who_was_removed_is_shown_nothing_and_their_messages_stay_as_they_were(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")
    due = slack.clock.now()
    await make_follow_up(slack.office, loan, slack.agent, due_at=due, remind_at=due)
    await slack.deliver()
    (reminder,) = [post for post in slack.posts(slack.agent) if "please call" in post.text]
    card = await slack.card(slack.agent)
    before = list(slack.texts(slack.agent))
    await slack.command(slack.admin, "/loan-team remove @agent to @other")

    for message, press in ((card, "Call"), (card, "Open"), (reminder, "Call"), (reminder, "no answer")):
        answer = await slack.press(slack.agent, message, press)
        assert "not a member of this desk" in shown(answer).text, press
    await slack.command(slack.other, "/loan-call A-1 reached agreed")
    for _ in range(3):
        await slack.deliver()
        slack.clock.advance(minutes=1)

    assert [text for text in slack.texts(slack.agent) if "王" in text] == [text for text in before if "王" in text]
    assert any("A-1" in text for text in slack.texts(slack.other))
