"""Idempotency keys: a request with the same key has one effect and one answer, kept in the transaction of its work."""

from dataclasses import field
from typing import Literal
from uuid import uuid5

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.queries.lender import answers
from storage.tables import ApiAnswer


@dataclass(frozen=True, slots=True)
class Claimed:
    """A key that this transaction uses, or, with its `answer`, one whose request was answered earlier. `refused`: it was used for
    another request, or another process is at its request."""

    row: ApiAnswer | None = field(default=None, repr=False)
    answer: str | None = field(default=None, repr=False)
    refused: Literal["key_reused", "key_in_progress"] | None = None


async def claim(desk: Desk, key: str, request_digest: bytes) -> Claimed:
    """Return the key, claimed by this transaction if it is new."""
    row_id = uuid5(desk.member.id, key)
    if not await answers.try_lock(desk.session, row_id):
        return Claimed(refused="key_in_progress")
    new = ApiAnswer(
        id=row_id,
        workspace_id=desk.workspace.id,
        member_id=desk.member.id,
        request_digest=request_digest,
        at=desk.now,
    )
    row, is_new = await answers.claim(desk.session, new)
    if is_new:
        return Claimed(row)
    if row.request_digest != request_digest:
        return Claimed(refused="key_reused")
    return Claimed(row, desk.cipher.decrypt(ApiAnswer.answer_cipher, row))


def store(desk: Desk, row: ApiAnswer, status: int, answer: str) -> None:
    """Keep the answer for repeats, encrypted because it may show a borrower."""
    row.status = status
    row.answer_cipher = desk.cipher.encrypt(ApiAnswer.answer_cipher, row.id, answer)
