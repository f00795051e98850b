"""**Call** rings the agent's phone and then the borrower's, without showing the number. Now is Wednesday 10:00."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import field
from typing import Any

import pytest
from aiohttp import web
from sqlmodel import select

from bot import phone_rings
from bot.ring_requests import read_request
from desk.core.dataclass import dataclass
from desk.core.values import LoanRef
from desk.loans.related import PersonEntry, PhoneEntry, add_person, remove_person
from desk.telephony.ringing import take_rings
from storage.tables import AuditEntry, Borrower, Loan, PhoneRing, RelatedPerson, Workspace
from storage.upkeep.erasing import erase
from tests.builders import make_follow_up, make_loan
from tests.conftest import UNHURRIED
from tests.wire.office_day import Slack, buttons, shown

SETTINGS = {
    "ring_url": "http://127.0.0.1:1/ring?from={extension}&to={number}",
    "ring_headers": '{"Authorization": "Basic cGJ4"}',
    "ring_body": '{"variables": {"token": "{token}", "to": ["{digits}"]}}',
}
NUMBER = "13800135678"


@dataclass(slots=True)
class Exchange:
    """A phone system that is asked to ring."""

    slack: Slack
    asked: list[tuple[str, str, Any]] = field(default_factory=list[tuple[str, str, Any]])
    status: int = 200
    waits_for: int = 0
    all_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def ring(self, request: web.Request) -> web.Response:
        self.asked.append((request.path_qs, request.headers.get("Authorization", ""), await request.json()))
        if len(self.asked) >= self.waits_for:
            self.all_asked.set()
        await self.all_asked.wait()
        return web.Response(status=self.status)

    async def round(self) -> None:
        rings = self.slack.service.rings
        assert rings is not None
        await rings.round()
        await self.slack.deliver()


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    await slack.change(slack.agent, extension="2001")
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


@pytest.fixture
async def exchange(slack: Slack, loan: Loan) -> AsyncIterator[Exchange]:
    there = Exchange(slack)
    app = web.Application()
    app.router.add_post("/ring", there.ring)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    request = read_request(
        SETTINGS["ring_url"].replace(":1/", f":{port}/"), "POST", SETTINGS["ring_headers"], SETTINGS["ring_body"]
    )
    assert request is not None
    service = slack.service
    service.only.rings = phone_rings.RingCaller(slack.office, slack.workspace, service.session, request)
    yield there
    there.all_asked.set()
    await runner.cleanup()


async def _call(slack: Slack) -> str:
    return shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call")).text


async def test_the_phone_rings_and_no_number_is_shown(slack: Slack, exchange: Exchange) -> None:
    card = await slack.card(slack.agent)
    assert NUMBER not in json.dumps(card.blocks)
    answer = await _call(slack)
    assert "Your phone 2001 rings" in answer
    assert NUMBER not in answer
    await exchange.round()
    [row] = await slack.rows(PhoneRing)
    [(path, authorization, body)] = exchange.asked
    assert path == "/ring?from=2001&to=%2B86" + NUMBER
    assert authorization == "Basic cGJ4"
    assert body == {"variables": {"token": str(row.id), "to": ["86" + NUMBER]}}
    assert row.state == "rung"
    acts = [each.act for each in await slack.rows(AuditEntry)]
    assert "ring" in acts
    assert "show_number" not in acts


async def test_in_chinese_it_rings_and_a_failure_is_told(slack: Slack, exchange: Exchange) -> None:
    await slack.in_chinese(slack.agent)
    exchange.status = 500
    card = await slack.card(slack.agent)
    assert [each for each in buttons(card) if each in ("拨打", "显示号码")] == ["拨打", "显示号码"]
    answer = shown(await slack.press(slack.agent, card, "拨打"))
    assert answer.is_ephemeral
    assert "您的话机 2001 正在响铃，接起后将呼叫对方。" in answer.text
    await exchange.round()
    [failed] = slack.posts(slack.agent)
    assert "话机系统拒绝" in failed.text
    assert NUMBER not in json.dumps(failed.blocks)


async def test_a_reminder_has_the_button_too(slack: Slack, exchange: Exchange, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now())
    await slack.deliver()
    [reminder] = slack.posts(slack.agent)
    assert "Call" in buttons(reminder)
    assert NUMBER not in json.dumps(reminder.blocks)
    assert "rings" in shown(await slack.press(slack.agent, reminder, "Call")).text
    await exchange.round()
    assert len(exchange.asked) == 1


async def test_who_logs_no_calls_gets_a_reminder_without_the_button(
    slack: Slack, exchange: Exchange, loan: Loan
) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now())
    await slack.change(slack.agent, roles="compliance")
    await slack.deliver()
    assert not [each for each in slack.posts(slack.agent) if "Call" in buttons(each)]
    assert exchange.asked == []


async def _call_spouse(slack: Slack) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        entry = PersonEntry("spouse", "韩梅梅", phones=(PhoneEntry("mobile", "+8613900000202"),))
        await add_person(desk, loan=LoanRef("A-1", "A-1"), entry=entry)
    people = await slack.in_card(slack.agent, "Open", "People")
    await people.press("Call 0202")
    assert "rings" in slack.sandbox.modal_of(slack.agent.slack_user_id).text


async def test_a_person_around_the_loan_is_rung(slack: Slack, exchange: Exchange) -> None:
    await _call_spouse(slack)
    await exchange.round()
    assert exchange.asked[0][0] == "/ring?from=2001&to=%2B8613900000202"


async def test_after_a_failure_the_same_person_is_rung_or_shown_and_not_the_borrower(
    slack: Slack, exchange: Exchange
) -> None:
    exchange.status = 500
    await _call_spouse(slack)
    await exchange.round()
    [failed] = slack.posts(slack.agent)
    assert "139 0000 0202" in shown(await slack.press(slack.agent, failed, "Show number")).text
    await slack.press(slack.agent, failed, "Call")
    await exchange.round()
    assert [path for path, _, _ in exchange.asked] == ["/ring?from=2001&to=%2B8613900000202"] * 2


async def test_who_was_removed_after_the_press_is_not_called_and_neither_is_the_borrower(
    slack: Slack, exchange: Exchange
) -> None:
    await _call_spouse(slack)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        [person] = await slack.rows(RelatedPerson)
        await remove_person(desk, person.id, person.version)
    await exchange.round()
    assert exchange.asked == []
    assert "the number was removed meanwhile" in slack.posts(slack.agent)[0].text


async def test_who_was_erased_after_the_press_is_not_called_and_neither_is_the_borrower(
    slack: Slack, exchange: Exchange
) -> None:
    await _call_spouse(slack)
    async with slack.office.database.transaction() as session:
        await erase(session, "related_person", [each.id for each in await slack.rows(RelatedPerson)])
    await exchange.round()
    assert exchange.asked == []


async def test_a_number_that_no_key_opens_is_not_sent_to_the_phone_system(slack: Slack, exchange: Exchange) -> None:
    await _call(slack)
    async with slack.office.database.transaction() as session:
        [borrower] = (await session.exec(select(Borrower))).all()
        borrower.phone_cipher = borrower.phone_cipher[:-1] + bytes([borrower.phone_cipher[-1] ^ 1])
        session.add(borrower)
    await exchange.round()
    assert exchange.asked == []


async def test_a_ring_is_not_repeated_when_its_worker_was_killed(slack: Slack, exchange: Exchange) -> None:
    await _call(slack)
    async with slack.office.desk(slack.workspace) as desk:
        assert len(await take_rings(desk)) == 1
    for _ in range(3):  # the worker that took it is gone; others begin
        await exchange.round()
    assert exchange.asked == []
    assert [each.state for each in await slack.rows(PhoneRing)] == ["asking"]
    slack.clock.advance(minutes=1)
    await exchange.round()
    assert exchange.asked == []
    assert "your phone may still ring" in slack.posts(slack.agent)[0].text


async def test_a_second_press_at_once_rings_once(slack: Slack, exchange: Exchange) -> None:
    await _call(slack)
    assert "a moment ago" in await _call(slack)
    for _ in range(3):
        await exchange.round()
    assert len(exchange.asked) == 1


async def test_a_slow_phone_system_has_no_other_phone_ring_late(
    slack: Slack, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers none before all were asked."""
    await _call(slack)
    await slack.change(slack.manager, extension="2002")
    await slack.press(slack.manager, await slack.card(slack.manager), "Call")
    exchange.waits_for = 2
    monkeypatch.setattr(phone_rings, "RING_SECONDS", 2.0)
    await exchange.round()
    assert {each.state for each in await slack.rows(PhoneRing)} == {"rung"}


