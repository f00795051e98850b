"""A file of the lender's, and what people corrected at the desk since the last one. Now is Wednesday 10:00 in Shanghai."""

from datetime import date

import pytest
from sqlmodel import col, delete, select

from desk.importing.batches import Outcome
from storage.tables import Borrower, FollowUp, ImportedValues, Loan
from storage.upkeep.erasing import erase
from tests.imports import HEADER, bring_rows, remarks
from tests.wire.office_day import Slack, shown

pytestmark = pytest.mark.every_example

JOHN = "A-1,John Smith,13800138000,application,UAGENT"


async def bring(slack: Slack, *rows: str, header: str = HEADER) -> Outcome:
    return await bring_rows(slack.office, slack.workspace, *rows, header=header)


async def card(slack: Slack, loan: str = "A-1") -> str:
    return (await slack.command(slack.agent, f"/loan {loan}")).text


async def forget_files(slack: Slack) -> None:
    """Make the loans as a release left them that did not keep what files said."""
    async with slack.office.database.transaction() as session:
        await session.exec(delete(ImportedValues))


async def loan_of(slack: Slack, number: str = "A-1") -> Loan:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Loan).where(Loan.number == number))).one()


async def is_marked_wrong(slack: Slack) -> bool:
    async with slack.office.database.reading() as session:
        borrower = await session.get_one(Borrower, (await loan_of(slack)).borrower_id)
    return borrower.phone_wrong_at is not None


async def test_a_corrected_phone_and_name_survive_the_same_file(slack: Slack) -> None:
    await bring(slack, JOHN)
    await slack.command(slack.agent, "/loan-call A-1 wrong number")
    await slack.command(slack.agent, "/loan edit A-1 phone 13900139000")
    await slack.command(slack.agent, "/loan edit A-1 name John Smyth")

    for _ in range(2):
        outcome = await bring(slack, JOHN)
        assert (dict(outcome.effects), remarks(outcome)) == ({"same": 1}, [])

    assert "John Smyth" in await card(slack)
    assert "A-1" in (await slack.command(slack.agent, "/loan find 13900139000")).text
    assert "A-1" not in (await slack.command(slack.agent, "/loan find 13800138000")).text


async def test_borrowers_whose_names_and_phones_a_file_changes_are_found_by_the_new_ones_alone(slack: Slack) -> None:
    await bring(slack, JOHN, "A-2,Ann Lee,13800138002,application,UAGENT")
    await bring(slack, JOHN.replace("Smith", "Miller"), "A-2,Ann Lee,13900139002,application,UAGENT")
    for words, number in (("Miller", "A-1"), ("13800138000", "A-1"), ("Ann Lee", "A-2"), ("13900139002", "A-2")):
        assert number in (await slack.command(slack.agent, f"/loan find {words}")).text, words
    for words in ("Smith", "13800138002"):
        assert "No loan you can see" in (await slack.command(slack.agent, f"/loan find {words}")).text, words


async def test_a_number_marked_as_wrong_keeps_its_mark_until_the_file_brings_another(slack: Slack) -> None:
    await bring(slack, JOHN)
    await slack.command(slack.agent, "/loan-call A-1 wrong number")
    await bring(slack, JOHN)
    assert await is_marked_wrong(slack)
    outcome = await bring(slack, JOHN.replace("13800138000", "13800138139"))
    assert (dict(outcome.effects), remarks(outcome)) == ({"changed": 1}, [])
    assert not await is_marked_wrong(slack)


async def test_another_value_than_last_time_is_taken_and_the_lost_correction_reported(slack: Slack) -> None:
    await bring(slack, JOHN)
    await slack.command(slack.agent, "/loan edit A-1 name John Smyth")
    await slack.command(slack.agent, "/loan edit A-1 phone 13900139000")

    outcome = await bring(slack, "A-1,Jon Smith,13700137000,application,UAGENT")

    assert remarks(outcome) == [
        "A-1 name: is now Jon Smith, as the file says. It was corrected here to John Smyth before.",
        "A-1 phone: is now +86 137 0013 7000, as the file says. It was corrected here to +86 139 0013 9000 before.",
    ]
    assert "Jon Smith" in await card(slack)
    again = await bring(slack, "A-1,Jon Smith,13700137000,application,UAGENT")
    assert (dict(again.effects), remarks(again)) == ({"same": 1}, [])


async def test_a_file_that_brings_the_correction_itself_agrees(slack: Slack) -> None:
    await bring(slack, JOHN)
    await slack.command(slack.agent, "/loan edit A-1 name John Smyth")
    corrected = JOHN.replace("Smith", "Smyth")
    outcome = await bring(slack, corrected)
    assert (dict(outcome.effects), remarks(outcome)) == ({"same": 1}, [])
    later = await bring(slack, JOHN.replace("Smith", "Smythe"))
    assert (dict(later.effects), remarks(later)) == ({"changed": 1}, [])


