"""What the first admin reads: the steps of setting up, each with its button, and what came of it."""

from datetime import time
from zoneinfo import ZoneInfo

from desk.core.languages import language_of
from desk.importing.demo_borrowers import DemoAdded
from desk.people.app_manifest import Additions
from desk.people.onboarding import Welcome
from desk.people.workspace_settings import WorkspaceChanged
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import form_button, undo_button
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Code, Confirm, Writer, phrase


def welcome(t: Translator, view: Welcome) -> Message:
    """The one message to the first admin."""
    writer = Writer()
    writer.line(Bold(t("Welcome. The desk is running, and you are its first admin.")))
    writer.line(t("These steps set it up, in any order. This message stays and shows how they stand."))
    managers = t(", ").join(view.managers) or t("nobody yet")
    writer.line(Bold(t("1. Managers")), " · ", managers)
    writer.buttons(form_button(t("Choose the managers"), "managers"))
    hours = _hours(view.contact_start, view.contact_end)
    writer.line(Bold(t("2. Language and country")), " · ", *_rules(t, view.locale, view.country, view.zone, hours))
    writer.buttons(form_button(t("Language and country"), "workspace"))
    writer.line(Bold(t("3. Loans")), " · ", t("Bring in your own where the desk runs, first without saving anything:"))
    writer.line(Code("loandesk import loans.csv --dry-run"))
    writer.buttons(_demo_button(t, view.demo))
    writer.line(
        phrase(
            t,
            "Then add everybody else with {command}; whoever is not a member yet can ask for access with a button.",
            command=Code(t("/loan-team add @lina agent")),
        )
    )
    return writer.message()


def app_manifest(t: Translator, added: Additions) -> Message:
    """The one message to each admin after an upgrade to a release that needs another app manifest."""
    writer = Writer()
    writer.line(Bold(t("This release needs a new app manifest in Slack. It adds:")))
    parts = (
        (t("commands"), added.commands),
        (t("shortcuts"), added.shortcuts),
        (t("scopes"), added.scopes),
        (t("events"), added.events),
    )
    writer.bullets([[name, t(": "), t(", ").join(found)] for name, found in parts if found])
    writer.line(t("Until Slack has it, these do not work. Everything else works as before."))
    writer.line(
        phrase(
            t,
            "Print it with {command} where the desk runs, paste it under App Manifest at {url}, and reinstall the app "
            "if Slack asks you to.",
            command=Code("loandesk manifest"),
            url=Code("https://api.slack.com/apps"),
        )
    )
    return writer.message()


def managers_chosen(t: Translator, names: tuple[str, ...]) -> Message:
    """Who are managers now."""
    return Writer().line(t("The managers now:"), " ", Bold(t(", ").join(names))).message()


def settings_changed(t: Translator, changed: WorkspaceChanged) -> Message:
    """The workspace's rules as they are now."""
    settings = changed.now
    hours = _hours(settings.contact_start, settings.contact_end)
    writer = Writer().line(t("From now on:"))
    writer.bullets(
        [[part] for part in _rules(t, settings.locale, settings.country, settings.zone, hours) if part != " · "]
    )
    return writer.buttons(undo_button(t, changed.undo_id)).message()


def demo_added(t: Translator, result: DemoAdded) -> Message:
    """Which demo borrowers there are, and what to try."""
    writer = Writer()
    writer.line(phrase(t, "Five demo borrowers are yours now: {numbers}.", numbers=Bold(t(", ").join(result.numbers))))
    if not result.may_call:
        writer.line(
            phrase(
                t,
                "To log calls you need a role that makes them: {command}",
                command=Code(t("/loan-team add @me admin, agent")),
            )
        )
    for number in result.numbers[:1]:
        writer.line(phrase(t, "Try {command}, or open your Home.", command=Code(f"/loan {number}")))
    return writer.message()


def demo_removed(t: Translator, count: int) -> Message:
    """They are gone."""
    words = t.n(
        "{n} demo borrower is removed, with everything about them.",
        "{n} demo borrowers are removed, with everything about them.",
        count,
    )
    return Writer().line(words).message()


def language_name(t: Translator, locale: str) -> str:
    """A language that the desk speaks."""
    language = language_of(locale)
    return {"zh": t("Chinese"), "en": t("English")}.get(language.code, language.name)


def _demo_button(t: Translator, count: int) -> Button:
    if not count:
        return Button(t("Try it with demo borrowers"), "demo.add")
    confirm = Confirm(
        title=t("Remove the demo borrowers?"),
        text=t("Their calls, follow-ups and documents go with them. Your own loans stay."),
        yes=t("Remove"),
        no=t("Keep"),
    )
    return Button(t("Remove the demo borrowers"), "demo.remove", style="danger", confirm=confirm)


def _rules(t: Translator, locale: str, country: str | None, zone: str, hours: str) -> list[str]:
    kept = t("public holidays: {country}", country=t.country(country)) if country else t("no public holidays")
    called = t("borrowers may be called {hours}, {zone} time", hours=hours, zone=t.zone(ZoneInfo(zone)))
    return [t("channels in {language}", language=language_name(t, locale)), " · ", kept, " · ", called]


def _hours(start: time, end: time) -> str:
    return f"{start:%H:%M}-{end:%H:%M}"
