"""A desk whose events a receiver on this machine gets."""

import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rich.console import Console
from sqlmodel import col, select

from bot.commands import webhooks as command
from bot.settings import Settings
from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookRounds
from storage.queries.people import workspaces
from storage.tables import WebhookDelivery, WebhookEndpoint
from tests.bot.keys import settings_with
from tests.webhook_receiver import Receiver
from tests.wire.office_day import Slack

LOCAL = "127.0.0.0/8"


class Webhooks:
    """The commands of `loandesk webhooks` on the desk's database, and the rounds of its worker."""

    def __init__(self, slack: Slack, database_url: str, *, seconds: float = 60.0) -> None:
        self.slack = slack
        ring = slack.office.cipher.ring
        keys, search = _written(ring)
        self.settings: Settings = settings_with(database_url, keys=keys, search=search, webhooks_private=LOCAL)
        self.rounds = slack.service.only.webhooks = self.another(seconds)

    def another(self, seconds: float = 60.0) -> WebhookRounds:
        """Return the rounds of another process."""
        client = WebhookClient(Allowed.read(LOCAL), self.slack.clock, seconds=seconds)
        return WebhookRounds(self.slack.office, self.slack.workspace, client)

    async def run(self, name: str, *given: Any, **options: Any) -> str:
        """Run a command, and return what it prints; the process of the desk follows, as its heartbeat does."""
        self.code, printed = await self.run_quietly(name, *given, **options)
        return printed

    async def run_quietly(self, name: str, *given: Any, **options: Any) -> tuple[int, str]:
        printed = io.StringIO()
        console = Console(file=printed, markup=False, soft_wrap=True)
        code = await getattr(command, name)(self.settings, console, *given, clock=self.slack.clock, **options)
        async with self.slack.office.database.reading() as session:
            workspaces.copy_onto(self.slack.workspace, await workspaces.current(session, self.slack.workspace.id))
        return code, printed.getvalue()

    async def add(self, receiver: Receiver, *events: str, **options: Any) -> tuple[UUID, str]:
        """Add an endpoint, and return its id and secret."""
        printed = await self.run("add", receiver.url, events or ("*",), **options)
        assert self.code == 0, printed
        secret = printed.split("only now: ")[1].split()[0]
        return UUID(printed.split()[1]), secret

    async def endpoint(self) -> WebhookEndpoint:
        """Return the endpoint."""
        async with self.slack.office.database.reading() as session:
            return (await session.exec(select(WebhookEndpoint))).one()

    async def deliveries(self) -> Sequence[WebhookDelivery]:
        """Return the deliveries in the order of their events."""
        async with self.slack.office.database.reading() as session:
            return (await session.exec(select(WebhookDelivery).order_by(col(WebhookDelivery.event_id)))).all()


def _written(ring: Any) -> tuple[str, str]:
    from base64 import b64encode

    keys = ",".join(f"{number}:{b64encode(key).decode()}" for number, key in ring.keys.items())
    return keys, b64encode(ring.search).decode()
