"""What is written to the bot is not lost: replies to its messages, lines of commands, and messages that name a loan."""

import pytest

from sandbox.model import Message
from storage.tables import Loan, Member
from tests.builders import make_loan, make_member, make_team
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1002 of the agent."""
    return await make_loan(slack.office, slack.workspace, "A-1002", owner=slack.agent)


async def said(slack: Slack, who: Member, words: str, channel: str = "", thread_ts: str | None = None) -> Message:
    """Write to the bot, directly or in a channel, and return its answer."""
    where = channel or slack.sandbox.dm(who.slack_user_id)
    before = len(slack.sandbox.messages(where, who.slack_user_id))
    slack.sandbox.say(who.slack_user_id, where, words, thread_ts=thread_ts)
    answers = await slack.sandbox.wait_for(lambda: slack.sandbox.messages(where, who.slack_user_id)[before + 1 :])
    await slack.sandbox.events.wait_until_delivered()
    return answers[-1]


async def reminder(slack: Slack, loan: Loan) -> Message:
    await slack.command(slack.agent, "/loan-follow A-1002 today 11:00 income")
    await slack.at("2026-11-25 11:00")
    return slack.posts(slack.agent)[-1]


async def test_a_reply_to_a_reminder_opens_the_call_form_with_its_words_as_the_note(slack: Slack, loan: Loan) -> None:
    message = await reminder(slack, loan)

    answer = await said(slack, slack.agent, "he will send the <payslip> & the rest", thread_ts=message.ts)

    assert "This isn't saved yet." in answer.text
    assert answer.thread_ts == message.ts
    await slack.press(slack.agent, answer, "Log a call on A-1002/1")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "reached")
    await form.submit()
    assert "he will send the <payslip> & the rest" in form.text
    assert "A-1002/1" in form.text


async def test_a_reply_in_a_channel_that_mentions_the_bot(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.agent, reminder_channel_id=slack.desk_channel)
    slack.sandbox.join(slack.desk_channel, slack.workspace.bot_user_id)
    await slack.command(slack.agent, "/loan-follow A-1002 today 11:00 income")
    await slack.at("2026-11-25 11:00")
    message = slack.posts(slack.desk_channel)[-1]

    answer = await said(slack, slack.agent, "@loandesk no time today", slack.desk_channel, message.ts)

    assert answer.is_ephemeral
    await slack.press(slack.agent, answer, "Log a call on A-1002/1")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "reached")
    await form.submit()
    assert "no time today" in form.text
    assert "loandesk" not in form.text


async def test_who_may_not_see_the_loan_is_offered_nothing(slack: Slack, loan: Loan) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    stranger = await make_member(slack.office, slack.workspace, "USTRANGER", team_id=west.id)
    await slack.change(slack.agent, reminder_channel_id=slack.desk_channel)
    slack.sandbox.join(slack.desk_channel, slack.workspace.bot_user_id)
    await slack.command(slack.agent, "/loan-follow A-1002 today 11:00 income")
    await slack.at("2026-11-25 11:00")
    message = slack.posts(slack.desk_channel)[-1]

    answer = await said(slack, stranger, "@loandesk done", slack.desk_channel, message.ts)

    assert "Log a call on A-1002" not in "".join(buttons(answer))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("A-1002 未接", "/loan-call A-1002 未接"),
        ("loan-call A-1002 no answer", "/loan-call A-1002 no answer"),
        ("A-1002 tomorrow 3pm income", "/loan-follow A-1002 tomorrow 3pm income"),
        ("A-1002 bank statement by fri", "/loan-docs A-1002 bank statement by fri"),
        ("A-1002 approved", "/loan-stage A-1002 approved"),
        ("王小明 未接 & 明天再打", "/loan-call 王小明 未接 & 明天再打"),
    ],
)
async def test_a_typed_line_offers_itself_as_a_button(slack: Slack, loan: Loan, words: str, line: str) -> None:
    answer = await said(slack, slack.agent, words)
    assert line.replace("&", "&amp;") in answer.text
    assert buttons(answer) == ["Send this line"]
    done = shown(await slack.press(slack.agent, answer, "Send this line"))
    assert "A-1002" in done.text
    assert "Undo" in buttons(done)


@pytest.mark.parametrize(
    ("words", "line", "answer"),
    [
        ("A-1002", "/loan A-1002", "owner: <@UAGENT>"),
        ("王小明", "/loan 王小明", "owner: <@UAGENT>"),
        ("查 王小明", "/loan 查 王小明", "1 loan found"),
        ("call A-1002 no answer", "/loan-call A-1002 no answer", "no answer, logged"),
        ("stage A-1002 approved", "/loan-stage A-1002 approved", "application → approved"),
        ("逾期", "/loan-due 逾期", "In arrears · 0"),
        ("/loan-due late team", "/loan-due late team", "Late · the team · 0"),
        ("loan-digest now", "/loan-digest now", "nothing is due"),
    ],
)
async def test_so_does_a_line_of_any_command(slack: Slack, loan: Loan, words: str, line: str, answer: str) -> None:
    offer = await said(slack, slack.agent, words)
    assert line in offer.text
    assert answer in shown(await slack.press(slack.agent, offer, "Send this line")).text


@pytest.mark.parametrize("words", ["hello", "help", "帮助", "loan", "A-9999", "what is due today?", "loan is paid"])
async def test_what_no_command_reads_is_answered_with_help(slack: Slack, loan: Loan, words: str) -> None:
    assert "Send this line" not in buttons(await said(slack, slack.agent, words))


async def test_a_message_that_names_a_loan_can_become_a_note(slack: Slack, loan: Loan) -> None:
    answer = await said(slack, slack.agent, "刚和A-1002的客户聊过，下周再说")
    await slack.press(slack.agent, answer, "Log a call on A-1002")
    assert "A-1002" in slack.sandbox.modal_of("UAGENT").text


async def test_a_chinese_name_is_known_wherever_it_stands(slack: Slack, loan: Loan) -> None:
    for number, name in (("A-1003", "欧阳 娜娜"), ("A-1004", "王小"), ("A-1005", "李明")):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, name=name)
    for words, number in (
        ("刚刚给王小明打电话没人接", "A-1002"),
        ("请联系欧阳娜娜，谢谢", "A-1003"),
        ("客户李明未接电话，说周五再打，" + "很忙" * 20, "A-1005"),
    ):
        assert buttons(await said(slack, slack.agent, words)) == [f"Log a call on {number}"]
    assert "Log a call on" not in str(buttons(await said(slack, slack.agent, "李明和王小明都没接")))


@pytest.mark.parametrize(
    "words",
    [
        "A-1002 rang back",
        "about A-1002: wants a lower rate",
        "王小明说明天还款",
        "13800135678 called",
        "a-1002客户来电",
    ],
)
async def test_the_message_shortcut_chooses_the_loan_that_the_text_names(slack: Slack, loan: Loan, words: str) -> None:
    await make_loan(slack.office, slack.workspace, "A-1003", owner=slack.agent, name="李雷", phone="+8613900139000")
    message = slack.sandbox.say("UOTHER", slack.desk_channel, words)
    await slack.sandbox.message_shortcut("UAGENT", message, "Log a call from this message · 登记通话")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "reached")
    await form.submit()
    assert "A-1002 · " in form.text


@pytest.mark.parametrize("words", ["A-1002 and A-1003 rang back", "3000 by friday", "hello there"])
async def test_it_chooses_none_where_none_or_several_are_named(slack: Slack, loan: Loan, words: str) -> None:
    await make_loan(slack.office, slack.workspace, "A-1003", owner=slack.agent, name="李雷", phone="+8613900139000")
    message = slack.sandbox.say("UOTHER", slack.desk_channel, words)
    await slack.sandbox.message_shortcut("UAGENT", message, "Log a call from this message · 登记通话")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "reached")
    sent = await form.submit()
    assert sent.errors or "A-100" not in form.text.split("\n")[0]


async def test_a_command_without_its_next_word_is_offered_and_then_asks_for_it(slack: Slack, loan: Loan) -> None:
    answer = await said(slack, slack.agent, "/loan-stage A-1002")
    assert buttons(answer) == ["Send this line"]

    asked = shown(await slack.press(slack.agent, answer, "Send this line"))
    assert "Which stage?" in asked.text
    changed = shown(await slack.press(slack.agent, asked, "approved"))

    assert "→ approved" in changed.text
