"""Send what each channel is owed, in order and at the channel's pace, one round at a time."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from uuid import UUID

import structlog

from bot import monitoring
from bot.delivery.held_rounds import HeldRounds, OpenRound, announce
from bot.delivery.sender import Outcome, Sender
from desk.core.dataclass import dataclass
from storage.engine.trouble import is_outage, log_fields
from storage.queries.messages import rate_limits, rounds, sending
from storage.queries.messages.rounds import EACH, OwedNotice, Round
from storage.queries.messages.sending import LONGEST_WAIT

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast messages are sent.

    `message_seconds` is the pause after a message in its channel: Slack allows one a second and channel.
    `digests_per_second` is for all channels of this process together: most of what Slack allows in a workspace (several
    hundred messages a minute) is left to urgent notices. A round waits `linger_seconds` for more before it ends, and takes at
    most `longest_seconds`. Our rows are looked at every `scan_seconds`, the engine's queue every `poll_seconds`. `rounds` are at
    most open at once in a process, and `requests` of them at most use the database or Slack.
    """

    message_seconds: float = 1.0
    digests_per_second: float = 3.0
    linger_seconds: float = 10.0
    longest_seconds: float = 600.0
    scan_seconds: float = 0.5
    poll_seconds: float = 0.5
    failure_seconds: float = 1.0
    rounds: int = 500
    requests: int = 20


class Rounds:
    """The rounds of one process. `look` finds out what is owed and begins rounds, `run` works on one."""

    def __init__(self, sender: Sender, pace: Pace) -> None:
        self._sender = sender
        self._pace = pace
        self._owed: dict[str, list[OwedNotice]] = {}
        self._sending: set[UUID] = set()
        self._tried: set[UUID] = set()  # since the last look, which may not have seen it
        self._requests = asyncio.Semaphore(pace.requests)
        self._held = HeldRounds(sender.office, sender.workspace, pace.rounds, self._requests)
        self._digests = _DigestLimit(pace.digests_per_second)
        self._crowded = False
        self._stopping = asyncio.Event()

    async def look(self) -> list[Round]:
        """Tell the open rounds what their channels are owed, and begin a round in each other channel that is owed something.

        Return the new rounds. Each must be run, by this or another process, before its lease ends.
        """
        office, workspace = self._sender.office, self._sender.workspace
        now = office.clock.now()
        self._tried = set(self._sending)
        async with office.database.reading() as session:
            found = await rounds.owed(session, workspace.id, now, EACH * self._pace.rounds)
            busy: set[str] = set()
            if any(not notice.urgent for notice in found):
                busy = await sending.channels_with_urgent(session, workspace.id, now)
            self._sender.heed(await rate_limits.present(session, workspace.id, now))
        admitted = self._digests.admit(
            [one.notice_id for one in found if not one.urgent and one.channel not in busy],
            asyncio.get_running_loop().time(),
        )
        chosen = [one for one in found if one.urgent or one.notice_id in admitted]
        self._take_note(chosen)
        idle = list(dict.fromkeys(one.channel for one in chosen if not one.held and one.channel not in self._held))
        room = max(0, self._pace.rounds - len(self._held))
        self._crowded = len(idle) > room
        announce(self._held.every() if self._crowded else self._with_news())
        await self._held.renew(now)
        return await self._held.begin(idle[:room], now)

    async def run(self, channel: str, number: int) -> int:
        """Send what the channel is owed until nothing is, Slack asks to wait, or the round is over. Return the attempts made."""
        mine = await self._held.enter(channel, number)
        if mine is None:
            return 0
        try:
            attempts, wait_until = await self._send(mine)
        finally:
            self._held.leave(mine)
        await self._held.end(mine, wait_until)
        return attempts

    def stop(self) -> None:
        """Have the open rounds finish the message they are at, and end."""
        self._stopping.set()
        announce(self._held.every())

    async def _send(self, mine: OpenRound) -> tuple[int, datetime | None]:
        """Return the attempts made, and until when the channel must wait."""
        clock, loop = self._sender.office.clock, asyncio.get_running_loop()
        ends_at = loop.time() + self._pace.longest_seconds
        attempts = 0
        while mine.is_held(clock.now()) and loop.time() < ends_at and not self._stopping.is_set():
            notice = self._next(mine.channel)
            if notice is None:
                if not await self._hears_of_more(mine):
                    break
                continue
            attempts += 1
            async with self._requests:
                outcome = await self._attempt(notice.notice_id)
            if outcome is None:
                await self._pause(self._pace.failure_seconds)
            elif outcome.wait_until is not None:
                return attempts, min(outcome.wait_until, clock.now() + LONGEST_WAIT)
            elif outcome.result.reached_slack:
                await self._pause(self._pace.message_seconds)
        return attempts, None

    async def _attempt(self, notice_id: UUID) -> Outcome | None:
        """Return the outcome, or None when the database fails or we made a mistake: then the notice's lease expires."""
        self._tried.add(notice_id)
        self._sending.add(notice_id)
        try:
            return await self._sender.deliver(notice_id)
        except Exception as error:
            monitoring.DELIVERIES.labels("database_trouble" if is_outage(error) else "error").inc()
            log.error("delivery_failed", notice=str(notice_id), **log_fields(error))
            return None
        finally:
            self._sending.discard(notice_id)

    def _next(self, channel: str) -> OwedNotice | None:
        """Return what is to be sent next, or None when nothing is known."""
        known = self._owed.get(channel, [])
        while known:
            notice = known.pop(0)
            if notice.notice_id not in self._tried:
                return notice
        return None

    async def _hears_of_more(self, mine: OpenRound) -> bool:
        mine.news.clear()
        return not self._crowded and await mine.hears_of_more(self._pace.linger_seconds)

    async def _pause(self, seconds: float) -> None:
        if seconds:
            try:
                async with asyncio.timeout(seconds):
                    await self._stopping.wait()
            except TimeoutError:
                return

    def _take_note(self, found: Iterable[OwedNotice]) -> None:
        by_channel: dict[str, list[OwedNotice]] = defaultdict(list)
        for notice in found:
            if notice.notice_id not in self._tried:
                by_channel[notice.channel].append(notice)
        self._owed = dict(by_channel)

    def _with_news(self) -> Iterable[OpenRound]:
        return (one for one in self._held.every() if one.channel in self._owed)


@dataclass(slots=True)
class _DigestLimit:
    """Let through so many digests a second, the first that are pending first."""

    per_second: float
    _saved: float = 1.0
    _at: float | None = None
    _admitted: set[UUID] = field(default_factory=set[UUID])

    def admit(self, pending: list[UUID], now: float) -> set[UUID]:
        """Return which of the pending digests may be sent now."""
        earned = (now - self._at) * self.per_second if self._at is not None else 0.0
        self._at, self._saved = now, min(self._saved + earned, max(1.0, self.per_second))
        self._admitted &= set(pending)
        for notice_id in pending:
            if self._saved < 1.0:
                break
            if notice_id not in self._admitted:
                self._admitted.add(notice_id)
                self._saved -= 1.0
        return self._admitted
