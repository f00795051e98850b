"""Answers about members, their absence, hours and settings, teams, and the calendar."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from desk.core.languages import LANGUAGES
from desk.core.vocabulary import VOCABULARY
from desk.handover.reassigning import MemberRemoved
from desk.people.calendars import CalendarDay
from desk.people.own_settings import Settings, SettingsChange
from desk.people.team import MemberAddition
from desk.people.team_settings import TeamChange
from desk.people.views import PAGE, MemberChange, MemberView, TeamPage
from desk.rules.hours import WorkingHours, format_hours
from handlers.messages.appointments import write_clashes
from handlers.messages.block_kit.elements import (
    form_button,
    mentions,
    pages,
    undo_button,
    write_more,
    write_moving,
    write_under_way,
)
from handlers.messages.block_kit.message import Bold, Button, Channel, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase

_SPANS = 5
"""How many absences that have not begun a line names."""


def members(
    t: Translator,
    page: TeamPage,
    *,
    sets_up: bool = False,
    admin: bool = False,
    year_to_enter: int | None = None,
) -> Message:
    """Render a page of the members by team, with the forms for managers (`sets_up`) and admins."""
    writer = Writer()
    writer.line(Bold(t.n("{n} member at this desk", "{n} members at this desk", page.total)))
    for name, group in groupby(page.members, key=lambda view: view.team):
        writer.line(Bold(name or t("No team")))
        writer.bullets([_row(t, view) for view in group])
    write_more(t, writer, page.more)
    if year_to_enter is not None:
        writer.line(
            t(
                "The make-up working days of {year} aren't known yet. Once they are announced, enter each of them, for "
                "example: /loan-team calendar feb 6 work",
                year=str(year_to_enter),
            )
        )
    writer.small(t("/loan-team help shows how to add or remove members, or enter an absence."))
    shown = len(page.members)
    writer.buttons(*pages(t, "team.list", {}, offset=page.offset, shown=shown, more=page.more, page=PAGE))
    if sets_up:
        writer.buttons(form_button(t("Add a member"), "member"), form_button(t("Remove a member"), "leaver"))
    if admin:
        writer.buttons(form_button(t("Team settings"), "team"))
    return writer.message()


def added(t: Translator, result: MemberAddition) -> Message:
    """Render a member who was added or changed."""
    writer = Writer()
    who = Mention(result.member.slack_user_id)
    known = result.again
    writer.phrase(t, "{who} is already a member; updated:" if known else "{who} is now a member of the desk:", who=who)
    writer.line(_row(t, result.member))
    if result.member.team:
        team = result.member.team
        writer.line(t("New team: {team}", team=team) if result.team_is_new else t("Team: {team}", team=team))
    _write_replaced(t, writer, result)
    if result.asks_for_team:
        writer.line(t("No team yet: they see only their own loans and those without an owner."))
    if result.channel_is_public:
        writer.line(t("Careful: that channel is public. Everyone in the company can read masked names in it."))
    buttons = [undo_button(t, result.undo_id)]
    if result.asks_for_team:
        buttons.append(Button(t("Choose team and channel"), "form.open", {"form": "member", "w": who.slack_user_id}))
    return writer.buttons(*buttons).message()


def _write_replaced(t: Translator, writer: Writer, result: MemberAddition) -> None:
    """Write what the member had before and has no more."""
    before, now = result.before, result.member
    if before is None:
        return
    if gone := [role for role in before.roles if role not in now.roles]:
        roles = t(", ").join(VOCABULARY.role(role).word(t.language) for role in gone)
        writer.line(t("Taken away: {roles}", roles=roles))
    if before.team and before.team != now.team:
        writer.line(t("Team before: {team}", team=before.team))
    if before.channel and before.channel != now.channel:
        writer.phrase(t, "Channel before: {channel}", channel=Channel(before.channel))


def removed(t: Translator, removal: MemberRemoved, zone: ZoneInfo) -> Message:
    """Render a member who was removed, and where their work went."""
    writer, result = Writer(), removal.change
    writer.phrase(t, "{who} is no longer a member.", who=Mention(result.member.slack_user_id))
    if result.acting:
        went = [t.n("{n} loan", "{n} loans", result.loans)]
        went.append(t.n("{n} open follow-up", "{n} open follow-ups", result.moved))
        if result.moving:
            writer.phrase(t, "Going to {who}: {what}.", who=Mention(result.acting), what=t(" and ").join(went))
        else:
            writer.phrase(t, "Now with {who}: {what}.", who=Mention(result.acting), what=t(" and ").join(went))
    write_moving(t, writer, result.moving)
    moves = write_clashes(t, writer, removal.clashes, zone)
    return writer.buttons(undo_button(t, result.undo_id), *moves).message()


def away(t: Translator, result: MemberChange) -> Message:
    """Render an absence."""
    writer, who = Writer(), Mention(result.member.slack_user_id)
    entered = result.absence
    if entered is not None and entered.ahead:
        since, until = Bold(t.date(entered.since)), Bold(t.date(entered.until))
        writer.phrase(t, "{who} is away from {since} until {until} (inclusive).", who=who, since=since, until=until)
        writer.line(_who_acts(t, entered.cover, entered.cover))
        writer.small(t("Until that morning their calls stay with them. /loan-team back cancels it."))
    else:
        until = Bold(t.date(result.member.absent_until) if result.member.absent_until else "")
        writer.phrase(t, "{who} is away until {until} (inclusive).", who=who, until=until)
        writer.line(_who_acts(t, result.member.cover, result.member.acting))
    _write_former_absences(t, writer, result)
    _write_other_absences(t, writer, result)
    writer.line(t.n("They have {n} open follow-up.", "They have {n} open follow-ups.", result.moved))
    write_under_way(t, writer, result.under_way)
    value = {"form": "move_calls", "w": result.member.slack_user_id}
    move = [Button(t("Move a member's calls"), "form.open", value)] if result.may_move_calls and result.moved else []
    return writer.buttons(undo_button(t, result.undo_id), *move).message()


def _write_former_absences(t: Translator, writer: Writer, result: MemberChange) -> None:
    """Write the absences in whose place the entered one is."""
    before, entered = result.before, result.absence
    begun = before is not None and before.absent_from is None
    if before is not None and before.absent_until is not None and begun and not (entered and entered.ahead):
        was: list[Inline] = [t("Before: {what}.", what=t("away until {day}", day=t.short_date(before.absent_until)))]
        writer.line([*was, *([" ", t("cover: "), Mention(before.cover)] if before.cover else [])])
    if result.replaced:
        writer.line(t("Before: {what}.", what=t(", ").join(_spans(t, result.replaced))))


def _write_other_absences(t: Translator, writer: Writer, result: MemberChange) -> None:
    """Write the absences of a member besides the one that was entered or cancelled."""
    view, entered = result.member, result.absence
    others = list(view.later)
    if view.absent_from is not None and view.absent_until is not None:
        others.insert(0, (view.absent_from, view.absent_until))
    elif view.absent_until is not None and entered is not None and entered.ahead:
        writer.line(t("Now: {what}.", what=t("away until {day}", day=t.short_date(view.absent_until))))
    shown = [span for span in others if entered is None or span != (entered.since, entered.until)]
    if shown:
        writer.line(t("Also: {what}.", what=t(", ").join(_spans(t, shown))))


def _spans(t: Translator, spans: Sequence[tuple[date, date]]) -> list[str]:
    """Return absences that have not begun, the first few and how many more."""
    more = len(spans) - _SPANS
    rest = [t.n("and {n} more", "and {n} more", more)] if more > 0 else []
    return [_away_from(t, *span) for span in spans[:_SPANS]] + rest


def _away_from(t: Translator, since: date, until: date) -> str:
    return t("away from {since} until {day}", since=t.short_date(since), day=t.short_date(until))


def back(t: Translator, result: MemberChange) -> Message:
    """Render the end of an absence."""
    writer, who = Writer(), Mention(result.member.slack_user_id)
    if result.absence is not None:
        words = _away_from(t, result.absence.since, result.absence.until)
        writer.phrase(t, "{who} stays at work. Cancelled: {what}.", who=who, what=words)
    else:
        writer.phrase(t, "{who} is back, and their open follow-ups are theirs again.", who=who)
    _write_other_absences(t, writer, result)
    writer.line(t.n("They have {n} open follow-up.", "They have {n} open follow-ups.", result.moved))
    write_under_way(t, writer, result.under_way)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def hours(t: Translator, result: MemberChange) -> Message:
    """Render a member's new working hours."""
    writer = Writer()
    writer.phrase(
        t,
        "{who} now works {hours}.",
        who=Mention(result.member.slack_user_id),
        hours=Bold(_hours(t, result.member.hours)),
    )
    if result.before is not None and result.before.hours != result.member.hours:
        writer.line(t("Before: {what}.", what=_hours(t, result.before.hours)))
    write_under_way(t, writer, result.under_way)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def day(t: Translator, result: CalendarDay) -> Message:
    """Render a calendar day that was declared working or off."""
    named = Bold(t.date(result.on))
    writer = Writer().phrase(t, "{day} is a working day." if result.working else "{day} is a day off.", day=named)
    if result.name:
        writer.quote(result.name)
    if result.was_working is not None and result.was_working != result.working:
        writer.line(t("Before: {what}.", what=t("a working day") if result.was_working else t("a day off")))
    write_under_way(t, writer, result.under_way)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def team_changed(t: Translator, result: TeamChange) -> Message:
    """Render the changed settings of a team, and the desk's admins."""
    writer, now = Writer(), result.now
    if now.name:
        writer.line(Bold(t("Team: {team}", team=now.name)))
    lines: dict[str, list[Inline]] = {
        "managers": [t("Managers"), t(": "), *_people(t, now.managers)],
        "channel": [t("Manager channel"), t(": "), Channel(now.channel) if now.channel else t("direct messages")],
        "language": [
            t("Channel language"),
            t(": "),
            LANGUAGES[now.language].name if now.language else t("Same as the workspace"),
        ],
        "admins": [t("Admins"), t(": "), *_people(t, now.admins)],
    }
    writer.bullets(lines[name] for name in result.changed)
    if result.still_managers:
        who = _people(t, result.still_managers)
        writer.line(t("They no longer manage this team, but keep the manager role:"), " ", who)
    if result.channel_is_public:
        writer.line(t("Careful: that channel is public. Everyone in the company can read masked names in it."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def _people(t: Translator, slack_ids: Sequence[str]) -> list[Inline]:
    return mentions(t, slack_ids) or [t("nobody")]


def _row(t: Translator, view: MemberView) -> list[Inline]:
    roles = t(", ").join(VOCABULARY.role(role).word(t.language) for role in view.roles)
    line: list[Inline] = [Mention(view.slack_user_id), f" · {roles} · {_hours(t, view.hours)} · "]
    line.append(Channel(view.channel) if view.channel else t("direct messages"))
    if view.absent_until is not None:
        line += [" · ", Bold(_absence_of(t, view.absent_from, view.absent_until))]
        if view.cover:
            line += [" · ", t("cover: "), Mention(view.cover)]
    line += [f" · {away}" for away in _spans(t, view.later)]
    if view.account_lost is not None:
        line += [" · ", Bold(account_state(t, view.account_lost))]
    if view.acting is not None and (view.account_lost is not None or view.acting != view.cover):
        line += [" · ", t("acting: "), Mention(view.acting)]
    return line


def _absence_of(t: Translator, since: date | None, until: date) -> str:
    """Return an absence; `since` is None once it has begun."""
    return t("away until {day}", day=t.short_date(until)) if since is None else _away_from(t, since, until)


def account_state(t: Translator, why: str) -> str:
    """Return why an account can no longer use the desk."""
    return t("Slack account deactivated") if why == "deactivated" else t("now a guest in Slack")


def _hours(t: Translator, hours: WorkingHours) -> str:
    clock, days = format_hours(hours)
    return f"{clock} {t.days(days)}"


def changed(t: Translator, result: SettingsChange) -> Message:
    """Render the reader's settings that were changed, as they are now."""
    writer = Writer().line(t("Saved:"))
    writer.bullets(_LINES[name](t, result.now) for name in result.changed)
    if result.channel_is_public:
        writer.line(t("Careful: that channel is public. Everyone in the company can read masked names in it."))
    write_under_way(t, writer, result.under_way)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def _language(t: Translator, now: Settings) -> list[Inline]:
    return [t("Language"), t(": "), Bold(LANGUAGES[now.language].name if now.language else t("Same as Slack"))]


def _digest(t: Translator, now: Settings) -> list[Inline]:
    if now.digest_at is None:
        return [t("No digest")]
    return phrase(t, "Your digest comes at {time} on working days.", time=Bold(f"{now.digest_at:%H:%M}"))


def _channel(t: Translator, now: Settings) -> list[Inline]:
    where: Inline = Channel(now.channel) if now.channel else t("direct messages")
    return phrase(t, "Your reminders go to: {where}", where=where)


def _hours_line(t: Translator, now: Settings) -> list[Inline]:
    return phrase(t, "You work {hours}.", hours=Bold(_hours(t, now.hours)))


def _absence(t: Translator, now: Settings) -> list[Inline]:
    if now.away_until is None:
        return [t("You're at work.")]
    if now.away_from is not None:
        since, until = Bold(t.date(now.away_from)), Bold(t.date(now.away_until))
        ahead = phrase(t, "You're away from {since} until {until} (inclusive).", since=since, until=until)
        return [*ahead, " · ", *_who_acts(t, now.cover, now.acting)]
    away = phrase(t, "You're away until {until} (inclusive).", until=Bold(t.date(now.away_until)))
    return [*away, " · ", *_who_acts(t, now.cover, now.acting)]


def _who_acts(t: Translator, cover: str | None, acting: str | None) -> list[Inline]:
    """Return who gets the reminders of a member who is away, and whether that is the cover whom they named."""
    if cover is None:
        return [t("No cover: reminders and new follow-ups go to the manager.")]
    if cover == acting:
        return phrase(t, "{cover} is the cover and gets reminders and new follow-ups.", cover=Mention(cover))
    if acting is None:
        return phrase(
            t,
            "{cover} is the cover but is away too, and so is everyone else: reminders wait until one of them is back.",
            cover=Mention(cover),
        )
    return phrase(
        t,
        "{cover} is the cover but is away too: {acting} gets reminders and new follow-ups until then.",
        cover=Mention(cover),
        acting=Mention(acting),
    )


def _extension(t: Translator, now: Settings) -> list[Inline]:
    return [t("Extension of my phone"), t(": "), Bold(now.extension or t("none"))]


_LINES = {
    "extension": _extension,
    "language": _language,
    "digest_at": _digest,
    "channel": _channel,
    "hours": _hours_line,
    "absence": _absence,
}
