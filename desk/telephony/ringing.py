"""Have the phone system ring a borrower for a member, without showing the number: asked for by a press, done by the worker.

A ring is asked of the phone system once. What may have reached it is never sent again: a phone that rings twice, or minutes
later, is worse than one that does not. Its member hears of a failure, and presses again.
"""

from collections.abc import Sequence
from dataclasses import field
from datetime import timedelta
from typing import Literal
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.follow_ups.contact_gate import held
from desk.loans import borrowers, lookup
from desk.loans.cards import RevealedNumber, reveal_number
from desk.loans.related import RevealedPhone, reveal_phone
from desk.loans.views import LoanView, loan_view
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import is_at_desk
from desk.rules.contacts import extension_of, without_extension
from storage.engine.types import new_id
from storage.queries.loans import related as related_rows
from storage.queries.telephony import phone_rings
from storage.tables import Loan, Member, PhoneRing, RelatedPhone

LATE_AFTER = timedelta(seconds=30)
"""After how long a ring that was not done is given up."""

_AGAIN_AFTER = timedelta(seconds=15)
"""For how long a second press on the same loan is taken for a double one."""

_ANSWERED_WITHIN = timedelta(minutes=1)
"""After how long a ring of which no result was recorded is given up: longer than a worker waits for the phone system."""

_AT_ONCE = 20

Failure = Literal["refused", "unreachable", "late", "lost", "gone"]
"""Why a ring failed: the phone system said no, could not be reached, the worker came too late, no answer came (the phone may have
rung), or the number was removed after the press."""


@dataclass(frozen=True, slots=True)
class RingAsked:
    """A ring that was asked for: the member's phone rings first, then the borrower's."""

    loan: LoanView
    extension: str


@dataclass(frozen=True, slots=True)
class RingToDo:
    """What the phone system is to be asked: which extension calls which number (E.164). `token` comes back with the record."""

    id: UUID
    extension: str
    number: str = field(repr=False)
    token: str


@dataclass(frozen=True, slots=True)
class RingFailed:
    """A ring that failed, for its member. `phone_id` is the number of a person around the loan, None: the borrower's."""

    loan: LoanView
    reader: str
    why: str
    phone_id: UUID | None = None


async def ring(desk: Desk, loan_id: UUID) -> RingAsked | RevealedNumber:
    """Have the phone system ring the borrower for the acting member. Where it cannot, the number is shown, which is recorded;
    where contact rules speak against a call now, that is said instead.

    Raises NotFound (`unknown_loan_pressed`), NotAllowed (`role_missing`, `reveal_limit`), Conflict (`ring_asked`: a moment ago).
    """
    require_role(desk, "log_call")
    loan = await lookup.lock_by_id(desk, loan_id)
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    extension = desk.member.extension
    if not desk.rings or not extension or not contact.phone_is_readable or extension_of(contact.phone):
        return await reveal_number(desk, loan_id)
    if await held(desk, loan) is not None:
        return await reveal_number(desk, loan_id)
    return await _asked(desk, loan, extension)


async def ring_person(desk: Desk, phone_id: UUID) -> RingAsked | RevealedPhone:
    """Have the phone system ring a person around a loan, as `ring` does the borrower.

    Raises NotFound (`unknown_person`), NotAllowed (`role_missing`, `reveal_limit`), Conflict (`ring_asked`).
    """
    require_role(desk, "log_call")
    phone = await desk.session.get(RelatedPhone, phone_id)
    person = await related_rows.present(desk.session, phone.person_id) if phone is not None else None
    extension, number = desk.member.extension, _number(desk, phone) if phone is not None else ""
    if person is None or not desk.rings or not extension or number == unreadable.PHONE or extension_of(number):
        return await reveal_phone(desk, phone_id)
    loan = await lookup.lock_by_id(desk, person.loan_id)
    if phone is None or phone.removed_at or phone.undone_at or await held(desk, loan, person) is not None:
        return await reveal_phone(desk, phone_id)
    return await _asked(desk, loan, extension, phone_id)