async def test_without_an_extension_the_number_is_shown_and_recorded(slack: Slack, exchange: Exchange) -> None:
    await slack.change(slack.agent, extension=None)
    assert "138 0013 5678" in await _call(slack)
    await exchange.round()
    assert exchange.asked == []
    assert "show_number" in [each.act for each in await slack.rows(AuditEntry)]


async def test_call_alone_is_there_where_both_would_show_the_number(slack: Slack, exchange: Exchange) -> None:
    assert buttons(await slack.card(slack.agent)).count("Show number") == 1
    await slack.change(slack.agent, extension=None)
    card = await slack.card(slack.agent)
    assert "Call" in buttons(card)
    assert "Show number" not in buttons(card)


async def test_contact_rules_are_asked_first(slack: Slack, exchange: Exchange) -> None:
    rules = {"workspace": {"packs": ["CN"], "role": "own", "raised": {}}}
    async with slack.office.database.transaction() as session:
        workspace = await session.get_one(Workspace, slack.workspace.id)
        workspace.contact_rules = slack.workspace.contact_rules = rules
    await slack.at("2026-11-25 22:30")
    answer = await _call(slack)
    assert "rings" not in answer
    assert NUMBER not in answer.replace(" ", "")
    await exchange.round()
    assert exchange.asked == []


