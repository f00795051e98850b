"""Direct messages to the bot, and mentions of it. Now is Wednesday 10:00 in Shanghai."""

import pytest

from sandbox.model import text_of
from tests.wire.office_day import Slack


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("how do I log that nobody answered L-1042?", "/loan-call L-1042 no answer"),
        ("we need his bank statement", "/loan-docs L-1042 got id and bank"),
        ("loan-due team", "/loan-due late team repayment"),
        ("请假怎么设置", "/loan-team"),
        ("how do I write down a note?", "/loan-note L-1042 prefers calls after 18:00"),
        ("we need the case file for court", "/loan-case L-1042"),
        ("hello", "/loan find wang"),
    ],
)
async def test_a_direct_message_is_answered_with_the_nearest_command(slack: Slack, words: str, command: str) -> None:
    conversation = slack.sandbox.dm(slack.agent.slack_user_id)
    slack.sandbox.say(slack.agent.slack_user_id, conversation, words)

    answer = await slack.sandbox.wait_for(lambda: slack.sandbox.messages(conversation)[1:])
    await slack.sandbox.events.wait_until_delivered()

    assert command in text_of(answer[-1])


async def test_only_the_author_of_a_mention_sees_its_answer(slack: Slack) -> None:
    bot = slack.workspace.bot_user_id
    slack.sandbox.join(slack.desk_channel, bot)
    slack.sandbox.say(slack.agent.slack_user_id, slack.desk_channel, "@loandesk 转交怎么用？")

    seen = await slack.sandbox.wait_for(
        lambda: slack.sandbox.messages(slack.desk_channel, slack.agent.slack_user_id)[1:]
    )

    assert seen[-1].is_ephemeral
    assert "/loan-reassign L-1042 @wang" in text_of(seen[-1])
    assert len(slack.sandbox.messages(slack.desk_channel, slack.other.slack_user_id)) == 1


async def test_a_nonmember_is_told_whom_to_ask(slack: Slack) -> None:
    conversation = slack.sandbox.dm("USTRANGER")
    slack.sandbox.say("USTRANGER", conversation, "hello")
    answer = await slack.sandbox.wait_for(lambda: slack.sandbox.messages(conversation)[1:])
    await slack.sandbox.events.wait_until_delivered()
    assert "not a member of this desk" in text_of(answer[-1])


async def test_the_bots_own_messages_are_not_answered(slack: Slack) -> None:
    conversation = slack.sandbox.dm(slack.agent.slack_user_id)
    slack.sandbox.say(slack.agent.slack_user_id, conversation, "hello")
    await slack.sandbox.wait_for(lambda: slack.sandbox.messages(conversation)[1:])
    await slack.deliver()
    assert len(slack.sandbox.messages(conversation)) == 2
