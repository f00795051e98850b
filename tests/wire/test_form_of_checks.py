"""A check, item by item in a form, and the decision about one that failed. Now is Wednesday 10:00."""

import pytest
from sqlmodel import select

from sandbox.modals import Modal
from storage.tables import AuditEntry, Check, FollowUp, Loan
from tests.builders import SHANGHAI, make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, whose identity the verifier is to check at 11:00 and whose employer at 15:00."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application", name="王小明")
    at = slack.clock.now().astimezone(SHANGHAI)
    await make_follow_up(slack.office, loan, slack.verifier, purpose="identity", due_at=at.replace(hour=11))
    await make_follow_up(slack.office, loan, slack.verifier, purpose="employer", due_at=at.replace(hour=15))
    return loan


async def checks(slack: Slack) -> list[Check]:
    return [row for row in await slack.rows(Check) if isinstance(row, Check) and row.undone_at is None]


async def opened(slack: Slack) -> Modal:
    """Return the form that the reminder of the identity check opens."""
    await slack.at("2026-11-25 11:00")
    [post] = slack.posts(slack.verifier)
    await slack.press(slack.verifier, post, "Check…")
    return slack.sandbox.modal_of("UVERIFIER")


async def test_the_reminder_opens_the_items_of_its_check(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    assert "name and ID number" in form.text
    assert "Must match: ID card, application" in str(form.view)
    await form.fill("name and ID number", "matches")
    await form.fill("address, and since when", "differs")
    await form.fill("Note: address, and since when", "moved in May")
    await form.fill("Result", "failed")
    await form.submit()
    assert "identity check (A-1/1): failed." in form.text
    [check] = await checks(slack)
    assert (check.state, check.items) == ("failed", {"name": "matches", "address": "differs"})
    assert b"moved in May" not in (check.notes_cipher or b"")


async def test_a_check_is_saved_unfinished_and_gone_on_with(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("date of birth", "matches")
    await form.fill("Result", "Not finished: keep it open")
    await form.submit()
    assert "identity check (A-1/1): 1 of 5 items answered, and still open." in form.text
    assert [row.state for row in await slack.rows(FollowUp) if isinstance(row, FollowUp)] == ["open", "open"]

    await form.press("Go on with the check")
    form = slack.sandbox.modal_of("UVERIFIER")
    assert "matches" in str(form.view)
    await form.fill("Result", "confirmed")
    await form.submit()
    [check] = await checks(slack)
    assert (check.state, check.items) == ("confirmed", {"birth": "matches"})

    await form.press("Undo")
    [check] = await checks(slack)
    assert (check.state, check.items) == ("open", {"birth": "matches"})


async def test_a_check_with_an_item_that_differs_is_not_confirmed(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("phone in their own name", "differs")
    await form.fill("Result", "confirmed")
    refused = await form.submit()
    assert "phone in their own name: differs, so this check can't be confirmed." in str(refused.errors)
    assert await checks(slack) == []


async def test_a_failed_check_says_what_or_why(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("Result", "failed")
    refused = await form.submit()
    assert "What did not match, and why?" in str(refused.errors)
    await form.fill("Why", "Another person answered for him")
    await form.submit()
    assert "failed." in form.text


async def test_a_form_older_than_its_check_is_refused_and_keeps_what_was_typed(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("Note: date of birth", "2 May")
    await form.fill("Result", "confirmed")
    await slack.command(slack.manager, "/loan-follow A-1/1 move fri")
    refused = await form.submit()
    assert "A-1/1 has changed since: @Manager" in str(refused.errors)
    assert "2 May" in str(form.values)
    assert await checks(slack) == []


async def test_confirmed_typed_answers_every_item(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.verifier, "/loan-call A-1/2 confirmed")
    [check] = await checks(slack)
    assert (check.purpose, check.state, set(check.items.values())) == ("employer", "confirmed", {"matches"})


async def test_the_card_shows_each_check_and_who_made_it_when_is_one_tap_away(slack: Slack, loan: Loan) -> None:
    card = await slack.command(slack.agent, "/loan A-1")
    assert "Checks: identity … employer …" in card.text
    await slack.command(slack.verifier, "/loan-call A-1/1 confirmed")
    await slack.command(slack.verifier, "/loan-call A-1/2 failed: the switchboard does not know her")
    card = await slack.command(slack.agent, "/loan A-1")
    assert "Checks: identity ✓ employer ✗" in card.text
    assert card.message is not None
    found = shown(await slack.press(slack.agent, card.message, "Checks"))
    assert found.text.splitlines()[:2] == [
        "A-1 · 王小明",
        "employer check ✗ failed · <@UVERIFIER> · Wed 25 Nov 10:00",
    ]
    assert "> the switchboard does not know her" in found.text
    assert "The next stage waits until a manager decides." in found.text
    assert "identity check ✓ confirmed · <@UVERIFIER>" in found.text
    assert not [each for each in buttons(found) if each.startswith("Decide")]


async def test_the_card_shows_the_checks_in_chinese_behind_many_calls(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.verifier, "/loan-call A-1/1 confirmed")
    for _ in range(6):
        slack.clock.advance(minutes=3)
        await slack.command(slack.agent, "/loan-call A-1 no answer")
    card = await slack.command(slack.agent, "/loan A-1")
    assert "核实：身份 ✓ 单位 …" in card.text


async def test_a_manager_decides_about_a_failed_check(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.verifier, "/loan-call A-1/2 failed: number is not in the register")
    await slack.deliver()
    [told] = slack.posts(slack.manager_channel)
    await slack.press(slack.manager, told, "处理：单位核实")
    form = slack.sandbox.modal_of("UMANAGER")
    assert "number is not in the register" in form.text
    await form.fill("Decision", "the loan goes on")
    await form.fill("Reason", "Spoke to her boss myself")
    await form.submit()
    assert "Decided: the loan goes on · <@UMANAGER>, Wed 25 Nov 10:00" in form.text
    await slack.deliver()
    assert "Manager 的决定：继续办理。" in slack.texts(slack.manager_channel)[0]
    assert "处理：单位核实" not in buttons(slack.posts(slack.manager_channel)[0])

    timeline = await slack.in_card(slack.agent, "Open", "Timeline")
    assert "employer check failed; decided: the loan goes on · <@UMANAGER>" in timeline.text
    assert "Spoke to her boss myself" in timeline.text

    await form.press("Undo")
    [check] = await checks(slack)
    assert check.decision is None
    await slack.deliver()
    assert "处理：单位核实" in buttons(slack.posts(slack.manager_channel)[0])
    async with slack.office.database.reading() as session:
        acts = [entry.act for entry in (await session.exec(select(AuditEntry))).all()]
    assert "decide_check" in acts


async def test_a_manager_has_a_failed_check_made_again(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.verifier, "/loan-call A-1/2 failed: number is not in the register")
    card = await slack.command(slack.manager, "/loan A-1")
    assert card.message is not None
    found = shown(await slack.press(slack.manager, card.message, "Checks"))
    await slack.press(slack.manager, found, "Decide: employer check")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Decision", "check it again")
    await form.fill("Reason", "She gave another number")
    await form.submit()
    assert "Next: employer check Thu 26 Nov 2026 09:00" in form.text


async def test_two_managers_decide_and_one_is_told_who_was_first(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.other, roles="agent manager")
    await slack.command(slack.verifier, "/loan-call A-1/2 failed: number is not in the register")
    forms = {}
    for who in (slack.manager, slack.other):
        card = await slack.command(who, "/loan A-1")
        assert card.message is not None
        found = shown(await slack.press(who, card.message, "Checks"))
        await slack.press(who, found, "Decide: employer check")
        forms[who.slack_user_id] = slack.sandbox.modal_of(who.slack_user_id)
        await forms[who.slack_user_id].fill("Decision", "the loan goes on")
        await forms[who.slack_user_id].fill("Reason", "Known to us")
    await forms["UMANAGER"].submit()
    refused = await forms["UOTHER"].submit()
    assert "This was decided meanwhile: " in str(refused.errors)


async def test_a_corrected_call_corrects_its_check(slack: Slack, loan: Loan) -> None:
    answer = await slack.command(slack.verifier, "/loan-call A-1/1 confirmed")
    assert answer.message is not None
    await slack.press(slack.verifier, answer.message, "Correct the call")
    form = slack.sandbox.modal_of("UVERIFIER")
    await form.fill("Outcome", "failed")
    await form.fill("Note", "It was his brother")
    await form.submit()
    assert [check.state for check in await checks(slack)] == ["failed"]
    await slack.deliver()
    assert "核实不通过（身份核实）" in slack.texts(slack.manager_channel)[0]

    await form.press("Undo")
    assert [check.state for check in await checks(slack)] == ["confirmed"]
    await slack.deliver()
    assert "核实不通过" not in slack.texts(slack.manager_channel)[0]


@pytest.mark.parametrize(
    ("outcome", "corrected", "said"),
    [
        ("reached", "confirmed", "A correction can't end a check."),
        ("no answer", "failed", "A correction can't end a check."),
        ("confirmed", "reached", "This call ended a check, so it stays confirmed."),
    ],
)
async def test_a_correction_neither_ends_nor_reopens_a_check(
    slack: Slack, loan: Loan, outcome: str, corrected: str, said: str
) -> None:
    answer = await slack.command(slack.verifier, f"/loan-call A-1/1 {outcome}")
    assert answer.message is not None
    await slack.press(slack.verifier, answer.message, "Correct the call")
    form = slack.sandbox.modal_of("UVERIFIER")
    await form.fill("Outcome", corrected)
    refused = await form.submit()
    assert said in str(refused.errors)


async def test_undo_takes_the_result_back(slack: Slack, loan: Loan) -> None:
    answer = await slack.command(slack.verifier, "/loan-call A-1/1 confirmed")
    assert answer.message is not None
    await slack.press(slack.verifier, answer.message, "Undo")
    assert await checks(slack) == []
    assert "Checks: identity …" in (await slack.command(slack.agent, "/loan A-1")).text


async def test_the_card_has_a_button_for_each_open_check(slack: Slack, loan: Loan) -> None:
    card = await slack.command(slack.verifier, "/loan A-1")
    assert card.message is not None
    await slack.press(slack.verifier, card.message, "Open")
    modal = slack.sandbox.modal_of("UVERIFIER")
    await modal.press("Follow-ups")
    await modal.press("Check /2")
    assert "employer's phone" in slack.sandbox.modal_of("UVERIFIER").text
