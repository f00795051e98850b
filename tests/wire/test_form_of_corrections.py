"""Correcting a call with the form. Now is Wednesday 10:00 in Shanghai."""

import pytest
from sqlmodel import select

from sandbox import Modal
from storage.tables import AuditEntry, Call, CallCorrection, FollowUp, Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, who has just reached the borrower."""
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="problem")
    await slack.command(slack.agent, "/loan-call L-1042/1 reached : brings the <payslip>")
    return loan


async def timeline(slack: Slack, who: Member) -> Modal:
    reply = await slack.command(who, "/loan L-1042")
    assert reply.message is not None
    await slack.press(who, reply.message, "Open")
    card = slack.sandbox.modal_of(who.slack_user_id)
    await card.press("Timeline")
    return card


async def opened(slack: Slack, who: Member | None = None) -> Modal:
    who = who or slack.agent
    await (await timeline(slack, who)).press("Correct Wed 25 Nov 10:00 reached")
    return slack.sandbox.modal_of(who.slack_user_id)


async def the_call(slack: Slack) -> Call:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Call))).one()


async def test_a_corrected_call_still_shows_its_original(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("Outcome", "busy")
    await form.fill("Note", "nobody answered")
    await form.fill("Length (minutes)", 2)
    slack.clock.advance(minutes=5)
    await form.submit()
    assert "Corrected to: busy · 2 minutes" in form.text
    assert "Before: reached" in form.text
    assert "Follow-ups stay as" in form.text
    await form.close()

    lines = (await timeline(slack, slack.manager)).text.splitlines()

    at = next(n for n, line in enumerate(lines) if "busy" in line)
    assert lines[at : at + 4] == [
        "Wed 25 Nov 10:00 · busy · problem · 2 minutes · <@UAGENT>",
        "nobody answered",
        "corrected Wed 25 Nov 10:05 by <@UAGENT>; before: reached",
        "brings the <payslip>",
    ]
    async with slack.office.database.reading() as session:
        follow_up = (await session.exec(select(FollowUp).where(FollowUp.number == 1))).one()
        kept = (await session.exec(select(CallCorrection))).one()
        entry = (await session.exec(select(AuditEntry).where(AuditEntry.act == "correct_call"))).one()
    assert follow_up.state == "done"
    assert b"payslip" not in (kept.note_cipher or b"")
    assert (entry.details["was"], entry.details["outcome"]) == ("reached", "busy")


async def test_the_correction_form_opens_from_the_calls_answer(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 busy : again")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Correct the call")

    form = slack.sandbox.modal_of("UAGENT")
    assert form.title == "Correct a call"
    assert "again" in str(form.values)


async def test_a_call_with_many_corrections_shows_the_original_and_the_last_ones(slack: Slack, loan: Loan) -> None:
    for n in range(5):
        card = await timeline(slack, slack.agent)
        await card.press(next(line for line in card.text.splitlines() if line.startswith("Correct ")))
        form = slack.sandbox.modal_of("UAGENT")
        await form.fill("Note", f"version {n}")
        await form.submit()

    lines = (await timeline(slack, slack.agent)).text.splitlines()

    assert {"version 4", "version 3", "brings the <payslip>", "and 3 more"} <= set(lines)
    assert "version 1" not in lines


async def test_a_correction_is_undone(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("Outcome", "busy")
    await form.submit()
    await form.press("Undo")
    assert "a call correction" in form.text

    assert (await the_call(slack)).outcome == "reached"
    assert "before:" not in (await timeline(slack, slack.agent)).text


async def test_a_correction_without_changes_is_reported(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.submit()

    assert form.errors == {"Outcome": "Nothing was changed: it is already set this way."}


async def test_a_note_over_the_limit_is_refused_before_it_is_sent(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("Note", "x" * 3001)
    sent = await form.submit()

    assert "Note" in sent.errors
    assert (await the_call(slack)).version == 1


async def test_the_caller_may_correct_for_a_day_and_a_manager_longer(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    slack.clock.advance(hours=25)
    await form.fill("Outcome", "busy")
    await form.submit()
    assert "within a day, or a manager" in form.errors["Outcome"]
    await form.close()
    assert "Correct Wed 25 Nov" not in (await timeline(slack, slack.agent)).text
    assert "Correct Wed 25 Nov" not in (await timeline(slack, slack.other)).text

    form = await opened(slack, slack.manager)
    await form.fill("Outcome", "busy")
    await form.submit()

    assert (await the_call(slack)).outcome == "busy"


async def test_the_second_of_two_simultaneous_corrections_is_refused_with_the_first(slack: Slack, loan: Loan) -> None:
    first, second = await opened(slack), await opened(slack, slack.manager)
    for form, outcome in ((first, "busy"), (second, "voicemail")):
        await form.fill("Outcome", outcome)
        await form.submit()

    assert "has been corrected since" in second.errors["Outcome"]
    assert (await the_call(slack)).outcome == "busy"


async def test_a_correction_of_a_call_that_was_undone_is_refused(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 busy : again")
    assert reply.message is not None
    await (await timeline(slack, slack.agent)).press("Correct Wed 25 Nov 10:00 busy")
    form = slack.sandbox.modal_of("UAGENT")
    await slack.press(slack.agent, reply.message, "Undo")
    await form.fill("Outcome", "voicemail")
    await form.submit()

    assert "was undone" in form.errors["Outcome"]


async def test_a_member_who_lost_the_role_while_the_form_was_open_is_told(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.agent.id)).roles = "compliance"
    await form.fill("Outcome", "busy")
    await form.submit()

    assert "You need the role" in form.errors["Outcome"]
    assert (await the_call(slack)).outcome == "reached"


async def test_a_correction_updates_the_notice_to_the_managers(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-call L-1042 refused : no way")
    await slack.deliver()
    (told,) = slack.sandbox.messages("CMANAGERS")
    assert "已登记：拒绝" in told.text
    await (await timeline(slack, slack.agent)).press("Correct Wed 25 Nov 10:00 refused")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "reached")
    await form.submit()
    await slack.deliver()

    assert "已登记：已接通" in told.text


async def test_refused_values_are_offered_again_only_for_the_same_call(slack: Slack, loan: Loan) -> None:
    form = await opened(slack)
    await form.fill("Note", "brings two payslips")
    theirs = await opened(slack, slack.manager)
    await theirs.fill("Outcome", "busy")
    await theirs.submit()
    await form.submit()
    assert form.errors
    await form.close(whole_stack=True)
    slack.clock.advance(minutes=1)
    reply = await slack.command(slack.agent, "/loan-call L-1042 busy : again")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Correct the call")
    other = slack.sandbox.modal_of("UAGENT")
    assert "You started filling this in" not in other.text
    await other.close(whole_stack=True)

    card = await timeline(slack, slack.agent)
    await card.press("Correct Wed 25 Nov 10:00 busy")
    form = slack.sandbox.modal_of("UAGENT")
    assert "You started filling this in" in form.text
    await form.press("Continue where I left off")
    assert "brings two payslips" in str(form.values)
    await form.submit()
    assert "brings two payslips" in form.text
