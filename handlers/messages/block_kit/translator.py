"""Texts in the reader's language: gettext catalogues, dates, weekdays and money by locale."""

import datetime as dt
import gettext
import re
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_day_names, get_timezone_location
from babel.numbers import format_currency

from desk.core.languages import LANGUAGES, language_of
from handlers.messages.block_kit.catalogue import Catalogue

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CATALOGUES = Path(__file__).parents[2] / "locale"


class Translator:
    """Translates into one language: `t("Undone.")`, `t("Due {when}", when=…)`, `t.n("{n} call", "{n} calls", n)`.

    `language` is its code in `desk.core.languages`.
    """

    def __init__(self, locale: str) -> None:
        language = language_of(locale)
        self.language = language.code
        self._name = language.catalogue
        self._locale = _locale(self._name)
        self._texts = _catalogue(self.language)

    def __call__(self, text: str, **values: Any) -> str:
        """Return the translation of `text` with its placeholders filled."""
        return self._texts.gettext(text).format(**values)

    def raw(self, text: str) -> str:
        """Return the translation of `text` with its placeholders unfilled."""
        return self._texts.gettext(text)

    def n(self, singular: str, plural: str, n: int, **values: Any) -> str:
        """Return the translation for `n` things; `{n}` is replaced by the number."""
        return self._texts.ngettext(singular, plural, n).format(n=n, **values)

    def date(self, day: dt.date) -> str:
        """Return a date in full: `Thu 26 Nov 2026`, `2026年11月26日 周四`."""
        return _date(day, "y年M月d日 EEE" if self.language == "zh" else "EEE d MMM y", self._name)

    def short_date(self, day: dt.date) -> str:
        """Return a date whose year is obvious: `Thu 26 Nov`, `11月26日 周四`."""
        return _date(day, "M月d日 EEE" if self.language == "zh" else "EEE d MMM", self._name)

    def weekday(self, day: int) -> str:
        """Return a day of the week, Monday as 0: `Mon`, `周一`."""
        return get_day_names("abbreviated", locale=self._locale)[day]

    def days(self, days: str) -> str:
        """Return weekdays as formatted by `desk.rules.hours`: `mon-sat`, `周一至周六`."""
        if self.language == "en":
            return days
        names = get_day_names("abbreviated", locale=self._locale)
        translated = re.sub("[a-z]{3}", lambda found: names[_WEEKDAYS.index(found[0])], days)
        return translated.replace("-", "至").replace(",", "、") if self.language == "zh" else translated

    def zone(self, zone: ZoneInfo) -> str:
        """Return the city that names a zone: `Shanghai`, `上海`."""
        return _city(zone.key, self._name)

    def instant(self, at: datetime, zone: ZoneInfo) -> str:
        """Return an instant in full: `Thu 26 Nov 2026 15:00 (Shanghai time)`, `2026年11月26日 周四 15:00（上海时间）`."""
        local = at.astimezone(zone)
        if self.language == "zh":
            return f"{self.date(local.date())} {local:%H:%M}（{self.zone(zone)}时间）"
        return f"{self.date(local.date())} {local:%H:%M} ({self.zone(zone)} time)"

    def minute(self, at: datetime, zone: ZoneInfo) -> str:
        """Return an instant whose zone and year are obvious: `Thu 26 Nov 15:00`."""
        local = at.astimezone(zone)
        return f"{self.short_date(local.date())} {local:%H:%M}"

    def clock_time(self, at: datetime, zone: ZoneInfo) -> str:
        """Return the time of day: `15:00`."""
        return f"{at.astimezone(zone):%H:%M}"

    def country(self, code: str) -> str:
        """Return the name of a country from its ISO 3166 code: `China`, `中国`."""
        return self._locale.territories.get(code, code)

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount of money: `¥120,000.00`, `CN¥120,000.00`."""
        return format_currency(amount, currency, locale=self._locale)


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


@lru_cache(maxsize=2048)  # a message names few days, and messages of one day name the same
def _date(day: dt.date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=_locale(locale))


@lru_cache(maxsize=1024)
def _city(zone: str, locale: str) -> str:
    return get_timezone_location(zone, locale=_locale(locale), return_city=True)


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    fallback, name = LANGUAGES[language].fallback, LANGUAGES[language].catalogue
    if fallback is None:
        return gettext.NullTranslations()
    with catalogue_file(name).open("rb") as file:
        texts = Catalogue(file)
    texts.add_fallback(_catalogue(fallback))
    return texts


def catalogue_file(name: str) -> Path:
    """Return the file with the texts of a catalogue."""
    return CATALOGUES / name / "LC_MESSAGES" / "messages.po"


def _(text: str) -> str:
    """Mark a text for translation; it is translated where it is rendered."""
    return text
