"""A nonmember asks for access. Now is Wednesday 10:00 in Shanghai."""

import asyncio

import pytest

from sandbox.model import Message
from tests.builders import make_loan, make_team
from tests.wire.office_day import Slack, buttons, shown

STRANGER = "USTRANGER"


async def refused(slack: Slack) -> Message:
    """Send a command as the nonmember and return the refusal."""
    reply = await slack.sandbox.command(STRANGER, slack.desk_channel, "/loan L-1")
    assert reply.message is not None
    return reply.message


async def asked(slack: Slack, button: str = "Ask for access") -> Message:
    """Ask for access as the nonmember and return the admin's message about it."""
    await slack.sandbox.press(STRANGER, await refused(slack), button)
    await slack.deliver()
    return requests(slack)[-1]


def requests(slack: Slack, *, of: str = "UADMIN") -> list[Message]:
    return [message for message in slack.posts(slack.sandbox.dm(of).id) if "is asking for access" in message.text]


def told(slack: Slack) -> list[str]:
    """Return the desk's messages to the nonmember."""
    return slack.texts(slack.sandbox.dm(STRANGER).id)


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", "不是本工作台成员"), ("en-US", "not a member of this desk")])
async def test_a_refusal_is_written_in_the_users_language(slack: Slack, locale: str, words: str) -> None:
    slack.sandbox.change_user(STRANGER, locale=locale)
    assert words in (await refused(slack)).text


@pytest.mark.in_time
@pytest.mark.parametrize("trouble", ["timeout", "500"])
async def test_a_refusal_uses_the_workspaces_language_while_slack_does_not_tell_the_users(
    slack: Slack, trouble: str
) -> None:
    slack.sandbox.faults.next("users.info", trouble)
    assert "不是本工作台成员" in (await refused(slack)).text
    slack.sandbox.faults.clear()


@pytest.mark.both_doors
async def test_a_refused_user_asks_for_access_and_one_press_grants_it(slack: Slack) -> None:
    answer = shown(await slack.sandbox.press(STRANGER, await refused(slack), "Ask for access"))
    assert "Your request for access was sent." in answer.text
    assert "<@UADMIN>" in answer.text
    await slack.deliver()
    (request,) = requests(slack)
    assert "<@USTRANGER> (Stranger) is asking for access" in request.text
    assert buttons(request) == ["Add as agent", "Add as verifier", "Add as collector", "Decline"]

    await slack.press(slack.admin, request, "Add as verifier")
    await slack.deliver()

    (request,) = requests(slack)
    assert request.text.splitlines()[-1] == "Access granted as verifier by Admin, Wed 25 Nov 10:00."
    assert buttons(request) == []
    assert told(slack)[0].startswith("You're now a member of the desk as verifier, added by Admin.")
    assert "not a member" not in (await slack.sandbox.command(STRANGER, slack.desk_channel, "/loan-due")).text


async def test_a_declined_request_is_answered_politely(slack: Slack) -> None:
    slack.sandbox.change_user(STRANGER, locale="zh-CN")
    request = await asked(slack, "申请加入")

    await slack.press(slack.admin, request, "Decline")
    await slack.deliver()

    (request,) = requests(slack)
    assert request.text.splitlines()[-1] == "Declined by Admin, Wed 25 Nov 10:00."
    assert buttons(request) == []
    assert told(slack)[0].startswith("感谢您的申请。Admin 暂未同意您加入工作台。")
    assert "不是本工作台成员" in (await refused(slack)).text


async def test_a_user_can_ask_for_access_once_a_day(slack: Slack) -> None:
    await asked(slack)
    again = shown(await slack.sandbox.press(STRANGER, await refused(slack), "Ask for access"))
    assert "You already asked for access today." in again.text
    await slack.deliver()
    assert len(requests(slack)) == 1

    await slack.press(slack.admin, requests(slack)[0], "Decline")
    answered = shown(await slack.sandbox.press(STRANGER, await refused(slack), "Ask for access"))
    assert "Today's request has already been answered." in answered.text

    await slack.later(hours=24)
    await slack.sandbox.press(STRANGER, await refused(slack), "Ask for access")
    await slack.deliver()
    assert len(requests(slack)) == 2


async def test_when_two_admins_answer_at_once_one_wins_and_the_other_is_told(slack: Slack) -> None:
    await slack.change(slack.manager, roles="manager admin")
    await asked(slack)
    mine, theirs = requests(slack)[0], requests(slack, of="UMANAGER")[0]

    presses = await asyncio.gather(
        slack.press(slack.admin, mine, "Add as agent"), slack.press(slack.manager, theirs, "Add as collector")
    )
    await slack.deliver()

    assert sorted(bool(press.replies) for press in presses) == [False, True]
    (loser,) = [press for press in presses if press.replies]
    assert "<@USTRANGER>'s request was already answered: <@U" in loser.text
    lines = [message.text.splitlines()[-1] for message in (requests(slack)[0], requests(slack, of="UMANAGER")[0])]
    assert lines[0] == lines[1]
    assert lines[0].startswith("Access granted as")


