"""The forms for adding and removing a member."""

from uuid import UUID

from desk.core.values import PersonRef
from desk.core.vocabulary import VOCABULARY
from desk.handover.reassigning import remove_member
from desk.people.members import find_member, slack_id_of
from desk.people.team import TEAM_LIMIT, add_member, team_names
from handlers.door.request import Request
from handlers.forms.fields import CHANNEL_REFUSALS, words
from handlers.forms.form import Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.people.team import added, removed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the person, their roles, their reminder channel and their team."""
    t = request.t
    form = FormWriter(t, private, typed)
    form.person("who", t("Member"))
    form.several("roles", t("Roles"), words(t, VOCABULARY.roles))
    form.channel("channel", t("Channel for their reminders"), optional=True)
    if known := [Option(name, name) for _key, name in await team_names(request.desk)]:
        form.choice("team", t("Team"), known, optional=True)
    form.text("new_team", t("Or a new team"), optional=True, limit=TEAM_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Add"))


async def submit(request: Request) -> Message:
    """Add or change the member, as the command does."""
    channel = request.one("channel")
    with field("who"):
        who = request.entries.candidate(request.one("who"))
    result = await add_member(
        request.desk,
        who,
        roles=request.several("roles"),
        channel=request.entries.channel(channel) if channel else None,
        team_name=request.one("new_team").strip() or request.one("team"),
    )
    return added(request.t, result)


FORM = Form(
    name="member",
    right="add_member",
    title=_("Add a member"),
    build=build,
    submit=submit,
    main="who",
    fields={
        "admin_only": "roles",
        "last_admin": "roles",
        "team_name_too_long": "new_team",
        **CHANNEL_REFUSALS,
    },
    looks_up=("who", "channel"),
)
"""`/loan-team add` with the mouse."""


async def _build_leaver(request: Request, private: Private, typed: Typed) -> View:
    t = request.t
    if "m" in private:
        typed = {"who": await slack_id_of(request.desk, UUID(private["m"])), **typed}
    form = FormWriter(t, private, typed)
    form.person("who", t("Member"))
    form.person("to", t("Who takes over their loans and follow-ups"))
    return form.view(LEAVER.name, t(LEAVER.title), submit=t("Remove"))


async def _submit_leaver(request: Request) -> Message:
    with field("who"):
        who = await find_member(request.desk, PersonRef(slack_id=request.one("who")))
    with field("to"):
        to = await find_member(request.desk, PersonRef(slack_id=request.one("to")))
    return removed(request.t, await remove_member(request.desk, who, to))


LEAVER = Form(
    name="leaver",
    right="remove_member",
    title=_("Remove a member"),
    build=_build_leaver,
    submit=_submit_leaver,
    main="who",
    fields={"same_person": "to", "cannot_take_calls": "to", "account_lost": "to"},
)
"""`/loan-team remove` with the mouse."""
