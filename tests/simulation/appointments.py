"""Appointments in the model: their members are reminded of them, and calls confirm them or ask for another time."""

from tests.simulation.announcing import Announcer
from tests.simulation.facts import Booked, Rebooked, Settled
from tests.simulation.loans import Appointment, Call, Loan

CONFIRMED_BY = {"interview": "decision", "signing": "signing", "pickup": "pickup"}
"""The purpose of the calls about an appointment, by its kind."""


def take(announcer: Announcer, loan: Loan, fact: Booked | Rebooked | Settled) -> None:
    """Do what follows when an appointment is made, moved, kept, missed or cancelled."""
    if isinstance(fact, Booked):
        new = Appointment(fact.kind, fact.who, fact.at)
        loan.appointments.append(new)
        return _confirm(announcer, loan, new, fact.minute)
    found = next(each for each in loan.appointments if each.kind == fact.kind and each.is_open)
    if found.call is not None and found.call.state == "open" and found.call.rule is not None:
        found.call.state = "cancelled" if isinstance(fact, Rebooked) else "done"
        found.call.closed = fact.minute
    if isinstance(fact, Rebooked):
        found.at, found.state = fact.at, "planned"
        return _confirm(announcer, loan, found, fact.minute)
    found.state = fact.state
    if fact.state == "missed":
        office = announcer.office_of(found.who)
        morning = office.spans[office.working_days_after(office.date_of(fact.minute), 1)][0]
        call = Call(CONFIRMED_BY[found.kind], found.who, "appointment")
        announcer.place(loan, call, fact.minute, at=morning)
    return None


def _confirm(announcer: Announcer, loan: Loan, appointment: Appointment, minute: int) -> None:
    """Have the member be reminded of an appointment, and plan the call that confirms it, unless it is too late for one."""
    announcer.remind_of(loan, appointment, minute)
    office = announcer.office_of(appointment.who)
    day, today = office.date_of(appointment.at), office.unfinished_day(minute)
    due = max(day if appointment.kind == "pickup" else office.working_days_before(day, 1), today)
    appointment.call = None
    if due < day or (due == day and appointment.kind == "pickup"):
        appointment.call = Call(CONFIRMED_BY[appointment.kind], appointment.who, "appointment")
        announcer.place(loan, appointment.call, minute, day=due)
