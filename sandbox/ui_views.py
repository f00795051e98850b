"""What the page asks of views, of menus that load their options, and of shortcuts: JSON under `/ui/`.

Every POST answers `{"ok": true, …}`, or `{"ok": false, "error": text}` for what the person reads when it failed. After every
change to somebody's views their page hears the event `{"type": "views"}` and asks for `/ui/views` again.

- `GET /ui/views?user=U…` → `{"stack": [view, …], "home": view or null}`: the modals, the one that is seen last.
- view: `{"id", "type": "modal" or "home", "title", "submit", "close": text or null, "blocks", "state", "errors", "can_submit"}`.
  `state` has what every stateful element holds, `{block_id: {action_id: state}}` with `state` as Slack writes it
  (`{"type": "plain_text_input", "value": …}`, `{"type": "static_select", "selected_option": …}`); it wins over the initial
  values in `blocks`. `errors` are texts to show beside input blocks, `{block_id: text}`.
- `POST /ui/view/action {user, view_id, block_id, action_id, value | selected_…}`: a press, or what a field now holds, under the
  name that the element's state has for it. To be sent for every field on each change (a text: on Enter, or when it is left);
  the app hears of it only where it asked to. Answers `{"ok", "error"}`.
- `POST /ui/view/submit {user, view_id, values?}`: `values` is a `state` to enter first. Answers `{"ok", "error", "errors"}`.
- `POST /ui/view/close {user, view_id, whole_stack?}`: the close button, or with `whole_stack` the ✕.
- `POST /ui/options {user, view_id | message_id, block_id, action_id, value}`: what an external menu offers for what was typed →
  `{"ok", "options": […]}` or `{"ok", "option_groups": […]}` as Slack writes them; empty when less than the element's
  `min_query_length` (3 if it has none) was typed. Also for a message's menus.
- `POST /ui/home {user, tab?}`: somebody opens the app's Home, or its `messages`; the app is told, and may publish the Home anew.
- `POST /ui/shortcut {user, callback_id, message_id?}`: somebody starts a global shortcut, or one from a message's menu.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.elements import CHOSEN, NotPossibleError, find_element
from sandbox.modals import Screens
from sandbox.model import Json
from sandbox.person import People
from sandbox.ui_parts import choice_in, json_only, not_found, text_in
from sandbox.views import Tab, View


@dataclass(slots=True)
class ViewsApi:
    """The routes that this module describes."""

    screens: Screens
    people: People
    open_home: Callable[[str, Tab], Awaitable[None]]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ui/views", self.views),
            web.post("/ui/view/action", json_only(self.action)),
            web.post("/ui/view/submit", json_only(self.submit)),
            web.post("/ui/view/close", json_only(self.close)),
            web.post("/ui/options", json_only(self.options)),
            web.post("/ui/home", json_only(self.home)),
            web.post("/ui/shortcut", json_only(self.shortcut)),
        ]

    async def views(self, request: web.Request) -> web.Response:
        user = request.query.get("user", "")
        if user not in self.screens.workspace.users:
            raise not_found("user_not_found")
        home = self.screens.views.home(user)
        stack = [_view_json(view) for view in self.screens.views.stack(user)]
        return web.json_response({"stack": stack, "home": _view_json(home) if home else None})

    async def action(self, body: Json) -> Json:
        outcome = await self.screens.act(
            self._view(body), text_in(body, "action_id"), choice_in(body), block_id=text_in(body, "block_id")
        )
        return {"ok": not outcome.error, "error": outcome.error}

    async def submit(self, body: Json) -> Json:
        view = self._view(body)
        await self._enter(view, body.get("values") or {})
        outcome = await self.screens.submit(view)
        return {"ok": not (outcome.error or view.errors), "error": outcome.error, "errors": view.errors}

    async def _enter(self, view: View, values: dict[str, dict[str, Json]]) -> None:
        """Enter what the page didn't send yet, without the app hearing of it."""
        for block_id, states in values.items():
            for action_id, state in states.items():
                _block, element = find_element(view.blocks, action_id, block_id)
                self.screens.views.enter(view, block_id, action_id, _complete(element, state))

    async def close(self, body: Json) -> Json:
        await self.screens.close(self._view(body), whole_stack=bool(body.get("whole_stack")))
        return {"ok": True}

    async def options(self, body: Json) -> Json:
        action_id, block_id, typed = text_in(body, "action_id"), text_in(body, "block_id"), str(body.get("value") or "")
        if body.get("message_id"):
            message = self.screens.workspace.find_by_id(text_in(body, "message_id"))
            user = self.screens.workspace.users.get(text_in(body, "user"))
            if message is None or user is None or message.ephemeral_to not in (None, user.id):
                raise NotPossibleError("message_not_found")
            block, element = find_element(message.blocks, action_id, block_id)
            offer = await self.screens.suggestions.ask(user, message, block, element, typed)
        else:
            offer = await self.screens.offer(self._view(body), action_id, typed, block_id=block_id)
        return {"ok": False, "error": offer.error} if offer.error else {"ok": True, "options": [], **offer.answer}

    async def home(self, body: Json) -> Json:
        user, tab = text_in(body, "user"), "messages" if body.get("tab") == "messages" else "home"
        if user not in self.screens.workspace.users:
            raise NotPossibleError("user_not_found")
        await self.open_home(user, tab)
        return {"ok": True}

    async def shortcut(self, body: Json) -> Json:
        user, name = text_in(body, "user"), text_in(body, "callback_id")
        if not body.get("message_id"):
            error = (await self.people.shortcut(user, name)).error
            return {"ok": not error, "error": error}
        message = self.screens.workspace.find_by_id(text_in(body, "message_id"))
        if message is None:
            raise NotPossibleError("message_not_found")
        error = (await self.people.message_shortcut(user, message, name)).error
        return {"ok": not error, "error": error}

    def _view(self, body: Json) -> View:
        view = self.screens.views.find(text_in(body, "view_id"))
        if view is None or view.user != text_in(body, "user"):
            raise NotPossibleError("view_not_found")
        return view


def _complete(element: Json, state: Json) -> Json:
    name = CHOSEN.get(element["type"], "")
    if not isinstance(state, dict) or name not in state:
        raise NotPossibleError("the state of a field is expected")
    value = state[name]
    return {"type": element["type"], name: None if value == "" else value}


def _view_json(view: View) -> Json:
    def words(name: str) -> Any:
        return view.content[name]["text"] if view.content.get(name) else None

    return {
        "id": view.id,
        "type": view.type,
        "title": words("title"),
        "submit": words("submit"),
        "close": words("close"),
        "can_submit": "submit" in view.content and not view.content.get("submit_disabled"),
        "blocks": view.blocks,
        "state": view.state,
        "errors": view.errors,
    }
