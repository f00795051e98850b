"""Settings of a member: language, digest, reminder channel, hours and absence, changed in one act with one Undo."""

from datetime import date, time
from typing import TypedDict
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.languages import LANGUAGES
from desk.core.permissions import makes_calls, require
from desk.core.transaction import Desk
from desk.core.undo_rules import allow_partial_undo
from desk.follow_ups import rescheduling
from desk.messages.digest_times import next_for
from desk.people.absences import begin_absence, begins_on, end_absence, lock_absences
from desk.people.extensions import check_extension, set_extension
from desk.people.members import acting_for, hours_of, today_of
from desk.people.team import ReminderChannel, check_channel
from desk.people.working_time import enter_hours
from desk.rules.hours import WorkingHours
from storage.queries.people import members
from storage.tables import Member


@dataclass(frozen=True, slots=True)
class Settings:
    """A member's settings. None means: the language of Slack, no digest, direct messages, not away.

    `away_until` is the last day of the present or next absence, `away_from` the first of one that has not begun. `cover` and
    `acting` are Slack ids: whom they named, and who acts for them today, or when it begins.
    A member who makes no calls gets no digest at all.
    """

    language: str | None
    makes_calls: bool
    digest_at: time | None
    channel: str | None
    hours: WorkingHours
    away_until: date | None
    away_from: date | None
    cover: str | None
    acting: str | None
    extension: str = ""


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """An absence from `since`, or from today, to `until`, inclusive."""

    until: date
    cover: Member | None
    since: date | None = None


allow_partial_undo("settings")


class SettingsUpdate(TypedDict, total=False):
    """The settings to change; missing ones stay. `absence` None ends an absence."""

    language: str | None
    digest_at: time | None
    channel: ReminderChannel | None
    hours: WorkingHours
    absence: NewAbsence | None
    extension: str


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """The new settings, and the keys of the update. Warn the member if `channel_is_public`.

    `under_way`: the worker is still to recompute the times that follow from them.
    """

    now: Settings
    changed: tuple[str, ...]
    undo_id: UUID
    channel_is_public: bool = False
    under_way: bool = False


async def settings_of(desk: Desk, member: Member) -> Settings:
    """Return the member's settings."""
    until = member.absent_until
    if until is not None and until < today_of(desk, member):
        until = None
    covers = await members.by_ids(desk.session, [member.cover_id]) if member.cover_id and until else {}
    since = begins_on(desk, member)
    acting = await acting_for(desk, member, since or today_of(desk, member)) if until else member
    return Settings(
        language=member.language,
        makes_calls=makes_calls(member),
        digest_at=member.digest_time,
        channel=member.reminder_channel_id if member.channel_lost_at is None else None,
        hours=hours_of(desk, member),
        away_until=until,
        away_from=since if until else None,
        cover=covers[member.cover_id].slack_user_id if member.cover_id and covers else None,
        acting=acting.slack_user_id if acting.id != member.id else None,
        extension=member.extension or "",
    )


async def change_settings(desk: Desk, wanted: SettingsUpdate) -> SettingsChange:
    """Change the acting member's settings, all or none.

    Raises Invalid (`nothing_changed_here`, `language_unknown`, `no_digest`, `no_working_day`, `same_person`, `absence_past`,
    `absence_order`, `absence_overlaps`, `channel_shared_outside`, `channel_archived`, `channel_without_bot`,
    `extension_invalid`, `extension_taken`).
    """
    if not wanted:
        raise Invalid("nothing_changed_here")
    member = require(desk, "change_own_settings", {"own"})
    if "absence" in wanted:
        await lock_absences(desk, member)
    track(desk, member)
    if "language" in wanted:
        _set_language(desk, member, wanted["language"])
    if "channel" in wanted:
        _set_channel(desk, member, wanted["channel"])
    if "extension" in wanted:
        await set_extension(desk, member, check_extension(wanted["extension"]))
        desk.audit("set_extension", subject_id=member.id)
    if "hours" in wanted:
        enter_hours(desk, member, wanted["hours"])
    if "absence" in wanted:
        absence = wanted["absence"]
        if absence is None:
            await end_absence(desk, member)
        else:
            if begins_on(desk, member) is not None:
                await end_absence(desk, member)  # what the form showed and is changed: a planned absence
            await begin_absence(desk, member, until=absence.until, cover=absence.cover, since=absence.since)
    if "digest_at" in wanted:
        if not makes_calls(member):
            raise Invalid("no_digest")
        member.digest_time = at = wanted["digest_at"]
        desk.audit("set_digest", subject_id=member.id, at=at.isoformat() if at else None)
    under_way = await _recompute(desk, member, wanted)
    channel = wanted.get("channel")
    return SettingsChange(
        now=await settings_of(desk, member),
        changed=tuple(wanted),
        undo_id=offer_undo(desk, "settings"),
        channel_is_public=channel is not None and not channel.is_private,
        under_way=under_way,
    )


def _set_language(desk: Desk, member: Member, language: str | None) -> None:
    if language is not None and language not in LANGUAGES:
        raise Invalid("language_unknown", given=language)
    member.language = language
    desk.audit("set_language", subject_id=member.id, language=language)


def _set_channel(desk: Desk, member: Member, channel: ReminderChannel | None) -> None:
    if channel is not None:
        check_channel(channel)
    member.reminder_channel_id, member.channel_lost_at = channel.channel_id if channel else None, None
    desk.audit("set_channel", subject_id=member.id, channel=member.reminder_channel_id)


async def _recompute(desk: Desk, member: Member, wanted: SettingsUpdate) -> bool:
    await desk.session.flush()
    if wanted.keys() & {"digest_at", "hours"}:
        member.next_digest_at = await next_for(desk, member)
        if wanted.get("digest_at") is not None and member.next_digest_at is None:
            raise Invalid("no_working_day")
    return bool(wanted.keys() & {"hours", "absence"}) and await rescheduling.for_members(desk, [member.id])
