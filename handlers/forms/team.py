"""The forms for a team's managers and channel and the desk's admins, and for choosing the first managers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.core.values import PersonRef
from desk.people import onboarding, team_settings
from desk.people.members import find_member
from desk.people.team import team_names
from desk.people.team_settings import Difference, TeamSettings, TeamUpdate
from handlers.door.request import Request
from handlers.forms.fields import CHANNEL_REFUSALS, NO_CHOICE, chosen_language, language_field
from handlers.forms.form import TAKEN_UP, WAS, Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import GENERATION, FormWriter, Option, Private, Typed, View
from handlers.messages.people.onboarding import managers_chosen
from handlers.messages.people.team import team_changed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write one team's settings; when another team is chosen, the form shows that team's."""
    t = request.t
    chosen = str(typed.get("team", ""))
    was: Mapping[str, Any] | None = private.get(WAS)
    if was is None or (chosen and chosen != was["team"]):
        was = _written(await team_settings.team_settings(request.desk, UUID(chosen) if chosen else None))
        if TAKEN_UP not in private:
            typed = {name: value for name, value in typed.items() if name == "admins"}
        private = {**private, WAS: was, GENERATION: int(private.get(GENERATION, 0)) + 1}
    form = FormWriter(t, private, {**_filled(was), **typed})
    if was["team"]:
        options = [Option(name, str(key)) for key, name in await team_names(request.desk)]
        form.choice("team", t("Team"), options, live=True)
        form.people("managers", t("Team managers"), optional=True)
        form.channel("channel", t("Channel for escalations"), optional=True)
        language_field(form, t("Channel language"), t("Same as the workspace"))
        if was["channel"]:
            form.ticks(
                "off", t("Turn off"), [Option(t("No channel: tell each manager directly"), "channel")], optional=True
            )
    form.people("admins", t("Desk admins"))
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Change what differs from what the form showed when the team was chosen."""
    was = request.private[WAS]
    wanted: TeamUpdate = {}
    if was["team"] and sorted(request.several("managers")) != list(was["managers"]):
        wanted["managers"] = await _difference(request, "managers")
    channel = "" if "channel" in request.several("off") else request.one("channel")
    if was["team"] and channel != was["channel"]:
        wanted["channel"] = request.entries.channel(channel) if channel else None
    language = chosen_language(request)
    if was["team"] and language != was.get("language", ""):  # a form that the release before has opened has none
        wanted["language"] = language or None
    if sorted(request.several("admins")) != list(was["admins"]):
        wanted["admins"] = await _difference(request, "admins")
    team_id = UUID(was["team"]) if was["team"] else None
    return team_changed(request.t, await team_settings.change_team(request.desk, team_id, wanted))


def _written(now: TeamSettings) -> dict[str, Any]:
    return {
        "team": str(now.team_id) if now.team_id else "",
        "managers": list(now.managers),
        "channel": now.channel or "",
        "language": now.language or "",
        "admins": list(now.admins),
    }


def _filled(was: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    filled = {name: tuple(value) if isinstance(value, list) else value for name, value in was.items()}
    return {**filled, "language": was.get("language") or NO_CHOICE}


async def _difference(request: Request, name: str) -> Difference:
    """Return who was added to the people in that field since the form was opened, and who was taken out."""
    was, now = request.private[WAS][name], request.several(name)
    with field(name):
        joining = [await find_member(request.desk, PersonRef(slack_id=each)) for each in now if each not in was]
        leaving = [await find_member(request.desk, PersonRef(slack_id=each)) for each in was if each not in now]
    return Difference(joining, leaving)


FORM = Form(
    name="team",
    right="manage_teams",
    title=_("Team settings"),
    build=build,
    submit=submit,
    main="admins",
    fields=CHANNEL_REFUSALS,
    looks_up=("channel",),
)
"""The managers of a team, and the admins."""


async def build_managers(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the members to make managers; present managers stay."""
    t = request.t
    form = FormWriter(t, private, typed)
    if names := (await onboarding.setup_status(request.desk)).managers:
        form.line(t("Already managers:"), " ", t(", ").join(names))
    form.people("managers", t("New managers"))
    form.line(t("Managers see every loan of their team, reassign loans, and are told when nobody acts on a follow-up."))
    return form.view(MANAGERS.name, t(MANAGERS.title), submit=t("Save"))


async def submit_managers(request: Request) -> Message:
    """Make each of them a manager, as `/loan-team add` does; they keep their other roles."""
    chosen = [request.entries.candidate(slack_id) for slack_id in request.several("managers")]
    await team_settings.add_managers(request.desk, chosen)
    return managers_chosen(request.t, (await onboarding.setup_status(request.desk)).managers)


MANAGERS = Form(
    name="managers",
    right="manage_teams",
    title=_("Choose managers"),
    build=build_managers,
    submit=submit_managers,
    main="managers",
    fields={},
    looks_up=("managers",),
)
"""The managers of the workspace."""
