"""Links of the desk's own page, as a message or form shows them, and a browser that opens them."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.elements import find_element
from tests.wire.office_day import Slack

PUBLIC_URL = "https://desk.example.com"


@dataclass(slots=True)
class Browser:
    """A browser that reaches the desk's page at its public address."""

    slack: Slack
    session: aiohttp.ClientSession

    async def open(self, url: str, code: str) -> tuple[int, bytes, Any]:
        """Type the code on the page of a link. Return the status, the body and the headers of the answer."""
        async with self.session.post(self.here(url), data={"code": code}) as answer:
            return answer.status, await answer.read(), answer.headers

    def here(self, url: str) -> str:
        """Return where the page of that address is served in this test."""
        assert url.startswith(f"{PUBLIC_URL}/files/")
        return f"http://127.0.0.1:{self.slack.service.port}{urlsplit(url).path}"


def link_and_code(blocks: list[dict[str, Any]], text: str) -> tuple[str, str]:
    """Return the address of the only link to the page in these blocks, and the code that their text gives."""
    code = re.search(r"\b\d{3} \d{3}\b", text)
    assert code is not None, text
    return find_element(blocks, "files.follow#1")[1]["url"], code[0]
