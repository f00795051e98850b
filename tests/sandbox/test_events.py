"""Events to the app: signed, sent to a verified URL, and retried until they are acknowledged."""

import asyncio
import hashlib
import hmac
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import NotPossibleError
from sandbox.event_limits import EventLimits
from tests.sandbox.conftest import SECRET, World
from tests.sandbox.payloads import actions, button, home, section

ALL = ("app_home_opened", "app_mention", "message.im", "member_joined_channel", "link_shared")


async def received(world: World, kind: str) -> list[dict[str, Any]]:
    await world.sandbox.events.wait_until_delivered()
    return world.app.events(kind)


async def test_a_message_to_the_bot_is_sent_to_the_app_as_a_signed_event(world: World) -> None:
    world.subscribe(*ALL)
    dm = world.sandbox.dm(world.li)
    message = world.sandbox.say(world.li, dm, "help")
    (event,) = await received(world, "message")
    assert (event["user"], event["text"], event["ts"]) == ("U0LI", "help", message.ts)
    assert (event["channel"], event["channel_type"]) == (dm.id, "im")
    envelope = world.app.event_bodies[0]
    assert (envelope["type"], envelope["team_id"], envelope["api_app_id"]) == (
        "event_callback",
        "T0SANDBOX",
        "A0SANDBOX",
    )
    assert envelope["event_id"].startswith("Ev")
    assert envelope["authorizations"][0]["user_id"] == "U0APPBOT"
    headers, raw = world.app.requests[-1]
    base = f"v0:{headers['X-Slack-Request-Timestamp']}:".encode() + raw
    digest = hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={digest}"
    assert "x-slack-retry-num" not in headers


async def test_the_app_gets_no_event_it_did_not_subscribe_to(world: World) -> None:
    world.subscribe("app_mention")
    world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    world.sandbox.say(world.li, world.desk, "hello")
    await world.sandbox.events.wait_until_delivered()
    assert world.app.requests == []


async def test_the_app_gets_events_for_its_own_messages_too(world: World) -> None:
    world.subscribe("message.im")
    await world.client.chat_postMessage(channel="U0LI", text="A call is due")
    (event,) = await received(world, "message")
    assert (event["bot_id"], event["user"]) == ("B0SANDBOX", "U0APPBOT")


async def test_a_mention_sends_app_mention_only_in_channels_of_the_bot(world: World) -> None:
    world.subscribe(*ALL)
    world.sandbox.say(world.li, world.desk, "<@U0APPBOT> and @Loan Desk")
    world.sandbox.say(world.wang, world.risk, "@loan-desk")
    world.sandbox.say(world.li, world.desk, "@loandesk due")
    world.sandbox.say(world.wang, world.risk, "@loandesk due")
    (event,) = await received(world, "app_mention")
    assert (event["text"], event["channel"]) == ("<@U0APPBOT> due", "C0DESK")


async def test_the_app_is_notified_of_members_who_join_the_bots_channels(world: World) -> None:
    world.subscribe(*ALL)
    chen = world.sandbox.add_user("U0CHEN", name="chen")
    world.sandbox.join(world.desk, chen)
    world.sandbox.join(world.risk, chen)
    world.sandbox.join(world.risk, "U0APPBOT")
    events = await received(world, "member_joined_channel")
    assert [(one["user"], one["channel"], one["channel_type"]) for one in events] == [
        ("U0CHEN", "C0DESK", "C"),
        ("U0APPBOT", "C0RISK", "G"),
    ]


async def test_opening_the_home_sends_the_last_published_view(world: World) -> None:
    world.subscribe(*ALL)
    await world.sandbox.open_home(world.li)
    await world.client.views_publish(user_id="U0LI", view=home(section("Today")))
    await world.sandbox.open_home(world.li)
    await world.sandbox.open_home(world.li, "messages")
    first, second, third = await received(world, "app_home_opened")
    assert (first["tab"], first["user"], first.get("view")) == ("home", "U0LI", None)
    assert second["view"]["hash"] == world.sandbox.home_of(world.li).view.hash
    assert (third["tab"], third["channel"]) == ("messages", world.sandbox.dm(world.li).id)


