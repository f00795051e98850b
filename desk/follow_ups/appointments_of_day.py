"""The appointments of a day, for a digest and a Home. They name a loan by its number, because others may read a digest."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.appointments import AppointmentView, appointment_views
from desk.people.members import zone_of
from desk.rules.working_time import day_bounds
from storage.queries.follow_ups import appointments
from storage.queries.loans import loans
from storage.tables import Member


@dataclass(frozen=True, slots=True)
class AppointmentOfDay:
    """An appointment that is planned or confirmed, and the number of its loan."""

    number: str
    loan_id: UUID
    appointment: AppointmentView


async def appointments_of_day(
    desk: Desk, reader: Member, people: Collection[Member], on: date
) -> tuple[AppointmentOfDay, ...]:
    """Return what these members attend on that day of the reader's, the earliest first."""
    start, end = day_bounds(on, zone_of(desk, reader))
    rows = await appointments.open_of_members(desk.session, [each.id for each in people], start, end)
    on_loans = await loans.by_ids(desk.session, {row.loan_id for row in rows}) if rows else {}
    views = await appointment_views(desk, rows) if rows else ()
    return tuple(
        AppointmentOfDay(on_loans[row.loan_id].number, row.loan_id, view) for row, view in zip(rows, views, strict=True)
    )