async def test_an_undone_correction_is_none(slack: Slack) -> None:
    await bring(slack, JOHN)
    answer = await slack.command(slack.agent, "/loan edit A-1 name John Smyth")
    assert answer.message is not None
    await bring(slack, JOHN)  # leaves the Undo as it was
    assert "Undone" in shown(await slack.press(slack.agent, answer.message, "Undo")).text
    outcome = await bring(slack, JOHN.replace("John", "Jack"))
    assert (dict(outcome.effects), remarks(outcome)) == ({"changed": 1}, [])
    assert "Jack Smith" in await card(slack)


async def test_a_corrected_number_still_means_the_same_loan(slack: Slack) -> None:
    await bring(slack, JOHN)
    await slack.command(slack.agent, "/loan edit A-1 number A-100")
    outcome = await bring(slack, JOHN)
    assert dict(outcome.effects) == {"same": 1}
    assert "no loan" in (await slack.command(slack.agent, "/loan A-1")).text
    caught_up = await bring(slack, JOHN.replace("A-1,", "A-100,"))
    assert dict(caught_up.effects) == {"same": 1}
    new = await bring(slack, JOHN.replace("138000,", "138001,"))
    assert dict(new.effects) == {"new": 1}


async def test_a_number_with_another_dash_is_the_same_loan(slack: Slack) -> None:
    await bring(slack, JOHN)
    for number in ("A–1", "A\u20111", "a−1", "Ａ－１"):
        again = JOHN.replace("A-1", number)
        assert dict((await bring(slack, again)).effects) == {"same": 1}, number
        twice = await bring(slack, JOHN, again)
        assert [row.error.code for row in twice.refused] == ["import_number_twice"] * 2, number
    await slack.command(slack.agent, "/loan new 王小明 13700137000")
    refused = await slack.command(slack.agent, "/loan edit L-1 number A–1")
    assert "Another loan already has the number A–1." in refused.text
    assert (await loan_of(slack)).number == "A-1"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_file_with_the_earlier_and_the_corrected_number_changes_no_borrower_into_another(
    slack: Slack, order: tuple[int, int]
) -> None:
    await bring(slack, JOHN)
    await slack.command(slack.agent, "/loan edit A-1 number A-100")
    rows = (JOHN, "A-100,Mary Major,13600136000,application,UAGENT")
    outcome = await bring(slack, *(rows[place] for place in order))
    assert [row.error.code for row in outcome.refused] == ["import_number_corrected"]
    assert "John Smith" in await card(slack, "A-100")


async def test_an_empty_cell_changes_nothing_but_means_paid_up_in_unpaid_since(slack: Slack) -> None:
    header = "number,name,phone,stage,owner,amount,due day,autopay,unpaid since"
    await bring(slack, "A-1,John Smith,13800138000,disbursed,UAGENT,120000,15,yes,2026-11-15", header=header)
    outcome = await bring(slack, "A-1,,,,,,,,", header=header)
    loan = await loan_of(slack)
    assert (dict(outcome.effects), outcome.refused) == ({"changed": 1}, [])
    assert (str(loan.amount), loan.due_day, loan.autopay, loan.unpaid_since) == ("120000.00", 15, True, None)
    assert (loan.stage, loan.owner_id) == ("disbursed", slack.agent.id)


async def test_what_was_paid_at_the_desk_stays_paid_while_the_file_repeats_itself(slack: Slack) -> None:
    header = f"{HEADER},unpaid since"
    row = "A-1,John Smith,13800138000,disbursed,UAGENT,2026-11-15"
    await bring(slack, row, header=header)
    await slack.command(slack.collector, "/loan-call A-1 paid")
    assert dict((await bring(slack, row, header=header)).effects) == {"same": 1}
    assert (await loan_of(slack)).unpaid_since is None
    await bring(slack, row.replace("11-15", "11-20"), header=header)
    loan = await loan_of(slack)
    assert loan.unpaid_since == date(2026, 11, 20)
    async with slack.office.database.reading() as session:
        calls = select(FollowUp.state).where(FollowUp.loan_id == loan.id).order_by(col(FollowUp.number))
        assert (await session.exec(calls)).all() == ["done", "open"]


