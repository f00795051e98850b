"""Deliveries already handled: a repeat finds its answer here."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from storage.engine.work import Work
from storage.tables import ProcessedDelivery

_DELIVERY: Table = SQLModel.metadata.tables["processed_delivery"]
_CLAIM = {
    dialect: insert(_DELIVERY).on_conflict_do_nothing().returning(_DELIVERY.c.id)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_ANSWER = (
    update(_DELIVERY).where(_DELIVERY.c.id == bindparam("claimed")).values(answer_cipher=bindparam("answer_cipher"))
)


def row_id(workspace_id: UUID, key: str) -> UUID:
    """Return the id of a delivery's row, made from its key: saving the answer needs no lookup."""
    return uuid5(workspace_id, key)


async def claim(session: Work, workspace_id: UUID, key: str, now: datetime) -> ProcessedDelivery | None:
    """Claim a delivery for this transaction and return None, or return the row of the same delivery handled earlier.

    A repeat that arrives while the first is being handled waits for it to end.
    """
    values = {"id": row_id(workspace_id, key), "workspace_id": workspace_id, "delivery_key": key, "at": now}
    if (await session.execute(_CLAIM[session.dialect.name], values)).first() is not None:
        return None
    return await session.get_one(ProcessedDelivery, values["id"])


async def save_answer(session: Work, claimed_id: UUID, answer_cipher: bytes) -> None:
    """Save the answer to a claimed delivery."""
    await session.execute(_ANSWER, {"claimed": claimed_id, "answer_cipher": answer_cipher})
