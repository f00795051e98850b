"""Who may do what: the one table of rights. Every use case asks it, and docs/security.md shows it.

The folder that owns a loan, a follow-up or a member works out how the acting member relates to it, and passes that here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from desk.core.errors import NotAllowed
from desk.core.transaction import Desk
from storage.tables import Member

Relation = Literal["own", "recent", "loan", "held", "covered", "managed", "team", "unowned"]
"""How a member relates to what they act on:

- own: their loan, follow-up, call or act; or they themselves
- recent: their own, within a day
- loan: the follow-up is another's, the loan is theirs
- held: they hold a follow-up on the loan
- covered: it is that of a member for whom they act today, or whom they cover
- managed: they manage the member to whom it belongs
- team: it belongs to a member of their own team
- unowned: it belongs to nobody
"""

CALLERS = ("agent", "verifier", "collector", "manager")
"""The roles that make calls. Compliance reads; an admin sets up."""

_SETS_UP = ("admin", "manager")


@dataclass(frozen=True, slots=True)
class Grant:
    """Members with one of `roles` (None: every member) may, on what they relate to in one of `relations` (None: on all)."""

    roles: tuple[str, ...] | None = None
    relations: tuple[Relation, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an act. `does` are the words of the docs; `refusal` is the code of the text for others."""

    does: str
    grants: tuple[Grant, ...]
    refusal: str = "role_missing"


_ON_FOLLOW_UP = ("own", "loan", "covered", "managed")
_EVERYBODY_ON_FOLLOW_UP = (Grant(None, _ON_FOLLOW_UP),)

RULES: Mapping[str, Rule] = {
    "see_loan": Rule(
        "find a loan and see its card, timeline and documents",
        (Grant(("manager", "compliance", "admin")), Grant(None, ("own", "team", "unowned", "held", "covered"))),
    ),
    "see_due_list": Rule(
        "see what another member has due",
        (Grant(("manager", "compliance", "admin")), Grant(None, ("team",))),
        "others_may_act",
    ),
    "see_team": Rule("see who is at the desk", (Grant(),)),
    "see_team_digest": Rule("get the team's digest and see its workload", (Grant(("manager",)),)),
    "log_call": Rule("log a call", (Grant(CALLERS),)),
    "answer_follow_up": Rule("answer a follow-up with a call", _EVERYBODY_ON_FOLLOW_UP, "others_may_act"),
    "add_to_call": Rule(
        "log a call again, say what else it answered, plan its next step",
        (Grant(CALLERS, ("own",)),),
        "call_not_yours",
    ),
    "correct_call": Rule("correct a call", (Grant(CALLERS, ("recent",)), Grant(("manager",))), "correction_not_yours"),
    "plan_offered": Rule("plan a next step that the desk offers for a loan", (Grant(CALLERS),)),
    "plan_follow_up": Rule("plan a follow-up", (Grant((*CALLERS, "admin")),)),
    "close_follow_up": Rule("finish or cancel a follow-up", _EVERYBODY_ON_FOLLOW_UP, "others_may_act"),
    "move_follow_up": Rule("move a follow-up", _EVERYBODY_ON_FOLLOW_UP, "others_may_act"),
    "fit_follow_up": Rule(
        "move a follow-up into the hours when borrowers may be called",
        (Grant(CALLERS, _ON_FOLLOW_UP),),
        "others_may_act",
    ),
    "snooze": Rule("snooze a reminder", _EVERYBODY_ON_FOLLOW_UP, "others_may_act"),
    "hand_to_manager": Rule("hand a follow-up to the manager", _EVERYBODY_ON_FOLLOW_UP, "others_may_act"),
    "request_documents": Rule("ask for documents", (Grant(CALLERS),)),
    "change_documents": Rule("receive, accept, send back or cancel documents", (Grant(CALLERS),)),
    "open_inquiry": Rule("open an inquiry", (Grant((*CALLERS, "admin")),)),
    "edit_loan": Rule(
        "correct a borrower's name or phone, or a loan's number",
        (Grant(None, ("own",)), Grant(("manager", "admin")), Grant(CALLERS, ("unowned",))),
        "others_may_act",
    ),
    "change_stage": Rule("change a loan's stage", (Grant((*CALLERS, "admin")),)),
    "write_off": Rule("write a loan off", (Grant(("manager",)),)),
    "reassign": Rule(
        "give loans and their follow-ups to another member",
        (Grant(None, ("own", "unowned")), Grant(("manager", "admin"))),
        "others_may_act",
    ),
    "reassign_all": Rule("give away everything that a member has", (Grant(("manager", "admin")),)),
    "undo": Rule("undo an act", (Grant(None, ("own",)),), "undo_not_yours"),
    "change_own_settings": Rule("change language, digest, reminder channel", (Grant(None, ("own",)),)),
    "set_absence": Rule(
        "set an absence and its cover", (Grant(None, ("own", "managed")), Grant(("admin",))), "team_only"
    ),
    "set_hours": Rule("set working hours", (Grant(None, ("own", "managed")), Grant(("admin",))), "team_only"),
    "add_member": Rule("add a member, or change a member's roles, channel and team", (Grant(_SETS_UP),)),
    "remove_member": Rule("remove a member", (Grant(_SETS_UP),)),
    "change_admin_roles": Rule("give and take the roles admin and compliance", (Grant(("admin",)),), "admin_only"),
    "answer_access_request": Rule("let a person in who asks for access, or decline", (Grant(_SETS_UP),)),
    "manage_teams": Rule("change a team's managers, channel and language", (Grant(("admin",)),)),
    "set_day": Rule("set a day of the workspace's calendar", (Grant(_SETS_UP),)),
    "change_workspace": Rule("change the workspace's language, country and contact hours", (Grant(("admin",)),)),
    "manage_demo": Rule("add and remove demo borrowers", (Grant(_SETS_UP),)),
}
"""Every act and who may do it, in the order of the docs."""


