"""Whom a message notifies, and unread counts."""

from typing import Any

import pytest

from tests.sandbox.conftest import World
from tests.sandbox.payloads import actions, button, mrkdwn, plain, rich_text, section

EVERYONE = {"U0LI", "U0WANG"}


async def notified_by(world: World, text: str, *blocks: dict[str, Any]) -> set[str]:
    await world.client.chat_postMessage(channel="C0DESK", text=text, blocks=list(blocks) or None)
    return set(world.sandbox.messages(world.desk)[-1].notified)


@pytest.mark.parametrize(
    ("text", "notified"),
    [
        ("Call for <@U0LI>", {"U0LI"}),
        ("Call for <@U0LI|li>", {"U0LI"}),
        ("<!channel> hello", EVERYONE),
        ("<!here|here>", EVERYONE),
        ("<!everyone>", EVERYONE),
        ("<!subteam^S0DESK>", {"U0WANG"}),
        ("<!subteam^S0DESK|@desk>", {"U0WANG"}),
        ("&lt;!channel&gt; &lt;@U0LI&gt;", set()),
        ("@channel @li.wei !here", set()),
        ("<@U0NOBODY> <!date^1^{date}|x>", set()),
    ],
)
async def test_a_text_notifies_the_users_it_mentions(world: World, text: str, notified: set[str]) -> None:
    world.sandbox.add_group("S0DESK", [world.wang])
    assert await notified_by(world, text) == notified


@pytest.mark.parametrize(
    ("block", "notified"),
    [
        (section("Call for <@U0LI>"), {"U0LI"}),
        ({"type": "section", "fields": [mrkdwn("<@U0WANG>")]}, {"U0WANG"}),
        ({"type": "context", "elements": [mrkdwn("<!here>")]}, EVERYONE),
        ({"type": "markdown", "text": "<@U0LI>"}, {"U0LI"}),
        (rich_text({"type": "user", "user_id": "U0LI"}), {"U0LI"}),
        (rich_text({"type": "broadcast", "range": "channel"}), EVERYONE),
        (rich_text({"type": "text", "text": "<!channel> <@U0LI>"}), set()),
        ({"type": "section", "text": plain("<!channel> <@U0LI>")}, set()),
        ({"type": "header", "text": plain("<!channel>")}, set()),
        (actions(button("<!channel>", value="<@U0LI>")), set()),
    ],
)
async def test_a_block_notifies_the_users_its_markup_mentions(
    world: World, block: dict[str, Any], notified: set[str]
) -> None:
    assert await notified_by(world, "Hello", block) == notified


async def test_nobody_outside_the_channel_is_notified(world: World) -> None:
    world.sandbox.add_user("U0FAR", name="far")
    assert await notified_by(world, "<@U0FAR> <!channel>") == EVERYONE
    assert world.sandbox.messages(world.desk)[-1].mentions == ("U0FAR", "!channel")


async def test_an_ephemeral_message_notifies_at_most_its_reader(world: World) -> None:
    await world.client.chat_postEphemeral(channel="C0DESK", user="U0LI", text="<!channel>")
    assert world.sandbox.messages(world.desk, world.li)[0].notified == {"U0LI"}


async def test_an_update_recomputes_the_mentions(world: World) -> None:
    posted = await world.client.chat_postMessage(channel="C0DESK", text="<@U0LI>")
    await world.client.chat_update(channel="C0DESK", ts=posted["ts"], text="Done by Li")
    assert world.sandbox.messages(world.desk)[0].notified == frozenset()


def unread(world: World, user: Any, channel: Any) -> tuple[int, int]:
    return world.sandbox.workspace.unread(user.id, channel)


async def test_unread_messages_and_mentions_are_counted_per_user_until_read(world: World) -> None:
    await world.client.chat_postMessage(channel="C0DESK", text="Morning")
    await world.client.chat_postMessage(channel="C0DESK", text="<@U0LI>")
    await world.client.chat_postEphemeral(channel="C0DESK", user="U0LI", text="psst")
    assert unread(world, world.li, world.desk) == (2, 1)
    assert unread(world, world.wang, world.desk) == (2, 0)
    await world.post("/ui/read", user="U0LI", channel="C0DESK")
    assert unread(world, world.li, world.desk) == (0, 0)
    world.sandbox.say(world.wang, world.desk, "Thanks")
    assert unread(world, world.wang, world.desk) == (0, 0)
    assert unread(world, world.li, world.desk) == (1, 0)


async def test_every_direct_message_counts_as_a_mention(world: World) -> None:
    await world.client.chat_postMessage(channel="U0LI", text="A call is due")
    assert unread(world, world.li, world.sandbox.dm(world.li)) == (1, 1)
