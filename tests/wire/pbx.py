"""A phone system that reports calls over HTTP. The agent's extension is 2001."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from desk.telephony.records import SETTLE
from storage.tables import Loan, Member
from tests.builders import make_loan
from tests.wire.office_day import Slack

SECRET, TOKEN = "a-secret-of-the-phone-system", "twilio-token"

SETTINGS = {"phone_secret": SECRET, "twilio_auth_token": TOKEN, "public_url": "https://desk.example.com",
            "phone_prefixes": "9"}  # fmt: skip

BASIC = {"Authorization": "Basic " + base64.b64encode(f"pbx:{SECRET}".encode()).decode()}


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.agent.id)).extension = "2001"
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def signed_by_twilio(token: str, text: str) -> str:
    """Return the signature of an address and the fields behind it: HMAC-SHA1 with the account's token, in Base64."""
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


class Pbx:
    """Posts to the desk as a phone system would, and has the worker apply what came."""

    def __init__(self, slack: Slack, http: aiohttp.ClientSession) -> None:
        self.slack, self.http = slack, http
        self.base = f"http://127.0.0.1:{slack.service.port}"

    async def post(self, path: str, body: bytes, kind: str = "application/json", **headers: str) -> int:
        sent = {"Content-Type": kind} | headers
        async with self.http.post(self.base + path, data=body, headers=sent) as answer:
            return answer.status

    async def json(self, system: str, body: object, **headers: str) -> int:
        return await self.post(f"/phone/{system}", json.dumps(body).encode(), **(headers or BASIC))

    async def twilio(self, fields: dict[str, str], *, query: str = "?agent=2001", signature: str = "") -> int:
        url = f"https://desk.example.com:443/phone/twilio{query}"
        signed = signature or signed_by_twilio(TOKEN, url + "".join(n + fields[n] for n in sorted(fields)))
        body, kind = urlencode(fields).encode(), "Application/X-WWW-Form-Urlencoded"
        return await self.post(f"/phone/twilio{query}", body, kind, **{"X-Twilio-Signature": signed})

    async def settle(self) -> None:
        await self.slack.later(seconds=SETTLE.total_seconds())

    async def all(self, table: Any) -> list[Any]:
        return await self.slack.rows(table)


@pytest.fixture
def pbx(slack: Slack, http: aiohttp.ClientSession, loan: Loan) -> Pbx:
    return Pbx(slack, http)
