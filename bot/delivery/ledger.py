"""Record the steps of a delivery in the notice rows, under the names of `storage.queries.messages.sending`."""

import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from bot.delivery.contents import Compose, ComposeError, Content, content_of
from bot.delivery.errors import SlackRequestError
from bot.delivery.gathered import Gathered
from bot.delivery.slack_api import PostedMessage
from desk.core.dataclass import dataclass
from desk.core.disclosures import digest_entry
from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk, Office
from desk.messages import kinds
from desk.messages.lost_channels import Fallback, handle_lost_channel
from desk.messages.notice_views import read_together
from desk.messages.notices import record_tables_refused
from storage.engine.trouble import is_outage
from storage.engine.types import new_id
from storage.engine.work import Work
from storage.queries.messages import notices, rate_limits, sending
from storage.queries.messages.sending import LONGEST_WAIT, Lease, Named, Sent, Words
from storage.tables import Notice, SentMessage, Workspace

MESSAGES = "messages"
"""Under this name a notice that cannot be rendered is reported to the admins."""

TOGETHER = 10
"""Most deliveries that share a transaction: rendering their messages takes a few ms, for which the first of them waits."""


class OvertakenError(Exception):
    """Another sender holds the lease or has recorded where the message is: this sender's work no longer counts."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that has begun: its lease, and the message if it has been rendered."""

    lease: Lease
    content: Content | None = None

    @property
    def is_attempted(self) -> bool:
        """Whether the attempt to post it is recorded with the lease."""
        return self.lease.is_attempted


