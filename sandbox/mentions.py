"""Mentions and links in messages.

Slack reads mentions in mrkdwn and in the message's own text, and in the user, usergroup and broadcast elements of rich
text. Plain text and typed names notify nobody.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.model import Channel, Json, unescape

_MENTION = re.compile(r"<(?:@([UW][A-Z0-9]+)|!(channel|here|everyone|subteam\^S[A-Z0-9]+))(?:\|[^>]*)?>")
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|[^>]*)?>")
_BROADCASTS = frozenset({"!channel", "!here", "!everyone"})


def mentions_in(text: str, blocks: list[Json]) -> tuple[str, ...]:
    """Return the mentions of a message as written: user ids, `!channel`, `!here`, `!everyone`, `!subteam^S…`."""
    return tuple(dict.fromkeys([*_in_mrkdwn(text), *_in_blocks(blocks)]))


def notified_users(
    mentions: Iterable[str], channel: Channel, *, author: str, groups: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Return the members of the channel whom these mentions notify; authors are not notified of their own messages."""
    reached: set[str] = set()
    for mention in mentions:
        if mention in _BROADCASTS:
            reached |= set(channel.members)
        elif mention.startswith("!subteam^"):
            reached |= groups.get(mention.removeprefix("!subteam^"), frozenset())
        else:
            reached.add(mention)
    return frozenset(reached & set(channel.members) - {author})


def links_in(text: str, domains: Iterable[str]) -> list[Json]:
    """Return the links in a text to one of the domains or a subdomain, each as `domain` (the host) and `url`."""
    found: list[Json] = []
    for url in map(unescape, _LINK.findall(text)):
        host = urlsplit(url).hostname or ""
        if any(host == domain or host.endswith(f".{domain}") for domain in domains):
            found.append({"domain": host, "url": url})
    return found


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
