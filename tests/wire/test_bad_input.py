"""Lines that end too early, are far too long, or contain Slack markup."""

import pytest
from sqlmodel import select

from handlers.commands import COMMANDS
from sandbox.model import text_of
from storage.tables import Call, Loan
from tests.builders import make_loan, make_member
from tests.wire.office_day import Slack

NOTE = "“Bitte”  —  ＡＢＣ１２３，他说：“下周再说！” *bold* _it_ `code` ~no~ :smile: <b>&amp;</b> =1+1 \\n ½ ﬁ"
"""Punctuation, widths, case, spaces and markup that must be shown as typed."""


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


USAGES = {command.name: command.usage for command in COMMANDS}
LINES = sorted({(command, example.en) for command, usage in USAGES.items() for example in usage.examples})


@pytest.mark.parametrize("command", sorted(USAGES))
async def test_an_incomplete_line_is_answered_in_both_languages(slack: Slack, loan: Loan, command: str) -> None:
    chinese = {(command, example.zh) for command, usage in USAGES.items() for example in usage.examples}
    reader = await make_member(slack.office, slack.workspace, "USTRANGER", name="Stranger", locale="zh-CN")
    for who, lines in ((slack.agent, LINES), (reader, sorted(chinese))):
        for _, line in (each for each in lines if each[0] == command):
            words = line.split(" ")
            for n in range(1, len(words) + 1):
                for end in ("", ":", "，"):
                    typed = f"{command} {' '.join(words[:n])}{end}"
                    reply = await slack.command(who, typed)
                    assert reply.error == "", typed
                    assert reply.ephemeral, typed
                    assert "can't do that (" not in reply.text, typed
                    assert "无法执行（" not in reply.text, typed


@pytest.mark.parametrize(
    "line",
    [
        "/loan-call L-1042 reached: {note}",
        "/loan-follow L-1042 tomorrow 10:00 documents: {note}",
        "/loan-stage L-1042 approved: {note}",
        "/loan-reassign L-1042 @other {note}",
    ],
)
async def test_a_note_comes_back_exactly_as_it_was_typed(slack: Slack, loan: Loan, line: str) -> None:
    reply = await slack.command(slack.manager, line.format(note=NOTE))
    assert reply.message is not None
    assert NOTE in text_of(reply.message)
    assert reply.message.notified <= {slack.manager.slack_user_id, "UOTHER", "UAGENT"}
    assert "!channel" not in reply.message.mentions


async def test_the_card_shows_a_note_exactly_as_it_was_typed(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, f"/loan-call L-1042 reached: {NOTE}")
    card = await slack.command(slack.agent, "/loan L-1042")
    assert card.message is not None
    assert NOTE in text_of(card.message)


async def test_a_note_over_the_limit_is_refused_with_its_length(slack: Slack, loan: Loan) -> None:
    taken = await slack.command(slack.agent, "/loan-call L-1042 reached: " + "他" * 3000)
    assert "reached, logged at 10:00." in taken.text
    assert taken.message is not None
    assert "他" * 3000 in text_of(taken.message)
    for length in (3001, 10_000):
        refused = await slack.command(slack.agent, "/loan-call L-1042 busy: " + "他" * length)
        assert f"The note has {length} characters; the limit is 3000." in refused.text
    async with slack.office.database.reading() as session:
        assert len((await session.exec(select(Call))).all()) == 1


@pytest.mark.parametrize("command", [c for c in sorted(USAGES) if c not in ("/loan-digest", "/loan-due", "/loan-team")])
async def test_every_command_answers_a_line_of_ten_thousand_characters(slack: Slack, loan: Loan, command: str) -> None:
    reply = await slack.command(slack.agent, f"{command} L-1042 " + "字😀" * 5_000)
    assert reply.error == ""
    assert reply.ephemeral


async def test_a_name_that_matches_two_loans_offers_both(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-7", owner=slack.agent)
    reply = await slack.command(slack.agent, "/loan-call 王小明 reached")
    assert "“王小明” matches more than one loan. Type the number:" in reply.text
    assert "• L-1042 王小明 · phone ending 5678 · application" in reply.text
    assert "• L-7 王小明 · phone ending 5678 · application" in reply.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/loan-call L-9 reached", "There is no loan “L-9” that you can see."),
        ("/loan-call L-1042 reachd", "“reachd” isn't an outcome.\nFor example: /loan-call L-1042 reached"),
        ("/loan-call L-1042 call back next yesterday", "“yesterday” has passed"),
        ("/loan-follow L-1042 @nobody fri", "Nobody at this desk is called “nobody”."),
        ("/loan-docs L-1042 passport", "I don't know a document called"),
    ],
)
async def test_an_unknown_word_is_answered_with_the_nearest_known_one(
    slack: Slack, loan: Loan, line: str, said: str
) -> None:
    reply = await slack.command(slack.agent, line)
    assert said in reply.text
    assert line in reply.text
