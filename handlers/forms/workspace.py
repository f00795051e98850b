"""The form for the workspace's language, country and contact hours."""

from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo

from desk.core.languages import LANGUAGES, language_of
from desk.people.workspace_settings import WorkspaceSettings, change_settings, present_settings
from desk.rules.calendar import countries
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.people.onboarding import language_name, settings_changed

COUNTRIES = "country.search"
"""The source of suggestions for the country field."""

_NONE = "-"
_LOCALES = tuple(language.locale for language in LANGUAGES.values())
_OFFERED = 50


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the channels' language, the country of the holidays, the hours in which borrowers may be called."""
    t = request.t
    now, zones = await present_settings(request.desk)
    present = {
        "language": language_of(now.locale).locale,
        "zone": now.zone,
        "from": f"{now.contact_start:%H:%M}",
        "until": f"{now.contact_end:%H:%M}",
    }
    form = FormWriter(t, private, {**present, **typed})
    form.choice(
        "language",
        t("Language of all channels"),
        [Option(language_name(t, locale), locale) for locale in _LOCALES],
        hint=t("Direct messages use each member's own language."),
    )
    form.search(
        "country",
        t("Country for public holidays"),
        COUNTRIES,
        chosen=_option(t, str(typed.get("country", "")) or now.country or _NONE),
        placeholder=t("Country name, or “none”"),
    )
    form.clock("from", t("Borrowers may be called from"))
    form.clock("until", t("Borrowers may be called until"))
    form.choice("zone", t("Time zone for these hours"), [Option(t.zone(ZoneInfo(zone)), zone) for zone in zones])
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Change the workspace's settings."""
    country = request.one("country")
    settings = WorkspaceSettings(
        locale=request.one("language"),
        country=None if country == _NONE else country,
        zone=request.one("zone"),
        contact_start=time.fromisoformat(request.one("from")),
        contact_end=time.fromisoformat(request.one("until")),
    )
    return settings_changed(request.t, await change_settings(request.desk, settings))


async def suggest_countries(request: Request) -> Sequence[Option]:
    """Return the countries whose name or code begins with, or contains, what was typed."""
    typed = request.text.strip().casefold()
    options = [_option(request.t, code) for code in (_NONE, *sorted(countries()))]
    found = [each for each in options if typed in each.label.casefold() or typed == each.value.casefold()]
    return sorted(found, key=lambda each: not each.label.casefold().startswith(typed))[:_OFFERED]


def _option(t: Translator, code: str) -> Option:
    return Option(t("None: no public holidays") if code == _NONE else t.country(code), code)


FORM = Form(
    name="workspace",
    right="change_workspace",
    title=_("Language and country"),
    build=build,
    submit=submit,
    main="language",
    fields={"unknown_country": "country", "contact_hours_order": "until"},
)
"""The settings of the workspace."""