@pytest.mark.parametrize(
    ("status", "answers", "why"),
    [(500, True, "the phone system refused it"), (200, False, "didn't answer: your phone may still ring")],
)
async def test_a_failure_is_told_and_not_repeated(
    slack: Slack, exchange: Exchange, monkeypatch: pytest.MonkeyPatch, status: int, answers: bool, why: str
) -> None:
    monkeypatch.setattr(phone_rings, "RING_SECONDS", UNHURRIED if answers else 0.2)
    exchange.status, exchange.waits_for = status, 0 if answers else 2
    await _call(slack)
    for _ in range(3):
        await exchange.round()
    assert len(exchange.asked) == 1
    [message] = slack.posts(slack.agent)
    assert why in message.text
    assert NUMBER not in json.dumps(message.blocks)


@pytest.mark.usefixtures("loan")
async def test_a_phone_system_that_is_away_is_told(slack: Slack) -> None:
    await _call(slack)
    rings = slack.service.rings
    assert rings is not None
    await rings.round()
    await slack.deliver()
    assert "can't be reached" in slack.posts(slack.agent)[0].text


async def test_a_ring_of_half_a_minute_ago_is_given_up(slack: Slack, exchange: Exchange) -> None:
    await _call(slack)
    slack.clock.advance(seconds=40)
    await exchange.round()
    assert exchange.asked == []
    assert "it took too long" in slack.posts(slack.agent)[0].text


@pytest.mark.parametrize(
    "given",
    [
        {"ring_url": "https://pbx.example.com/"},
        {"ring_headers": "[]"},
        {"ring_body": "{"},
        {"ring_url": "https://pbx.example.com/{number}"},
    ],
)
def test_a_request_that_cannot_be_made_is_refused_at_the_start(given: dict[str, str]) -> None:
    said = SETTINGS | {"ring_body": ""} | given
    with pytest.raises(ValueError, match=r"need|JSON|Expecting"):
        read_request(said["ring_url"], "POST", said["ring_headers"], said["ring_body"])
