"""`/loan` typed in Slack: the day, cards, lists, inquiries, corrections. Now is Wednesday 10:00."""

import pytest
from sqlmodel import select

from sandbox.model import text_of
from storage.tables import AuditEntry, Loan
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.wire.office_day import Slack

TRAP = "<!channel> *x* =1+1"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, whose follow-up about documents is due at noon."""
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now().replace(hour=4))
    return loan


async def test_loan_typed_alone_shows_usage_and_the_members_day(slack: Slack, loan: Loan) -> None:
    for line in ("/loan", "/loan help"):
        reply = await slack.command(slack.agent, line)
        assert "/loan find wang" in reply.text
        assert "1 follow-up is due today" in reply.text
        assert "L-1042/1 documents · Wed 25 Nov 12:00 · <@UAGENT> · 王小明" in reply.text


async def test_the_card_shows_everything_needed_before_a_call(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-call L-1042 no answer rang out")
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    reply = await slack.command(slack.verifier, "/loan l-1042")

    assert reply.ephemeral
    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · phone ending 5678",
        "application since Wed 25 Nov 2026 · owner: <@UAGENT>",
        "CN¥120,000.00",
        "Planned:",
        "• /1 documents · Wed 25 Nov 13:00 · <@UAGENT> · 1 attempt",
        "Recent calls:",
        "• Wed 25 Nov 10:00 · no answer · documents · <@UAGENT>",
        "> rang out",
        "Open documents:",
        "• ID card · requested Wed 25 Nov 10:00 <@UAGENT>",
    ]


async def test_the_card_is_shown_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan 王小明")

    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · 尾号5678",
        "申请，自2026年11月25日 周三 · 负责人：<@UAGENT>",
        "¥120,000.00",
        "已安排：",
        "• /1 材料 · 11月25日 周三 12:00 · <@UAGENT>",
        "尚无通话记录。",
    ]


async def test_only_the_presser_sees_the_phone_number_and_it_is_audited(slack: Slack, loan: Loan) -> None:
    card = await slack.command(slack.agent, "/loan L-1042")
    assert "138 0013" not in card.full_text
    assert card.message is not None

    shown = await slack.press(slack.agent, card.message, "Call")

    assert shown.shown is not None
    assert shown.shown.is_ephemeral
    assert "+86 138 0013 5678" in shown.shown.text
    async with slack.office.database.reading() as session:
        entries = (await session.exec(select(AuditEntry).where(AuditEntry.act == "show_number"))).all()
    assert [(entry.actor_id, entry.loan_id) for entry in entries] == [(slack.agent.id, loan.id)]


async def test_a_name_with_markup_is_shown_as_typed_and_notifies_nobody(slack: Slack) -> None:
    opened = await slack.command(slack.agent, f"/loan new {TRAP} 139 0013 9000 {TRAP}")
    card = await slack.command(slack.agent, "/loan L-1")
    found = await slack.command(slack.agent, "/loan find 9000")

    for reply in (opened, card, found):
        assert reply.message is not None
        assert TRAP in text_of(reply.message)
        assert reply.message.notified <= {slack.agent.slack_user_id}


async def test_a_new_inquiry_offers_other_times_for_its_first_call(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan new Wang Fang 139 0013 9000 asks for the rate")
    assert reply.text.splitlines() == [
        "New inquiry L-1: Wang Fang · phone ending 9000 · owner: <@UAGENT>",
        "> asks for the rate",
        "Next: conditions Wed 25 Nov 2026 12:00 (Shanghai time), <@UAGENT> (L-1/1)",
        "By rule: an inquiry is answered within 2 working hours",
        "Another time?",
    ]
    assert reply.message is not None

    planned = await slack.press(slack.agent, reply.message, "Thu 26 Nov 09:00")
    assert planned.shown is not None
    assert "Thu 26 Nov 2026 09:00 (Shanghai time), <@UAGENT> (L-1/2)" in planned.shown.text

    twice = await slack.press(slack.agent, reply.message, "Thu 26 Nov 09:00")
    assert twice.shown is not None
    assert "Something else has been planned on L-1 since." in twice.shown.text


async def test_pressing_nothing_needed_leaves_an_inquiry_without_a_plan(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan new Wang Fang 139 0013 9000")
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Nothing needed")
    assert pressed.shown is not None
    assert pressed.shown.text.splitlines() == [
        "L-1 needs no call until Fri 25 Dec 2026.",
        "1 call planned by rule was cancelled.",
    ]


async def test_an_inquiry_with_a_known_phone_needs_a_confirmation(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan 新 王晓明 13800135678，再买一辆")
    assert "该电话已有贷款，尚未新建咨询。" in reply.text
    assert "L-1042 王小明" in reply.text
    assert reply.message is not None
    assert "王晓明" not in text_of(reply.message)

    opened = await slack.press(slack.agent, reply.message, "仍然新建咨询")

    assert opened.shown is not None
    assert "新咨询 L-1：王晓明 · 尾号5678 · 负责人：<@UAGENT>" in opened.shown.text
    assert "> 再买一辆" in opened.shown.text


async def test_a_row_of_a_list_opens_its_card(slack: Slack, loan: Loan) -> None:
    found = await slack.command(slack.agent, "/loan find wang xiao 5678")
    assert found.text.splitlines() == [
        "No loan you can see matches all of these words.",
        "Search by name (or how it begins), pinyin, phone number, last four digits or loan number.",
    ]
    found = await slack.command(slack.agent, "/loan find wangxiao 5678")
    assert found.text.splitlines() == [
        "1 loan found",
        "• L-1042 王小明 · phone ending 5678 · application · <@UAGENT> · documents Wed 25 Nov 12:00",
    ]
    assert found.message is not None

    card = await slack.press(slack.agent, found.message, "Card L-1042")

    assert card.shown is not None
    assert "Planned:" in card.shown.text


async def test_the_list_of_the_members_own_loans_is_paginated(slack: Slack) -> None:
    for n in range(12):
        await make_loan(slack.office, slack.workspace, f"A-{n}", owner=slack.agent, phone=f"+86139001390{n:02}")
    first = await slack.command(slack.agent, "/loan mine application")
    assert "You have 12 loans in application" in first.text
    assert first.message is not None

    last = await slack.press(slack.agent, first.message, "Show more")

    assert last.shown is not None
    assert last.shown.text.count("王小明") == 2
    assert "more" not in last.shown.text


async def test_a_correction_shows_the_earlier_value(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan edit L-1042 name 汪小明")
    assert reply.text == "L-1042: the borrower's name is now 汪小明 (it was 王小明)."
    reply = await slack.command(slack.agent, "/loan edit L-1042 phone 139 0013 9000")
    assert reply.text == "L-1042: the phone number is now +86 139 0013 9000 (it was +86 138 0013 5678)."
    reply = await slack.command(slack.agent, "/loan edit L-1042 number HT-77")
    assert reply.text == "Loan L-1042 now has the number HT-77."
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    assert "汪小明" in (await slack.command(slack.agent, "/loan L-1042")).text


async def test_a_member_who_may_not_correct_a_loan_is_told_who_may(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.other, "/loan edit L-1042 name 汪小明")
    assert "Only the people responsible can act on this: <@UAGENT>, <@UMANAGER>." in reply.text


async def test_a_loan_that_the_member_may_not_see_is_answered_like_a_missing_one(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    hidden = await make_member(slack.office, slack.workspace, "UWEST", team_id=west.id)
    await make_loan(slack.office, slack.workspace, "W-1", owner=hidden)

    there = await slack.command(slack.agent, "/loan W-1")
    nowhere = await slack.command(slack.agent, "/loan W-9")

    assert there.text.replace("W-1", "W-9") == nowhere.text
    assert "There is no loan “W-9” that you can see." in nowhere.text


async def test_a_name_that_matches_two_loans_offers_both(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, phone="+8613900139000", stage="signed")
    reply = await slack.command(slack.agent, "/loan 王小明")
    assert "“王小明” matches more than one loan. Type the number:" in reply.text
    assert "• L-1042 王小明 · phone ending 5678 · application" in reply.text
    assert "• L-2 王小明 · phone ending 9000 · signed" in reply.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("new 王芳 12345", "Add a valid phone number."),
        ("new 13900139000", "What is the borrower's name?"),
        ("edit L-1042 age 30", "“age” can't be changed here."),
        ("edit L-1042 phone 123", "“123” isn't a valid phone number."),
        ("mine nowhere", "“nowhere” isn't a stage."),
        (f"new {'王' * 101} 13900139000", "The name has 101 characters; the limit is 100."),
        (f"new 王芳 13900139000 {'好' * 3001}", "The note has 3001 characters; the limit is 3000."),
    ],
)
async def test_an_invalid_line_is_explained(slack: Slack, loan: Loan, line: str, said: str) -> None:
    reply = await slack.command(slack.agent, f"/loan {line}")
    assert said in reply.text


async def test_the_longest_notes_fit_on_a_card(slack: Slack, loan: Loan) -> None:
    for n in range(5):
        await slack.command(
            slack.agent, f"/loan-call L-1042 reached {n}{'好' * 2999} > tomorrow {10 + n}:00: {'行' * 2900}"
        )
    reply = await slack.command(slack.agent, "/loan L-1042")
    assert reply.message is not None
    assert "Recent calls:" in text_of(reply.message)


async def test_an_inquiry_with_a_call_planned_since_cannot_be_undone(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan new 王伟 13912345678")
    await slack.command(slack.agent, "/loan-follow L-1 tomorrow 10:00 conditions")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    async with slack.office.database.reading() as session:
        loan = (await session.exec(select(Loan))).one()
    assert loan.stage == "inquiry"
