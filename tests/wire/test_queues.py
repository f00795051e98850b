"""Next call takes the first of a queue for ten minutes. Now is Wednesday 25 November 2026, 10:00."""

import asyncio
from datetime import date, timedelta

import pytest

from desk.core.values import LoanRef
from desk.follow_ups.escalations import raise_escalation, resolve_escalation
from sandbox import Modal
from storage.tables import Escalation, Loan, Member
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.wire.office_day import Slack, buttons, given, shown

OCTOBER, NOVEMBER = date(2026, 10, 10), date(2026, 11, 10)


async def in_arrears(slack: Slack, number: str, since: date, **values: object) -> Loan:
    terms = {"stage": "disbursed", "unpaid_since": since, "name": f"王{number}", **values}
    loan = await make_loan(slack.office, slack.workspace, number, owner=slack.agent, **terms)
    await make_follow_up(slack.office, loan, slack.collector, purpose="overdue")
    return loan


@pytest.fixture
async def loans(slack: Slack) -> list[Loan]:
    """L-1 has been past due for longer than L-2; the agent owns both, and the collector is to call them."""
    await slack.change(slack.collector, roles="collector")
    return [await in_arrears(slack, "L-1", OCTOBER), await in_arrears(slack, "L-2", NOVEMBER)]


async def next_of(slack: Slack, who: Member, label: str = "Next call") -> Modal:
    """Press the button in the Home, and return the card that opens."""
    await slack.sandbox.open_home(who.slack_user_id)
    await slack.sandbox.home_of(who.slack_user_id).press(label)
    return slack.sandbox.modal_of(who.slack_user_id)


async def test_next_call_opens_the_card_with_why_what_to_say_and_the_log(slack: Slack, loans: list[Loan]) -> None:
    card = await next_of(slack, slack.collector)
    assert card.title == "L-1"
    assert "L-1 is yours until 10:10. Others see that." in card.text
    assert "Why now: M2, 46 days · never spoken to" in card.text
    await card.press("What to say")
    await slack.sandbox.modal_of("UCOLLECTOR").close()
    await card.press("Log /1")
    form = slack.sandbox.modal_of("UCOLLECTOR")
    await form.fill("Outcome", "no_answer")
    await form.submit()
    assert "no answer" in form.text

    seen = await slack.command(slack.other, "/loan-due arrears team")
    assert "taken by" not in seen.text
    assert (await next_of(slack, slack.collector)).title == "L-2"


async def test_the_line_takes_the_next_one_as_the_button_does(slack: Slack, loans: list[Loan]) -> None:
    await slack.command(slack.collector, "/loan-due next")
    assert "L-1 is yours until 10:10." in slack.sandbox.modal_of("UCOLLECTOR").text
    await slack.command(slack.collector, "/loan-due next arrears")
    assert "L-1 is still yours until 10:10." in slack.sandbox.modal_of("UCOLLECTOR").text
    await slack.in_chinese(slack.manager, slack.verifier)
    await slack.command(slack.manager, "/loan-due 下一个")
    assert "L-2由您处理，至10:10。" in slack.sandbox.modal_of("UMANAGER").text
    nobody = await slack.command(slack.verifier, "/loan-due 下一个 电核")
    assert "暂无可做的核实" in nobody.text
    refused = await slack.command(slack.manager, "/loan-due 下一个 @agent")
    assert "只能由您本人取下一位" in refused.text
    other = await slack.command(slack.compliance, "/loan-due next")
    assert "agent, verifier, collector" in other.text


async def test_who_is_escalated_waits_for_the_manager_and_is_last_in_the_list(slack: Slack, loans: list[Loan]) -> None:
    for kind, number in (("legal", "L-1"), ("no_contact", "L-2")):
        async with slack.office.desk(slack.workspace, slack.agent) as desk:
            await raise_escalation(desk, loan=LoanRef(number, number), kind=kind)
    listed = await slack.command(slack.collector, "/loan-due arrears")
    assert listed.text.index("L-2") < listed.text.index("L-1")
    assert "M2, 46 days · escalated: legal threat" in listed.text
    assert (await next_of(slack, slack.collector)).title == "L-2"
    await slack.sandbox.modal_of("UCOLLECTOR").press("Another one")
    nobody = slack.sandbox.modal_of("UCOLLECTOR").text
    assert "planned for later, or escalated." in nobody

    (row,) = [row for row in await slack.rows(Escalation) if row.kind == "legal"]
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        await resolve_escalation(desk, row.id, row.version, "Call him again")
    await slack.in_chinese(slack.collector)
    assert (await next_of(slack, slack.collector, "下一个")).title == "L-1"


