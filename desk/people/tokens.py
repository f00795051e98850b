"""Tokens of the API: each lets a program act as a member of its own, which is no person.

A token is `ld_`, a prefix by which people tell it, and a secret of 256 bits of which only the SHA-256 is kept: a digest that is
slow to compute protects passwords, which people choose, and would add nothing to a random secret.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import field
from datetime import date, datetime, time, timedelta
from typing import Literal

from desk.core.dataclass import dataclass
from desk.core.permissions import SCOPES, SERVICE
from desk.core.transaction import Desk
from storage.engine.work import Work
from storage.queries.people import tokens
from storage.tables import ApiToken, Member, Workspace
from storage.tables.people import SERVICE_ID

LONGEST_LIFETIME = timedelta(days=366)

TokenFault = Literal["token_revoked", "token_expired"]


class TokenRefusedError(Exception):
    """The operator asked for what cannot be done; the message says why."""


_NAME = re.compile("[a-z0-9][a-z0-9._-]{0,39}")
_TOKEN = re.compile("ld_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token, which is shown this once."""

    text: str = field(repr=False)
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as lists show it."""

    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_on: date | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who acts with a token. `refused` says why they may not."""

    token: ApiToken = field(repr=False)
    member: Member = field(repr=False)
    workspace: Workspace = field(repr=False)
    refused: TokenFault | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """What the token may be used for."""
        return frozenset(self.member.roles.split())


async def issue(desk: Desk, *, name: str, scopes: Collection[str], lifetime: timedelta, by: str) -> IssuedToken:
    """Issue a token to the program of that name, which becomes a member if it is none. `by` is the operator's account.

    A program has one set of scopes: while one of its tokens can be used, another has the same, to replace it.

    Raises TokenRefusedError.
    """
    if not _NAME.fullmatch(name):
        raise TokenRefusedError(f"{name!r} is no name: use small letters, digits, dots and dashes, at most 40.")
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise TokenRefusedError(f"{unknown[0]!r} is no scope. Choose among {', '.join(SCOPES)}.")
    if not scopes:
        raise TokenRefusedError(f"Name what the token is for. Choose among {', '.join(SCOPES)}.")
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
        raise TokenRefusedError(f"A token lives at least a day, and at most {LONGEST_LIFETIME.days}.")
    codes = tuple(scope for scope in SCOPES if scope in scopes)
    member = await _service(desk, name, codes)
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    token = ApiToken(
        workspace_id=desk.workspace.id,
        member_id=member.id,
        prefix=prefix,
        secret_digest=_hash(secret),
        created_at=desk.now,
        expires_at=desk.now + lifetime,
    )
    desk.add(token)
    desk.audit("token_issued", subject_id=member.id, token=prefix, scopes=list(codes), by=by)
    return IssuedToken(f"ld_{prefix}_{secret}", name, codes, token.expires_at)


async def _service(desk: Desk, name: str, scopes: tuple[str, ...]) -> Member:
    member = await tokens.service_of_name(desk.session, desk.workspace.id, name)
    if member is None:
        member = Member(
            workspace_id=desk.workspace.id,
            slack_user_id=SERVICE_ID + name,
            kind=SERVICE,
            name=name,
            name_key=name,
            roles=" ".join(scopes),
            zone=desk.workspace.zone,
            locale=desk.workspace.locale,
            digest_time=None,
            work_start=time(0),
            work_end=time(23, 59),
            created_at=desk.now,
        )
        desk.add(member)
        await desk.session.flush()
        return member
    used = any(_is_good(token, desk.now) for token in await tokens.of_member(desk.session, member.id))
    if used and member.roles != " ".join(scopes):
        has = ", ".join(member.roles.split())
        raise TokenRefusedError(
            f"{name} has a token with other scopes: {has}. Revoke it first, or choose another name."
        )
    member.roles = " ".join(scopes)
    desk.add(member)
    return member


async def listed(desk: Desk) -> tuple[TokenView, ...]:
    """Return the workspace's tokens, also those that can no longer be used, by name and age."""
    found = await tokens.of_workspace(desk.session, desk.workspace.id)
    return tuple(
        TokenView(
            member.name,
            token.prefix,
            tuple(member.roles.split()),
            token.created_at,
            token.expires_at,
            token.revoked_at,
            token.used_on,
        )
        for token, member in found
    )


async def revoke(desk: Desk, *, named: str, by: str) -> tuple[str, ...]:
    """Revoke the token of that prefix, or all of the program of that name that can be used. Return their prefixes.

    Raises TokenRefusedError.
    """
    found = await tokens.of_workspace(desk.session, desk.workspace.id)
    wanted = [token for token, member in found if named in (token.prefix, f"ld_{token.prefix}", member.name)]
    good = [token for token in wanted if _is_good(token, desk.now)]
    if not good:
        raise TokenRefusedError(f"There is no token of that prefix or name that can be used: {named}.")
    for token in good:
        token.revoked_at = desk.now
        desk.add(token)
        desk.audit("token_revoked", subject_id=token.member_id, token=token.prefix, by=by)
    return tuple(token.prefix for token in good)


async def holder_of(session: Work, text: str, now: datetime) -> Holder | None:
    """Return who acts with a token, or None for one that the desk never issued."""
    parts = _TOKEN.fullmatch(text)
    if parts is None:
        return None
    found = await tokens.with_holder(session, parts[1])
    if found is None or not hmac.compare_digest(found[0].secret_digest, _hash(parts[2])):
        return None
    token, member, workspace = found
    refused: TokenFault | None = None
    if token.revoked_at is not None:
        refused = "token_revoked"
    elif token.expires_at <= now:
        refused = "token_expired"
    return Holder(token, member, workspace, refused)


async def note_use(desk: Desk, token: ApiToken) -> None:
    """Note that a token was used today (UTC)."""
    await tokens.note_use(desk.session, token.id, desk.now.date())


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _is_good(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is None and token.expires_at > now