class Ledger:
    """Write each step in one short transaction that checks the lease first. Deliveries at the same time share transactions.

    Raise OvertakenError when the lease is lost; then nothing was written.
    """

    def __init__(self, office: Office, workspace: Workspace, compose: Compose) -> None:
        self.office = office
        self.workspace = workspace
        self._compose = compose
        self._beginnings = Gathered(self._begin, TOGETHER)
        self._posts = Gathered(self._record_each_posted, TOGETHER)

    async def take_lease(self, notice_id: UUID) -> Begun | None:
        """Take the lease; None when nothing is to be sent now or another sender holds the notice.

        An urgent message has been rendered just before. Unless an earlier attempt is in doubt, the attempt to post it is
        recorded with the lease. Other messages, such as digests, read much, and would hold up the urgent ones.
        """
        return await self._beginnings(notice_id)

    async def record_rate_limit(self, method: str, until: datetime) -> None:
        """Record for all processes that Slack asked to wait."""
        async with self.office.desk(self.workspace) as desk:
            await rate_limits.save(desk.session, self.workspace.id, method, until)

    async def renew_lease(self, lease: Lease) -> None:
        """Renew the lease before a request that is safe to repeat."""
        await self._record(lambda desk: sending.renew_lease(desk.session, lease, desk.now))

    async def release_lease(self, lease: Lease) -> None:
        """Give the lease back if this sender still holds it."""
        async with self.office.desk(self.workspace) as desk:
            await sending.release_lease(desk.session, lease, now=desk.now)

    async def record_attempt(self, lease: Lease, channel: str) -> None:
        """Record an attempt to post: until its answer is recorded, the message may or may not exist."""
        if lease.is_attempted:
            return
        async with self.office.database.transaction() as session:
            held = await sending.record_attempt(session, lease, channel, self.office.clock.now())
        if not held:
            raise OvertakenError

    async def record_found(self, lease: Lease, posted: PostedMessage) -> None:
        """Record the message that an earlier attempt posted. The lease goes on."""
        place = {"channel_id": posted.channel, "ts": posted.ts}
        await self._record(lambda desk: sending.record_found(desk.session, lease, now=desk.now, **place))

    async def record_posted(self, lease: Lease, posted: PostedMessage, content: Content, shown: str | None) -> bool:
        """Record a new message with this content, and what it says of loans. Return whether it is the notice's message.

        It is not when another sender, which took the lease meanwhile, posted one first.
        """
        place = (posted.channel, posted.ts)
        return await self._posts(Sent(lease, *place, content.revision, shown, content.words, content.named))

    async def record_updated(
        self, lease: Lease, posted: PostedMessage, revision: int, shown: str | None, content: Content | None = None
    ) -> None:
        """Record that the existing message shows this revision, and what (None: that is uncertain); `content` is what Slack was
        sent now.

        A sender that was overtaken may have replaced a newer state with an older one: request another update.
        """
        async with self.office.desk(self.workspace) as desk:
            place = {"channel_id": posted.channel, "ts": posted.ts, "now": desk.now}
            recorded = await sending.record_sent(desk.session, lease, revision=revision, shown_digest=shown, **place)
            if content is not None:
                said = (content.words, content.named)
                sent = Sent(lease, posted.channel, posted.ts, revision, shown, *said)
                await self._keep_words(desk.session, [sent], desk.now)
            if not recorded:
                await sending.forget_shown(desk.session, lease.notice_id)
                await notices.touch(desk.session, [lease.notice_id], desk.now)
        if not recorded:
            raise OvertakenError

    async def record_words(self, lease: Lease, posted: PostedMessage, words: Words, named: Named | None) -> None:
        """Record what a message says of loans that was found in Slack after its answer was lost."""
        async with self.office.database.transaction() as session:
            sent = Sent(lease, posted.channel, posted.ts, posted.revision, None, words, named)
            await self._keep_words(session, [sent], posted.at)

    async def record_deleted(self, lease: Lease) -> None:
        """Record that the message was deleted in Slack: a new one is to be posted."""
        await self._record(lambda desk: sending.record_deleted(desk.session, lease, desk.now))

    async def record_settled(self, lease: Lease, revision: int) -> None:
        """Record that the existing message stays as it is."""
        await self._record(lambda desk: sending.record_settled(desk.session, lease, revision=revision, now=desk.now))

    async def record_dropped(self, lease: Lease, revision: int) -> None:
        """Record that the notice need not be sent."""
        await self._record(lambda desk: sending.record_dropped(desk.session, lease, revision=revision, now=desk.now))

    async def record_gave_up(self, lease: Lease, error: str) -> None:
        """Record that the notice cannot be sent."""
        await self._record(lambda desk: sending.record_gave_up(desk.session, lease, error=error, now=desk.now))

    async def record_postponed(
        self, lease: Lease, until: datetime, error: str, *, known_unsent: bool, failed: bool = False
    ) -> None:
        """Schedule the next attempt at `until`, or after `LONGEST_WAIT` if that is sooner.

        `known_unsent`: the attempt certainly posted nothing. `failed`: it counts as a failure.
        """
        facts = {"error": error, "known_unsent": known_unsent, "failed": failed}
        await self._record(
            lambda desk: sending.record_postponed(
                desk.session, lease, until=min(until, desk.now + LONGEST_WAIT), **facts
            )
        )

    async def record_not_composed(self, lease: Lease, error: BaseException) -> None:
        """Have the admins told of a notice that cannot be rendered; it is tried again all the same."""
        async with self.office.desk(self.workspace) as desk:
            notice = await desk.session.get_one(Notice, lease.notice_id)
            if notice.kind != kinds.SET_ASIDE.name:
                await set_aside(desk, MESSAGES, notice.id, error)

    async def record_tables_refused(self) -> None:
        """Record that Slack refused a table or chart in this workspace."""
        async with self.office.desk(self.workspace) as desk:
            await record_tables_refused(desk)

    async def record_channel_lost(
        self, lease: Lease, channel: str, revision: int, failure: SlackRequestError
    ) -> Fallback:
        """Record that `channel` accepts nothing more: a posted message stays, an unposted one goes to the fallback reader."""
        async with self.office.desk(self.workspace) as desk:
            notice = await desk.session.get_one(Notice, lease.notice_id)
            fallback = await handle_lost_channel(desk, notice, channel=channel, error=failure.error)
            session, now = desk.session, desk.now
            if lease.ts is not None:
                held = await sending.record_settled(session, lease, revision=revision, now=now)
            elif fallback is Fallback.ELSEWHERE:
                held = await sending.record_postponed(
                    session, lease, until=now, error=failure.error, known_unsent=True, failed=False
                )
            elif fallback is Fallback.REPLACED:
                held = await sending.record_dropped(session, lease, revision=revision, now=now)
            else:
                held = await sending.record_gave_up(session, lease, error=failure.error, now=now)
            if not held:
                raise OvertakenError
            return fallback

    async def _begin(self, notice_ids: Sequence[UUID]) -> list[Begun | None]:
        try:
            contents = await self._render_urgent(notice_ids)
        except Exception as error:
            if is_outage(error) or len(notice_ids) > 1:
                raise
            contents = {}  # a statement of its message failed: it is rendered again, and reported, on its own
        begun: dict[UUID, Begun] = {}
        async with self.office.database.transaction() as session:
            now = self.office.clock.now()
            for notice in await sending.take_leases(session, self.workspace.id, notice_ids, now):
                begun[notice.id] = _begun(notice, contents.get(notice.id))
            channels = {
                one.lease: one.content.channel or "" for one in begun.values() if one.is_attempted and one.content
            }
            await sending.record_attempts(session, channels, now)
        return [begun.get(notice_id) for notice_id in notice_ids]

    async def _render_urgent(self, notice_ids: Sequence[UUID]) -> dict[UUID, Content]:
        """Return the contents of the urgent ones, as far as they could be rendered."""
        contents: dict[UUID, Content] = {}
        async with self.office.reading_desk(self.workspace) as desk:
            urgent = [one for one in await notices.with_ids(desk.session, notice_ids) if one.urgent]
            await read_together(desk, urgent)
            for notice in urgent:
                with contextlib.suppress(ComposeError):
                    contents[notice.id] = await content_of(desk, self._compose, notice, sending.lease_of(notice))
        return contents

    async def _record_each_posted(self, sent: Sequence[Sent]) -> list[bool]:
        async with self.office.database.transaction() as session:
            now = self.office.clock.now()
            recorded = await sending.record_each_sent(session, sent, now)
            counts = [one.lease.notice_id in recorded or await self._claim(session, one, now) for one in sent]
            await self._keep_words(session, itertools.compress(sent, counts), now)
            return counts

    async def _claim(self, session: Work, sent: Sent, now: datetime) -> bool:
        await sending.release_lease(session, sent.lease, now=now)
        return await sending.claim_post(session, sent.lease.notice_id, channel_id=sent.channel_id, ts=sent.ts, now=now)

    async def _keep_words(self, session: Work, sent: Iterable[Sent], at: datetime) -> None:
        sent = tuple(sent)
        await sending.keep_words(session, [self._row(one, at, *part) for one in sent for part in one.words])
        for one in sent:
            if (named := one.named) is not None:
                place = {"notice_id": one.lease.notice_id, "channel": one.channel_id}
                session.add(digest_entry(self.workspace.id, at, named.reader_id, named.roles, named.loans, **place))

    def _row(self, sent: Sent, at: datetime, loan_id: UUID, words: str) -> SentMessage:
        row_id = new_id()
        return SentMessage(
            id=row_id,
            workspace_id=self.workspace.id,
            loan_id=loan_id,
            notice_id=sent.lease.notice_id,
            revision=sent.revision,
            at=at,
            channel_id=sent.channel_id,
            ts=sent.ts,
            words_cipher=self.office.cipher.encrypt(SentMessage.words_cipher, row_id, words),
        )

    async def _record(self, step: Callable[[Desk], Awaitable[bool]]) -> None:
        async with self.office.desk(self.workspace) as desk:
            if not await step(desk):
                raise OvertakenError


def _begun(notice: Notice, content: Content | None) -> Begun:
    """Return the attempt at a notice with a new lease. A change since its message was rendered is sent after it."""
    lease = sending.lease_of(notice)
    if content is None or content.ts != notice.ts or (lease.ts is None and lease.tried_at is not None):
        return Begun(lease)
    posts = lease.ts is None and content.channel is not None and content.message is not None
    return Begun(replace(lease, is_attempted=posts), content)
