"""Installations of the Slack app: begun in a browser, granted by Slack, their tokens replaced, and ended when Slack says so."""

import secrets
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime, timedelta

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk, Office
from desk.messages.kinds import INSTALL_NEEDED, INSTALLED_AGAIN
from desk.messages.notices import queue_notice
from storage.engine.cipher import Cipher
from storage.engine.types import new_id
from storage.queries.people import installations, members
from storage.tables import InstallState, SlackInstallation

STATE_LIFETIME = timedelta(minutes=10)
"""How long an installation that has begun can be finished, as Slack advises."""

MOST_BEGUN = 1000
"""Most installations that may have begun at once: anybody can begin one."""

REFRESH_AHEAD = timedelta(hours=2)
"""How long before its end a token is replaced: Slack's live for twelve hours."""

REFRESH_HELD = timedelta(seconds=20)
"""How long a process may take to replace a token, before it is tried again: longer than one request to Slack, and soon, because
Slack takes the same refresh token again for a short time only."""

AT_ONCE = timedelta(minutes=1)
"""Within what time two installations are taken to be at the same time: an earlier one is recorded seconds later at most."""


class TooManyBegunError(Exception):
    """So many installations have begun that no other may."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A bot token, and with token rotation what replaces it and when it ends."""

    bot: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What Slack granted at `at`, when the app was installed. `installed_by` is a Slack id."""

    tokens: Tokens
    at: datetime
    enterprise_id: str | None
    is_enterprise_install: bool
    app_id: str
    bot_id: str
    scopes: Sequence[str]
    installed_by: str


async def begin(office: Office) -> tuple[str, str]:
    """Begin an installation: return the state that Slack is to send back, and the secret of the browser's cookie.

    Raises TooManyBegunError.
    """
    state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    now = office.clock.now()
    async with office.database.transaction() as session:
        await installations.delete_states_before(session, now - STATE_LIFETIME)
        if await installations.count_states(session) >= MOST_BEGUN:
            raise TooManyBegunError
        session.add(
            InstallState(
                state_digest=_digest(office, "state", state),
                browser_digest=_digest(office, "browser", browser),
                made_at=now,
            )
        )
    return state, browser


async def take_state(office: Office, state: str, browser: str) -> bool:
    """Return whether the state began an installation in this browser a few minutes ago. It is used up."""
    digests = _digest(office, "state", state), _digest(office, "browser", browser)
    async with office.database.transaction() as session:
        return await installations.take_state(session, *digests, office.clock.now() - STATE_LIFETIME)


async def record(desk: Desk, grant: Grant) -> None:
    """Record an installation in the workspace, in place of an earlier one. Admins are told of one after the app was removed, or
    after its token could not be replaced. Of two at the same time the later one counts: Slack may have ended the other's token.
    """
    row = await installations.of_workspace(desk.session, desk.workspace.id)
    if row is not None and grant.at < row.installed_at <= grant.at + AT_ONCE:
        return
    was_ended = row.ended_at or row.refresh_failed_at if row is not None else None
    if row is None:
        row_id = new_id()
        token = desk.cipher.encrypt(SlackInstallation.bot_token_cipher, row_id, grant.tokens.bot)
        row = SlackInstallation(
            id=row_id, workspace_id=desk.workspace.id, bot_token_cipher=token, **_facts(desk, grant)
        )
    else:
        for name, value in _facts(desk, grant).items():
            setattr(row, name, value)
        row.ended_at = row.ended_why = None
    _set_tokens(desk.cipher, row, grant.tokens)
    desk.add(row)
    desk.audit("install_app", subject_id=row.id, by=grant.installed_by, scopes=sorted(grant.scopes))
    if was_ended is not None:
        facts = {"since": was_ended.isoformat()}
        for admin in await members.with_role(desk.session, desk.workspace.id, "admin"):
            key = f"{INSTALLED_AGAIN.name}:{was_ended.isoformat()}:{admin.id}"
            await queue_notice(desk, kind=INSTALLED_AGAIN, key=key, to=admin, facts=facts)


async def end(desk: Desk, why: str, told_at: datetime) -> bool:
    """End the installation of the workspace: Slack said at `told_at` that the app was removed (`why`: `app_uninstalled`,
    `tokens_revoked`). What it said before the app was installed again concerns an earlier installation.

    Return whether it ended.
    """
    row = await installations.of_workspace(desk.session, desk.workspace.id)
    # Slack tells the second alone: what it says within that of the installation may be of the earlier one.
    if row is None or row.ended_at is not None or told_at <= row.installed_at.replace(microsecond=0):
        return False
    row.ended_at, row.ended_why = desk.now, why
    desk.add(row)
    desk.audit("end_installation", subject_id=row.id, why=why)
    return True


def tokens_of(cipher: Cipher, row: SlackInstallation) -> Tokens:
    """Return the tokens of an installation. Raises UnreadableError."""
    refresh = cipher.decrypt(SlackInstallation.refresh_token_cipher, row) or None
    return Tokens(cipher.decrypt(SlackInstallation.bot_token_cipher, row), refresh, row.token_expires_at)


def is_to_refresh(row: SlackInstallation, now: datetime) -> bool:
    """Return whether the token of an installation is to be replaced now."""
    ends = row.token_expires_at
    return row.ended_at is None and row.refresh_failed_at is None and ends is not None and now >= ends - REFRESH_AHEAD


async def hold_refresh(office: Office, row: SlackInstallation) -> Tokens | None:
    """Hold the refresh token of an installation, so that no other process uses it, and return the tokens as they are now.

    None: another process holds it or has replaced it, or the app was removed.
    """
    now = office.clock.now()
    async with office.database.transaction() as session:
        if not await installations.hold_refresh(session, row.id, now, now + REFRESH_HELD):
            return None
        held = await installations.of_workspace(session, row.workspace_id)
        assert held is not None
        if not is_to_refresh(held, now):
            held.refresh_held_until = None
            return None
        return tokens_of(office.cipher, held)


async def record_refreshed(desk: Desk, used: Tokens, tokens: Tokens) -> None:
    """Record the tokens that replaced `used`. An installation that was granted meanwhile keeps its own."""
    row = await installations.of_workspace(desk.session, desk.workspace.id)
    if row is None or tokens_of(desk.cipher, row) != used:
        return
    _set_tokens(desk.cipher, row, tokens)
    row.refresh_held_until = None
    desk.add(row)


async def record_refresh_refused(desk: Desk, used: Tokens, error: str, install_url: str) -> None:
    """Record that Slack does not replace the token, and tell the admins while it works that the app must be installed again."""
    row = await installations.of_workspace(desk.session, desk.workspace.id)
    if row is None or row.refresh_failed_at is not None or tokens_of(desk.cipher, row) != used:
        return
    row.refresh_failed_at, row.refresh_held_until = desk.now, None
    desk.add(row)
    desk.audit("refresh_refused", subject_id=row.id, error=error)
    ends = (row.token_expires_at or desk.now).isoformat()
    for admin in await members.with_role(desk.session, desk.workspace.id, "admin"):
        key = f"{INSTALL_NEEDED.name}:{ends}:{admin.id}"
        await queue_notice(desk, kind=INSTALL_NEEDED, key=key, to=admin, facts={"until": ends, "url": install_url})


def _facts(desk: Desk, grant: Grant) -> dict[str, object]:
    return {
        "enterprise_id": grant.enterprise_id,
        "is_enterprise_install": grant.is_enterprise_install,
        "app_id": grant.app_id,
        "bot_id": grant.bot_id,
        "scopes": ",".join(sorted(grant.scopes)),
        "installed_by": grant.installed_by,
        "installed_at": grant.at,
    }


def _set_tokens(cipher: Cipher, row: SlackInstallation, tokens: Tokens) -> None:
    row.bot_token_cipher = cipher.encrypt(SlackInstallation.bot_token_cipher, row.id, tokens.bot)
    refresh = SlackInstallation.refresh_token_cipher
    row.refresh_token_cipher = cipher.encrypt_optional(refresh, row.id, tokens.refresh or "")
    row.token_expires_at = tokens.expires_at
    row.refresh_failed_at = None


def _digest(office: Office, what: str, secret: str) -> bytes:
    return office.cipher.digest(f"install_{what}", secret)
