"""Lines far longer than anybody types: refused in words, at once, and nobody else waits."""

import time

import pytest

from handlers.door.directory import mentioned_ids
from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


async def test_a_search_takes_ten_words(slack: Slack, loan: Loan) -> None:
    found = await slack.command(slack.agent, "/loan find " + "王 " * 10)
    assert "L-1042" in found.text
    for count in (11, 1000, 1490):
        refused = await slack.command(slack.agent, "/loan find " + "王 " * count)
        assert f"That's {count} words; a search takes at most 10." in refused.text
    await slack.in_chinese(slack.agent)
    refused = await slack.command(slack.agent, "/loan 查 " + "王 " * 11)
    assert "一共 11 个词，一次最多查 10 个。" in refused.text


async def test_the_form_of_a_search_takes_ten_words_and_suggests_nothing_for_more(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    assert await form.options("Loan", "王 " * 11) == []


@pytest.mark.parametrize(
    "command", ["/loan find", "/loan-call L-1042", "/loan-due", "/loan-team add @x", "/loan-digest"]
)
@pytest.mark.parametrize("length", [3001, 10_000, 60_000])
async def test_a_line_has_at_most_three_thousand_characters_besides_its_note(
    slack: Slack, loan: Loan, command: str, length: int
) -> None:
    refused = await slack.command(slack.agent, f"{command} " + "字" * length)
    assert "characters; the limit is 3000." in refused.text
    assert "The line has " in refused.text
    if length == 3001:
        assert refused.message is not None
        assert str([block for block in refused.message.blocks if "字" * 100 in str(block)]).count("字") == 3001


@pytest.mark.parametrize(
    "line", ["/loan-digest " + "字" * 990, "/loan-call L-1042 " + "reachd " * 140, "/loan-due " + "a " * 490]
)
async def test_a_line_of_one_word_again_and_again_is_refused_in_a_moment(slack: Slack, loan: Loan, line: str) -> None:
    began = time.process_time()
    refused = await slack.command(slack.agent, line)
    assert "Your line, to correct and send again:" in refused.text
    assert time.process_time() - began < 2


@pytest.mark.parametrize("colon", [":", ""])
async def test_a_note_may_have_three_thousand_characters_of_its_own(slack: Slack, loan: Loan, colon: str) -> None:
    taken = await slack.command(slack.agent, f"/loan-call L-1042 reached{colon} " + "他" * 3000)
    assert "reached, logged at 10:00." in taken.text
    refused = await slack.command(slack.agent, f"/loan-call L-1042 busy{colon} " + "他" * 3001)
    assert "The note has 3001 characters; the limit is 3000." in refused.text


@pytest.mark.parametrize("piece", ["<@U1|", "<@U1|a", "&lt;@U1|", "<#C1|&amp;"])
def test_what_looks_like_many_mentions_is_read_in_a_moment(piece: str) -> None:
    began = time.process_time()
    mentioned_ids(piece * 50_000)
    assert time.process_time() - began < 2
