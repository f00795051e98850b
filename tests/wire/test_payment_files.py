"""The lender's files of payments and schedules: what they record, close and refuse. Now is Wednesday 25 November 2026, 10:00."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from desk.importing import batches
from storage.tables import AuditEntry, FollowUp, Loan, Payment, Promise
from tests.imports import bring_money, refusals
from tests.wire.office_day import Slack
from tests.wire.repaying import disbursed, give_schedule, page_of, pay

SCHEDULE = (
    "loan number,due date,amount due",
    "A-1,2026-10-10,1000.00",
    "A-1,2026-11-10,1000.00",
    "A-1,2026-12-10,1000.00",
    "A-1,2027-01-10,1000.00",
)
PAYMENTS = "number,payment date,amount,currency,reference"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent with four instalments, of which two fell due and none is paid."""
    found = await disbursed(slack)
    await give_schedule(slack)
    return found


async def bring(slack: Slack, *rows: str):
    """Import a file with that first line and these rows."""
    return await bring_money(slack.office, slack.workspace, *rows)


async def payments(slack: Slack) -> list[tuple[date, Decimal, str, bool]]:
    """Return the payments with their source, and whether they were reversed."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(Payment).order_by(col(Payment.paid_on), col(Payment.id)))).all()
    return [(row.paid_on, row.amount, row.source, row.reversed_at is not None) for row in rows]


async def calls(slack: Slack) -> list[tuple[str, date | None, str]]:
    """Return the calls about instalments with their states."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return [(row.purpose, row.instalment_on, row.state) for row in rows]


async def test_payments_cover_the_oldest_first_close_their_calls_and_tell_who_held_them(
    slack: Slack, loan: Loan
) -> None:
    assert await calls(slack) == [("overdue", date(2026, 10, 10), "open")]

    result = await bring(slack, PAYMENTS, "A-1,2026-11-24,1000.00,CNY,R2", "A-1,2026-11-20,1500,CNY,R1")

    assert result.effects == {"new": 2}
    assert refusals(result) == []
    assert await payments(slack) == [
        (date(2026, 11, 20), Decimal("1500.00"), "import", False),
        (date(2026, 11, 24), Decimal("1000.00"), "import", False),
    ]
    assert await calls(slack) == [
        ("overdue", date(2026, 10, 10), "done"),
        *[("repayment", date(2026, 12, 10), "open")] * 2,
    ]
    page = await page_of(slack, slack.agent)
    assert "from the lender's file" in page.text
    await slack.deliver()
    (told,) = [text for text in slack.texts(slack.collector) if "payments have come" in text]
    assert "1 call that you held is not needed any more" in told


