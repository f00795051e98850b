"""Compute times again after what they follow from has changed: a few at once, many by the worker, in batches."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from desk.core.transaction import Desk
from storage.queries.core import recomputations
from storage.queries.people import workspaces
from storage.tables import Recomputation

AT_ONCE = 100
"""How many times an act computes again itself: its answer comes within a tenth of a second, however many there are."""

BATCH = 200
"""How many the worker computes again in one transaction, which holds up others for less than 0.2 s."""

Batch = Callable[[Desk, Recomputation], Awaitable[bool]]
"""Compute the next batch, record in the row how far it is, and return whether that was the last one."""

_BATCHES: dict[str, Batch] = {}


def computes(kind: str) -> Callable[[Batch], Batch]:
    """Register what computes times of this kind again."""

    def remember(function: Batch) -> Batch:
        if _BATCHES.setdefault(kind, function) is not function:
            raise ValueError(f"{kind}: registered twice")
        return function

    return remember


def leave_to_worker(desk: Desk, kind: str, member_ids: Sequence[UUID] | None) -> None:
    """Have the worker compute the times of these members, or of everybody, again.

    From the commit on none of them is announced by its old time.
    """
    for member_id in member_ids if member_ids is not None else (None,):
        desk.add(Recomputation(workspace_id=desk.workspace.id, kind=kind, member_id=member_id, requested_at=desk.now))


async def recompute_pending(desk: Desk) -> bool:
    """Compute the next batch of what is left to the worker. Return False when there was nothing to do.

    A worker that is stopped loses the batch in hand, and the next goes on from there; two at once take different rows.
    """
    work = await recomputations.take_next(desk.session, desk.workspace.id)
    if work is None:
        return False
    # Another process may have changed the country since this one read the workspace.
    desk.workspace = await workspaces.current(desk.session, desk.workspace.id)
    if work.member_id is None and work.at_member_id is None:
        await recomputations.delete_superfluous(desk.session, work)
    if await _BATCHES[work.kind](desk, work):
        await desk.session.delete(work)
    else:
        desk.add(work)
    return True
