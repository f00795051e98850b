"""Enter contacts with a borrower, or another person around the loan, that were no calls: some rules count all channels."""

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
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.contact_gate import check_other, record_broken_by_other
from desk.follow_ups.contact_limits import forget, limits_of, who_is
from desk.follow_ups.contact_views import ContactView, view_of
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup, parties
from desk.loans.parties import Party
from desk.loans.related_views import RelatedName
from desk.loans.views import LoanView, loan_view
from desk.rules.contact_rules import Broken
from storage.engine.types import new_id
from storage.tables import Loan, OtherContact

OtherChannel = Literal["letter", "text", "email", "visit"]
"""How a borrower was reached, if not by a call."""

CHANNELS: tuple[OtherChannel, ...] = get_args(OtherChannel)

OLDEST = timedelta(days=90)
"""How long ago a contact may have been that is entered now."""


@dataclass(frozen=True, slots=True)
class OtherContactEntry:
    """A contact: `inbound` if they wrote or came, `spoke` if they were met in a visit. `party` is the id of a person around the
    loan or a role, empty for the borrower."""

    channel: str
    at: datetime
    party: str = ""
    inbound: bool = False
    spoke: bool = False
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OtherContactSaved:
    """A contact that was entered, and whether the borrower, or the `party` with whom it was, may be called now. `told_nothing`:
    the party does not answer for the debt, so the loan is not spoken of. `broken` are the rules that the contact broke."""

    loan: LoanView
    channel: str
    at: datetime
    inbound: bool
    party: RelatedName | None
    told_nothing: bool
    broken: tuple[Broken, ...]
    contact: ContactView | None
    undo_id: UUID


async def enter_contact(desk: Desk, *, loan: LoanRef, entry: OtherContactEntry) -> OtherContactSaved:
    """Enter a letter, text, e-mail or visit. One that was made is a fact: no rule refuses it.

    Raises NotAllowed (`role_missing`), Invalid (`contact_channel`, `contact_in_future`, `contact_too_old`, `note_too_long`),
    NotFound (`unknown_person`), and as `lookup.resolve` does.
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
    party = await parties.find_party(desk, named, entry.party)
    person_id, role = (party.person.id if party.person else None, party.role) if party else (None, None)
    broken: tuple[Broken, ...] = ()
    if not entry.inbound:
        broken = await check_other(desk, named, at=entry.at, channel=entry.channel, person_id=person_id, role=role)
    row = create(
        desk,
        OtherContact(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=named.id,
            person_id=person_id,
            role=role,
            channel=entry.channel,
            inbound=entry.inbound,
            spoke=entry.spoke and entry.channel == "visit",
            contacted_at=entry.at,
            note_cipher=desk.cipher.encrypt_optional(OtherContact.note_cipher, row_id, entry.note),
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    details = {"role": party.role} if party else {}
    desk.audit(
        "other_contact", loan_id=named.id, subject_id=row.id, channel=row.channel, inbound=row.inbound, **details
    )
    record_broken_by_other(desk, named, row.id, broken)
    await desk.session.flush()
    forget(desk)
    return OtherContactSaved(
        loan=await loan_view(desk, named),
        channel=row.channel,
        at=row.contacted_at,
        inbound=row.inbound,
        party=parties.named(desk, party) if party else None,
        told_nothing=party is not None and not VOCABULARY.related_role(party.role).liable,
        broken=broken,
        contact=await _contact(desk, named, party),
        undo_id=offer_undo(desk, "other_contact", loan_id=named.id),
    )


async def _contact(desk: Desk, loan: Loan, party: Party | None) -> ContactView | None:
    """Return whether the borrower, or the other person, may be called now."""
    limits = await limits_of(desk, loan, others=party is not None)
    if limits is None:
        return None
    if party is None:
        return view_of(desk, limits)
    them = party.code
    return view_of(desk, limits, limits.answer(desk.now, person=them, number=them, who=who_is(party.role)))
