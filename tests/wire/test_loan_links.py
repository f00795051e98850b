"""Links to the lender's own loan system, posted in a channel. Now is Wednesday 10:00 in Shanghai."""

import json

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.commands.doctor import examine
from bot.manifest import LINK_SCOPES, manifest
from handlers.loan_links import LoanLinks
from sandbox.model import Message, text_of
from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack, shown

LOAN_LINKS = "https://loans.example.com/l/{number}"
"""The setting with which the desk of this module runs."""

LINK = "https://loans.example.com/l/L-1042"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent."""
    slack.sandbox.join(slack.desk_channel, slack.workspace.bot_user_id)
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


def posted(slack: Slack, words: str, *, by: str = "UAGENT") -> Message:
    return slack.sandbox.say(by, slack.desk_channel, words)


async def settled(slack: Slack) -> None:
    """Wait until all earlier events are processed, by waiting for the answer to a later one."""
    conversation = slack.sandbox.dm("UAGENT")
    before = len(slack.sandbox.messages(conversation))
    slack.sandbox.say("UAGENT", conversation, "help")
    await slack.sandbox.wait_for(lambda: slack.sandbox.messages(conversation)[before + 1 :])


async def unfurled(slack: Slack, message: Message) -> str:
    """Return the text unfurled below the message."""
    await slack.sandbox.wait_for(lambda: message.attachments)
    return "\n".join(text_of(attachment) for attachment in message.attachments)


@pytest.mark.both_doors
async def test_a_link_shows_only_number_and_stage(slack: Slack, loan: Loan) -> None:
    message = posted(slack, f"who takes <{LINK}>?")
    below = await unfurled(slack, message)
    assert below.splitlines() == ["L-1042 · 申请", "查看卡片"]
    assert "王" not in below
    assert "5678" not in below


async def test_only_members_who_may_see_the_loan_open_its_card_from_a_link(slack: Slack, loan: Loan) -> None:
    message = posted(slack, f"<{LINK}?tab=2|our loan>")
    await unfurled(slack, message)

    card = shown(await slack.press(slack.agent, message, "查看卡片"))
    assert card.is_ephemeral
    assert "王小明" in card.text
    refused = shown(await slack.sandbox.press("USTRANGER", message, "查看卡片"))
    assert refused.is_ephemeral
    assert "not a member of this desk" in refused.text
    assert "L-1042" not in refused.text
    await slack.change(slack.other, team_id=None)
    assert (
        "That loan doesn't exist, or you can't see it"
        in shown(await slack.press(slack.other, message, "查看卡片")).text
    )


@pytest.mark.parametrize(
    ("words", "by"),
    [
        ("<https://loans.example.com/l/L-9999>", "UAGENT"),
        ("<https://loans.example.com/reports/L-1042>", "UAGENT"),
        ("<https://other.loans.example.com/l/L-1042>", "UAGENT"),
        ("<https://elsewhere.example/l/L-1042>", "UAGENT"),
        (f"<{LINK}>", "USTRANGER"),
    ],
    ids=["unknown number", "other page", "other host", "other domain", "no member"],
)
async def test_other_links_are_not_unfurled(slack: Slack, loan: Loan, words: str, by: str) -> None:
    message = posted(slack, words, by=by)
    control = posted(slack, f"<{LINK}>")
    await unfurled(slack, control)
    await settled(slack)
    assert message.attachments == []


async def test_a_link_by_a_member_who_may_not_see_the_loan_is_not_unfurled(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.other, team_id=None)
    message = posted(slack, f"<{LINK}>", by="UOTHER")
    await unfurled(slack, posted(slack, f"<{LINK}>"))
    await settled(slack)
    assert message.attachments == []


async def test_a_link_in_a_channel_shared_with_another_company_is_not_unfurled(slack: Slack, loan: Loan) -> None:
    slack.sandbox.add_channel("dealers", channel_id="CDEALERS", kind="private", members=["UAGENT"], is_ext_shared=True)
    message = slack.sandbox.say("UAGENT", "CDEALERS", f"<{LINK}>")
    await unfurled(slack, posted(slack, f"<{LINK}>"))
    await settled(slack)
    assert message.attachments == []


async def test_several_links_in_one_message_are_unfurled(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "A/7", owner=slack.agent, stage="approved")
    message = posted(slack, f"<{LINK}> <https://loans.example.com/l/A%2F7> <https://loans.example.com/l/none>")
    below = await unfurled(slack, message)
    assert [line for line in below.splitlines() if " · " in line] == ["L-1042 · 申请", "A/7 · 已批"]


async def test_the_manifest_has_the_link_scopes_only_when_links_are_configured(slack: Slack, database_url: str) -> None:
    assert not LINK_SCOPES.keys() & set(manifest(None)["oauth_config"]["scopes"]["bot"])
    assert "unfurl_domains" not in manifest(None)["features"]
    settings = settings_for(slack.sandbox, database_url, loan_links=LOAN_LINKS)
    assert {finding.subject: finding.ok async for finding in examine(settings)}["scopes"]

    slack.sandbox.install(
        manifest=manifest("http://127.0.0.1:9"),
        signing_secret="wire-signing-secret",
        token="xoxb-wire-token",
    )
    words = {finding.subject: finding.words async for finding in examine(settings)}["scopes"]
    assert words.startswith("missing: links:read")


def test_the_command_line_writes_the_manifest_for_links() -> None:
    printed = CliRunner().invoke(app, ["manifest", "--socket", "--loan-links", LOAN_LINKS])
    assert json.loads(printed.output) == manifest(None, links_domain="loans.example.com")
    wrong = CliRunner().invoke(app, ["manifest", "--socket"], env={"LOANDESK_LOAN_LINKS": "loans"})
    assert wrong.exit_code == 2


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("loans.example.com/{number}", "must begin with https://"),
        ("https://{number}.example.com/", "must begin with https://"),
        ("https://loans.example.com/l/", "must appear in it once"),
        ("https://loans.example.com/{number}/{number}", "must appear in it once"),
    ],
)
def test_an_invalid_link_pattern_is_reported_at_start(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        LoanLinks(pattern)