@pytest.fixture
async def two_loans(slack: Slack, loan: Loan, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Return a file that pays what is past due of A-1 and A-2, each a batch of its own."""
    await disbursed(slack, "A-2")
    await give_schedule(slack, number="A-2")
    monkeypatch.setattr(batches, "BATCH", 1)
    return (PAYMENTS, "A-1,2026-11-20,2000,CNY,R1", "A-2,2026-11-20,2000,CNY,R2")


async def told_of_payments(slack: Slack) -> list[str]:
    await slack.deliver()
    return [post.text for post in slack.posts(slack.collector) if "payments have come" in post.text]


async def test_a_file_of_several_batches_is_one_message_to_who_held_the_calls(
    slack: Slack, two_loans: tuple[str, ...]
) -> None:
    await bring(slack, *two_loans)
    (told,) = await told_of_payments(slack)
    assert "2 calls that you held are not needed any more" in told
    assert "A-1" in told
    assert "A-2" in told


async def test_an_import_that_is_interrupted_has_told_of_what_it_took(slack: Slack, two_loans: tuple[str, ...]) -> None:
    await slack.command(slack.agent, "/loan-call A-2 promised 900 fri")

    def stop(_: int) -> None:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await bring_money(slack.office, slack.workspace, *two_loans, advance=stop)

    (told,) = await told_of_payments(slack)
    assert "1 call that you held is not needed any more" in told
    assert local((await promised(slack)).remind_at) == "2026-12-01 09:00"
    await bring(slack, *two_loans)
    assert len(await payments(slack)) == 2


async def test_the_same_file_twice_is_one_payment_each(slack: Slack, loan: Loan) -> None:
    named = (PAYMENTS, "A-1,2026-11-20,1000,CNY,R1", "A-1,2026-11-20,1000,CNY,R2")
    plain = ("贷款编号,还款日期,还款金额", "A-1,2026-11-21,500")
    await bring(slack, *named)
    await bring(slack, *plain)

    again, once_more = await bring(slack, *named), await bring(slack, *plain)

    assert (again.effects, once_more.effects) == ({"same": 2}, {"same": 1})
    assert len(await payments(slack)) == 3


async def test_a_payment_that_a_member_recorded_is_the_one_that_the_lender_books_days_later(
    slack: Slack, loan: Loan
) -> None:
    await pay(slack, "1000", "2026-11-23")

    result = await bring(slack, PAYMENTS, "A-1,2026-11-25,1000,CNY,R1")
    again = await bring(slack, PAYMENTS, "A-1,2026-11-25,1000,CNY,R1")

    assert (result.effects, again.effects) == ({"matched": 1}, {"same": 1})
    assert [each[2] for each in await payments(slack)] == ["form"]


async def test_a_reversal_takes_its_payment_back_once(slack: Slack, loan: Loan) -> None:
    await bring(slack, PAYMENTS, "A-1,2026-11-20,1000,CNY,R1", "A-1,2026-11-21,700,CNY,R2", "A-1,2026-11-22,300,,R3")
    back = (PAYMENTS, "A-1,2026-11-24,-1000.00,CNY,R1", "A-1,2026-11-24,(700),CNY,R9")
    header = "number,date,amount,reference,冲正,原流水号"
    flagged = (header, "A-1,2026-11-24,300,R8,是,R3", "A-1,2026-11-24,250,R7,是,")

    first = await bring(slack, *back)
    second, last = await bring(slack, *back), await bring(slack, *flagged)

    assert (first.effects, second.effects, last.effects) == ({"reversed": 2}, {"same": 2}, {"reversed": 1, "same": 1})
    assert [each[3] for each in await payments(slack)] == [True, True, True]
    async with slack.office.database.reading() as session:
        acts = [row.act for row in await session.exec(select(AuditEntry).where(AuditEntry.loan_id == loan.id))]
    assert acts.count("payment_reversed") == 3


async def test_a_debit_that_came_back_is_called_about_at_once(slack: Slack, loan: Loan) -> None:
    await bring(slack, PAYMENTS, "A-1,2026-11-24,2000,CNY,R1")
    october = date(2026, 10, 10)
    assert ("overdue", october, "done") in await calls(slack)
    slack.clock.advance(minutes=2)
    await bring(slack, PAYMENTS, "A-1,2026-11-25,-2000,CNY,R1")
    assert [each for each in await calls(slack) if each[:2] == ("overdue", october)] == [
        ("overdue", october, "cancelled"),
        ("overdue", october, "open"),
    ]


async def test_a_promise_that_a_reversal_in_a_file_breaks_escalates(slack: Slack, loan: Loan) -> None:
    for promised in ("promised 1000 fri", "promised 800 wed"):
        await slack.command(slack.agent, f"/loan-call A-1 {promised}")
        await slack.at("2026-12-01 10:00")
    await bring(slack, PAYMENTS, "A-1,2026-12-01,800,CNY,R1")
    await slack.at("2026-12-07 10:00")
    assert not any("承诺两次未兑现" in text for text in slack.texts(slack.manager_channel))

    await bring(slack, PAYMENTS, "A-1,2026-12-04,-800,CNY,R1")

    await slack.deliver()
    assert any("承诺两次未兑现" in text for text in slack.texts(slack.manager_channel))


async def test_what_is_wrong_with_a_payment_is_refused_by_its_row(slack: Slack, loan: Loan) -> None:
    await disbursed(slack, "A-2")
    async with slack.office.desk(slack.workspace) as desk:
        row = (await desk.session.exec(select(Loan).where(Loan.number == "A-2"))).one()
        row.stage = "approved"
        desk.add(row)
    rows = (
        "A-9,2026-11-20,1000,CNY,R1",
        "A-1,2026-11-26,1000,CNY,R2",
        "A-1,2026-11-20,1000,USD,R3",
        "A-1,2026-11-20,4000.01,CNY,R4",
        "A-1,2026-11-20,0,CNY,R5",
        "A-2,2026-11-20,1000,CNY,R6",
        "A-1,20.11.2026,1.000,CNY,R7",
        "A-1,2026-11-20,-800,CNY,R8",
        "A-1,2026-11-20,1000,CNY,R9",
        "A-1,2026-11-20,900,CNY,R9",
        ",2026-11-20,900,CNY,R10",
    )

    result = await bring(slack, PAYMENTS, *rows)

    assert refusals(result) == [
        "2 number: there is no loan A-9",
        "3 payment date: Thu 26 Nov 2026 hasn't come yet",
        "4 currency: A-1 is in CNY",
        "5 amount: more than what is left of A-1, CN¥4,000.00",
        "6 amount: the amount must be more than 0",
        "7 amount: A-2 isn't paid out: it is approved",
        "8 amount: 1.000 isn't an amount, written like 120000 or 120,000.50",
        "9 reference: no payment here is surely the one that R8 takes back. Name it in a column “original reference”",
        "10 amount: this payment appears in the file more than once and nothing tells them apart. Give each its own reference",
        "11 amount: this payment appears in the file more than once and nothing tells them apart. Give each its own reference",
        "12 number: empty",
    ]
    assert await payments(slack) == []
    assert refusals(result, "zh")[3] == "5 amount：多于 A-1 的未还余额¥4,000.00"


async def test_a_dry_run_records_nothing(slack: Slack, loan: Loan) -> None:
    row = "A-1,2026-11-20,1000,CNY,R1"
    result = await bring_money(slack.office, slack.workspace, PAYMENTS, row, dry_run=True)

    assert result.effects == {"new": 1}
    assert await payments(slack) == []
    assert slack.workspace.payments_at is None


async def test_a_schedule_of_a_file_replaces_the_one_before_or_is_refused_whole(slack: Slack) -> None:
    await disbursed(slack)

    first, again = await bring(slack, *SCHEDULE), await bring(slack, *SCHEDULE)
    replaced = await bring(slack, *SCHEDULE[:-1], "A-1,2027-02-10,1200.00")
    refused = await bring(slack, *SCHEDULE[:-1], "A-1,2026-12-09,1200.00")

    assert (first.effects, again.effects, replaced.effects) == ({"new": 1}, {"same": 1}, {"replaced": 1})
    assert refused.effects == {}
    assert "5 Wed 9 Dec 2026 doesn't come after Thu 10 Dec 2026, the instalment before it" in refusals(refused)
    assert len(refusals(refused)) == 4
    page = await page_of(slack, slack.agent)
    assert "Schedule (from the lender): 4 instalments, CN¥4,200.00" in page.text
    assert {call for call in await calls(slack) if call[2] == "open"} == {("repayment", date(2026, 12, 10), "open")}


async def test_a_schedule_says_what_is_paid_already(slack: Slack) -> None:
    await disbursed(slack, amount=Decimal(2830))
    header = "合同号,应还日期,应还金额,应还本金,应还利息,还款状态"
    rows = ("A-1,2026-10-10,1000,900,100,已还", "A-1,2026-11-10,1000,950,50,未还", "A-1,2026-12-10,1000,980,20,未到期")

    result = await bring(slack, header, *rows)

    assert result.effects == {"new": 1}
    assert await calls(slack) == [("overdue", date(2026, 11, 10), "open")]
    assert (await bring(slack, PAYMENTS, "A-1,2026-10-09,1000,CNY,R1")).effects == {"settled": 1}
    assert await payments(slack) == []


async def promised(slack: Slack) -> FollowUp:
    """Return the call about the last promise."""
    async with slack.office.database.reading() as session:
        statement = select(FollowUp).where(FollowUp.purpose == "promise").order_by(col(FollowUp.number).desc())
        found = (await session.exec(statement)).first()
    assert found is not None
    return found


def local(instant: datetime | None) -> str:
    """Return a time in Shanghai."""
    assert instant is not None
    return f"{instant.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"


async def test_a_promise_waits_without_a_reminder_where_payments_reach_the_desk(slack: Slack, loan: Loan) -> None:
    await bring(slack, PAYMENTS, "A-1,2026-11-20,100,CNY,R0")

    reply = await slack.command(slack.agent, "/loan-call A-1 promised 900 fri")

    assert "A payment closes it. If none comes, you are reminded on Tue 1 Dec 2026." in reply.text
    call = await promised(slack)
    assert (call.due_on, local(call.remind_at)) == (date(2026, 11, 27), "2026-12-01 09:00")
    await slack.at("2026-11-27T12:00+08:00")
    await slack.deliver()
    assert not [text for text in slack.texts(slack.collector) if "promise" in text]

    await bring(slack, PAYMENTS, "A-1,2026-11-27,900,CNY,R1")

    assert (await promised(slack)).state == "done"
    assert [row.state for row in await slack.rows(Promise)] == ["kept"]


async def test_a_promise_is_asked_about_on_its_day_once_no_file_has_come_for_31_days(slack: Slack, loan: Loan) -> None:
    await bring(slack, PAYMENTS, "A-1,2026-11-20,100,CNY,R0")
    slack.clock.advance(days=31, minutes=1)

    reply = await slack.command(slack.agent, "/loan-call A-1 promised 900 2026-12-31")

    assert "A payment closes it" not in reply.text
    assert local((await promised(slack)).remind_at) == "2026-12-31 09:00"


async def test_a_promise_that_was_open_when_the_first_file_came_waits_too_and_is_due_when_broken(
    slack: Slack, loan: Loan
) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-call A-1 承诺还款 900元 周五")
    assert local((await promised(slack)).remind_at) == "2026-11-27 09:00"

    await bring(slack, PAYMENTS, "A-1,2026-11-20,100,CNY,R0")

    assert local((await promised(slack)).remind_at) == "2026-12-01 09:00"
    reply = await slack.command(slack.agent, "/loan-follow A-1/2 改期 11月30日")
    assert "到账后自动完成；未到账则于2026年12月4日 周五提醒您。" in reply.text


async def test_a_time_agreed_about_a_promise_and_a_retry_are_kept_where_payments_reach_the_desk(
    slack: Slack, loan: Loan
) -> None:
    await bring(slack, PAYMENTS, "A-1,2026-11-20,100,CNY,R0")
    await slack.command(slack.agent, "/loan-call A-1 promised 900 fri")
    await slack.at("2026-12-01T09:30+08:00")

    retried = await slack.command(slack.collector, "/loan-call A-1 no answer promise")

    assert "Tue 1 Dec 2026 12:30" in retried.text
    assert "A payment closes it" not in retried.text
    assert local((await promised(slack)).remind_at) == "2026-12-01 12:30"

    agreed = await slack.command(slack.collector, "/loan-call A-1 call back promise next 2026-12-02 19:10")

    assert "A payment closes it" not in agreed.text
    assert local((await promised(slack)).remind_at) == "2026-12-02 19:10"