async def test_a_tab_that_the_app_does_not_have_cannot_be_opened(world: World) -> None:
    world.subscribe(app_home={"messages_tab_enabled": False})
    with pytest.raises(NotPossibleError):
        await world.sandbox.open_home(world.li)
    with pytest.raises(NotPossibleError, match="messages_tab_disabled"):
        world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    with pytest.raises(SlackApiError, match="messages_tab_disabled"):
        await world.client.chat_postMessage(channel="U0LI", text="x")


async def test_only_the_bot_writes_in_a_read_only_messages_tab(world: World) -> None:
    world.subscribe(app_home={"messages_tab_enabled": True, "messages_tab_read_only_enabled": True})
    await world.client.chat_postMessage(channel="U0LI", text="x")
    with pytest.raises(NotPossibleError, match="messages_tab_disabled"):
        world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")


async def test_an_event_is_retried_with_the_same_id_until_it_is_acknowledged(world: World) -> None:
    world.subscribe("message.im")
    world.sandbox.events.retry_seconds = (0.0, 600.0, 600.0)
    world.app.statuses = [500, 500, 200]
    world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    await world.sandbox.wait_for(lambda: len(world.sandbox.traffic.requests("event")) == 3)
    world.sandbox.events.retry_now()
    await world.sandbox.events.wait_until_delivered()
    assert len({one["event_id"] for one in world.app.event_bodies}) == 1
    numbers = [headers.get("x-slack-retry-num") for headers, _raw in world.app.requests[1:]]
    reasons = [headers.get("x-slack-retry-reason") for headers, _raw in world.app.requests[1:]]
    assert (numbers, reasons) == ([None, "1", "2"], [None, "http_error", "http_error"])


async def test_an_event_that_is_never_acknowledged_is_sent_four_times(world: World) -> None:
    world.subscribe("message.im")
    world.sandbox.events.retry_seconds = (0.0, 0.0, 0.0)
    world.sandbox.delivery.timeout = 0.5

    async def never(_body: dict[str, Any]) -> None:
        await asyncio.sleep(5)

    world.app.answer = never
    world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    await world.sandbox.events.wait_until_delivered()
    assert len(world.app.event_bodies) == 4
    assert world.app.requests[-1][0]["x-slack-retry-reason"] == "http_timeout"


async def test_an_app_may_ask_for_no_retries(world: World) -> None:
    world.subscribe("message.im")
    world.app.status, world.app.headers = 500, {"X-Slack-No-Retry": "1"}
    world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    await world.sandbox.events.wait_until_delivered()
    assert len(world.app.event_bodies) == 1


async def test_a_url_that_does_not_answer_the_challenge_gets_no_events(world: World) -> None:
    world.subscribe("message.im")
    world.app.answers_challenge = False
    world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    await world.sandbox.events.wait_until_delivered()
    assert world.app.event_bodies == []
    assert [violation.where for violation in world.sandbox.violations] == ["events"]
    assert world.sandbox.app is not None
    assert await world.sandbox.events.verify(world.sandbox.app) is False


async def test_the_app_is_notified_of_members_who_leave_and_of_changed_users(world: World) -> None:
    world.subscribe("app_uninstalled", "tokens_revoked", "user_change", "channel_archive", "member_left_channel")
    world.sandbox.change_user(world.li, tz="Europe/Berlin")
    world.sandbox.leave(world.desk, world.wang)
    world.sandbox.archive(world.desk)
    world.sandbox.uninstall()
    await world.sandbox.events.wait_until_delivered()
    assert world.app.events("user_change")[0]["user"]["tz"] == "Europe/Berlin"
    kinds = {one["event"]["type"] for one in world.app.event_bodies}
    assert kinds == {"app_uninstalled", "tokens_revoked", "user_change", "channel_archive", "member_left_channel"}
    world.sandbox.unarchive(world.desk)


async def test_the_app_is_notified_of_a_channel_that_is_shared_with_another_company(world: World) -> None:
    world.subscribe("channel_shared", "channel_unshared")
    world.sandbox.share(world.desk)
    world.sandbox.unshare(world.desk)
    await world.sandbox.events.wait_until_delivered()
    kinds = [one["event"]["type"] for one in world.app.event_bodies]
    assert sorted(kinds) == ["channel_shared", "channel_unshared"]


LINK = "https://app.loans.example/loans/L-1042"


