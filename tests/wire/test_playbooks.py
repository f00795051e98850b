"""What to say in a call is one tap away, makes sure who is speaking first, and a manager can write another version of it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from sandbox.modals import Modal
from storage.tables import Loan, Member, PlaybookVersion
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, given

CHECKS = "Ask or check, one in each line (English)"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1, disbursed, with an overdue call due in five minutes."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed", name="王小明")
    due = slack.clock.now() + timedelta(minutes=5)
    await make_follow_up(slack.office, loan, slack.agent, purpose="overdue", due_at=due)
    return loan


async def timeline(slack: Slack) -> str:
    return (await slack.in_card(slack.agent, "Open", "Timeline")).text


async def form_of(slack: Slack, who: Member, title: str) -> Modal:
    """Return the form of a playbook, opened from the list on the Home."""
    await slack.sandbox.open_home(who.slack_user_id)
    await slack.sandbox.home_of(who.slack_user_id).press("Playbooks")
    await slack.sandbox.modal_of(who.slack_user_id).press(title)
    return slack.sandbox.modal_of(who.slack_user_id)


async def test_a_reminder_has_what_to_say_in_its_call(slack: Slack, loan: Loan) -> None:
    await slack.later(minutes=5)
    reminder = slack.posts(slack.agent)[-1]
    await slack.press(slack.agent, reminder, "What to say")
    script = slack.sandbox.modal_of("UAGENT")
    assert "May I speak with 王小明?" in script.text
    before, _, after = script.text.partition("Ask or check")
    assert "Ask for two facts and tell none" in before
    assert "The amount past due and for how many days." in after
    await script.press("Hardship")
    script = slack.sandbox.modal_of("UAGENT")
    assert "Stop asking for money." in script.text
    await script.press("Back to the call")
    assert "The amount past due" in slack.sandbox.modal_of("UAGENT").text


async def test_a_chinese_caller_reads_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    script = await slack.in_card(slack.agent, "话术")
    assert "请问是王小明本人吗？" in script.text
    assert "逾期金额和天数。" in script.text


async def test_a_call_keeps_which_version_its_caller_was_shown(slack: Slack, loan: Loan) -> None:
    await slack.in_card(slack.agent, "What to say")
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    assert "shown “arrears”" in await timeline(slack)
    form = await form_of(slack, slack.manager, "arrears")
    await form.fill(CHECKS, "What happened?")
    await form.submit()
    assert "version 1 is what callers are shown from now on" in form.text
    slack.clock.advance(minutes=3)
    assert "What happened?" in (await slack.in_card(slack.agent, "What to say")).text
    await slack.command(slack.agent, "/loan-call A-1 busy")
    read = await timeline(slack)
    assert (read.count("shown “arrears”, version 1"), read.count("shown “arrears”")) == (1, 2)


async def test_what_was_shown_long_before_a_call_was_for_another(slack: Slack, loan: Loan) -> None:
    await slack.in_card(slack.agent, "What to say")
    slack.clock.advance(hours=13)
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    assert "shown" not in await timeline(slack)


async def test_undo_brings_the_release_s_own_back_and_an_older_form_is_refused(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.manager, "arrears")
    older = await form_of(slack, slack.admin, "arrears")
    await form.fill(CHECKS, "What happened?\nWhen will you pay?")
    await form.submit()
    await older.fill(CHECKS, "Another text")
    await older.submit()
    assert "Another member has changed this playbook since." in str(older.errors)
    await form.press("Undo")
    assert "The amount past due" in (await slack.in_card(slack.agent, "What to say")).text
    again = await form_of(slack, slack.manager, "arrears")
    await again.fill(CHECKS, "A third text")
    await again.submit()
    assert "version 2" in again.text  # a number that was used once is not used again


@pytest.mark.parametrize(
    ("field", "typed", "refusal"),
    [
        (CHECKS, "", "Write at least one line of what to ask or check."),
        ("Opening (中文)", "您好 {name}", "Nothing stands for “name” in braces"),
    ],
)
async def test_what_cannot_be_said_is_refused_beside_its_field(
    slack: Slack, loan: Loan, field: str, typed: str, refusal: str
) -> None:
    form = await form_of(slack, slack.manager, "arrears")
    await form.fill(field, typed)
    await form.submit()
    assert refusal in form.errors[field]
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(PlaybookVersion))).all() == []


async def test_a_language_whose_texts_are_emptied_gets_the_release_s_own(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.manager, "arrears")
    for part in ("Opening", "Make sure who is speaking", "Closing"):
        await form.fill(f"{part} (English)", "")
    await form.fill(CHECKS, "What happened?")
    await form.submit()
    form = await form_of(slack, slack.manager, "arrears")
    await form.fill(CHECKS, "")
    await form.submit()
    assert "May I speak with 王小明?" in (await slack.in_card(slack.agent, "What to say")).text


async def test_braces_in_a_name_stay_as_they_are(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan edit A-1 name {lender} O'Neil")
    assert "May I speak with {lender} O'Neil?" in (await slack.in_card(slack.agent, "What to say")).text


async def test_only_managers_and_admins_have_the_list(slack: Slack, loan: Loan) -> None:
    for who, listed in ((slack.agent, False), (slack.compliance, False), (slack.manager, True), (slack.admin, True)):
        await slack.sandbox.open_home(who.slack_user_id)
        assert ("Playbooks" in slack.sandbox.home_of(who.slack_user_id).text) is listed


async def test_lists_of_due_calls_lead_to_what_to_say_in_each(slack: Slack, loan: Loan) -> None:
    for n in range(6):
        other = await make_loan(slack.office, slack.workspace, f"B-{n}", owner=slack.agent)
        due = slack.clock.now() + timedelta(minutes=5)
        await make_follow_up(slack.office, other, slack.agent, purpose="documents", due_at=due)
    await slack.later(minutes=5)
    listed = given((await slack.command(slack.agent, "/loan-due")).message)
    for message in (slack.posts(slack.agent)[-1], listed):
        await slack.sandbox.press("UAGENT", message, "What to say in a call", choice="A-1 · arrears")
        assert "The amount past due" in slack.sandbox.modal_of("UAGENT").text
        await slack.sandbox.press("UAGENT", message, "What to say in a call", choice="B-2 · documents")
        assert "Which papers are missing" in slack.sandbox.modal_of("UAGENT").text
    await slack.in_chinese(slack.agent)
    await slack.sandbox.open_home("UAGENT")
    await slack.sandbox.home_of("UAGENT").press("通话话术", choice="A-1 · 逾期")
    assert "逾期金额和天数。" in slack.sandbox.modal_of("UAGENT").text


async def test_a_call_that_a_member_is_given_has_what_to_say(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-follow A-1 <@UOTHER> fri 10:00 plan")
    await slack.deliver()
    await slack.press(slack.other, slack.posts(slack.other)[-1], "What to say")
    assert "Amount, rate, number of months and the instalment." in slack.sandbox.modal_of("UOTHER").text


async def test_who_may_read_a_list_and_not_the_scripts_is_not_offered_them(slack: Slack, loan: Loan) -> None:
    await slack.later(minutes=6)
    for who, offered in ((slack.manager, True), (slack.admin, False)):
        listed = await slack.command(who, "/loan-due today @agent")
        assert ("What to say" in buttons(listed.message)) is offered, listed.text


async def test_a_manager_edits_in_chinese_and_callers_of_each_language_read_their_own(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.manager)
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press("话术")
    await slack.sandbox.modal_of("UMANAGER").press("逾期")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("要问、要核对的，每行一条（中文）", "先问是否方便接听")
    await form.submit()
    assert "第 1 版" in form.text, form.text
    assert "The amount past due" in (await slack.in_card(slack.agent, "What to say")).text
    await slack.in_chinese(slack.agent)
    assert "先问是否方便接听" in (await slack.in_card(slack.agent, "话术")).text
    await form.press("撤销")
    assert "逾期金额和天数。" in (await slack.in_card(slack.agent, "话术")).text
