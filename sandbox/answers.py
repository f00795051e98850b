"""The app's messages in its answers to commands and through response URLs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.faults import Faults, drop_connection
from sandbox.manifest import Installation
from sandbox.model import Json, Message
from sandbox.traffic import Exchange, Traffic, Violation
from sandbox.triggers import ResponseUrl, Triggers
from sandbox.validator import Refusal, validate_message
from sandbox.workspace import Draft, Event, Workspace

_FIELDS = frozenset(
    {
        "text",
        "blocks",
        "attachments",
        "response_type",
        "replace_original",
        "delete_original",
        "thread_ts",
        "unfurl_links",
        "unfurl_media",
        "mrkdwn",
    }
)
_NOT_AN_OBJECT = Refusal("invalid_payload", ("[ERROR] the body must be a JSON object",))


def check_answer(body: Any) -> Refusal | None:
    """Return why Slack would not show this answer, or None if it would."""
    if not isinstance(body, dict):
        return _NOT_AN_OBJECT
    for name in body.keys() - _FIELDS:
        return Refusal("invalid_payload", (f"[ERROR] unknown field: {name} [json-pointer:/{name}]",))
    if body.get("response_type") not in (None, "ephemeral", "in_channel"):
        return Refusal("invalid_payload", ("[ERROR] must be ephemeral or in_channel [json-pointer:/response_type]",))
    if body.get("delete_original"):
        extra = [name for name in ("text", "blocks", "attachments") if body.get(name)]
        return Refusal("invalid_payload", ("[ERROR] delete_original allows no content",)) if extra else None
    return validate_message(body)


@dataclass(slots=True)
class Answers:
    """Shows what an app answers, and handles what it sends to a response URL."""

    workspace: Workspace
    triggers: Triggers
    faults: Faults
    traffic: Traffic
    violations: list[Violation]
    installed: Callable[[], Installation | None]

    def refuse(self, where: str, refusal: Refusal, body: Any, user: str, channel: str | None = None) -> str:
        """Record an answer that Slack would silently drop, show a notice on the user's page and return its text."""
        payload = body if isinstance(body, dict) else {"body": body}
        violation = Violation(where, refusal.error, refusal.messages, payload)
        self.violations.append(violation)
        text = f"Slack would not show this answer: {violation}"
        self.workspace.publish(Event("notice", channel, only_for=user, text=text))
        return text

    def error_text(self, exchange: Exchange, user: str, channel: str | None = None) -> str:
        """Return the error that the user sees if the app did not answer with an empty 200 in time, else an empty text."""
        if exchange.status != 200:
            error = "operation_timeout" if exchange.answer == "operation_timeout" else "dispatch_failed"
            return f'The app did not answer: "{error}"'
        if exchange.answer not in ("", None, {}):
            refusal = Refusal("invalid_payload", ("[ERROR] the answer must be empty",))
            return self.refuse("answer", refusal, exchange.answer, user, channel)
        return ""

    def show(self, app: Installation, url: ResponseUrl, body: Json) -> Message:
        """Post an answer as a new message, visible only to the user unless it says `in_channel`."""
        in_channel = body.get("response_type") == "in_channel"
        thread = body.get("thread_ts") if in_channel else (url.source.thread_ts if url.source else None)
        return self.workspace.post(
            Draft(
                channel=url.channel,
                user=app.bot_user_id,
                is_bot=True,
                ephemeral_to=None if in_channel else url.user,
                thread_ts=thread,
                text=body.get("text") or "",
                blocks=body.get("blocks") or [],
                attachments=body.get("attachments") or [],
            )
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Handle `POST /response/<id>`."""
        body = await _json(request)
        exchange = Exchange(
            "response_url", "response_url", self.workspace.now(), body if isinstance(body, dict) else {}
        )
        self.traffic.append(exchange)
        self.workspace.touch()
        fault = self.faults.take("response_url", "")
        response = await self.faults.play(fault) or self._respond(request.match_info["id"], body)
        exchange.status, exchange.answer = response.status, response.text
        self.workspace.touch()
        if fault is not None and fault.kind == "lost_answer":
            exchange.status = None
            drop_connection(request)
        return response

    def _respond(self, url_id: str, body: Any) -> web.Response:
        app = self.installed()
        url = self.triggers.use(url_id)
        if isinstance(url, str) or app is None:
            error = url if isinstance(url, str) else "invalid_auth"
            self.violations.append(Violation("response_url", error))
            return web.json_response({"ok": False, "error": error}, status=404)
        refusal = check_answer(body) or self._apply(app, url, body)
        if refusal:
            self.refuse("response_url", refusal, body, url.user, url.channel)
            answer: Json = {"ok": False, "error": refusal.error}
            return web.json_response(answer | {"response_metadata": {"messages": list(refusal.messages)}}, status=400)
        return web.Response(text="ok")

    def _apply(self, app: Installation, url: ResponseUrl, body: Json) -> Refusal | None:
        if not body.get("delete_original") and not (body.get("replace_original") and url.source):
            url.received.append(self.show(app, url, body))
            return None
        source = url.source
        if source is None or self.workspace.find_by_id(source.id) is None:
            return Refusal("message_not_found", ("[ERROR] there is no original message",))
        if body.get("delete_original"):
            self.workspace.delete(source)
            return None
        if source.is_ephemeral and body.get("response_type") == "in_channel":
            return Refusal("invalid_payload", ("[ERROR] an ephemeral message can't become one in the channel",))
        self.workspace.change(
            source, text=body.get("text") or "", blocks=body.get("blocks") or [], attachments=body.get("attachments")
        )
        return None


async def _json(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        return None
