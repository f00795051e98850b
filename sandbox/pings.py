"""Whom a message notifies.

Slack reads mentions in mrkdwn and in the message's own text, and in the user, usergroup and broadcast elements of rich
text. Plain text, and a name that somebody typed, notify nobody.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.model import Channel, Json

_MENTION = re.compile(r"<(?:@([UW][A-Z0-9]+)|!(channel|here|everyone|subteam\^S[A-Z0-9]+))(?:\|[^>]*)?>")
_BROADCASTS = frozenset({"!channel", "!here", "!everyone"})


def mentions_in(text: str, blocks: list[Json]) -> tuple[str, ...]:
    """The mentions of a message as written: user ids, `!channel`, `!here`, `!everyone`, `!subteam^S…`."""
    return tuple(dict.fromkeys([*_in_mrkdwn(text), *_in_blocks(blocks)]))


def pinged(
    mentions: Iterable[str], channel: Channel, *, author: str, groups: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The members of the channel whom these mentions notify; nobody is notified of their own message."""
    reached: set[str] = set()
    for mention in mentions:
        if mention in _BROADCASTS:
            reached |= set(channel.members)
        elif mention.startswith("!subteam^"):
            reached |= groups.get(mention.removeprefix("!subteam^"), frozenset())
        else:
            reached.add(mention)
    return frozenset(reached & set(channel.members) - {author})


def _in_mrkdwn(text: str) -> Iterator[str]:
    for user, special in _MENTION.findall(text):
        yield user or f"!{special}"


def _in_blocks(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _in_blocks(item)
    elif isinstance(node, dict):
        yield from _in_element(node)
        for value in node.values():
            yield from _in_blocks(value)


def _in_element(node: Json) -> Iterator[str]:
    match node:
        case {"type": "mrkdwn" | "markdown", "text": str(text)}:
            yield from _in_mrkdwn(text)
        case {"type": "user", "user_id": str(user)}:
            yield user
        case {"type": "usergroup", "usergroup_id": str(group)}:
            yield f"!subteam^{group}"
        case {"type": "broadcast", "range": str(reach)}:
            yield f"!{reach}"
        case _:
            return
