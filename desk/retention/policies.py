"""How long a workspace keeps each kind of record: what the desk says, what compliance has set, and what binds both."""

from datetime import datetime
from uuid import UUID

from desk.core.changes import create, offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.loans.keeping import packs_of_workspace
from desk.rules.retention import KINDS, LONGEST_MONTHS, Period, period_of
from storage.engine.types import new_id
from storage.queries.core import retention_runs
from storage.queries.loans import keeping
from storage.queries.people import workspaces
from storage.tables import RetentionPolicy


@dataclass(frozen=True, slots=True)
class Policies:
    """The periods of all kinds, and when `loandesk retention` last deleted; None: never. `numbers` are the versions by kind."""

    periods: tuple[Period, ...]
    numbers: tuple[tuple[str, int], ...]
    last_run: datetime | None


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """The period that holds now."""

    period: Period
    undo_id: UUID


async def policies(desk: Desk) -> Policies:
    """Return how long each kind is kept. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "change_retention")
    set_here = await keeping.policies(desk.session, desk.workspace.id)
    return Policies(
        periods=await periods(desk),
        numbers=tuple((code, row.number) for code, row in set_here.items()),
        last_run=await retention_runs.last_ended(desk.session, desk.workspace.id),
    )


async def periods(desk: Desk) -> tuple[Period, ...]:
    """Return how long each kind is kept, with the packs of the workspace and of all teams."""
    set_here = await keeping.policies(desk.session, desk.workspace.id)
    packs, today = packs_of_workspace(desk), desk.workspace_today
    return tuple(
        period_of(kind, row.months if (row := set_here.get(code)) else None, packs, today)
        for code, kind in KINDS.items()
    )


async def change_policy(desk: Desk, code: str, months: int | None, number: int) -> PolicyChanged:
    """Keep a kind for so many months (None: as the desk has it), where a form showed version `number` of the choice.

    Raises NotAllowed (`role_missing`), Invalid (`kind_unknown`, `months_out_of_range`, `kept_longer_by_rule`,
    `nothing_changed_here`), Conflict (`rules_changed`).
    """
    require_role(desk, "change_retention")
    kind = KINDS.get(code)
    if kind is None:
        raise Invalid("kind_unknown", given=code)
    if months is not None and not 1 <= months <= LONGEST_MONTHS:
        raise Invalid("months_out_of_range", given=months, most=LONGEST_MONTHS)
    await workspaces.locked(desk.session, desk.workspace.id)  # of two members at once, one waits and is told
    present = (await keeping.policies(desk.session, desk.workspace.id)).get(code)
    if (present.number if present else 0) != number:
        raise Conflict("rules_changed")
    if (present.months if present else None) == months:
        raise Invalid("nothing_changed_here")
    packs = packs_of_workspace(desk)
    period = period_of(kind, months, packs, desk.workspace_today)
    if months is not None and period.floor is not None and months < period.floor.months:
        floor = period.floor
        raise Invalid("kept_longer_by_rule", given=months, least=floor.months, source=floor.source)
    row = create(
        desk,
        RetentionPolicy(
            id=new_id(),
            workspace_id=desk.workspace.id,
            kind=code,
            months=months,
            number=await keeping.last_number(desk.session, desk.workspace.id, code) + 1,
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    desk.audit("change_retention", subject_id=row.id, kind=code, months=months)
    return PolicyChanged(period, offer_undo(desk, "retention"))
