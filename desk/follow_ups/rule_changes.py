"""A manager changes the numbers of a rule that plans calls, or switches it off; the calls that it has planned follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from desk.core import recomputations
from desk.core.changes import create, offer_undo, track
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.recomputations import computes, leave_to_worker
from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.follow_ups import lifecycle, rule_plans
from desk.follow_ups.workspace_cadence import cadence_of
from desk.people.members import today_of
from desk.rules.cadence import CADENCE, LARGEST, Rule
from storage.engine.types import new_id
from storage.queries.core import recomputations as queries
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans
from storage.queries.people import members, workspaces
from storage.tables import CadenceVersion, FollowUp, Member, Recomputation, Undo

KIND = "cadence"
"""Recompute when the calls that rules planned are due."""


@dataclass(frozen=True, slots=True)
class RulesToChange:
    """The rules of the workspace, and the version of the row that keeps its own numbers."""

    rules: tuple[Rule, ...]
    version: int


@dataclass(frozen=True, slots=True)
class RuleChanged:
    """A rule with its new numbers. The worker moves and cancels the calls that it planned."""

    rule: Rule
    undo_id: UUID


def rules_to_change(desk: Desk) -> RulesToChange:
    """Return the rules of the workspace. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "change_cadence")
    return RulesToChange(cadence_of(desk).rules, desk.workspace.version)


async def change_rule(desk: Desk, code: str, *, enabled: bool, numbers: Mapping[str, int], version: int) -> RuleChanged:
    """Give a rule other numbers, or switch it on or off. From the commit on it plans by them.

    Raises NotAllowed (`role_missing`), Conflict (`rules_changed`), Invalid (`nothing_changed_here`, `rule_number`).
    """
    require_role(desk, "change_cadence")
    row = await workspaces.locked(desk.session, desk.workspace.id)
    if row.version != version:
        raise Conflict("rules_changed")
    rule, shipped = cadence_of(desk).rule(code), CADENCE.rule(code)
    for name, value in numbers.items():
        if name not in rule.numbers or not 1 <= value <= LARGEST:
            raise Invalid("rule_number", given=value, low=1, high=LARGEST)
    wanted = {name: numbers.get(name, getattr(rule, name)) for name in rule.numbers} | {"enabled": int(enabled)}
    if all(int(getattr(rule, name)) == value for name, value in wanted.items()):
        raise Invalid("nothing_changed_here")
    own = {name: value for name, value in wanted.items() if int(getattr(shipped, name)) != value}
    kept = {key: dict(named) for key, named in (row.cadence or {}).items() if key != code}
    track(desk, row).cadence = {**kept, code: own} if own else kept or None
    create(
        desk,
        CadenceVersion(
            id=new_id(),
            workspace_id=row.id,
            numbers=row.cadence or {},
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    desk.workspace = row
    leave_to_worker(desk, KIND, None)
    desk.audit("change_cadence", subject_id=row.id, rule=code)
    await desk.session.flush()
    return RuleChanged(cadence_of(desk).rule(code), offer_undo(desk, "change_cadence"))


@corrects_after_undo(CadenceVersion)
async def follow_undo(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Let the calls of rules follow the numbers that an Undo brought back."""
    leave_to_worker(desk, KIND, None)


@computes(KIND)
async def follow_batch(desk: Desk, work: Recomputation) -> bool:
    """Move or cancel the next calls that rules planned, and return whether those were the last."""
    ahead = await queries.follow_ups_ahead(desk.session, work, limit=recomputations.BATCH)
    if ahead:
        work.at_member_id, work.at_follow_up_id, _ = ahead[-1]
    await loans.lock_all(desk.session, {loan_id for _, _, loan_id in ahead})
    rows = [row for row in await follow_ups.still_open(desk.session, [row_id for _, row_id, _ in ahead]) if row.rule]
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    for row in rows:
        try:
            await _follow(desk, row, assignees[row.assignee_id])
        except Exception as error:  # one that cannot be computed keeps its time and must not hold up the others
            await set_aside(desk, KIND, row.id, error)
    return len(ahead) < recomputations.BATCH


async def _follow(desk: Desk, row: FollowUp, assignee: Member) -> None:
    """Bring a call that a rule planned to the rule's present numbers, unless it is due already or was tried."""
    rule = cadence_of(desk).get(row.rule)
    if rule is None or row.rule_trigger is None or row.attempts or row.due_on <= today_of(desk, assignee):
        return
    if not rule.enabled:
        rule_plans.cancel(desk, row)
        return
    on = row.instalment_on
    if (rule.date is not None and on is None) or rule.again_days:
        return  # an appointment keeps its call, and arrears are called about today
    due = await rule_plans.due_by_rule(desk, rule, assignee, on=on, since=row.created_at)
    if due != lifecycle.due_of(row):
        await lifecycle.move(desk, row, due, assignee=assignee, keeps_hour=False)
