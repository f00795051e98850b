"""Entry point of the Web API: parse the request, play faults, check token, rate limits and scopes, run the method."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.api import chat, conversations, entities, files, users, views
from sandbox.api.call import ApiCall, ApiError, Method
from sandbox.faults import Faults, drop_connection, rate_limited
from sandbox.limits import Limits
from sandbox.manifest import Installation
from sandbox.model import Json
from sandbox.panes import Panes
from sandbox.traffic import Exchange, Traffic, Violation
from sandbox.triggers import Triggers
from sandbox.views import Views
from sandbox.workspace import Workspace

METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    **chat.METHODS,
    **conversations.METHODS,
    **entities.METHODS,
    **files.METHODS,
    **users.METHODS,
    **views.METHODS,
}

# Errors of the payload itself: a mistake of the app, however it handles the error.
_PAYLOAD_ERRORS = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "too_many_attachments",
        "msg_too_long",
        "no_text",
        "markdown_text_conflict",
        "invalid_arguments",
        "invalid_arg_name",
        "invalid_metadata",
        "invalid_metadata_format",
        "metadata_too_large",
        "view_too_large",
        "push_limit_reached",
    }
)


@dataclass(slots=True)
class WebApi:
    """Answers `/api/<method>`. `installed` returns the installed app, if there is one.

    `connections_open` answers the only method that is called with the app-level token.
    """

    workspace: Workspace
    views: Views
    panes: Panes
    triggers: Triggers
    limits: Limits
    faults: Faults
    traffic: Traffic
    installed: Callable[[], Installation | None]
    violations: list[Violation]
    connections_open: Callable[[str | None], Json]
    base_url: str = ""
    dedupe_client_msg_id: bool = True
    token_clock: Callable[[], float] = time.time

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args = await _arguments(request)
        token = _token(request, args)
        channel = str(args.get("channel", ""))
        exchange = Exchange("api", method, self.workspace.now(), {k: v for k, v in args.items() if k != "token"})
        self.traffic.append(exchange)
        self.workspace.touch()
        started = asyncio.get_running_loop().time()
        fault = self.faults.take(method, channel)
        response = await self.faults.play(fault) or self._answer(method, args, token, exchange)
        exchange.status = response.status
        exchange.seconds = asyncio.get_running_loop().time() - started
        self.workspace.touch()
        if fault is not None and fault.kind == "lost_answer":
            exchange.status = None
            drop_connection(request)
        return response

    def _answer(self, method: str, args: Json, token: str | None, exchange: Exchange) -> web.Response:
        app = self.installed()
        headers = {"X-OAuth-Scopes": ",".join(sorted(app.scopes))} if app else {}
        try:
            answer = {"ok": True, **self._run(method, args, token)}
        except ApiError as refused:
            answer = refused.answer
            if refused.error in _PAYLOAD_ERRORS:
                messages = tuple(answer.get("response_metadata", {}).get("messages", ()))
                self.violations.append(Violation(method, refused.error, messages, exchange.body))
        except _RateLimitedError as limited:
            return rate_limited(limited.seconds)
        exchange.answer = answer
        return web.json_response(answer, headers=headers)

    def _run(self, method: str, args: Json, token: str | None) -> Json:
        if method == "apps.connections.open":
            return self.connections_open(token)
        known = METHODS.get(method)
        if known is None:
            raise ApiError("unknown_method", req_method=method)
        app = self._authorized(token)
        if seconds := self.limits.take(method, str(args.get("channel", ""))):
            raise _RateLimitedError(seconds)
        run, scopes = known
        call = ApiCall(
            args, app, self.workspace, self.views, self.panes, self.triggers, self.base_url, self.dedupe_client_msg_id
        )
        if scopes:
            call.require(*scopes)
        return run(call)

    def _authorized(self, token: str | None) -> Installation:
        app = self.installed()
        if token is None:
            raise ApiError("not_authed")
        refusal = app.refusal(token, self.token_clock()) if app is not None else "invalid_auth"
        if app is None or refusal:
            raise ApiError(refusal or "invalid_auth")
        return app


class _RateLimitedError(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


async def _arguments(request: web.Request) -> Json:
    """Return the arguments from query, form or JSON body, without those that are null."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await _json_body(request)
        args |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        args |= dict(await request.post())
    return {name: value for name, value in args.items() if value is not None}


async def _json_body(request: web.Request) -> object:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError:
        return None


def _token(request: web.Request, args: Json) -> str | None:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip()
    return args.get("token")
