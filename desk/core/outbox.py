"""The outbox of webhooks: what a transaction did becomes events in the same transaction, if an endpoint wants them.

Events are found by what was written (`Work.written`), in one place, so that no use case tells of them. A workspace without an
endpoint pays nothing: `Workspace.webhooks`, which each process has at hand, says which types are wanted. A process follows a new
endpoint with its next heartbeat.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from desk.core.webhook_events import EVENT_TYPES, Happening, data_of, happenings, types_of_tables
from storage.engine import bulk
from storage.engine.rows import Row, Values
from storage.engine.types import new_id
from storage.tables import Undo, WebhookEvent

if TYPE_CHECKING:
    from desk.core.transaction import Desk

_BY_ROW = 50
"""More events than this are inserted at once, without objects."""


def watch(desk: "Desk") -> None:
    """Have the unit of work of a transaction that begins note what may be an event."""
    if desk.workspace.webhooks:
        desk.session.watched = types_of_tables(tuple(desk.workspace.webhooks)).keys()


async def write_events(desk: "Desk") -> None:
    """Write the events of what the transaction wrote. It must have been flushed; call this last."""
    session = desk.session
    if not session.watched:
        return
    places = {code: place for place, code in enumerate(EVENT_TYPES)}
    found = sorted(_found(desk), key=lambda each: places[each[0].of.code])  # a call before what follows from it
    rows = [_event(desk, *each) for each in found]
    rows = [each for each in rows if session.erased.isdisjoint((each["loan_id"], each["subject_id"]))]
    session.inserted.clear()
    if len(rows) > _BY_ROW:
        await bulk.insert(session, WebhookEvent, bulk.by_column(rows))
        return
    for values in rows:
        session.add(WebhookEvent(**values))
    await session.flush()


def _found(desk: "Desk") -> Iterator[tuple[Happening, Values | None, Values]]:
    session = desk.session
    types = types_of_tables(tuple(desk.workspace.webhooks or ()))
    written = session.written()
    undoing = any(
        isinstance(row, Undo) and row.undone_at and before and not before["undone_at"] for row, before in written
    )
    changes: list[tuple[type[Row], Values | None, Values]] = [(type(row), before, vars(row)) for row, before in written]
    changes += [(table, None, values) for table, values in session.inserted]
    for table, before, after in changes:
        if table in types:
            for happening in happenings(types[table], before, after, undoing=undoing):
                yield happening, before, after


def _event(desk: "Desk", happening: Happening, before: Values | None, after: Values) -> dict[str, Any]:
    data = data_of(happening.of, before, after)
    if happening.undoes:
        data["undoes"] = happening.of.code
    return {
        "id": new_id(),
        "workspace_id": desk.workspace.id,
        "type": happening.code,
        "loan_id": after["id"] if happening.of.table == "loan" else after["loan_id"],
        "subject_id": after["id"],
        "actor_id": desk.actor.id if desk.actor else None,
        "data": data,
        "at": desk.now,
    }
