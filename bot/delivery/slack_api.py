"""The requests of a delivery to Slack, each sent once and with a time limit."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.errors import SlackRequestError, Verdict, verdict_on
from bot.delivery.plain_client import Answer, PlainClient
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from handlers.door.retry_after import read_retry_after
from handlers.messages.block_kit.message import Message

REQUEST_SECONDS = 10.0
"""Time limit of one request: less than a lease, so that no other sender starts while one is in flight."""

EVENT_TYPE = "loandesk_notice"
"""Event type of our messages' metadata, which contains only the notice's mark and revision."""

_PAGES = 10
_MARGIN = timedelta(minutes=5)
"""How far Slack's clock may be behind ours when we search for our own message."""


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message in Slack. `revision`: which one of its notice it shows, 0 when unknown. `text` are its words, if they were
    read there."""

    channel: str
    ts: str
    revision: int = 0
    text: str = field(default="", repr=False)

    @property
    def at(self) -> datetime:
        """When Slack got it, as its time stamp says."""
        return datetime.fromtimestamp(float(self.ts), UTC)


class SlackApi:
    """Post, update, delete and find messages. Every method raises SlackRequestError with a verdict on the failure."""

    def __init__(self, client: AsyncWebClient, clock: Clock, *, request_seconds: float = REQUEST_SECONDS) -> None:
        self._client = PlainClient(client)
        self._clock = clock
        self._seconds = request_seconds
        self._breaker = CircuitBreaker()

    def open_until(self, method: str) -> datetime | None:
        """Return until when the method must not be used, or None when it may be."""
        return self._breaker.open_until(method, self._clock.now())

    def heed(self, limits: Mapping[str, datetime]) -> None:
        """Leave these methods alone until then: Slack asked another process to wait."""
        for method, until in limits.items():
            self._breaker.heed(method, self._clock.now(), until)

    async def post(self, channel: str, message: Message, mark: UUID, revision: int, *, with_key: bool) -> PostedMessage:
        """Post a message, with `with_key` under a `client_msg_id`, by which Slack may recognise a repeat."""
        answer = await self._request(
            "chat.postMessage",
            channel=channel,
            client_msg_id=str(uuid5(mark, str(revision))) if with_key else None,
            unfurl_links=False,
            unfurl_media=False,
            **_content(message, mark, revision),
        )
        return PostedMessage(answer["channel"], answer["ts"], revision)

    async def update(self, posted: PostedMessage, message: Message, mark: UUID, revision: int) -> None:
        """Update a message."""
        content = _content(message, mark, revision)
        await self._request("chat.update", channel=posted.channel, ts=posted.ts, **content)

    async def delete(self, posted: PostedMessage) -> None:
        """Delete a message."""
        await self._request("chat.delete", channel=posted.channel, ts=posted.ts)

    async def find(self, channel: str, mark: UUID, since: datetime) -> list[PostedMessage]:
        """Return our messages about this notice in a conversation since `since`, oldest first."""
        try:
            async with asyncio.timeout(2 * self._seconds):
                if channel.startswith(("U", "W")):
                    channel = (await self._request("conversations.open", users=channel))["channel"]["id"]
                found = [posted async for posted in self._own_messages(channel, mark, since)]
        except TimeoutError as error:
            raise self._no_answer("conversations.history", Verdict.UNKNOWN, "TimeoutError") from error
        return sorted(found, key=lambda posted: posted.ts)

    async def _own_messages(self, channel: str, mark: UUID, since: datetime) -> AsyncIterator[PostedMessage]:
        oldest = f"{(min(since, self._clock.now()) - _MARGIN).timestamp():.6f}"
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await self._request(
                "conversations.history",
                channel=channel,
                oldest=oldest,
                limit=200,
                include_all_metadata=True,
                cursor=cursor,
            )
            for message in page["messages"]:
                metadata = message.get("metadata", {})
                payload = metadata.get("event_payload", {})
                if metadata.get("event_type") == EVENT_TYPE and payload.get("notice") == str(mark):
                    revision = int(payload.get("revision", 0))
                    yield PostedMessage(channel, message["ts"], revision, message.get("text", ""))
            cursor = page.get("response_metadata", {}).get("next_cursor")
            if not cursor:
                return

    async def _request(self, method: str, **arguments: Any) -> dict[str, Any]:
        if (until := self.open_until(method)) is not None:
            raise SlackRequestError(Verdict.WAIT, "paused", at=self._clock.now(), until=until)
        self._breaker.begin(method)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.api_call(method, **_encoded(method, arguments))
        except aiohttp.ClientConnectorError as error:
            raise self._no_answer(method, Verdict.UNREACHED, type(error).__name__) from error
        except Exception as error:
            raise self._no_answer(method, Verdict.UNKNOWN, type(error).__name__) from error
        except BaseException:
            self._breaker.fail(method, self._clock.now())
            raise
        if answer.status != 200 or not answer.data.get("ok"):
            raise self._refused(method, answer)
        self._breaker.succeed(method)
        return answer.data

    def _refused(self, method: str, answer: Answer) -> SlackRequestError:
        now = self._clock.now()
        code = str(answer.data.get("error", ""))
        if answer.status == 429 or verdict_on(code) is Verdict.WAIT:
            until = self._breaker.wait(method, now, read_retry_after(answer.headers))
            return SlackRequestError(Verdict.WAIT, "ratelimited", at=now, until=until, limited=method)
        if answer.status >= 500 or not code:
            return self._no_answer(method, Verdict.UNKNOWN, f"http_{answer.status}")
        self._breaker.succeed(method)
        return SlackRequestError(verdict_on(code), code, at=now)

    def _no_answer(self, method: str, verdict: Verdict, error: str) -> SlackRequestError:
        now = self._clock.now()
        return SlackRequestError(verdict, error, at=now, until=self._breaker.fail(method, now))


def _content(message: Message, mark: UUID, revision: int) -> dict[str, Any]:
    payload = {"notice": str(mark), "revision": revision}
    return {
        "text": message.text,
        "blocks": message.blocks or None,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": payload},
    }


def _encoded(method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    present = {name: value for name, value in arguments.items() if value is not None}
    # Slack accepts JSON in methods that write, but not in all that read.
    return {"json": present} if method.startswith("chat.") else {"params": present}
