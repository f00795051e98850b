"""Links by which a member opens what the desk makes on its page: as with files, for one use and with a code that Slack shows to
that member alone. Each kind of page has a name, which begins the codes of its entries in the audit trail."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core import drafts
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.files.links import DIGITS, LINK_LIFETIME, TRIES, LinkAnswer, read_code
from desk.people.members import is_at_desk, locale_of
from storage.queries.people import members
from storage.tables import Draft, Member


@dataclass(frozen=True, slots=True)
class PageLink:
    """A fresh link for the acting member alone, and the code that it asks for."""

    url: str = field(repr=False)
    code: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link whose code was right. It is used up, and its member acts. `about` says what was asked for."""

    kind: str
    about: Mapping[str, str]
    member: Member
    locale: str


async def make_link(desk: Desk, kind: str, about: Mapping[str, str]) -> PageLink:
    """Make a link to a page of that kind. Who calls this has checked the right and writes the entry of the audit trail.

    Raises Invalid (`no_page`: this desk has none).
    """
    if desk.files is None:
        raise Invalid("no_page")
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    body = {"page": kind, "about": dict(about), "token": _digest(desk, "token", token), "tries": 0}
    link_id = await drafts.save_for_confirmation(desk, {**body, "code": _digest(desk, "code", f"{token}:{code}")})
    return PageLink(f"{desk.files.page_url}/files/{kind}/{link_id.hex}.{token}", code, desk.now + LINK_LIFETIME)


async def follow_page_link(desk: Desk, kind: str, address: str) -> LinkAnswer:
    """Return whether the link still asks for its code. Changes nothing."""
    found = await _found(desk, kind, address, locked=False)
    if found is None:
        return LinkAnswer("unknown", desk.workspace.locale)
    outcome = "expired" if desk.now >= found.until else "spent" if found.tries >= TRIES else "ask"
    return LinkAnswer(outcome, locale_of(found.member), TRIES - found.tries)


async def open_page_link(desk: Desk, kind: str, address: str, typed: str) -> LinkAnswer | OpenedLink:
    """Use up the link with its code, and have its member act. Count a wrong code."""
    found = await _found(desk, kind, address, locked=True)
    if found is None:
        return LinkAnswer("unknown", desk.workspace.locale)
    locale, code = locale_of(found.member), read_code(typed)
    if desk.now >= found.until or found.tries >= TRIES or not code:
        return await follow_page_link(desk, kind, address)
    if not hmac.compare_digest(_digest(desk, "code", f"{found.token}:{code}"), str(found.body["code"])):
        tries = found.tries + 1
        drafts.rewrite(desk, found.draft, {**found.body, "tries": tries})
        desk.audit(f"{kind}_code_wrong", tries=tries, member=str(found.member.id), about=dict(found.about))
        return LinkAnswer("wrong" if tries < TRIES else "spent", locale, TRIES - tries)
    await desk.session.delete(found.draft)
    if is_at_desk(found.member):
        desk.actor = found.member
    return OpenedLink(kind, found.about, found.member, locale)


@dataclass(frozen=True, slots=True)
class _Link:
    draft: Draft
    member: Member
    body: Mapping[str, object]
    about: Mapping[str, str]
    token: str = field(repr=False)

    @property
    def until(self) -> datetime:
        return self.draft.at + LINK_LIFETIME

    @property
    def tries(self) -> int:
        return int(str(self.body["tries"]))


async def _found(desk: Desk, kind: str, address: str, *, locked: bool) -> _Link | None:
    link_id, _, token = address.partition(".")
    try:
        draft = await desk.session.get(Draft, UUID(link_id), with_for_update=locked)
    except ValueError:
        return None
    if draft is None or draft.form is not None or draft.workspace_id != desk.workspace.id:
        return None
    body = drafts.body_or_none(desk, draft)
    if body is None or body.get("page") != kind:
        return None
    if not hmac.compare_digest(_digest(desk, "token", token), str(body["token"])):
        return None
    member = (await members.by_ids(desk.session, [draft.member_id]))[draft.member_id]
    return _Link(draft, member, body, body["about"], token)


def _digest(desk: Desk, what: str, words: str) -> str:
    return desk.cipher.digest(f"page_{what}", words).hex()
