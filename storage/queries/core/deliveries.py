"""Deliveries already handled: a repeat finds its answer here."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy.dialects import postgresql, sqlite

from storage.engine.work import Work
from storage.tables import ProcessedDelivery

_CLAIM = {
    dialect: insert(ProcessedDelivery).on_conflict_do_nothing().returning(ProcessedDelivery)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


async def claim(session: Work, workspace_id: UUID, key: str, now: datetime) -> tuple[ProcessedDelivery, bool]:
    """Claim a delivery for this transaction. Return its row, and whether it is new: otherwise it was handled earlier.

    A repeat that arrives while the first is being handled waits for it to end.
    """
    row_id = uuid5(workspace_id, key)
    values = {"id": row_id, "workspace_id": workspace_id, "delivery_key": key, "at": now}
    claimed = (await session.exec(_CLAIM[session.dialect.name], params=values)).scalars().first()
    if claimed is not None:
        return claimed, True
    return await session.get_one(ProcessedDelivery, row_id), False
