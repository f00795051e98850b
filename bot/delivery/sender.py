"""One attempt to bring one notice to its present state in Slack."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot import metrics
from bot.delivery.calls import CALL_SECONDS, SlackCalls, Standing
from bot.delivery.errors import CallFailed, Verdict
from bot.delivery.ledger import Ledger, OvertakenError
from desk.core.transaction import Desk, Office
from desk.messages.notices import Fallback, destination, locale_for
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.reminders import add_repeat_warning
from storage.queries.messages.sending import NOT_COMPOSED, Lease
from storage.tables import Notice, Workspace

log = structlog.get_logger()

Compose = Callable[[Desk, Notice], Awaitable[Message | None]]
"""Says what a notice says now, to whoever reads it.

None, before it was posted (`ts` is None): it was settled, and nothing is sent. None, while it stands: it stays as it is.
"""

LONGEST_BACKOFF = timedelta(minutes=1)
"""Between two attempts at a notice that fails."""

STOPPED_PAUSE = timedelta(minutes=10)
"""Between two attempts while Slack lets the bot do nothing in the workspace."""

PLAIN_LIMIT = 3800
"""Characters of a plain fallback: `chat.update` refuses more than 4,000."""


class Result(Enum):
    """What came of an attempt."""

    NOTHING_OWED = "nothing_owed"
    POSTED = "posted"
    UPDATED = "updated"
    FOUND = "found"
    SETTLED = "settled"
    DROPPED = "dropped"
    POSTPONED = "postponed"
    OVERTAKEN = "overtaken"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is to be said now, and where. `channel` None: nowhere; `message` None: nothing."""

    notice_id: UUID
    mark: UUID
    kind: str
    meant_for: datetime
    revision: int
    channel: str | None
    message: Message | None


