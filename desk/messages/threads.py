"""Replies in the thread of one of the desk's messages: which calls they may be about."""

from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.loans.lookup import may_see
from storage.queries.messages import posted

CHOICES = 10
"""How many follow-ups of one message a reply is offered for."""


@dataclass(frozen=True, slots=True)
class ReplySubject:
    """A loan that a reply may be about, and the number of the open follow-up that the message shows, if it is still open."""

    loan_id: UUID
    loan_number: str
    follow_up: int | None


async def reply_subjects(desk: Desk, channel_id: str, ts: str) -> tuple[ReplySubject, ...]:
    """Return what the desk's message posted there is about, as far as the acting member may see it; nothing for others."""
    notice = await posted.notice_at(desk.session, desk.workspace.id, channel_id, ts)
    if notice is None:
        return ()
    return tuple(
        [
            ReplySubject(loan.id, loan.number, row.number if row is not None and row.state == "open" else None)
            for loan, row in await posted.subjects(desk.session, notice, limit=CHOICES)
            if await may_see(desk, loan.id)
        ]
    )