async def test_others_see_who_has_it_until_ten_minutes_are_over(slack: Slack, loans: list[Loan]) -> None:
    await next_of(slack, slack.collector)
    taken = "taken by <@UCOLLECTOR> until 10:10"
    assert taken in (await slack.command(slack.agent, "/loan-due arrears")).text
    assert taken in (await slack.card(slack.agent, "L-1")).text
    again = await next_of(slack, slack.collector)
    assert "L-1 is still yours until 10:10" in again.text

    await slack.at("2026-11-25 10:10")
    assert "taken by" not in (await slack.command(slack.agent, "/loan-due arrears")).text
    assert "taken by" not in (await slack.card(slack.agent, "L-1")).text


async def test_two_who_press_at_once_get_two_borrowers(slack: Slack, loans: list[Loan]) -> None:
    await slack.change(slack.other, roles="collector")
    lists = [
        given((await slack.command(who, "/loan-due arrears team")).message) for who in (slack.collector, slack.other)
    ]
    await asyncio.gather(
        *(
            slack.press(who, message, "Next call")
            for who, message in zip((slack.collector, slack.other), lists, strict=True)
        )
    )
    titles = {slack.sandbox.modal_of(who).title for who in ("UCOLLECTOR", "UOTHER")}
    assert titles == {"L-1", "L-2"}

    listed = given((await slack.command(slack.manager, "/loan-due arrears team")).message)
    third = shown(await slack.press(slack.manager, listed, "Next call"))
    assert third.text.startswith("Nobody in arrears waits for a call now")


async def test_who_presses_twice_at_once_has_one_borrower(slack: Slack, loans: list[Loan]) -> None:
    listed = given((await slack.command(slack.collector, "/loan-due arrears team")).message)
    await asyncio.gather(*(slack.press(slack.collector, listed, "Next call") for _ in range(2)))
    shown_to_manager = (await slack.command(slack.manager, "/loan-due arrears team")).text
    assert shown_to_manager.count("taken by <@UCOLLECTOR>") == 1


async def test_who_takes_a_colleagues_borrower_answers_the_call_that_is_planned(
    slack: Slack, loans: list[Loan]
) -> None:
    await slack.change(slack.other, roles="collector")
    assert (await next_of(slack, slack.other)).title == "L-1"
    assert "L-1/1" in (await slack.command(slack.other, "/loan-call L-1 refused")).text
    assert "Nothing is planned" in (await slack.card(slack.agent, "L-1")).text
    refused = await slack.command(slack.other, "/loan-call L-2/1 refused")
    assert "Only the people responsible" in refused.text


async def test_a_borrower_given_back_is_for_others_and_not_offered_to_the_same_one_at_once(
    slack: Slack, loans: list[Loan]
) -> None:
    card = await next_of(slack, slack.collector)
    await card.press("Another one")
    assert slack.sandbox.modal_of("UCOLLECTOR").title == "L-2"
    await slack.sandbox.modal_of("UCOLLECTOR").press("Give it back")
    assert "L-2 is given back: others may take it." in slack.sandbox.modal_of("UCOLLECTOR").text
    assert (await next_of(slack, slack.manager)).title == "L-1"


async def test_a_late_give_back_changes_nothing_for_who_has_it_now(slack: Slack, loans: list[Loan]) -> None:
    card = await next_of(slack, slack.collector)
    await slack.at("2026-11-25 10:11")
    assert (await next_of(slack, slack.manager)).title == "L-1"
    await card.press("Give it back")
    assert "L-1 is not yours any more: " in slack.sandbox.modal_of("UCOLLECTOR").text
    assert "taken by <@UMANAGER> until 10:21" in (await slack.card(slack.agent, "L-1")).text


