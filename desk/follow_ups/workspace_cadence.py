"""The rules of a workspace: the desk's own, with what its managers replaced, of which each version is kept."""

from collections.abc import Mapping

from desk.core.changes import create, track
from desk.core.transaction import Desk
from desk.rules.arrears import SCALE, Scale, with_own
from desk.rules.cadence import CADENCE, Cadence, with_numbers
from storage.engine.types import new_id
from storage.tables import CadenceVersion, Workspace


def cadence_of(desk: Desk) -> Cadence:
    """Return the rules that plan calls in the workspace."""
    changed = desk.workspace.cadence
    return with_numbers(changed) if changed else CADENCE


def scale_of(desk: Desk) -> Scale:
    """Return the buckets and the rule of promises of the workspace."""
    changed = desk.workspace.cadence
    return with_own(changed) if changed else SCALE


def replace_numbers(desk: Desk, row: Workspace, numbers: Mapping[str, Mapping[str, int]]) -> None:
    """Give the locked workspace these numbers in place of its own under the same keys, none for the desk's, as a new version."""
    kept = {key: dict(named) for key, named in {**(row.cadence or {}), **numbers}.items() if named}
    track(desk, row).cadence = kept or None
    create(
        desk,
        CadenceVersion(
            id=new_id(),
            workspace_id=row.id,
            numbers=kept,
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    desk.workspace = row
