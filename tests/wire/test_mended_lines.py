"""A refusal's example is the typed line, mended: sent as it is shown, it is understood."""

import re

import pytest

from handlers.commands import COMMANDS
from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, with a follow-up for today."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    await make_follow_up(slack.office, loan, slack.agent, purpose="overdue")
    return loan


def examples(text: str) -> list[str]:
    """Return the lines that an answer shows, without the repeated one."""
    shown = text.partition("Your line")[0].partition("您输入")[0]
    return re.findall(r"/loan[a-z-]* [^\n]+", shown.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ("/loan-call A-1 reachd, wants a lower rate", "/loan-call A-1 reached, wants a lower rate"),
        ("/loan-call A-1 no anwser, he & she", "/loan-call A-1 no answer, he & she"),
        ("/loan-call A-1", "/loan-call A-1 reached"),
        ("/loan-call A-1 : three things", "/loan-call A-1 reached: three things"),
        ("/loan-call A-1 paid half of it", "/loan-call A-1 reached: paid half of it"),
        ("/loan-call A-1 na > tommorow 3pm income", "/loan-call A-1 na > tomorrow 3pm income"),
        ("/loan-call A-1 na > fri 2 income", "/loan-call A-1 na > 2026-11-27 02:00 income"),
        ("/loan-call A-1 na next week", "/loan-call A-1 na > next mon"),
        ("/loan-call A-1 call back, he drives", "/loan-call A-1 call back, he drives next tomorrow 10:00"),
        ("/loan-call A-1 promised 3000", "/loan-call A-1 promised 3000 next tomorrow 10:00"),
        ("/loan-call A-1 承诺还款，下次周五3000", "/loan-call A-1 承诺还款，3000 下次周五"),
        ("/loan-follow A-1 tomorrow 1500 income", "/loan-follow A-1 2026-11-26 15:00 income"),
        ("/loan-follow A-1 income tomorrow 10:00", "/loan-follow A-1 tomorrow 10:00 income"),
        ("/loan-follow A-1", "/loan-follow A-1 tomorrow 10:00"),
        ("/loan-docs A-1 id, bnak by fri", "/loan-docs A-1 bank statement by fri"),
        ("/loan-docs A-1 id fri", "/loan-docs A-1 id by fri"),
        ("/loan-stage A-1 aproved at last", "/loan-stage A-1 approved at last"),
        ("/loan-due tomorow", "/loan-due tomorrow"),
        ("/loan-digest 8", "/loan-digest now"),
        ("/loan find", "/loan find Wang"),
        ("/loan 查", "/loan 查 Wang"),
        ("/loan new 13800138000", "/loan new Wang Fang 13800138000"),
        ("/loan edit A-1 name", "/loan edit A-1 name Wang Fang"),
        ("/loan edit A-1 foo bar", "/loan edit A-1 name bar"),
        ("/loan-note A-1", "/loan-note A-1 prefers calls after 18:00"),
        ("/loan-docs A-1 reject id", "/loan-docs A-1 reject id: blurred"),
        ("/loan-docs A-1 id by foo", "/loan-docs A-1 id by fri"),
        ("/loan-docs A-1 id and bank and foo", "/loan-docs A-1 other: foo"),
        ("/loan-docs A-1 id and bank, id by fri", "/loan-docs A-1 id and bank by fri"),
        ("/loan-docs A-1 reject id and bank: blurred", "/loan-docs A-1 reject id: blurred"),
        ("/loan-docs A-1 reject", "/loan-docs A-1 reject ID card: blurred"),
        ("/loan-call A-1 promised friday 3,000", "/loan-call A-1 promised 3,000 friday"),
        ("/loan-follow A-1 tomorrow <@UOTHER> income", "/loan-follow A-1 <@UOTHER> tomorrow income"),
        ("/loan-follow A-1 move fri income", "/loan-follow A-1 move fri"),
        ("/loan-due today foo", "/loan-due today team"),
        ("/loan-reassign A-1 wang", "/loan-reassign A-1 @wang"),
        ("/loan John Smith", "/loan find John Smith"),
        ("/loan new", "/loan new Wang Fang 138 0013 8000"),
        ("/loan edit A-1", "/loan edit A-1 phone 138 0013 8000"),
        ("/loan-team add", "/loan-team add @name agent"),
        ("/loan-team add wang agent", "/loan-team add @wang agent"),
        ("/loan-team remove <@UOTHER>", "/loan-team remove <@UOTHER> to @name"),
        ("/loan-team away", "/loan-team away @name until dec 5"),
        ("/loan-team hours", "/loan-team hours @name 09:00-18:00"),
        ("/loan-team calendar", "/loan-team calendar dec 25 off"),
        ("/loan-team foo", "/loan-team add @name agent"),
    ],
)
async def test_an_example_is_the_typed_line_mended(slack: Slack, loan: Loan, line: str, example: str) -> None:
    reply = await slack.command(slack.agent, line)
    assert example in examples(reply.text), reply.text


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ("/loan-call A-1", "/loan-call A-1 已接通"),
        ("/loan-call A-1 promised 3000", "/loan-call A-1 promised 3000，下次明天10:00"),
        ("/loan-follow A-1", "/loan-follow A-1 明天10:00"),
        ("/loan-follow A-1 xyz", "/loan-follow A-1 明天10:00"),
        ("/loan-docs A-1 xyz", "/loan-docs A-1 身份证"),
        ("/loan-stage A-1", "/loan-stage A-1 咨询"),
        ("/loan-digest foo", "/loan-digest 现在"),
        ("/loan find", "/loan find 王小明"),
        ("/loan-note A-1", "/loan-note A-1 请在18点后联系"),
        ("/loan-docs A-1 reject id", "/loan-docs A-1 reject id：不清晰"),
        ("/loan-docs A-1 id by foo", "/loan-docs A-1 id 周五前"),
        ("/loan-docs A-1 reject", "/loan-docs A-1 reject 身份证：不清晰"),
        ("/loan-team add", "/loan-team add @name 客户经理"),
        ("/loan-team away", "/loan-team away @name 到12月5日"),
        ("/loan-team calendar", "/loan-team calendar 12月25日 休息"),
        ("/loan edit A-1", "/loan edit A-1 电话 138 0013 8000"),
        ("/loan new", "/loan new 王小明 138 0013 8000"),
    ],
)
async def test_an_example_is_in_the_readers_language_where_the_line_has_none_yet(
    slack: Slack, loan: Loan, line: str, example: str
) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, line)
    assert example in examples(reply.text), reply.text


