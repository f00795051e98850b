"""A loan's card as a modal with tabs. Now is Wednesday 10:00 in Shanghai."""

from datetime import timedelta

import pytest

from sandbox import Modal
from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, with a verification and a problem to call about."""
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    due = slack.clock.now() + timedelta(hours=2)
    await make_follow_up(slack.office, loan, slack.agent, purpose="identity", due_at=due, number=1)
    await make_follow_up(slack.office, loan, slack.agent, purpose="problem", due_at=due + timedelta(days=1), number=2)
    return loan


async def opened(slack: Slack, tab: str = "", who: Member | None = None) -> Modal:
    """Open the card at a tab, from the ephemeral card."""
    who = who or slack.agent
    reply = await slack.command(who, "/loan L-1042")
    assert reply.message is not None
    await slack.press(who, reply.message, "Open")
    card = slack.sandbox.modal_of(who.slack_user_id)
    if tab:
        await card.press(tab)
    return card


async def test_the_card_opens_at_the_calls_to_make(slack: Slack, loan: Loan) -> None:
    card = await opened(slack)

    assert card.title == "L-1042"
    assert "王小明 · phone ending 5678" in card.text
    assert "138 0013" not in card.text
    await card.press("Call")
    assert "+86 138 0013 5678" in slack.sandbox.modal_of("UAGENT").text


async def test_the_timeline_merges_all_kinds_of_events(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-call L-1042/1 reached : wife <answered>")
    slack.clock.advance(minutes=1)
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    slack.clock.advance(minutes=1)
    await slack.command(slack.agent, "/loan-docs L-1042 got id")
    slack.clock.advance(minutes=1)
    await slack.command(slack.agent, "/loan-stage L-1042 approved all well")
    slack.clock.advance(minutes=1)
    await slack.command(slack.manager, "/loan-reassign L-1042 @Other knows him")

    lines = (await opened(slack, "Timeline", slack.manager)).text.splitlines()

    told = [
        "owner: <@UOTHER>",
        "stage: approved",
        "ID card · received",
        "ID card · requested from the borrower",
        "reached · identity check",
    ]
    at = [next(n for n, line in enumerate(lines) if words in line) for words in told]
    assert at == sorted(at)
    assert {"knows him", "all well", "wife <answered>"} <= set(lines)
    assert "Wed 25 Nov 10:00 · reached · identity check · <@UAGENT>" in lines[at[-1]]


async def test_a_reassigned_follow_up_is_in_the_timeline_until_it_is_undone(slack: Slack, loan: Loan) -> None:
    await slack.later(hours=2)
    [reminder] = slack.posts(slack.agent)
    handed = await slack.press(slack.agent, reminder, "Hand over to the manager")
    told = "Wed 25 Nov 12:00 · /1 identity check handed over to <@UMANAGER> · <@UAGENT>"
    assert told in (await opened(slack, "Timeline", slack.manager)).text

    await slack.press(slack.agent, shown(handed), "Undo")
    assert "handed over" not in (await opened(slack, "Timeline", slack.manager)).text

    await slack.command(slack.manager, "/loan-reassign L-1042 @Other")
    lines = (await opened(slack, "Timeline", slack.manager)).text
    assert "owner: <@UOTHER>" in lines
    assert "handed over" not in lines


async def test_undone_changes_are_not_in_the_timeline(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.manager, "/loan-reassign L-1042 @Other")
    assert reply.message is not None
    await slack.press(slack.manager, reply.message, "Undo")

    assert "owner: <@UOTHER>" not in (await opened(slack, "Timeline")).text


async def test_the_timeline_has_each_step_of_a_document(slack: Slack, loan: Loan) -> None:
    for line in ("id", "got id", "reject id : blurred <page>", "got id"):
        await slack.command(slack.agent, f"/loan-docs L-1042 {line}")
        slack.clock.advance(minutes=6)
    accepted = await slack.command(slack.manager, "/loan-docs L-1042 accept id")
    steps = [
        "ID card · accepted",
        "ID card · received",
        "ID card · sent back",
        "ID card · received",
        "ID card · requested from the borrower",
    ]
    assert _of_documents(await opened(slack, "Timeline")) == steps
    card = (await opened(slack, "Timeline")).text
    assert "Wed 25 Nov 10:12 · ID card · sent back · <@UAGENT>\nblurred <page>" in card
    assert "Wed 25 Nov 10:24 · ID card · accepted · <@UMANAGER>" in card

    assert accepted.message is not None
    await slack.press(slack.manager, accepted.message, "Undo")
    assert _of_documents(await opened(slack, "Timeline")) == steps[1:]


def _of_documents(card: Modal) -> list[str]:
    lines = [line.split(" · ") for line in card.text.splitlines() if " · ID card · " in line]
    return [" · ".join(words[1:3]) for words in lines]


async def test_a_long_timeline_is_paginated(slack: Slack, loan: Loan) -> None:
    for n in range(23):
        await slack.command(slack.agent, f"/loan-call L-1042 busy : call no {n:02}")
        slack.clock.advance(minutes=3)
    card = await opened(slack, "Timeline")
    assert "call no 22" in card.text
    assert "call no 12" not in card.text

    await card.press("Earlier")
    await card.press("Earlier")
    assert "call no 02" in card.text
    assert "call no 03" not in card.text
    assert "Earlier" not in card.text.splitlines()

    await card.press("Previous page")
    assert "call no 12" in card.text


async def test_documents_are_ticked_off_in_their_tab(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id, bank")
    card = await opened(slack, "Documents")
    assert "2 open documents" in card.text

    await card.press("ID card received")
    assert "ID card: received" in card.text
    await card.press("ID card accepted")

    assert "1 open document" in card.text
    assert "bank statement received" in card.text
    await card.press("Undo")
    assert "Undone" in card.text


async def test_follow_ups_are_finished_moved_and_logged_in_their_tab(slack: Slack, loan: Loan) -> None:
    card = await opened(slack, "Follow-ups")
    await card.press("Finish /1")
    assert "identity check (L-1042/1) is done." in card.text
    assert "Finish /1" not in card.text

    await card.press("Move /2")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("When", "yesterday")
    await form.submit()
    assert "has passed" in form.errors["When"]
    await form.fill("When", "fri 15:00")
    await form.submit()
    assert "Fri 27 Nov 2026 15:00" in form.text
    await form.close()

    await card.press("Log /2")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "reached")
    await form.submit()
    assert "Answers problem (L-1042/2): done." in form.text


async def test_the_card_below_a_form_shows_its_changes_and_their_undo(slack: Slack, loan: Loan) -> None:
    card = await opened(slack, "Follow-ups")
    await card.press("Log /1")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "confirmed")
    assert "Log /1" in card.text
    await form.submit()

    assert "Log /1" not in card.text
    assert "Log /2" in card.text
    await form.press("Undo")

    assert "Undone" in form.text
    assert "Log /1" in card.text


async def test_the_card_keeps_its_page_of_the_timeline(slack: Slack, loan: Loan) -> None:
    for n in range(12):
        await slack.command(slack.agent, f"/loan-call L-1042 busy : call no {n:02}")
        slack.clock.advance(minutes=3)
    card = await opened(slack, "Timeline")
    await card.press("Earlier")
    assert "call no 00" in card.text
    await card.press("Correct Wed 25 Nov 10:00 busy")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Note", "his wife answered")
    await form.submit()

    assert "his wife answered" in card.text
    assert "call no 11" not in card.text


async def test_a_form_is_answered_even_when_the_loan_below_is_no_longer_visible(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.other, team_id=None)
    await make_follow_up(slack.office, loan, slack.other, purpose="income", due_at=slack.clock.now(), number=3)
    card = await opened(slack, "Follow-ups", slack.other)
    await card.press("Log /3")
    form = slack.sandbox.modal_of("UOTHER")
    await form.fill("Outcome", "confirmed")
    await form.submit()

    assert "Answers income check (L-1042/3): done." in form.text
    await form.close()
    await card.press("Timeline")
    assert "That loan doesn't exist" in slack.sandbox.modal_of("UOTHER").text


async def test_the_answer_does_not_wait_for_the_card_below_while_slack_is_slow(slack: Slack, loan: Loan) -> None:
    card = await opened(slack, "Follow-ups")
    await card.press("Log /1")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "confirmed")
    slack.sandbox.faults.next("views.update", "500")
    await form.submit()

    assert "done" in form.text
    assert "Log /1" in card.text


async def test_a_follow_up_finished_by_another_member_is_reported(slack: Slack, loan: Loan) -> None:
    card = await opened(slack, "Follow-ups")
    await card.press("Move /2")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("When", "fri 15:00")
    await slack.command(slack.manager, "/loan-follow L-1042/2 done")
    await slack.command(slack.manager, "/loan-follow L-1042/1 done")
    await form.submit()
    assert "@Manager" in form.errors["Follow-up"]
    await form.close()

    await card.press("Finish /1")

    assert "is already done" in slack.sandbox.modal_of("UAGENT").text


async def test_a_loan_moved_to_another_team_is_no_longer_shown(slack: Slack, loan: Loan) -> None:
    card = await opened(slack)
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.agent.id)).team_id = None
        (await session.get_one(Loan, loan.id)).owner_id = slack.other.id
    await slack.command(slack.manager, "/loan-follow L-1042/1 done")
    await slack.command(slack.manager, "/loan-follow L-1042/2 done")

    await card.press("Timeline")

    assert "That loan doesn't exist, or you can't see it" in slack.sandbox.modal_of("UAGENT").text


async def test_the_card_is_posted_as_a_message_when_slack_opens_no_modal(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan L-1042")
    assert reply.message is not None
    slack.sandbox.faults.next("views.open", "500")

    said = await slack.press(slack.agent, reply.message, "Open")

    assert "王小明" in said.text
