"""When the car of a loan was picked up, from which rules may count their days."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.transaction import Desk
from desk.rules import pickups as rules
from desk.rules.cadence import Rule
from desk.rules.pickups import PickupAppointment
from desk.rules.queues import SPOKEN
from storage.queries.follow_ups import pickups


async def counted_from(desk: Desk, loan_id: UUID, rule: Rule) -> datetime | None:
    """Return from when the days of a rule count that counts from the pickup, None if it does not, or no pickup is known."""
    if rule.counts_from is None:
        return None
    booked = [PickupAppointment(*each) for each in await pickups.appointments_of(desk.session, loan_id)]
    told = await pickups.told_at(desk.session, loan_id, ending=SPOKEN)
    return rules.picked_up_at(booked, told, ZoneInfo(desk.workspace.zone))
