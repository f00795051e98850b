"""Trouble on demand: what Slack does now and then, done when a test asks for it."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from sandbox.bad_days import RETRY_SECONDS, BadDays

KINDS = ("500", "timeout", "429", "lost_answer", "slow")


@dataclass(slots=True)
class Fault:
    """What befalls the next `times` calls of a method (`*`: any), in one channel or all.

    kind: `500` (nothing stored) · `timeout` (nothing stored, never answered) · `429` with `retry_after` seconds ·
    `lost_answer` (done and stored, then the connection breaks) · `error:<name>` (Slack's answer with that error,
    nothing stored) · `slow` (done, answered after `delay` seconds). `delay` comes before the others too.
    """

    method: str
    kind: str
    times: int = 1
    channel: str | None = None
    retry_after: int = 1
    delay: float = 0.0

    def matches(self, method: str, channel: str) -> bool:
        return self.times > 0 and self.method in ("*", method) and self.channel in (None, channel)


class Faults:
    """The faults that are still to happen, the oldest first, and those of the bad days."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []
        self.bad_days = BadDays()
        self.released = asyncio.Event()

    def next(
        self,
        method: str,
        kind: str,
        *,
        times: int = 1,
        channel: str | None = None,
        retry_after: int = 1,
        delay: float = 0.0,
    ) -> Fault:
        """Plan a fault. Raises ValueError on an unknown kind."""
        if kind not in KINDS and not kind.startswith("error:"):
            raise ValueError(f"unknown kind of fault: {kind}; known are {', '.join(KINDS)} and error:<name>")
        fault = Fault(method, kind, times, channel, retry_after, delay)
        self.pending.append(fault)
        return fault

    def clear(self) -> None:
        """Plan nothing any more, and let go of the calls that are kept waiting."""
        self.pending.clear()
        self.released.set()
        self.released = asyncio.Event()

    def take(self, method: str, channel: str) -> Fault | None:
        """The fault for this call: the one that was planned for it, counted off, or what the bad days bring."""
        for fault in self.pending:
            if fault.matches(method, channel):
                fault.times -= 1
                if fault.times == 0:
                    self.pending.remove(fault)
                return fault
        if trouble := self.bad_days.befall():
            return Fault(method, trouble, retry_after=RETRY_SECONDS, delay=self.bad_days.delay)
        return None

    async def play(self, fault: Fault | None) -> web.Response | None:
        """Wait the fault's delay; what is answered instead of doing anything, if anything is."""
        if fault is None:
            return None
        released = self.released  # this call's: a later `clear` lets go of it even while it is being delayed
        await asyncio.sleep(fault.delay)
        if fault.kind == "500":
            return web.Response(status=500, text="Internal Server Error")
        if fault.kind == "429":
            return rate_limited(fault.retry_after)
        if fault.kind == "timeout":
            await released.wait()
            return web.Response(status=504)
        if fault.kind.startswith("error:"):
            return web.json_response({"ok": False, "error": fault.kind.removeprefix("error:")})
        return None


def rate_limited(seconds: int) -> web.Response:
    """Slack's answer to a call too many."""
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)})


def drop_connection(request: web.Request) -> None:
    """Break the connection before the answer leaves."""
    if request.transport is not None:
        request.transport.abort()
