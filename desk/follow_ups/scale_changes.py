"""A manager changes how arrears are counted: the buckets of days past due, and when a promise is kept."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import NamedBucket
from desk.follow_ups.rule_changes import follow_buckets
from desk.follow_ups.workspace_cadence import cadence_of, replace_numbers, scale_of
from desk.rules.arrears import BUCKETS, PROMISE, SCALE, PromiseRule, Scale
from desk.rules.cadence import Rule
from storage.queries.people import workspaces

MOST_BUCKETS, LONGEST_NAME, LAST_DAY = 9, 20, 3650
"""The most buckets besides the one of loans that are not past due, the longest name, and the last day on which one may begin."""

MOST_PATIENCE = 31
"""The most days of patience with a promise."""


@dataclass(frozen=True, slots=True)
class ScaleToChange:
    """The buckets and the rule of promises of the workspace, and the version of the row that keeps them."""

    scale: Scale
    version: int


@dataclass(frozen=True, slots=True)
class ScaleChanged:
    """The new buckets and rule of promises. `rules` are those of arrears that are on, each with its bucket, if the buckets have
    changed: the worker plans their calls again."""

    scale: Scale
    undo_id: UUID
    rules: tuple[Rule, ...] = ()


def scale_to_change(desk: Desk) -> ScaleToChange:
    """Return the buckets and the rule of promises of the workspace. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "change_cadence")
    return ScaleToChange(scale_of(desk), desk.workspace.version)


async def change_scale(
    desk: Desk, buckets: Sequence[NamedBucket], *, kept_percent: int, patience_days: int, version: int
) -> ScaleChanged:
    """Count arrears in these buckets, and promises by these numbers; a promise that was settled already stays as it is.

    Raises NotAllowed (`role_missing`), Conflict (`rules_changed`), Invalid (`bucket_count`, `bucket_name`, `bucket_order`,
    `rule_number`, `nothing_changed_here`).
    """
    require_role(desk, "change_cadence")
    _check(buckets)
    _check_number("percent", kept_percent, 1, 100)
    _check_number("patience", patience_days, 0, MOST_PATIENCE)
    row = await workspaces.locked(desk.session, desk.workspace.id)
    if row.version != version:
        raise Conflict("rules_changed")
    own = {bucket.name: bucket.first for bucket in buckets}
    promise = asdict(PromiseRule(kept_percent=kept_percent, patience_days=patience_days))
    before, days = row.cadence, scale_of(desk).buckets
    replace_numbers(
        desk,
        row,
        {
            BUCKETS: {} if own == {bucket.en: bucket.first for bucket in SCALE.buckets[1:]} else own,
            PROMISE: {name: value for name, value in promise.items() if value != getattr(SCALE.promise, name)},
        },
    )
    if row.cadence == before:
        raise Invalid("nothing_changed_here")
    desk.audit("change_cadence", subject_id=row.id, rule="arrears")
    await desk.session.flush()
    undo_id = offer_undo(desk, "change_cadence")
    if scale_of(desk).buckets == days:
        return ScaleChanged(scale_of(desk), undo_id)
    follow_buckets(desk)
    rules = (rule for rule in cadence_of(desk).rules if rule.bucket is not None and rule.enabled)
    return ScaleChanged(scale_of(desk), undo_id, tuple(rules))


def _check(buckets: Sequence[NamedBucket]) -> None:
    """Raise Invalid unless the buckets have names of their own and begin on later and later days, the first on day 1."""
    if not 1 <= len(buckets) <= MOST_BUCKETS:
        raise Invalid("bucket_count", given=len(buckets), most=MOST_BUCKETS)
    last, names = 0, {SCALE.buckets[0].en.casefold()}
    for bucket in buckets:
        if not bucket.name or len(bucket.name) > LONGEST_NAME or bucket.name.casefold() in names:
            raise Invalid("bucket_name", line=bucket.line, given=bucket.name or str(bucket.first), most=LONGEST_NAME)
        if bucket.first <= last or bucket.first > LAST_DAY or (last == 0 and bucket.first != 1):
            raise Invalid("bucket_order", line=bucket.line, given=bucket.first)
        last = bucket.first
        names.add(bucket.name.casefold())


def _check_number(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise Invalid("rule_number", given=value, low=low, high=high, field=name)
