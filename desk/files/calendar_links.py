"""Links by which a member downloads an appointment for their calendar."""

from dataclasses import field
from datetime import datetime, timedelta
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid, NotFound
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.files.page_links import OpenedLink, make_link
from desk.loans import borrowers, lookup
from desk.rules.calendar_files import CalendarEvent, calendar_file
from storage.tables import Appointment, Loan

CALENDAR = "calendar"
"""The kind of these pages."""


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
    link = await make_link(desk, CALENDAR, {"appointment": str(row.id)})
    desk.audit("calendar_link", loan_id=row.loan_id, subject_id=row.id)
    return CalendarOffer(loan.number, row.kind, row.at, link.url, link.code, link.until)


async def open_calendar(desk: Desk, opened: OpenedLink) -> str | None:
    """Return the calendar file of a link that was opened; None if its member may no longer see the appointment. That is
    recorded too."""
    appointment_id = UUID(opened.about["appointment"])
    try:
        row = await _visible(desk, appointment_id)
    except DeskError:
        desk.audit("calendar_refused", subject_id=appointment_id, member=str(opened.member.id))
        return None
    desk.audit("calendar_opened", loan_id=row.loan_id, subject_id=row.id, roles=opened.member.roles)
    return calendar_file(await _event(desk, row, opened.locale), desk.now)


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
