"""The line that a refusal repeats: copied and sent again, it is the same line."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.door.directory import repeated
from handlers.grammar.text import Line
from sandbox.model import Message
from storage.tables import Call, FollowUp, Loan, Member
from tests.builders import make_loan, make_member
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-2 of the agent."""
    return await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)


def to_copy(message: Message | None) -> str:
    """Return the repeated line, as the reader sees and copies it."""
    assert message is not None
    [line] = [
        "".join(part["text"] for part in element["elements"])
        for block in message.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        if element["type"] == "rich_text_preformatted"
    ]
    return line


async def repeats(slack: Slack, line: str, who: Member | None = None) -> str:
    """Send a line that is refused, and return what comes back to be mended."""
    return to_copy((await slack.command(who or slack.agent, line)).message)


async def test_a_mended_line_still_plans_what_stands_behind_its_arrow(slack: Slack, loan: Loan) -> None:
    line = await repeats(slack, "/loan-call A-2 reached, wants a lower rate > fri 2 decision")
    assert line == "/loan-call A-2 reached, wants a lower rate > fri 2 decision"

    sent = await slack.command(slack.agent, line.replace("fri 2", "fri 14:00"))

    assert "Next: decision Fri 27 Nov 2026 14:00" in sent.text
    [call] = await slack.rows(Call)
    assert slack.office.cipher.decrypt(Call.note_cipher, call) == "wants a lower rate"


@pytest.mark.parametrize(
    "typed",
    [
        "A-2 reachd he & she",
        "A-2 reachd a < b > c &amp; &lt;",
        "A-2 reachd see https://bank.cn/a?b=1&c=2 or lender.com/x",
        "A-2 reachd mail li@example.com",
        "A-2 未街，他说：“下周再说！”；工资〈三万〉、奖金。",
        "A-2 reachd ask @agent in #general and @nobody",
        "A-2 reachd <!channel> <@UAGENT> <@UAGENT|x>",
        "A-2 reachd  two  blanks *bold* `code`\n\tline 2",
        "Ａ－２　未街　＞　周五",
    ],
)
async def test_a_repeated_line_is_repeated_the_same_when_it_is_sent_again(slack: Slack, loan: Loan, typed: str) -> None:
    slack.sandbox.add_channel("general", members=["UAGENT"])
    once = await repeats(slack, f"/loan-call {typed}")
    assert once.casefold() == f"/loan-call {typed}".casefold()
    assert await repeats(slack, once) == once


async def test_a_member_of_two_words_is_repeated_as_one_who_is_understood(slack: Slack, loan: Loan) -> None:
    slack.sandbox.add_user("UTOM", name="tom", real_name="Tom Becker")
    tom = await make_member(slack.office, slack.workspace, "UTOM", name="Tom Becker", team_id=slack.team.id)
    line = await repeats(slack, "/loan-follow A-2 @tom fri 2 income", slack.manager)
    assert "@TomBecker" in line

    await slack.command(slack.manager, line.replace("fri 2", "fri 14:00"))

    [follow_up] = await slack.rows(FollowUp)
    assert follow_up.assignee_id == tom.id


async def test_of_two_members_of_one_name_the_one_who_was_mentioned_is_meant(slack: Slack, loan: Loan) -> None:
    wanted = [await make_member(slack.office, slack.workspace, f"UTOM{n}", name="Tom Becker") for n in (1, 2)]
    for n, day in ((1, "fri"), (2, "mon")):
        slack.sandbox.add_user(f"UTOM{n}", name=f"tom{n}", real_name="Tom Becker")
        line = await repeats(slack, f"/loan-follow A-2 @tom{n} {day} 2 income", slack.manager)
        await slack.command(slack.manager, line.replace(f"{day} 2", f"{day} 14:00"))
    assert [f.assignee_id for f in sorted(await slack.rows(FollowUp), key=lambda f: f.number)] == [m.id for m in wanted]


async def test_a_private_channel_in_a_note_is_the_same_one_when_it_is_sent_again(slack: Slack, loan: Loan) -> None:
    line = await repeats(slack, "/loan-call A-2 reachd see #desk")
    assert await repeats(slack, line) == line
    await slack.command(slack.agent, line.replace("reachd", "reached"))
    [call] = await slack.rows(Call)
    assert slack.office.cipher.decrypt(Call.note_cipher, call) == "see <#CDESK|>"


async def test_a_private_channel_is_repeated_so_that_it_is_understood(slack: Slack) -> None:
    slack.sandbox.add_user("UNEW", name="new", real_name="Nina New")
    line = await repeats(slack, "/loan-team add @new agnt #desk East", slack.admin)

    await slack.command(slack.admin, line.replace("agnt", "agent"))

    assert (await slack.member("UNEW")).reminder_channel_id == "CDESK"


async def test_a_private_channel_that_the_bot_does_not_see_is_repeated_so_that_it_is_understood(slack: Slack) -> None:
    slack.sandbox.add_channel("risk", channel_id="CRISK", kind="private", members=["UADMIN"], with_bot=False)
    line = await repeats(slack, "/loan-team add @other agent, #risk East", slack.admin)
    assert await repeats(slack, line, slack.admin) == line
    refused = await slack.command(slack.admin, line)
    assert "The bot isn't in <#CRISK>." in refused.text


async def test_a_member_before_a_colon_is_understood(slack: Slack, loan: Loan) -> None:
    for who, day in (("@other", "fri"), ("@Other", "mon"), ("@oth", "tue")):
        reply = await slack.command(slack.manager, f"/loan-follow A-2 {who}: {day} 10:00")
        assert "<@UOTHER>" in reply.text
    assert len(await slack.rows(FollowUp)) == 3


pieces = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(
        ["&", "<", ">", "&amp;", "&lt;", " ", "，", "。", "：", "；", "“", "> fri 10:00", "@wang", "<@U1>", "<#C1>"]
    ),
    st.sampled_from(["<!here>", "<@U1|a>", "https://x.cn/?a=1&b=2", "a@b.cn", "lender.com/x", "#desk", "未接", "next"]),
)


@given(st.lists(pieces, max_size=8).map("".join))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was_typed(encode: Any, text: str) -> None:
    line = Line.read(encode(text))
    names, channels = {"UWANG": "wang"}, {"CDESK": "desk"}
    back = repeated(line, names, channels)
    assert back == text
    again = Line.read(encode(back))
    assert (again.norm, again.mentions) == (line.norm, line.mentions)


@pytest.fixture
def encode() -> Any:
    """Return what Slack sends for a typed text, in a workspace with the user `wang` and the channel `desk`."""
    from sandbox.escaping import encode
    from sandbox.model import Channel, User

    user, channel = User("UWANG", "wang", "wang"), Channel("CDESK", "desk", "private")
    return lambda text: encode(
        text,
        find_user=lambda name: user if name == "wang" else None,
        find_channel=lambda name: channel if name == "desk" else None,
    )
