"""The API of the page in the browser: JSON under `/ui/`, and a stream of events.

- `GET /ui/state?user=` returns users, channels and commands, the app's `shortcuts` that this user sees,
  `[{"type": "global" or "message", "name", "callback_id", "description"}]`, and in `app` whether there is a `home_tab` and a
  writable `messages_tab`.
- A message has `thread_ts` if it is a reply (`is_reply`; `broadcast` if it is shown in the channel as well) or has
  replies; a parent has `reply_count`, `reply_users` and `latest_reply` (0, [] and null without replies). An unfurled link is
  one of its `attachments`, with `from_url` and `blocks`.
  `plain` is its text with dates in the reader's zone and language, for screen readers and notifications.
- `GET /ui/messages?user=&channel=` returns `{"messages": […]}`, including replies; `GET /ui/thread?user=&channel=&ts=` returns
  one thread, the parent first. `POST /ui/message {user, channel, text, thread_ts?, files?}` posts a message, with the
  files of these ids; `POST /ui/file {user, name, content}` uploads one, in base64, and returns `{"file": {"id", "name"}}`.
- Views, external selects, the Home and shortcuts: `sandbox.views_api`.
"""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from sandbox.api import thread_json
from sandbox.clock import MovableClock
from sandbox.dates import with_dates
from sandbox.elements import NotPossibleError
from sandbox.faults import Faults
from sandbox.files import SlackFile
from sandbox.json_requests import choice_in, json_only, not_found, text_in
from sandbox.manifest import Installation
from sandbox.model import Channel, Json, Message, User, unescape
from sandbox.traffic import Exchange, Traffic, Violation
from sandbox.user_actions import UserActions
from sandbox.workspace import Event, Workspace

HEARTBEAT = 15.0
"""Seconds without an event after which a comment keeps the stream open."""


