"""Links to loans as Work Objects with a side pane. Now is Wednesday 10:00 in Shanghai."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.commands.doctor import examine
from handlers.messages.work_objects import ENTITY_TYPE
from sandbox import Modal
from sandbox.model import Message, text_of
from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.conftest import install, settings_for
from tests.wire.office_day import Slack, shown

LOAN_LINKS = "https://loans.example.com/l/{number}"
WORK_OBJECTS = True
"""The settings with which the desk of this module runs."""

LINK = "https://loans.example.com/l/L-1042"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, in arrears since 1 November, with a call on Friday at 15:00."""
    loan = await make_loan(
        slack.office, slack.workspace, "L-1042", owner=slack.agent, stage="disbursed", unpaid_since=date(2026, 11, 1)
    )
    await make_follow_up(slack.office, loan, slack.agent, purpose="repayment", due_on=date(2026, 11, 27))
    return loan


async def form(slack: Slack) -> Modal:
    """Open the settings of the workspace as its admin."""
    await slack.sandbox.open_home("UADMIN")
    await slack.sandbox.home_of("UADMIN").press("Language and country")
    return slack.sandbox.modal_of("UADMIN")


async def choose(slack: Slack, value: str = "work_object") -> Modal:
    """Choose in the form how links to loans are shown."""
    modal = await form(slack)
    await modal.fill("Links to your loan system show", value)
    assert (await modal.submit()).errors == {}
    return modal


async def posted(slack: Slack, words: str = f"who takes <{LINK}?tab=2>?", *, by: str = "UAGENT") -> Message:
    """Post a link, and return the message with what is shown below."""
    message = slack.sandbox.say(by, slack.desk_channel, words)
    await slack.sandbox.wait_for(lambda: message.attachments)
    return message


def below(message: Message) -> list[str]:
    return "\n".join(text_of(attachment) for attachment in message.attachments).splitlines()


@pytest.mark.both_doors
async def test_a_link_opens_a_pane_with_what_its_reader_may_see_and_do(slack: Slack, loan: Loan) -> None:
    assert "links to your loan system show a Work Object with a side pane" in (await choose(slack)).text
    message = await posted(slack)
    assert below(message) == ["贷款 · L-1042", "阶段: 已放款", "查看卡片"]

    pane = await slack.sandbox.open_pane("UAGENT", message)
    assert pane.title == "Loan · L-1042"
    assert pane.text.splitlines() == [
        "Loan · L-1042",
        "Borrower: 王* · phone ending 5678",
        "Stage: disbursed",
        "Owner: <@UAGENT>",
        "Next follow-up: repayment reminder · Fri 27 Nov",
        "Who calls: <@UAGENT>",
        "Repayment: 24 days past due (M1, by the lender's data)",
        "Log a call",
        "Open card",
        "Assign a follow-up",
    ]
    await slack.sandbox.press_in_pane("UAGENT", "Open card")
    assert "王小明" in slack.sandbox.modal_of("UAGENT").text
    await slack.sandbox.press_in_pane("UAGENT", "Log a call")
    call = slack.sandbox.modal_of("UAGENT")
    await call.fill("Outcome", "no_answer")
    assert (await call.submit()).errors == {}
    await slack.sandbox.press_in_pane("UAGENT", "Assign a follow-up")
    assert slack.sandbox.modal_of("UAGENT").title == "Assign a follow-up"

    pane = await slack.sandbox.open_pane("UCOMPLIANCE", message)
    assert pane.buttons() == ["Open card"]
    assert "Next follow-up: repayment reminder" in pane.text


async def test_the_pane_is_in_its_readers_language(slack: Slack, loan: Loan) -> None:
    await choose(slack)
    await slack.in_chinese(slack.agent)
    pane = await slack.sandbox.open_pane("UAGENT", await posted(slack))
    assert pane.text.splitlines() == [
        "贷款 · L-1042",
        "客户: 王* · 尾号5678",
        "阶段: 已放款",
        "负责人: <@UAGENT>",
        "下次跟进: 还款提醒 · 11月27日 周五",
        "跟进人: <@UAGENT>",
        "还款: 逾期24天（M1，按资方数据）",
        "登记通话",
        "查看卡片",
        "安排跟进",
    ]


