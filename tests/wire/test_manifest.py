"""The manifest of `loandesk manifest`, from which the sandbox installs the desk and which limits what it may do."""

import json
from collections.abc import Mapping

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from typer.testing import CliRunner

from bot.cli import app
from bot.manifest import OPTIONAL_SCOPES, SCOPES, manifest
from desk.messages.kinds import REMINDER
from desk.messages.notices import queue_notice
from handlers.commands import COMMANDS
from sandbox.api.dispatch import METHODS
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import SIGNING_SECRET, TOKEN, Slack

CALLED: Mapping[str, tuple[str, ...]] = {
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "users.info": ("users:read", "users:read.email"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.open": ("im:write",),
    "views.open": (),
    "views.push": (),
    "views.update": (),
    "views.publish": (),
    "auth.test": (),
}
"""The API methods that the desk calls, and the scopes that they need."""


def test_the_command_prints_a_valid_manifest() -> None:
    printed = CliRunner().invoke(app, ["manifest", "--url", "https://desk.example.com/"])

    assert json.loads(printed.output) == manifest("https://desk.example.com")


def test_the_manifest_has_every_command_with_a_hint_and_escaping() -> None:
    written = manifest("https://desk.example.com")["features"]["slash_commands"]

    assert [each["command"] for each in written] == [command.name for command in COMMANDS]
    assert all(each["should_escape"] is True and each["usage_hint"] and each["description"] for each in written)
    assert {each["url"] for each in written} == {"https://desk.example.com/slack/events"}


def test_every_scope_is_used_and_has_its_reason() -> None:
    used = {"commands", "app_mentions:read", *(scope for scopes in CALLED.values() for scope in scopes)}

    assert {*SCOPES, *OPTIONAL_SCOPES} == used
    assert all(why for why in (*SCOPES.values(), *OPTIONAL_SCOPES.values()))


async def test_the_desk_calls_only_the_declared_methods_with_their_scopes(slack: Slack) -> None:
    """A day with commands, reminders, a lookup of members and channels, and deliveries in doubt."""
    slack.sandbox.limits.enabled = False
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now())
    await slack.command(slack.admin, "/loan-team add @stranger agent #desk East")
    for command in COMMANDS:
        await slack.command(slack.agent, command.name)
    for kind in ("lost_answer", "500"):
        slack.sandbox.faults.next("chat.postMessage", kind)
        await slack.deliver()
        slack.clock.advance(minutes=2)
    for _ in range(3):
        await slack.deliver()
        slack.clock.advance(minutes=2)

    calls = slack.sandbox.traffic.api_calls()

    assert {call.name for call in calls} <= set(CALLED)
    assert {"conversations.history", "conversations.open", "users.info", "conversations.info"} <= {
        c.name for c in calls
    }
    assert [call.name for call in calls if "missing_scope" in str(call.answer)] == []


GRANTED = {*SCOPES, *OPTIONAL_SCOPES}


@pytest.mark.parametrize(
    "method", [name for name, (_, scopes) in METHODS.items() if scopes and not GRANTED & {*scopes}]
)
async def test_a_method_without_its_scope_is_refused_with_the_missing_scope(slack: Slack, method: str) -> None:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=TOKEN, base_url=slack.sandbox.api_url, session=session, retry_handlers=[])
        with pytest.raises(SlackApiError) as refused:
            await client.api_call(method)

    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] in METHODS[method][1]
    assert set(refused.value.response["provided"].split(",")) == GRANTED


async def test_a_doubtful_delivery_is_repeated_with_a_remark_when_history_is_withheld(slack: Slack) -> None:
    written = manifest(f"http://127.0.0.1:{slack.service.port}")
    slack.sandbox.install(manifest=written, signing_secret=SIGNING_SECRET, token=TOKEN, withhold=OPTIONAL_SCOPES)
    slack.sandbox.faults.next("chat.postMessage", "500")
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    follow_up = await make_follow_up(slack.office, loan, slack.agent)
    async with slack.office.desk(slack.workspace) as desk:
        await queue_notice(desk, kind=REMINDER, key="doubt", to=slack.agent, items=[follow_up])

    for _ in range(3):
        await slack.deliver()
        slack.clock.advance(minutes=2)

    (message,) = slack.sandbox.messages(slack.sandbox.dm("UAGENT"))
    assert "You may have seen this message before" in message.text


async def test_a_command_missing_from_the_manifest_is_not_delivered(slack: Slack) -> None:
    before = len(slack.sandbox.traffic.requests("command"))

    reply = await slack.command(slack.agent, "/loan-everything")

    assert reply.error
    assert len(slack.sandbox.traffic.requests("command")) == before
