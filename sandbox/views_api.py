"""The page's API for views, external selects and shortcuts: JSON under `/ui/`.

Every POST returns `{"ok": true, …}`, or `{"ok": false, "error": text}` with the text that the user sees. After every change
to a user's views their page gets the event `{"type": "views"}` and reloads `/ui/views`.

- `GET /ui/views?user=U…` → `{"stack": [view, …], "home": view or null}`: the modals; the visible one is last.
- view: `{"id", "type": "modal" or "home", "title", "submit", "close": text or null, "blocks", "state", "errors", "can_submit"}`.
  `state` has the value of every stateful element, `{block_id: {action_id: state}}` with `state` as Slack writes it
  (`{"type": "plain_text_input", "value": …}`, `{"type": "static_select", "selected_option": …}`); it wins over the initial
  values in `blocks`. `errors` are texts to show at input blocks, `{block_id: text}`.
- `POST /ui/view/action {user, view_id, block_id, action_id, value | selected_…}`: a press, or a field's new value, under the
  name that the element's state has for it. The page sends it on each change of a field (of a text: on Enter or when it loses
  the focus); the app is notified only if the element dispatches actions. Returns `{"ok", "error"}`.
- `POST /ui/view/submit {user, view_id, values?}`: `values` is a `state` to enter first. Returns `{"ok", "error", "errors"}`.
- `POST /ui/view/close {user, view_id, whole_stack?}`: the close button, or with `whole_stack` the ✕.
- `POST /ui/options {user, view_id | message_id, block_id, action_id, value}`: the options of an external select for a text →
  `{"ok", "options": […]}` or `{"ok", "option_groups": […]}` as Slack writes them; empty if the text is shorter than
  the element's `min_query_length` (3 by default). Works for the menus of messages too.
- `POST /ui/home {user, tab?}`: opens the app's Home, or its `messages`; the app is notified and may publish the Home.
- `POST /ui/shortcut {user, callback_id, message_id?}`: starts a global shortcut, or one from a message's menu.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.elements import VALUE_FIELDS, NotPossibleError, find_element
from sandbox.json_requests import choice_in, json_only, not_found, text_in
from sandbox.modals import ViewActions
from sandbox.model import Json
from sandbox.user_actions import UserActions
from sandbox.views import Tab, View


@dataclass(slots=True)
class ViewsApi:
    """The routes described at the top of this module."""

    view_actions: ViewActions
    user_actions: UserActions
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
        if user not in self.view_actions.workspace.users:
            raise not_found("user_not_found")
        home = self.view_actions.views.home(user)
        stack = [_view_json(view) for view in self.view_actions.views.stack(user)]
        return web.json_response({"stack": stack, "home": _view_json(home) if home else None})

    async def action(self, body: Json) -> Json:
        outcome = await self.view_actions.act(
            self._view(body), text_in(body, "action_id"), choice_in(body), block_id=text_in(body, "block_id")
        )
        return {"ok": not outcome.error, "error": outcome.error}

    async def submit(self, body: Json) -> Json:
        view = self._view(body)
        await self._enter(view, body.get("values") or {})
        outcome = await self.view_actions.submit(view)
        return {"ok": not (outcome.error or view.errors), "error": outcome.error, "errors": view.errors}

    async def _enter(self, view: View, values: dict[str, dict[str, Json]]) -> None:
        """Enter the values that the page has not sent yet, without notifying the app."""
        for block_id, states in values.items():
            for action_id, state in states.items():
                _block, element = find_element(view.blocks, action_id, block_id)
                complete = _complete(element, state)
                if element["type"] == "file_input":
                    complete["files"] = [self._given(view, file) for file in complete["files"] or ()]
                self.view_actions.views.enter(view, block_id, action_id, complete)

    def _given(self, view: View, chosen: Any) -> Json:
        """Return a file that the page uploaded for this form: the app may see it from then on."""
        file = self.view_actions.workspace.files.get(str(chosen.get("id"))) if isinstance(chosen, dict) else None
        if file is None or file.user != view.user:
            raise NotPossibleError("file_not_found")
        file.given = True
        return file.json()

    async def close(self, body: Json) -> Json:
        await self.view_actions.close(self._view(body), whole_stack=bool(body.get("whole_stack")))
        return {"ok": True}

    async def options(self, body: Json) -> Json:
        action_id, block_id, typed = text_in(body, "action_id"), text_in(body, "block_id"), str(body.get("value") or "")
        if body.get("message_id"):
            message = self.view_actions.workspace.find_by_id(text_in(body, "message_id"))
            user = self.view_actions.workspace.users.get(text_in(body, "user"))
            if message is None or user is None or message.ephemeral_to not in (None, user.id):
                raise NotPossibleError("message_not_found")
            block, element = find_element(message.blocks, action_id, block_id)
            loaded = await self.view_actions.suggestions.load(user, message, block, element, typed)
        else:
            loaded = await self.view_actions.menu_options(self._view(body), action_id, typed, block_id=block_id)
        return {"ok": False, "error": loaded.error} if loaded.error else {"ok": True, "options": [], **loaded.answer}

    async def home(self, body: Json) -> Json:
        user, tab = text_in(body, "user"), "messages" if body.get("tab") == "messages" else "home"
        if user not in self.view_actions.workspace.users:
            raise NotPossibleError("user_not_found")
        await self.open_home(user, tab)
        return {"ok": True}

    async def shortcut(self, body: Json) -> Json:
        user, name = text_in(body, "user"), text_in(body, "callback_id")
        if not body.get("message_id"):
            error = (await self.user_actions.shortcut(user, name)).error
            return {"ok": not error, "error": error}
        message = self.view_actions.workspace.find_by_id(text_in(body, "message_id"))
        if message is None:
            raise NotPossibleError("message_not_found")
        error = (await self.user_actions.message_shortcut(user, message, name)).error
        return {"ok": not error, "error": error}

    def _view(self, body: Json) -> View:
        view = self.view_actions.views.find(text_in(body, "view_id"))
        if view is None or view.user != text_in(body, "user"):
            raise NotPossibleError("view_not_found")
        return view


def _complete(element: Json, state: Json) -> Json:
    name = VALUE_FIELDS.get(element["type"], "")
    if not isinstance(state, dict) or name not in state:
        raise NotPossibleError("the state of a field is expected")
    value = state[name]
    return {"type": element["type"], name: None if value == "" else value}


def _view_json(view: View) -> Json:
    def text(name: str) -> Any:
        return view.content[name]["text"] if view.content.get(name) else None

    return {
        "id": view.id,
        "type": view.type,
        "title": text("title"),
        "submit": text("submit"),
        "close": text("close"),
        "can_submit": "submit" in view.content and not view.content.get("submit_disabled"),
        "blocks": view.blocks,
        "state": view.state,
        "errors": view.errors,
    }
