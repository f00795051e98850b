"""The form for a member's own settings."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from desk.core.errors import Invalid
from desk.core.values import PersonRef
from desk.people import own_settings
from desk.people.members import find_member, locale_of, zone_of
from desk.people.own_settings import NewAbsence, Settings, SettingsUpdate
from desk.rules.hours import WorkingHours
from handlers.door.request import Request
from handlers.forms.fields import CHANNEL_REFUSALS, NO_CHOICE, chosen_language, language_field
from handlers.forms.form import WAS, Form, field
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View, message_modal
from handlers.messages.people.team import changed

_ABSENCE = ("since", "until", "cover")
"""The fields that say when the member is away."""


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write every setting; one that can be switched off has a checkbox, because Slack may not let its field be emptied."""
    t = request.t
    was: Mapping[str, Any] = private.get(WAS) or _written(
        await own_settings.settings_of(request.desk, request.desk.member)
    )
    form = FormWriter(t, {**private, WAS: was}, {**_filled(was), **typed})
    language_field(form, t("Language"), t("Same as Slack"))
    if "digest" in was:
        form.clock("digest", t("Daily digest at"), optional=True)
    form.channel("channel", t("Channel for my reminders"), optional=True)
    if "extension" in was:
        form.text("extension", t("Extension of my phone"), optional=True, limit=32)
    form.clock("start", t("Workday starts at"))
    form.clock("end", t("Workday ends at"))
    form.ticks("days", t("Working days"), [Option(t.weekday(day), str(day)) for day in range(7)])
    form.day("until", t("Away from today until (inclusive)"), optional=True)
    form.day("since", t("Away only from"), optional=True, hint=t("Without a day: from today."))
    form.person("cover", t("My cover"), optional=True)
    if offs := _offs(t, was):
        form.ticks("off", t("Turn off"), offs, optional=True)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> View:
    """Change what differs. The answer is in the chosen language."""
    was = request.private[WAS]
    now = _typed(request, was)
    present = await own_settings.settings_of(request.desk, request.desk.member)
    wanted: SettingsUpdate = {}
    if now["language"] != was["language"]:
        wanted["language"] = now["language"] or None
    if "digest" in was and now["digest"] != was["digest"]:
        wanted["digest_at"] = time.fromisoformat(now["digest"]) if now["digest"] else None
    if now["channel"] != was["channel"]:
        wanted["channel"] = request.entries.channel(now["channel"]) if now["channel"] else None
    if "extension" in was and now["extension"].strip() != was["extension"]:
        wanted["extension"] = now["extension"]
    if any(now[name] != was[name] for name in ("start", "end", "days")):
        wanted["hours"] = _hours(request, _merged(was, now, _written(present), ("start", "end", "days")))
    if any(now[name] != was[name] for name in _ABSENCE):
        wanted["absence"] = await _absence(request, _merged(was, now, _written(present), _ABSENCE))
    result = await own_settings.change_settings(request.desk, wanted)
    t = Translator(locale_of(request.desk.member))
    return message_modal(t, changed(t, result), t(FORM.title))


def _written(now: Settings) -> dict[str, str]:
    """Return the settings as values of the form's fields."""
    return {
        "language": now.language or "",
        **({"digest": f"{now.digest_at:%H:%M}" if now.digest_at else ""} if now.makes_calls else {}),
        "channel": now.channel or "",
        **({"extension": now.extension} if now.makes_calls else {}),
        "start": f"{now.hours.start:%H:%M}",
        "end": f"{now.hours.end:%H:%M}",
        "days": "".join(str(day) for day in sorted(now.hours.days)),
        "since": now.away_from.isoformat() if now.away_from else "",
        "until": now.away_until.isoformat() if now.away_until else "",
        "cover": now.cover or "",
    }


def _filled(was: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    return {**was, "language": was["language"] or NO_CHOICE, "days": tuple(was["days"])}


def _offs(t: Translator, was: Mapping[str, Any]) -> list[Option]:
    labels = {
        "digest": t("No digest"),
        "channel": t("Send my reminders as direct messages, not to the channel"),
        "until": t("I'm back at work"),
        "cover": t("No cover"),
    }
    return [Option(label, name) for name, label in labels.items() if was.get(name)]


def _typed(request: Request, was: Mapping[str, Any]) -> dict[str, str]:
    off = request.several("off")
    now = {name: "" if name in off else request.one(name) for name in was}
    now["language"] = chosen_language(request)
    now["days"] = "".join(sorted(request.several("days")))
    if "until" in off:
        now["cover"] = now["since"] = ""
    return now


def _merged(
    was: Mapping[str, Any], now: Mapping[str, str], present: Mapping[str, str], names: Iterable[str]
) -> dict[str, str]:
    """Return the values that belong together: those that were changed in the form, and the others as they are by now."""
    return {name: now[name] if now[name] != was[name] else present[name] for name in names}


def _hours(request: Request, now: Mapping[str, str]) -> WorkingHours:
    days = frozenset(int(day) for day in now["days"])
    start, end = time.fromisoformat(now["start"]), time.fromisoformat(now["end"])
    return WorkingHours(start=start, end=end, days=days, zone=zone_of(request.desk, request.desk.member))


async def _absence(request: Request, now: Mapping[str, str]) -> NewAbsence | None:
    if not now["until"] and (now["cover"] or now["since"]):
        raise Invalid("until_missing")
    if not now["until"]:
        return None
    with field("cover"):
        cover = await find_member(request.desk, PersonRef(slack_id=now["cover"])) if now["cover"] else None
    since = date.fromisoformat(now["since"]) if now["since"] else None
    return NewAbsence(date.fromisoformat(now["until"]), cover, since)


FORM = Form(
    name="settings",
    right="change_own_settings",
    title=_("My settings"),
    build=build,
    submit=submit,
    main="language",
    fields={
        "no_working_day": "digest",
        "no_digest": "language",
        "no_working_days": "days",
        "overnight_hours": "end",
        **CHANNEL_REFUSALS,
        "extension_invalid": "extension",
        "extension_taken": "extension",
        "until_missing": "until",
        "absence_past": "until",
        "absence_order": "until",
        "absence_overlaps": "since",
        "same_person": "cover",
        "cannot_take_calls": "cover",
        "account_lost": "cover",
    },
    looks_up=("channel",),
)
"""What `/loan-digest` and `/loan-team away|back|hours` set for oneself, and more, with the mouse."""
