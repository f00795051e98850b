"""Members change in Slack: their name, zone and language, and accounts that are deactivated or become a guest's.

Now is Wednesday 10:00 in Shanghai.
"""

from typing import Any

import pytest

from bot.commands.doctor import examine
from desk.people import accounts
from handlers.door.directory import candidate_of
from sandbox.model import Message
from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, shown

REMINDER = "please call about documents"


async def due_at_eleven(slack: Slack) -> Loan:
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now().replace(hour=3))
    return loan


def reminders(slack: Slack, who: Member) -> list[Message]:
    return [post for post in slack.posts(who) if REMINDER in post.text]


def told(slack: Slack, who: Member) -> list[Message]:
    return [post for post in slack.posts(who) if "<@UAGENT>" in post.text]


async def heard(slack: Slack) -> None:
    """Let the desk hear Slack's events, and run the worker's round."""
    await slack.sandbox.events.wait_until_delivered()
    await slack.deliver()


@pytest.mark.both_doors
async def test_name_address_zone_and_language_follow_slack(slack: Slack) -> None:
    slack.sandbox.change_user(
        "UAGENT", display_name="Li Na", email="Li.Na@lender.example", tz="Asia/Tokyo", locale="zh-CN"
    )
    await heard(slack)

    member = await slack.member("UAGENT")
    assert (member.name, member.name_key, member.email) == ("Li Na", "li na", "li.na@lender.example")
    assert (member.zone, member.locale) == ("Asia/Tokyo", "zh-CN")
    assert "工作台成员" in (await slack.command(slack.agent, "/loan-team")).text


async def test_an_event_that_comes_late_takes_nothing_back(slack: Slack) -> None:
    slack.sandbox.change_user("UAGENT", tz="Asia/Tokyo")
    await heard(slack)
    late = {"id": "UAGENT", "name": "agent", "deleted": True, "tz": "Asia/Shanghai", "profile": {}}
    slack.sandbox.events.emit("user_change", {"type": "user_change", "user": late})
    await heard(slack)

    member = await slack.member("UAGENT")
    assert (member.zone, member.account_lost_at) == ("Asia/Tokyo", None)
    assert told(slack, slack.admin) == []


async def test_a_deactivation_counts_though_slack_does_not_answer_what_the_account_is_now(slack: Slack) -> None:
    slack.sandbox.faults.next("users.info", "error:internal_error", times=9)
    slack.sandbox.remove_user("UAGENT")
    await heard(slack)

    assert (await slack.member("UAGENT")).account_lost_why == "deactivated"


