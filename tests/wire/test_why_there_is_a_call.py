"""Each call that the desk plans by itself says why, also those that no rule of the cadence plans. Now is Wednesday 10:00."""

from desk.rules.other_rules import OTHER_RULES
from storage.engine.types import new_id
from storage.tables import LoanTerms
from tests.builders import make_loan
from tests.wire.office_day import Slack
from tests.wire.repaying import disbursed, form_of, give_schedule


async def test_the_checks_of_a_product_say_so_on_card_and_reminder_in_both_languages(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="inquiry")
    async with slack.office.database.transaction() as session:
        session.add(LoanTerms(id=new_id(), workspace_id=slack.workspace.id, loan_id=loan.id, product="new_car"))
    await slack.command(slack.agent, "/loan-stage A-1 application")
    assert (await slack.card(slack.agent)).text.count("By rule: the product of the loan asks for this check") == 2
    await slack.in_chinese(slack.verifier)
    await slack.at("2026-11-26 09:00")
    [income] = [text for text in slack.texts(slack.verifier) if "收入核实" in text]
    assert "系统安排：该产品的申请须核实此项" in income


async def test_another_attempt_says_so(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved")
    answer = await slack.command(slack.agent, "/loan-call A-1 no answer")
    assert "By rule: nobody was reached, so there is another attempt" in answer.text
    assert "By rule: nobody was reached" in (await slack.card(slack.agent)).text


async def test_the_call_after_a_pause_says_so(slack: Slack) -> None:
    await disbursed(slack)
    await give_schedule(slack)
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "holiday")
    await form.fill("From", "2026-11-25")
    await form.fill("Until before", "2026-12-05")
    await form.fill("Reason", "Illness")
    await form.submit()
    assert "By rule: the first call after the pause of the instalments" in (await slack.card(slack.agent)).text


async def test_the_call_after_a_missed_appointment_says_so_in_chinese(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved")
    form = await slack.in_card(slack.agent, "Open", "Book an appointment")
    await form.fill("What for", "signing")
    await form.fill("When", "11:30")
    await form.submit()
    await slack.in_chinese(slack.agent)
    await slack.at("2026-11-25 12:00")
    reminder = slack.posts(slack.agent)[-1]
    await slack.press(slack.agent, reminder, "未到场")
    assert "系统安排：客户错过预约，另约时间" in (await slack.card(slack.agent)).text


async def test_every_stored_rule_has_words(slack: Slack) -> None:
    assert {*OTHER_RULES} == {"check", "retry", "appointment", "pause"}
