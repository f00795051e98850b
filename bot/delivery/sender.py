"""Bring notices to their current state in Slack, one attempt at a time."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot import monitoring
from bot.delivery.contents import Compose, ComposeError, Content, content_of
from bot.delivery.errors import SlackRequestError, Verdict
from bot.delivery.ledger import Ledger, OvertakenError
from bot.delivery.slack_api import REQUEST_SECONDS, PostedMessage, SlackApi
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.messages.lost_channels import Fallback
from handlers.messages.block_kit.message import Message
from storage.engine.trouble import is_outage, log_fields
from storage.queries.messages import rate_limits, sending
from storage.queries.messages.sending import NOT_COMPOSED, Lease
from storage.tables import Notice, Workspace

log = structlog.get_logger()

LONGEST_BACKOFF = timedelta(minutes=1)
"""The longest pause between two attempts at a failing notice."""

STOPPED_PAUSE = timedelta(minutes=10)
"""The pause between two attempts while Slack lets the bot do nothing."""

AT_ONCE = 500
"""Most pending notices read at once."""

PLAIN_LIMIT = 3800
"""Longest plain fallback in characters: `chat.update` refuses more than 4,000."""


class Result(Enum):
    """The result of an attempt."""

    NOTHING_OWED = "nothing_owed"
    POSTED = "posted"
    UPDATED = "updated"
    FOUND = "found"
    SETTLED = "settled"
    DROPPED = "dropped"
    POSTPONED = "postponed"
    OVERTAKEN = "overtaken"
    GAVE_UP = "gave_up"

    @property
    def reached_slack(self) -> bool:
        """Whether Slack may have been sent a message, which counts against its limits."""
        return self not in (Result.NOTHING_OWED, Result.SETTLED, Result.DROPPED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `wait_until`: Slack asked to wait or did not answer, and nothing is to be sent before."""

    result: Result
    wait_until: datetime | None = None


