"""When a borrower picked the car up, as far as the desk knows."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from desk.rules.working_time import local_date


class PickupAppointment(NamedTuple):
    """When an appointment for the pickup is or was, and its state; one that was cancelled is none."""

    at: datetime
    state: str


def picked_up_at(
    appointments: Iterable[PickupAppointment], told: Iterable[datetime], zone: ZoneInfo
) -> datetime | None:
    """Return when the car was picked up: when an appointment for that was kept, else when a call about it reached the borrower
    (`told`); None if neither says so.

    Days are those of `zone`. A call before the day of the last appointment arranged it, and one after a missed appointment asked
    for another time: neither tells of a pickup. `told` has none from before the payout, which arranged it too.
    """
    known = sorted(appointments)
    kept = next((each.at for each in known if each.state == "kept"), None)
    if kept is not None or not known:
        return kept or min(told, default=None)
    last = known[-1]
    if last.state == "missed":
        return None
    return min((at for at in told if local_date(at, zone) >= local_date(last.at, zone)), default=None)
