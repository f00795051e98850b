"""The columns of a lender's file that say who is around a loan. Now is Wednesday 10:00."""

from tests.imports import bring_rows, refusals, remarks
from tests.wire.filling import fill
from tests.wire.office_day import Slack, shown
from tests.wire.test_import_terms import card
from tests.wire.test_statements import executed

HEADER = "合同号,姓名,手机,阶段,客户经理,担保人姓名,担保人电话,配偶,配偶手机,单位名称,单位电话"
ROW = "A-1,李雷,13800138000,申请,UAGENT,王强,13900139001,韩梅梅,13900139002,远大汽车配件厂,010-66668888"


async def bring(slack: Slack, *rows: str, header: str = HEADER):
    return await bring_rows(slack.office, slack.workspace, *rows, header=header)


async def change(slack: Slack, name: str, **fields: str) -> None:
    people = shown(await slack.press(slack.agent, await slack.card(slack.agent), "People"))
    await slack.press(slack.agent, people, f"Change {name}")
    form = slack.sandbox.modal_of("UAGENT")
    await fill(form, fields)
    await form.submit()


async def test_they_are_shown_masked_found_and_compared(slack: Slack) -> None:
    assert dict((await bring(slack, ROW)).effects) == {"new": 1}
    text = await card(slack)
    assert "guarantor 王强 · mobile phone ending 9001" in text
    assert "spouse 韩梅梅 · mobile phone ending 9002" in text
    assert "employer 远大汽车配件厂 · work phone ending 8888" in text
    for words in ("王强", "13900139002", "远大汽车配件厂"):
        assert "A-1 李雷" in (await slack.command(slack.agent, f"/loan find {words}")).text, words
    assert dict((await bring(slack, ROW)).effects) == {"same": 1}

    changed = await bring(slack, ROW.replace("13900139001", "13900139003").replace("韩梅梅,13900139002", "李娜,"))
    assert (dict(changed.effects), remarks(changed)) == ({"changed": 1}, [])
    text = await card(slack)
    assert "guarantor 王强 · mobile phone ending 9003" in text
    assert "spouse 李娜\n" in text
    assert "韩梅梅" not in (await slack.command(slack.agent, "/loan find 13900139002")).text
    assert "A-1 李雷" in (await slack.command(slack.agent, "/loan find 13900139003")).text
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline")).text
    assert "spouse 韩梅梅 removed" in timeline
    assert "guarantor 王强 changed" in timeline


async def test_whom_a_member_entered_corrected_or_removed_stays_so(slack: Slack) -> None:
    await bring(slack, ROW)
    await change(slack, "王强", Relation="colleague")
    people = shown(await slack.press(slack.agent, await slack.card(slack.agent), "People"))
    await slack.press(slack.agent, people, "Remove 韩梅梅")
    assert dict((await bring(slack, ROW)).effects) == {"same": 1}
    assert "韩梅梅" not in await card(slack)

    found = await bring(slack, ROW.replace("王强,13900139001", "赵敏,13900139009"))
    assert remarks(found) == ["A-1 担保人姓名: 赵敏 in the file. 王强, entered or corrected here, stays."]
    assert remarks(found, "zh") == ["A-1 担保人姓名：文件里是 赵敏。王强 是在这里录入或更正的，予以保留。"]
    assert remarks(await bring(slack, ROW.replace("王强,13900139001", "赵敏,13900139009"))) == []
    text = await card(slack)
    assert "guarantor 王强 (colleague) · mobile phone ending 9001" in text
    assert "赵敏" not in text


async def test_a_wrong_phone_or_one_without_a_name_refuses_only_its_row(slack: Slack) -> None:
    other = "A-2,韩梅,13900139000,申请,UAGENT,,13900139001,王芳,123,,"
    found = await bring(slack, ROW, other)
    assert dict(found.effects) == {"new": 1}
    assert refusals(found) == [
        "3 配偶手机: 123 isn't a valid phone number",
        "3 担保人电话: a phone without a name: fill in the name beside it",
    ]
    assert "3 担保人电话：只有电话没有姓名：请填上姓名" in refusals(found, "zh")


async def test_an_inquiry_that_is_joined_with_the_files_loan_gets_them(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan new 李蕾 13800138000")
    await bring(slack, ROW)
    answer = await slack.command(slack.agent, "/loan edit L-1 number A-1")
    assert "guarantor 王强 · mobile phone ending 9001" in await card(slack)
    assert "A-1 李雷" in (await slack.command(slack.agent, "/loan find 王强")).text
    assert answer.message is not None
    await slack.press(slack.agent, answer.message, "Undo")
    assert "王强" not in (await slack.command(slack.agent, "/loan L-1")).text


async def test_they_cost_as_many_queries_for_many_loans_as_for_one(slack: Slack) -> None:
    header = "number,name,phone,stage,owner,guarantor,guarantor phone"

    async def queries(prefix: str, count: int, *, ending: int) -> int:
        rows = [
            f"A-{prefix}-{n},李雷,1380{prefix}{n:06},application,UAGENT,王强,139{ending}{n:06}" for n in range(count)
        ]
        with executed(slack) as statements:
            outcome = await bring(slack, *rows, header=header)
        assert outcome.effects.total() == count
        return sum(sql.lstrip().startswith("SELECT") for sql, _ in statements)

    one = [await queries("1", 1, ending=ending) for ending in (10, 11)]
    many = [await queries("2", 20, ending=ending) for ending in (10, 11)]

    assert many == one
