"""The form for the workspace's language, country, contact hours, links to loans, what managers see, and files in Slack."""

from collections.abc import Mapping, Sequence
from datetime import time
from zoneinfo import ZoneInfo

from desk.core.languages import LANGUAGES, language_of
from desk.people.workspace_settings import WorkspaceSettings, change_settings, present_settings
from desk.rules.calendar import countries
from handlers.door.request import Request
from handlers.forms.form import WAS, Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.people.onboarding import language_name, settings_changed

COUNTRIES = "country.search"
"""The source of suggestions for the country field."""

_NONE = "-"
_PLAIN, _WORK_OBJECT = "plain", "work_object"
_OWN_TEAMS, _ALL_TEAMS = "own_teams", "all_teams"
_FEW, _CALLERS = "few", "callers"
_BY_LINK, _SENT = "link", "sent"
_LATER = ("managers", "unowned", "files")
"""Fields that a form which an earlier release has opened may lack."""
_LOCALES = tuple(language.locale for language in LANGUAGES.values())
_OFFERED = 50


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the channels' language, the country of the holidays, the hours in which borrowers may be called, how links
    to loans are shown, which loans managers see, and how lists and case files reach who asked for them."""
    t = request.t
    now, zones = await present_settings(request.desk)
    was: Mapping[str, str] = private.get(WAS) or _written(now)
    form = FormWriter(t, {**private, WAS: was}, {**was, **typed})
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
        chosen=_option(t, str(typed.get("country", "")) or was["country"]),
        placeholder=t("Country name, or “none”"),
    )
    form.clock("from", t("Borrowers may be called from"))
    form.clock("until", t("Borrowers may be called until"))
    form.choice(
        "zone",
        t("Time zone for these hours"),
        [Option(t.zone(ZoneInfo(zone)), zone) for zone in sorted({*zones, was["zone"]})],
    )
    form.choice(
        "links",
        t("Links to your loan system show"),
        [Option(t("number and stage"), _PLAIN), Option(t("a Work Object with a side pane"), _WORK_OBJECT)],
        hint=t("Work Objects must be switched on in the Slack app first; `loandesk doctor` says what is missing."),
    )
    _ask_who_sees_loans(form, t)
    form.choice(
        "files",
        t("Exported lists and case files"),
        [
            Option(t("open only on the desk's page"), _BY_LINK),
            Option(t("can also be sent as a file in Slack"), _SENT),
        ],
        hint=t("In Slack a file stays until someone deletes it there, and the desk no longer asks who may open it."),
    )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


def _ask_who_sees_loans(form: FormWriter, t: Translator) -> None:
    form.choice(
        "managers",
        t("Managers see the loans of"),
        [Option(t("their own teams"), _OWN_TEAMS), Option(t("all teams"), _ALL_TEAMS)],
        hint=t("A manager without a team sees those of people without one."),
    )
    form.choice(
        "unowned",
        t("Loans without an owner are seen by"),
        [
            Option(t("managers, and members without a team"), _FEW),
            Option(t("everyone who makes calls, to claim them"), _CALLERS),
        ],
    )


async def submit(request: Request) -> Message:
    """Change what differs from what the form showed, so that what another admin set meanwhile stays."""
    was: Mapping[str, str] | None = request.private.get(WAS)  # a form that the release before has opened has none
    typed = {name: request.one(name) for name in ("language", "country", "zone", "from", "until", "links", *_LATER)}
    shown = _read(was) if was is not None else None
    return settings_changed(request.t, await change_settings(request.desk, _read(typed), shown))


def _read(values: Mapping[str, str]) -> WorkspaceSettings:
    return WorkspaceSettings(
        locale=values["language"],
        country=None if values["country"] == _NONE else values["country"],
        zone=values["zone"],
        contact_start=time.fromisoformat(values["from"]),
        contact_end=time.fromisoformat(values["until"]),
        # A form that the release before has opened has no such fields.
        work_objects=values.get("links") == _WORK_OBJECT,
        managers_see_all=values.get("managers") == _ALL_TEAMS,
        callers_see_unowned=values.get("unowned") == _CALLERS,
        files_in_slack=values.get("files") == _SENT,
    )


def _written(now: WorkspaceSettings) -> dict[str, str]:
    """Return the settings as values of the form's fields. A language has one locale there: the workspace may have another."""
    return {
        "language": language_of(now.locale).locale,
        "country": now.country or _NONE,
        "zone": now.zone,
        "from": f"{now.contact_start:%H:%M}",
        "until": f"{now.contact_end:%H:%M}",
        "links": _WORK_OBJECT if now.work_objects else _PLAIN,
        "managers": _ALL_TEAMS if now.managers_see_all else _OWN_TEAMS,
        "unowned": _CALLERS if now.callers_see_unowned else _FEW,
        "files": _SENT if now.files_in_slack else _BY_LINK,
    }


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
