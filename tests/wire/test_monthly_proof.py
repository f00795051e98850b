"""Compliance opens the proof of a month from the Home. Now is Wednesday 25 November 2026, 10:00."""

import csv
from collections.abc import AsyncIterator
from io import StringIO

import aiohttp
import pytest

from storage.tables import AuditEntry
from tests.builders import make_call, make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack, shown
from tests.wire.test_calendar_files import of_message
from tests.wire.test_contact_rules import choose

PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def offered(slack: Slack, button: str = "Monthly proof", **fields: str) -> tuple[str, str]:
    """Ask for a proof on the Home, and return the address of the page and the code."""
    who = slack.compliance.slack_user_id
    await slack.sandbox.open_home(who)
    await slack.sandbox.home_of(who).press(button)
    form = slack.sandbox.modal_of(who)
    await fill(form, fields)
    assert (await form.submit()).errors == {}
    form = slack.sandbox.modal_of(who)
    return of_message(slack, form.blocks, form.text)


async def download(browser: aiohttp.ClientSession, link: tuple[str, str]) -> tuple[int, str, bytes]:
    async with browser.post(link[0], data={"code": link[1]}) as answer:
        return answer.status, answer.headers.get("Content-Disposition", ""), await answer.read()


async def test_compliance_reads_what_members_did_under_contact_rules_this_month(
    slack: Slack, browser: aiohttp.ClientSession
) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")
    await slack.command(slack.agent, "/loan-call A-1 reached asks about the rate next tomorrow 3pm")
    await choose(slack, "CN")
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    for _ in range(3):
        await make_call(slack.office, loan, slack.agent)
    shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call"))
    await slack.command(slack.agent, "/loan-call A-1 reached wants a new date next tomorrow 3pm")
    await slack.command(slack.agent, "/loan-note A-77 nothing")
    await slack.later(seconds=6)
    await slack.deliver()

    link = await offered(slack, Month="2026-11", As="CSV, to count on")
    status, name, content = await download(browser, link)
    assert (status, name) == (200, f'attachment; filename="proof-2026-11-{slack.workspace.slack_team_id}.en.csv"')
    rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))
    counts = {(row["item"], row["detail"]): int(row["count"]) for row in rows if row["count"]}
    assert counts["call", "unchecked"] == counts["call", "kept"] == counts["call", "broken"] == 1
    assert counts["contact_held", "deny"] == counts["CN-C1", "contact_held"] == counts["CN-C1", "contact_broken"] == 1
    assert counts["card", "agent"] == 1
    assert any(row["text"] == "The month is not over: this is what was sealed so far." for row in rows)
    assert not any(word in content.decode() for word in ("王", "小明", "A-1", "Agent"))
    assert (await download(browser, link))[0] == 404
    acts = [(entry.act, entry.details["month"]) for entry in await slack.rows(AuditEntry) if "proof" in entry.act]
    assert acts == [("proof_link", "2026-11"), ("proof_opened", "2026-11")]


async def test_in_chinese_it_is_a_pdf_and_a_lost_role_opens_nothing(
    slack: Slack, browser: aiohttp.ClientSession
) -> None:
    await slack.in_chinese(slack.compliance)
    status, name, content = await download(browser, await offered(slack, "月度证明"))
    assert (status, content[:5]) == (200, b"%PDF-")
    assert f"proof-2026-10-{slack.workspace.slack_team_id}.zh.pdf" in name
    link = await offered(slack, "月度证明", 月份="2026-09")
    await slack.command(slack.admin, "/loan-team add @compliance agent")
    await slack.command(slack.admin, "/loan-team drop @compliance compliance")
    assert (await download(browser, link))[0] == 403
    assert [entry.act for entry in await slack.rows(AuditEntry) if "proof" in entry.act][-1] == "proof_refused"
