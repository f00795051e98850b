"""Escape typed text as Slack does before it sends it to an app."""

import re
from collections.abc import Callable
from typing import TypeVar

from sandbox.model import Channel, User

Found = TypeVar("Found")

_TOKEN = re.compile(
    r"(?P<url>https?://[^\s<>|]*[^\s<>|.,;:!?'\"()（），。；：！？、“”])"
    r"|(?<![\w@.-])(?P<domain>[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.(?:com|cn|net|org|io)\b(?:/[\w./%-]*\w)?)(?!@)"
    r"|(?P<mail>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})"
    r"|(?<![\w@#])@(?P<user>[\w.-]+)"
    r"|(?<![\w@#])#(?P<channel>[\w-]+)"
    r"|(?P<special>[&<>])"
)
_LATIN = re.compile(r"[A-Za-z0-9_]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """Escape only `&`, `<` and `>`, as for a command without `should_escape`."""
    return re.sub(r"[&<>]", lambda found: _ENTITIES[found[0]], text)


def encode(
    text: str,
    *,
    find_user: Callable[[str], User | None],
    find_channel: Callable[[str], Channel | None],
) -> str:
    """Return the text as an app gets it with `should_escape: true`.

    `@name` and `#name` become ids if they name a user (`find_user`) or a channel that the author can see
    (`find_channel`). The longest name wins: `@li.wei说` is Li Wei and a character, while `@lisa` is never `@li`.
    A private channel is sent without its name. A URL is put in `<…>`; so are a bare domain and an e-mail address, with
    the typed text as their label.
    """

    def replace(found: re.Match[str]) -> str:
        if url := found["url"]:
            return f"<{escape(url)}>"
        if domain := found["domain"]:
            return f"<http://{domain}|{domain}>"
        if mail := found["mail"]:
            return f"<mailto:{mail}|{mail}>"
        if word := found["user"]:
            return _longest(word, find_user, lambda user: f"<@{user.id}>") or f"@{word}"
        if word := found["channel"]:
            return _longest(word, find_channel, _channel_reference) or f"#{word}"
        return _ENTITIES[found["special"]]

    return _TOKEN.sub(replace, text)


def _channel_reference(channel: Channel) -> str:
    return f"<#{channel.id}|{channel.name if channel.kind == 'public' else ''}>"


def _longest(word: str, find: Callable[[str], Found | None], render: Callable[[Found], str]) -> str | None:
    for end in range(len(word), 0, -1):
        if _LATIN.match(word, end):
            continue
        if (found := find(word[:end])) is not None:
            return render(found) + word[end:]
    return None
