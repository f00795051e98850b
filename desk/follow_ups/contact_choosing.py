"""Choose the packs of contact rules of the workspace, a team or a loan. Each version is kept."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.follow_ups.contact_choices import LOANS, NOTHING, STATES, WORKSPACE, Chosen, read_choice, written
from desk.loans import lookup
from desk.rules.contact_packs import PACKS, RULES, Effect, Role
from storage.engine.types import new_id
from storage.queries.follow_ups import contacts
from storage.queries.people import members, workspaces
from storage.tables import ContactChoice, Team, Undo


@dataclass(frozen=True, slots=True)
class ChoiceToChange:
    """What is chosen for the workspace, a team or a loan now, and the number of its version; None: nothing of its own."""

    chosen: Chosen | None
    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceChanged:
    """What is chosen now for the workspace (no name), a team or a loan."""

    chosen: Chosen
    name: str
    undo_id: UUID


async def teams_to_choose_for(desk: Desk) -> tuple[tuple[UUID, str], ...]:
    """Return the teams of the workspace by id. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "choose_contact_rules")
    return tuple((team.id, team.name) for team in await members.teams(desk.session, desk.workspace.id))


async def choice_to_change(desk: Desk, team_id: UUID | None, loan_id: UUID | None) -> ChoiceToChange:
    """Return what is chosen for the workspace, a team or a loan. Raises NotAllowed (`role_missing`), NotFound (`team_gone`,
    `unknown_loan_pressed`)."""
    require_role(desk, "choose_contact_rules")
    name = await _name_of(desk, team_id, loan_id)
    row = await contacts.last_choice(desk.session, desk.workspace.id, team_id=team_id, loan_id=loan_id)
    return ChoiceToChange(await _present(desk, team_id, loan_id), row.number if row else 0, name)


async def choose(
    desk: Desk,
    packs: Sequence[str],
    *,
    role: Role,
    raised: Iterable[str] = (),
    team_id: UUID | None = None,
    loan_id: UUID | None = None,
    number: int,
) -> ChoiceChanged:
    """Choose the packs of the workspace, a team or a loan, over the version of that number. `raised`: rules that refuse here
    although their pack only warns; a loan has those of the workspace.

    Raises NotAllowed (`role_missing`), NotFound (`team_gone`, `unknown_loan_pressed`), Invalid (`unknown_pack`, `unknown_rule`,
    `nothing_changed_here`), Conflict (`contact_rules_changed`).
    """
    require_role(desk, "choose_contact_rules")
    if unknown := [code for code in packs if code not in PACKS]:
        raise Invalid("unknown_pack", given=unknown[0])
    stricter: dict[str, Effect] = dict.fromkeys(raised, "deny")
    if unknown := [code for code in stricter if code not in RULES]:
        raise Invalid("unknown_rule", given=unknown[0])
    name = await _name_of(desk, team_id, loan_id)
    row = await workspaces.locked(desk.session, desk.workspace.id)
    desk.workspace = row
    last = await contacts.last_choice(desk.session, row.id, team_id=team_id, loan_id=loan_id)
    if (last.number if last else 0) != number:
        raise Conflict("contact_rules_changed")
    wanted = Chosen(tuple(sorted(set(packs))), role, stricter if loan_id is None else {})
    before = await _present(desk, team_id, loan_id)
    if wanted == before or (before is None and wanted == NOTHING and team_id is None and loan_id is None):
        raise Invalid("nothing_changed_here")
    choice = ContactChoice(
        id=new_id(),
        workspace_id=row.id,
        team_id=team_id,
        loan_id=loan_id,
        number=number + 1,
        packs=" ".join(wanted.packs),
        role=role,
        raised=dict(wanted.raised),
        by_id=desk.member.id,
        at=desk.now,
    )
    create(desk, choice)
    key = LOANS if loan_id else str(team_id or WORKSPACE)
    kept = {**(row.contact_rules or {}), key: 1 if loan_id else written(wanted)}
    if kept != row.contact_rules:
        track(desk, row).contact_rules = kept
    desk.audit("choose_contact_rules", loan_id=loan_id, subject_id=choice.id, packs=list(wanted.packs), role=role)
    await desk.session.flush()
    return ChoiceChanged(wanted, name, offer_undo(desk, "choose_contact_rules", loan_id=loan_id))


@corrects_after_undo(ContactChoice)
async def keep_marks(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Keep the marks of loans and states, which an Undo of a choice must not take away: others may have come since."""
    row = await workspaces.locked(desk.session, desk.workspace.id)
    marks = await contacts.marks(desk.session, row.id)
    kept = {**(row.contact_rules or {}), **{name: 1 for name in (LOANS, STATES) if marks[name]}}
    if kept != (row.contact_rules or {}):
        row.contact_rules = kept
        desk.add(row)
    desk.workspace = row


async def note_states(desk: Desk) -> None:
    """Remember that a borrower of the workspace has a state: from then on their loans are asked about it."""
    if STATES in (desk.workspace.contact_rules or {}):
        return
    row = await workspaces.locked(desk.session, desk.workspace.id)
    row.contact_rules = {**(row.contact_rules or {}), STATES: 1}
    desk.add(row)
    desk.workspace = row


async def _present(desk: Desk, team_id: UUID | None, loan_id: UUID | None) -> Chosen | None:
    if loan_id is None:
        return read_choice((desk.workspace.contact_rules or {}).get(str(team_id or WORKSPACE)))
    row = await contacts.last_choice(desk.session, desk.workspace.id, loan_id=loan_id, undone=False)
    if row is None:
        return None
    return Chosen(tuple(row.packs.split()), "outside" if row.role == "outside" else "own")


async def _name_of(desk: Desk, team_id: UUID | None, loan_id: UUID | None) -> str:
    if loan_id is not None:
        return (await lookup.lock_by_id(desk, loan_id)).number
    if team_id is None:
        return ""
    team = await desk.session.get(Team, team_id)
    if team is None or team.workspace_id != desk.workspace.id:
        raise NotFound("team_gone")
    return team.name
