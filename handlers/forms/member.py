"""The forms for adding, changing and removing a member."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.core.values import PersonRef
from desk.core.vocabulary import VOCABULARY
from desk.handover.reassigning import remove_member
from desk.people.members import find_member, slack_id_of
from desk.people.staffing import joinable_teams
from desk.people.team import TEAM_LIMIT, MemberUpdate, change_member, may_grant
from desk.people.views import MemberView, member_now
from handlers.door.request import Request, values
from handlers.forms.fields import CHANNEL_REFUSALS, words
from handlers.forms.form import TAKEN_UP, WAS, Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import GENERATION, FormWriter, Option, Private, Typed, View
from handlers.messages.people.team import added, removed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the person, their roles, their reminder channel and their team. `w` in `private` is a Slack id.

    When a member is chosen, the form shows what they have, and `submit` changes what differs from that.
    """
    t, desk = request.t, request.desk
    who = str(typed.get("who", "") or private.get("w", ""))
    was: Mapping[str, Any] | None = private.get(WAS)
    if who and (was is None or was["who"] != who):
        present = await member_now(desk, who)
        was = _written(who, present)
        typed = {**typed, "who": who}
        if TAKEN_UP not in private and present is not None:
            roles = dict.fromkeys([*present.roles, *values(typed.get("roles", ()))])
            typed = {"team": was["team"], "channel": was["channel"], **typed, "roles": tuple(roles)}
        private = {**private, WAS: was, GENERATION: int(private.get(GENERATION, 0)) + 1}
    form = FormWriter(t, private, typed)
    form.person("who", t("Member"), live=True)
    offered = [role for role in VOCABULARY.roles if may_grant(desk, role.code)]
    form.several("roles", t("Roles"), words(t, offered))
    form.channel("channel", t("Channel for their reminders"), optional=True)
    offered_teams = dict.fromkeys([*await joinable_teams(desk), *filter(None, [was["team"] if was else ""])])
    if known := [Option(name, name) for name in sorted(offered_teams)]:
        form.choice("team", t("Team"), known, optional=True)
    form.text("new_team", t("Or a new team"), optional=True, limit=TEAM_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Save") if was and was["roles"] else t("Add"))


async def submit(request: Request) -> Message:
    """Add the member, or change what differs from what the form showed."""
    with field("who"):
        who = request.entries.candidate(request.one("who"))
    was: Mapping[str, Any] = request.private.get(WAS) or {}
    if was.get("who") != request.one("who"):
        was = _written(request.one("who"), None)
    roles, channel = request.several("roles"), request.one("channel")
    team = request.one("new_team").strip() or request.one("team")
    wanted = MemberUpdate(
        add=tuple(role for role in roles if role not in was["roles"]),
        drop=tuple(role for role in was["roles"] if role not in roles),
        channel=request.entries.channel(channel) if channel and channel != was["channel"] else None,
        team_name=team if team != was["team"] else "",
    )
    return added(request.t, await change_member(request.desk, who, wanted))


def _written(who: str, now: MemberView | None) -> dict[str, Any]:
    """Return what the member has as values of the form's fields; of who is no member, nothing."""
    if now is None:
        return {"who": who, "roles": [], "channel": "", "team": ""}
    return {"who": who, "roles": list(now.roles), "channel": now.channel or "", "team": now.team or ""}


FORM = Form(
    name="member",
    right="add_member",
    title=_("Add a member"),
    build=build,
    submit=submit,
    main="who",
    fields={
        "admin_only": "roles",
        "team_of_others": "team",
        "team_needed": "new_team",
        "manages_no_team": "who",
        "member_of_others": "who",
        "last_admin": "roles",
        "only_role": "roles",
        "roles_leave_loans": "roles",
        "handover_under_way": "roles",
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
    return removed(request.t, await remove_member(request.desk, who, to), request.zone)


LEAVER = Form(
    name="leaver",
    right="remove_member",
    title=_("Remove a member"),
    build=_build_leaver,
    submit=_submit_leaver,
    main="who",
    fields={"member_of_others": "who", "same_person": "to", "cannot_take_calls": "to", "account_lost": "to"},
)
"""`/loan-team remove` with the mouse."""
