"""Faults that stay on until they are switched off, to try out how the app copes with a Slack that misbehaves.

`GET /ui/fault-scenarios` → `{"known": […], "on": […]}`; `POST /ui/fault-scenarios {"on": […]}` switches on exactly these and
sends all pages the event `{"type": "tools"}`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle

from aiohttp import web

from sandbox.elements import NotPossibleError
from sandbox.json_requests import json_only
from sandbox.model import Json
from sandbox.workspace import Event, Workspace

SCENARIOS = ("slow", "429", "500", "lost_answer")
"""`slow` delays every API call. Of the others, every second call is rate limited, fails, or is done but its answer lost."""

SLOW_SECONDS = 2.0
RETRY_SECONDS = 2


class FaultScenarios:
    """The scenarios that are on. If several make calls fail, they take turns."""

    def __init__(self) -> None:
        self.on: tuple[str, ...] = ()
        self._calls = 0
        self._turns: Iterator[str] = cycle(())

    def switch(self, scenarios: Iterable[str]) -> None:
        """Switch on exactly these. Raises ValueError on an unknown one."""
        wanted = set(scenarios)
        if unknown := wanted - set(SCENARIOS):
            raise ValueError(f"unknown scenario: {', '.join(sorted(unknown))}; known are {', '.join(SCENARIOS)}")
        self.on = tuple(one for one in SCENARIOS if one in wanted)
        self._calls = 0
        self._turns = cycle(one for one in self.on if one != "slow")

    @property
    def delay(self) -> float:
        """Seconds by which every call is delayed."""
        return SLOW_SECONDS if "slow" in self.on else 0.0

    def next_kind(self) -> str | None:
        """Count a call and return the kind of fault it meets, if any."""
        self._calls += 1
        failing = next(self._turns, None) if self._calls % 2 else None
        return failing or ("slow" if "slow" in self.on else None)


@dataclass(slots=True)
class FaultScenariosApi:
    """The routes described at the top of this module."""

    workspace: Workspace
    scenarios: FaultScenarios

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/ui/fault-scenarios", self.show), web.post("/ui/fault-scenarios", json_only(self.switch))]

    async def show(self, _request: web.Request) -> web.Response:
        return web.json_response({"known": SCENARIOS, "on": self.scenarios.on})

    async def switch(self, body: Json) -> Json:
        wanted = body.get("on")
        if not isinstance(wanted, list):
            raise NotPossibleError("on is missing")
        try:
            self.scenarios.switch(str(one) for one in wanted)
        except ValueError as unknown:
            raise NotPossibleError(str(unknown)) from None
        self.workspace.publish(Event("tools"))
        return {"ok": True, "on": self.scenarios.on}
