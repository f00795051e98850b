"""Render each kind of notice as it should read now, for its reader."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from desk.core.transaction import Desk
from desk.messages.kinds import KINDS, NoticeKind
from desk.messages.notices import locale_for
from desk.people.members import zone_of
from handlers.messages import erasure
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.composer import Composer
from handlers.messages.desk_notices import DESK_COMPOSERS
from handlers.messages.loan_notices import LOAN_COMPOSERS
from handlers.messages.unreadable import in_words
from storage.queries.messages.notices import ERASED
from storage.tables import Member, Notice

COMPOSERS = LOAN_COMPOSERS | DESK_COMPOSERS
"""The function that writes each kind of notice."""


async def compose(desk: Desk, notice: Notice, composers: Mapping[NoticeKind, Composer] | None = None) -> Message | None:
    """Return the message as it should read now; None for one that was settled before it was ever sent."""
    reader = await desk.session.get(Member, notice.to_id) if notice.to_id else None
    t = Translator(await locale_for(desk, notice, reader))
    kind = KINDS[notice.kind]
    zone = zone_of(desk, reader) if reader else ZoneInfo(desk.workspace.zone)
    if notice.facts.get(ERASED):
        return None if notice.ts is None else erasure.record_deleted(t)
    return in_words(desk, t, await (composers or COMPOSERS)[kind](desk, notice, t, zone))
