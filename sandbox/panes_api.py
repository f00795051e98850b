"""The page's API for the side pane of a Work Object: JSON under `/ui/`.

- `POST /ui/pane {user, message_id, url}` opens the pane of the Work Object with this `url`; the app is notified.
- `GET /ui/pane?user=` returns `{"pane": null}`, or in `pane` its `title`, `error` and `blocks`; a pane without any of them waits
  for the app. After every change the page gets the event `{"type": "pane"}`.
- `POST /ui/pane/action {user, block_id, action_id}` presses a button; `POST /ui/pane/close {user}` closes the pane.
"""

from dataclasses import dataclass

from aiohttp import web

from sandbox.elements import NotPossibleError
from sandbox.json_requests import json_only, text_in
from sandbox.model import Json
from sandbox.pane_actions import PaneActions
from sandbox.workspace import Workspace


@dataclass(slots=True)
class PanesApi:
    """The routes described at the top of this module."""

    workspace: Workspace
    pane_actions: PaneActions

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ui/pane", self.pane),
            web.post("/ui/pane", json_only(self.open)),
            web.post("/ui/pane/action", json_only(self.action)),
            web.post("/ui/pane/close", json_only(self.close)),
        ]

    async def pane(self, request: web.Request) -> web.Response:
        pane = self.pane_actions.panes.of(request.query.get("user", ""))
        shown = {"title": pane.title, "error": pane.error, "blocks": pane.blocks} if pane else None
        return web.json_response({"pane": shown})

    async def open(self, body: Json) -> Json:
        message = self.workspace.find_by_id(text_in(body, "message_id"))
        if message is None:
            raise NotPossibleError("message_not_found")
        await self.pane_actions.open(text_in(body, "user"), message, text_in(body, "url"))
        return {"ok": True}

    async def action(self, body: Json) -> Json:
        outcome = await self.pane_actions.press(
            text_in(body, "user"), text_in(body, "action_id"), block_id=text_in(body, "block_id")
        )
        return {"ok": not outcome.error, "error": outcome.error}

    async def close(self, body: Json) -> Json:
        self.pane_actions.panes.close(text_in(body, "user"))
        return {"ok": True}
