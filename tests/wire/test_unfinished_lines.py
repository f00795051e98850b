"""A line that stops before its next word, or names a loan by two: words, loans and the form come as buttons."""

import pytest

from handlers.messages.block_kit.view import read_typed
from handlers.messages.block_kit.writer import escaped
from sandbox.modals import Modal
from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, approved."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="John Smith")


def filled(form: Modal) -> dict[str, object]:
    """Return the values of a form's fields by name."""
    return dict(read_typed(form.view.state))


async def test_a_loan_without_a_stage_offers_the_possible_ones(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-stage A-1")
    assert "Which stage?" in asked.text
    offered = buttons(asked.message)
    assert offered[:3] == ["inquiry", "application", "declined"]
    assert "approved" not in offered
    assert "written off" not in offered
    assert offered[-1] == "Change the stage"
    assert asked.message is not None

    changed = shown(await slack.press(slack.agent, asked.message, "signed"))

    assert "approved → signed" in changed.text
    assert await slack.stage_of(loan) == "signed"
    assert "Undo" in buttons(changed)


async def test_a_stage_is_not_set_on_a_loan_that_has_changed_since(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-stage A-1")
    await slack.command(slack.manager, "/loan-stage A-1 declined")
    assert asked.message is not None
    refused = shown(await slack.press(slack.agent, asked.message, "signed"))
    assert "A-1 has changed since" in refused.text
    assert await slack.stage_of(loan) == "declined"


@pytest.mark.parametrize(("button", "stage"), [("written off", "written_off"), ("withdrawn", "withdrawn")])
async def test_a_stage_that_wants_a_reason_opens_the_form(slack: Slack, loan: Loan, button: str, stage: str) -> None:
    asked = await slack.command(slack.manager, "/loan-stage A-1")
    assert asked.message is not None
    await slack.press(slack.manager, asked.message, button)
    form = slack.sandbox.modal_of("UMANAGER")
    assert filled(form)["loan"] == "A-1"
    assert filled(form)["stage"] == stage
    assert await slack.stage_of(loan) == "approved"


async def test_in_chinese_and_for_a_loan_named_by_its_borrower(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="inquiry", name="李雷")
    asked = await slack.command(slack.agent, "/loan-stage 李雷")
    assert buttons(asked.message)[:2] == ["申请", "已批"]
    assert asked.message is not None
    assert "A-2 · 李雷" in shown(await slack.press(slack.agent, asked.message, "申请")).text


async def test_a_loan_without_an_outcome_offers_outcomes(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-call A-1")
    offered = buttons(asked.message)
    assert {"reached", "no answer", "promised", "Log a call"} <= set(offered)
    assert asked.message is not None
    assert "no answer, logged" in shown(await slack.press(slack.agent, asked.message, "no answer")).text


async def test_an_outcome_that_needs_a_date_opens_the_form(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-call A-1")
    assert asked.message is not None
    await slack.press(slack.agent, asked.message, "promised")
    form = slack.sandbox.modal_of("UAGENT")
    assert (filled(form)["loan"], filled(form)["outcome"]) == ("A-1", "promised")


async def test_a_note_behind_the_missing_outcome_goes_with_the_button(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-call A-1 : wants <3> & more")
    assert asked.message is not None
    logged = shown(await slack.press(slack.agent, asked.message, "reached"))
    assert "wants &lt;3&gt; &amp; more" in logged.text


async def test_a_promise_without_its_day_opens_the_form_with_all_that_was_typed(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-call A-1 promised 3000 has no cash today")
    assert asked.message is not None
    await slack.press(slack.agent, asked.message, "Log a call")
    form = slack.sandbox.modal_of("UAGENT")
    assert filled(form)["outcome"] == "promised"
    assert filled(form)["amount"] == "3000"
    assert filled(form)["note"] == "has no cash today"


@pytest.mark.parametrize(
    ("line", "button", "fields"),
    [
        ("/loan-follow A-1", "Assign a follow-up", {"loan": "A-1"}),
        ("/loan-follow A-1 <@UOTHER>", "Assign a follow-up", {"loan": "A-1", "who": "UOTHER"}),
        ("/loan-follow A-1/1 move", "Move a follow-up", {"loan": "A-1", "follow_up": "1"}),
        ("/loan-note A-1", "Add a note", {"loan": "A-1"}),
        ("/loan edit A-1", "Correct loan details", {"loan": "A-1"}),
        ("/loan edit A-1 phone", "Correct loan details", {"loan": "A-1"}),
        ("/loan edit", "Correct loan details", {}),
        ("/loan new", "New inquiry", {}),
        ("/loan new Ann Lee", "New inquiry", {"name": "Ann Lee"}),
        ("/loan new 138 0013 8000", "New inquiry", {"phone": "138 0013 8000"}),
        ("/loan find", "Find a loan", {}),
        ("/loan-call A-1/1", "Log a call", {"loan": "A-1", "follow_up": "1"}),
        ("/loan-docs A-1 by fri", "Request documents", {"loan": "A-1"}),
    ],
)
async def test_what_is_missing_is_asked_in_the_matching_form(
    slack: Slack, loan: Loan, line: str, button: str, fields: dict[str, str]
) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 fri plan")
    asked = await slack.command(slack.agent, line)
    assert asked.message is not None
    assert escaped(line) in asked.text
    await slack.press(slack.agent, asked.message, button)
    form = slack.sandbox.modal_of("UAGENT")
    assert {name: filled(form)[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("line", "fields"),
    [("/loan-reassign A-1", {"loans": ("A-1",)}), ("/loan-reassign <@UOTHER>", {"from": "UOTHER"})],
)
async def test_whom_to_give_it_is_asked_in_the_form(
    slack: Slack, loan: Loan, line: str, fields: dict[str, object]
) -> None:
    asked = await slack.command(slack.manager, line)
    assert asked.message is not None
    await slack.press(slack.manager, asked.message, "Reassign")
    form = slack.sandbox.modal_of("UMANAGER")
    assert {name: filled(form)[name] for name in fields} == fields


async def test_documents_that_can_be_ticked_off_come_as_buttons(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank, other: marriage certificate")
    asked = await slack.command(slack.agent, "/loan-docs A-1 got")
    assert buttons(asked.message)[:3] == ["ID card", "bank statement", "marriage certificate"]
    assert asked.message is not None
    assert "ID card: received" in shown(await slack.press(slack.agent, asked.message, "ID card")).text
    accepting = await slack.command(slack.agent, "/loan-docs A-1 accept")
    assert buttons(accepting.message) == ["ID card"]


async def test_a_misspelled_word_comes_mended_as_a_button(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-stage A-1 sined at the dealer's")
    assert asked.message is not None
    changed = shown(await slack.press(slack.agent, asked.message, "signed"))
    assert "approved → signed" in changed.text
    assert "at the dealer's" in changed.text


async def test_a_role_that_may_not_use_the_form_gets_no_button(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.compliance, "/loan-call A-1")
    assert asked.message is not None
    assert "Log a call" not in buttons(asked.message)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/loan-call John Smith no answer", "no answer, logged"),
        ("/loan-call john smith, reached: wants <b> & c", "wants &lt;b&gt; &amp; c"),
        ("/loan-follow John Smith tomorrow 3pm income", "income check Thu 26 Nov 2026 15:00"),
        ("/loan-stage John Smith signed", "approved → signed"),
        ("/loan-docs John Smith id", "ID card"),
        ("/loan John Smith", "A-1"),
        ("/loan edit John Smith name Jon Smyth", "Jon Smyth"),
    ],
)
async def test_a_name_of_two_words_offers_its_loans(slack: Slack, loan: Loan, line: str, said: str) -> None:
    asked = await slack.command(slack.agent, line)
    assert "a loan is named by its number or by one word. “" in asked.text
    assert buttons(asked.message)[0] == "A-1"
    assert asked.message is not None
    assert said in shown(await slack.press(slack.agent, asked.message, "A-1")).text


async def test_two_words_tell_two_borrowers_apart_and_three_words_are_read_too(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="John Miller")
    await make_loan(slack.office, slack.workspace, "A-3", owner=slack.agent, name="Mary Ann Lee")
    asked = await slack.command(slack.agent, "/loan-note John Miller likes tea")
    assert buttons(asked.message) == ["A-2"]
    assert asked.message is not None
    assert "likes tea" in shown(await slack.press(slack.agent, asked.message, "A-2")).text
    asked = await slack.command(slack.agent, "/loan-call Mary Ann Lee reached")
    assert buttons(asked.message)[0] == "A-3"
    assert asked.message is not None
    assert "reached, logged" in shown(await slack.press(slack.agent, asked.message, "A-3")).text


@pytest.mark.parametrize(
    "words", ["O'Neil, Pat", "138 0013 8101", "尾号 8101", "phone ending 8101", "+86 138 0013 8101", "pat o'neil"]
)
async def test_what_a_card_shows_names_a_loan(slack: Slack, loan: Loan, words: str) -> None:
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="O'Neil, Pat", phone="+8613800138101")
    asked = await slack.command(slack.agent, f"/loan-call {words} reached: < & >")
    assert buttons(asked.message)[0] == "A-2"
    assert asked.message is not None
    assert "reached, logged" in shown(await slack.press(slack.agent, asked.message, "A-2")).text


async def test_a_word_behind_a_loans_number_is_no_part_of_a_name(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.manager, "/loan-reassign A-1 john")
    assert "Mention a member" in asked.text
    assert buttons(asked.message) == ["Reassign"]


async def test_in_chinese_a_name_typed_with_a_blank(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="李雷")
    asked = await slack.command(slack.agent, "/loan-call 李 雷 未接")
    assert buttons(asked.message)[0] == "A-2"


@pytest.mark.parametrize(
    ("line", "document", "reason"),
    [
        ("reject id", "id", "Blurred"),
        ("退回 身份证", "id", "不清晰"),
        ("退回身份证：", "id", "不清晰"),
        ("reject bank statement", "bank", "Only two months"),
        ("reject other: marriage certificate:", "other:marriage certificate", "Not signed"),
    ],
)
async def test_a_document_sent_back_without_a_reason_offers_the_form(
    slack: Slack, loan: Loan, line: str, document: str, reason: str
) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank, other: marriage certificate")
    await slack.command(slack.agent, "/loan-docs A-1 got id, bank, other: marriage certificate")
    asked = await slack.command(slack.agent, f"/loan-docs A-1 {line}")
    assert "Why?" in asked.text
    assert asked.message is not None
    await slack.press(slack.agent, asked.message, "Send a document back")
    form = slack.sandbox.modal_of("UAGENT")
    assert filled(form)["loan"] == "A-1"
    assert filled(form)["document"] == document

    await form.fill("Reason", reason)
    await form.submit()
    assert "sent back" in form.text
    assert reason in (await slack.command(slack.agent, "/loan-docs A-1")).text


async def test_the_form_that_sends_back_says_what_is_wrong_beside_the_field(slack: Slack, loan: Loan) -> None:
    asked = (await slack.command(slack.agent, "/loan-docs A-1 reject id")).message
    assert asked is not None
    await slack.press(slack.agent, asked, "Send a document back")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Reason", "Blurred")
    await form.submit()
    assert "/loan-docs" not in form.text
    assert "hasn't been requested for A-1" in str(form.errors) + form.text