async def test_a_borrowers_chinese_name_makes_no_example_chinese(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call 王小明 xyz")
    assert "/loan-call 王小明 reached" in examples(reply.text)
    assert "已接通" not in reply.text


MANY_WORDS = {
    "/loan-call A-1": "",
    "/loan-call A-1 xyz wants a lower rate": "wants a lower rate",
    "/loan-call A-1 : wants a lower rate": "wants a lower rate",
    "/loan-call A-1/1 qqq > fri 10:00": "> fri 10:00",
    "/loan-stage A-1": "",
    "/loan-stage A-1 xyz he & she": "he & she",
    "/loan-docs A-1 xyz by fri": "by fri",
    "/loan-docs A-1 got xyz": "",
}
"""Lines of which one of many words is missing or unknown, and how each example ends."""


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_of_many_words_several_lines_are_examples_each_the_typed_line(
    slack: Slack, loan: Loan, locale: str
) -> None:
    await slack.change(slack.agent, locale=locale)
    for line, end in MANY_WORDS.items():
        shown = examples((await slack.command(slack.agent, line)).text)
        begin = re.split(" xyz| :| qqq", line)[0]
        assert len(set(shown)) == 3, shown
        assert all(example.startswith(begin) and example.endswith(end) for example in shown), shown


@pytest.mark.parametrize("name", ["/loan-follow", "/loan-docs"])
async def test_every_example_of_a_refusal_is_understood(slack: Slack, loan: Loan, name: str) -> None:
    [usage] = [command.usage for command in COMMANDS if command.name == name]
    for who, typed in ((slack.agent, [e.en for e in usage.examples]), (slack.other, [e.zh for e in usage.examples])):
        if who is slack.other:
            await slack.in_chinese(slack.other)
        for words in (line.replace("L-1042", "A-1").split(" ") for line in typed):
            for n in range(1, len(words)):
                reply = await slack.command(who, f"{usage.command} {' '.join(words[:n])}x")
                for example in examples(reply.text) if "Your line" in reply.text or "您输入" in reply.text else []:
                    again = await slack.command(who, example)
                    assert "isn't a" not in again.text, example
                    assert "I don't understand" not in again.text, example
