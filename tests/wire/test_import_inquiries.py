"""A file of the lender's meets inquiries that were opened at the desk. Now is Wednesday 10:00 in Shanghai."""

import pytest

from desk.core.values import LoanRef
from desk.importing.batches import Outcome
from desk.loans.holds import place_hold
from tests.imports import bring_rows, refusals, remarks
from tests.wire.office_day import Slack

pytestmark = pytest.mark.every_example


async def bring(slack: Slack, *rows: str) -> Outcome:
    return await bring_rows(slack.office, slack.workspace, *rows)


async def card(slack: Slack, loan: str) -> str:
    return (await slack.command(slack.agent, f"/loan {loan}")).text


class TestANumberOfTheDesksOwn:
    """The lender has the number L-1 too."""

    @pytest.mark.parametrize(
        "row",
        [
            "L-1,Lender One,13800138001,disbursed,UAGENT",
            "l-1,Lender One,13800138101,disbursed,UAGENT",
            "L-1,韩梅,13800138001,disbursed,UAGENT",
            "L-1,,,disbursed,UAGENT",
        ],
        ids=["another borrower", "another name", "another phone", "neither said"],
    )
    async def test_a_row_with_another_name_or_phone_is_refused(self, slack: Slack, row: str) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        outcome = await bring(slack, row)
        assert (dict(outcome.effects), [r.error.code for r in outcome.refused]) == ({}, ["import_number_minted"])
        assert "L-1" in refusals(outcome)[0]
        assert "韩梅" in await card(slack, "L-1")
        assert "inquiry" in await card(slack, "L-1")

    async def test_a_row_with_the_same_name_and_phone_is_that_inquiry(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        outcome = await bring(slack, "L-1,韩 梅,13800138101,application,UAGENT")
        assert dict(outcome.effects) == {"taken_over": 1}
        assert "application" in await card(slack, "L-1")
        again = await bring(slack, "L-1,韩 梅,13800138101,application,UAGENT")
        assert dict(again.effects) == {"same": 1}

    async def test_a_new_inquiry_gets_a_number_that_the_lender_does_not_use(self, slack: Slack) -> None:
        await bring(slack, "L-1,Lender One,13800138001,disbursed,UAGENT")
        assert "L-2" in (await slack.command(slack.agent, "/loan new 韩梅 13800138101")).text
        outcome = await bring(slack, "L-2,Lender Two,13800138002,disbursed,UAGENT")
        assert [row.error.code for row in outcome.refused] == ["import_number_minted"]

    async def test_an_inquiry_that_one_row_takes_over_leaves_its_number_to_another(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        outcome = await bring(
            slack, "A-9,韩梅,13800138101,application,UAGENT", "L-1,Lender One,13800138001,disbursed,UAGENT"
        )
        assert dict(outcome.effects) == {"taken_over": 1, "new": 1}
        assert "韩梅" in await card(slack, "A-9")
        assert "Lender One" in await card(slack, "L-1")

    async def test_a_number_typed_at_the_desk_changes_no_borrower_into_another(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        await slack.command(slack.agent, "/loan edit L-1 number A-7")
        outcome = await bring(slack, "A-7,Lender One,13800138001,disbursed,UAGENT")
        assert [row.error.code for row in outcome.refused] == ["import_number_of_another"]
        assert dict((await bring(slack, "A-7,韩梅梅,13800138101,disbursed,UAGENT")).effects) == {"changed": 1}


@pytest.mark.parametrize(
    ("typed", "lender"),
    [
        ("Ann Lee", "ANN LEE"),
        ("欧阳娜娜", "欧阳 娜娜"),
        ("阿里·买买提", "阿里•买买提"),
        ("阿里·买买提", "阿里・买买提"),
        ("阿里买买提", "阿里‧买买提"),
        ("张三", "张\u200b三\ufeff"),
        ("張三", " 張　三 "),
        ("Ann Lee", "Ａｎｎ　Ｌｅｅ"),
        ("钱\U0002ebf0", "钱 \U0002ebf0"),
    ],
)
async def test_a_name_that_differs_only_in_case_blanks_or_middle_dot_is_taken_over(
    slack: Slack, typed: str, lender: str
) -> None:
    await slack.command(slack.agent, f"/loan new {typed} 13800138101")
    row = f"A-9,{lender},13800138101,application,UAGENT"
    outcome = await bring(slack, row)
    assert (dict(outcome.effects), remarks(outcome)) == ({"taken_over": 1}, [])
    assert typed in await card(slack, "A-9")
    assert dict((await bring(slack, row)).effects) == {"same": 1}


@pytest.mark.parametrize(
    ("typed", "lender"), [("Ann Lee", "Ann-Lee"), ("韩梅", "韩梅梅"), ("José", "Jose"), ("钱\U0002ebf0", "钱")]
)
async def test_another_name_with_the_same_phone_is_imported_and_reported(slack: Slack, typed: str, lender: str) -> None:
    await slack.command(slack.agent, f"/loan new {typed} 13800138101")
    outcome = await bring(slack, f"A-9,{lender},13800138101,application,UAGENT")
    assert dict(outcome.effects) == {"new": 1}
    assert remarks(outcome) == [
        f"A-9 phone: same phone as L-1 {typed}, not joined. If they are one loan: /loan edit L-1 number A-9"
    ]
    assert f"与L-1 {typed}号码相同，未合并" in remarks(outcome, "zh")[0]
    assert typed in await card(slack, "L-1")


async def test_of_two_rows_with_the_phone_the_one_with_the_name_takes_the_inquiry_over(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan new 韩梅 13800138101")
    outcome = await bring(slack, "A-8,韩梅梅,13800138101,application,UAGENT", "A-9,韩梅,13800138101,application,UAGENT")
    assert (dict(outcome.effects), remarks(outcome)) == ({"new": 1, "taken_over": 1}, [])


class TestJoining:
    """The inquiry L-1 of 韩梅, and A-9 of 韩梅梅 with the same phone, which a file brought."""

    ROW = "A-9,韩梅梅,13800138101,disbursed,UAGENT,80000,15"

    async def bring(self, slack: Slack) -> Outcome:
        header = "number,name,phone,stage,owner,amount,due day"
        return await bring_rows(slack.office, slack.workspace, self.ROW, header=header)

    async def test_the_inquiry_gets_number_and_values_and_keeps_its_calls(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        await slack.command(slack.agent, "/loan-call L-1 reached wants a lower rate > fri 15:00")
        assert "not joined" in remarks(await self.bring(slack))[0]

        reply = await slack.command(slack.agent, "/loan edit L-1 number A-9")
        assert "Loan L-1 now has the number A-9." in reply.text
        assert "the borrower's name is now 韩梅梅 (it was 韩梅)" in reply.text
        shown = await card(slack, "A-9")
        assert "韩梅梅" in shown
        assert "disbursed" in shown
        assert "wants a lower rate" in shown
        assert "repayment" in shown
        assert "no loan" in await card(slack, "L-1")
        found = await slack.command(slack.agent, "/loan find 13800138101")
        assert found.text.count("A-9") == 1

        again = await self.bring(slack)
        assert (dict(again.effects), remarks(again)) == ({"same": 1}, [])

    async def test_undo_takes_them_apart_and_the_next_file_brings_the_second_one(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        await self.bring(slack)
        reply = await slack.command(slack.agent, "/loan edit L-1 number A-9")
        assert reply.message is not None
        await slack.press(slack.agent, reply.message, "Undo")
        assert "inquiry" in await card(slack, "L-1")
        again = await self.bring(slack)
        assert (dict(again.effects), len(remarks(again))) == ({"new": 1}, 1)

    async def test_a_loan_that_people_worked_on_is_not_joined(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        await self.bring(slack)
        await slack.command(slack.agent, "/loan-note A-9 rang twice")
        reply = await slack.command(slack.agent, "/loan edit L-1 number A-9")
        assert "A-9 can't be joined with L-1: people have worked on it already." in reply.text
        assert "韩梅" in await card(slack, "L-1")

    async def test_a_loan_whose_card_number_and_trail_were_read_is_joined(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        await self.bring(slack)
        await slack.press(slack.agent, await slack.card(slack.agent, "A-9"), "Call")
        assert "韩梅梅" in (await slack.command(slack.compliance, "/loan A-9")).text
        assert "saw the phone number" in (await slack.command(slack.compliance, "/loan-audit A-9")).text
        reply = await slack.command(slack.agent, "/loan edit L-1 number A-9")
        assert "Loan L-1 now has the number A-9." in reply.text

    async def test_a_loan_under_a_legal_hold_is_not_joined(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        await self.bring(slack)
        async with slack.office.desk(slack.workspace, slack.compliance) as desk:
            await place_hold(desk, loan=LoanRef("A-9", "A-9"), why="Court")
        reply = await slack.command(slack.agent, "/loan edit L-1 number A-9")
        assert "A-9 is under a legal hold: nothing of it may be deleted." in reply.text
        assert "韩梅" in await card(slack, "L-1")

    async def test_loans_with_other_phones_or_of_other_people_are_not_joined(self, slack: Slack) -> None:
        await slack.command(slack.agent, "/loan new 韩梅 13800138101")
        await slack.command(slack.agent, "/loan new 李雷 13800138102")
        await self.bring(slack)
        assert "already has the number" in (await slack.command(slack.agent, "/loan edit L-2 number A-9")).text
        assert "already has the number" in (await slack.command(slack.agent, "/loan edit A-9 number L-2")).text
        refused = await slack.command(slack.other, "/loan edit L-1 number A-9")
        assert "now has" not in refused.text
        assert "韩梅梅" in await card(slack, "A-9")
