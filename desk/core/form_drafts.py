"""Forms that somebody began to fill in and has not sent: what the desk has seen of them is kept for an hour, encrypted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from desk.core.transaction import Desk
from storage.engine.types import new_id
from storage.queries.core import drafts
from storage.tables import Draft

KEPT_FOR = timedelta(hours=1)
"""How long what was typed is offered again."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What stood in the fields of a form, by name, when the desk last saw it."""

    typed: Mapping[str, str | tuple[str, ...]] = field(repr=False)
    at: datetime


async def keep(desk: Desk, form: str, typed: Mapping[str, str | tuple[str, ...]]) -> None:
    """Keeps what the acting member has typed into a form so far."""
    row_id = new_id()
    body = json.dumps(dict(typed), ensure_ascii=False)
    await drafts.forget_before(desk.session, desk.workspace.id, desk.now - KEPT_FOR)
    await drafts.keep(
        desk.session,
        Draft(
            id=row_id,
            workspace_id=desk.workspace.id,
            member_id=desk.member.id,
            form=form,
            body_cipher=desk.cipher.encrypt(body, "draft", row_id, "body"),
            at=desk.now,
        ),
    )


async def begun(desk: Desk, form: str) -> Begun | None:
    """What the acting member had typed into a form within the last hour."""
    draft = await drafts.of_form(desk.session, desk.member.id, form)
    if draft is None or desk.now - draft.at > KEPT_FOR:
        return None
    kept = json.loads(desk.cipher.decrypt(draft.body_cipher, "draft", draft.id, "body"))
    typed = {name: value if isinstance(value, str) else tuple(value) for name, value in kept.items()}
    return Begun(typed=typed, at=draft.at)


async def forget(desk: Desk, form: str) -> None:
    """The form was sent, or is not wanted any more."""
    await drafts.forget_form(desk.session, desk.member.id, form)