class Sender:
    """Send the notices of one workspace. No transaction is open during a request to Slack.

    Each attempt takes a lease, and checks it before each request and when it records the result. Of two senders one
    loses: it changes nothing, and deletes what it may have posted.
    """

    def __init__(
        self,
        office: Office,
        client: AsyncWebClient,
        workspace: Workspace,
        compose: Compose,
        *,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        self.office = office
        self.workspace = workspace
        self._compose = compose
        self._slack = SlackApi(client, office.clock, request_seconds=request_seconds)
        self._ledger = Ledger(office, workspace, compose)

    async def attempt(self, notice_id: UUID) -> Result:
        """Make one attempt. Only database errors are raised; then the lease expires, and another attempt follows."""
        return (await self.deliver(notice_id)).result

    async def deliver(self, notice_id: UUID) -> Outcome:
        """Make one attempt as `attempt` does, and return what came of it."""
        begun = await self._ledger.take_lease(notice_id)
        if begun is None:
            monitoring.DELIVERIES.labels(Result.NOTHING_OWED.value).inc()
            return Outcome(Result.NOTHING_OWED)
        lease = begun.lease
        try:
            outcome = await self._deliver(lease, begun.content)
        except OvertakenError:
            await self._ledger.release_lease(lease)
            outcome = Outcome(Result.OVERTAKEN)
        result = outcome.result
        monitoring.DELIVERIES.labels(result.value).inc()
        say = log.debug if result is Result.POSTPONED else log.info
        say("delivery", notice=str(notice_id), attempt=lease.fence, result=result.value)
        return outcome

    def heed(self, limits: Mapping[str, datetime]) -> None:
        """Leave these methods of Slack's API alone until then: Slack asked another process to wait."""
        self._slack.heed(limits)

    async def deliver_pending(self) -> int:
        """Make one attempt at each pending notice, one after the other, and return how many attempts were made."""
        async with self.office.database.reading() as session:
            now = self.office.clock.now()
            pending = await sending.pending(session, self.workspace.id, now, AT_ONCE)
            self.heed(await rate_limits.present(session, self.workspace.id, now))
        results = [await self._attempt_or_log(one.notice_id) for one in pending]
        return sum(result is not Result.NOTHING_OWED for result in results)

    async def _attempt_or_log(self, notice_id: UUID) -> Result:
        try:
            return await self.attempt(notice_id)
        except Exception as error:
            if is_outage(error):
                raise
            log.error("delivery_failed", notice=str(notice_id), **log_fields(error))
            return Result.POSTPONED

    async def _deliver(self, lease: Lease, content: Content | None) -> Outcome:
        blocked_until = self._slack.open_until("chat.update" if lease.ts else "chat.postMessage")
        if blocked_until is not None:
            await self._ledger.record_postponed(lease, blocked_until, "paused", known_unsent=True)
            return Outcome(Result.POSTPONED, blocked_until)
        try:
            lease, found, maybe_repeat = await self._search_if_doubtful(lease)
            content = content or await self._render(lease, maybe_repeat=maybe_repeat)
            if lease.ts is None:
                return Outcome(await self._send_first(lease, content))
            return Outcome(await self._send_update(lease, content, found))
        except SlackRequestError as failure:
            return await self._failed(lease, failure, content)
        except ComposeError as error:
            log.exception("notice_not_composed", notice=str(lease.notice_id), exc_info=error.__cause__)
            await self._ledger.record_not_composed(lease, error.__cause__ or error)
            until = self.office.clock.now() + _backoff(lease)
            await self._ledger.record_postponed(lease, until, NOT_COMPOSED, known_unsent=True, failed=True)
            return Outcome(Result.POSTPONED)

    async def _search_if_doubtful(self, lease: Lease) -> tuple[Lease, PostedMessage | None, bool]:
        """Search for the message of an earlier attempt whose outcome is unknown.

        Return the lease, updated with the message; the message; and whether the search was not permitted.
        """
        if lease.ts is not None or lease.tried_at is None or lease.channel_id is None:
            return lease, None, False
        await self._ledger.renew_lease(lease)
        try:
            own = await self._slack.find(lease.channel_id, lease.mark, lease.tried_at)
        except SlackRequestError as failure:
            if failure.verdict not in (Verdict.STOPPED, Verdict.TARGET_GONE):
                raise
            log.warning("doubtful_delivery_sent_again", notice=str(lease.notice_id), error=failure.error)
            return lease, None, True
        if not own:
            return lease, None, False
        first, *rest = own
        await self._ledger.record_found(lease, first)
        for extra in rest:
            await self._delete(extra)
        return replace(lease, channel_id=first.channel, ts=first.ts, tried_at=None), first, False

    async def _render(self, lease: Lease, *, maybe_repeat: bool) -> Content:
        async with self.office.reading_desk(self.workspace) as desk:
            notice = await desk.session.get_one(Notice, lease.notice_id)
            return await content_of(desk, self._compose, notice, lease, maybe_repeat=maybe_repeat)

    async def _send_first(self, lease: Lease, content: Content) -> Result:
        if content.channel is None or content.message is None:
            await self._ledger.record_dropped(lease, content.revision)
            return Result.DROPPED
        posted = await self._post(lease, content, content.channel, content.message.with_tables or content.message)
        shown = self._digest(content.message)
        if await self._ledger.record_posted(lease, posted, content, shown):
            late = (self.office.clock.now() - content.meant_for).total_seconds()
            monitoring.LATENESS.labels(content.kind).observe(max(0.0, late))
            return Result.POSTED
        await self._delete(posted)
        return Result.OVERTAKEN

    async def _post(self, lease: Lease, content: Content, channel: str, message: Message) -> PostedMessage:
        with_key = True
        while True:
            await self._ledger.record_attempt(lease, channel)
            lease = replace(lease, is_attempted=False)
            try:
                return await self._slack.post(channel, message, content.mark, content.revision, with_key=with_key)
            except SlackRequestError as failure:
                if failure.verdict is Verdict.KEY_REFUSED and with_key:
                    with_key = False
                elif failure.verdict is Verdict.OUR_FAULT and message.blocks:
                    message = await self._simpler(content, message, failure)
                else:
                    raise

    async def _send_update(self, lease: Lease, content: Content, found: PostedMessage | None) -> Result:
        posted = PostedMessage(lease.channel_id or "", lease.ts or "")
        if found is not None:
            await self._ledger.record_words(lease, found, content.words_of(found.text), content.named)
        if found is not None and found.revision == content.revision:
            await self._ledger.record_updated(lease, posted, content.revision, None)
            return Result.FOUND
        if content.message is None:
            await self._ledger.record_settled(lease, content.revision)
            return Result.SETTLED
        shown = self._digest(content.message)
        if shown == lease.shown_digest:
            await self._ledger.record_updated(lease, posted, content.revision, shown)
            return Result.SETTLED
        await self._update(lease, content, posted, content.message.with_tables or content.message)
        await self._ledger.record_updated(lease, posted, content.revision, shown, content)
        return Result.UPDATED

    def _digest(self, message: Message) -> str:
        shown = message.with_tables or message
        return self.office.cipher.digest("message", json.dumps([shown.text, shown.blocks], sort_keys=True)).hex()

    async def _update(self, lease: Lease, content: Content, posted: PostedMessage, message: Message) -> None:
        await self._ledger.renew_lease(lease)
        try:
            await self._slack.update(posted, message, content.mark, content.revision)
        except SlackRequestError as failure:
            if failure.verdict is not Verdict.OUR_FAULT or not message.blocks:
                raise
            await self._update(lease, content, posted, await self._simpler(content, message, failure))

    async def _simpler(self, content: Content, message: Message, failure: SlackRequestError) -> Message:
        """Return a simpler version of a refused message: first without tables and charts, then as plain text."""
        if content.message is None or message is not content.message.with_tables:
            return _plain(content, message, failure)
        log.warning("slack_refuses_tables", notice=str(content.notice_id), kind=content.kind, error=failure.error)
        if failure.error.startswith("invalid_blocks"):
            await self._ledger.record_tables_refused()
        return content.message

    async def _delete(self, posted: PostedMessage) -> None:
        try:
            await self._slack.delete(posted)
        except SlackRequestError as failure:
            log.error("repeat_not_taken_back", channel=posted.channel, ts=posted.ts, error=failure.error)

    async def _failed(self, lease: Lease, failure: SlackRequestError, content: Content | None) -> Outcome:
        match failure.verdict:
            case Verdict.WAIT:
                if failure.limited is not None:
                    await self._ledger.record_rate_limit(failure.limited, failure.until)
                await self._ledger.record_postponed(lease, failure.until, failure.error, known_unsent=True)
                return Outcome(Result.POSTPONED, failure.until)
            case Verdict.STOPPED:
                log.error("slack_lets_the_bot_do_nothing", error=failure.error)
                until = failure.at + STOPPED_PAUSE
                await self._ledger.record_postponed(lease, until, failure.error, known_unsent=True, failed=True)
            case Verdict.MESSAGE_GONE if lease.ts is not None:
                await self._ledger.record_deleted(lease)
            case Verdict.FROZEN if content is not None:
                await self._ledger.record_settled(lease, content.revision)
                return Outcome(Result.SETTLED)
            case Verdict.TARGET_GONE if content is not None:
                return Outcome(await self._channel_lost(lease, failure, content))
            case Verdict.OUR_FAULT | Verdict.KEY_REFUSED:
                log.error("slack_refuses_our_message", notice=str(lease.notice_id), error=failure.error)
                await self._ledger.record_gave_up(lease, failure.error)
                return Outcome(Result.GAVE_UP)
            case verdict:
                until, unsent = max(failure.until, failure.at + _backoff(lease)), verdict is Verdict.UNREACHED
                await self._ledger.record_postponed(lease, until, failure.error, known_unsent=unsent, failed=True)
                return Outcome(Result.POSTPONED, failure.until)
        return Outcome(Result.POSTPONED)

    async def _channel_lost(self, lease: Lease, failure: SlackRequestError, content: Content) -> Result:
        channel = (lease.channel_id if lease.ts else content.channel) or ""
        log.warning("channel_lost", channel=channel, error=failure.error)
        fallback = await self._ledger.record_channel_lost(lease, channel, content.revision, failure)
        if lease.ts is not None:
            return Result.SETTLED
        results = {Fallback.ELSEWHERE: Result.POSTPONED, Fallback.REPLACED: Result.DROPPED}
        return results.get(fallback, Result.GAVE_UP)


def _plain(content: Content, message: Message, failure: SlackRequestError) -> Message:
    log.error("slack_refuses_our_blocks", notice=str(content.notice_id), kind=content.kind, error=failure.error)
    return Message(text=message.text[:PLAIN_LIMIT], blocks=[])


def _backoff(lease: Lease) -> timedelta:
    return min(timedelta(seconds=2 * 2 ** min(lease.failures, 10)), LONGEST_BACKOFF)
