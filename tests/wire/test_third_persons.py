"""Calls that reach another person than the borrower, and loans without an owner. Now is Wednesday 10:00."""

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷")


async def add_spouse(slack: Slack) -> None:
    form = await slack.in_card(slack.agent, "Open", "People", "Add a person")
    for label, value in (("Role", "spouse"), ("Name", "韩梅梅"), ("Phone 1", "139 0013 9000")):
        await form.fill(label, value)
    await form.submit()


async def timeline(slack: Slack) -> str:
    return (await slack.in_card(slack.agent, "Open", "Timeline")).text


@pytest.mark.usefixtures("loan")
async def test_a_line_says_whom_the_call_reached(slack: Slack) -> None:
    await add_spouse(slack)
    for line, who in (
        ("A-1 spouse reached he is abroad", "spouse 韩梅梅"),
        ("A-1 配偶 已接通 他在外地", "spouse 韩梅梅"),
        ("A-1 employer reached works there", "employer"),
    ):
        logged = await slack.command(slack.agent, f"/loan-call {line}")
        assert f"Spoke to: {who}" in logged.text.splitlines(), line
        assert f"reached · {who} · <@UAGENT>" in await timeline(slack)
        await slack.press(slack.agent, given(logged.message), "Undo")
        assert f"reached · {who}" not in await timeline(slack)
    plain = await slack.command(slack.agent, "/loan-call A-1 reached spouse was there too")
    assert "Spoke to" not in plain.text


@pytest.mark.usefixtures("loan")
async def test_the_wrong_number_of_another_is_not_the_borrowers(slack: Slack) -> None:
    await add_spouse(slack)
    await slack.command(slack.agent, "/loan-call A-1 spouse wrong number")
    card = (await slack.command(slack.agent, "/loan A-1")).text
    assert "this number is marked as wrong" not in card
    assert "spouse 韩梅梅 · mobile phone ending 9000 wrong number" in card


@pytest.mark.usefixtures("loan")
async def test_the_form_offers_the_people_around_the_loan(slack: Slack) -> None:
    await add_spouse(slack)
    form = await slack.in_card(slack.agent, "Log a call")
    await form.fill("Outcome", "reached")
    await form.fill("Spoke to", "spouse 韩梅梅")
    await form.submit()
    assert "Spoke to: spouse 韩梅梅" in slack.sandbox.modal_of("UAGENT").text