@dataclass(slots=True)
class PageApi:
    """The routes under `/ui/`."""

    workspace: Workspace
    user_actions: UserActions
    faults: Faults
    traffic: Traffic
    violations: list[Violation]
    installed: Callable[[], Installation | None]
    clock: MovableClock | None = None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ui/state", self.state),
            web.get("/ui/messages", self.messages),
            web.get("/ui/thread", self.thread),
            web.get("/ui/events", self.events),
            web.get("/ui/traffic", self.show_traffic),
            web.post("/ui/command", json_only(self.command)),
            web.post("/ui/message", json_only(self.message)),
            web.post("/ui/file", json_only(self.file)),
            web.post("/ui/action", json_only(self.action)),
            web.post("/ui/read", json_only(self.read)),
            web.post("/ui/account", json_only(self.account)),
            web.post("/ui/share", json_only(self.share)),
            web.post("/ui/faults", json_only(self.plan_fault)),
        ]

    async def state(self, request: web.Request) -> web.Response:
        languages = request.headers.get("Accept-Language", "")
        me = self._user(request.query.get("user") or self._default_user_id(languages))
        app = self.installed()
        if app is not None and not me.is_bot:
            self.workspace.dm(app.bot_user_id, me.id)
        commands = app.commands.values() if app else ()
        return web.json_response(
            {
                "team": {"id": self.workspace.team_id, "name": self.workspace.name},
                "me": _user_json(me),
                "users": [_user_json(user) for user in self.workspace.users.values()],
                "channels": [self._channel_json(me, one) for one in self.workspace.visible_channels(me.id)],
                "commands": [
                    {"command": one.command, "description": one.description, "usage_hint": one.usage_hint}
                    for one in commands
                ],
                "shortcuts": [asdict(one) for one in self.user_actions.shortcuts(me)],
                "app": _app_json(app) if app else None,
                "fault_scenarios": self.faults.scenarios.on,
                "clock": {"now": self.workspace.now(), "movable": self.clock is not None},
            }
        )

    async def messages(self, request: web.Request) -> web.Response:
        me, channel = self._channel_of(request)
        shown = self.workspace.messages(channel.id, me.id)
        return web.json_response({"messages": [self._message_json(me, message) for message in shown]})

    async def thread(self, request: web.Request) -> web.Response:
        me, channel = self._channel_of(request)
        shown = self.workspace.thread(channel.id, request.query.get("ts", ""), me.id)
        if not shown:
            raise not_found("thread_not_found")
        return web.json_response({"messages": [self._message_json(me, message) for message in shown]})

    def _channel_of(self, request: web.Request) -> tuple[User, Channel]:
        me = self._user(request.query.get("user", ""))
        channel = self.workspace.channels.get(request.query.get("channel", ""))
        if channel is None or not self.workspace.sees(me.id, channel):
            raise not_found("channel_not_found")
        return me, channel

    async def command(self, body: Json) -> Json:
        reply = await self.user_actions.command(text_in(body, "user"), text_in(body, "channel"), text_in(body, "text"))
        return {"ok": False, "error": reply.error} if reply.error else {"ok": True}

    async def message(self, body: Json) -> Json:
        user, channel, thread = text_in(body, "user"), text_in(body, "channel"), body.get("thread_ts")
        files = [self._file(body, str(file_id)) for file_id in body.get("files") or ()]
        text = str(body.get("text") or "") if files else text_in(body, "text")
        self.user_actions.say(user, channel, text, thread_ts=thread, files=files)
        return {"ok": True}

    async def file(self, body: Json) -> Json:
        """Upload a file as this user: its `content` in base64."""
        try:
            content = base64.b64decode(text_in(body, "content"), validate=True)
        except ValueError:
            raise NotPossibleError("content is not base64") from None
        file = self.user_actions.upload(text_in(body, "user"), text_in(body, "name"), content)
        return {"ok": True, "file": {"id": file.id, "name": file.name}}

    def _file(self, body: Json, file_id: str) -> SlackFile:
        file = self.workspace.files.get(file_id)
        if file is None or file.user != body.get("user"):
            raise NotPossibleError("file_not_found")
        return file

    async def action(self, body: Json) -> Json:
        message = self.workspace.find_by_id(text_in(body, "message_id"))
        if message is None:
            raise NotPossibleError("message_not_found")
        press = await self.user_actions.press(
            text_in(body, "user"),
            message,
            text_in(body, "action_id"),
            block_id=text_in(body, "block_id"),
            choice=choice_in(body),
        )
        return {"ok": False, "error": press.error} if press.error else {"ok": True}

    async def read(self, body: Json) -> Json:
        self.workspace.mark_read(self._user(text_in(body, "user")).id, text_in(body, "channel"))
        return {"ok": True}

    async def account(self, body: Json) -> Json:
        """Deactivate an account or make it a guest's, or take that back."""
        user, change, on = self._user(text_in(body, "user")), text_in(body, "change"), bool(body.get("on"))
        if change == "guest":
            self.workspace.make_guest(user.id, guest=on)
        elif change == "deactivated" and on:
            self.workspace.deactivate(user.id)
        elif change == "deactivated":
            self.workspace.change_user(user.id, deleted=False)
        else:
            raise NotPossibleError("unknown_change")
        return {"ok": True}

    async def share(self, body: Json) -> Json:
        """Share a channel with another company, or end that."""
        channel = self.workspace.channels.get(text_in(body, "channel"))
        if channel is None or channel.kind == "dm":
            raise not_found("channel_not_found")
        self.workspace.share(channel.id, shared=bool(body.get("on")))
        return {"ok": True}

    async def plan_fault(self, body: Json) -> Json:
        known = ("times", "channel", "retry_after", "delay")
        more: dict[str, Any] = {name: body[name] for name in known if body.get(name) is not None}
        try:
            self.faults.next(text_in(body, "method"), text_in(body, "kind"), **more)
        except ValueError as unknown:
            raise NotPossibleError(str(unknown)) from None
        return {"ok": True}

    async def show_traffic(self, request: web.Request) -> web.Response:
        last = int(request.query.get("last", "100"))
        return web.json_response(
            {
                "exchanges": [_exchange_json(one) for one in list(self.traffic)[-last:]],
                "violations": [str(violation) for violation in self.violations],
            }
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream server-sent events to one user until the page closes or the sandbox stops."""
        me = self._user(request.query.get("user", ""))
        queue = self.workspace.listen()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        await response.write(b": connected\n\n")
        try:
            while (line := await self._next_line(me, queue)) is not None:
                await response.write(line)
        except ConnectionResetError:
            return response  # the page is closed
        finally:
            self.workspace.unlisten(queue)
        return response

    async def _next_line(self, me: User, queue: asyncio.Queue[Event | None]) -> bytes | None:
        """Return the next bytes of the stream, or None when the sandbox stops."""
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT)
            except TimeoutError:
                return b": heartbeat\n\n"
            if event is None:
                return None
            if self._is_visible(me, event):
                break
        return f"data: {json.dumps(self._event_json(me, event), ensure_ascii=False)}\n\n".encode()

    def _is_visible(self, me: User, event: Event) -> bool:
        if event.only_for not in (None, me.id):
            return False
        channel = self.workspace.channels.get(event.channel or "")
        return channel is None or event.kind == "channels" or self.workspace.sees(me.id, channel)

    def _event_json(self, me: User, event: Event) -> Json:
        answer: Json = {"type": event.kind, "channel": event.channel}
        if event.message is not None:
            answer["message"] = self._message_json(me, event.message)
        return answer | ({"text": event.text} if event.text else {})

    def _user(self, user_id: str) -> User:
        user = self.workspace.users.get(user_id)
        if user is None:
            raise not_found("user_not_found")
        return user

    def _default_user_id(self, languages: str) -> str:
        """Return the user as whom the page acts until another is chosen: the first who reads the browser's first language
        (`languages`: its Accept-Language), or else the first."""
        people = [user for user in self.workspace.users.values() if not user.is_bot]
        first = languages.partition(",")[0].partition(";")[0].partition("-")[0].strip().casefold()
        readers = [user for user in people if first and user.locale.partition("-")[0].casefold() == first]
        return next((user.id for user in (*readers, *people)), "")

    def _channel_json(self, me: User, channel: Channel) -> Json:
        unread, mentions = self.workspace.unread(me.id, channel)
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "is_archived": channel.is_archived,
            "is_ext_shared": channel.is_ext_shared,
            "topic": channel.topic,
            "unread": unread,
            "mentions": mentions,
            "members": channel.members,
        }

    def _message_json(self, me: User, message: Message) -> Json:
        author = self.workspace.users.get(message.user)
        return {
            "id": message.id,
            "ts": message.ts,
            "thread_ts": message.thread_ts,
            "is_reply": message.is_reply,
            "broadcast": message.broadcast,
            "reply_count": 0,
            "reply_users": [],
            "latest_reply": None,
            "channel": message.channel,
            "user": message.user,
            "is_bot": message.is_bot,
            "name": (author.real_name or author.name) if author else message.user,
            "text": message.text,
            "plain": unescape(with_dates(message.text, tz=me.tz, locale=me.locale, now=self.workspace.now())),
            "blocks": message.blocks,
            "attachments": message.attachments,
            "files": [{"id": file["id"], "name": file["name"]} for file in message.files],
            "ephemeral": message.is_ephemeral,
            "edited": message.edited and not message.is_bot,
            "mentions_me": me.id in message.notified,
            "time": message.time,
            **({} if message.is_ephemeral else thread_json(self.workspace, message)),
        }


def _app_json(app: Installation) -> Json:
    return {
        "name": app.name,
        "bot_user_id": app.bot_user_id,
        "home_tab": app.home_tab,
        "messages_tab": app.messages_tab and not app.messages_tab_read_only,
    }


def _user_json(user: User) -> Json:
    answer: Json = {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "locale": user.locale,
        "tz": user.tz,
        "is_bot": user.is_bot,
        "deleted": user.deleted,
        "is_guest": user.is_restricted or user.is_ultra_restricted,
    }
    return answer | ({"avatar": user.avatar} if user.avatar else {})


def _exchange_json(exchange: Exchange) -> Json:
    return {
        "kind": exchange.kind,
        "name": exchange.name,
        "at": exchange.at,
        "body": exchange.body,
        "status": exchange.status,
        "answer": exchange.answer,
        "seconds": exchange.seconds,
    }
