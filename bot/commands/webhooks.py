"""`loandesk webhooks`: endpoints, their secrets, the log of deliveries, replay."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from rich.console import Console

from bot.offices import every_workspace, open_office
from bot.settings import Settings
from bot.webhooks.addresses import Allowed, ForbiddenAddressError
from bot.webhooks.client import WebhookClient
from desk.core.clock import Clock
from desk.core.transaction import Desk, Office
from desk.core.webhook_endpoints import host_of
from desk.core.webhook_events import EVENT_TYPES, TEST, plain
from desk.webhooks import endpoints, replaying, sending
from desk.webhooks.endpoints import WebhookError
from desk.webhooks.retries import OLD_SECRET_FOR
from desk.webhooks.sending import Outgoing
from storage.engine.types import new_id
from storage.queries.webhooks import deliveries
from storage.queries.webhooks import endpoints as rows
from storage.queries.webhooks.deliveries import LoggedDelivery
from storage.tables import WebhookAttempt, WebhookEndpoint, Workspace

T = TypeVar("T")


def list_events(console: Console) -> int:
    """Print the types of events."""
    for code, kind in EVENT_TYPES.items():
        console.print(f"{code:<22} {kind.does}")
    console.print("….undone is sent to those who wanted the event that an Undo takes back.")
    return 0


async def add(
    settings: Settings,
    console: Console,
    url: str,
    events: Sequence[str],
    *,
    personal: bool = False,
    team: str | None = None,
    clock: Clock | None = None,
) -> int:
    """Add an endpoint, and print its secret. Return 1 if it may not be sent to or cannot be added."""
    async with open_office(settings, clock) as office:
        try:
            Allowed.read(settings.webhooks_private).check_url(url)
            workspace = await _workspace(office, team)
            async with office.desk(workspace) as desk:
                added = await endpoints.add(desk, url, events, personal=personal)
        except (WebhookError, ForbiddenAddressError, ValueError) as error:
            console.print(f"Nothing was added: {error}.")
            return 1
    console.print(f"Added {added.endpoint.id} for {len(added.endpoint.types)} types of events.")
    console.print(f"Its secret, shown only now: {added.secret}")
    console.print(f"Try it with `loandesk webhooks test {added.endpoint.id}`.")
    return 0


async def list_endpoints(settings: Settings, console: Console, clock: Clock | None = None) -> int:
    """Print the endpoints: where, what, and how they are doing."""
    count = 0
    async with open_office(settings, clock) as office:
        for workspace in await every_workspace(office):
            async with office.reading_desk(workspace) as desk:
                for row in await rows.of_workspace(desk.session, workspace.id):
                    count += 1
                    states = await deliveries.counts(desk.session, row.id)
                    console.print(f"{row.id}  {row.url}")
                    console.print(f"  {_state(row, desk.now)}; {_counted(states)}")
                    console.print(f"  {', '.join(row.types)}{' · with personal data' if row.personal else ''}")
    if not count:
        console.print("There is no endpoint. `loandesk webhooks add` adds one.")
    return 0


async def send_test(settings: Settings, console: Console, endpoint_id: UUID, clock: Clock | None = None) -> int:
    """Send a test event, and print what came of it. Return 1 if it was not accepted."""
    async with open_office(settings, clock) as office:
        found = await _find(office, endpoint_id)
        if found is None:
            return _no_endpoint(console)
        workspace, row = found
        async with office.reading_desk(workspace) as desk:
            data = {"workspace": workspace.slack_team_id}
            sent = Outgoing(
                endpoint_id=row.id,
                delivery_id=new_id(),
                webhook_id=str(new_id()),
                url=row.url,
                body=sending.body_of(TEST, plain(desk.now), data),
                secrets=endpoints.secrets_of(desk, row),
            )
        client = WebhookClient(Allowed.read(settings.webhooks_private), office.clock)
        try:
            answer = await client.post(sent)
        finally:
            await client.close()
    said = f"status {answer.status}" if answer.status is not None else f"no answer ({answer.error})"
    accepted = answer.meaning == "delivered"
    console.print(f"{'Accepted' if accepted else 'Not accepted'}: {said} after {answer.milliseconds} ms.")
    return 0 if accepted else 1


async def change(
    settings: Settings,
    console: Console,
    endpoint_id: UUID,
    act: Callable[[Desk, UUID], Awaitable[str]],
    clock: Clock | None = None,
) -> int:
    """Do one of the acts below to an endpoint, and print what it says. Return 1 where it cannot be done."""
    async with open_office(settings, clock) as office:
        found = await _find(office, endpoint_id)
        if found is None:
            return _no_endpoint(console)
        try:
            async with office.desk(found[0]) as desk:
                said = await act(desk, endpoint_id)
        except WebhookError as refused:
            console.print(f"{refused}.")
            return 1
    console.print(said)
    return 0


async def remove(desk: Desk, endpoint_id: UUID) -> str:
    """Remove an endpoint."""
    row = await endpoints.remove(desk, endpoint_id)
    return f"Removed {row.id} ({host_of(row)}) with the log of its deliveries."


async def subscribe(desk: Desk, endpoint_id: UUID, *, patterns: Sequence[str]) -> str:
    """Have an endpoint get other events."""
    row = await endpoints.subscribe(desk, endpoint_id, patterns)
    return f"{row.id} ({host_of(row)}) gets from now on: {', '.join(row.types)}."


async def rotate(desk: Desk, endpoint_id: UUID) -> str:
    """Give an endpoint a new secret, which is said this once."""
    new = await endpoints.rotate(desk, endpoint_id)
    return (
        f"The new secret, shown only now: {new.secret}\n"
        f"The old one signs too until {desk.now + OLD_SECRET_FOR:%Y-%m-%d %H:%M} UTC."
    )


async def enable(desk: Desk, endpoint_id: UUID) -> str:
    """Send to an endpoint again."""
    row = await endpoints.enable(desk, endpoint_id)
    return (
        f"Sending to {row.id} ({host_of(row)}) again. What it missed: "
        f"`loandesk webhooks replay --since TIME --endpoint {row.id}`."
    )


async def disable(desk: Desk, endpoint_id: UUID) -> str:
    """Stop sending to an endpoint."""
    return f"Nothing more is sent to {endpoint_id}. Set aside: {await endpoints.stop(desk, endpoint_id)}."


async def list_deliveries(
    settings: Settings,
    console: Console,
    *,
    endpoint_id: UUID | None = None,
    failed: bool = False,
    limit: int = 50,
    attempts: bool = False,
    clock: Clock | None = None,
) -> int:
    """Print deliveries, the newest first."""
    count = 0
    async with open_office(settings, clock) as office:
        for workspace in await every_workspace(office):
            async with office.reading_desk(workspace) as desk:
                found = await deliveries.logged(
                    desk.session, workspace.id, endpoint_id=endpoint_id, failed=failed, limit=limit
                )
                for each in found:
                    count += 1
                    console.print(_delivery_line(each))
                    for attempt in await deliveries.attempts_of(desk.session, each.delivery.id) if attempts else ():
                        console.print(f"    {_attempt_line(attempt)}")
    if not count:
        console.print("There is no such delivery.")
    return 0


async def replay(
    settings: Settings,
    console: Console,
    *,
    ids: Sequence[UUID] = (),
    since: datetime | None = None,
    endpoint_id: UUID | None = None,
    clock: Clock | None = None,
) -> int:
    """Send deliveries again, or what an endpoint (None: each that is not disabled) wants since a time. Return 1 if that fails."""
    async with open_office(settings, clock) as office:
        try:
            if since is None:
                count = await _replay_named(office, ids)
            else:
                count = sum([each async for each in _replay_since(office, since, endpoint_id)])
        except WebhookError as error:
            console.print(f"Nothing is sent again: {error}.")
            return 1
    console.print(f"To be sent again: {count}.")
    return 0


async def _replay_named(office: Office, ids: Sequence[UUID]) -> int:
    missing: WebhookError | None = None
    for workspace in await every_workspace(office):
        try:
            async with office.desk(workspace) as desk:
                return await replaying.replay(desk, ids)
        except WebhookError as error:
            missing = error
    raise missing or WebhookError("the desk is not set up in a workspace yet")


async def _replay_since(office: Office, since: datetime, endpoint_id: UUID | None) -> AsyncIterator[int]:
    for workspace, row in await _every_endpoint(office):
        if endpoint_id not in (None, row.id) or (endpoint_id is None and row.disabled_at is not None):
            continue
        after: UUID | None = replaying.FIRST
        while after is not None:
            async with office.desk(workspace) as desk:
                count, after = await replaying.replay_since(desk, row.id, since, after)
            yield count


async def _every_endpoint(office: Office) -> list[tuple[Workspace, WebhookEndpoint]]:
    found: list[tuple[Workspace, WebhookEndpoint]] = []
    for workspace in await every_workspace(office):
        async with office.database.reading() as session:
            found += [(workspace, row) for row in await rows.of_workspace(session, workspace.id)]
    return found


async def _find(office: Office, endpoint_id: UUID) -> tuple[Workspace, WebhookEndpoint] | None:
    return next((each for each in await _every_endpoint(office) if each[1].id == endpoint_id), None)


async def _workspace(office: Office, team: str | None) -> Workspace:
    found = [row for row in await every_workspace(office) if team in (None, row.slack_team_id)]
    if not found:
        raise WebhookError("there is no such workspace: start `loandesk serve` once")
    if len(found) > 1:
        teams = ", ".join(row.slack_team_id for row in found)
        raise WebhookError(f"the desk serves several workspaces: say which with --workspace ({teams})")
    return found[0]


def _no_endpoint(console: Console) -> int:
    console.print("There is no such endpoint: `loandesk webhooks list` lists them.")
    return 1


def _state(row: WebhookEndpoint, now: datetime) -> str:
    if row.disabled_at is not None:
        return f"disabled since {_at(row.disabled_at)} ({row.disabled_why})"
    if row.failing_since is not None:
        waits = f", next attempt {_at(row.paused_until)}" if row.paused_until and row.paused_until > now else ""
        return f"failing since {_at(row.failing_since)} ({row.last_error}){waits}"
    return f"last delivery {_at(row.delivered_at)}" if row.delivered_at else "nothing delivered yet"


def _counted(states: dict[str, int]) -> str:
    return ", ".join(
        f"{states.get(name, 0)} {name.replace('_', ' ')}" for name in ("pending", "delivered", "set_aside")
    )


def _delivery_line(each: LoggedDelivery) -> str:
    row, event = each.delivery, each.event
    last = row.last_error or (f"status {row.last_status}" if row.last_status else "")
    took = f"{each.milliseconds} ms" if each.milliseconds is not None else ""
    parts = [
        f"{row.id}  {event.type}",
        _at(event.at),
        row.state.replace("_", " "),
        f"attempts {row.attempts}",
        last,
        took,
        f"webhook-id {event.id}",
    ]
    return " · ".join(part for part in parts if part)


def _attempt_line(attempt: WebhookAttempt) -> str:
    said = f"status {attempt.status}" if attempt.status is not None else attempt.error
    return f"{_at(attempt.at)} · {said} · {attempt.milliseconds} ms"


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
