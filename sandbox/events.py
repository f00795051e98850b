"""The Events API: send the app the events to which it subscribed, and retry those that it doesn't acknowledge.

Follows Slack's page /apis/events-api: an event that isn't answered with a 2xx in time is sent again immediately, after one
minute and after five more, with the same `event_id`. `limits` applies Slack's limits for events.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.api import message_json, user_json
from sandbox.delivery import Delivery
from sandbox.event_limits import EventLimits
from sandbox.manifest import Installation
from sandbox.mentions import links_in
from sandbox.model import Channel, Json, Message
from sandbox.traffic import Exchange, Violation
from sandbox.views import Tab, Views, view_json
from sandbox.workspace import Workspace

OTHER_TEAM_ID = "T0OTHER0001"
"""The team of the other company with which channels are shared."""

RETRY_SECONDS = (0.0, 60.0, 300.0)
_KINDS = {"public": ("message.channels", "channel"), "private": ("message.groups", "group"), "dm": ("message.im", "im")}


@dataclass(slots=True)
class Events:
    """Sends events for changes in the workspace. `retry_seconds` is how long each retry waits."""

    workspace: Workspace
    views: Views
    delivery: Delivery
    violations: list[Violation]
    installed: Callable[[], Installation | None]
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    limits: EventLimits = field(default_factory=EventLimits)
    _pending: dict[asyncio.Task[None], asyncio.Event] = field(default_factory=dict)
    _verifications: dict[str, asyncio.Task[Exchange]] = field(default_factory=dict)

    def posted(self, message: Message) -> None:
        """Send the events for a message of a user or of the app itself."""
        app = self.installed()
        if app is None:
            return
        channel = self.workspace.channels[message.channel]
        name, kind = _KINDS[channel.kind]
        common = {"channel": channel.id, "event_ts": message.ts}
        sent = {**message_json(message, app), **common}
        if channel.has(app.bot_user_id):
            self.emit(name, {**sent, "channel_type": kind})
            if channel.kind != "dm" and app.bot_user_id in message.mentions and not message.is_bot:
                self.emit("app_mention", {**sent, "type": "app_mention"})
        if channel.has(app.bot_user_id):
            for file in message.files:
                shared_file = {"file_id": file["id"], "file": {"id": file["id"]}, "user_id": message.user}
                named = {"channel_id": channel.id, "event_ts": message.ts}
                self.emit("file_shared", {"type": "file_shared", **shared_file, **named})
        links = links_in(message.text, app.unfurl_domains)
        if links and not message.is_bot:
            shared = {"user": message.user, "message_ts": message.ts, "links": links, "source": "conversations_history"}
            thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
            member = {"is_bot_user_member": channel.has(app.bot_user_id), "unfurl_id": f"{channel.id}.{message.ts}"}
            self.emit("link_shared", {"type": "link_shared", **common, **shared, **thread, **member})

    def joined(self, channel: Channel, user_id: str) -> None:
        self._membership("member_joined_channel", channel, user_id)

    def left(self, channel: Channel, user_id: str) -> None:
        self._membership("member_left_channel", channel, user_id)

    def archived(self, channel: Channel) -> None:
        kind = "group" if channel.kind == "private" else "channel"
        name = f"{kind}_archive" if channel.is_archived else f"{kind}_unarchive"
        self.emit(name, {"type": name, "channel": channel.id, "user": next(iter(channel.members), "")})

    def home_opened(self, user_id: str, tab: Tab) -> "asyncio.Future[Exchange | None] | None":
        """Send the event for a user who opens a tab of the app."""
        app = self.installed()
        if app is None:
            return None
        event: Json = {
            "type": "app_home_opened",
            "user": user_id,
            "channel": self.workspace.dm(app.bot_user_id, user_id).id,
            "tab": tab,
        }
        home = self.views.home(user_id)
        return self.emit("app_home_opened", event | ({"view": view_json(home, app)} if home and tab == "home" else {}))

    def user_changed(self, user_id: str) -> None:
        """Send the event for a change of a user's name, e-mail, time zone, locale or account. Unlike `users.info`, it always has
        the locale."""
        app, user = self.installed(), self.workspace.users[user_id]
        if app is not None:
            written = {**user_json(self.workspace, app, user), "locale": user.locale}
            self.emit("user_change", {"type": "user_change", "user": written, "cache_ts": int(self.workspace.now())})

    def shared(self, channel: Channel) -> None:
        """Send the event for a channel that is shared with another company, or no longer."""
        name = "channel_shared" if channel.is_ext_shared else "channel_unshared"
        where = "connected_team_id" if channel.is_ext_shared else "previously_connected_team_id"
        self.emit(name, {"type": name, where: OTHER_TEAM_ID, "channel": channel.id})

    def emit(self, name: str, event: Json) -> "asyncio.Future[Exchange | None] | None":
        """Send an event if the app subscribed to it.

        Returns a future of the first attempt, or of None if the app's URL can't be verified.
        """
        app = self.installed()
        if app is None or app.revoked or name not in app.events or not self._admits(app):
            return None
        return self._start_delivery(app, name, self._envelope(app, event))

    def _admits(self, app: Installation) -> bool:
        now = self.workspace.now()
        if self.limits.admits(now):
            return True
        minute = self.limits.minute_to_report(now)
        if minute is not None:
            notice = {"token": app.verification_token, "type": "app_rate_limited", "minute_rate_limited": minute}
            notice |= {"team_id": self.workspace.team_id, "api_app_id": app.app_id}
            self._start_delivery(app, "app_rate_limited", notice)
        return False

    def _start_delivery(self, app: Installation, name: str, envelope: Json) -> "asyncio.Future[Exchange | None]":
        first: asyncio.Future[Exchange | None] = asyncio.get_running_loop().create_future()
        skip_wait = asyncio.Event()
        task = asyncio.create_task(self._deliver(app, name, envelope, first, skip_wait))
        self._pending[task] = skip_wait
        task.add_done_callback(lambda done: self._pending.pop(done, None))
        return first

    def retry_now(self) -> None:
        """Send all pending retries without waiting."""
        for skip_wait in self._pending.values():
            skip_wait.set()

    async def wait_until_delivered(self) -> None:
        """Return when no event is pending."""
        while self._pending:
            await asyncio.wait(set(self._pending))

    async def close(self) -> None:
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)

    async def verify(self, app: Installation) -> bool:
        """Return whether the app's URL answers the challenge that Slack sends when the URL is set."""
        return _echoed(await self._challenge(app))

    async def _challenge(self, app: Installation) -> Exchange:
        challenge = secrets.token_hex(20)
        body = {"type": "url_verification", "token": app.verification_token, "challenge": challenge}
        return await self.delivery.send("event", "url_verification", app.events_url or "", _form(body), app)

    async def _deliver(
        self,
        app: Installation,
        name: str,
        envelope: Json,
        first: "asyncio.Future[Exchange | None]",
        skip_wait: asyncio.Event,
    ) -> None:
        try:
            if not await self._may_send(app):
                return
            sent = await self.delivery.send("event", name, app.events_url or "", _form(envelope), app)
            first.set_result(sent)
            self._record(sent)
            for number, seconds in enumerate(self.retry_seconds, start=1):
                if (
                    _accepted(sent)
                    or sent.headers.get("X-Slack-No-Retry") == "1"
                    or app.revoked
                    or self.limits.disabled
                ):
                    return
                if app.socket_mode:
                    return  # `Sockets` resends envelopes that aren't acknowledged
                await _pause(seconds, skip_wait)
                sent = await self.delivery.retry(sent, app, number=number, reason=_reason(sent))
                self._record(sent)
        finally:
            if not first.done():
                first.set_result(None)

    def _record(self, sent: Exchange) -> None:
        was_disabled = self.limits.disabled
        self.limits.record(self.workspace.now(), accepted=_accepted(sent))
        if self.limits.disabled and not was_disabled:
            why = "[ERROR] the app acknowledged less than 5 % of an hour's events"
            self.violations.append(Violation("events", "disabled", (why,)))

    async def _may_send(self, app: Installation) -> bool:
        """Verify the URL before its first event. A wrong answer means no events; a URL that is down may get them.

        Sockets are verified by their token.
        """
        if app.socket_mode:
            return True
        url = app.events_url or ""
        if url not in self._verifications:
            self._verifications[url] = asyncio.create_task(self._challenge(app))
        sent = await asyncio.shield(self._verifications[url])
        if _echoed(sent):
            return True
        self._verifications.pop(url, None)
        if sent.status is None or sent.status >= 500:
            return True
        self.violations.append(Violation("events", "url_verification", ("[ERROR] the challenge was not answered",)))
        return False

    def _membership(self, name: str, channel: Channel, user_id: str) -> None:
        app = self.installed()
        if app is None or not (channel.has(app.bot_user_id) or user_id == app.bot_user_id):
            return
        kind = "G" if channel.kind == "private" else "C"
        self.emit(
            name,
            {
                "type": name,
                "user": user_id,
                "channel": channel.id,
                "channel_type": kind,
                "team": self.workspace.team_id,
            },
        )

    def _envelope(self, app: Installation, event: Json) -> Json:
        now = self.workspace.now()
        channel = self.workspace.channels.get(str(event.get("channel")))
        authorization = {
            "enterprise_id": app.enterprise_id,
            "team_id": self.workspace.team_id,
            "user_id": app.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": app.for_organisation,
        }
        named = {"enterprise_id": app.enterprise_id, "context_enterprise_id": app.enterprise_id}
        ended = event.get("type") in ("app_uninstalled", "tokens_revoked")
        return {
            "token": app.verification_token,
            "team_id": app.installed_in if ended else self.workspace.team_id,
            "context_team_id": self.workspace.team_id,
            **(named if app.enterprise_id else {}),
            "api_app_id": app.app_id,
            "event": {"event_ts": f"{now:.6f}", **event},
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(now),
            "authorizations": [] if ended else [authorization],
            "is_ext_shared_channel": channel is not None and channel.is_ext_shared,
            "event_context": f"4-{secrets.token_hex(12)}",
        }


def _form(body: Json) -> dict[str, str]:
    return {"payload": json.dumps(body, ensure_ascii=False)}


async def _pause(seconds: float, skip: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await skip.wait()
    except TimeoutError:
        return


def _echoed(sent: Exchange) -> bool:
    answer = sent.answer.get("challenge") if isinstance(sent.answer, dict) else sent.answer
    return sent.status == 200 and answer == sent.body["challenge"]


def _accepted(sent: Exchange) -> bool:
    return sent.status is not None and 200 <= sent.status < 300


def _reason(sent: Exchange) -> str:
    if sent.status is not None:
        return "http_error"
    return "http_timeout" if sent.answer == "operation_timeout" else "connection_failed"
