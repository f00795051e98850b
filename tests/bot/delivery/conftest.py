"""A desk with pending messages, and the sandbox to send them to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.rounds import Pace
from bot.delivery.sender import Sender
from desk.core.transaction import Desk, Office
from desk.messages.kinds import NoticeKind
from desk.messages.notices import queue_notice
from handlers.messages.block_kit.message import Message
from sandbox.model import Message as Shown
from sandbox.server import Sandbox
from storage.tables import Member, Notice, Workspace
from tests.builders import make_member
from tests.clocks import FrozenClock
from tests.conftest import UNHURRIED

FAST = Pace(message_seconds=0.0, digests_per_second=100.0, linger_seconds=0.2, scan_seconds=0.05, poll_seconds=0.05)
"""Without pauses."""

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
"""On SQLite there is one worker, and one writer at a time."""

SCOPES = ("chat:write", "channels:history", "groups:history", "im:history", "im:write")


@dataclass
class Room:
    """Lin's channel, and the admin. `state`: what a notice of a kind says now; None: nothing."""

    office: Office
    workspace: Workspace
    sandbox: Sandbox
    client: AsyncWebClient
    lin: Member
    admin: Member
    state: dict[str, str | None] = field(default_factory=dict[str, str | None])
    blocks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    native: Message | None = None

    async def compose(self, _desk: Desk, notice: Notice) -> Message | None:
        """Return the state of the notice's kind, or just the kind."""
        text = self.state.get(notice.kind, notice.kind)
        return None if text is None else Message(text=text, blocks=self.blocks, with_tables=self.native)

    def sender(self, **settings: Any) -> Sender:
        """Return a sender as another process has it."""
        return Sender(self.office, self.client, self.workspace, self.compose, **settings)

    async def owe(self, kind: str = "reminder", *, urgent: bool = True, **values: Any) -> UUID:
        """Add a pending message of that kind to Lin."""
        notice_kind = NoticeKind(kind, urgent=urgent)
        async with self.office.desk(self.workspace) as desk:
            notice_id = await queue_notice(desk, **{"kind": notice_kind, "key": kind, "to": self.lin} | values)
        assert notice_id is not None
        return notice_id

    async def row(self, notice_id: UUID) -> Notice:
        """Return the notice's row."""
        async with self.office.database.reading() as session:
            return await session.get_one(Notice, notice_id)

    def shown(self, where: str = "CLIN") -> list[str]:
        """Return the texts in a channel, or in the bot's conversation with a person."""
        return [message.text for message in self.messages(where)]

    def messages(self, where: str = "CLIN") -> list[Shown]:
        """Return the messages."""
        return self.sandbox.messages(self.sandbox.dm(where) if where.startswith("U") else where)

    def calls(self, method: str) -> int:
        """Return how often that method was requested."""
        return len(self.sandbox.traffic.api_calls(method))


@pytest.fixture
async def sandbox(clock: FrozenClock) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(now=lambda: clock.now().timestamp())
    sandbox.limits.enabled = False
    await sandbox.start()
    sandbox.install(app_url="http://127.0.0.1:1/", scopes=SCOPES)
    for user in ("ULIN", "UADMIN"):
        sandbox.add_user(user, name=user.lower())
    sandbox.add_channel("lin", channel_id="CLIN", members=["ULIN"])
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def room(office: Office, workspace: Workspace, sandbox: Sandbox) -> AsyncIterator[Room]:
    lin = await make_member(office, workspace, "ULIN", reminder_channel_id="CLIN")
    admin = await make_member(office, workspace, "UADMIN", roles="admin")
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token="xoxb-sandbox-token", base_url=sandbox.api_url, session=session)
        yield Room(office, workspace, sandbox, client, lin, admin)


@pytest.fixture
def sender(room: Room) -> Sender:
    """Deliver what is pending; a request may take as long as a busy machine needs."""
    return room.sender(request_seconds=UNHURRIED)
