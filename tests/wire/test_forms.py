"""Forms for follow-ups, documents, inquiries and corrections. Now is Wednesday 10:00 in Shanghai."""

import pytest

from sandbox import Modal
from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, at the stage of the application."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


async def pressed(slack: Slack, line: str, button: str) -> Modal:
    """Open a form with a button of an answer as the agent."""
    reply = await slack.command(slack.agent, line)
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, button)
    return slack.sandbox.modal_of(slack.agent.slack_user_id)


async def test_a_follow_up_is_assigned_to_another_member(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-follow")
    await form.fill("Loan", "L-1042", typed="5678")
    await form.fill("When", "tomorrow 3pm")
    await form.fill("Purpose", "income")
    await form.fill("Assignee", "UVERIFIER")
    await form.fill("Note", "payslips differ")
    await form.submit()

    assert "Next: income check Thu 26 Nov 2026 15:00 (Shanghai time), <@UVERIFIER> (L-1042/1)" in form.text
    assert "payslips differ" in form.text


async def test_an_assignee_who_makes_no_calls_is_refused_at_the_field(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-follow")
    await form.fill("Loan", "L-1042", typed="5678")
    await form.fill("When", "tomorrow 3pm")
    await form.fill("Assignee", "UCOMPLIANCE")
    await form.submit()
    assert "doesn't take calls" in form.errors["Assignee"]

    await form.fill("Assignee", "USTRANGER")
    await form.submit()
    assert "not a member" in form.errors["Assignee"]


@pytest.mark.parametrize(
    ("typed", "said"), [("yesterday", "has passed"), ("3点", "03:00"), ("soon", "soon"), ("1am", "hour")]
)
async def test_an_invalid_or_unsuitable_time_is_explained(slack: Slack, loan: Loan, typed: str, said: str) -> None:
    form = await slack.form(slack.agent, "/loan-follow")
    await form.fill("Loan", "L-1042", typed="5678")
    await form.fill("When", typed)
    await form.submit()

    assert said in form.errors.get("When", "") + form.text


async def test_the_checklist_lists_the_documents_still_missing_for_the_stage(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    form = await slack.form(slack.agent, "/loan-docs")
    await form.fill("Loan", "L-1042", typed="5678")
    assert form.labels == ["Loan", "Still missing", "Other documents", "Not on the list", "By when"]

    await form.fill("Still missing", ["income", "bank"])
    await form.fill("Not on the list", "marriage <certificate>")
    await form.fill("By when", "fri")
    await form.submit()

    assert "Requested: proof of income, bank statement, marriage <certificate>." in form.text
    assert "Next: documents Fri 27 Nov 2026" in form.text


async def test_a_form_without_a_chosen_document_is_refused(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-docs")
    await form.fill("Loan", "L-1042", typed="5678")
    await form.submit()

    assert form.errors["Other documents"] == "Nothing is selected yet."


async def test_a_new_inquiry_with_a_known_phone_warns(slack: Slack, loan: Loan) -> None:
    form = await pressed(slack, "/loan", "New inquiry")
    await form.fill("Borrower's name", "王晓明 *x* <!here>")
    await form.fill("Phone number", "138 0013 567")
    await form.submit()
    assert "Phone number" in form.errors

    await form.fill("Phone number", "138 0013 5678")
    await form.submit()
    assert "This phone number is already on a loan" in form.text

    await form.press("Open a new inquiry anyway")

    assert "New inquiry L-1: 王晓明 *x* <!here> · phone ending 5678" in form.text


async def test_name_and_phone_are_corrected_together_and_undone_together(slack: Slack, loan: Loan) -> None:
    form = await pressed(slack, "/loan L-1042", "Correct details")
    await form.fill("Borrower's name", "汪小明")
    await form.fill("New phone number", "139 0013 9000")
    await form.submit()
    assert "the borrower's name is now 汪小明 (it was 王小明)" in form.text
    assert "+86 139 0013 9000" in form.text

    await form.press("Undo")

    card = await slack.command(slack.agent, "/loan L-1042")
    assert "王小明 · phone ending 5678" in card.text


async def test_an_empty_correction_form_is_refused(slack: Slack, loan: Loan) -> None:
    form = await pressed(slack, "/loan L-1042", "Correct details")
    await form.submit()
    assert "Nothing is filled in yet" in form.errors["Borrower's name"]
