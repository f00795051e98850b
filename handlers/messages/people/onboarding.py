"""The first admin's steps for setting up the desk, each with its button, and the answers to them."""

from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo

from desk.core.languages import language_of
from desk.people.app_manifest import Additions
from desk.people.onboarding import SetupStatus
from desk.people.workspace_settings import WorkspaceChange
from handlers.messages.block_kit.elements import form_button, undo_button, write_under_way
from handlers.messages.block_kit.message import Bold, Button, Code, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def welcome(t: Translator, view: SetupStatus, *, loans_buttons: Sequence[Button] = ()) -> Message:
    """Render the message to the first admin. `loans_buttons` go below the step about loans."""
    writer = Writer()
    writer.line(Bold(t("Welcome! The desk is running, and you're its first admin.")))
    writer.line(t("Set it up in any order. This message stays here and shows your progress."))
    managers = t(", ").join(view.managers) or t("nobody yet")
    writer.line(Bold(t("1. Managers")), " · ", managers)
    writer.buttons(form_button(t("Choose managers"), "managers"))
    hours = _hours(view.contact_start, view.contact_end)
    writer.line(Bold(t("2. Language and country")), " · ", *_rules(t, view.locale, view.country, view.zone, hours))
    writer.buttons(form_button(t("Language and country"), "workspace"))
    writer.line(
        Bold(t("3. Loans")),
        " · ",
        t("Import your own on the machine that runs the desk, first without saving anything:"),
    )
    writer.line(Code("loandesk import loans.csv --dry-run"))
    writer.buttons(*loans_buttons)
    writer.phrase(
        t,
        "Then add everyone else with {command}. People who aren't members yet can ask for access with a button.",
        command=Code(t("/loan-team add @lina agent")),
    )
    return writer.message()


def app_manifest(t: Translator, added: Additions) -> Message:
    """Render the message to each admin after an upgrade to a release that needs a new app manifest."""
    writer = Writer()
    writer.line(Bold(t("This release needs a new app manifest in Slack. It adds:")))
    names = (t("commands"), t("shortcuts"), t("scopes"), t("events"))
    additions = zip(names, (added.commands, added.shortcuts, added.scopes, added.events), strict=True)
    writer.bullets([[name, t(": "), t(", ").join(items)] for name, items in additions if items])
    writer.line(t("Until you update it in Slack, these won't work. Everything else works as before."))
    writer.phrase(
        t,
        "Print it with {command} on the machine that runs the desk, paste it under App Manifest at {url}, and reinstall "
        "the app if Slack asks you to.",
        command=Code("loandesk manifest"),
        url=Code("https://api.slack.com/apps"),
    )
    return writer.message()


def managers_chosen(t: Translator, names: tuple[str, ...]) -> Message:
    """Render the managers as chosen."""
    return Writer().line(t("Managers are now:"), " ", Bold(t(", ").join(names))).message()


def settings_changed(t: Translator, changed: WorkspaceChange) -> Message:
    """Render the workspace's settings as they are now."""
    settings = changed.now
    hours = _hours(settings.contact_start, settings.contact_end)
    rules = [part for part in _rules(t, settings.locale, settings.country, settings.zone, hours) if part != " · "]
    if settings.work_objects:
        rules.append(t("links to your loan system show a Work Object with a side pane"))
    if settings.managers_see_all:
        rules.append(t("managers see the loans of all teams"))
    if settings.callers_see_unowned:
        rules.append(t("everyone who makes calls sees loans without an owner"))
    if settings.files_in_slack:
        rules.append(t("exported lists and case files can be sent as files in Slack"))
    writer = Writer().line(t("From now on:")).bullets([rule] for rule in rules)
    write_under_way(t, writer, changed.under_way)
    return writer.buttons(undo_button(t, changed.undo_id)).message()


def language_name(t: Translator, locale: str) -> str:
    """Return the name of a language in the reader's language."""
    language = language_of(locale)
    return {"zh": t("Chinese"), "en": t("English")}.get(language.code, language.name)


def _rules(t: Translator, locale: str, country: str | None, zone: str, hours: str) -> list[str]:
    holidays = t("public holidays: {country}", country=t.country(country)) if country else t("no public holidays")
    contact = t("borrowers may be called {hours}, {zone} time", hours=hours, zone=t.zone(ZoneInfo(zone)))
    return [t("channels in {language}", language=language_name(t, locale)), " · ", holidays, " · ", contact]


def _hours(start: time, end: time) -> str:
    return f"{start:%H:%M}-{end:%H:%M}"
