"""A payment of which the exact sum is not said ends nothing before the caller says what it covers; the words stay its note."""

import pytest
from sqlmodel import select

from storage.tables import Call, FollowUp, Loan
from tests.builders import make_loan_in_arrears
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1, in arrears since 10 November, with an overdue call today."""
    return await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent, purposes=["overdue"])


async def open_purposes(slack: Slack) -> list[str]:
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).where(FollowUp.state == "open"))).all()
    return [row.purpose for row in rows]


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("paid about 3000", "about 3000"),
        ("paid ~3000", "~3000"),
        ("paid roughly 3k", "roughly 3k"),
        ("paid 3000 or so", "3000 or so"),
        ("paid by transfer 3000", "by transfer 3000"),
        ("paid most of it", "most of it"),
        ("paid but short 200", "but short 200"),
        ("已还款 余款周五还", "余款周五还"),
        ("已还款大约3000", "大约3000"),
        ("已还款3000左右", "3000左右"),
        ("还了三千多", "三千多"),
    ],
)
async def test_nothing_ends_before_it_is_said_what_it_covers(slack: Slack, loan: Loan, typed: str, note: str) -> None:
    asked = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert "Is that the whole instalment or part of it? Nothing is closed until you say." in asked.text
    assert f"> {note}" in asked.text
    assert await open_purposes(slack) == ["overdue"]
    assert asked.message is not None
    assert buttons(asked.message)[:2] == ["Whole instalment", "Part of it"]
    settled = shown(await slack.press(slack.agent, asked.message, "Whole instalment"))
    assert "The instalment due Tue 10 Nov 2026 counts as paid." in settled.text


async def test_logged_once_more_it_asks_again(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-call A-1 paid about 3000")
    again = await slack.command(slack.agent, "/loan-call A-1 paid about 3000")
    assert again.message is not None
    assert "Whole instalment" in buttons(again.message)
    another = shown(await slack.press(slack.agent, again.message, "Log another"))
    assert "Nothing is closed until you say." in another.text
    assert await open_purposes(slack) == ["overdue"]


async def test_the_forms_note_is_read_as_well(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("Outcome", "paid")
    await form.fill("Note", "about 3000, the rest comes friday")
    await form.submit()
    assert "Nothing is closed until you say." in form.text
    assert await open_purposes(slack) == ["overdue"]


@pytest.mark.parametrize(
    "typed",
    ["paid", "paid yesterday by card", "paid in full", "已还款 微信转账", "已还款 尾号1234的卡", "paid on 11月20日"],
)
async def test_a_payment_without_a_sum_is_the_whole_instalment(slack: Slack, loan: Loan, typed: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert "counts as paid" in reply.text


@pytest.mark.parametrize("typed", ["promised about 3000 fri", "承诺还款 3000左右 周五", "part paid about 1500 fri"])
async def test_a_promise_of_an_inexact_sum_keeps_its_day(slack: Slack, loan: Loan, typed: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert "promise to pay Fri 27 Nov 2026" in reply.text
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(Call))).one().amount is None


@pytest.mark.parametrize(
    ("who_reads", "typed", "part", "note"),
    [
        ("en-US", "paid half of it", "part paid", "paid half of it"),
        ("en-US", "paid some money today", "part paid", "paid some money today"),
        ("zh-CN", "付了一半", "部分还款", "付了一半"),
        ("zh-CN", "还了一半，周五还剩下的", "部分还款", "还了一半，周五还剩下的"),
    ],
)
async def test_a_part_is_offered_as_one(
    slack: Slack, loan: Loan, who_reads: str, typed: str, part: str, note: str
) -> None:
    await slack.change(slack.agent, locale=who_reads)
    asked = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert asked.message is not None
    assert await open_purposes(slack) == ["overdue"]
    await slack.press(slack.agent, asked.message, part)
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("下次跟进" if who_reads == "zh-CN" else "Next follow-up", "fri")
    await form.submit()
    assert note in form.text
    assert await open_purposes(slack) == ["promise"]


@pytest.mark.parametrize("typed", ["promised fri 3000 yuan", "承诺还款 周五 3000元", "承诺还款，下次周五 3000元"])
async def test_a_sum_of_money_behind_the_day_is_the_amount(slack: Slack, loan: Loan, typed: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert "promised CN¥3,000.00, logged" in reply.text
    assert "promise to pay Fri 27 Nov 2026" in reply.text


@pytest.mark.parametrize("typed", ["付了一部分 周五", "只还了3000，周五", "还了一部分 周五"])
async def test_other_words_for_a_part(slack: Slack, loan: Loan, typed: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert "The instalment stays unpaid." in reply.text
    assert await open_purposes(slack) == ["promise"]
