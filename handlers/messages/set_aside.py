"""The message to the admins about rows with which the worker failed."""

from desk.messages.set_aside import SetAsideView
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer

_WORK = {
    "reminders": _("reminder"),
    "escalations": _("escalation"),
    "digests": _("digest"),
    "absences": _("end of an absence"),
    "homes": _("Home"),
    "reminder_times": _("new reminder time"),
    "digest_times": _("new digest time"),
    "messages": _("message"),
    "search_entries": _("search entries"),
}


def set_aside(t: Translator, view: SetAsideView) -> Message:
    """Render what the worker leaves alone for now, and where its reason is."""
    writer = Writer()
    if not view.rows:
        return writer.line(t("The desk has done the work that failed before.")).message()
    writer.line(t("The desk failed in some of its work. The rest goes on, and it tries these again every hour:"))
    rows = [[Bold(t(_WORK[row.chore]) if row.chore in _WORK else row.chore), " · ", row.what] for row in view.rows]
    if view.more:
        rows.append([t.n("{n} more", "{n} more", view.more)])
    writer.bullets(rows)
    writer.line(
        t("The log says why, under row_set_aside or notice_not_composed; a member's time zone is a common reason.")
    )
    return writer.message()
