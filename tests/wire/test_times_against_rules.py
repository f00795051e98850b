"""A call planned by hand for a time at which a contact rule refuses it. Now is Wednesday 25 November 2026, 10:00."""

from datetime import datetime

from sandbox.modals import Modal
from storage.tables import Appointment, AuditEntry, Call, ContactConsent, FollowUp
from tests.builders import SHANGHAI, make_call, make_follow_up, make_loan
from tests.wire.office_day import Slack, given, shown
from tests.wire.test_contact_rules import choose, line

NIGHT = "recommended standard · GB/T 45251-2025"


async def dues(slack: Slack) -> list[datetime | None]:
    """Return when the open calls are due."""
    return [row.due_at for row in await slack.rows(FollowUp) if row.state == "open"]


async def test_a_time_that_a_rule_refuses_is_refused_with_the_rule_and_the_next_allowed_minute(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    morning = datetime(2026, 11, 27, 9, tzinfo=SHANGHAI)
    refused = await slack.command(slack.agent, "/loan-follow A-1 tomorrow 22:30 repayment: asked about tomorrow 22:30")
    assert "A-1: no call may be planned for Thu 26 Nov 22:30, because of a contact rule." in refused.text
    assert NIGHT in refused.text
    assert "Next allowed: Fri 27 Nov 2026 09:00" in refused.text
    assert await dues(slack) == []
    answer = await slack.press(slack.agent, given(refused.message), "Fri 27 Nov 09:00")
    assert "asked about tomorrow 22:30" in str(answer)
    assert await dues(slack) == [morning]
    refused = await slack.command(slack.agent, "/loan-follow A-1/1 move tomorrow 23:00")
    assert "no call may be planned for Thu 26 Nov 23:00" in refused.text
    await slack.press(slack.agent, given(refused.message), "Fri 27 Nov 09:00")
    assert await dues(slack) == [morning]


async def test_the_refusal_of_a_time_speaks_chinese(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    await slack.in_chinese(slack.agent)
    refused = await slack.command(slack.agent, "/loan-follow A-1 明天22:30 还款提醒")
    assert "按联系规则，11月26日 周四 22:30 不能安排电话" in refused.text
    assert "最早可安排在：2026年11月27日" in refused.text


async def test_a_next_call_is_refused_unless_the_borrower_asked_for_its_time(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    refused = await slack.command(slack.agent, "/loan-call A-1 reached asks for the rate next tomorrow 22:30")
    assert NIGHT in refused.text
    assert await slack.rows(Call) == []
    await slack.press(slack.agent, given(refused.message), "Fri 27 Nov 09:00")
    assert len(await slack.rows(Call)) == 1
    assert await slack.rows(ContactConsent) == []
    slack.clock.advance(minutes=5)
    kept = await slack.command(slack.agent, "/loan-call A-1 call back next tomorrow 22:30")
    assert "Careful: borrowers may not be called at that time." in kept.text
    assert {row.kind for row in await slack.rows(ContactConsent)} == {"hours", "calls"}


async def test_a_date_is_refused_only_if_no_minute_of_its_work_is_allowed(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    for _ in range(3):
        await make_call(slack.office, loan, slack.agent)
    refused = await slack.command(slack.agent, "/loan-follow A-1 today decision")
    assert "no call may be planned for Wed 25 Nov 2026" in refused.text
    assert "Next allowed: Thu 26 Nov 2026." in refused.text
    reply = await slack.command(slack.agent, "/loan-follow A-1 tomorrow decision")
    assert "Careful" not in reply.text
    assert len(await dues(slack)) == 1


async def test_a_rule_that_warns_keeps_the_time(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "UK")
    reply = await slack.command(slack.agent, "/loan-follow A-1 tomorrow 21:30 decision")
    assert "Careful: borrowers may not be called at that time." in reply.text
    assert len(await dues(slack)) == 1


async def test_a_form_is_refused_beside_its_field_and_offers_the_allowed_minute(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    form = await slack.form(slack.agent, "/loan-follow")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("When", "tomorrow 22:30")
    await form.submit()
    assert "because of a contact rule" in str(form.errors)
    await form.press("Fri 27 Nov 09:00")
    await form.submit()
    assert await dues(slack) == [datetime(2026, 11, 27, 9, tzinfo=SHANGHAI)]


async def test_a_snooze_until_a_refused_time_is_refused(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    due = datetime(2026, 11, 25, 21, 40, tzinfo=SHANGHAI)
    await make_follow_up(slack.office, loan, slack.agent, due_at=due, remind_at=due)
    await choose(slack, "CN")
    await slack.at("2026-11-25 21:40")
    refused = await slack.press(slack.agent, slack.posts(slack.agent)[-1], "In 1 hour")
    assert "no call may be planned for Wed 25 Nov 22:40" in shown(refused).text


async def test_an_appointment_is_kept_and_warned_of_when_it_is_booked_and_moved(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved")
    await choose(slack, "CN")
    form = await slack.in_card(slack.agent, "Open", "Book an appointment")
    await form.fill("What for", "signing")
    await form.fill("When", "fri 22:30")
    await form.submit()
    assert "Careful: contact rules speak against that time. It is kept." in form.text
    assert NIGHT in form.text
    await slack.in_chinese(slack.agent)
    await form.press("Move it")
    moving = slack.sandbox.modal_of("UAGENT")
    await moving.fill("时间", "周五23:00")
    await moving.submit()
    assert "请注意：该时间不符合联系规则，预约已保留。" in moving.text
    (row,) = await slack.rows(Appointment)
    assert row.at == datetime(2026, 11, 27, 23, tzinfo=SHANGHAI)


async def test_a_conversation_counts_for_the_next_call_that_it_leads_to(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, phone="+12125550123")
    await choose(slack, "US-REGF", You_call="outside")
    refused = await slack.command(slack.agent, "/loan-call A-1 reached next tomorrow 21:30")
    assert "no call within 7 days after a conversation about the debt" in refused.text
    assert "Next allowed: Wed 2 Dec 2026" in refused.text
    await slack.command(slack.agent, "/loan-call A-1 call back next tomorrow 21:30")
    await slack.at("2026-11-26 21:30")
    assert (await line(slack)).startswith("May be called now")


async def test_the_form_of_a_snooze_offers_the_allowed_minute_too(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    due = datetime(2026, 11, 25, 12, tzinfo=SHANGHAI)
    await make_follow_up(slack.office, loan, slack.agent, due_at=due, remind_at=due)
    await choose(slack, "CN")
    await slack.at("2026-11-25 12:00")
    await slack.press(slack.agent, slack.posts(slack.agent)[-1], "Other time…")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Remind again", "2026-11-26 22:30")
    await form.submit()
    assert "because of a contact rule" in str(form.errors)
    await form.press("Fri 27 Nov 09:00")
    await form.submit()
    assert "you'll be reminded again Fri 27 Nov 2026 09:00" in form.text


async def allow(slack: Slack, when: str, reason: str = "He works nights") -> Modal:
    page = shown(await slack.press(slack.manager, await slack.card(slack.manager), "Contact rules"))
    await slack.press(slack.manager, page, "Allow a time")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("When", when)
    await form.fill("Reason for the call", reason)
    await form.submit()
    return form


async def test_a_manager_allows_a_refused_time_and_it_is_planned_and_called_at(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    refused = await slack.command(slack.agent, "/loan-follow A-1 tomorrow 22:30 decision")
    assert "Allow a time" not in refused.text
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    assert "Allow a time" not in str(page.blocks)
    refused = await slack.command(slack.manager, "/loan-follow A-1 tomorrow 22:30 decision")
    assert "As a manager you can allow that time: Contact rules on the card, Allow a time." in refused.text

    form = await allow(slack, "tomorrow 22:30")
    assert "A-1: a call at Thu 26 Nov 22:30 is allowed, although:" in form.text
    await slack.command(slack.agent, "/loan-follow A-1 tomorrow 22:30 decision")
    assert await dues(slack) == [datetime(2026, 11, 26, 22, 30, tzinfo=SHANGHAI)]
    assert "no call may be planned" in (await slack.command(slack.agent, "/loan-follow A-1 fri 22:30 id")).text
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline")).text
    assert "call at Thu 26 Nov 22:30 allowed by a manager, although:" in timeline
    assert "He works nights" in timeline

    for at, is_shown in (("2026-11-25 22:30", False), ("2026-11-26 22:45", True), ("2026-11-26 23:31", False)):
        await slack.at(at)
        number = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call")).text
        assert ("138 0013 5678" in number) is is_shown, at


async def test_a_bar_of_the_borrower_or_what_no_rule_refuses_is_not_allowed(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    assert "No contact rule refuses a call on A-1 then" in str((await allow(slack, "tomorrow 10:00")).errors)
    assert "Give a time of day too" in str((await allow(slack, "tomorrow")).errors)
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    form = await allow(slack, "tomorrow 22:30")
    assert "No manager can override this on A-1" in str(form.errors) + form.text


async def test_a_manager_takes_an_allowed_time_back(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    form = await allow(slack, "tomorrow 22:30")
    await form.press("Undo")
    assert "no call may be planned" in (await slack.command(slack.agent, "/loan-follow A-1 tomorrow 22:30 id")).text
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline")).text
    assert "allowed by a manager" not in timeline
    await slack.sandbox.open_home("UCOMPLIANCE")
    assert "A-1 · Manager · He works nights · taken back" in slack.sandbox.home_of("UCOMPLIANCE").text
    acts = [entry.act for entry in await slack.rows(AuditEntry)]
    assert {"override_contact", "undo"} <= set(acts)
    await slack.in_chinese(slack.manager)
    page = shown(await slack.press(slack.manager, await slack.card(slack.manager), "联系规则"))
    await slack.press(slack.manager, page, "放行时间")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("时间", "明天22:30")
    await form.fill("致电理由", "夜班")
    await form.submit()
    await form.press("撤销")
    assert "已撤销 A-1 的联系时间放行" in form.text
