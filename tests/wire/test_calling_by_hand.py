"""**Call** where no phone system rings: it shows the presser the number, and records that. Now is Wednesday 10:00."""

import json

import pytest

from desk.core.values import LoanRef
from desk.loans.related import PersonEntry, PhoneEntry, add_person
from storage.tables import AuditEntry, Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, shown

NUMBER = "13800135678"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


@pytest.mark.usefixtures("loan")
async def test_the_card_has_call_alone_which_shows_the_presser_the_number(slack: Slack) -> None:
    card = await slack.card(slack.agent)
    assert buttons(card).count("Call") == 1
    assert "Show number" not in buttons(card)
    assert NUMBER not in json.dumps(card.blocks)
    answer = shown(await slack.press(slack.agent, card, "Call"))
    assert answer.is_ephemeral
    assert "138 0013 5678" in answer.text
    [entry] = [each for each in await slack.rows(AuditEntry) if each.act == "show_number"]
    assert (entry.actor_id, entry.details["door"]) == (slack.agent.id, "phone.call")


async def test_a_reminder_in_chinese_has_it_too_and_no_number_is_in_the_channel(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.agent, locale="zh-CN")
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now())
    await slack.deliver()
    [reminder] = slack.posts(slack.agent)
    assert buttons(reminder).count("拨打") == 1
    assert "显示号码" not in buttons(reminder)
    answer = shown(await slack.press(slack.agent, reminder, "拨打"))
    assert answer.is_ephemeral
    assert "138 0013 5678" in answer.text
    await slack.deliver()
    assert NUMBER not in json.dumps([each.blocks for each in slack.posts(slack.agent)]).replace(" ", "")


@pytest.mark.usefixtures("loan")
async def test_who_makes_no_calls_may_look_at_the_number(slack: Slack) -> None:
    card = await slack.card(slack.compliance)
    assert "Call" not in buttons(card)
    assert "138 0013 5678" in shown(await slack.press(slack.compliance, card, "Show number")).text


@pytest.mark.usefixtures("loan")
async def test_the_people_around_a_loan_have_one_button_for_each_number(slack: Slack) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        entry = PersonEntry("spouse", "韩梅梅", phones=(PhoneEntry("mobile", "+8613900000202"),))
        await add_person(desk, loan=LoanRef("A-1", "A-1"), entry=entry)
    people = shown(await slack.press(slack.agent, await slack.card(slack.agent), "People"))
    assert [each for each in buttons(people) if "0202" in each] == ["Call 0202"]
    assert "139 0000 0202" in shown(await slack.press(slack.agent, people, "Call 0202")).text
