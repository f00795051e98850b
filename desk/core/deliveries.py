"""Deliveries that Slack repeats have one effect and get the same answer."""

from datetime import timedelta

from desk.core.transaction import Desk
from storage.queries.core import deliveries
from storage.tables import ProcessedDelivery

REMEMBERED_FOR = timedelta(hours=1)
"""Longer than Slack repeats anything, or accepts an old signature."""


async def claim(desk: Desk, key: str) -> str | None:
    """Return None for a new delivery, which this transaction now handles; for a repeat, the earlier answer."""
    earlier = await deliveries.claim(desk.session, desk.workspace.id, key, desk.now)
    if earlier is None:
        return None
    return desk.cipher.decrypt(ProcessedDelivery.answer_cipher, earlier)


async def answered(desk: Desk, key: str, answer: str) -> None:
    """Store the answer for repeats, encrypted because it may show a borrower."""
    row_id = deliveries.row_id(desk.workspace.id, key)
    cipher = desk.cipher.encrypt(ProcessedDelivery.answer_cipher, row_id, answer)
    await deliveries.save_answer(desk.session, row_id, cipher)


async def forget_old(desk: Desk) -> None:
    """Delete the answers that are too old to be asked for again."""
    await deliveries.delete_before(desk.session, desk.now - REMEMBERED_FOR)
