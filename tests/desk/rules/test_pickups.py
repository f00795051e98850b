"""When a borrower picked the car up, as far as the desk knows."""

import pytest

from desk.rules.pickups import PickupAppointment, picked_up_at
from tests.desk.rules.times import SHANGHAI, at, wall_clock


@pytest.mark.parametrize(
    ("appointments", "told", "known"),
    [
        ("", "", None),
        ("", "27 10:00, 26 10:00", "26 10:00"),
        ("26 15:00 planned", "", None),
        ("26 15:00 kept", "", "26 15:00"),
        ("26 15:00 kept", "25 10:00, 27 10:00", "26 15:00"),
        ("24 15:00 missed, 26 15:00 kept, 28 15:00 kept", "", "26 15:00"),
        ("26 15:00 planned", "25 10:00", None),
        ("26 15:00 confirmed", "26 09:00", "26 09:00"),
        ("26 15:00 planned", "25 10:00, 27 10:00", "27 10:00"),
        ("26 15:00 missed", "26 09:00, 27 10:00", None),
        ("24 15:00 missed, 26 15:00 planned", "24 16:00, 26 16:30", "26 16:30"),
    ],
)
def test_the_pickup_is_a_kept_appointment_or_a_call_that_did_not_only_arrange_one(
    appointments: str, told: str, known: str | None
):
    booked = [
        PickupAppointment(at(f"2026-11-{when}"), state)
        for when, _, state in (each.rpartition(" ") for each in filter(None, appointments.split(", ")))
    ]
    calls = [at(f"2026-11-{when}") for when in filter(None, told.split(", "))]
    found = picked_up_at(booked, calls, SHANGHAI)
    assert (wall_clock(found).removeprefix("2026-11-") if found else None) == known
