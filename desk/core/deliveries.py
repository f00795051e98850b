"""Deduplicate requests that Slack delivers again: one effect, and the same answer."""

from datetime import timedelta

from desk.core.transaction import Desk
from storage.queries.core import deliveries
from storage.tables import ProcessedDelivery

ANSWER_LIFETIME = timedelta(hours=1)
"""Longer than Slack retries a request, and than its signature is valid."""


async def claim(desk: Desk, key: str) -> str | None:
    """Return None if the delivery is new and now claimed by this transaction, or else the earlier answer."""
    earlier = await deliveries.claim(desk.session, desk.workspace.id, key, desk.now)
    return None if earlier is None else desk.cipher.decrypt(ProcessedDelivery.answer_cipher, earlier)


async def store_answer(desk: Desk, key: str, answer: str) -> None:
    """Store the answer for retries, encrypted because it may show a borrower."""
    row_id = deliveries.row_id(desk.workspace.id, key)
    cipher = desk.cipher.encrypt(ProcessedDelivery.answer_cipher, row_id, answer)
    await deliveries.save_answer(desk.session, row_id, cipher)
