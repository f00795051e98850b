"""Drafts: what a member typed but has not confirmed or submitted, stored encrypted for an hour.

A button must not carry personal data, so it carries a draft's id. A form that was not submitted reopens as it was left.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.transaction import Desk
from storage.engine.cipher import UnreadableError
from storage.engine.types import new_id
from storage.queries.core import drafts
from storage.tables import Draft

DRAFT_LIFETIME = timedelta(hours=1)
"""How long a draft is valid."""


@dataclass(frozen=True, slots=True)
class FormDraft:
    """The last known values of a form's fields, by name, and when they were saved."""

    typed: Mapping[str, str | tuple[str, ...]] = field(repr=False)
    at: datetime


async def save_for_confirmation(desk: Desk, body: Mapping[str, Any]) -> UUID:
    """Save what the acting member must confirm, and return the draft's id for the button."""
    draft = _draft(desk, body)
    desk.add(draft)
    return draft.id


async def take_confirmed(desk: Desk, draft_id: UUID) -> dict[str, Any]:
    """Return and delete a draft. Raises NotFound (`draft_gone`: used, over an hour old, or another member's)."""
    draft = _own(desk, await desk.session.get(Draft, draft_id, with_for_update=True))
    body = _body_of(desk, draft)
    await desk.session.delete(draft)
    return body


async def read(desk: Desk, draft_id: UUID) -> dict[str, Any]:
    """Return a draft and keep it. Raises NotFound (`draft_gone`: over an hour old, or another member's)."""
    return _body_of(desk, _own(desk, await desk.session.get(Draft, draft_id)))


async def save_form(desk: Desk, form: str, typed: Mapping[str, str | tuple[str, ...]]) -> None:
    """Save what the acting member has typed into a form so far, replacing the earlier draft of it."""
    await drafts.save(desk.session, _draft(desk, typed, form))


async def read_form(desk: Desk, form: str) -> FormDraft | None:
    """Return what the acting member typed into a form within the last hour, or None."""
    draft = await drafts.of_form(desk.session, desk.member.id, form)
    if draft is None or desk.now - draft.at > DRAFT_LIFETIME:
        return None
    try:
        body = _body_of(desk, draft)
    except NotFound:
        return None
    typed = {name: v if isinstance(v, str) else tuple(v) for name, v in body.items()}
    return FormDraft(typed=typed, at=draft.at)


async def forget_form(desk: Desk, form: str) -> None:
    """Delete the acting member's draft of a form."""
    await drafts.delete_form(desk.session, desk.member.id, form)


def body_or_none(desk: Desk, draft: Draft) -> dict[str, Any] | None:
    """Return what a draft holds, whosever it is; None if no key opens it."""
    try:
        return _body_of(desk, draft)
    except NotFound:
        return None


def rewrite(desk: Desk, draft: Draft, body: Mapping[str, Any]) -> None:
    """Replace what a draft holds. It lives no longer for that."""
    draft.body_cipher = desk.cipher.encrypt(Draft.body_cipher, draft.id, json.dumps(dict(body), ensure_ascii=False))
    desk.add(draft)


def _own(desk: Desk, draft: Draft | None) -> Draft:
    if draft is None or draft.member_id != desk.member.id or desk.now - draft.at > DRAFT_LIFETIME:
        raise NotFound("draft_gone")
    return draft


def _draft(desk: Desk, body: Mapping[str, Any], form: str | None = None) -> Draft:
    row_id, text = new_id(), json.dumps(dict(body), ensure_ascii=False)
    return Draft(
        id=row_id,
        workspace_id=desk.workspace.id,
        member_id=desk.member.id,
        form=form,
        body_cipher=desk.cipher.encrypt(Draft.body_cipher, row_id, text),
        at=desk.now,
    )


def _body_of(desk: Desk, draft: Draft) -> dict[str, Any]:
    """Raises NotFound (`draft_gone`) for a draft that no key opens."""
    try:
        return json.loads(desk.cipher.decrypt(Draft.body_cipher, draft))
    except UnreadableError:
        raise NotFound("draft_gone") from None
