"""The requests of webhooks: signed as the standard says, and not to be drawn out, led elsewhere or filled up by a receiver."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.webhooks import client as client_module
from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.signing import signed_headers
from desk.webhooks.sending import Outgoing
from storage.engine.types import new_id
from tests.clocks import FrozenClock
from tests.webhook_receiver import receiving

_FAR_ZONE = "Thu, 01 Jan 2026 00:00:00 +9999999999999999"
_FAR_YEAR = "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def client(clock: FrozenClock) -> AsyncIterator[WebhookClient]:
    client = WebhookClient(Allowed.read("127.0.0.0/8"), clock, seconds=60)
    yield client
    await client.close()


@pytest.fixture
async def hasty(clock: FrozenClock) -> AsyncIterator[WebhookClient]:
    """One that soon gives a receiver up."""
    client = WebhookClient(Allowed.read("127.0.0.0/8"), clock, seconds=0.5)
    yield client
    await client.close()


def to(url: str) -> Outgoing:
    return Outgoing(new_id(), new_id(), "msg_1", url, b'{"test":1}', (SECRET,))


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8))])
def test_the_signature_is_that_of_the_standard(zone: timezone) -> None:
    """The example of Standard Webhooks, which its libraries verify."""
    at = datetime.fromtimestamp(1614265330, zone)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [SECRET])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    ("play", "meaning", "code"),
    [
        (200, "delivered", "http_200"),
        (204, "delivered", "http_204"),
        (400, "refused", "http_400"),
        (404, "failed", "http_404"),
        (410, "gone", "http_410"),
        (500, "failed", "http_500"),
        ("redirect", "failed", "http_307"),
        ("closes", "failed", "no_answer"),
        ("garbage", "failed", "no_answer"),
        ("long_header", "failed", "no_answer"),
        ("lying_length", "delivered", "http_200"),
        ("endless", "delivered", "http_200"),
        ("stalls", "delivered", "http_200"),
    ],
)
async def test_what_a_receiver_does_is_called_by_its_name(
    client: WebhookClient, play: int | str, meaning: str, code: str
) -> None:
    async with receiving(usually=play) as receiver:
        answer = await client.post(to(receiver.url))
    assert (answer.meaning, answer.code) == (meaning, code)


async def test_who_is_silent_is_given_up(hasty: WebhookClient) -> None:
    async with receiving(usually="silent") as receiver:
        answer = await hasty.post(to(receiver.url))
    assert (answer.meaning, answer.code) == ("failed", "timeout")


async def test_no_redirect_is_followed(client: WebhookClient) -> None:
    async with receiving() as private, receiving(usually="redirect", elsewhere=private.url) as receiver:
        assert (await client.post(to(receiver.url))).status == 307
        assert private.received == []


async def test_a_dead_receiver_and_a_forbidden_one_are_told_apart(client: WebhookClient, clock: FrozenClock) -> None:
    async with receiving() as receiver:
        url = receiver.url
        strict = WebhookClient(Allowed(), clock)
        assert (await strict.post(to(url))).error == "address_forbidden"
        assert (await strict.post(to(url.replace("127.0.0.1", "localhost").replace("http:", "https:")))).error == (
            "address_forbidden"
        )
        await strict.close()
        assert receiver.connections == 0
    assert (await client.post(to(url))).error == "not_reached"
    assert (await client.post(to(url.replace("http:", "https:")))).error in ("tls", "not_reached")


async def test_a_name_that_leads_to_a_forbidden_address_is_not_connected_to(clock: FrozenClock) -> None:
    elsewhere = WebhookClient(Allowed.read("10.0.0.0/8"), clock, seconds=60)
    async with receiving() as receiver:
        answer = await elsewhere.post(to(f"http://localhost:{receiver.port}/"))
    await elsewhere.close()
    assert (answer.error, receiver.connections) == ("address_forbidden", 0)


async def test_an_answer_without_end_is_not_read_to_it(client: WebhookClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_ANSWER_SECONDS", 3600.0)  # its size ends the reading, and not the time
    async with receiving(usually="endless") as receiver, asyncio.timeout(60):
        assert (await client.post(to(receiver.url))).status == 200


async def test_a_connection_is_used_again_and_no_cookie_comes_back(client: WebhookClient) -> None:
    async with receiving(headers={"Set-Cookie": "a=b"}) as receiver:
        for _ in range(3):
            await client.post(to(receiver.url))
        assert receiver.connections == 1
        assert not any("cookie" in each.headers for each in receiver.received)


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("Wed, 25 Nov 2026 02:01:00 GMT", 60), ("Wed, 25 Nov 2020 02:01:00 GMT", 0)]
)
async def test_the_time_to_be_left_alone_is_read(client: WebhookClient, value: str, seconds: int) -> None:
    async with receiving(usually=429, headers={"Retry-After": value}) as receiver:
        assert (await client.post(to(receiver.url))).retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e9", "٣", _FAR_ZONE, _FAR_YEAR])
async def test_a_senseless_time_to_be_left_alone_is_none(client: WebhookClient, value: str) -> None:
    async with receiving(usually=503, headers={"Retry-After": value}) as receiver:
        assert (await client.post(to(receiver.url))).retry_after is None
