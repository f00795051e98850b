"""Lists as files over the wire: ask, have the worker make them, open the link, and read what is in the file."""

import csv
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openpyxl
import pytest

from sandbox.elements import find_element
from storage.tables import Member
from tests.wire.office_day import Slack, buttons, shown
from tests.wire.page_links import Browser


class Downloads(Browser):
    """A browser that downloads what the worker made."""

    async def download(self, who: Member) -> bytes:
        """Open the link of the last file that was made for a member, and return the file."""
        status, content, _ = await self.open(*await ask_link(self.slack, who))
        assert status == 200
        return content

    async def export(self, who: Member, line: str) -> bytes:
        """Send a command that exports a list, and return the file."""
        await self.slack.command(who, line)
        await make(self.slack)
        return await self.download(who)


@pytest.fixture
async def browser(slack: Slack) -> AsyncIterator[Downloads]:
    async with aiohttp.ClientSession() as session:
        yield Downloads(slack, session)


async def make(slack: Slack) -> None:
    """Do what the worker does, and deliver what it says."""
    while await slack.service.exports.round():
        pass
    await slack.deliver()


async def ask_link(slack: Slack, who: Member) -> tuple[str, str]:
    """Ask for a link in the message that says that the file is ready. Return its address and its code."""
    label = "打开文件" if who.locale.startswith("zh") else "Open the file"
    ready = [post for post in slack.posts(who) if label in buttons(post)]
    offer = shown(await slack.press(who, ready[-1], label))
    _, button = find_element(offer.blocks, "打开页面" if label == "打开文件" else "Open the page", None)
    found = re.search(r"\d{3} \d{3}", offer.text)
    assert found is not None
    return button["url"], found[0]


def rows_of_csv(content: bytes) -> list[list[str]]:
    """Return the rows of a CSV file, the headings first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def rows_of_xlsx(content: bytes) -> list[list[Any]]:
    """Return the rows of the first sheet, the headings first: each cell as the kind that the file says it is."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def column(rows: list[list[Any]], heading: str) -> list[Any]:
    """Return the cells of a column, by its heading."""
    place = rows[0].index(heading)
    return [row[place] for row in rows[1:]]
