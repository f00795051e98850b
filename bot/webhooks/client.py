"""The requests of webhooks, each sent once, with limits on everything that a receiver could draw out."""

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from bot.webhooks.addresses import Allowed, CheckedResolver, ForbiddenAddressError
from bot.webhooks.signing import signed_headers
from desk.core.clock import Clock
from desk.webhooks.retries import Answer
from desk.webhooks.sending import Outgoing

REQUEST_SECONDS = 15.0
"""Time limit of a request: less than a lease, so that no other sender starts while one is in flight."""

_LARGEST_ANSWER = 65_536
"""Bytes of an answer that are read, to keep the connection; of a longer one the connection is closed."""

_ANSWER_SECONDS = 2.0
_HEADERS = {"Content-Type": "application/json", "User-Agent": "LoanDesk-Webhooks/1"}


class WebhookClient:
    """Posts to endpoints. The status decides; what else an answer has is not looked at. No redirect is followed, no cookie kept,
    no proxy of the environment used."""

    def __init__(self, allowed: Allowed, clock: Clock, *, seconds: float = REQUEST_SECONDS) -> None:
        self._allowed = allowed
        self._clock = clock
        self._seconds = seconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def post(self, sent: Outgoing) -> Answer:
        """Send a delivery, and return what came of it. Raises nothing but a cancellation."""
        began = time.monotonic()
        try:
            self._allowed.check_url(sent.url)
            return await self._post(sent, began)
        except TimeoutError:
            return Answer(None, _since(began), "timeout")
        except ForbiddenAddressError:
            return Answer(None, _since(began), "address_forbidden")
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError):
            return Answer(None, _since(began), "tls")
        except aiohttp.ClientConnectorError as error:
            forbidden = isinstance(error.os_error, ForbiddenAddressError)
            unknown = isinstance(error, aiohttp.ClientConnectorDNSError)
            code = "address_forbidden" if forbidden else "name_unknown" if unknown else "not_reached"
            return Answer(None, _since(began), code)
        except aiohttp.InvalidURL:
            return Answer(None, _since(began), "address_invalid")
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(None, _since(began), "no_answer")

    async def close(self) -> None:
        """Close the connections."""
        for session in self._sessions.values():
            await session.close()

    async def _post(self, sent: Outgoing, began: float) -> Answer:
        headers = signed_headers(sent.webhook_id, self._clock.now(), sent.body, sent.secrets)
        session = self._session(secure=sent.url.startswith("https:"))
        async with asyncio.timeout(self._seconds):
            answer = await session.post(
                sent.url, data=sent.body, headers={**_HEADERS, **headers}, allow_redirects=False
            )
        async with answer:  # its status counts, however slow the rest is
            said = Answer(answer.status, _since(began), None, self._retry_after(answer.headers.get("Retry-After", "")))
            if not await _is_read(answer):
                answer.close()
            return said

    def _session(self, *, secure: bool) -> aiohttp.ClientSession:
        if secure not in self._sessions:
            resolver = CheckedResolver(self._allowed, secure=secure)
            connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=0, keepalive_timeout=30)
            self._sessions[secure] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=self._seconds + _ANSWER_SECONDS),
                trust_env=False,
            )
        return self._sessions[secure]

    def _retry_after(self, value: str) -> timedelta | None:
        """Return how long the receiver asked to be left alone: seconds, or a date."""
        if value.isdecimal() and value.isascii():
            return timedelta(seconds=min(int(value[:9]), 10**7))
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        return max(timedelta(0), _aware(until) - self._clock.now())


async def _is_read(answer: aiohttp.ClientResponse) -> bool:
    """Read the answer as far as that is quick, and return whether that was all."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            read = 0
            async for chunk in answer.content.iter_any():
                read += len(chunk)
                if read > _LARGEST_ANSWER:
                    return False
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return False
    return True


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
