"""Deduplicate requests that Slack delivers again: one effect, and the same answer."""

from dataclasses import field
from datetime import timedelta

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.queries.core import deliveries
from storage.tables import ProcessedDelivery

ANSWER_LIFETIME = timedelta(hours=1)
"""Longer than Slack retries a request, and than its signature is valid."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this transaction handles, or, with its `answer`, one that was handled earlier."""

    row: ProcessedDelivery
    answer: str | None = field(repr=False)


async def claim(desk: Desk, key: str) -> Claim:
    """Return the delivery, claimed by this transaction if it is new."""
    row, is_new = await deliveries.claim(desk.session, desk.workspace.id, key, desk.now)
    return Claim(row, None if is_new else desk.cipher.decrypt(ProcessedDelivery.answer_cipher, row))


def store_answer(desk: Desk, claimed: Claim, answer: str) -> None:
    """Store the answer for retries, encrypted because it may show a borrower."""
    row = claimed.row
    row.answer_cipher = desk.cipher.encrypt(ProcessedDelivery.answer_cipher, row.id, answer)