async def test_a_pane_tells_a_person_without_the_right_nothing_of_the_loan(slack: Slack, loan: Loan) -> None:
    await choose(slack)
    message = await posted(slack)
    await slack.change(slack.other, team_id=None)
    for reader, why in (
        ("USTRANGER", "not a member of this desk"),
        ("UOTHER", "That loan doesn't exist, or you can't see it"),
    ):
        pane = await slack.sandbox.open_pane(reader, message)
        assert (pane.title, pane.blocks) == ("Nothing to show here", [])
        assert why in pane.text
        assert "L-1042" not in pane.text
    await slack.in_chinese(slack.other)
    pane = await slack.sandbox.open_pane("UOTHER", message)
    assert pane.title == "无法显示"
    assert "找不到这笔贷款，或您无权查看" in pane.text


async def test_a_button_of_a_pane_whose_reader_has_lost_the_loan_says_so_in_a_form(slack: Slack, loan: Loan) -> None:
    await choose(slack)
    message = await posted(slack)
    await slack.sandbox.open_pane("UOTHER", message)
    await slack.change(slack.other, team_id=None)
    for button in ("Open card", "Log a call"):
        await slack.sandbox.press_in_pane("UOTHER", button)
        assert "you can't see it" in slack.sandbox.modal_of("UOTHER").text


async def test_without_the_setting_links_show_number_and_stage(slack: Slack, loan: Loan) -> None:
    assert below(await posted(slack)) == ["L-1042 · 已放款", "查看卡片"]
    await choose(slack)
    await choose(slack, "plain")
    assert below(await posted(slack)) == ["L-1042 · 已放款", "查看卡片"]


async def test_what_slack_refuses_is_shown_plainly_and_not_tried_again_for_a_while(
    slack: Slack, loan: Loan, database_url: str
) -> None:
    settings = settings_for(slack.sandbox, database_url, loan_links=LOAN_LINKS)

    async def doctor() -> tuple[bool, str]:
        return next(
            iter([(f.ok, f.words) async for f in examine(settings, slack.clock) if f.subject == "work objects"])
        )

    def attempts() -> int:
        calls = [each for each in slack.sandbox.traffic if each.name == "chat.unfurl"]
        return sum("metadata" in each.body for each in calls)

    assert await doctor() == (
        True,
        "off: links show number and stage. An admin chooses them under Language and country on the Home",
    )
    await choose(slack)
    assert (await doctor())[0]
    url = f"http://127.0.0.1:{slack.service.port}"
    install(slack.sandbox, url, links_domain="loans.example.com")
    assert below(await posted(slack)) == ["L-1042 · 已放款", "查看卡片"]
    assert below(await posted(slack)) == ["L-1042 · 已放款", "查看卡片"]
    assert attempts() == 1
    ok, words = await doctor()
    assert not ok
    assert f"Work Object Previews with the type {ENTITY_TYPE} and the event entity_details_requested" in words
    slack.clock.advance(days=30)
    await posted(slack)
    assert attempts() == 2

    install(slack.sandbox, url, links_domain="loans.example.com", work_objects=True)
    await choose(slack, "plain")
    await choose(slack)
    assert below(await posted(slack))[0] == "贷款 · L-1042"
    assert (await doctor())[0]


async def test_below_a_work_object_the_card_opens_as_below_a_plain_link(slack: Slack, loan: Loan) -> None:
    await choose(slack)
    message = await posted(slack)
    assert "王小明" in shown(await slack.press(slack.agent, message, "查看卡片")).text


async def test_the_setting_is_undone_like_the_others(slack: Slack, loan: Loan) -> None:
    modal = await choose(slack)
    await modal.press("Undo")
    assert below(await posted(slack)) == ["L-1042 · 已放款", "查看卡片"]


def test_the_command_line_asks_slack_for_work_objects() -> None:
    printed = CliRunner().invoke(app, ["manifest", "--socket", "--loan-links", LOAN_LINKS, "--work-objects"])
    written = json.loads(printed.output)
    assert written["features"]["rich_previews"] == {"is_active": True, "entity_types": [ENTITY_TYPE]}
    assert "entity_details_requested" in written["settings"]["event_subscriptions"]["bot_events"]
    assert CliRunner().invoke(app, ["manifest", "--socket", "--work-objects"]).exit_code == 2
