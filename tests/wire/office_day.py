"""A lender's Slack for tests: the sandbox with the desk installed, its users and channels, and a clock moved by hand."""

import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel import select

from bot.served import ServedWorkspace
from bot.service import Service
from desk.core.transaction import Office
from sandbox.elements import interactive_elements
from sandbox.modals import Modal
from sandbox.model import Message
from sandbox.server import Sandbox
from sandbox.user_actions import Press, Reply
from storage.engine.rows import Row, table_of
from storage.tables import Loan, Member, Team, Workspace
from tests.builders import SHANGHAI
from tests.clocks import FrozenClock

SIGNING_SECRET = "wire-signing-secret"
TOKEN = "xoxb-wire-token"
APP_TOKEN = "xapp-wire-token"

RowT = TypeVar("RowT", bound=Row)


_IN_SLACK = {"locale": "locale", "zone": "tz"}
"""What a member's row has from Slack, by the name that Slack has for it."""


@dataclass(slots=True)
class Slack:
    """The sandbox, the running desk, and the people: `agent` and `other` (agents), `verifier`, `collector`, `manager`,
    `compliance`, `admin`. All are in the channel `desk_channel`."""

    sandbox: Sandbox
    service: Service
    clock: FrozenClock
    desk_channel: str
    manager_channel: str
    team: Team
    people: dict[str, Member]
    served: ServedWorkspace | None = None
    """Of a desk of several workspaces, what serves this one."""

    @property
    def office(self) -> Office:
        return self.served.office if self.served is not None else self.service.office

    @property
    def client(self) -> AsyncWebClient:
        return self.served.client if self.served is not None else self.service.client

    @property
    def workspace(self) -> Workspace:
        return self.served.workspace if self.served is not None else self.service.workspace

    def __getattr__(self, name: str) -> Member:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    async def command(self, who: Member, line: str, channel: str | None = None) -> Reply:
        """Send a command in the desk's channel and return what the member reads, in its answer or in a new message."""
        where = channel or self.desk_channel
        before = self.sandbox.messages(where, who.slack_user_id)
        reply = await self.sandbox.command(who.slack_user_id, where, line)
        if reply.message is None and not reply.error:
            new = [m for m in self.sandbox.messages(where, who.slack_user_id) if m not in before and m.is_ephemeral]
            if new:
                reply.message = new[-1]
                reply.answer = {"text": new[-1].text, "blocks": new[-1].blocks}
        return reply

    async def press(self, who: Member, message: Message, what: str) -> Press:
        """Press a button, by its text."""
        return await self.sandbox.press(who.slack_user_id, message, what)

    async def in_chinese(self, *who: Member) -> None:
        """Switch these members to Chinese."""
        await self.change(*who, locale="zh-CN")

    async def change(self, *who: Member, **values: Any) -> None:
        """Set these values on the members' rows directly, and in Slack what the desk follows from there."""
        in_slack = {_IN_SLACK[name]: value for name, value in values.items() if name in _IN_SLACK}
        for member in who:
            for name, value in in_slack.items():
                setattr(self.sandbox.workspace.users[member.slack_user_id], name, value)
        async with self.office.database.transaction() as session:
            for member in who:
                row = await session.get_one(Member, member.id)
                for name, value in values.items():
                    setattr(row, name, value)
                session.add(row)

    def posts(self, where: Member | str) -> list[Message]:
        """Return the desk's posts in a channel, or in a member's direct messages, in their current state."""
        channel = self.sandbox.dm(where.slack_user_id) if isinstance(where, Member) else where
        return [message for message in self.sandbox.messages(channel) if message.is_bot]

    def texts(self, where: Member | str) -> list[str]:
        """Return the texts of `posts`."""
        return [message.text for message in self.posts(where)]

    async def member(self, slack_id: str) -> Member:
        """Return the current row of a present or former member."""
        async with self.office.database.reading() as session:
            return (await session.exec(select(Member).where(Member.slack_user_id == slack_id))).one()

    async def rows(self, table: type[RowT]) -> list[RowT]:
        """Return all rows of a table by their keys, which are ids in the order in which they were written."""
        async with self.office.database.reading() as session:
            return list((await session.exec(select(table).order_by(*table_of(table).primary_key))).all())

    async def stage_of(self, loan: Loan) -> str:
        """Return the stage in which a loan is now."""
        async with self.office.database.reading() as session:
            return (await session.get_one(Loan, loan.id)).stage

    async def later(self, **by: Any) -> None:
        """Advance the clock and run the worker's round."""
        self.clock.advance(**by)
        await self.deliver()

    async def at(self, instant: str) -> None:
        """Set the clock to a time in Shanghai (`2026-11-26 09:00`) and run the worker's round."""
        self.clock.set(datetime.fromisoformat(instant).replace(tzinfo=SHANGHAI))
        await self.deliver()

    async def move(self, who: Member, line: str) -> Message:
        """Move a loan to another stage (`A-1 signed`), with a second press if it is asked about; return the answer."""
        answer = given((await self.command(who, f"/loan-stage {line}")).message)
        unusual = {"Move it all the same", "仍然变更"} & {*buttons(answer)}
        return shown(await self.press(who, answer, unusual.pop())) if unusual else answer

    async def form(self, who: Member, line: str) -> Modal:
        """Send a command that opens a form, and return the form."""
        reply = await self.command(who, line)
        assert not reply.error, reply.error
        return self.sandbox.modal_of(who.slack_user_id)

    async def card(self, who: Member, number: str = "A-1") -> Message:
        """Return the card of a loan that the member may see."""
        return given((await self.command(who, f"/loan {number}")).message)

    async def in_card(self, who: Member, first: str, *then: str, number: str = "A-1") -> Modal:
        """Press a button of a loan's card, then buttons of the modal that it opens. Return the modal in front."""
        press = await self.press(who, await self.card(who, number), first)
        assert not press.error
        for what in then:
            await self.sandbox.modal_of(who.slack_user_id).press(what)
        return self.sandbox.modal_of(who.slack_user_id)

    async def deliver(self) -> None:
        """Run the worker's round: announce what is due and deliver pending notices."""
        await self.service.round()


def buttons(message: Message | None) -> list[str]:
    """Return the texts of a message's buttons."""
    assert message is not None
    return [e["text"]["text"] for block in message.blocks for e in interactive_elements(block) if "text" in e]


def given(message: Message | None) -> Message:
    """Return the message of an answer that has one."""
    assert message is not None
    return message


def shown(press: Press) -> Message:
    """Return the message that the presser reads now."""
    assert press.error == ""
    assert press.shown is not None
    return press.shown


def logged(log: io.StringIO, event: str) -> list[dict[str, Any]]:
    """Return the lines of the log with this event."""
    return [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == event]
