"""The examples of docs/api.md work as they are written there."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from storage.tables import Loan, Payment
from tests.builders import make_loan
from tests.wire.api_client import check_documented, issue
from tests.wire.office_day import Slack

DOC = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")


@dataclass(slots=True)
class Curl:
    """A request as a line for curl says it."""

    url: str = ""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    data: str | None = None

    @classmethod
    def read(cls, line: str, **variables: str) -> "Curl":
        """Read a line of the docs. Fails for an option that is not used there."""
        for name, value in variables.items():
            line = line.replace(f"${name}", value)
        found, words = cls(), iter(shlex.split(line.replace("\\\n", " "))[1:])
        for word in words:
            match word:
                case "-H":
                    name, _, value = next(words).partition(": ")
                    found.headers[name] = value
                case "-X":
                    found.method = next(words)
                case "-d":
                    found.data = next(words)
                case _:
                    assert word.startswith("http"), f"curl does not know {word}"
                    found.url = word
        return found


async def test_the_examples_work(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1001", owner=slack.agent, stage="disbursed")
    lines = re.findall(r"^```\n(curl .*?)\n```$", DOC, re.MULTILINE | re.DOTALL)
    assert len(lines) >= 4
    token, desk = await issue(slack), f"http://127.0.0.1:{slack.service.port}"

    async with aiohttp.ClientSession() as session:
        for line in lines:
            curl = Curl.read(line, TOKEN=token, DESK=desk)
            async with session.request(curl.method, curl.url, headers=curl.headers, data=curl.data) as answer:
                body = json.loads(await answer.text())
                assert answer.status < 300, (line, body)
            check_documented(curl.method, curl.url, answer.status, body)

    assert [str(row.amount) for row in await slack.rows(Payment)] == ["1000.00"]
    assert {row.number for row in await slack.rows(Loan)} == {"A-1001", "B-2001"}


def test_every_kind_of_event_and_every_path_is_named() -> None:
    from desk.lender.events import Kind
    from handlers.api.registry import ROUTES

    assert all(f"`{kind}`" in DOC for kind in Kind.__args__)
    assert all(route.path.split("/")[1] in DOC for route in ROUTES)
