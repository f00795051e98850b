"""A member's own settings, changed with the form. Now is Wednesday 10:00 in Shanghai."""

from datetime import date, time
from typing import Any

import pytest
from sqlmodel import select

from sandbox import Modal
from storage.tables import AuditEntry, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def form(slack: Slack) -> Modal:
    """Open the agent's settings from the answer to `/loan-digest`."""
    return await opened(slack)


async def opened(slack: Slack) -> Modal:
    reply = await slack.command(slack.agent, "/loan-digest")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "My settings")
    return slack.sandbox.modal_of(slack.agent.slack_user_id)


async def the_agent(slack: Slack) -> Member:
    async with slack.office.database.reading() as session:
        return await session.get_one(Member, slack.agent.id)


async def audited(slack: Slack) -> list[str]:
    async with slack.office.database.reading() as session:
        rows = await session.exec(select(AuditEntry).where(AuditEntry.subject_id == slack.agent.id))
        return sorted(row.act for row in rows)


async def test_all_settings_are_changed_together_and_undone_together(slack: Slack, form: Modal) -> None:
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_on=date(2026, 11, 27))
    before = await the_agent(slack)

    await form.fill("Language", "zh")
    await form.fill("Daily digest at", "07:45")
    await form.fill("Channel for my reminders", slack.desk_channel)
    await form.fill("Workday starts at", "10:00")
    await form.fill("Workday ends at", "19:00")
    await form.fill("Working days", ["0", "1", "2", "3", "4", "5"])
    await form.fill("Away from today until (inclusive)", "2026-11-27")
    await form.fill("My cover", "UOTHER")
    sent = await form.submit()

    assert sent.errors == {}
    assert form.title == "我的设置"
    assert "每日摘要在工作日 07:45 发送" in form.text
    assert "10:00-19:00 周一至周六" in form.text
    now = await the_agent(slack)
    assert (now.language, now.locale) == ("zh", "en-US")
    assert (now.digest_time, now.reminder_channel_id) == (time(7, 45), "CDESK")
    assert (now.work_start, now.work_end, now.working_days) == (time(10), time(19), "012345")
    assert (now.absent_from, now.absent_until, now.cover_id) == (
        date(2026, 11, 25),
        date(2026, 11, 27),
        slack.other.id,
    )
    assert await audited(slack) == ["away", "set_channel", "set_digest", "set_hours", "set_language"]

    await form.press("撤销")

    restored = await the_agent(slack)
    kept = {"version", "next_digest_at"}
    assert restored.model_dump(exclude=kept) == before.model_dump(exclude=kept)


async def test_unchanged_settings_are_not_written(slack: Slack, form: Modal) -> None:
    await slack.command(slack.manager, "/loan-team away @Agent until 2026-11-30 cover @Other")

    await form.fill("Daily digest at", "07:45")
    await form.submit()

    assert "07:45" in form.text
    now = await the_agent(slack)
    assert now.absent_until == date(2026, 11, 30)
    assert await audited(slack) == ["away", "set_digest"]


async def test_every_answer_uses_the_chosen_language(slack: Slack, form: Modal) -> None:
    await form.fill("Language", "zh")
    await form.submit()
    assert "摘要" in (await slack.command(slack.agent, "/loan-digest")).text

    reply = await slack.command(slack.agent, "/loan-digest")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "我的设置")
    again = slack.sandbox.modal_of(slack.agent.slack_user_id)
    await again.fill("语言", "与 Slack 一致")
    await again.submit()

    assert "Your digest comes at" in (await slack.command(slack.agent, "/loan-digest")).text


async def test_settings_that_are_on_can_be_switched_off(slack: Slack, form: Modal) -> None:
    await form.fill("Channel for my reminders", slack.desk_channel)
    await form.fill("Away from today until (inclusive)", "2026-11-27")
    await form.fill("My cover", "UOTHER")
    await form.submit()

    again = await opened(slack)
    await again.fill("Turn off", ["digest", "channel", "until"])
    await again.submit()

    assert "No digest" in again.text
    assert "Your reminders go to: direct messages" in again.text
    assert "You're at work." in again.text
    now = await the_agent(slack)
    assert (now.digest_time, now.reminder_channel_id, now.absent_until, now.cover_id) == (None, None, None, None)