async def test_a_new_zone_moves_what_is_planned_for_a_date(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow L-1 tomorrow documents")
    slack.sandbox.change_user("UAGENT", tz="Asia/Tokyo")
    await heard(slack)

    await slack.at("2026-11-26 08:00")

    assert len(reminders(slack, slack.agent)) == 1


async def test_a_zone_that_is_none_is_not_taken_over(slack: Slack) -> None:
    user = {"id": "UAGENT", "name": "agent", "profile": {"display_name": "Agent"}, "tz": "Mars/Olympus"}
    account = candidate_of(user, zone="Asia/Shanghai", locale="en-US")
    assert not accounts.differs(await slack.member("UAGENT"), account)


async def test_who_is_deactivated_is_covered_at_once_and_the_admins_are_told_once(slack: Slack) -> None:
    await due_at_eleven(slack)
    await slack.at("2026-11-25 11:00")
    assert len(reminders(slack, slack.agent)) == 1

    slack.sandbox.remove_user("UAGENT")
    await heard(slack)

    (reminder,) = reminders(slack, slack.manager)
    assert "reached" in buttons(reminder)
    assert "王小明" in shown(await slack.press(slack.manager, reminder, "reached")).text
    (notice,) = told(slack, slack.admin)
    assert notice.text.splitlines() == [
        "<@UAGENT>'s Slack account was deactivated.",
        "Their reminders go to Manager until you hand their work over.",
    ]
    slack.sandbox.change_user("UAGENT", title="left")
    await heard(slack)
    await slack.later(days=1)
    assert len(told(slack, slack.admin)) == 1


async def test_the_reminder_of_a_deactivated_account_goes_to_the_cover_though_no_event_came(slack: Slack) -> None:
    await due_at_eleven(slack)
    await slack.change(slack.agent, cover_id=slack.other.id)
    slack.sandbox.workspace.users["UAGENT"].deleted = True

    await slack.at("2026-11-25 11:00")
    await slack.deliver()

    assert len(reminders(slack, slack.other)) == 1
    assert len(told(slack, slack.admin)) == 1


async def test_a_guest_may_not_use_the_desk_any_more(slack: Slack) -> None:
    await due_at_eleven(slack)
    slack.sandbox.make_guest("UAGENT")
    await heard(slack)

    assert "not a member of this desk" in (await slack.command(slack.agent, "/loan L-1")).text
    await slack.at("2026-11-25 11:00")
    assert len(reminders(slack, slack.manager)) == 1
    assert "is now a guest in Slack" in told(slack, slack.admin)[0].text

    slack.sandbox.change_user("UAGENT", is_restricted=False)
    await heard(slack)
    assert "王小明" in (await slack.command(slack.agent, "/loan L-1")).text
    assert "in use again" in told(slack, slack.admin)[0].text
    assert len(reminders(slack, slack.agent)) == 1


async def test_the_list_the_doctor_and_a_button_show_what_to_do(slack: Slack) -> None:
    await due_at_eleven(slack)
    slack.sandbox.remove_user("UAGENT")
    await heard(slack)

    listed = (await slack.command(slack.admin, "/loan-team")).text
    assert (
        "<@UAGENT> · agent · 09:00-18:00 mon-fri · direct messages · Slack account deactivated · acting: <@UMANAGER>"
        in listed
    )
    found = {
        f.words async for f in examine(slack.service.settings, slack.clock) if f.subject == "accounts" and not f.ok
    }
    assert found == {
        "UAGENT's Slack account was deactivated (known since 2026-11-25 02:00 UTC): hand their work over with /loan-team remove"
    }

    await slack.press(slack.admin, told(slack, slack.admin)[0], "Remove from the desk")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Who takes over their loans and follow-ups", "UOTHER")
    await form.submit()
    assert "Now with <@UOTHER>: 1 loan and 1 open follow-up." in form.text
    await slack.deliver()
    assert told(slack, slack.admin)[0].text == "<@UAGENT> is no longer a member."


async def test_a_lost_account_gets_no_new_work(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.other)
    slack.sandbox.remove_user("UVERIFIER")
    await heard(slack)
    for line in (
        "/loan-reassign L-1 @verifier",
        "/loan-follow L-1 @verifier tomorrow documents",
        "/loan-team away @other until fri cover @verifier",
    ):
        line = line.replace("@verifier", "<@UVERIFIER>")
        refused = await slack.command(slack.manager, line)
        assert "<@UVERIFIER>'s Slack account can no longer use the desk" in refused.text
    moved = await slack.command(slack.manager, "/loan-stage L-1 inquiry")
    moved = await slack.command(slack.manager, "/loan-stage L-1 application")
    assert "UVERIFIER" not in moved.text


async def test_a_manager_takes_back_hours_though_the_only_admins_account_was_deactivated(slack: Slack) -> None:
    await slack.change(slack.admin, team_id=slack.team.id)
    slack.sandbox.remove_user("UADMIN")
    await heard(slack)
    changed = (await slack.command(slack.manager, "/loan-team hours <@UADMIN> 09:00-17:00")).message
    assert changed is not None

    assert "Undone" in shown(await slack.press(slack.manager, changed, "Undo")).text


@pytest.mark.parametrize("change", ["deactivated", "guest", "zone"])
async def test_the_nightly_look_finds_what_no_event_told(slack: Slack, change: str) -> None:
    user = slack.sandbox.workspace.users["UAGENT"]
    user.deleted, user.is_restricted = change == "deactivated", change == "guest"
    user.tz = "Europe/London" if change == "zone" else user.tz
    await slack.at("2026-11-26 02:59")
    assert (await slack.member("UAGENT")).account_lost_at is None

    await slack.at("2026-11-26 03:00")

    member = await slack.member("UAGENT")
    assert member.account_lost_why == (None if change == "zone" else change)
    assert member.zone == user.tz
    assert len(told(slack, slack.admin)) == (change != "zone")


async def test_the_nightly_look_finds_channels_that_were_shared_outside_later(slack: Slack) -> None:
    await due_at_eleven(slack)
    await slack.change(slack.agent, slack.other, reminder_channel_id="CDESK")
    slack.sandbox.share("CDESK")
    slack.sandbox.share("CMANAGERS")

    await slack.at("2026-11-26 03:00")
    await slack.at("2026-11-26 18:00")

    assert not any(REMINDER in text for text in slack.texts("CDESK"))
    assert len(reminders(slack, slack.agent)) == 1
    assert not any("L-1" in text for text in slack.texts("CMANAGERS"))
    assert any("L-1" in text for text in slack.texts(slack.manager))
    lost = [text for text in slack.texts(slack.admin) if "shared with another company" in text]
    assert len(lost) == 2
    assert "Reminders for 2 members can no longer be sent to <#CDESK>" in "\n".join(lost)


@pytest.mark.parametrize("seconds", [1, 7 * 86_400, "nan", "inf"])
async def test_the_nightly_look_waits_when_slack_asks_it_to(slack: Slack, seconds: Any) -> None:
    slack.sandbox.workspace.users["UAGENT"].deleted = True
    slack.sandbox.faults.next("users.info", "429", retry_after=seconds)

    await slack.at("2026-11-26 03:00")
    assert (await slack.member("UAGENT")).account_lost_at is None
    await slack.later(minutes=16)

    assert (await slack.member("UAGENT")).account_lost_why == "deactivated"
