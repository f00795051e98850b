"""Which packs of contact rules bind a loan: its own, or those of its owner's team, or the workspace's. The nearest counts."""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.rules.contact_packs import PACKS, Effect, Pack, Role
from storage.tables import Loan, Member

WORKSPACE, LOANS, STATES = "workspace", "loans", "states"
"""Keys of `workspace.contact_rules` besides the ids of teams."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The packs that bind, for which role, and the rules whose effect is stricter here."""

    packs: tuple[str, ...] = ()
    role: Role = "own"
    raised: Mapping[str, Effect] = field(default_factory=dict[str, Effect])

    @property
    def rows(self) -> tuple[Pack, ...]:
        """Return the packs that this release has."""
        return tuple(PACKS[code] for code in self.packs if code in PACKS)


NOTHING = Chosen()


def of_workspace(desk: Desk) -> Chosen:
    """Return what the workspace has chosen."""
    return read_choice((desk.workspace.contact_rules or {}).get(WORKSPACE)) or NOTHING


async def chosen_for(desk: Desk, loan: Loan) -> Chosen:
    """Return what binds a loan without packs of its own: what the team of its owner has chosen, or else the workspace.

    What the workspace has raised refuses for a team too.
    """
    kept = desk.workspace.contact_rules or {}
    if loan.owner_id is not None and kept.keys() - {WORKSPACE, LOANS, STATES}:
        owner = await desk.session.get(Member, loan.owner_id)
        if owner is not None and owner.team_id is not None and (own := read_choice(kept.get(str(owner.team_id)))):
            return replace(own, raised={**of_workspace(desk).raised, **own.raised})
    return of_workspace(desk)


def own_choice(packs: str, role: str, raised: Mapping[str, Effect]) -> Chosen:
    """Return what a loan has chosen; the effects that its team or the workspace has raised count for it too."""
    return Chosen(tuple(packs.split()), "outside" if role == "outside" else "own", raised)


def may_have_any(desk: Desk) -> bool:
    """Return whether packs, or states of a borrower, may bind at all in the workspace. Costs nothing."""
    return bool(desk.workspace.contact_rules)


def written(chosen: Chosen) -> dict[str, Any]:
    """Return a choice as `workspace.contact_rules` keeps it."""
    return {"packs": list(chosen.packs), "role": chosen.role, "raised": dict(chosen.raised)}


def read_choice(value: Any) -> Chosen | None:
    """Return a choice from what `written` wrote, or None."""
    if not isinstance(value, dict):
        return None
    kept: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]  # JSON, as `written` wrote it
    raised: dict[str, Effect] = {str(rule): "deny" for rule in kept.get("raised", {})}
    return Chosen(tuple(kept["packs"]), "outside" if kept["role"] == "outside" else "own", raised)