async def test_saving_without_changes_is_reported(slack: Slack, form: Modal) -> None:
    before = await the_agent(slack)
    await form.submit()

    assert form.errors == {"Language": "Nothing was changed: it is already set this way."}
    assert (await the_agent(slack)).version == before.version


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Away from today until (inclusive)", "2026-11-24", "has passed"),
        ("My cover", "UOTHER", "Until when?"),
        ("Workday ends at", "08:00", "past midnight"),
    ],
)
async def test_errors_are_shown_at_their_fields_and_nothing_is_saved(
    slack: Slack, form: Modal, label: str, value: str, said: str
) -> None:
    await form.fill("Daily digest at", "07:45")
    await form.fill(label, value)
    await form.submit()

    at = {"My cover": "Away from today until (inclusive)"}.get(label, label)
    assert said in form.errors[at]
    assert (await the_agent(slack)).digest_time == time(8, 30)
    assert "07:45" in str(form.values)


@pytest.mark.parametrize(
    ("cover", "said"), [("UAGENT", "the same person twice"), ("USTRANGER", "not a member of this desk")]
)
async def test_a_cover_who_cannot_cover_is_refused(slack: Slack, form: Modal, cover: str, said: str) -> None:
    await form.fill("Away from today until (inclusive)", "2026-11-27")
    await form.fill("My cover", cover)
    await form.submit()

    assert said in form.errors["My cover"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"is_archived": True}, "is archived"),
        ({"is_ext_shared": True}, "shared with another company"),
        ({"with_bot": False}, "The bot isn't in"),
    ],
)
async def test_an_unsuitable_reminder_channel_is_refused(
    slack: Slack, form: Modal, what: dict[str, bool], said: str
) -> None:
    values: dict[str, Any] = {"channel_id": "CCALLS", "kind": "private", "members": ["UAGENT"], **what}
    slack.sandbox.add_channel("calls", **values)
    await form.fill("Channel for my reminders", "CCALLS")
    await form.submit()

    assert said in form.errors["Channel for my reminders"]


async def test_a_public_reminder_channel_is_saved_with_a_warning(slack: Slack, form: Modal) -> None:
    slack.sandbox.add_channel("calls", channel_id="CCALLS", kind="public", members=["UAGENT"])
    await form.fill("Channel for my reminders", "CCALLS")
    await form.submit()

    assert "that channel is public" in form.text


async def test_a_member_who_was_removed_meanwhile_is_told(slack: Slack, form: Modal) -> None:
    await slack.command(slack.admin, "/loan-team remove @Agent to @Other")
    await form.fill("Daily digest at", "07:45")
    await form.submit()

    assert "not a member of this desk" in form.errors["Language"]


async def test_the_settings_open_from_the_home(slack: Slack) -> None:
    await slack.sandbox.open_home(slack.agent.slack_user_id)
    await slack.sandbox.home_of(slack.agent.slack_user_id).press("My settings")

    assert slack.sandbox.modal_of(slack.agent.slack_user_id).title == "My settings"


async def test_what_another_set_meanwhile_stays(slack: Slack, form: Modal) -> None:
    await slack.command(slack.manager, "/loan-team hours @agent 08:00-17:00 mon-sat")
    await slack.command(slack.manager, "/loan-team away @agent until dec 4 cover @other")
    await form.fill("Workday ends at", "16:00")
    await form.fill("My cover", "UVERIFIER")
    await form.submit()

    now = await the_agent(slack)
    assert (now.work_start, now.work_end, now.working_days) == (time(8), time(16), "012345")
    assert (now.absent_until, now.cover_id) == (date(2026, 12, 4), slack.verifier.id)