async def test_managers_get_the_request_while_no_admin_is_at_work(slack: Slack) -> None:
    await slack.command(slack.admin, "/loan-team away @admin until fri")
    await slack.sandbox.press(STRANGER, await refused(slack), "Ask for access")
    await slack.deliver()

    assert requests(slack) == []
    (request,) = requests(slack, of="UMANAGER")
    await slack.press(slack.manager, request, "Add as agent")
    await slack.deliver()
    assert "as agent, added by Manager" in told(slack)[0]


async def test_a_request_is_settled_when_the_user_is_added_by_command(slack: Slack) -> None:
    request = await asked(slack)
    await slack.command(slack.admin, "/loan-team add @stranger collector")
    late = shown(await slack.press(slack.admin, request, "Add as agent"))
    assert "was already answered" in late.text
    await slack.deliver()
    assert requests(slack)[0].text.splitlines()[-1] == "Access granted as collector by Admin, Wed 25 Nov 10:00."


@pytest.mark.parametrize(("fields", "why"), [({"is_restricted": True}, "is a guest"), ({"is_bot": True}, "is a bot")])
async def test_a_guest_or_bot_cannot_ask(slack: Slack, fields: dict[str, bool], why: str) -> None:
    message = await refused(slack)
    slack.sandbox.change_user(STRANGER, **fields)
    assert why in shown(await slack.sandbox.press(STRANGER, message, "Ask for access")).text
    await slack.deliver()
    assert requests(slack) == []


async def test_a_user_who_became_a_guest_is_not_granted_access(slack: Slack) -> None:
    request = await asked(slack)
    slack.sandbox.change_user(STRANGER, is_ultra_restricted=True)
    assert "is a guest" in shown(await slack.press(slack.admin, request, "Add as agent")).text
    await slack.deliver()
    assert buttons(requests(slack)[0])[0] == "Add as agent"


async def test_a_former_admin_cannot_grant_access(slack: Slack) -> None:
    request = await asked(slack)
    await slack.change(slack.admin, roles="agent")
    assert "need the role" in shown(await slack.press(slack.admin, request, "Add as agent")).text
    assert "not a member of this desk" in (await refused(slack)).text


async def test_a_member_with_an_old_refusal_is_told(slack: Slack) -> None:
    message = await refused(slack)
    await slack.command(slack.admin, "/loan-team add @stranger agent")
    assert (
        "is already a member of this desk" in shown(await slack.sandbox.press(STRANGER, message, "Ask for access")).text
    )


async def test_access_can_be_requested_from_the_home_a_shortcut_and_a_direct_message(slack: Slack) -> None:
    await slack.sandbox.open_home(STRANGER)
    await slack.sandbox.home_of(STRANGER).press("Ask for access")
    assert "Your request for access was sent." in slack.sandbox.modal_of(STRANGER).text

    await slack.sandbox.modal_of(STRANGER).close()
    await slack.sandbox.shortcut(STRANGER, "call")
    await slack.sandbox.modal_of(STRANGER).press("Ask for access")
    assert "You already asked for access today." in slack.sandbox.modal_of(STRANGER).text

    conversation = slack.sandbox.dm(STRANGER)
    slack.sandbox.say(STRANGER, conversation, "hello")
    answer = await slack.sandbox.wait_for(lambda: slack.sandbox.messages(conversation)[1:])
    assert (
        "You already asked for access today."
        in shown(await slack.sandbox.press(STRANGER, answer[-1], "Ask for access")).text
    )


async def test_a_nonmember_can_press_no_other_button(slack: Slack) -> None:
    await slack.change(slack.admin, reminder_channel_id=slack.desk_channel)
    slack.sandbox.join(slack.desk_channel, slack.workspace.bot_user_id)
    await slack.sandbox.press(STRANGER, await refused(slack), "Ask for access")
    await slack.deliver()
    (request,) = [message for message in slack.posts(slack.desk_channel) if "is asking for access" in message.text]
    assert "not a member of this desk" in shown(await slack.sandbox.press(STRANGER, request, "Add as agent")).text


async def test_letting_a_person_in_asks_for_what_they_need_to_work(slack: Slack) -> None:
    await make_team(slack.office, slack.workspace, "West")
    await asked(slack)

    await slack.press(slack.admin, requests(slack)[0], "Add as agent")

    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Team", "West")
    await form.fill("Channel for their reminders", slack.desk_channel)
    await form.submit()
    assert "Team: West" in form.text
    row = await slack.member(STRANGER)
    assert (row.roles, row.reminder_channel_id) == ("agent", slack.desk_channel)


async def test_in_a_desk_with_one_team_that_team_is_theirs(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await asked(slack)
    await slack.press(slack.admin, requests(slack)[0], "Add as agent")
    assert (await slack.member(STRANGER)).team_id == slack.team.id
    assert "L-1" in (await slack.sandbox.command(STRANGER, slack.desk_channel, "/loan find 5678")).text
