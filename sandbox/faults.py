"""Faults on demand: failures that Slack has now and then, triggered by a test."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from sandbox.fault_scenarios import RETRY_SECONDS, FaultScenarios

KINDS = ("500", "timeout", "429", "lost_answer", "slow")


@dataclass(slots=True)
class Fault:
    """A failure of the next `times` calls of a method (`*`: any), in one channel or all.

    `kind`: `500` (nothing stored) · `timeout` (nothing stored, never answered) · `429` with `retry_after` seconds ·
    `lost_answer` (done and stored, then the connection breaks) · `error:<name>` (Slack's answer with that error,
    nothing stored) · `slow` (done, answered after `delay` seconds). `delay` applies before the other kinds too.
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
    """The planned faults, oldest first, and the scenarios that are on."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []
        self.scenarios = FaultScenarios()
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
        """Forget all planned faults and release the calls that a `timeout` keeps waiting."""
        self.pending.clear()
        self.released.set()
        self.released = asyncio.Event()

    def take(self, method: str, channel: str) -> Fault | None:
        """Return the fault for this call and count it: a planned one first, else one of the scenarios."""
        for fault in self.pending:
            if fault.matches(method, channel):
                fault.times -= 1
                if fault.times == 0:
                    self.pending.remove(fault)
                return fault
        if kind := self.scenarios.next_kind():
            return Fault(method, kind, retry_after=RETRY_SECONDS, delay=self.scenarios.delay)
        return None

    async def play(self, fault: Fault | None) -> web.Response | None:
        """Wait for the fault's delay. Return the answer to send instead of doing the call, or None to go on."""
        if fault is None:
            return None
        released = self.released  # read before the delay, so that a `clear` during it releases this call too
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
    """Return Slack's answer to a rate-limited call."""
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)})


def drop_connection(request: web.Request) -> None:
    """Break the connection before the answer is sent."""
    if request.transport is not None:
        request.transport.abort()