@pytest.mark.usefixtures("loan")
async def test_the_reminder_of_an_employer_check_leads_to_the_employers_number(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 10:30 employer")
    await slack.later(minutes=31)
    posts = [*slack.posts(slack.agent), *slack.posts(slack.desk_channel)]
    reminder = next(post for post in posts if "please call about" in post.text)
    people = shown(await slack.press(slack.agent, reminder, "Employer's number"))
    assert buttons(people) == ["Add a person"]


async def let_callers_see_loans_of_nobody(slack: Slack) -> None:
    await slack.sandbox.open_home("UADMIN")
    await slack.sandbox.home_of("UADMIN").press("Language and country")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Loans without an owner are seen by", "callers")
    await form.submit()


async def test_of_two_who_claim_a_loan_of_nobody_one_gets_it_and_the_other_hears_who(slack: Slack) -> None:
    await let_callers_see_loans_of_nobody(slack)
    await make_loan(slack.office, slack.workspace, "L-7", stage="inquiry", name="王芳")
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    mine = given((await slack.command(slack.agent, "/loan pool")).message)
    theirs = given((await slack.command(slack.other, "/loan 公海")).message)
    assert buttons(mine) == ["Claim L-7", "Card L-7"]
    assert "You need the role" in (await slack.command(slack.admin, "/loan pool")).text
    first = shown(await slack.press(slack.agent, mine, "Claim L-7"))
    assert first.text == "L-7 is yours now."
    second = shown(await slack.press(slack.other, theirs, "Claim L-7"))
    assert second.text == "<@UAGENT> has L-7 already."
    assert "No loan is without an owner." in (await slack.command(slack.other, "/loan pool")).text
    await slack.press(slack.agent, first, "Undo")
    assert "Claim L-7" in buttons((await slack.command(slack.other, "/loan pool")).message)
    assert "You need the role" in (await slack.command(slack.compliance, "/loan pool")).text


async def test_the_home_leads_to_the_loans_of_nobody_the_newest_first(slack: Slack) -> None:
    await let_callers_see_loans_of_nobody(slack)
    for number, stage in (("L-7", "inquiry"), ("L-8", "application"), ("L-9", "withdrawn")):
        await make_loan(slack.office, slack.workspace, number, stage=stage)
        slack.clock.advance(minutes=1)
    for locale, button, title in (
        ("en-US", "Without an owner", "Loans without an owner"),
        ("zh-CN", "公海（待认领）", "无人负责的贷款"),
    ):
        await slack.change(slack.agent, locale=locale)
        await slack.sandbox.open_home("UAGENT")
        await slack.sandbox.home_of("UAGENT").press(button)
        pool = slack.sandbox.modal_of("UAGENT").text
        assert title in pool
        assert 0 < pool.index("L-8") < pool.index("L-7")
        assert "L-9" not in pool


async def test_a_word_with_another_leaves_the_call_to_the_borrower_open_and_counts_as_an_attempt(
    slack: Slack, loan: Loan
) -> None:
    await add_spouse(slack)
    await make_follow_up(slack.office, loan, slack.agent, purpose="repayment")
    for line, said in (
        ("A-1 spouse reached he is abroad", "It asks for the borrower: this was an attempt."),
        ("A-1 配偶 已接通", "It asks for the borrower: this was an attempt."),
        ("A-1 spouse promised 3000 fri", "Fri 27 Nov 2026"),
        ("A-1 spouse call back fri 10am", "Fri 27 Nov 2026 10:00"),
    ):
        logged = await slack.command(slack.agent, f"/loan-call {line}")
        assert "Answers repayment reminder (A-1/1): still open, 1 attempt so far." in logged.text, line
        assert said in logged.text
        assert "Promised" not in (await slack.command(slack.agent, "/loan A-1")).text
        await slack.press(slack.agent, given(logged.message), "Undo")
    await slack.in_chinese(slack.agent)
    logged = await slack.command(slack.agent, "/loan-call A-1 配偶 已接通")
    assert "需联系到客户本人，本次计为一次尝试。" in logged.text


async def test_a_word_with_one_who_answers_for_the_debt_ends_a_call_about_repayment(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="overdue")
    await make_follow_up(slack.office, loan, slack.agent, purpose="conditions")
    logged = await slack.command(slack.agent, "/loan-call A-1/1 担保人 承诺还款 3000 周五")
    assert "Answers arrears (A-1/1): done." in logged.text
    logged = await slack.command(slack.agent, "/loan-call A-1/2 guarantor reached")
    assert "Answers conditions (A-1/2): still open, 1 attempt so far." in logged.text
    logged = await slack.command(slack.agent, "/loan-call A-1/2 co-borrower reached")
    assert "Answers conditions (A-1/2): done." in logged.text


async def test_what_a_button_adds_to_a_word_with_another_is_an_attempt_too(slack: Slack, loan: Loan) -> None:
    for purpose in ("repayment", "problem"):
        await make_follow_up(slack.office, loan, slack.agent, purpose=purpose)
    logged = await slack.command(slack.agent, "/loan-call A-1/1 spouse reached")
    button = next(each for each in buttons(logged.message) if each.startswith("Also /2"))
    added = shown(await slack.press(slack.agent, given(logged.message), button))
    assert "(A-1/2): still open, 1 attempt so far." in added.text
    again = await slack.command(slack.agent, "/loan-call A-1/1 spouse reached")
    once_more = shown(await slack.press(slack.agent, given(again.message), "Log another"))
    assert "Spoke to: spouse" in once_more.text
    assert "(A-1/1): still open, 2 attempts so far." in once_more.text


async def test_a_correction_says_whom_a_call_reached_and_the_timeline_keeps_what_it_said(
    slack: Slack, loan: Loan
) -> None:
    await add_spouse(slack)
    await slack.command(slack.agent, "/loan-call A-1 reached")

    async def correct(what: str, **values: str) -> str:
        form = await slack.in_card(slack.agent, "Open", "Timeline", f"Correct Wed 25 Nov 10:00 {what}")
        await fill(form, values)
        assert (await form.submit()).errors == {}
        return form.text

    text = await correct("reached", Spoke_to="spouse 韩梅梅")
    assert "Corrected to: reached · spouse 韩梅梅" in text
    assert "Before: reached" in text.splitlines()
    assert "reached · spouse 韩梅梅 · <@UAGENT>" in await timeline(slack)
    slack.clock.advance(minutes=1)
    await correct("reached", Outcome="wrong_number")
    card = (await slack.command(slack.agent, "/loan A-1")).text
    assert "this number is marked as wrong" not in card
    assert "spouse 韩梅梅 · mobile phone ending 9000 wrong number" in card
    slack.clock.advance(minutes=1)
    await correct("wrong number", Spoke_to="the borrower")
    card = (await slack.command(slack.agent, "/loan A-1")).text
    assert "this number is marked as wrong" in card
    assert "phone ending 9000 wrong number" not in card
    told = await timeline(slack)
    assert "before: reached" in told.splitlines()[-1] or "before: reached" in told
    assert "before: wrong number · spouse 韩梅梅" in told
    modal = await slack.in_card(slack.agent, "Open", "Timeline", "Correct Wed 25 Nov 10:00 wrong number")
    await modal.fill("Spoke to", "employer")
    await modal.submit()
    await modal.press("Undo")
    assert "wrong number · <@UAGENT>" in await timeline(slack)
