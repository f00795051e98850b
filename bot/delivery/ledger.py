"""A sender's side of the notice rows: each method is one short transaction that compares the lease first."""

from datetime import datetime
from uuid import UUID

from bot.delivery.errors import SlackRequestError
from bot.delivery.slack_api import PostedMessage
from desk.core.transaction import Office
from desk.messages import notices as desk_notices
from desk.messages.notices import Fallback, native_refused
from storage.queries.messages import notices, sending
from storage.queries.messages.sending import LONGEST_WAIT, Lease
from storage.tables import Notice, Workspace


class OvertakenError(Exception):
    """Somebody else has the lease, or has said where the message stands: what this sender does no longer counts."""


class Ledger:
    """Raises OvertakenError from every method that finds the lease lost; then nothing was written."""

    def __init__(self, office: Office, workspace: Workspace) -> None:
        self._office = office
        self._workspace = workspace

    async def take_lease(self, notice_id: UUID) -> Lease | None:
        """The lease, or None when nothing is owed now or somebody has it."""
        async with self._office.desk(self._workspace) as desk:
            return await sending.take_lease(desk.session, notice_id, desk.now)

    async def renew_lease(self, lease: Lease) -> None:
        """Before a call that may be made twice."""
        async with self._office.desk(self._workspace) as desk:
            _require_lease(await sending.renew_lease(desk.session, lease, desk.now))

    async def record_attempt(self, lease: Lease, channel: str) -> None:
        """Before a post: until its answer is recorded, nobody knows whether it was done."""
        async with self._office.desk(self._workspace) as desk:
            _require_lease(await sending.record_attempt(desk.session, lease, channel, desk.now))

    async def record_found(self, lease: Lease, posted: PostedMessage) -> None:
        """An earlier attempt's message stands there. The lease goes on."""
        async with self._office.desk(self._workspace) as desk:
            _require_lease(
                await sending.record_found(desk.session, lease, channel_id=posted.channel, ts=posted.ts, now=desk.now)
            )

    async def record_posted(self, lease: Lease, posted: PostedMessage, revision: int) -> bool:
        """The message was posted there and shows that revision.

        A sender that was overtaken learns what becomes of its message. True: it was quicker to post than whoever overtook
        it, so it is the notice's; False: there is another one.
        """
        async with self._office.desk(self._workspace) as desk:
            where = {"channel_id": posted.channel, "ts": posted.ts, "now": desk.now}
            if await sending.record_sent(desk.session, lease, revision=revision, **where):
                return True
            await sending.release_lease(desk.session, lease, now=desk.now)
            return await sending.claim_post(desk.session, lease.notice_id, **where)

    async def record_updated(self, lease: Lease, posted: PostedMessage, revision: int) -> None:
        """The message that stands there shows that revision.

        Whoever was overtaken may have put an older state over a newer one: the message is wanted rewritten.
        """
        async with self._office.desk(self._workspace) as desk:
            recorded = await sending.record_sent(
                desk.session, lease, revision=revision, channel_id=posted.channel, ts=posted.ts, now=desk.now
            )
            if not recorded:
                await notices.touch(desk.session, [lease.notice_id], desk.now)
        _require_lease(recorded)

    async def release_lease(self, lease: Lease) -> None:
        """Gives the lease back, if it is still this one."""
        async with self._office.desk(self._workspace) as desk:
            await sending.release_lease(desk.session, lease, now=desk.now)

    async def record_deleted(self, lease: Lease) -> None:
        """The message was deleted in Slack: a new one is owed."""
        async with self._office.desk(self._workspace) as desk:
            _require_lease(await sending.record_deleted(desk.session, lease, desk.now))

    async def record_settled(self, lease: Lease, revision: int) -> None:
        """The message that stands stays as it is."""
        async with self._office.desk(self._workspace) as desk:
            _require_lease(await sending.record_settled(desk.session, lease, revision=revision, now=desk.now))

    async def record_dropped(self, lease: Lease, revision: int) -> None:
        """It need not be sent."""
        async with self._office.desk(self._workspace) as desk:
            _require_lease(await sending.record_dropped(desk.session, lease, revision=revision, now=desk.now))

    async def record_gave_up(self, lease: Lease, error: str) -> None:
        """It cannot be sent."""
        async with self._office.desk(self._workspace) as desk:
            _require_lease(await sending.record_gave_up(desk.session, lease, error=error, now=desk.now))

    async def record_postponed(
        self, lease: Lease, until: datetime, error: str, *, known_unsent: bool, failed: bool = False
    ) -> None:
        """It is tried again at `until`, or after `LONGEST_WAIT` if that is sooner.

        `known_unsent`: the attempt has certainly posted nothing.
        """
        async with self._office.desk(self._workspace) as desk:
            _require_lease(
                await sending.record_postponed(
                    desk.session,
                    lease,
                    until=min(until, desk.now + LONGEST_WAIT),
                    error=error,
                    known_unsent=known_unsent,
                    failed=failed,
                )
            )

    async def record_native_refused(self) -> None:
        """Slack refused a table or chart in this workspace."""
        async with self._office.desk(self._workspace) as desk:
            await native_refused(desk)

    async def record_channel_lost(
        self, lease: Lease, channel: str, revision: int, failure: SlackRequestError
    ) -> Fallback:
        """Nothing can be sent to `channel`: what stands there stays, what does not goes to whoever reads it instead."""
        async with self._office.desk(self._workspace) as desk:
            notice = await desk.session.get_one(Notice, lease.notice_id)
            fallback = await desk_notices.channel_lost(desk, notice, channel=channel, error=failure.error)
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
            _require_lease(held)
            return fallback


def _require_lease(held: bool, /) -> None:
    if not held:
        raise OvertakenError