class Sender:
    """Sends the notices of one workspace. No transaction is open while Slack is being called.

    Each attempt takes a lease, compares it before each call and when it writes down what came of the call; so of two
    senders one loses, changes nothing, and takes back what it may have posted.
    """

    def __init__(
        self,
        office: Office,
        client: AsyncWebClient,
        workspace: Workspace,
        compose: Compose,
        *,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self.office = office
        self.workspace = workspace
        self._compose = compose
        self._calls = SlackCalls(client, office.clock, call_seconds=call_seconds)
        self._ledger = Ledger(office, workspace)

    async def attempt(self, notice_id: UUID) -> Result:
        """Makes one attempt. Raises only what the database raises; then the lease runs out, and another attempt follows."""
        lease = await self._ledger.take(notice_id)
        if lease is None:
            metrics.DELIVERIES.labels(Result.NOTHING_OWED.value).inc()
            return Result.NOTHING_OWED
        try:
            result = await self._deliver(lease)
        except OvertakenError:
            await self._ledger.release(lease)
            result = Result.OVERTAKEN
        metrics.DELIVERIES.labels(result.value).inc()
        say = log.debug if result is Result.POSTPONED else log.info
        say("delivery", notice=str(notice_id), attempt=lease.fence, result=result.value)
        return result

    async def _deliver(self, lease: Lease) -> Result:
        closed = self._calls.closed_until("chat.update" if lease.ts else "chat.postMessage")
        if closed is not None:
            await self._ledger.postponed(lease, closed, "paused", known_unsent=True)
            return Result.POSTPONED
        letter = None
        try:
            lease, found, unsure = await self._look_when_doubtful(lease)
            letter = await self._write(lease, unsure=unsure)
            if lease.ts is None:
                return await self._send_first(lease, letter)
            return await self._rewrite(lease, letter, found)
        except CallFailed as failure:
            return await self._failed(lease, failure, letter)
        except _ComposeError as error:
            log.exception("notice_not_composed", notice=str(lease.notice_id), exc_info=error.__cause__)
            until = self.office.clock.now() + _backoff(lease)
            await self._ledger.postponed(lease, until, NOT_COMPOSED, known_unsent=True, failed=True)
            return Result.POSTPONED

    async def _look_when_doubtful(self, lease: Lease) -> tuple[Lease, Standing | None, bool]:
        """Looks for an earlier attempt's message, only where its answer is unknown.

        Gives the lease, with what was found in it, and whether it could not be looked for at all.
        """
        if lease.ts is not None or lease.tried_at is None or lease.channel_id is None:
            return lease, None, False
        await self._ledger.before_calling(lease)
        try:
            own = await self._calls.find(lease.channel_id, lease.mark, lease.tried_at)
        except CallFailed as failure:
            if failure.verdict not in (Verdict.STOPPED, Verdict.TARGET_GONE):
                raise
            log.warning("doubtful_delivery_sent_again", notice=str(lease.notice_id), error=failure.error)
            return lease, None, True
        if not own:
            return lease, None, False
        first, *rest = own
        await self._ledger.found(lease, first)
        for extra in rest:
            await self._take_back(extra)
        return replace(lease, channel_id=first.channel, ts=first.ts, tried_at=None), first, False

    async def _write(self, lease: Lease, *, unsure: bool) -> _Letter:
        async with self.office.reading_desk(self.workspace) as desk:
            notice = await desk.session.get_one(Notice, lease.notice_id)
            revision = notice.wanted
            to = await destination(desk, notice)
            message = None
            if to is not None or lease.ts is not None:
                try:
                    message = await self._compose(desk, notice)
                except Exception as error:
                    raise _ComposeError from error
            if message is not None and unsure:
                locale = await locale_for(desk, notice, to.member if to is not None else None)
                message = add_repeat_warning(message, Translator(locale))
        return _Letter(
            notice_id=lease.notice_id,
            mark=lease.mark,
            kind=notice.kind,
            meant_for=_meant_for(notice),
            revision=revision,
            channel=to.channel if to is not None else None,
            message=message,
        )

    async def _send_first(self, lease: Lease, letter: _Letter) -> Result:
        if letter.channel is None or letter.message is None:
            await self._ledger.dropped(lease, letter.revision)
            return Result.DROPPED
        standing = await self._post(lease, letter, letter.channel, letter.message.with_tables or letter.message)
        if await self._ledger.posted(lease, standing, letter.revision):
            late = (self.office.clock.now() - letter.meant_for).total_seconds()
            metrics.LATENESS.labels(letter.kind).observe(max(0.0, late))
            return Result.POSTED
        await self._take_back(standing)
        return Result.OVERTAKEN

    async def _post(self, lease: Lease, letter: _Letter, channel: str, message: Message) -> Standing:
        with_key = True
        while True:
            await self._ledger.before_posting(lease, channel)
            try:
                return await self._calls.post(channel, message, letter.mark, letter.revision, with_key=with_key)
            except CallFailed as failure:
                if failure.verdict is Verdict.KEY_REFUSED and with_key:
                    with_key = False
                elif failure.verdict is Verdict.OUR_FAULT and message.blocks:
                    message = await self._simpler(letter, message, failure)
                else:
                    raise

    async def _rewrite(self, lease: Lease, letter: _Letter, found: Standing | None) -> Result:
        standing = Standing(lease.channel_id or "", lease.ts or "")
        if found is not None and found.revision == letter.revision:
            await self._ledger.shows(lease, standing, letter.revision)
            return Result.FOUND
        if letter.message is None:
            await self._ledger.settled(lease, letter.revision)
            return Result.SETTLED
        await self._update(lease, letter, standing, letter.message.with_tables or letter.message)
        await self._ledger.shows(lease, standing, letter.revision)
        return Result.UPDATED

    async def _update(self, lease: Lease, letter: _Letter, standing: Standing, message: Message) -> None:
        await self._ledger.before_calling(lease)
        try:
            await self._calls.update(standing, message, letter.mark, letter.revision)
        except CallFailed as failure:
            if failure.verdict is not Verdict.OUR_FAULT or not message.blocks:
                raise
            await self._update(lease, letter, standing, await self._simpler(letter, message, failure))

    async def _simpler(self, letter: _Letter, message: Message, failure: CallFailed) -> Message:
        """What is said instead of a message that Slack refuses: the same without tables and charts, then in words alone."""
        if letter.message is None or message is not letter.message.with_tables:
            return _plain(letter, message, failure)
        log.warning("slack_refuses_tables", notice=str(letter.notice_id), kind=letter.kind, error=failure.error)
        if failure.error.startswith("invalid_blocks"):
            await self._ledger.native_refused()
        return letter.message

    async def _take_back(self, standing: Standing) -> None:
        try:
            await self._calls.delete(standing)
        except CallFailed as failure:
            log.error("repeat_not_taken_back", channel=standing.channel, ts=standing.ts, error=failure.error)

    async def _failed(self, lease: Lease, failure: CallFailed, letter: _Letter | None) -> Result:
        match failure.verdict:
            case Verdict.WAIT:
                await self._ledger.postponed(lease, failure.until, failure.error, known_unsent=True)
            case Verdict.STOPPED:
                log.error("slack_lets_the_bot_do_nothing", error=failure.error)
                until = failure.at + STOPPED_PAUSE
                await self._ledger.postponed(lease, until, failure.error, known_unsent=True, failed=True)
            case Verdict.MESSAGE_GONE if lease.ts is not None:
                await self._ledger.gone(lease)
            case Verdict.FROZEN if letter is not None:
                await self._ledger.settled(lease, letter.revision)
                return Result.SETTLED
            case Verdict.TARGET_GONE if letter is not None:
                return await self._channel_lost(lease, failure, letter)
            case Verdict.OUR_FAULT | Verdict.KEY_REFUSED:
                log.error("slack_refuses_our_message", notice=str(lease.notice_id), error=failure.error)
                await self._ledger.gave_up(lease, failure.error)
                return Result.GAVE_UP
            case verdict:
                until, unsent = max(failure.until, failure.at + _backoff(lease)), verdict is Verdict.UNREACHED
                await self._ledger.postponed(lease, until, failure.error, known_unsent=unsent, failed=True)
        return Result.POSTPONED

    async def _channel_lost(self, lease: Lease, failure: CallFailed, letter: _Letter) -> Result:
        channel = (lease.channel_id if lease.ts else letter.channel) or ""
        log.warning("channel_lost", channel=channel, error=failure.error)
        fallback = await self._ledger.channel_lost(lease, channel, letter.revision, failure)
        if lease.ts is not None:
            return Result.SETTLED
        results = {Fallback.ELSEWHERE: Result.POSTPONED, Fallback.REPLACED: Result.DROPPED}
        return results.get(fallback, Result.GAVE_UP)


class _ComposeError(Exception):
    """The message could not be made: our bug."""


def _meant_for(notice: Notice) -> datetime:
    """A reminder's instant; of what is not due at an instant, when it came to be owed."""
    due = notice.facts.get("for")
    return datetime.fromisoformat(due) if due else notice.created_at


def _plain(letter: _Letter, message: Message, failure: CallFailed) -> Message:
    log.error("slack_refuses_our_blocks", notice=str(letter.notice_id), kind=letter.kind, error=failure.error)
    return Message(text=message.text[:PLAIN_LIMIT], blocks=[])


def _backoff(lease: Lease) -> timedelta:
    return min(timedelta(seconds=2 * 2 ** min(lease.failures, 10)), LONGEST_BACKOFF)