async def _asked(desk: Desk, loan: Loan, extension: str, phone_id: UUID | None = None) -> RingAsked:
    if await phone_rings.asked_since(desk.session, loan.id, desk.member.id, desk.now - _AGAIN_AFTER):
        raise Conflict("ring_asked", loan=loan.number)
    row = PhoneRing(
        id=new_id(),
        workspace_id=desk.workspace.id,
        member_id=desk.member.id,
        loan_id=loan.id,
        phone_id=phone_id,
        ring_at=desk.now,
        at=desk.now,
    )
    desk.add(row)
    desk.audit("ring", loan_id=loan.id, subject_id=row.id)
    return RingAsked(await loan_view(desk, loan), extension)


async def _number_to_call(desk: Desk, row: PhoneRing, loan: Loan) -> str | None:
    """Return the number that was meant by a press, as it is now; None if it was removed or does not open. Never another one."""
    if row.phone_id is None:
        contact = await borrowers.contact_of(desk, loan.borrower_id)
        return contact.phone if contact.phone_is_readable else None
    phone = await desk.session.get(RelatedPhone, row.phone_id)
    person = await related_rows.present(desk.session, phone.person_id) if phone is not None else None
    if phone is None or person is None or phone.removed_at or phone.undone_at:
        return None
    number = _number(desk, phone)
    return number if number != unreadable.PHONE else None


def _number(desk: Desk, phone: RelatedPhone) -> str:
    return unreadable.read(desk, RelatedPhone.phone_cipher, phone, unreadable.PHONE)


async def take_rings(desk: Desk) -> Sequence[RingToDo]:
    """Take the rings that are to be done now, each once: what happens to this process then does not have them done again."""
    found: list[RingToDo] = []
    for row in await phone_rings.take_due(desk.session, desk.workspace.id, desk.now, limit=_AT_ONCE):
        row.ring_at = None
        desk.add(row)
        member, loan = await desk.session.get(Member, row.member_id), await desk.session.get(Loan, row.loan_id)
        if row.state == "asking":
            await _fail(desk, row, "lost")  # the worker that took it is gone
        elif desk.now - row.at > LATE_AFTER:
            await _fail(desk, row, "late")
        elif member is None or loan is None or not member.extension or not is_at_desk(member):
            row.state, row.why = "failed", "late"
        elif (number := await _number_to_call(desk, row, loan)) is None:
            await _fail(desk, row, "gone")
        else:
            row.state, row.ring_at = "asking", desk.now + _ANSWERED_WITHIN
            found.append(RingToDo(row.id, member.extension, without_extension(number), str(row.id)))
    return found


async def record_ring(desk: Desk, ring_id: UUID, failure: Failure | None) -> None:
    """Record that the phone system took a ring, or why not; its member then hears so."""
    row = await desk.session.get(PhoneRing, ring_id)
    if row is None:
        return
    row.ring_at = None
    if failure is None:
        row.state, row.why = "rung", None
        desk.add(row)
    else:
        await _fail(desk, row, failure)


async def _fail(desk: Desk, row: PhoneRing, why: Failure) -> None:
    row.state, row.why = "failed", why
    desk.add(row)
    member = await desk.session.get_one(Member, row.member_id)
    await queue_notice(
        desk,
        kind=kinds.RING_FAILED,
        key=f"ring:{row.id}",
        to=member,
        about_loan_id=row.loan_id,
        facts={"ring": str(row.id)},
    )


async def failed_ring(desk: Desk, ring_id: UUID, reader: Member) -> RingFailed | None:
    """Return a ring that failed, for the message to its member."""
    row = await desk.session.get(PhoneRing, ring_id)
    loan = await desk.session.get(Loan, row.loan_id) if row is not None else None
    if row is None or loan is None:
        return None
    return RingFailed(await loan_view(desk, loan), reader.slack_user_id, row.why or "late", row.phone_id)
