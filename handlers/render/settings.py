"""What is said of somebody's own settings."""

from desk.rules.hours import format_hours
from desk.settings import Settings, SettingsChanged
from handlers.i18n import LANGUAGES, Translator
from handlers.render.message import Message
from handlers.render.parts import undo_button
from handlers.render.writer import Bold, Channel, Mention, Part, Writer, phrase


def changed(t: Translator, result: SettingsChanged) -> Message:
    """What was changed, as it is now."""
    writer = Writer().line(t("Saved:"))
    writer.bullets(_LINES[name](t, result.now) for name in result.changed)
    if result.channel_is_public:
        writer.line(t("Careful: that channel is public. Everybody in the company can read masked names in it."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def _language(t: Translator, now: Settings) -> list[Part]:
    return [t("Language"), t(": "), Bold(LANGUAGES[now.language] if now.language else t("As in Slack"))]


def _digest(t: Translator, now: Settings) -> list[Part]:
    if now.digest_at is None:
        return [t("No digest")]
    return phrase(t, "Your digest comes at {time} on working days.", time=Bold(f"{now.digest_at:%H:%M}"))


def _channel(t: Translator, now: Settings) -> list[Part]:
    where: Part = Channel(now.channel) if now.channel else t("direct messages")
    return phrase(t, "Your reminders come here: {where}", where=where)


def _hours(t: Translator, now: Settings) -> list[Part]:
    clock, days = format_hours(now.hours)
    return phrase(t, "You work {hours}.", hours=Bold(f"{clock} {t.days(days)}"))


def _absence(t: Translator, now: Settings) -> list[Part]:
    if now.away_until is None:
        return [t("You are at work.")]
    away = phrase(t, "You are away until {until} (included).", until=Bold(t.date(now.away_until)))
    if now.cover is None:
        return [*away, " · ", t("Nobody covers: reminders and new follow-ups go to the manager.")]
    covered = phrase(t, "{cover} covers: reminders and new follow-ups go there.", cover=Mention(now.cover))
    return [*away, " · ", *covered]


_LINES = {"language": _language, "digest_at": _digest, "channel": _channel, "hours": _hours, "absence": _absence}
