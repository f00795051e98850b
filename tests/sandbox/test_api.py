"""The Web API, called with the Slack SDK."""

from collections.abc import Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import SCOPES, World
from tests.sandbox.payloads import actions, button, section


async def error(call: Awaitable[Any]) -> dict[str, Any]:
    """Return the answer to a refused call."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return dict(refused.value.response.data)


def reinstall(world: World, *scopes: str) -> None:
    world.sandbox.install(app_url=world.app.url, token=str(world.client.token), scopes=scopes, commands=["/loan-call"])


async def test_auth_test_says_who_the_bot_is(world: World) -> None:
    answer = await world.client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0APPBOT", "B0SANDBOX", "T0SANDBOX")
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]


async def test_a_call_without_a_valid_token_is_refused(world: World) -> None:
    async with world.http.post(f"{world.sandbox.api_url}auth.test") as response:
        assert (await response.json())["error"] == "not_authed"
    other = AsyncWebClient(token="xoxb-other", base_url=world.sandbox.api_url, session=world.http)
    assert (await error(other.auth_test()))["error"] == "invalid_auth"
    world.sandbox.uninstall("token_revoked")
    assert (await error(world.client.auth_test()))["error"] == "token_revoked"


async def test_an_unknown_method_is_refused(world: World) -> None:
    assert (await error(world.client.api_call("views.show", json={})))["error"] == "unknown_method"


async def test_a_call_without_its_scope_names_the_missing_scope(world: World) -> None:
    reinstall(world, "chat:write", "channels:read")
    answer = await error(world.client.users_info(user="U0LI"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
    assert answer["provided"] == "channels:read,chat:write,commands"
    assert (await error(world.client.conversations_history(channel="C0DESK")))["needed"] == "channels:history"


async def test_each_kind_of_conversation_needs_its_own_scope(world: World) -> None:
    reinstall(world, "channels:read", "channels:history", "im:write")
    world.sandbox.join(world.risk, "U0APPBOT")
    assert (await error(world.client.conversations_info(channel="C0RISK")))["needed"] == "groups:read"
    dm = world.sandbox.dm(world.li)
    assert (await error(world.client.conversations_history(channel=dm.id)))["needed"] == "im:history"


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_message_is_posted_from_json_and_from_a_form(world: World, as_json: bool) -> None:
    import json

    body: dict[str, Any] = {"channel": "C0DESK", "text": "Hello", "blocks": [section()]}
    if as_json:
        answer = await world.client.api_call("chat.postMessage", json=body)
    else:
        answer = await world.client.api_call("chat.postMessage", data={**body, "blocks": json.dumps(body["blocks"])})
    (message,) = world.sandbox.messages(world.desk)
    assert (answer["channel"], answer["ts"]) == ("C0DESK", message.ts)
    assert answer["message"]["blocks"][0]["text"]["text"] == "Hello"
    assert (message.text, message.is_bot, message.user) == ("Hello", True, "U0APPBOT")


async def test_message_timestamps_are_strings_and_increase_even_within_one_instant(world: World) -> None:
    stamps = [(await world.client.chat_postMessage(channel="C0DESK", text="x"))["ts"] for _ in range(3)]
    assert stamps == sorted(set(stamps))
    assert all(isinstance(ts, str) and len(ts.split(".")[1]) == 6 for ts in stamps)


async def test_a_post_to_a_user_id_goes_to_the_direct_message(world: World) -> None:
    answer = await world.client.chat_postMessage(channel="U0LI", text="For you")
    assert answer["channel"] == world.sandbox.dm(world.li).id
    assert answer["channel"].startswith("D")
    opened = await world.client.conversations_open(users="U0LI")
    assert opened["channel"]["id"] == answer["channel"]
    gone = world.client.chat_update(channel="U0LI", ts=answer["ts"], text="x")
    assert (await error(gone))["error"] == "channel_not_found"


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("loan-desk", "channel_not_found"),
        ("C0RISK", "channel_not_found"),
        ("C0OPEN", "not_in_channel"),
        ("C0OLD", "is_archived"),
        ("U0NOBODY", "user_not_found"),
        ("U0GONE", "user_disabled"),
        ("U0APPBOT", "cannot_dm_bot"),
    ],
)
async def test_the_bot_cannot_post_where_slack_would_refuse_it(world: World, channel: str, expected: str) -> None:
    world.sandbox.add_channel("open", channel_id="C0OPEN", with_bot=False)
    world.sandbox.archive(world.sandbox.add_channel("old", channel_id="C0OLD"))
    world.sandbox.remove_user(world.sandbox.add_user("U0GONE", name="gone"))
    assert (await error(world.client.chat_postMessage(channel=channel, text="x")))["error"] == expected


async def test_a_deactivated_user_cannot_be_messaged_in_their_old_conversation(world: World) -> None:
    dm = world.sandbox.dm(world.li)
    world.sandbox.remove_user(world.li)
    assert (await error(world.client.chat_postMessage(channel=dm.id, text="x")))["error"] == "user_disabled"


async def test_the_bot_posts_to_a_public_channel_with_the_scope_or_after_joining(world: World) -> None:
    world.sandbox.add_channel("open", channel_id="C0OPEN", with_bot=False)
    reinstall(world, *SCOPES, "chat:write.public")
    await world.client.chat_postMessage(channel="C0OPEN", text="x")
    reinstall(world, *SCOPES)
    await world.client.conversations_join(channel="C0OPEN")
    await world.client.chat_postMessage(channel="C0OPEN", text="y")
    assert len(world.sandbox.messages("C0OPEN")) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "no_text"),
        ({"text": "  "}, "no_text"),
        ({"blocks": [section()]}, "no_text"),
        ({"text": "x", "blocks": {"type": "section"}}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [section("")]}, "invalid_blocks"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "a", "event_payload": {"k": "v" * 16_001}}}, "metadata_too_large"),
        ({"text": "x", "attachments": [{"blocks": [section()]}] * 101}, "too_many_attachments"),
        ({"text": "x", "attachments": [{"blocks": [section("")]}]}, "invalid_attachments"),
        ({"text": "x", "color": "red"}, "invalid_arg_name"),
        ({"text": "x", "link_names": True}, "invalid_arguments"),
        ({"text": "x", "parse": "full"}, "invalid_arguments"),
        ({"text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
    ],
)
async def test_an_invalid_message_is_refused(world: World, body: dict[str, Any], expected: str) -> None:
    answer = await error(world.client.api_call("chat.postMessage", json={"channel": "C0DESK", **body}))
    assert answer["error"] == expected
    assert world.sandbox.messages(world.desk) == []
    assert bool(world.sandbox.violations) == (expected != "cannot_reply_to_message")


async def test_a_refusal_points_to_the_problem(world: World) -> None:
    answer = await error(world.client.chat_postMessage(channel="C0DESK", text="x", blocks=[section("x" * 3001)]))
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


async def test_a_long_text_is_truncated_when_posted_and_refused_when_updated(world: World) -> None:
    answer = await world.client.chat_postMessage(channel="C0DESK", text="x" * 40_001)
    assert len(answer["message"]["text"]) == 40_000
    await world.client.chat_update(channel="C0DESK", ts=answer["ts"], text="y" * 4_000)
    refused = world.client.chat_update(channel="C0DESK", ts=answer["ts"], text="y" * 4_001)
    assert (await error(refused))["error"] == "msg_too_long"


async def test_an_update_with_only_text_removes_the_blocks(world: World) -> None:
    posted = await world.client.chat_postMessage(channel="C0DESK", text="a", blocks=[section()])
    await world.client.chat_update(channel="C0DESK", ts=posted["ts"], text="b")
    (message,) = world.sandbox.messages(world.desk)
    assert (message.text, message.blocks) == ("b", [])


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
async def test_an_update_keeps_what_it_does_not_name(world: World) -> None:
    metadata = {"event_type": "notice", "event_payload": {"n": 1}}
    posted = await world.client.chat_postMessage(channel="C0DESK", text="a", blocks=[section()], metadata=metadata)
    (message,) = world.sandbox.messages(world.desk)
    await world.client.chat_update(channel="C0DESK", ts=posted["ts"], text="b", blocks=[actions(button())])
    assert message.metadata == metadata
    await world.client.chat_update(channel="C0DESK", ts=posted["ts"], metadata={})
    assert (message.text, message.blocks[0]["type"], message.metadata) == ("b", "actions", None)


async def test_only_the_apps_own_messages_can_be_updated_or_deleted(world: World) -> None:
    theirs = world.sandbox.say(world.li, world.desk, "mine")
    update = world.client.chat_update(channel="C0DESK", ts=theirs.ts, text="x")
    assert (await error(update))["error"] == "cant_update_message"
    assert (await error(world.client.chat_delete(channel="C0DESK", ts=theirs.ts)))["error"] == "cant_delete_message"
    missing = world.client.chat_update(channel="C0DESK", ts="1.000001", text="x")
    assert (await error(missing))["error"] == "message_not_found"
    posted = await world.client.chat_postMessage(channel="C0DESK", text="a")
    world.sandbox.archive(world.desk)
    frozen = world.client.chat_update(channel="C0DESK", ts=posted["ts"], text="x")
    assert (await error(frozen))["error"] == "is_inactive"


async def test_a_message_is_deleted(world: World) -> None:
    posted = await world.client.chat_postMessage(channel="C0DESK", text="a")
    await world.client.chat_delete(channel="C0DESK", ts=posted["ts"])
    assert world.sandbox.messages(world.desk) == []


async def test_an_ephemeral_message_is_for_one_member_of_the_channel(world: World) -> None:
    answer = await world.client.chat_postEphemeral(channel="C0DESK", user="U0LI", text="psst")
    assert world.sandbox.messages(world.desk, world.li)[0].ts == answer["message_ts"]
    assert world.sandbox.messages(world.desk, world.wang) == []
    outsider = world.sandbox.add_user(name="outsider")
    refused = world.client.chat_postEphemeral(channel="C0DESK", user=outsider.id, text="psst")
    assert (await error(refused))["error"] == "user_not_in_channel"


async def test_history_is_newest_first_without_ephemeral_messages_and_replies(world: World) -> None:
    first = await world.client.chat_postMessage(channel="C0DESK", text="one")
    await world.client.chat_postMessage(channel="C0DESK", text="reply", thread_ts=first["ts"])
    await world.client.chat_postEphemeral(channel="C0DESK", user="U0LI", text="psst")
    second = await world.client.chat_postMessage(channel="C0DESK", text="two")
    history = await world.client.conversations_history(channel="C0DESK")
    assert [one["text"] for one in history["messages"]] == ["two", "one"]
    later = await world.client.conversations_history(channel="C0DESK", oldest=first["ts"])
    assert [one["text"] for one in later["messages"]] == ["two"]
    both = await world.client.conversations_history(channel="C0DESK", oldest=first["ts"], inclusive=True)
    assert len(both["messages"]) == 2
    earlier = await world.client.conversations_history(channel="C0DESK", latest=second["ts"])
    assert [one["text"] for one in earlier["messages"]] == ["one"]
    replies = await world.client.conversations_replies(channel="C0DESK", ts=first["ts"])
    assert [one["text"] for one in replies["messages"]] == ["one", "reply"]


async def test_history_is_paginated(world: World) -> None:
    for number in range(3):
        await world.client.chat_postMessage(channel="C0DESK", text=str(number))
    first = await world.client.conversations_history(channel="C0DESK", limit=2)
    assert ([one["text"] for one in first["messages"]], first["has_more"]) == (["2", "1"], True)
    cursor = first["response_metadata"]["next_cursor"]
    second = await world.client.conversations_history(channel="C0DESK", limit=2, cursor=cursor)
    assert ([one["text"] for one in second["messages"]], second["has_more"]) == (["0"], False)
    wrong = world.client.conversations_history(channel="C0DESK", cursor="x")
    assert (await error(wrong))["error"] == "invalid_cursor"


async def test_history_contains_metadata_only_on_request(world: World) -> None:
    metadata = {"event_type": "notice", "event_payload": {"n": 1}}
    await world.client.chat_postMessage(channel="C0DESK", text="a", metadata=metadata)
    without = await world.client.conversations_history(channel="C0DESK")
    assert "metadata" not in without["messages"][0]
    with_it = await world.client.conversations_history(channel="C0DESK", include_all_metadata=True)
    assert with_it["messages"][0]["metadata"] == metadata


async def test_only_members_of_a_channel_read_its_history(world: World) -> None:
    world.sandbox.add_channel("open", channel_id="C0OPEN", with_bot=False)
    assert (await error(world.client.conversations_history(channel="C0OPEN")))["error"] == "not_in_channel"
    assert (await error(world.client.conversations_history(channel="C0RISK")))["error"] == "channel_not_found"


@pytest.mark.parametrize(("honoured", "posted"), [(True, 1), (False, 2)])
async def test_a_repeated_client_msg_id_posts_once_where_it_is_honoured(
    world: World, honoured: bool, posted: int
) -> None:
    world.sandbox.api.dedupe_client_msg_id = honoured
    stamps = [
        (await world.client.chat_postMessage(channel="C0DESK", text="a", client_msg_id="one"))["ts"] for _ in range(2)
    ]
    assert len(set(stamps)) == len(world.sandbox.messages(world.desk)) == posted


async def test_channel_info_has_what_the_bot_may_see(world: World) -> None:
    world.sandbox.add_channel("partners", channel_id="C0SHARED", is_ext_shared=True, topic="With the insurer")
    shared = (await world.client.conversations_info(channel="C0SHARED", include_num_members=True))["channel"]
    assert (shared["is_ext_shared"], shared["is_private"], shared["num_members"]) == (True, False, 1)
    assert (shared["is_member"], shared["topic"]["value"]) == (True, "With the insurer")
    dm = (await world.client.conversations_info(channel=world.sandbox.dm(world.li).id))["channel"]
    assert (dm["is_im"], dm["user"]) == (True, "U0LI")
    assert (await error(world.client.conversations_info(channel="C0RISK")))["error"] == "channel_not_found"


async def test_channels_and_members_are_listed(world: World) -> None:
    world.sandbox.archive(world.sandbox.add_channel("old", channel_id="C0OLD"))
    answer = await world.client.conversations_list(types="public_channel,private_channel", exclude_archived=True)
    assert [one["id"] for one in answer["channels"]] == ["C0DESK"]
    members = await world.client.conversations_members(channel="C0DESK")
    assert members["members"] == ["U0LI", "U0WANG", "U0APPBOT"]


async def test_user_info_has_what_the_bot_may_see(world: World) -> None:
    user = (await world.client.users_info(user="U0LI", include_locale=True))["user"]
    assert (user["locale"], user["tz"], user["tz_offset"]) == ("zh-CN", "Asia/Shanghai", 28_800)
    assert (user["profile"]["email"], user["real_name"]) == ("li@lender.example", "李伟")
    assert (user["deleted"], user["is_bot"], user["is_restricted"], user["is_ultra_restricted"]) == (False,) * 4
    assert "locale" not in (await world.client.users_info(user="U0LI"))["user"]
    world.sandbox.remove_user(world.li)
    assert (await world.client.users_info(user="U0LI"))["user"]["deleted"] is True
    assert (await error(world.client.users_info(user="U0NOBODY")))["error"] == "user_not_found"


async def test_an_email_address_needs_its_scope(world: World) -> None:
    found = await world.client.users_lookupByEmail(email="LI@lender.example")
    assert found["user"]["id"] == "U0LI"
    assert (await error(world.client.users_lookupByEmail(email="no@one.example")))["error"] == "users_not_found"
    reinstall(world, "users:read")
    assert "email" not in (await world.client.users_info(user="U0LI"))["user"]["profile"]


async def test_the_list_of_users_is_paginated(world: World) -> None:
    first = await world.client.users_list(limit=2)
    second = await world.client.users_list(limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert [one["id"] for one in [*first["members"], *second["members"]]] == ["U0APPBOT", "U0LI", "U0WANG"]
    assert second["response_metadata"]["next_cursor"] == ""


async def test_a_permalink_leads_to_the_page(world: World) -> None:
    posted = await world.client.chat_postMessage(channel="C0DESK", text="a")
    link = (await world.client.chat_getPermalink(channel="C0DESK", message_ts=posted["ts"]))["permalink"]
    async with world.http.get(link, allow_redirects=False) as response:
        assert response.headers["Location"] == f"/?channel=C0DESK&message={posted['ts']}"


async def test_text_of_a_message_includes_blocks_and_buttons(world: World) -> None:
    from sandbox import text_of

    blocks = [section("Call *Wang* &amp; Co"), actions(button("Done"))]
    await world.client.chat_postMessage(channel="C0DESK", text="Due", blocks=blocks)
    (message,) = world.sandbox.messages(world.desk)
    assert text_of(message).split("\n") == ["Due", "Call *Wang* & Co", "Done"]
