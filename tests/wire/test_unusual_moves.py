"""A move that the table of moves does not have is asked about; a second press makes it. Now is Wednesday 10:00 in Shanghai."""

import pytest

from storage.queries.loans.terms import of_loan
from storage.tables import Loan, LoanTerms
from tests.builders import make_loan
from tests.imports import bring_rows
from tests.wire.office_day import Slack, buttons, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, an inquiry with one planned call."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="inquiry")
    await slack.command(slack.agent, "/loan-follow A-1 nov 27 conditions")
    return loan


async def test_skipped_stages_are_asked_about_and_a_second_press_moves_the_loan(slack: Slack, loan: Loan) -> None:
    asked = given((await slack.command(slack.agent, "/loan-stage A-1 disbursed paid out on Monday")).message)
    assert asked.text.splitlines()[:3] == [
        "Move A-1 · 王小明 from inquiry to disbursed?",
        "Careful: this skips application, approved, signed.",
        "> paid out on Monday",
    ]
    assert "Missing:" in asked.text
    assert buttons(asked) == ["Move it all the same", "Leave it"]
    assert await slack.stage_of(loan) == "inquiry"

    done = shown(await slack.press(slack.agent, asked, "Move it all the same"))

    assert "A-1 · 王小明: inquiry → disbursed" in done.text
    assert "> paid out on Monday" in done.text
    assert await slack.stage_of(loan) == "disbursed"
    shown(await slack.press(slack.agent, done, "Undo"))
    assert await slack.stage_of(loan) == "inquiry"


@pytest.mark.parametrize(
    ("start", "line", "why"),
    [
        ("signed", "A-1 application", "Careful: this moves back from signed to application."),
        ("withdrawn", "A-1 application", "Careful: this loan has ended (withdrawn) and would be open again."),
        ("disbursed", "A-1 withdrawn", "Careful: loans rarely move from disbursed to withdrawn."),
    ],
)
async def test_each_other_move_that_the_table_lacks_is_asked_about(
    slack: Slack, loan: Loan, start: str, line: str, why: str
) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Loan, loan.id)).stage = start
    asked = given((await slack.command(slack.agent, f"/loan-stage {line}")).message)
    assert why in asked.text
    assert ("This would also close: 1 open follow-up" in asked.text) == (line == "A-1 withdrawn")
    left = shown(await slack.press(slack.agent, asked, "Leave it"))
    assert left.text == "Nothing was changed."
    assert await slack.stage_of(loan) == start


async def test_a_usual_move_is_made_at_once_and_a_file_is_never_asked(slack: Slack, loan: Loan) -> None:
    assert "inquiry → application" in (await slack.command(slack.agent, "/loan-stage A-1 application")).text
    await bring_rows(slack.office, slack.workspace, "A-1,王小明,13800135678,disbursed,")
    assert await slack.stage_of(loan) == "disbursed"


async def test_the_form_asks_in_chinese_and_keeps_amount_and_conditions(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.press(slack.agent, await slack.card(slack.agent), "更改阶段")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("新阶段", "已批")
    await form.fill("批准金额", "90000")
    await form.fill("批复条件", "补充担保人")
    await form.submit()
    assert "将 A-1 · 王小明 从咨询变更为已批？" in form.text
    assert "注意：跳过了申请。" in form.text
    assert await slack.stage_of(loan) == "inquiry"

    await form.press("仍然变更")

    assert "A-1 · 王小明：咨询 → 已批" in form.text
    assert await slack.stage_of(loan) == "approved"
    async with slack.office.database.reading() as session:
        terms, _vehicle = await of_loan(session, loan.id)
    assert terms is not None
    assert terms.approved_amount == 90000
    assert slack.office.cipher.decrypt(LoanTerms.conditions_cipher, terms) == "补充担保人"


async def test_a_loan_that_changed_meanwhile_is_asked_about_again(slack: Slack, loan: Loan) -> None:
    asked = given((await slack.command(slack.agent, "/loan-stage A-1 signed")).message)
    await slack.command(slack.other, "/loan-stage A-1 application")
    await slack.command(slack.other, "/loan-stage A-1 approved")

    again = shown(await slack.press(slack.agent, asked, "Move it all the same"))

    assert again.text.startswith(
        "This changed while you were looking. It is now:\nMove A-1 · 王小明 from approved to signed?\nMissing:"
    )
    shown(await slack.press(slack.agent, again, "Move it all the same"))
    assert await slack.stage_of(loan) == "signed"


async def test_what_would_be_refused_is_refused_before_it_is_asked_about(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-stage A-1 application")
    await slack.command(slack.verifier, "/loan-call A-1 failed identity : another person")
    refused = await slack.command(slack.agent, "/loan-stage A-1 signed")
    assert "Move it all the same" not in buttons(refused.message)
    assert "identity" in refused.text
    asked = given((await slack.command(slack.manager, "/loan-stage A-1 signed seen in person")).message)
    assert "Move A-1" in asked.text
    assert "signed" in shown(await slack.press(slack.manager, asked, "Move it all the same")).text
