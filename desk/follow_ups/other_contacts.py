"""Enter contacts with a borrower that were no calls, so that rules which count all channels count them."""

from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from desk.core.changes import create, offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.follow_ups.contact_limits import forget, limits_of
from desk.follow_ups.contact_views import ContactView, view_of
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view
from storage.engine.types import new_id
from storage.tables import OtherContact

OtherChannel = Literal["letter", "text", "email", "visit"]
"""How a borrower was reached, if not by a call."""

CHANNELS: tuple[OtherChannel, ...] = get_args(OtherChannel)

OLDEST = timedelta(days=90)
"""How long ago a contact may have been that is entered now."""


@dataclass(frozen=True, slots=True)
class OtherContactEntry:
    """A contact: `inbound` if the borrower wrote or came, `spoke` if they were met in a visit."""

    channel: str
    at: datetime
    inbound: bool = False
    spoke: bool = False
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OtherContactSaved:
    """A contact that was entered, and whether the borrower may be called now."""

    loan: LoanView
    channel: str
    at: datetime
    inbound: bool
    contact: ContactView | None
    undo_id: UUID


async def enter_contact(desk: Desk, *, loan: LoanRef, entry: OtherContactEntry) -> OtherContactSaved:
    """Enter a letter, text, e-mail or visit. One that was made is a fact: no rule refuses it.

    Raises NotAllowed (`role_missing`), Invalid (`contact_channel`, `contact_in_future`, `contact_too_old`, `note_too_long`), and
    as `lookup.resolve` does.
    """
    require_role(desk, "enter_contact")
    if entry.channel not in CHANNELS:
        raise Invalid("contact_channel", given=entry.channel)
    if entry.at > desk.now:
        raise Invalid("contact_in_future")
    if entry.at < desk.now - OLDEST:
        raise Invalid("contact_too_old", days=OLDEST.days)
    check_note(entry.note)
    named, row_id = (await lookup.resolve(desk, loan)).loan, new_id()
    row = create(
        desk,
        OtherContact(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=named.id,
            channel=entry.channel,
            inbound=entry.inbound,
            spoke=entry.spoke and entry.channel == "visit",
            contacted_at=entry.at,
            note_cipher=desk.cipher.encrypt_optional(OtherContact.note_cipher, row_id, entry.note),
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    desk.audit("other_contact", loan_id=named.id, subject_id=row.id, channel=row.channel, inbound=row.inbound)
    await desk.session.flush()
    forget(desk)
    limits = await limits_of(desk, named)
    return OtherContactSaved(
        loan=await loan_view(desk, named),
        channel=row.channel,
        at=row.contacted_at,
        inbound=row.inbound,
        contact=view_of(desk, limits) if limits else None,
        undo_id=offer_undo(desk, "other_contact", loan_id=named.id),
    )
