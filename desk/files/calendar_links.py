"""Links by which a member downloads an appointment for their calendar: as with files, for one use and with a code that Slack
shows to that member alone."""

import hmac
import secrets
from dataclasses import field
from datetime import datetime, timedelta
from uuid import UUID

from desk.core import drafts, unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid, NotFound
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.files.links import DIGITS, LINK_LIFETIME, TRIES, LinkAnswer, read_code
from desk.loans import borrowers, lookup
from desk.people.members import is_at_desk, locale_of
from desk.rules.calendar_files import CalendarEvent, calendar_file
from storage.queries.people import members
from storage.tables import Appointment, Draft, Loan, Member


@dataclass(frozen=True, slots=True)
class CalendarOffer:
    """A fresh link for the acting member alone, with the code that it asks for. `at` is when the appointment begins."""

    loan: str
    kind: str
    at: datetime
    url: str = field(repr=False)
    code: str = field(repr=False)
    until: datetime


async def offer_calendar(desk: Desk, appointment_id: UUID) -> CalendarOffer:
    """Make a link to the calendar file of an appointment.

    Raises NotFound (`unknown_appointment`), Invalid (`no_calendar_page`: this desk has no page).
    """
    row = await _visible(desk, appointment_id)
    if desk.files is None:
        raise Invalid("no_calendar_page")
    loan = await desk.session.get_one(Loan, row.loan_id)
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    body = {"appointment": str(row.id), "token": _digest(desk, "token", token), "tries": 0}
    link_id = await drafts.save_for_confirmation(desk, {**body, "code": _digest(desk, "code", f"{token}:{code}")})
    desk.audit("calendar_link", loan_id=row.loan_id, subject_id=row.id)
    url = f"{desk.files.page_url}/files/calendar/{link_id.hex}.{token}"
    return CalendarOffer(loan.number, row.kind, row.at, url, code, desk.now + LINK_LIFETIME)


async def follow_calendar_link(desk: Desk, address: str) -> LinkAnswer:
    """Return whether the link still asks for its code. Changes nothing."""
    found = await _found(desk, address, locked=False)
    if found is None:
        return LinkAnswer("unknown", desk.workspace.locale)
    outcome = "expired" if desk.now >= found.until else "spent" if found.tries >= TRIES else "ask"
    return LinkAnswer(outcome, locale_of(found.member), TRIES - found.tries)


async def open_calendar_link(desk: Desk, address: str, typed: str) -> tuple[LinkAnswer, str | None]:
    """Return the calendar file of a link with its code, if its member may still see the appointment. Count a wrong code. Raises
    nothing: also what is refused is recorded."""
    found = await _found(desk, address, locked=True)
    if found is None:
        return LinkAnswer("unknown", desk.workspace.locale), None
    locale, code = locale_of(found.member), read_code(typed)
    if desk.now >= found.until or found.tries >= TRIES or not code:
        return await follow_calendar_link(desk, address), None
    if not hmac.compare_digest(_digest(desk, "code", f"{found.token}:{code}"), found.code):
        tries = found.tries + 1
        drafts.rewrite(desk, found.draft, {**found.body, "tries": tries})
        desk.audit("calendar_code_wrong", subject_id=found.appointment_id, tries=tries)
        return LinkAnswer("wrong" if tries < TRIES else "spent", locale, TRIES - tries), None
    await desk.session.delete(found.draft)
    if is_at_desk(found.member):
        desk.actor = found.member
    try:
        row = await _visible(desk, found.appointment_id)
    except DeskError:
        desk.audit("calendar_refused", subject_id=found.appointment_id, member=str(found.member.id))
        return LinkAnswer("forbidden", locale), None
    desk.audit("calendar_opened", loan_id=row.loan_id, subject_id=row.id, roles=found.member.roles)
    return LinkAnswer("opened", locale), calendar_file(await _event(desk, row, locale), desk.now)


@dataclass(frozen=True, slots=True)
class _Link:
    draft: Draft
    member: Member
    body: dict[str, object]
    token: str = field(repr=False)

    @property
    def until(self) -> datetime:
        return self.draft.at + LINK_LIFETIME

    @property
    def tries(self) -> int:
        return int(str(self.body["tries"]))

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def appointment_id(self) -> UUID:
        return UUID(str(self.body["appointment"]))


async def _found(desk: Desk, address: str, *, locked: bool) -> _Link | None:
    link_id, _, token = address.partition(".")
    try:
        draft = await desk.session.get(Draft, UUID(link_id), with_for_update=locked)
    except ValueError:
        return None
    body = drafts.body_or_none(desk, draft) if draft is not None and draft.form is None else None
    if draft is None or body is None or "appointment" not in body:
        return None
    if not hmac.compare_digest(_digest(desk, "token", token), str(body["token"])):
        return None
    member = (await members.by_ids(desk.session, [draft.member_id]))[draft.member_id]
    return _Link(draft, member, body, token)


def _digest(desk: Desk, what: str, words: str) -> str:
    return desk.cipher.digest(f"calendar_{what}", words).hex()


async def _visible(desk: Desk, appointment_id: UUID) -> Appointment:
    row = await desk.session.get(Appointment, appointment_id)
    if row is None or row.undone_at is not None or not await lookup.may_see(desk, row.loan_id):
        raise NotFound("unknown_appointment")
    return row


async def _event(desk: Desk, row: Appointment, locale: str) -> CalendarEvent:
    """Return what the file says: the loan and its borrower as a channel may see them, for calendars are shown to others."""
    loan = await desk.session.get_one(Loan, row.loan_id)
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    kind = VOCABULARY.choice("appointment", row.kind).word("zh" if locale.startswith("zh") else "en")
    place, link = (unreadable.read(desk, column, row) for column in (Appointment.place_cipher, Appointment.link_cipher))
    named = [contact.masked] if contact.name_is_readable else []
    return CalendarEvent(
        uid=f"{row.id}@loan-desk",
        sequence=row.version - 1,
        starts_at=row.at,
        length=timedelta(minutes=row.minutes),
        summary=" · ".join([kind, loan.number, *named]),
        state=row.state,
        place="" if place in unreadable.MARKS else place,
        link="" if link in unreadable.MARKS else link,
    )
