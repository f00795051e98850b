"""The forms of settings, reassigning, corrections, teams and the card in Chinese."""

import re

import pytest

from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack

KEPT = re.compile(r"Slack|English|East|L-1042|<[@#]\w+>|/loan[\w-]*|Agent|Other|Manager|@Loan Desk")
"""Names, numbers and commands, which are the same in Chinese."""


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, with a call that was logged, a document, and something to call about."""
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="problem")
    for who in (slack.agent, slack.manager, slack.admin):
        await slack.in_chinese(who)
    await slack.command(slack.agent, "/loan-call L-1042/1 占线：再打")
    await slack.command(slack.agent, "/loan-docs L-1042 身份证")
    return loan


def english(text: str) -> list[str]:
    """Return the remaining English words."""
    return re.findall(r"[A-Za-z]{2,}", KEPT.sub("", text))


async def opened(slack: Slack, who: Member, line: str, *buttons: str) -> str:
    reply = await slack.command(who, line)
    for n, button in enumerate(buttons):
        if n == 0:
            assert reply.message is not None
            await slack.press(who, reply.message, button)
        else:
            await slack.sandbox.modal_of(who.slack_user_id).press(button)
    return slack.sandbox.modal_of(who.slack_user_id).text


@pytest.mark.parametrize(
    ("who", "line", "buttons"),
    [
        ("agent", "/loan-digest", ["我的设置"]),
        ("manager", "/loan-reassign", []),
        ("admin", "/loan-team", ["团队设置"]),
        ("admin", "/loan-team", ["添加成员"]),
        ("admin", "/loan-team", ["移除成员"]),
        ("agent", "/loan L-1042", ["打开"]),
        ("agent", "/loan L-1042", ["打开", "时间线"]),
        ("agent", "/loan L-1042", ["打开", "材料"]),
        ("agent", "/loan L-1042", ["打开", "跟进"]),
        ("agent", "/loan L-1042", ["打开", "跟进", "改期 /1"]),
        ("agent", "/loan L-1042", ["打开", "时间线", "更正 11月25日 周三 10:00 占线"]),
    ],
)
async def test_chinese_forms_contain_no_english(
    slack: Slack, loan: Loan, who: str, line: str, buttons: list[str]
) -> None:
    text = await opened(slack, slack.people[who], line, *buttons)

    assert english(text) == []


async def test_all_loans_are_reassigned_with_the_chinese_form(slack: Slack, loan: Loan) -> None:
    await opened(slack, slack.manager, "/loan-reassign")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("移交谁的贷款", "UAGENT")
    await form.fill("分配方式", "balanced")
    await form.fill("分给哪个团队", "East")
    await form.submit()
    assert english(form.text) == []
    assert "<@UOTHER>：贷款 0 → 1 笔 · 未完成跟进 0 → 2 个" in form.text

    await form.press("确认移交")

    assert english(form.text) == []
