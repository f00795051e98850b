"""Who may do what. Every use case asks here; the table and the relations are in `desk/data/permissions.toml`.

The folder that owns a loan, follow-up or member determines how the acting member relates to it, and passes the relations.
"""

from collections.abc import Collection, Iterable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from tomllib import TOMLDecodeError, loads
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from desk.core.dataclass import dataclass
from desk.core.errors import NotAllowed
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, VocabularyError
from storage.queries.loans.visibility import Sight
from storage.tables import Member, Workspace

Relation = Literal["own", "recent", "loan", "held", "covered", "managed", "team", "unowned", "taken", "escalated"]

CALLERS = ("agent", "verifier", "collector", "manager")
"""The roles that make calls and can have loans and follow-ups. Compliance only reads; an admin configures."""


SERVICE = "service"
"""The kind of member that a program is which acts with a token."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token may be given, in the words of the docs."""

    does: str


SCOPES: Mapping[str, Scope] = TypeAdapter(dict[str, Scope]).validate_python(
    loads((resources.files("desk") / "data" / "scopes.toml").read_text("utf-8"))
)
"""The scopes of tokens, by their names."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A right of people with one of `roles` (None: everyone) on objects in one of `relations` (None: all objects), or with
    `scopes` one of programs whose token has one of these."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    roles: tuple[str, ...] | None = None
    relations: tuple[Relation, ...] | None = None
    scopes: tuple[str, ...] | None = None

    def is_for(self, member: Member) -> bool:
        """Return whether the member has what the right asks for, whatever the object."""
        if member.kind == SERVICE:
            return not roles_of(member).isdisjoint(self.scopes or ())
        return self.scopes is None and (self.roles is None or not roles_of(member).isdisjoint(self.roles))


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an act. The docs show `does`; `refusal` is the code of the error for others."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    does: str
    grants: tuple[Grant, ...]
    refusal: str = "role_missing"


def load_rules(source: Traversable) -> Mapping[str, Rule]:
    """Read the table of rights. Raises VocabularyError, which names the file."""
    try:
        rules = TypeAdapter(dict[str, Rule]).validate_python(loads(source.read_text("utf-8")))
    except (OSError, TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise VocabularyError(f"{source.name}: {error}") from error
    named = {role for rule in rules.values() for grant in rule.grants for role in grant.roles or ()}
    if unknown := named - {role.code for role in VOCABULARY.roles}:
        raise VocabularyError(f"{source.name}: there is no role {min(unknown)!r}")
    scopes = {scope for rule in rules.values() for grant in rule.grants for scope in grant.scopes or ()}
    if unknown := scopes - SCOPES.keys():
        raise VocabularyError(f"{source.name}: there is no scope {min(unknown)!r}")
    return rules


RULES = load_rules(resources.files("desk") / "data" / "permissions.toml")
"""Every act, and who may do it."""


def roles_of(member: Member) -> frozenset[str]:
    """Return the role codes of a member; those of a program are the scopes of its tokens."""
    return frozenset(member.roles.split())


def makes_calls(member: Member) -> bool:
    """Return whether one of the member's roles makes calls."""
    return not roles_of(member).isdisjoint(CALLERS)


def allows(member: Member, act: str, relations: Collection[Relation] = ()) -> bool:
    """Return whether a member with these relations to an object may do the act on it. Raises KeyError (no such act)."""
    return any(
        grant.is_for(member) and (grant.relations is None or not set(grant.relations).isdisjoint(relations))
        for grant in RULES[act].grants
    )


def sight_of(member: Member, workspace: Workspace) -> Sight:
    """Return which loans of the workspace the member sees without acting for others (`see_loan`). `managers_see_all` and
    `callers_see_unowned` are the workspace's choice: without the second, loans of nobody are for managers and who has no team."""
    widest: Relation = "managed" if allows(member, "see_loan", {"managed"}) else "team"
    if allows(member, "see_loan") or (widest == "managed" and workspace.managers_see_all):
        return "all"
    if not allows(member, "see_loan", {widest}):
        return "held"
    return "team_only" if widest == "team" and member.team_id and not workspace.callers_see_unowned else widest


def sees_all(member: Member, workspace: Workspace) -> bool:
    """Return whether the member sees every loan of the workspace, and what every member has due."""
    return sight_of(member, workspace) == "all"


def sees_unowned(member: Member, workspace: Workspace) -> bool:
    """Return whether the member sees the loans that are nobody's."""
    return sight_of(member, workspace) not in {"held", "team_only"}


def require(desk: Desk, act: str, relations: Collection[Relation] = (), **params: Any) -> Member:
    """Return the acting member if they may do the act. Raises NotAllowed (see `refusal`)."""
    if not allows(desk.member, act, relations):
        raise refusal(act, relations, **params)
    return desk.member


def has_role_for(member: Member, act: str) -> bool:
    """Return whether a member's roles allow the act on anything at all. Raises KeyError (no such act)."""
    return any(grant.is_for(member) for grant in RULES[act].grants)


def require_role(desk: Desk, act: str) -> Member:
    """Return the acting member if their roles allow the act on anything at all. Raises NotAllowed (`role_missing`)."""
    if not has_role_for(desk.member, act):
        raise NotAllowed("role_missing", roles=_roles_in(RULES[act].grants))
    return desk.member


def refusal(act: str, relations: Collection[Relation] = (), **params: Any) -> NotAllowed:
    """Return the error for an act: `scope_missing` for one of programs alone, `role_missing` if the relation suffices but the
    role does not, or else the act's own."""
    rule = RULES[act]
    if all(grant.scopes is not None for grant in rule.grants):
        return NotAllowed("scope_missing", scopes=scopes_for(act))
    lacking = [g for g in rule.grants if g.relations is not None and not set(g.relations).isdisjoint(relations)]
    roles = _roles_in(rule.grants if rule.refusal == "role_missing" else lacking)
    return NotAllowed("role_missing", roles=roles) if roles else NotAllowed(rule.refusal, **params)


def scopes_for(act: str) -> tuple[str, ...]:
    """Return the scopes that allow an act to programs."""
    return tuple(scope for grant in RULES[act].grants for scope in grant.scopes or ())


def _roles_in(grants: Iterable[Grant]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(role for grant in grants for role in grant.roles or ()))
