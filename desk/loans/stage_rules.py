"""A workspace's own rules of stages: the needs that are a must, and how many checks are planned for a verifier and day."""

from collections.abc import Sequence
from dataclasses import field
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import takes_back
from desk.follow_ups.check_plans import DEFAULT_CHECKS_A_DAY
from desk.rules.moves import SETTABLE
from storage.engine.types import new_id
from storage.queries.follow_ups import checks
from storage.queries.people import workspaces
from storage.tables import StageRules

MOST_CHECKS = 200
"""The most checks a day that can be set."""


@dataclass(frozen=True, slots=True)
class RulesOfStages:
    """`required` are the needs that are a must, besides that no check has failed; `checks_a_day` is for each verifier.
    A loan whose product nobody said counts as one of `default_product`.

    `version` is that of the row that keeps them, 0 while nothing was set.
    """

    required: tuple[str, ...]
    checks_a_day: int
    default_product: str | None = None
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class StageRulesChanged:
    """The new rules."""

    now: RulesOfStages
    undo_id: UUID


async def present_rules(desk: Desk) -> RulesOfStages:
    """Return the rules. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "change_stage_rules")
    return _of(await checks.stage_rules(desk.session, desk.workspace.id))


async def change_rules(
    desk: Desk, required: Sequence[str], checks_a_day: int, version: int, *, default_product: str | None = None
) -> StageRulesChanged:
    """Change the rules that a form showed at that version.

    Raises NotAllowed (`role_missing`), Conflict (`rules_changed`), Invalid (`nothing_changed_here`, `checks_a_day`).
    """
    require_role(desk, "change_stage_rules")
    await workspaces.locked(desk.session, desk.workspace.id)  # of two managers at once, one waits and is told
    row = await checks.stage_rules(desk.session, desk.workspace.id)
    before = _of(row)
    if before.version != version:
        raise Conflict("rules_changed")
    if not 1 <= checks_a_day <= MOST_CHECKS:
        raise Invalid("checks_a_day", limit=MOST_CHECKS)
    wanted = RulesOfStages(tuple(need for need in SETTABLE if need in required), checks_a_day, default_product)
    if wanted == before:
        raise Invalid("nothing_changed_here")
    if row is None:
        row = create(desk, StageRules(id=new_id(), workspace_id=desk.workspace.id))
    else:
        track(desk, row)
    row.required_needs, row.checks_a_day = list(wanted.required), wanted.checks_a_day
    row.default_product = wanted.default_product
    desk.audit(
        "stage_rules",
        subject_id=row.id,
        required=list(wanted.required),
        checks_a_day=wanted.checks_a_day,
        default_product=wanted.default_product,
    )
    return StageRulesChanged(wanted, offer_undo(desk, "stage_rules"))


@takes_back(StageRules)
async def clear_rules(_desk: Desk, row: StageRules) -> None:
    """Bring back what applies where nothing was set."""
    row.required_needs, row.checks_a_day, row.default_product = [], DEFAULT_CHECKS_A_DAY, None


def _of(row: StageRules | None) -> RulesOfStages:
    if row is None:
        return RulesOfStages((), DEFAULT_CHECKS_A_DAY)
    return RulesOfStages(tuple(row.required_needs), row.checks_a_day, row.default_product, row.version)
