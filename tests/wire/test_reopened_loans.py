"""A loan is open again, and its owner has left the desk. Now is Wednesday 10:00 in Shanghai."""

import pytest
from sqlmodel import select

from desk.importing.batches import Outcome
from storage.tables import Loan
from tests.builders import make_loan
from tests.imports import bring_rows, remarks
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of Other, who left after it was closed."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.other, stage="closed")
    removed = await slack.command(slack.admin, "/loan-team remove @other to @agent")
    assert removed.message is not None
    return loan


async def owner(slack: Slack) -> object:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Loan.owner_id).where(Loan.number == "A-1"))).one()


async def bring(slack: Slack, *rows: str) -> Outcome:
    return await bring_rows(slack.office, slack.workspace, *rows)


@pytest.mark.parametrize("stage", ["disbursed", "application"])
async def test_a_stage_typed_on_it_asks_who_takes_it_on(slack: Slack, loan: Loan, stage: str) -> None:
    answer = await slack.move(slack.manager, f"A-1 {stage}")
    assert "Its owner Other has left the desk. Who takes it on?" in answer.text
    assert "Reassign" in buttons(answer)
    assert await owner(slack) is None
    assert "A-1" in (await slack.command(slack.manager, "/loan-reassign A-1 @agent")).text
    assert await owner(slack) == slack.agent.id


async def test_who_would_not_see_it_without_an_owner_has_it_and_may_give_it_away(slack: Slack, loan: Loan) -> None:
    answer = await slack.move(slack.agent, "A-1 disbursed")
    assert "Its owner Other has left the desk. It is yours now." in answer.text
    assert await owner(slack) == slack.agent.id
    assert "Reassign" in buttons(answer)
    await slack.press(slack.agent, answer, "Undo")
    assert await owner(slack) == slack.other.id


async def test_undo_gives_the_ended_loan_back(slack: Slack, loan: Loan) -> None:
    await slack.press(slack.agent, await slack.move(slack.agent, "A-1 disbursed"), "Undo")
    assert await owner(slack) == slack.other.id


async def test_another_stage_of_an_ended_loan_or_a_present_owner_asks_nothing(slack: Slack, loan: Loan) -> None:
    assert "Who takes it on" not in (await slack.command(slack.manager, "/loan-stage A-1 written off")).text
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="closed")
    assert "Who takes it on" not in (await slack.move(slack.agent, "A-2 disbursed")).text


async def test_it_asks_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    assert "负责人Other已离开，现由您负责。" in (await slack.move(slack.agent, "A-1 已放款")).text


async def test_an_import_asks_in_its_report_and_the_managers(slack: Slack, loan: Loan) -> None:
    outcome = await bring(slack, "A-1,王小明,13800135678,disbursed,")
    assert remarks(outcome) == [
        "A-1 stage: went back from closed to disbursed, as the file says.",
        "A-1 owner: Other has left the desk, and the loan is open again. Give it an owner: /loan-reassign A-1 @name",
    ]
    assert await owner(slack) is None
    await slack.deliver()
    (message,) = [post for post in slack.posts(slack.manager_channel) if "A-1" in post.text]
    assert "其负责人Other已离开" in message.text
    assert "王小明" not in message.text
    assert buttons(message) == ["我来处理", "办结…", "卡片 A-1", "移交"]
    await slack.press(slack.manager, message, "移交")
    form = slack.sandbox.modal_of("UMANAGER")
    assert "A-1" in str(form.values) or "A-1" in form.text


async def asked(slack: Slack) -> str:
    """Return the message that asks the managers for an owner, as it is now."""
    await slack.deliver()
    (message,) = [post for post in slack.posts(slack.manager_channel) if "已离开" in post.text]
    return message.text


async def test_once_it_has_an_owner_nobody_is_asked_any_more(slack: Slack, loan: Loan) -> None:
    await bring(slack, "A-1,王小明,13800135678,disbursed,")
    assert "由谁接手？" in await asked(slack)

    given = await slack.command(slack.manager, "/loan-reassign A-1 @agent")
    taken = await asked(slack)
    assert "由谁接手？" not in taken
    assert "现由Agent负责。" in taken

    assert given.message is not None
    await slack.press(slack.manager, given.message, "Undo")
    assert "由谁接手？" in await asked(slack)

    await bring(slack, "A-1,王小明,13800135678,disbursed,UAGENT")
    assert "现由Agent负责。" in await asked(slack)


async def test_a_form_gives_it_an_owner_too(slack: Slack, loan: Loan) -> None:
    await bring(slack, "A-1,王小明,13800135678,disbursed,")
    await asked(slack)
    await slack.command(slack.manager, "/loan-reassign A-1")
    form = await slack.form(slack.manager, "/loan-reassign")
    await form.fill("Only these loans", ["A-1"], typed="A-1")
    await form.fill("Reassign to", "UAGENT")
    await form.submit()
    await form.press("Reassign now")
    assert "现由Agent负责。" in await asked(slack)


async def test_a_loan_that_is_closed_without_an_owner_is_not_asked_about(slack: Slack, loan: Loan) -> None:
    await bring(slack, "A-1,王小明,13800135678,disbursed,")
    assert "由谁接手？" in await asked(slack)
    await slack.command(slack.manager, "/loan-stage A-1 closed")
    assert "由谁接手？" not in await asked(slack)


async def test_an_import_that_names_an_owner_asks_nobody(slack: Slack, loan: Loan) -> None:
    outcome = await bring(slack, "A-1,王小明,13800135678,disbursed,UAGENT")
    assert not any("owner" in remark for remark in remarks(outcome))
    assert await owner(slack) == slack.agent.id


async def test_a_loan_that_undo_opens_again_after_its_owner_left_has_none(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.other, stage="disbursed")
    answer = await slack.move(slack.agent, "A-1 withdrawn")
    await slack.command(slack.admin, "/loan-team remove @other to @agent")
    assert "Undone" in shown(await slack.press(slack.agent, answer, "Undo")).text
    assert await owner(slack) is None


async def test_an_inquiry_that_is_joined_with_it_gives_it_its_owner(slack: Slack, loan: Loan) -> None:
    await bring(slack, "A-1,王小明,13800135678,disbursed,")
    assert "由谁接手？" in await asked(slack)
    known = (await slack.command(slack.manager, "/loan new 王小明 13800135678")).message
    assert known is not None
    await slack.press(slack.manager, known, "Open a new inquiry anyway")

    assert "now has the number A-1" in (await slack.command(slack.manager, "/loan edit L-1 number A-1")).text
    assert await owner(slack) == slack.manager.id
    assert "由谁接手？" not in (taken := await asked(slack))
    assert "现由Manager负责。" in taken


@pytest.mark.parametrize("owner_of_file", ["", "UAGENT"])
async def test_a_withdrawn_inquiry_of_an_owner_who_left_is_opened_by_joining(slack: Slack, owner_of_file: str) -> None:
    await slack.command(slack.other, "/loan new 韩梅 13800138101")
    await slack.command(slack.other, "/loan-stage L-1 withdrawn")
    await slack.command(slack.admin, "/loan-team remove @other to @agent")
    await bring(slack, f"A-1,韩梅梅,13800138101,disbursed,{owner_of_file}")

    joined = await slack.command(slack.manager, "/loan edit L-1 number A-1")

    assert "now has the number A-1" in joined.text
    assert await owner(slack) == (slack.agent.id if owner_of_file else None)
    assert ("Its owner Other has left the desk. Who takes it on?" in joined.text) == (not owner_of_file)
    assert ("Reassign" in buttons(joined.message)) == (not owner_of_file)