class TestStages:
    """A stage that was typed, and the file's."""

    async def test_an_earlier_stage_is_reported_and_a_later_one_arrives(self, slack: Slack) -> None:
        await bring(slack, JOHN)
        await slack.move(slack.agent, "A-1 signed")
        outcome = await bring(slack, JOHN)
        assert remarks(outcome) == [
            "A-1 stage: is signed here, and the file says application. The stage that was typed here stays."
        ]
        outcome = await bring(slack, JOHN.replace("application", "approved"))
        assert len(remarks(outcome)) == 1
        outcome = await bring(slack, JOHN.replace("application", "disbursed"))
        assert (dict(outcome.effects), remarks(outcome)) == ({"changed": 1}, [])
        assert (await loan_of(slack)).stage == "disbursed"

    @pytest.mark.parametrize("end", ["declined", "withdrawn", "written off", "closed", "未批", "核销"])
    async def test_the_end_of_a_loan_arrives_though_a_stage_was_typed(self, slack: Slack, end: str) -> None:
        await bring(slack, JOHN)
        await slack.move(slack.agent, "A-1 signed")
        await bring(slack, JOHN.replace("application", end))
        loan = await loan_of(slack)
        assert loan.stage in ("declined", "withdrawn", "written_off", "closed")

    async def test_a_loan_reopened_at_the_desk_is_not_ended_again_by_the_same_file(self, slack: Slack) -> None:
        gone = JOHN.replace("application", "withdrawn")
        await bring(slack, gone)
        await slack.move(slack.agent, "A-1 application")
        outcome = await bring(slack, gone)
        assert (await loan_of(slack)).stage == "application"
        assert "is application here, and the file says withdrawn" in remarks(outcome)[0]

    async def test_a_stage_that_nobody_typed_follows_the_file_and_going_back_is_reported(self, slack: Slack) -> None:
        await bring(slack, JOHN.replace("application", "signed"))
        outcome = await bring(slack, JOHN)
        assert (await loan_of(slack)).stage == "application"
        assert remarks(outcome) == ["A-1 stage: went back from signed to application, as the file says."]

    async def test_a_declined_loan_that_the_lender_approves_is_open_again(self, slack: Slack) -> None:
        await bring(slack, JOHN)
        await slack.command(slack.agent, "/loan-stage A-1 declined")
        await bring(slack, JOHN)
        assert (await loan_of(slack)).stage == "declined"
        await bring(slack, JOHN.replace("application", "approved"))
        assert (await loan_of(slack)).stage == "approved"


async def test_the_owner_who_was_chosen_at_the_desk_stays_and_another_in_the_file_is_reported_once(
    slack: Slack,
) -> None:
    await bring(slack, JOHN)
    await slack.command(slack.manager, "/loan-reassign A-1 @other")
    assert remarks(await bring(slack, JOHN)) == []
    outcome = await bring(slack, JOHN.replace("UAGENT", "UVERIFIER"))
    assert remarks(outcome) == ["A-1 owner: UVERIFIER in the file. The owner who was chosen here stays."]
    assert remarks(await bring(slack, JOHN.replace("UAGENT", "UVERIFIER"))) == []
    assert (await loan_of(slack)).owner_id == slack.other.id


class TestLoansOfAnEarlierRelease:
    """Loans of which no file's values are known: the audit names what people corrected."""

    async def test_the_first_file_changes_no_corrected_field_and_reports_where_it_differs(self, slack: Slack) -> None:
        await bring(slack, JOHN)
        await slack.command(slack.agent, "/loan edit A-1 phone 13900139000")
        await forget_files(slack)

        first = await bring(slack, JOHN.replace("John", "Jack"))
        assert remarks(first) == [
            "A-1 phone: was corrected here to +86 139 0013 9000, and the file says +86 138 0013 8000. "
            "The correction stays until the file says something else."
        ]
        assert "Jack Smith" in await card(slack)
        assert remarks(await bring(slack, JOHN.replace("John", "Jack"))) == []
        third = await bring(slack, "A-1,Jack Smith,13700137000,application,UAGENT")
        assert "is now +86 137 0013 7000" in remarks(third)[0]

    async def test_a_corrected_number_is_recognised_by_name_and_phone(self, slack: Slack) -> None:
        await bring(slack, JOHN)
        await slack.command(slack.agent, "/loan edit A-1 number A-100")
        await forget_files(slack)
        second = JOHN.replace("A-1,", "A-2,")
        first = await bring(slack, JOHN, second)
        assert (dict(first.effects), first.refused) == ({"same": 1, "new": 1}, [])
        assert "number: was corrected here to A-100, and the file says A-1" in remarks(first)[0]
        outcome = await bring(slack, JOHN, second)
        assert (dict(outcome.effects), remarks(outcome)) == ({"same": 2}, [])
        assert "John Smith" in await card(slack, "A-100")
        assert "no loan" in await card(slack, "A-1")
        await forget_files(slack)
        outcome = await bring(slack, JOHN.replace("A-1,", "A-100,"), JOHN.replace("A-1,", "A-3,"))
        assert (dict(outcome.effects), remarks(outcome)) == ({"same": 1, "new": 1}, [])

    async def test_an_undone_correction_does_not_count(self, slack: Slack) -> None:
        await bring(slack, JOHN)
        answer = await slack.command(slack.agent, "/loan edit A-1 name John Smyth")
        assert answer.message is not None
        await slack.press(slack.agent, answer.message, "Undo")
        await forget_files(slack)
        await bring(slack, JOHN.replace("John", "Jack"))
        assert "Jack Smith" in await card(slack)


async def test_what_the_file_said_is_encrypted_and_goes_with_the_loan(slack: Slack) -> None:
    await bring(slack, JOHN)
    loan = await loan_of(slack)
    async with slack.office.database.transaction() as session:
        (row,) = (await session.exec(select(ImportedValues))).all()
        stored = repr(row.model_dump())
        assert not any(word in stored for word in ("John", "Smith", "13800138000", "application"))
        assert "John Smith" in slack.office.cipher.decrypt(ImportedValues.values_cipher, row)
        await erase(session, "loan", [loan.id])
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(ImportedValues))).all() == []
