"""Times that are offered after a call and for a snooze, and the same purpose twice on a day. Now is Wednesday 10:00."""

from datetime import UTC, datetime

import pytest

from desk.core.errors import Invalid
from desk.handover.reassigning import hand_to_manager
from storage.tables import FollowUp, Loan
from tests.builders import make_loan
from tests.wire.noon_call import follow_up, loan, reminder
from tests.wire.office_day import Slack, buttons, shown
from tests.wire.test_dates_of_documents import planned

__all__ = ["loan"]


@pytest.fixture
async def unplanned(slack: Slack) -> Loan:
    """A-1 of the agent, with nothing planned."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")


TIMES = {
    "2026-11-25 10:00": ["Wed 25 Nov 12:00", "Thu 26 Nov 09:00", "Fri 27 Nov 10:00"],
    "2026-11-25 16:30": ["Thu 26 Nov 09:00", "Fri 27 Nov 16:30"],
    "2026-11-25 21:00": ["Thu 26 Nov 09:00", "Thu 26 Nov 11:00", "Mon 30 Nov 09:00"],
    "2026-11-27 10:10": ["Fri 27 Nov 12:10", "Mon 30 Nov 09:00", "Tue 1 Dec 10:10"],
    "2026-11-28 11:00": ["Mon 30 Nov 09:00", "Mon 30 Nov 11:00", "Tue 1 Dec 11:00"],
}


@pytest.mark.parametrize("now", TIMES)
async def test_after_a_call_three_times_are_offered_in_order_and_apart(slack: Slack, unplanned: Loan, now: str) -> None:
    await slack.at(now)
    reply = await slack.command(slack.agent, "/loan-call A-1 reached")
    offered = buttons(reply.message)
    assert offered[: offered.index("Nothing needed")] == [*TIMES[now], "Other time…"]


async def test_another_time_is_chosen_with_a_date_and_time_picker(slack: Slack, unplanned: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call A-1 reached")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Other time…")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("When", "2026-12-03 15:30")
    await form.submit()
    assert "Next: documents Thu 3 Dec 2026 15:30 (Shanghai time)" in form.text
    assert await planned(slack) == ["/1 documents 12-03 15:30"]


async def test_another_time_that_has_passed_is_refused_at_its_field(slack: Slack, unplanned: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-call A-1 已接通")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "其他时间…")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("时间", "2026-11-25 09:00")
    await form.submit()
    assert form.errors["时间"]
    assert await planned(slack) == []


async def test_a_finished_call_offers_the_same_times_and_another(slack: Slack, unplanned: Loan) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 today 3pm income")
    done = await slack.command(slack.agent, "/loan-follow A-1/1 done")
    assert done.message is not None
    assert buttons(done.message)[:5] == [*TIMES["2026-11-25 10:00"], "Other time…", "Nothing needed"]
    await slack.press(slack.agent, done.message, "Other time…")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("When", "2026-12-03 15:30")
    await form.fill("Purpose", "income")
    await form.submit()
    assert await planned(slack) == ["/2 income 12-03 15:30"]


async def test_a_snooze_of_a_quarter_of_an_hour(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    answer = shown(await slack.press(slack.agent, post, "In 15 minutes"))
    assert "12:15" in answer.text
    await slack.at("2026-11-25 12:15")
    assert len(slack.posts("CAGENT")) == 2


async def test_the_next_working_morning_on_a_message_of_last_week_is_that_after_the_press(
    slack: Slack, loan: Loan
) -> None:
    await slack.command(slack.agent, "/loan-follow L-1042/1 move fri 12:00")
    await slack.at("2026-11-27 12:00")
    [post] = slack.posts("CAGENT")
    assert "Next working morning" in buttons(post)
    await slack.at("2026-11-30 14:46")
    await slack.press(slack.agent, post, "Next working morning")
    assert (await row(slack)).snoozed_until == datetime(2026, 12, 1, 1, tzinfo=UTC)


async def test_a_snooze_until_another_time(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    await slack.press(slack.agent, post, "Other time…")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Remind again", "2026-11-25 14:40")
    await form.submit()
    assert "14:40" in form.text
    assert (await row(slack)).snoozed_until == datetime(2026, 11, 25, 6, 40, tzinfo=UTC)
    await slack.deliver()
    assert slack.texts("CAGENT")[0].endswith("Snoozed until Wed 25 Nov 14:40 · Agent, Wed 25 Nov 12:00")


async def test_a_snooze_is_for_two_weeks_at_most(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    await slack.press(slack.agent, post, "Other time…")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Remind again", "2026-12-09 12:01")
    await form.submit()
    assert "14 days at most" in form.errors["Remind again"]
    assert (await row(slack)).snoozes == 0
    await form.fill("Remind again", "2026-12-09 12:00")
    await form.submit()
    assert "Wed 9 Dec 2026 12:00" in form.text


async def row(slack: Slack) -> FollowUp:
    return await follow_up(slack)


async def test_a_snoozed_reminder_is_taken_up(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    all_buttons = buttons(post)
    await slack.press(slack.agent, post, "In 1 hour")
    await slack.deliver()
    [snoozed] = slack.posts("CAGENT")
    assert buttons(snoozed) == ["Take it up", "Log a call", "Open card", "Call"]

    answer = shown(await slack.press(slack.agent, snoozed, "Take it up"))
    assert "Undo" in buttons(answer)
    await slack.deliver()
    [again] = slack.posts("CAGENT")
    assert buttons(again) == all_buttons
    await slack.at("2026-11-25 13:00")
    assert len(slack.posts("CAGENT")) == 1
    answer = shown(await slack.press(slack.agent, again, "confirmed"))
    assert "done" in answer.text


async def test_a_snooze_that_has_ended_cannot_be_taken_up(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    answer = shown(await slack.press(slack.agent, post, "In 1 hour"))
    await slack.at("2026-11-25 13:00")
    assert shown(await slack.press(slack.agent, answer, "Take it up")).text == "It isn't snoozed any more."


async def test_taking_up_is_undone_and_escalates_in_time(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    answer = shown(await slack.press(slack.agent, post, "In 1 hour"))
    taken = shown(await slack.press(slack.agent, answer, "Take it up"))
    assert (await row(slack)).escalate_at == datetime(2026, 11, 25, 8, tzinfo=UTC)
    await slack.press(slack.agent, taken, "Undo")
    await slack.at("2026-11-25 13:00")
    assert len(slack.posts("CAGENT")) == 2


async def test_a_plan_says_what_else_is_open(slack: Slack, unplanned: Loan) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 income")
    reply = await slack.command(slack.agent, "/loan-follow A-1 tomorrow 3pm documents")
    assert "Also planned on this loan:\n• /1 income check · Fri 27 Nov 10:00 · <@UAGENT>" in reply.text


@pytest.mark.parametrize("again", ["fri 3pm income", "@other fri income bring both payslips"])
async def test_the_same_purpose_on_the_same_day_is_asked_about(slack: Slack, unplanned: Loan, again: str) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 income")
    asked = await slack.command(slack.agent, f"/loan-follow A-1 {again}")
    assert "/1 income check · Fri 27 Nov 10:00" in asked.text
    assert buttons(asked.message) == ["Plan another"]
    assert await planned(slack) == ["/1 income 11-27 10:00"]

    assert asked.message is not None
    answer = shown(await slack.press(slack.agent, asked.message, "Plan another"))
    assert "Next: income check Fri 27 Nov 2026" in answer.text
    assert len(await planned(slack)) == 2
    assert ("bring both payslips" in answer.text) is ("payslips" in again)


@pytest.mark.parametrize("other", ["sat 10:00 income", "fri 10:00 documents"])
async def test_another_day_or_purpose_is_planned_without_a_question(slack: Slack, unplanned: Loan, other: str) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 income")
    await slack.command(slack.agent, f"/loan-follow A-1 {other}")
    assert len(await planned(slack)) == 2


async def test_the_form_asks_too(slack: Slack, unplanned: Loan) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 income")
    form = await slack.form(slack.agent, "/loan-follow")
    await form.fill("Loan", "A-1", typed="5678")
    await form.fill("When", "fri 11:00")
    await form.fill("Purpose", "income")
    await form.submit()
    assert "already planned for that day" in form.text
    await form.press("Plan another")
    assert len(await planned(slack)) == 2


async def test_who_covers_is_not_offered_to_hand_over_to_the_manager(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await slack.at("2026-11-25 12:00")
    [post] = slack.posts(slack.other)
    assert "Log a call" in buttons(post)
    assert "Hand over to the manager" not in buttons(post)


async def test_a_manager_who_acts_for_an_absent_member_is_not_offered_to_hand_over(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent until fri")
    await slack.at("2026-11-25 12:00")
    [post] = slack.posts(slack.manager)
    assert "Log a call" in buttons(post)
    assert "Hand over to the manager" not in buttons(post)


async def test_an_earlier_button_hands_nothing_over_to_who_acts_already(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent until fri")
    shown_before = await row(slack)
    with pytest.raises(Invalid) as refused:
        async with slack.office.desk(slack.workspace, slack.manager) as desk:
            await hand_to_manager(desk, shown_before.id, shown_before.version)
    assert (refused.value.code, refused.value.params["who"]) == ("acts_already", "UAGENT")
