"""Appointments: the answer to booking, moving and settling one, its place on a card, and the reminder of one."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.files.calendar_links import CalendarOffer
from desk.follow_ups.appointment_clashes import Clashes
from desk.follow_ups.appointment_messages import Act
from desk.follow_ups.appointments import AppointmentChanged, AppointmentNotice, AppointmentView
from desk.follow_ups.appointments_of_day import AppointmentOfDay
from handlers.messages.block_kit.elements import (
    card_button,
    form_button,
    masked_loan,
    named_loan,
    undo_button,
    when,
    write_more,
    write_plan,
)
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer
from handlers.messages.contact import broken_line
from handlers.messages.files import write_code

OF_DAY = 10
"""The most appointments of a day that are listed."""

_STATES = {
    "planned": _("not confirmed yet"),
    "confirmed": _("the borrower has confirmed it"),
    "kept": _("took place"),
    "missed": _("missed"),
    "cancelled": _("cancelled"),
}


def appointment_kind(t: Translator, kind: str) -> str:
    """Return the word for a kind of appointment."""
    return VOCABULARY.choice("appointment", kind).word(t.language)


def appointment_state(t: Translator, state: str) -> str:
    """Return what became of an appointment."""
    return t(_STATES[state])


def appointment_line(t: Translator, row: AppointmentView, zone: ZoneInfo) -> list[Inline]:
    """Return an appointment in one line, without its place."""
    words = [Bold(appointment_kind(t, row.kind)), " · ", t.minute(row.at, zone), " · ", appointment_state(t, row.state)]
    return [*words, " · ", Mention(row.who)]


def write_day(t: Translator, writer: Writer, rows: Sequence[AppointmentOfDay], zone: ZoneInfo, reader: str) -> None:
    """Write the appointments of a day: loan, kind, time, whether the borrower has confirmed it, and who attends it if that is not
    the reader (a Slack id)."""
    if rows:
        writer.line(Bold(t("Appointments ({n})", n=len(rows))))
        writer.bullets(_of_day(t, each, zone, reader) for each in rows[:OF_DAY])
        write_more(t, writer, len(rows) - len(rows[:OF_DAY]))


def _of_day(t: Translator, each: AppointmentOfDay, zone: ZoneInfo, reader: str) -> list[Inline]:
    row = each.appointment
    words: list[Inline] = [Code(each.number), " ", Bold(appointment_kind(t, row.kind))]
    words += [" · ", t.clock_time(row.at, zone), " · ", appointment_state(t, row.state)]
    return words if row.who == reader else [*words, " · ", Mention(row.who)]


def write_appointments(
    t: Translator, writer: Writer, rows: Sequence[AppointmentView], zone: ZoneInfo, *, act: bool
) -> None:
    """Write what is planned or confirmed, with its place; with `act` also the buttons that change it."""
    if rows:
        writer.line(Bold(t("Appointments:")))
    for row in rows:
        writer.bullets([appointment_line(t, row, zone)])
        _write_place(writer, row)
        if act:
            writer.buttons(*settle_buttons(t, row))


def _write_place(writer: Writer, row: AppointmentView) -> None:
    for text in filter(None, (row.place, row.link)):
        writer.quote(text)


def settle_buttons(t: Translator, row: AppointmentView) -> list[Button]:
    """Return the buttons that say what becomes of an open appointment; none for another."""
    labels = {"confirmed": t("Confirmed"), "kept": t("Took place"), "missed": t("Missed"), "cancelled": t("Cancel it")}
    if row.state not in ("planned", "confirmed"):
        return []
    if row.state == "confirmed":
        del labels["confirmed"]
    value = {"a": str(row.id), "v": row.version}
    move = Button(t("Move it"), "form.open", {"form": "move_appointment", "a": str(row.id)})
    settle = [Button(label, "appointment.settle", {**value, "s": state}) for state, label in labels.items()]
    return [*settle, move, _calendar_button(t, row)]


def _calendar_button(t: Translator, row: AppointmentView) -> Button:
    return Button(t("Calendar file"), "appointment.calendar", {"a": str(row.id)})


def calendar_offered(t: Translator, offer: CalendarOffer, zone: ZoneInfo) -> Message:
    """Render the link to the calendar file of an appointment with its code, for the one who asked for it."""
    writer = Writer()
    writer.line(Bold(offer.loan), " · ", appointment_kind(t, offer.kind), " · ", t.minute(offer.at, zone))
    write_code(t, writer, offer.code, offer.until, zone)
    writer.small(
        t("If the appointment is moved or cancelled, open its calendar file again: your calendar then follows.")
    )
    return writer.buttons(Button(t("Open the page"), "files.follow", url=offer.url, style="primary")).message()


def appointment_changed(t: Translator, result: AppointmentChanged, zone: ZoneInfo) -> Message:
    """Render the answer to booking, moving or settling an appointment."""
    writer, row = Writer(), result.appointment
    writer.line(named_loan(t, result.loan))
    writer.line(appointment_line(t, row, zone))
    _write_place(writer, row)
    if result.moved_from is not None:
        writer.line(t("Moved from {before}.", before=t.minute(result.moved_from, zone)))
    if result.outside_hours:
        writer.phrase(t, "{who} does not work then. Move it if that is a mistake.", who=Mention(row.who))
    if result.against:
        writer.line(Bold(t("Careful: contact rules speak against that time. It is kept.")))
        writer.bullets(broken_line(t, each) for each in result.against)
    if result.call is not None:
        due = when(t, result.call.follow_up.due, zone)
        asks_again = row.state == "missed"
        writer.line(
            t("A call asks for another time: {due}.", due=due)
            if asks_again
            else t("A call confirms it: {due}.", due=due)
        )
    elif row.state == "planned":
        writer.line(t("It is too soon for a call the day before that confirms it."))
    for each in result.followed:
        write_plan(t, writer, each)
    stage = [form_button(t("Change the stage"), "stage", loan=result.loan.id)] if row.state == "kept" else []
    calendar = [_calendar_button(t, row)] if row.state == "cancelled" else []
    return writer.buttons(undo_button(t, result.undo_id), *settle_buttons(t, row), *calendar, *stage).message()


def appointment_on_day_off(t: Translator, view: AppointmentNotice, zone: ZoneInfo) -> Message:
    """Render that the day of an appointment is a day off now, or how the appointment is since. It names no place."""
    writer, row = Writer(), view.appointment
    who, kind, at = Mention(view.reader), Bold(appointment_kind(t, row.kind)), t.minute(row.at, zone)
    if view.on_day_off and row.state in ("planned", "confirmed"):
        text = _("{who}: {kind}, {time}. That day is a day off now: keep the appointment, or agree on another time.")
        writer.phrase(t, text, who=who, kind=kind, time=at)
    else:
        writer.phrase(t, "{who}: {kind}, {time}.", who=who, kind=kind, time=at)
    writer.line(masked_loan(t, view.loan), " · ", appointment_state(t, row.state))
    return writer.buttons(*settle_buttons(t, row), card_button(t, view.loan.id, view.loan.number)).message()


def appointment_told(t: Translator, view: AppointmentNotice, zone: ZoneInfo, *, act: Act, by: str) -> Message:
    """Render to who attends an appointment what another member did to it. Others may read it, so it names no place."""
    writer, row = Writer(), view.appointment
    texts: dict[Act, str] = {
        "booked": _("{who}: {by} booked an appointment for you: {kind}, {time}."),
        "moved": _("{who}: {by} moved your appointment: {kind}, {time}."),
        "cancelled": _("{who}: {by} cancelled your appointment: {kind}, {time}."),
    }
    kind, at = Bold(appointment_kind(t, row.kind)), t.minute(row.at, zone)
    writer.phrase(t, texts[act], who=Mention(view.reader), by=by, kind=kind, time=at)
    writer.line(masked_loan(t, view.loan), " · ", appointment_state(t, row.state))
    return writer.buttons(*settle_buttons(t, row), card_button(t, view.loan.id, view.loan.number)).message()


def appointment_reminder(t: Translator, view: AppointmentNotice, zone: ZoneInfo) -> Message:
    """Render the reminder of an appointment. Others may read it, so it names no place."""
    writer, row = Writer(), view.appointment
    kind, at = Bold(appointment_kind(t, row.kind)), t.minute(row.at, zone)
    writer.phrase(t, "{who}: {kind}, {time}.", who=Mention(view.reader), kind=kind, time=at)
    writer.line(masked_loan(t, view.loan), " · ", appointment_state(t, row.state))
    return writer.buttons(*settle_buttons(t, row), card_button(t, view.loan.id, view.loan.number)).message()


def write_clashes(t: Translator, writer: Writer, clashes: Clashes, zone: ZoneInfo) -> list[Button]:
    """Write which appointments clash with what their new members attend, with the times at which these are free; return the
    buttons that move them."""
    for each in clashes.shown:
        what: dict[str, Inline] = {
            "who": Mention(each.who),
            "kind": Bold(appointment_kind(t, each.kind)),
            "loan": Bold(each.loan),
            "at": t.minute(each.at, zone),
        }
        if each.other:
            text = _("{who} has an appointment on {other} then: {kind}, {loan}, {at}.")
            writer.phrase(t, text, other=each.other, **what)
        else:
            writer.phrase(t, "{who} has another appointment then: {kind}, {loan}, {at}.", **what)
        if each.free:
            writer.line(t("Free: {times}", times=t(", ").join(t.minute(time, zone) for time in each.free)))
    write_more(t, writer, clashes.more)
    return [
        Button(
            t("Move {name}", name=each.loan), "form.open", {"form": "move_appointment", "a": str(each.appointment_id)}
        )
        for each in clashes.shown
    ]