def roles_of(member: Member) -> frozenset[str]:
    """Return the role codes of a member."""
    return frozenset(member.roles.split())


def allows(member: Member, act: str, relations: Collection[Relation] = ()) -> bool:
    """Whether the member may do the act on something to which they have these relations. Raises KeyError: no such act."""
    return any(
        (grant.roles is None or not roles_of(member).isdisjoint(grant.roles))
        and (grant.relations is None or not set(grant.relations).isdisjoint(relations))
        for grant in RULES[act].grants
    )


def require(desk: Desk, act: str, relations: Collection[Relation] = (), **params: Any) -> Member:
    """Return the acting member, who may do the act. Raises NotAllowed as `refusal` says."""
    if not allows(desk.member, act, relations):
        raise refusal(act, relations, **params)
    return desk.member


def require_role(desk: Desk, act: str) -> Member:
    """Return the acting member if they may do the act on anything at all; ask this before looking anything up.

    Raises NotAllowed (`role_missing`, with the roles that may).
    """
    grants = RULES[act].grants
    if all(grant.roles is not None and roles_of(desk.member).isdisjoint(grant.roles) for grant in grants):
        raise NotAllowed("role_missing", roles=tuple(dict.fromkeys(role for g in grants for role in g.roles or ())))
    return desk.member


def refusal(act: str, relations: Collection[Relation] = (), **params: Any) -> NotAllowed:
    """Return the refusal of an act: the act's own with `params`; `role_missing` where the relation suffices but the role
    does not."""
    rule = RULES[act]
    lacking = [g for g in rule.grants if g.relations is not None and not set(g.relations).isdisjoint(relations)]
    if rule.refusal == "role_missing":
        lacking = list(rule.grants)
    roles = tuple(dict.fromkeys(role for grant in lacking for role in grant.roles or ()))
    return NotAllowed("role_missing", roles=roles) if roles else NotAllowed(rule.refusal, **params)
