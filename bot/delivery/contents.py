"""The present message of a notice, rendered in a transaction of the delivery."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.messages.notices import destination, locale_for
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.reminders import add_repeat_warning
from storage.engine.trouble import is_outage
from storage.queries.messages.notices import ERASED
from storage.queries.messages.sending import Lease, Named, Words
from storage.tables import Notice

Compose = Callable[[Desk, Notice], Awaitable[Message | None]]
"""Render a notice for its reader. None: drop the notice if it was not posted, otherwise leave the message as it is."""


class ComposeError(Exception):
    """The message could not be rendered: our bug."""


@dataclass(frozen=True, slots=True)
class Content:
    """The current message of a notice, None when there is nothing to send, and its channel, None without a reader.

    `ts` is the message that the notice already has. `loan_id` is the loan that it is about, if it is about one; `named` are those
    that a digest names.
    """

    notice_id: UUID
    mark: UUID
    kind: str
    meant_for: datetime
    revision: int
    ts: str | None
    channel: str | None
    message: Message | None
    loan_id: UUID | None = None
    named: Named | None = None

    @property
    def words(self) -> Words:
        """What the message says of each loan."""
        if self.message is None:
            return ()
        return self.message.parts or (((self.loan_id, self.message.text),) if self.loan_id is not None else ())

    def words_of(self, text: str) -> Words:
        """Return what an earlier message of the notice says of each loan, given its text; nothing where that cannot be told."""
        if self.message is not None and self.message.text == text:
            return self.words
        return ((self.loan_id, text),) if self.loan_id is not None and text else ()


async def content_of(
    desk: Desk, compose: Compose, notice: Notice, lease: Lease, *, maybe_repeat: bool = False
) -> Content:
    """Return the present content of a notice. `maybe_repeat`: it may have been sent before, and says so.

    A message to a member who has left the desk is brought up to date no more, unless what it was about is erased.

    Raises ComposeError, or an outage of the database.
    """
    try:
        to = await destination(desk, notice)
        kept_current = lease.ts is not None and (notice.to_id is None or ERASED in notice.facts)
        message = await compose(desk, notice) if to is not None or kept_current else None
        if message is not None and maybe_repeat:
            locale = await locale_for(desk, notice, to and to.member)
            message = add_repeat_warning(message, Translator(locale))
    except Exception as error:
        if is_outage(error):
            raise
        raise ComposeError from error
    reader = to.member if to is not None else None
    named = message.names if message is not None else ()
    return Content(
        notice_id=lease.notice_id,
        mark=lease.mark,
        kind=notice.kind,
        meant_for=_meant_for(notice),
        revision=notice.wanted,
        ts=notice.ts,
        channel=to and to.channel,
        message=message,
        loan_id=notice.about_loan_id,
        named=Named(named, reader.id, reader.roles) if named and reader is not None else None,
    )


def _meant_for(notice: Notice) -> datetime:
    """Return the instant that a reminder is for; of another notice, when it was created."""
    due = notice.facts.get("for")
    return datetime.fromisoformat(due) if due else notice.created_at
