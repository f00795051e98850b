"""The page's switches for Slack's bad days.

`GET /ui/bad-days` → `{"known": […], "on": […]}`; `POST /ui/bad-days {"on": […]}` switches on these and no others, and tells all
pages with the event `{"type": "workbench"}`. What they are: `sandbox.bad_days`.
"""

from dataclasses import dataclass

from aiohttp import web

from sandbox.bad_days import TROUBLES
from sandbox.elements import NotPossibleError
from sandbox.faults import Faults
from sandbox.model import Json
from sandbox.ui_parts import json_only
from sandbox.workspace import Event, Workspace


@dataclass(slots=True)
class BadDaysApi:
    """The routes that this module describes."""

    workspace: Workspace
    faults: Faults

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/ui/bad-days", self.show), web.post("/ui/bad-days", json_only(self.switch))]

    async def show(self, _request: web.Request) -> web.Response:
        return web.json_response({"known": TROUBLES, "on": self.faults.bad_days.on})

    async def switch(self, body: Json) -> Json:
        wanted = body.get("on")
        if not isinstance(wanted, list):
            raise NotPossibleError("on is missing")
        try:
            self.faults.bad_days.switch(str(one) for one in wanted)
        except ValueError as unknown:
            raise NotPossibleError(str(unknown)) from None
        self.workspace.publish(Event("workbench"))
        return {"ok": True, "on": self.faults.bad_days.on}
