"""In which zones a phone number may be."""

import pytest

from desk.rules.phone_zones import zones_of

CENTRAL, EASTERN, MOUNTAIN, PACIFIC = "America/Chicago", "America/New_York", "America/Denver", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+8613800138000", {"Asia/Shanghai"}),
        ("+12707822222", {CENTRAL}),  # Bowling Green, an exchange that phonenumbers knows
        ("+12709992222", {CENTRAL, EASTERN}),  # western Kentucky, one that it does not know
        ("+13642222222", {CENTRAL, EASTERN}),  # the same places: the code overlays 270
        ("+14239992222", {CENTRAL, EASTERN}),  # Chattanooga and the counties west of it
        ("+17292222222", {CENTRAL, EASTERN}),  # the code overlays 423, and phonenumbers does not know it
        ("+18504322222", {CENTRAL}),  # Pensacola
        ("+14482222222", {CENTRAL, EASTERN}),
        ("+14582222222", {MOUNTAIN, PACIFIC}),
        ("+12502222222", {"America/Edmonton", "America/Vancouver"}),  # British Columbia without Vancouver
        ("+12572222222", {"America/Edmonton", "America/Vancouver"}),  # the code overlays 250
        ("+12122222222", {EASTERN}),  # New York, which has one zone
        ("+911234", set()),
    ],
)
def test_a_number_may_be_in_every_zone_of_its_area_code_unless_its_exchange_is_known(
    phone: str, zones: set[str]
) -> None:
    assert {str(zone) for zone in zones_of(phone)} == zones
