"""JSON requests of the page: parse the body, read its fields, answer with JSON or an error."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.elements import VALUE_FIELDS, NotPossibleError
from sandbox.model import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CHOICES = ("selected_option", "selected_options", *sorted(set(VALUE_FIELDS.values()) - {"value"}), "value")


def json_only(run: Callable[[Json], Awaitable[Json]]) -> Handler:
    """Return a handler for POSTs of a JSON object. It refuses other content types, so that no other site can post a form."""

    async def handle(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="application/json expected")
        try:
            body = await request.json()
            if not isinstance(body, dict):
                raise ValueError
        except ValueError:
            raise web.HTTPBadRequest(text="a JSON object expected") from None
        try:
            return web.json_response(await run(body))
        except NotPossibleError as problem:
            return web.json_response({"ok": False, "error": str(problem)})

    return handle


def not_found(error: str) -> web.HTTPNotFound:
    return web.HTTPNotFound(text=json.dumps({"ok": False, "error": error}), content_type="application/json")


def text_in(body: Json, name: str) -> str:
    """Return a required text field. Raises NotPossibleError when it is missing or empty."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise NotPossibleError(f"{name} is missing")
    return value


def choice_in(body: Json) -> Any:
    """Return the chosen or entered value, from the field that Slack has for its type."""
    return next((body[name] for name in _CHOICES if body.get(name) is not None), None)
