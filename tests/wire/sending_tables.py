"""A file of loans that is sent to the bot in a direct message, and the message about its import."""

import re
from urllib.parse import urlsplit

import aiohttp

from sandbox.elements import find_element
from sandbox.model import Message
from storage.tables import Member
from tests.wire.office_day import Slack

HEADER = "number,name,phone,stage,owner,note"


def row(number: int, *, phone: str = "", owner: str = "UAGENT") -> str:
    return f"A-{number},王小明,{phone or f'1380013{number:04}'},disbursed,{owner},x"


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


async def send(slack: Slack, who: Member, content: bytes, name: str = "loans.csv", text: str = "") -> None:
    """Send a file to the bot, and let the worker look at it."""
    user = who.slack_user_id
    slack.sandbox.send_files(user, slack.sandbox.dm(user), slack.sandbox.upload(user, name, content), text=text)
    before = len(slack.texts(who))
    await slack.sandbox.wait_for(lambda: len(slack.texts(who)) > before)
    await slack.sandbox.events.wait_until_delivered()
    await slack.deliver()


def told(slack: Slack, who: Member) -> Message:
    """Return the message about the import."""
    return next(
        message for message in reversed(slack.posts(who)) if "import." in str(message.blocks) or "·" in message.text
    )


async def opened(slack: Slack, link: Message) -> bytes:
    """Return what the page of a link gives for its code."""
    _, button = find_element(link.blocks, "files.follow#1")
    code = re.search(r"\d{3} \d{3}", link.text)
    assert code is not None
    here = f"http://127.0.0.1:{slack.service.port}{urlsplit(button['url']).path}"
    async with aiohttp.ClientSession() as session, session.post(here, data={"code": code[0]}) as answer:
        assert answer.status == 200
        return await answer.read()


async def press(slack: Slack, who: Member, what: str) -> None:
    """Press a button of the message about the import, and let the worker work."""
    answer = await slack.press(who, told(slack, who), what)
    assert answer.error == ""
    await slack.deliver()
