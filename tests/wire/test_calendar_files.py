"""An appointment is downloaded for a calendar, with a code from Slack, once. Now is Wednesday 10:00."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlmodel import col, select

from storage.tables import AuditEntry, Loan, Member
from tests.builders import make_loan
from tests.wire.office_day import Slack
from tests.wire.page_links import link_and_code

PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, with a signing on Friday at 15:00 and a place."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="王小明")
    form = await slack.in_card(slack.agent, "Open", "Book an appointment")
    for label, value in (("What for", "signing"), ("When", "fri 15:00"), ("Place", "Nanjing Road 1, 2nd floor")):
        await form.fill(label, value)
    await form.submit()
    return loan


async def offered(slack: Slack, who: Member) -> tuple[str, str]:
    """Press the button on the card, and return the address of the page and the code."""
    opens, asks = ("Open", "Calendar file") if who is slack.agent else ("打开", "日历文件")
    modal = await slack.in_card(who, opens, asks)
    return of_message(slack, modal.blocks, modal.text)


def of_message(slack: Slack, blocks: list[dict[str, object]], text: str) -> tuple[str, str]:
    url, code = link_and_code(blocks, text)
    path = urlsplit(url).path
    assert path.startswith("/files/"), "a proxy passes on this path alone"
    return f"http://127.0.0.1:{slack.service.port}{path}", code.replace(" ", "")


async def lines(browser: aiohttp.ClientSession, link: tuple[str, str]) -> list[str]:
    async with browser.post(link[0], data={"code": link[1]}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="appointment.ics"'
        assert answer.headers["Cache-Control"] == "no-store"
        return (await answer.text()).replace("\r\n ", "").splitlines()


async def test_a_member_downloads_an_appointment_and_again_after_it_was_moved_and_cancelled(
    slack: Slack, browser: aiohttp.ClientSession, loan: Loan
) -> None:
    first = await lines(browser, await offered(slack, slack.agent))
    assert {"DTSTART:20261127T070000Z", "DTEND:20261127T080000Z", "METHOD:PUBLISH"} <= set(first)
    assert "SUMMARY:signing · A-1 · 王*" in first
    assert r"LOCATION:Nanjing Road 1\, 2nd floor" in first
    assert "小明" not in str(first)
    form = await slack.in_card(slack.agent, "Open", "Move it")
    await form.fill("When", "fri 17:00")
    await form.submit()
    second = await lines(browser, await offered(slack, slack.agent))
    assert "DTSTART:20261127T090000Z" in second
    uid, sequence = (next(line for line in first if line.startswith(name)) for name in ("UID:", "SEQUENCE:"))
    assert uid in second
    assert int(next(line for line in second if line.startswith("SEQUENCE:"))[9:]) > int(sequence[9:])
    cancelled = await slack.in_card(slack.agent, "Open", "Cancel it")
    await cancelled.press("Calendar file")
    modal = slack.sandbox.modal_of("UAGENT")
    third = await lines(browser, of_message(slack, modal.blocks, modal.text))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", uid} <= set(third)
    async with slack.office.database.reading() as session:
        acts = (await session.exec(select(AuditEntry.act).where(col(AuditEntry.act).startswith("calendar")))).all()
    assert sorted(acts) == ["calendar_link"] * 3 + ["calendar_opened"] * 3


async def test_a_link_serves_its_member_alone_once_and_for_five_minutes(
    slack: Slack, browser: aiohttp.ClientSession, loan: Loan
) -> None:
    async def status(url: str, code: str | None = None) -> int:
        asked = browser.get(url) if code is None else browser.post(url, data={"code": code})
        async with asked as answer:
            return answer.status

    await slack.in_chinese(slack.manager)
    url, code = await offered(slack, slack.manager)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert await status(url) == 200
    assert await status(f"{url}x", code) == 404
    assert await status(f"http://127.0.0.1:{slack.service.port}/files/calendar/nonsense", code) == 404
    assert await status(url, wrong) == 403
    assert "SUMMARY:签约 · A-1 · 王*" in await lines(browser, (url, code))
    assert await status(url, code) == 404
    url, code = await offered(slack, slack.agent)
    assert [await status(url, wrong) for _ in range(6)] == [403, 403, 403, 403, 410, 410]
    assert await status(url, code) == 410
    url, code = await offered(slack, slack.agent)
    slack.clock.advance(minutes=5)
    assert await status(url, code) == 410
    url, code = await offered(slack, slack.agent)
    await slack.command(slack.manager, "/loan-reassign A-1 <@UOTHER>")
    await slack.change(slack.agent, team_id=None)
    assert await status(url, code) == 403


async def test_without_a_page_it_says_so(slack: Slack, loan: Loan) -> None:
    object.__setattr__(slack.service.office, "files", None)
    modal = await slack.in_card(slack.agent, "Open", "Calendar file")
    assert "This desk has no page where calendar files can be downloaded" in modal.text
