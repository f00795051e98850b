"""Signed requests with values that no page of Slack sends, and garbage for the page of files: each is answered or refused, and
what a forged form makes go wrong changes nothing."""

import io
import json
import random
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from handlers.commands import COMMANDS
from handlers.door.registry import registry
from sandbox.workspace import TEAM_ID
from storage.tables import Call
from tests.builders import make_loan
from tests.wire.office_day import Slack, logged
from tests.wire.test_refused_requests import FORM, Desk

PUBLIC_URL = "https://desk.example.com"
IDS = (
    "L-1",
    "",
    "0",
    "-1",
    "99999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "x" * 300,
    "\u202e",
    "😀",
    "' OR 1=1 --",
)
SCALARS = (None, True, 0, -1, 2**63, 1e308, *IDS)
KEYS = (
    "i",
    "l",
    "f",
    "v",
    "e",
    "a",
    "p",
    "u",
    "d",
    "x",
    "o",
    "form",
    "fill",
    "seen",
    "id",
    "type",
    "value",
    "loan",
    "due",
)


def anything(draw: random.Random, depth: int = 2) -> Any:
    """Return a JSON value of any shape."""
    kind = draw.random()
    if depth == 0 or kind < 0.6:
        return draw.choice(SCALARS)
    if kind < 0.8:
        return [anything(draw, depth - 1) for _ in range(draw.randint(0, 2))]
    return {draw.choice(KEYS): anything(draw, depth - 1) for _ in range(draw.randint(0, 3))}


def payload(draw: random.Random, user: str) -> dict[str, Any]:
    """Return a payload that names real buttons and forms, with wrong values somewhere in it."""
    known = registry()
    form = draw.choice([*known.forms, "nothing", ""])
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": form,
        "private_metadata": draw.choice(["{}", "", "[]", "null", json.dumps(anything(draw))]),
        "state": {"values": draw.choice([{}, {"loan": {"form.refresh#loan": anything(draw)}}, anything(draw)])},
        "hash": "h",
    }
    value = json.dumps({draw.choice(KEYS): anything(draw) for _ in range(draw.randint(0, 4))})
    action = {"action_id": f"{draw.choice([*known.presses, 'no.such'])}#1", "value": value, "type": "button"}
    kinds: dict[str, dict[str, Any]] = {
        "block_actions": {"channel": {"id": "CDESK"}, "actions": [action], "message": {"ts": "1.2", "user": "UBOT"}},
        "view_submission": {"view": view},
        "view_closed": {"view": view},
        "block_suggestion": {"view": view, "action_id": "loan.search", "block_id": "loan", "value": draw.choice(IDS)},
        "shortcut": {"callback_id": draw.choice([*known.shortcuts, "x"])},
        "message_action": {"callback_id": draw.choice([*known.shortcuts, "x"]), "message": anything(draw)},
        "no_such_kind": {},
    }
    kind = draw.choice([*kinds])
    common = {"type": kind, "team": {"id": TEAM_ID}, "user": {"id": user, "team_id": TEAM_ID}, "trigger_id": "1.2.3"}
    made: dict[str, Any] = common | kinds[kind]
    if draw.random() < 0.5:
        made[draw.choice([*made, "container", "state", "channel"])] = anything(draw)
    return made


def body(draw: random.Random, user: str) -> bytes:
    """Return the body of a request."""
    kind = draw.random()
    if kind < 0.15:
        return draw.randbytes(draw.randint(0, 60))
    if kind < 0.35:
        words = " ".join(str(draw.choice([*IDS, "reached", "next", "@agent", "明天", "edit"])) for _ in range(5))
        command = draw.choice([*(each.name for each in COMMANDS), "/nothing"])
        form = {"team_id": TEAM_ID, "command": command, "text": words, "user_id": user, "channel_id": "CDESK"}
        return urlencode(form | {"trigger_id": "1.2.3", "response_url": "https://hooks.slack.com/commands/1"}).encode()
    made = json.dumps(payload(draw, user))
    cut = made[: draw.randint(0, len(made))] if draw.random() < 0.1 else made
    return urlencode({"payload": cut}).encode()


@pytest.mark.parametrize("requests", [60, pytest.param(4000, marks=pytest.mark.long)])
async def test_every_signed_request_is_answered(slack: Slack, log: io.StringIO, requests: int) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    desk, draw = Desk(slack.service), random.Random(requests)
    users = ("UAGENT", "UMANAGER", "UADMIN", "UCOMPLIANCE", "USTRANGER")
    for _ in range(requests):
        sent = body(draw, draw.choice(users))
        answer = await desk.post_signed(sent, FORM)
        assert answer.status in (200, 400, 401, 404), sent
    assert logged(log, "envelope_failed") == []
    assert (await slack.command(slack.agent, "/loan L-1")).message is not None
    assert await slack.rows(Call) == []


@pytest.mark.parametrize("requests", [60, pytest.param(4000, marks=pytest.mark.long)])
async def test_garbage_for_the_page_of_files_is_refused(slack: Slack, log: io.StringIO, requests: int) -> None:
    draw = random.Random(requests)
    async with aiohttp.ClientSession() as browser:
        for _ in range(requests):
            token = "".join(draw.choice("ab./%0é\u202e?&😀 ") for _ in range(draw.randint(0, 230)))
            kind = draw.choice(["", "", "calendar/", "proof/", "nothing/", "../", "//"])
            url = f"http://127.0.0.1:{slack.service.port}/files/{kind}{quote(token)}"
            method, sent = draw.choice(["GET", "HEAD", "POST", "PUT", "DELETE"]), draw.randbytes(draw.randint(0, 40))
            headers = {"Content-Type": draw.choice([FORM, "text/plain", "application/json"])}
            async with browser.request(method, url, data=sent, headers=headers) as answer:
                assert 400 <= answer.status < 500, url
    assert logged(log, "file_page_failed") == []
