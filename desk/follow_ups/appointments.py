"""Appointments with a borrower: book, move and settle them. They are not calls, but a call the day before confirms each."""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import Due, LoanRef, PersonRef
from desk.follow_ups import lifecycle
from desk.follow_ups.appointment_calls import end_confirmation, plan_after_missed, plan_confirmation
from desk.follow_ups.appointment_messages import reminder_key, tell_attending, touch
from desk.follow_ups.appointment_times import free_times, span_of, works_then
from desk.follow_ups.calls_after_pickup import follow_pickup
from desk.follow_ups.contact_limits import limits_of
from desk.loans import lookup
from desk.loans.views import LoanView, PlannedView, loan_view, planned_view, slack_ids
from desk.messages import kinds
from desk.messages.notices import Announcement, remind_acting
from desk.people.calendars import calendar_of
from desk.people.members import find_member, hours_of, require_caller
from desk.people.relations import require_may_act
from desk.rules import appointments as rules
from desk.rules.contact_rules import Broken
from desk.rules.working_time import local_date
from storage.engine.types import new_id
from storage.queries.follow_ups import appointments
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import Appointment, Loan, Member, Undo

LONGEST = 8 * 60
PLACE_LIMIT = 300
BATCH = 500

_REMIND_BEFORE = timedelta(hours=1)
_OPEN = ("planned", "confirmed")
_PLACES = ("book_appointment", "move_appointment")


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment. `who` is the Slack id of the member who attends."""

    id: UUID
    version: int
    kind: str
    at: datetime
    minutes: int
    who: str
    state: str
    place: str = field(default="", repr=False)
    link: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AppointmentChanged:
    """An appointment that was booked, moved (`moved_from`) or settled, with the call that confirms it, or after a missed one
    asks for another. `outside_hours`: its member does not work then, or is away. `against` are the contact rules that speak
    against the time for which it was booked, or to which it was moved. `followed` are calls that moved, because
    they count from the pickup."""

    loan: LoanView
    appointment: AppointmentView
    call: PlannedView | None
    undo_id: UUID
    moved_from: datetime | None = None
    outside_hours: bool = False
    against: tuple[Broken, ...] = ()
    followed: tuple[PlannedView, ...] = ()


@dataclass(frozen=True, slots=True)
class AppointmentNotice:
    """An appointment to remind of. `reader` is the Slack id of who attends it now: its member, or who acts for them.
    `on_day_off`: its member does not work on its day."""

    loan: LoanView
    reader: str
    appointment: AppointmentView
    on_day_off: bool = False


async def book_appointment(
    desk: Desk, *, loan: LoanRef, kind: str, due: Due, who: PersonRef | None, minutes: int, place: str, link: str
) -> AppointmentChanged:
    """Book an appointment, by default with the acting member, and plan the call that confirms it.

    Raises NotAllowed (`role_missing`), Invalid (`appointment_needs_time`, `appointment_there`, `appointment_clash`,
    `appointment_too_long`, `note_too_long`, `link_unknown`, `cannot_take_calls`), and as `lookup.resolve` and `find_member` do.
    """
    require_role(desk, "book_appointment")
    member = await find_member(desk, who) if who else desk.member
    require_caller(member)
    at = _instant(desk, due)
    _check(minutes, place, link)
    await members.lock(desk.session, member.id)
    named = (await lookup.resolve(desk, loan)).loan
    present = await appointments.open_of_loans(desk.session, [named.id])
    if there := next((each for each in present if each.kind == kind and each.at > desk.now), None):
        raise Invalid("appointment_there", loan=named.number, appointment=kind, at=there.at)
    await _require_free(desk, member, at, minutes)
    row_id = new_id()
    row = Appointment(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=named.id,
        kind=kind,
        at=at,
        minutes=minutes,
        member_id=member.id,
        place_cipher=desk.cipher.encrypt_optional(Appointment.place_cipher, row_id, place),
        link_cipher=desk.cipher.encrypt_optional(Appointment.link_cipher, row_id, link),
        remind_at=_remind_at(desk, at),
        by_id=desk.member.id,
        made_at=desk.now,
    )
    create(desk, row)
    call = await plan_confirmation(desk, named, row, member)
    await tell_attending(desk, row, member, "booked")
    return await _changed(desk, named, row, "book_appointment", call)


async def move_appointment(desk: Desk, appointment_id: UUID, version: int, due: Due) -> AppointmentChanged:
    """Move an appointment, and the call that confirms it. It is to be confirmed again.

    Raises NotAllowed (`role_missing`, `others_may_act`), NotFound (`unknown_appointment`), Conflict (`appointment_changed`,
    `appointment_settled`), Invalid (`appointment_needs_time`, `appointment_clash`, `nothing_changed_here`).
    """
    loan, row = await _open(desk, appointment_id, version)
    at, before = _instant(desk, due), row.at
    if at == before:
        raise Invalid("nothing_changed_here")
    member = await desk.session.get_one(Member, row.member_id)
    await _require_free(desk, member, at, row.minutes, but=row.id)
    await touch(desk, row)  # a message about the earlier time
    track(desk, row)
    row.at, row.state, row.remind_at = at, "planned", _remind_at(desk, at)
    await end_confirmation(desk, row, "cancelled")
    call = await plan_confirmation(desk, loan, row, member)
    await tell_attending(desk, row, member, "moved")
    return await _changed(desk, loan, row, "move_appointment", call, moved_from=before)


async def settle_appointment(desk: Desk, appointment_id: UUID, version: int, state: str) -> AppointmentChanged:
    """Record that an appointment was confirmed, kept, missed or cancelled; after a missed one a call asks for another.

    Raises as `move_appointment` does, and Invalid (`appointment_ahead`) for a result before its time.
    """
    loan, row = await _open(desk, appointment_id, version)
    if state in ("kept", "missed") and row.at > desk.now:
        raise Invalid("appointment_ahead", at=row.at)
    track(desk, row)
    row.state = state
    if state != "confirmed":
        row.remind_at = None
    await end_confirmation(desk, row, "cancelled" if state == "cancelled" else "done")
    call = await plan_after_missed(desk, loan, row) if state == "missed" else None
    if state == "cancelled":
        await tell_attending(desk, row, await desk.session.get_one(Member, row.member_id), "cancelled")
    return await _changed(desk, loan, row, "settle_appointment", call)


async def appointment_to_move(desk: Desk, appointment_id: UUID) -> tuple[LoanView, AppointmentView, Sequence[datetime]]:
    """Return an open appointment, and free times to move it to. Raises as `move_appointment` does."""
    loan, row = await _open(desk, appointment_id, None)
    member = await desk.session.get_one(Member, row.member_id)
    (view,) = await appointment_views(desk, [row])
    return await loan_view(desk, loan), view, await free_times(desk, member, row.minutes, but=row.id)


async def open_appointments(desk: Desk, loan_id: UUID) -> tuple[AppointmentView, ...]:
    """Return the appointments on a loan that are planned or confirmed, the earliest first."""
    return await appointment_views(desk, await appointments.open_of_loans(desk.session, [loan_id]))


async def end_appointments(desk: Desk, loan: Loan) -> None:
    """Cancel what is planned or confirmed on a loan that ends; its calls end with the loan."""
    for row in await appointments.open_of_loans(desk.session, [loan.id]):
        track(desk, row)
        row.state, row.remind_at = "cancelled", None
        await touch(desk, row)
        await tell_attending(desk, row, await desk.session.get_one(Member, row.member_id), "cancelled")


async def hand_over_appointments(desk: Desk, loan_ids: Collection[UUID], outgoing: Member, to: Member) -> None:
    """Give `to` the appointments on these loans that `outgoing` was to attend."""
    for row in await appointments.open_of_loans(desk.session, loan_ids):
        if row.member_id == outgoing.id:
            await _give(desk, row, to)


async def attends(desk: Desk, member: Member) -> bool:
    """Return whether the member is to attend any appointment."""
    return bool(await appointments.all_open_of_member(desk.session, member.id))


async def hand_over_all_appointments(desk: Desk, outgoing: Member, to: Member) -> int:
    """Give `to` all appointments that `outgoing` was to attend, also those on loans of others; return how many."""
    rows = await appointments.all_open_of_member(desk.session, outgoing.id)
    for row in rows:
        await _give(desk, row, to)
    return len(rows)


async def _give(desk: Desk, row: Appointment, to: Member) -> None:
    await touch(desk, row)  # a message to the member who was to attend it
    track(desk, row).member_id = to.id
    if row.remind_at is None and row.at > desk.now:  # who attends it now has not been reminded
        row.remind_at = desk.now


async def appointments_due(desk: Desk) -> list[list[UUID]]:
    """Return what `remind_of_appointments` would remind of, each apart."""
    return [[row_id] for row_id in await appointments.due(desk.session, desk.workspace.id, desk.now, limit=BATCH)]


async def remind_of_appointments(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Remind who attends an appointment within the hour (of `only` these, if given), once; return how many."""
    rows = await appointments.take(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    attending = await members.by_ids(desk.session, {row.member_id for row in rows})
    await remind_acting(
        desk,
        [
            Announcement(
                kind=kinds.APPOINTMENT,
                key=reminder_key(row),
                to=attending[row.member_id],
                about_loan_id=row.loan_id,
                facts={"appointment": str(row.id)},
                arose_at=row.at - _REMIND_BEFORE,
            )
            for row in rows
        ],
    )
    return len(rows)


async def appointment_notice(desk: Desk, appointment_id: UUID, reader: Member) -> AppointmentNotice | None:
    """Return what the message about an appointment shows now; None for one that is gone or was undone."""
    row = await desk.session.get(Appointment, appointment_id)
    if row is None or row.undone_at is not None:
        return None
    (view,) = await appointment_views(desk, [row])
    loan = await loan_view(desk, await desk.session.get_one(Loan, row.loan_id))
    off = await is_on_day_off(desk, row, await desk.session.get_one(Member, row.member_id))
    return AppointmentNotice(loan, reader.slack_user_id, view, off)


async def is_on_day_off(desk: Desk, row: Appointment, member: Member) -> bool:
    """Return whether the member does not work on the day of an appointment."""
    hours = hours_of(desk, member)
    return not (await calendar_of(desk)).is_working_day(local_date(row.at, hours.zone), hours)


@corrects_after_undo(Appointment)
async def rewrite_messages(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Rewrite the messages that show an appointment as the Undo leaves it."""
    await desk.session.flush()
    for each in rows:
        await touch(desk, each.row)


async def _open(desk: Desk, appointment_id: UUID, version: int | None) -> tuple[Loan, Appointment]:
    """Return a planned or confirmed appointment and its loan, locked."""
    require_role(desk, "change_appointment")
    row = await desk.session.get(Appointment, appointment_id)
    if row is None or row.undone_at is not None or not await lookup.may_see(desk, row.loan_id):
        raise NotFound("unknown_appointment")
    await members.lock(desk.session, row.member_id)  # before the loan, as a handover does
    loan = await loans.lock(desk.session, row.loan_id)
    await desk.session.refresh(row)
    if row.state not in _OPEN or row.undone_at is not None:
        raise Conflict("appointment_settled", loan=loan.number, became=row.state)
    await require_may_act(desk, "change_appointment", row, loan)
    if version is not None and row.version != version:
        raise Conflict("appointment_changed", loan=loan.number)
    return loan, row


def _instant(desk: Desk, due: Due) -> datetime:
    if due.at is None:
        raise Invalid("appointment_needs_time", on=due.on)
    return due.at


def _check(minutes: int, place: str, link: str) -> None:
    lifecycle.check_note(place)
    if not 0 < minutes <= LONGEST or len(place) > PLACE_LIMIT:
        raise Invalid("appointment_too_long", most=LONGEST, limit=PLACE_LIMIT)
    if link and not link.startswith(("https://", "http://")):
        raise Invalid("link_unknown", given=link)


async def _require_free(desk: Desk, member: Member, at: datetime, minutes: int, *, but: UUID | None = None) -> None:
    longest, wanted = timedelta(minutes=LONGEST), (at, timedelta(minutes=minutes))
    near = await appointments.open_of_member(desk.session, member.id, at - longest, at + longest)
    clash = next((row for row in near if row.id != but and rules.overlaps(span_of(row), wanted)), None)
    if clash is not None:
        loan = await desk.session.get_one(Loan, clash.loan_id)
        seen = await lookup.may_see(desk, loan.id)
        raise Invalid("appointment_clash", who=member.slack_user_id, at=clash.at, loan=loan.number if seen else "")


def _remind_at(desk: Desk, at: datetime) -> datetime:
    return max(at - _REMIND_BEFORE, desk.now)


async def _changed(
    desk: Desk,
    loan: Loan,
    row: Appointment,
    act: str,
    call: lifecycle.PlannedFollowUp | None,
    *,
    moved_from: datetime | None = None,
) -> AppointmentChanged:
    member = await desk.session.get_one(Member, row.member_id)
    desk.audit(act, loan_id=loan.id, subject_id=row.id, kind=row.kind, state=row.state)
    await desk.session.flush()
    await touch(desk, row)
    (view,) = await appointment_views(desk, [row])
    followed = await follow_pickup(desk, loan, row.kind)
    works = await works_then(desk, member, span_of(row))
    return AppointmentChanged(
        loan=await loan_view(desk, loan),
        appointment=view,
        call=planned_view(desk, loan, call) if call else None,
        moved_from=moved_from,
        outside_hours=row.state in _OPEN and not works,
        against=await _rules_against(desk, loan, row.at) if act in _PLACES else (),
        followed=tuple(planned_view(desk, loan, each) for each in followed),
        undo_id=offer_undo(desk, act, loan_id=loan.id),
    )


async def _rules_against(desk: Desk, loan: Loan, at: datetime) -> tuple[Broken, ...]:
    limits = await limits_of(desk, loan)
    return limits.answer_for_visit(at).broken if limits else ()


async def appointment_views(desk: Desk, rows: Sequence[Appointment]) -> tuple[AppointmentView, ...]:
    """Return these appointments as they are shown."""
    people = await slack_ids(desk, (row.member_id for row in rows))
    return tuple(
        AppointmentView(
            id=row.id,
            version=row.version,
            kind=row.kind,
            at=row.at,
            minutes=row.minutes,
            who=people[row.member_id],
            state=row.state,
            place=unreadable.read(desk, Appointment.place_cipher, row),
            link=unreadable.read(desk, Appointment.link_cipher, row),
        )
        for row in rows
    )
