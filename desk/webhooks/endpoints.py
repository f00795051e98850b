"""Endpoints of webhooks: added, listed, rotated, stopped and started by the operator. Each act is in the audit trail."""

import base64
import secrets
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.operator_acts import operator
from desk.core.transaction import Desk
from desk.core.webhook_endpoints import BY_OPERATOR, host_of
from desk.core.webhook_events import EVENT_TYPES
from desk.webhooks.retries import OLD_SECRET_FOR
from storage.engine.types import new_id
from storage.queries.people import workspaces
from storage.queries.webhooks import deliveries, endpoints
from storage.tables import WebhookEndpoint
from storage.upkeep.erasing import erase

MOST_ENDPOINTS = 20
"""The most endpoints of a workspace."""

URL_LIMIT = 2000

SECRET_PREFIX = "whsec_"


class WebhookError(Exception):
    """What was asked for is not possible. The message says why and what to do, in plain English for the operator."""


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint, and its secret, which is shown this once."""

    endpoint: WebhookEndpoint
    secret: str


async def add(desk: Desk, url: str, patterns: Sequence[str], *, personal: bool = False) -> WithSecret:
    """Add an endpoint for the types that the patterns name: `call.logged`, `promise.*`, `*`. Raises WebhookError."""
    types = matching_types(patterns)
    address = _checked(url)
    if personal and not _is_private(address):
        raise WebhookError("personal data goes over https alone: write the address like https://erp.example.com/hooks")
    await workspaces.locked(desk.session, desk.workspace.id)
    there = await endpoints.of_workspace(desk.session, desk.workspace.id)
    if any(row.url == address for row in there):
        raise WebhookError("there is an endpoint with this address already: remove it first")
    if len(there) >= MOST_ENDPOINTS:
        raise WebhookError(f"there are {MOST_ENDPOINTS} endpoints already: remove one first")
    row_id, secret = new_id(), new_secret()
    row = WebhookEndpoint(
        id=row_id,
        workspace_id=desk.workspace.id,
        url=address,
        types=types,
        personal=personal,
        secret_cipher=desk.cipher.encrypt(WebhookEndpoint.secret_cipher, row_id, secret),
        created_at=desk.now,
    )
    desk.add(row)
    await _follow(desk, [*there, row])
    desk.audit("add_webhook", subject_id=row.id, by=operator(), host=host_of(row), types=types, personal=personal)
    return WithSecret(row, secret)


async def remove(desk: Desk, endpoint_id: UUID) -> WebhookEndpoint:
    """Remove an endpoint with the log of its deliveries. Raises WebhookError."""
    row = await _locked(desk, endpoint_id)
    await erase(desk.session, "webhook_endpoint", [row.id])
    desk.session.expunge(row)
    await _follow(desk, await endpoints.of_workspace(desk.session, desk.workspace.id))
    desk.audit("remove_webhook", subject_id=endpoint_id, by=operator(), host=host_of(row))
    return row


async def subscribe(desk: Desk, endpoint_id: UUID, patterns: Sequence[str]) -> WebhookEndpoint:
    """Have an endpoint get the types that the patterns name from now on, in place of those before. Raises WebhookError."""
    types = matching_types(patterns)
    row = await _locked(desk, endpoint_id)
    row.types = types
    desk.add(row)
    await desk.session.flush()
    await _follow(desk, await endpoints.of_workspace(desk.session, desk.workspace.id))
    desk.audit("subscribe_webhook", subject_id=row.id, by=operator(), host=host_of(row), types=types)
    return row


async def rotate(desk: Desk, endpoint_id: UUID) -> WithSecret:
    """Give an endpoint a new secret; the one before signs too for `OLD_SECRET_FOR`. Raises WebhookError."""
    row, secret = await _locked(desk, endpoint_id), new_secret()
    old = desk.cipher.decrypt(WebhookEndpoint.secret_cipher, row)
    row.old_secret_cipher = desk.cipher.encrypt(WebhookEndpoint.old_secret_cipher, row.id, old)
    row.old_secret_until = desk.now + OLD_SECRET_FOR
    row.secret_cipher = desk.cipher.encrypt(WebhookEndpoint.secret_cipher, row.id, secret)
    desk.add(row)
    desk.audit("rotate_webhook", subject_id=row.id, by=operator(), host=host_of(row))
    return WithSecret(row, secret)


async def enable(desk: Desk, endpoint_id: UUID) -> WebhookEndpoint:
    """Send to a disabled or failing endpoint again, at once. What was set aside stays so until it is replayed.

    Raises WebhookError.
    """
    row = await _locked(desk, endpoint_id)
    row.disabled_at = row.disabled_why = row.failing_since = row.paused_until = row.last_error = None
    row.failures = 0
    desk.add(row)
    desk.audit("enable_webhook", subject_id=row.id, by=operator(), host=host_of(row))
    return row


async def disable(desk: Desk, row: WebhookEndpoint, why: str, error: str | None = None) -> int:
    """Stop sending to an endpoint (`gone`, `failing`, `operator`), and set aside what is pending. Return how much that is."""
    row.disabled_at, row.disabled_why = desk.now, why
    desk.add(row)
    details: dict[str, Any] = {"host": host_of(row), "why": why}
    if why == BY_OPERATOR:
        details["by"] = operator()
    desk.audit("disable_webhook", subject_id=row.id, **details)
    return await deliveries.set_aside(desk.session, row.id, desk.now, error=error)


async def stop(desk: Desk, endpoint_id: UUID) -> int:
    """Stop sending to an endpoint because the operator says so. Return how many deliveries are set aside. Raises WebhookError."""
    return await disable(desk, await _locked(desk, endpoint_id), BY_OPERATOR)


async def find(desk: Desk, endpoint_id: UUID) -> WebhookEndpoint | None:
    """Return an endpoint of the workspace, None if there is no such."""
    row = await desk.session.get(WebhookEndpoint, endpoint_id)
    return row if row is not None and row.workspace_id == desk.workspace.id else None


def secrets_of(desk: Desk, row: WebhookEndpoint) -> tuple[str, ...]:
    """Return the secrets that sign now, the newest first. Raises UnreadableError."""
    newest = desk.cipher.decrypt(WebhookEndpoint.secret_cipher, row)
    if row.old_secret_cipher is None or row.old_secret_until is None or row.old_secret_until <= desk.now:
        return (newest,)
    return newest, desk.cipher.decrypt(WebhookEndpoint.old_secret_cipher, row)


def matching_types(patterns: Iterable[str]) -> list[str]:
    """Return the types that the patterns name, in the order of the table. Raises WebhookError for one that names none."""
    wanted = list(patterns)
    for pattern in wanted:
        if not any(fnmatchcase(code, pattern) for code in EVENT_TYPES):
            raise WebhookError(f"there is no event {pattern!r}: `loandesk webhooks events` lists them")
    if not wanted:
        raise WebhookError("name at least one event, like --event 'promise.*'")
    return [code for code in EVENT_TYPES if any(fnmatchcase(code, pattern) for pattern in wanted)]


def wants(row: WebhookEndpoint, code: str, data: dict[str, object]) -> bool:
    """Return whether an endpoint gets this event: its type, or for an Undo the type that it takes back."""
    return data.get("undoes", code) in row.types


def new_secret() -> str:
    """Return a secret of 32 random bytes, as Standard Webhooks writes them."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_wrong = parts.port == 0
    except ValueError:
        raise WebhookError("the address cannot be read: write it like https://erp.example.com/hooks") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port_is_wrong or len(url) > URL_LIMIT:
        raise WebhookError("write the address like https://erp.example.com/hooks")
    if parts.username is not None or parts.fragment:
        raise WebhookError("the address may have no name, password or fragment (#…)")
    if not url.isascii() or any(character.isspace() for character in url):
        raise WebhookError(
            "the address may have only ASCII characters and no blanks: write an international name as xn--…"
        )
    return url


def _is_private(url: str) -> bool:
    """Return whether nobody on the way can read what is sent: it is encrypted, or stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "::1")


async def _locked(desk: Desk, endpoint_id: UUID) -> WebhookEndpoint:
    row = await endpoints.locked(desk.session, desk.workspace.id, endpoint_id)
    if row is None:
        raise WebhookError("there is no such endpoint: `loandesk webhooks list` lists them")
    return row


async def _follow(desk: Desk, rows: Iterable[WebhookEndpoint]) -> None:
    """Have the workspace know which types are wanted: without one, no event is written."""
    workspace = await workspaces.locked(desk.session, desk.workspace.id)
    wanted = {code for row in rows for code in row.types}
    workspace.webhooks = [code for code in EVENT_TYPES if code in wanted] or None
    desk.add(workspace)
    desk.workspace = workspace
