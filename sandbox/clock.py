"""A clock that can be set forward, so that tomorrow can be seen today.

The page sets it with `POST /ui/clock {"set": ISO 8601 with an offset}` → `{"ok", "now": Unix s}`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from sandbox.elements import NotPossibleError
from sandbox.json_requests import json_only, text_in
from sandbox.model import Json
from sandbox.workspace import Event, Workspace

MAX_AHEAD = 366 * 86_400.0
"""How many seconds the clock may run ahead of `real`."""


class ClockRefusedError(Exception):
    """The clock can't be set to this time; the message is the page's error code."""


class MovableClock:
    """A clock that runs like `real`, in Unix seconds, and can be set ahead of it."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self.real = real
        self.ahead = 0.0

    def time(self) -> float:
        """Return the current time in Unix seconds."""
        return self.real() + self.ahead

    def set(self, to: float) -> None:
        """Continue from this time, in Unix seconds. Raises ClockRefusedError unless it is in the next 366 days."""
        ahead = to - self.real()
        if ahead < self.ahead:
            raise ClockRefusedError("clock_only_forward")
        if ahead > MAX_AHEAD:
            raise ClockRefusedError("clock_too_far")
        self.ahead = ahead


@dataclass(slots=True)
class ClockApi:
    """The route described at the top of this module; it refuses if there is no movable clock."""

    workspace: Workspace
    clock: MovableClock | None

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/ui/clock", json_only(self.set))]

    async def set(self, body: Json) -> Json:
        """Set the clock forward and notify all pages."""
        if self.clock is None:
            raise NotPossibleError("clock_not_movable")
        try:
            instant = datetime.fromisoformat(text_in(body, "set"))
        except ValueError:
            raise NotPossibleError("invalid_instant") from None
        if instant.tzinfo is None:
            raise NotPossibleError("invalid_instant")
        try:
            self.clock.set(instant.timestamp())
        except ClockRefusedError as refused:
            raise NotPossibleError(str(refused)) from None
        self.workspace.publish(Event("tools"))
        return {"ok": True, "now": self.workspace.now()}
