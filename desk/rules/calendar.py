"""Which days are worked: public holidays, the make-up days that compensate for them, and the desk's own exceptions."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.rules.hours import WorkingHours

if TYPE_CHECKING:
    from holidays.holiday_base import HolidayBase

SEARCH_LIMIT_DAYS = 400
"""How many days a search for a working day covers before it gives up."""

# Only China decrees make-up days every year, so a year without any is not announced yet.
_DECREES_MAKE_UP_DAYS = frozenset({"CN"})
_ANNOUNCED_BY = (11, 15)
_WEEKEND = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Calendar:
    """The workspace's calendar.

    `country` is an ISO 3166 code, or None for a desk without public holidays. `overrides` are the desk's own exceptions,
    True for a working day; they take precedence over the country. Every method that needs the country's holidays
    raises `Invalid("unknown_country", given=…)` when none are known.
    """

    country: str | None = "CN"
    overrides: Mapping[date, bool] = field(default_factory=dict[date, bool])

    def is_holiday(self, day: date) -> bool:
        """Return whether `day` is a holiday for everyone, whatever their weekdays are.

        In China the weekend next to a holiday belongs to it, as in the State Council's notices ("15 to 23 February"),
        unless it is a make-up day. This matters to members who work on Saturdays.
        """
        if day in self.overrides:
            return not self.overrides[day]
        return self._is_public_holiday(day) or self._is_weekend_of_a_holiday(day)

    def is_make_up_day(self, day: date) -> bool:
        """Return whether the country or the desk declares `day`, otherwise free, a working day."""
        if day in self.overrides:
            return self.overrides[day]
        return day in self._year(day.year).make_up_days

    def is_working_day(self, day: date, hours: WorkingHours) -> bool:
        """Return whether a member with these hours works on `day`.

        Members who work Monday to Friday also work on make-up days; part-timers keep to their weekdays.
        """
        if self.is_make_up_day(day):
            return hours.covers_the_week or day.weekday() in hours.days
        return day.weekday() in hours.days and not self.is_holiday(day)

    def next_working_day(self, after: date, hours: WorkingHours) -> date:
        """Return the first working day later than `after`. Raise `Invalid("no_working_day")` when none is near."""
        return self._search(after, hours, step=1)

    def previous_working_day(self, before: date, hours: WorkingHours) -> date:
        """Return the last working day earlier than `before`. Raise `Invalid("no_working_day")` when none is near."""
        return self._search(before, hours, step=-1)

    def working_day_on_or_after(self, day: date, hours: WorkingHours) -> date:
        """Return `day` when it is a working day, otherwise the next one."""
        return day if self.is_working_day(day, hours) else self.next_working_day(day, hours)

    def nth_working_day_before(self, day: date, n: int, hours: WorkingHours) -> date:
        """Return the working day `n` working days before `day`, which need not be one itself."""
        for _ in range(n):
            day = self.previous_working_day(day, hours)
        return day

    def nth_working_day_after(self, day: date, n: int, hours: WorkingHours) -> date:
        """Return the working day `n` working days after `day`, which need not be one itself."""
        for _ in range(n):
            day = self.next_working_day(day, hours)
        return day

    def year_to_enter(self, today: date) -> int | None:
        """Return the current or announced year whose make-up days the desk does not know, or None.

        China announces a year's arrangement in the preceding November; a year counts as known once the desk has entered
        a working day in it.
        """
        if (self.country or "").upper() not in _DECREES_MAKE_UP_DAYS:
            return None
        announced = today.year + ((today.month, today.day) >= _ANNOUNCED_BY)
        return next((year for year in range(today.year, announced + 1) if not self._knows_make_up_days(year)), None)

    def _knows_make_up_days(self, year: int) -> bool:
        entered = (day for day, is_worked in self.overrides.items() if is_worked)
        return any(day.year == year for day in (*self._year(year).make_up_days, *entered))

    def _is_public_holiday(self, day: date) -> bool:
        return day in self._year(day.year).holidays

    def _is_weekend_of_a_holiday(self, day: date) -> bool:
        if (self.country or "").upper() not in _DECREES_MAKE_UP_DAYS or not self._is_free_weekend(day):
            return False
        return self._is_public_holiday(self._beyond_weekend(day, -1)) or self._is_public_holiday(
            self._beyond_weekend(day, 1)
        )

    def _beyond_weekend(self, day: date, step: int) -> date:
        """Return the nearest day in that direction that is not a free weekend day, or is a holiday by itself."""
        while self._is_free_weekend(day) and not self._is_public_holiday(day):
            day += timedelta(days=step)
        return day

    def _is_free_weekend(self, day: date) -> bool:
        return day.weekday() in _WEEKEND and day not in self._year(day.year).make_up_days

    def _year(self, year: int) -> "_CountryYear":
        return _country_year(self.country.upper(), year) if self.country else _NO_HOLIDAYS

    def _search(self, origin: date, hours: WorkingHours, *, step: int) -> date:
        for day in _days_from(origin, step):
            if self.is_working_day(day, hours):
                return day
        raise Invalid("no_working_day", near=origin)


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return the two-letter ISO 3166 codes of the countries whose holidays are known."""
    import holidays  # only where dates are checked: it takes 0.05 s

    return frozenset(code for code in holidays.list_supported_countries() if len(code) == 2)


@dataclass(frozen=True, slots=True)
class _CountryYear:
    holidays: frozenset[date]
    make_up_days: frozenset[date]


_NO_HOLIDAYS = _CountryYear(frozenset(), frozenset())


@lru_cache(maxsize=64)
def _country_year(country: str, year: int) -> _CountryYear:
    """Return what the `holidays` package knows about one year of a country."""
    # A notice for January may name a make-up day in December, so read the following year too.
    known = _country_class(country)(years=(year, year + 1))
    return _CountryYear(
        frozenset(day for day in known if day.year == year),
        frozenset(day for day in known.weekend_workdays if day.year == year),
    )


@cache
def _country_class(country: str) -> "type[HolidayBase]":
    """Return the class of the `holidays` package for one country, from the file of that country alone.

    `holidays.country_holidays` imports 250 countries for one: 0.3 s and 12 MB at the first command after a start.
    """
    import holidays  # as above
    from holidays.registry import COUNTRIES

    file, name = next(((file, names[0]) for file, names in COUNTRIES.items() if country in names[1:]), ("", ""))
    if not file:
        raise Invalid("unknown_country", given=country)
    path = Path(holidays.__file__).parent / "countries" / f"{file}.py"
    spec = spec_from_file_location(f"{__name__}.{file}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def _days_from(origin: date, step: int) -> Iterator[date]:
    room = (date.max - origin if step > 0 else origin - date.min).days
    for distance in range(1, min(room, SEARCH_LIMIT_DAYS) + 1):
        yield origin + timedelta(days=step * distance)
