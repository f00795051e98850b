"""The messages about what the worker cannot do as it should: rows with which it fails, and unknown time zones."""

from zoneinfo import ZoneInfo

from desk.messages.set_aside import SHOWN, SetAsideView
from handlers.messages.block_kit.message import Bold, Inline, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer

_SHOWN_OF_ZONE = 60

_WORK = {
    "reminders": _("reminder"),
    "escalations": _("escalation"),
    "digests": _("digest"),
    "second_level": _("escalation to the second level"),
    "absences_ahead": _("beginning of an absence"),
    "absences": _("end of an absence"),
    "homes": _("Home"),
    "reminder_times": _("new reminder time"),
    "messages": _("message"),
    "search_entries": _("search entries"),
    "phone_calls": _("call that the phone system reported"),
    "unreadable": _("damaged text, shown as unreadable"),
}


def set_aside(t: Translator, view: SetAsideView) -> Message:
    """Render what the worker leaves alone for now, and where its reason is."""
    writer = Writer()
    if view.zones:
        _write_zones(t, writer, view)
    if not view.rows:
        return (
            writer.message()
            if view.zones
            else writer.line(t("The desk has done the work that failed before.")).message()
        )
    writer.line(t("The desk failed in some of its work. The rest goes on, and it tries these again every hour:"))
    rows = [[Bold(t(_WORK[row.chore]) if row.chore in _WORK else row.chore), " · ", row.what] for row in view.rows]
    if view.more:
        rows.append([t.n("{n} more", "{n} more", view.more)])
    writer.bullets(rows)
    writer.line(t("The log says why, under row_set_aside, row_unreadable or notice_not_composed."))
    return writer.message()


def zone_unknown(t: Translator, *, zone: str, workspace_zone: ZoneInfo) -> Message:
    """Render the notice to a member that the workspace's time zone counts for them."""
    writer = Writer()
    writer.phrase(
        t,
        "The desk doesn't know your time zone, {zone}. Until it does, your times are those of the workspace: {workspace}.",
        zone=Bold(_short(zone)),
        workspace=t.zone(workspace_zone),
    )
    writer.line(
        t("Choose another time zone in Slack, under Preferences → Language & region. The desk follows it by itself.")
    )
    return writer.message()


def _write_zones(t: Translator, writer: Writer, view: SetAsideView) -> None:
    writer.line(
        t(
            "The desk doesn't know the time zone of these members. For them it works by the workspace's, {zone}:",
            zone=t.zone(view.workspace_zone),
        )
    )
    rows: list[list[Inline]] = [[Bold(name), " · ", _short(zone)] for name, zone in view.zones[:SHOWN]]
    if more := len(view.zones) - len(rows):
        rows.append([t.n("{n} more", "{n} more", more)])
    writer.bullets(rows)
    writer.line(
        t("They can choose another one in Slack, under Preferences → Language & region. The desk follows it by itself.")
    )


def _short(zone: str) -> str:
    """Return a name that no machine knows as a line can show it."""
    shown = "".join(each for each in zone if each.isprintable())[:_SHOWN_OF_ZONE].strip()
    return shown or "–"
