"""The columns of a lender's file that say the terms of a loan and its vehicle. Now is Wednesday 10:00."""

from datetime import date

from sqlmodel import col, select

from storage.tables import FollowUp, Loan
from tests.imports import bring_rows, refusals, remarks
from tests.wire.office_day import Slack
from tests.wire.test_statements import executed

HEADER = "贷款编号,姓名,手机,阶段,客户经理,车价,首付款,期数,年利率,首期还款日,产品,品牌,车型,车架号,车牌号"
ROW = "A-1,李雷,13800138000,application,UAGENT,120000,36000,36期,4.5%,2027-01-15,新车贷,比亚迪,秦PLUS,1M8GDM9AXKP042788,沪A·12345"


async def card(slack: Slack) -> str:
    return (await slack.command(slack.agent, "/loan A-1")).text


async def test_the_columns_are_stored_shown_and_compared_like_the_others(slack: Slack) -> None:
    async def bring(*rows: str, header: str = HEADER):
        return await bring_rows(slack.office, slack.workspace, *rows, header=header)

    first = await bring(ROW)
    assert (dict(first.effects), refusals(first)) == ({"new": 1}, [])
    shown = await card(slack)
    assert "Price: CN¥120,000.00 · Down payment: CN¥36,000.00 (30%) · Term: 36 months · Rate: 4.5% a year" in shown
    assert "比亚迪 · 秦PLUS · VIN: 1M8GDM9AXKP042788 · Plate: 沪A12345" in shown
    assert dict((await bring(ROW)).effects) == {"same": 1}

    await slack.command(slack.agent, "/loan edit A-1 term 48")
    assert dict((await bring(ROW)).effects) == {"same": 1}
    assert "Term: 48 months" in await card(slack)
    replaced = await bring(ROW.replace("36期", "60期"))
    assert dict(replaced.effects) == {"changed": 1}
    assert len(remarks(replaced)) == 1
    assert "Term: 60 months" in await card(slack)


async def test_a_wrong_cell_refuses_only_its_row(slack: Slack) -> None:
    other = ROW.replace("A-1", "A-2").replace("13800138000", "13900139000")
    wrong = other.replace("4.5%", "0.0599").replace("36期", "never").replace("042788", "O42788")
    found = await bring_rows(slack.office, slack.workspace, ROW, wrong, header=HEADER)
    assert dict(found.effects) == {"new": 1}
    assert len(refusals(found)) == 3


async def test_figures_that_a_spreadsheet_took_for_text_are_read_in_every_column(slack: Slack) -> None:
    header = "number,name,phone,stage,owner,amount,price,down payment,term,rate"
    marked = "A-1,李雷,13800138000,application,UAGENT,'84000,'120000.0,'36000,'36,'4.5"
    assert refusals(await bring_rows(slack.office, slack.workspace, marked, header=header)) == []
    shown = await card(slack)
    assert "Price: CN¥120,000.00 · Down payment: CN¥36,000.00 (30%) · Term: 36 months · Rate: 4.5% a year" in shown


async def test_a_monthly_rate_is_read_by_its_heading(slack: Slack) -> None:
    header = "number,name,phone,stage,owner,月费率"
    await bring_rows(slack.office, slack.workspace, "A-1,李雷,13800138000,application,UAGENT,0.3%", header=header)
    assert "Rate: 0.3% a month" in await card(slack)


async def test_a_row_may_say_what_its_rate_is_of_and_how_the_loan_is_repaid(slack: Slack) -> None:
    header = "合同号,姓名,手机,阶段,客户经理,利率口径,年利率,还款方式,资方编号,来源"
    monthly = "A-1,李雷,13800138000,申请,UAGENT,月费率,0.3,等额本息,JQ-2026-118,车展"
    yearly = "A-2,韩梅,13900139000,申请,UAGENT,,4.5,flat,,walk-in"
    await bring_rows(slack.office, slack.workspace, monthly, yearly, header=header)
    shown = await card(slack)
    assert "Rate: 0.3% a month" in shown
    assert "level payments" in shown
    assert "JQ-2026-118" in shown
    assert "车展" in shown
    assert "Rate: 4.5% a year" in (await slack.command(slack.agent, "/loan A-2")).text
    again = await bring_rows(slack.office, slack.workspace, monthly, yearly, header=header)
    assert dict(again.effects) == {"same": 2}

    wrong = "A-3,王芳,13700137000,申请,UAGENT,每周,0.3,随便还,,"
    refused = await bring_rows(slack.office, slack.workspace, yearly, wrong, header=header)
    assert dict(refused.effects) == {"same": 1}
    assert refusals(refused) == [
        "3 还款方式: 随便还 isn't one of level payments, level principal, interest first, flat",
        "3 利率口径: 每周 isn't one of a year, a month",
    ]
    assert "3 还款方式：随便还 不是 等额本息、等额本金、先息后本、等本等息 之一" in refusals(refused, "zh")


async def test_an_inquiry_that_is_joined_with_the_files_loan_gets_its_terms_and_vehicle(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan new 李蕾 13800138000")
    await slack.command(slack.agent, "/loan edit L-1 source walk-in")
    await slack.command(slack.agent, "/loan edit L-1 term 48")
    brought = await bring_rows(slack.office, slack.workspace, ROW, header=HEADER)
    assert dict(brought.effects) == {"new": 1}
    await slack.command(slack.agent, "/loan edit L-1 number A-1")
    shown = await card(slack)
    assert "Price: CN¥120,000.00" in shown
    assert "Term: 36 months" in shown
    assert "walk-in" in shown
    assert "VIN: 1M8GDM9AXKP042788 · Plate: 沪A12345" in shown


async def test_the_terms_of_many_loans_are_read_in_as_many_queries_as_those_of_one(slack: Slack) -> None:
    header = "number,name,phone,stage,owner,price,plate"

    async def queries(prefix: str, count: int, *, price: int) -> int:
        rows = [
            f"A-{prefix}-{n},李雷,1380{prefix}{n:06},application,UAGENT,{price},沪A·{price + n}" for n in range(count)
        ]
        with executed(slack) as statements:
            outcome = await bring_rows(slack.office, slack.workspace, *rows, header=header)
        assert outcome.effects.total() == count
        return sum(sql.lstrip().startswith("SELECT") for sql, _ in statements)

    one = [await queries("1", 1, price=price) for price in (10_000, 20_000)]
    many = [await queries("2", 30, price=price) for price in (10_000, 20_000)]

    assert many == one


async def test_a_new_loan_gets_no_call_about_an_instalment_before_its_first(slack: Slack) -> None:
    header = "number,name,phone,stage,owner,due day,first due"
    row = "A-{n},李雷,1380013800{n},disbursed,UAGENT,10,{first}"

    async def instalments(number: str) -> list[tuple[str, date | None, date]]:
        async with slack.office.database.reading() as session:
            statement = select(FollowUp).join(Loan, col(Loan.id) == FollowUp.loan_id).where(Loan.number == number)
            found = await session.exec(statement.where(FollowUp.state == "open").order_by(col(FollowUp.due_on)))
            return [(each.purpose, each.instalment_on, each.due_on) for each in found]

    async def bring(n: int, first: str) -> None:
        await bring_rows(slack.office, slack.workspace, row.format(n=n, first=first), header=header)

    await bring(1, "2027-01-15")
    await bring(2, "")
    assert {day for _, day, _ in await instalments("A-2")} == {date(2026, 12, 10)}
    await bring(2, "2027-01-15")

    assert {day for _, day, _ in await instalments("A-1")} == {date(2027, 1, 15)}
    assert await instalments("A-1") == await instalments("A-2")