async def test_a_link_to_the_apps_domain_is_unfurled(world: World) -> None:
    world.subscribe(*ALL)
    message = world.sandbox.say(world.li, world.desk, f"see {LINK} and https://elsewhere.example/x")
    (event,) = await received(world, "link_shared")
    assert event["links"] == [{"domain": "app.loans.example", "url": LINK}]
    assert (event["message_ts"], event["channel"], event["is_bot_user_member"]) == (message.ts, "C0DESK", True)
    below = {"blocks": [section("L-1042 · Signed"), actions(button("Details", "details", value="L-1042"))]}
    await world.client.chat_unfurl(channel="C0DESK", ts=message.ts, unfurls={LINK: below})
    shown = (await world.get("/ui/messages", user="U0WANG", channel="C0DESK"))["messages"][-1]
    assert shown["text"].startswith("see ")
    assert shown["attachments"][0]["from_url"] == LINK
    press = await world.sandbox.press(world.wang, message, "Details")
    payload = world.app.payloads[-1]
    assert payload["container"]["type"] == "message_attachment"
    assert (payload["container"]["app_unfurl_url"], payload["actions"][0]["value"]) == (LINK, "L-1042")
    assert "message" not in payload
    async with world.http.post(payload["response_url"], json={"text": "王*", "replace_original": True}):
        assert press.text == "王*"
        assert message.text.startswith("see ")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"unfurls": {"https://loans.example/other": {"blocks": [section()]}}}, "cannot_unfurl_url"),
        ({"unfurls": {LINK: {"blocks": [section("x" * 3001)]}}}, "cannot_parse_attachment"),
        ({"unfurls": {LINK: {"text": "L-1042"}}}, "cannot_parse_attachment"),
        ({"unfurls": {}}, "missing_unfurls"),
        ({"unfurls": {LINK: {"blocks": [section()]}}, "ts": "1.000000"}, "cannot_find_message"),
    ],
)
async def test_an_invalid_unfurl_is_refused(world: World, arguments: dict[str, Any], error: str) -> None:
    world.subscribe(*ALL)
    message = world.sandbox.say(world.li, world.desk, LINK)
    with pytest.raises(SlackApiError, match=error):
        await world.client.chat_unfurl(**{"channel": "C0DESK", "ts": message.ts, **arguments})


async def test_an_app_that_acknowledges_hardly_any_events_gets_no_more(world: World) -> None:
    world.subscribe("message.im")
    world.sandbox.events.limits.min_deliveries = 20
    world.sandbox.events.retry_seconds = ()
    world.app.status = 500
    dm = world.sandbox.dm(world.li)
    for _ in range(20):
        world.sandbox.say(world.li, dm, "help")
    await world.sandbox.events.wait_until_delivered()
    [violation] = world.sandbox.violations
    assert violation.error == "disabled"
    world.sandbox.violations.clear()

    world.app.status = 200
    before = len(world.app.requests)
    world.sandbox.say(world.li, dm, "help")
    await world.sandbox.events.wait_until_delivered()
    assert len(world.app.requests) == before


async def test_pending_events_are_not_retried_once_the_subscription_is_disabled(world: World) -> None:
    world.subscribe("message.im")
    world.sandbox.events.limits.min_deliveries = 1
    world.sandbox.events.retry_seconds = (0.0, 0.0)
    world.app.status = 500
    world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    await world.sandbox.events.wait_until_delivered()
    assert len(world.app.event_bodies) == 1
    world.sandbox.violations.clear()


async def test_an_app_that_acknowledges_one_event_in_ten_keeps_getting_them(world: World) -> None:
    limits = EventLimits(min_deliveries=20)
    for number in range(100):
        limits.record(float(number), accepted=number % 10 == 0)
    assert limits.admits(100.0)


async def test_events_over_the_hourly_limit_are_dropped_and_the_app_is_notified_once_a_minute(world: World) -> None:
    world.subscribe("message.im")
    world.sandbox.events.limits.max_deliveries = 2
    dm = world.sandbox.dm(world.li)
    for number in range(4):
        world.sandbox.say(world.li, dm, f"help {number}")
        await world.sandbox.events.wait_until_delivered()
    assert [event["text"] for event in world.app.events("message")] == ["help 0", "help 1"]
    notices = [body for body in world.app.event_bodies if body["type"] == "app_rate_limited"]
    assert [(body["team_id"], body["minute_rate_limited"] % 60) for body in notices] == [("T0SANDBOX", 0)]

    world.clock.forward(3601)
    world.sandbox.say(world.li, dm, "again")
    assert (await received(world, "message"))[-1]["text"] == "again"