async def test_who_waits_for_a_later_call_was_spoken_to_or_needs_none_is_not_next(slack: Slack) -> None:
    loans = [await in_arrears(slack, f"L-{n}", OCTOBER + timedelta(days=n)) for n in range(1, 6)]
    await slack.command(slack.collector, "/loan-call L-1 promised 100 fri")
    await slack.command(slack.collector, "/loan-follow L-2/1 move today 15:00")
    await slack.command(slack.collector, "/loan-call L-3 refused")
    form = await slack.form(slack.agent, "/loan-call")
    await form.close()
    async with slack.office.desk(slack.workspace) as desk:
        stored = await desk.session.get_one(Loan, loans[3].id)
        stored.paused_from, stored.paused_until = date(2026, 11, 1), date(2026, 12, 1)
        desk.add(stored)
    assert (await next_of(slack, slack.collector)).title == "L-5"

    await slack.at("2026-11-25 15:00")
    await slack.command(slack.collector, "/loan-call L-5 refused")
    assert (await next_of(slack, slack.collector)).title == "L-2"


async def test_nobody_is_called_outside_the_hours_in_which_borrowers_may_be(slack: Slack, loans: list[Loan]) -> None:
    await slack.at("2026-11-25 22:30")
    modal = await next_of(slack, slack.collector)
    assert "Borrowers may be called again from Thu 26 Nov 08:00." in modal.text


async def test_next_call_in_chinese_and_only_for_those_who_make_calls(slack: Slack, loans: list[Loan]) -> None:
    await slack.in_chinese(slack.collector, slack.agent)
    card = await next_of(slack, slack.collector, "下一个")
    assert "L-1由您处理，至10:10。其他人会看到。" in card.text
    assert "优先原因： M2，46天 · 从未通上话" in card.text
    assert "<@UCOLLECTOR>处理中，至10:10" in (await slack.command(slack.agent, "/loan-due 逾期")).text
    assert "Next call" not in buttons((await slack.command(slack.compliance, "/loan-due arrears team")).message)


async def test_a_verifier_gets_what_is_due_and_then_what_papers_were_accepted_for(slack: Slack) -> None:
    tomorrow = date(2026, 11, 26)
    for n, (purpose, due_on) in enumerate(
        (("income", tomorrow), ("identity", tomorrow), ("employer", date(2026, 11, 25)))
    ):
        loan = await make_loan(slack.office, slack.workspace, f"V-{n}", owner=slack.agent, name=f"王V-{n}")
        await make_follow_up(slack.office, loan, slack.verifier, purpose=purpose, due_on=due_on)
    for act in ("bank, income", "got bank, income", "accept bank"):
        assert not (await slack.command(slack.agent, f"/loan-docs V-0 {act}")).error

    card = await next_of(slack, slack.verifier)
    assert card.title == "V-2"
    assert "Why now: employer check · due Wed 25 Nov" in card.text
    await slack.command(slack.verifier, "/loan-call V-2 employer confirmed")
    await slack.command(slack.verifier, "/loan-due verification")
    nobody = await next_of(slack, slack.verifier)
    assert "No check is ready" in nobody.text

    await slack.command(slack.agent, "/loan-docs V-0 accept income")
    ready = given((await slack.command(slack.verifier, "/loan-due week verification")).message)
    await slack.press(slack.verifier, ready, "Next call")
    card = slack.sandbox.modal_of("UVERIFIER")
    assert card.title == "V-0"
    assert "Why now: income check · its documents were accepted" in card.text
    await card.press("Check /1")
    assert (
        "月收入" in slack.sandbox.modal_of("UVERIFIER").text
        or "monthly income" in slack.sandbox.modal_of("UVERIFIER").text
    )


async def test_a_borrower_of_another_team_is_never_next(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    stranger = await make_member(slack.office, slack.workspace, "UWEST", roles="agent", team_id=west.id)
    loan = await make_loan(
        slack.office, slack.workspace, "W-1", owner=stranger, stage="disbursed", unpaid_since=OCTOBER
    )
    await make_follow_up(slack.office, loan, stranger, purpose="overdue")
    assert "Nobody in arrears waits" in (await next_of(slack, slack.collector)).text
