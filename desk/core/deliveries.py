"""One effect for a delivery that comes twice, and the same answer."""

from datetime import timedelta

from desk.core.transaction import Desk
from storage.queries.core import deliveries

REMEMBERED_FOR = timedelta(hours=1)
"""Longer than Slack repeats anything, or accepts an old signature."""


async def claim(desk: Desk, key: str) -> str | None:
    """None when this delivery is to be worked off now; its earlier answer when it was worked off before."""
    earlier = await deliveries.claim(desk.session, desk.workspace.id, key, desk.now)
    if earlier is None:
        return None
    return desk.cipher.decrypt_maybe(earlier.answer_cipher, "processed_delivery", earlier.id, "answer")


async def answered(desk: Desk, key: str, answer: str) -> None:
    """Keeps the answer, encrypted: it may show a borrower."""
    row_id = deliveries.row_id(desk.workspace.id, key)
    cipher = desk.cipher.encrypt(answer, "processed_delivery", row_id, "answer")
    await deliveries.keep_answer(desk.session, row_id, cipher)


async def forget_old(desk: Desk) -> None:
    """Drops the answers that nobody can ask for again."""
    await deliveries.forget_before(desk.session, desk.now - REMEMBERED_FOR)
