"""Links in messages, as far as they lead to an app's domains."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from sandbox.model import Json, unescape

_LINK = re.compile(r"<(https?://[^|>]+)(?:\|[^>]*)?>")


def links_in(text: str, domains: Iterable[str]) -> list[Json]:
    """The links in a text that lead to one of the domains, or to a host below one: `domain` and `url` of each."""
    found: list[Json] = []
    for url in map(unescape, _LINK.findall(text)):
        host = urlsplit(url).hostname or ""
        if any(host == domain or host.endswith(f".{domain}") for domain in domains):
            found.append({"domain": host, "url": url})
    return found
