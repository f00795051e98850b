"""The page's way to set the clock forward: `POST /ui/clock {"set": ISO 8601 with an offset}` → `{"ok", "now": Unix s}`."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from sandbox.clock import ClockRefusedError, MovableClock
from sandbox.elements import NotPossibleError
from sandbox.model import Json
from sandbox.ui_parts import json_only, text_in
from sandbox.workspace import Event, Workspace


@dataclass(slots=True)
class ClockApi:
    """The route that this module describes; without a clock it refuses."""

    workspace: Workspace
    clock: MovableClock | None

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/ui/clock", json_only(self.set))]

    async def set(self, body: Json) -> Json:
        """Set the clock forward and tell all pages."""
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
        self.workspace.publish(Event("workbench"))
        return {"ok": True, "now": self.workspace.now()}
