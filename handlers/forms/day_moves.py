"""The form that moves all calls of a member's day to other days."""

from datetime import date, time

from desk.core.errors import Invalid
from desk.core.values import PersonRef
from desk.handover.day_moves import DAYS, MoveRequest, preview_moves
from desk.people.members import find_member, today_of
from handlers.door.request import Request
from handlers.forms.form import Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.day_moves import move_preview


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: whose calls, of which day and hours, and where they go. `w` in `private` is a Slack id."""
    t, desk = request.t, request.desk
    given = {"who": str(private["w"])} if "w" in private else {}
    usual = {"day": today_of(desk, desk.member).isoformat(), "days": str(DAYS), **given}
    form = FormWriter(t, private, {**usual, **typed})
    form.person("who", t("Whose calls"))
    form.day("day", t("Of which day"), hint=t("Calls of earlier days that are late belong to today."))
    form.clock(
        "start", t("Only from"), optional=True, hint=t("For an absence of some hours; otherwise leave both empty.")
    )
    form.clock("end", t("Only until"), optional=True)
    form.day("to", t("To this day"), optional=True, hint=t("Without a day they are spread over the next working days."))
    form.number("days", t("Over how many working days"), low=1, high=10, optional=True)
    form.small(t("Times that were agreed with the borrower stay, and are listed in the preview."))
    return form.view(FORM.name, t(FORM.title), submit=t("Preview"))


async def submit(request: Request) -> Message:
    """Show what would be moved; a button then carries it out."""
    with field("who"):
        who = await find_member(request.desk, PersonRef(slack_id=request.one("who")))
    start, end = _clock(request, "start"), _clock(request, "end")
    if (start is None) != (end is None):
        raise Invalid("hours_order")
    wanted = MoveRequest(
        member_id=who.id,
        day=date.fromisoformat(request.one("day")),
        start=start,
        end=end,
        to=date.fromisoformat(request.one("to")) if request.one("to") else None,
        days=int(request.one("days") or DAYS),
    )
    return move_preview(request.t, await preview_moves(request.desk, wanted), request.zone)


def _clock(request: Request, name: str) -> time | None:
    typed = request.one(name)
    return time.fromisoformat(typed) if typed else None


FORM = Form(
    name="move_calls",
    right="move_calls",
    title=_("Move a member's calls"),
    build=build,
    submit=submit,
    main="who",
    fields={
        "others_may_act": "who",
        "hours_order": "end",
        "move_day_past": "day",
        "no_calls_to_move": "day",
        "move_to_earlier": "to",
        "move_too_far": "to",
        "away_then": "to",
    },
)
"""All calls of a member's day, moved without handing them over."""
