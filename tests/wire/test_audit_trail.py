"""`/loan-audit` and **Who saw this** tell compliance who saw and did what, and managers what their teams did."""

import pytest

from desk.core.operator_acts import operator, record_act
from storage.tables import AuditEntry, Team
from tests.builders import make_loan, make_manager
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, given, shown
from tests.wire.worlds import NAME, make_world

PUBLIC_URL = "https://desk.example.com"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_compliance_reads_who_saw_a_loan_a_member_and_today(slack: Slack, language: str) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")
    await slack.command(slack.agent, "/loan A-1")
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    words = ("saw the card", "a logged call") if language == "en" else ("看了卡片", "访问记录")
    if language == "zh":
        await slack.in_chinese(slack.compliance)
    today = "/loan-audit" if language == "en" else "/loan-audit 今天"

    for line in (today, "/loan-audit A-1", f"/loan-audit <@{slack.agent.slack_user_id}>"):
        read = (await slack.command(slack.compliance, line)).text
        assert words[0] in read
        assert "A-1" in read
        assert "王小明" not in read
    assert words[1] in read or language == "en"
    entries = [entry for entry in await slack.rows(AuditEntry) if entry.act == "see_audit"]
    assert [(entry.actor_id, entry.details["door"]) for entry in entries] == [(slack.compliance.id, "/loan-audit")] * 3


async def test_the_card_says_who_saw_it_to_those_who_may_know(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    seen = given((await slack.command(slack.agent, "/loan A-1")).message)
    assert "Who saw this" not in buttons(seen)
    for who in (slack.manager, slack.compliance):
        card = given((await slack.command(who, "/loan A-1")).message)
        read = shown(await slack.press(who, card, "Who saw this")).text
        assert "Who saw it" in read
        assert f"<@{slack.agent.slack_user_id}>" in read or "@Agent" in read


async def test_refused_attempts_and_later_pages_are_read_with_buttons(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.compliance, f"/loan-note {loan.number} asks")
    for _ in range(12):
        await slack.command(slack.agent, "/loan A-1")
        await slack.later(seconds=1)
    first = given((await slack.command(slack.compliance, "/loan-audit today")).message)
    assert "Next page" in buttons(first)
    second = shown(await slack.press(slack.compliance, first, "Next page"))
    assert "Previous page" in buttons(second)
    refused = shown(await slack.press(slack.compliance, second, "Refused"))
    assert "was refused" in refused.text
    assert "saw the card" not in refused.text


async def test_a_manager_reads_what_their_own_team_did_and_an_agent_nothing(slack: Slack) -> None:
    world = await make_world(slack)
    await slack.command(slack.agent, "/loan L-1")
    (west_team,) = [team for team in await slack.rows(Team) if team.name == "West"]
    west = await make_manager(slack.office, slack.workspace, west_team, "UWESTBOSS", name="Boss")
    assert "You need the role" in (await slack.command(slack.agent, "/loan-audit L-1")).text
    assert "saw the card" in (await slack.command(slack.manager, "/loan-audit L-1")).text
    of_loan, of_member = {"l": str(world.loan.id)}, {"m": str(slack.agent.id)}
    others = "Managers see what their own teams saw and did. Compliance sees the rest."
    assert await world.press(west, "audit.list", of_loan) == "That loan doesn't exist, or you can't see it."
    assert await world.press(west, "audit.list", of_member) == others
    assert NAME not in await world.press(west, "audit.list", {})
    assert "no longer" in await world.press(slack.compliance, "audit.list", {"m": str(world.loan.id)})
    assert "saw the card" not in await world.press(west, "audit.list", {})
    assert "was refused" in await world.press(west, "audit.list", {})
    assert "L-1" not in await world.press(west, "audit.list", {})
    assert "L-1" in await world.press(slack.compliance, "audit.list", {"m": str(west.id)})

    await slack.sandbox.open_home("UADMIN")
    await slack.sandbox.home_of("UADMIN").press("Language and country")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Managers see the loans of", "all_teams")
    await form.submit()
    assert await world.press(west, "audit.list", of_loan) == others
    assert "L-1" in await world.press(west, "audit.list", {})


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_acts_of_the_operator_are_read_with_their_account(slack: Slack, language: str) -> None:
    for act in ("import", "backup", "restore", "add_key", "rotate_keys", "remove_key", "wrap_keys", "rewrap_keys"):
        await record_act(slack.office, act, file="keys")
    if language == "zh":
        await slack.in_chinese(slack.compliance)
    read = (await slack.command(slack.compliance, "/loan-audit" if language == "en" else "/loan-audit 今天")).text
    assert (f"operator {operator()}" if language == "en" else f"运维人员 {operator()}") in read
    words = ("added an encryption key", "restored a backup") if language == "en" else ("新增了加密密钥", "恢复了备份")
    assert all(word in read for word in words)
    assert ("a change" if language == "en" else "一项修改") not in read


async def test_what_a_member_did_stays_to_be_read_when_they_have_left(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan A-1")
    await slack.command(slack.admin, "/loan-team remove <@UAGENT> to <@UOTHER>")
    read = given((await slack.command(slack.compliance, "/loan-audit <@UAGENT>")).message)
    assert "saw the card · A-1" in read.text
    await slack.press(slack.compliance, read, "Filter")
    form = slack.sandbox.modal_of("UCOMPLIANCE")
    await form.fill("Member", "UAGENT")
    await form.submit()
    assert "saw the card · A-1" in form.text
    assert "is not a member" in (await slack.command(slack.compliance, "/loan-audit <@UNOBODY>")).text


async def test_entries_are_of_the_days_that_their_title_says(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan A-1")
    today = given((await slack.command(slack.compliance, "/loan-audit")).message)
    assert "Audit trail · today" in today.text
    slack.clock.advance(days=40)
    later = shown(await slack.press(slack.compliance, today, "Who saw it")).text
    assert "Who saw it · Wed 25 Nov 2026\n• Wed 25 Nov 2026 10:00:00 · <@UAGENT> · saw the card" in later
    for values, title, is_there in (
        ({"Until": "2026-11-26"}, "Tue 27 Oct 2026–Thu 26 Nov 2026", True),
        ({"Until": "2026-11-26", "Member": "UAGENT"}, "Tue 27 Oct 2026–Thu 26 Nov 2026", True),
        ({"Until": "2026-11-24"}, "Sun 25 Oct 2026–Tue 24 Nov 2026", False),
        ({"From": "0001-01-01", "Until": "9999-12-31"}, "9999", True),
    ):
        await slack.press(slack.compliance, today, "Filter")
        form = slack.sandbox.modal_of("UCOMPLIANCE")
        await fill(form, values)
        await form.submit()
        assert title in form.text, form.errors
        assert ("saw the card · A-1" in form.text) is is_there, form.text


async def test_who_saw_a_loan_is_asked_in_its_card_too(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan A-1")
    shown_to = await slack.in_card(slack.compliance, "Open", "Who saw this", number="A-1")
    assert "<@UAGENT> · saw the card · A-1 · /loan" in shown_to.text
    await slack.in_card(slack.agent, "Open", number="A-1")
    assert "Who saw this" not in str(slack.sandbox.modal_of("UAGENT").view)
