"""All calls of a member's day, moved to other days without handing them over: previewed, told once, undone.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

from datetime import date, datetime, timedelta

import pytest

from desk.handover import day_moves
from sandbox.modals import Modal
from storage.tables import Appointment, CollectionStep, FollowUp
from tests.builders import SHANGHAI, make_call, make_follow_up, make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack
from tests.wire.test_contact_rules import choose


async def day_of_calls(slack: Slack) -> None:
    """Three calls of today without a time, one that a rule timed, one that the borrower asked for, one of tomorrow."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="王小明")
    agreed = datetime(2026, 11, 25, 15, 0, tzinfo=SHANGHAI)
    for number in (1, 2, 3):
        await make_follow_up(slack.office, loan, slack.agent, number=number, due_on=date(2026, 11, 25))
    timed = {"due_at": agreed - timedelta(hours=2), "rule": "inquiry"}
    await make_follow_up(slack.office, loan, slack.agent, number=4, **timed)
    await make_follow_up(slack.office, loan, slack.agent, number=5, due_at=agreed)
    await make_follow_up(slack.office, loan, slack.agent, number=6, due_on=date(2026, 11, 26))
    await make_follow_up(slack.office, loan, slack.other, number=7, due_on=date(2026, 11, 25))


async def form_of(slack: Slack, label: str = "Move a member's calls", **fields: str) -> Modal:
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press(label)
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Whose calls" if label.startswith("Move") else "谁的跟进", "UAGENT")
    await fill(form, fields)
    await form.submit()
    return form


async def days(slack: Slack) -> list[str]:
    rows = sorted(await slack.rows(FollowUp), key=lambda row: row.number)
    return [f"{row.due_on:%d}" + (f" {row.due_at.astimezone(SHANGHAI):%H:%M}" if row.due_at else "") for row in rows]


BEFORE = ["25", "25", "25", "25 13:00", "25 15:00", "26", "25"]


async def test_they_are_spread_over_the_next_days_and_agreed_times_stay(slack: Slack) -> None:
    await day_of_calls(slack)
    form = await form_of(slack)
    assert "Of <@UAGENT>: 4 calls would be moved." in form.text
    assert "1 call stays where it is." in form.text
    assert "A-1/5" in form.text
    assert "agreed with the borrower" in form.text
    assert await days(slack) == BEFORE
    await form.press("Move now")
    assert "4 calls moved." in form.text
    moved = await days(slack)
    assert moved[:4] == ["30", "26", "27", "27 13:00"]
    assert moved[4:] == BEFORE[4:]
    await slack.deliver()
    told = [text for text in slack.texts(slack.agent) if "has moved" in text]
    assert len(told) == 1
    assert "Agent: Manager has moved 4 calls of yours." in told[0]
    await form.press("Undo")
    assert await days(slack) == BEFORE
    await slack.deliver()
    assert any("This was undone." in text for text in slack.texts(slack.agent))


async def test_to_one_day_and_only_of_some_hours(slack: Slack) -> None:
    await day_of_calls(slack)
    form = await form_of(slack, Only_from="12:00", Only_until="14:00", To_this_day="2026-12-01")
    assert "1 call would be moved." in form.text
    await form.press("Move now")
    assert await days(slack) == [*BEFORE[:3], "01 13:00", *BEFORE[4:]]


async def test_a_preview_that_is_no_longer_true_is_shown_again(slack: Slack) -> None:
    await day_of_calls(slack)
    form = await form_of(slack)
    await slack.command(slack.agent, "/loan-follow A-1/1 done")
    await form.press("Move now")
    assert "This changed while you were looking." in form.text
    assert "3 calls would be moved." in form.text


async def test_what_cannot_be_is_refused_beside_its_field(slack: Slack) -> None:
    await day_of_calls(slack)
    assert "is not after" in (await form_of(slack, To_this_day="2026-11-25")).errors["To this day"]
    assert "has passed" in (await form_of(slack, Of_which_day="2026-11-24")).errors["Of which day"]
    assert "a later end" in (await form_of(slack, Only_from="15:00")).errors["Only until"]
    await slack.command(slack.manager, "/loan-team away <@UAGENT> from nov 30 until dec 4")
    assert "is away on" in (await form_of(slack, To_this_day="2026-12-01")).errors["To this day"]
    assert await days(slack) == BEFORE


async def test_of_too_many_calls_the_first_are_moved_or_stay(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_moves, "MOST", 2)
    await day_of_calls(slack)
    form = await form_of(slack)
    assert "1 call would be moved." in form.text
    assert "1 call stays where it is." in form.text


async def test_in_chinese_from_the_answer_to_an_absence(slack: Slack) -> None:
    await day_of_calls(slack)
    await slack.in_chinese(slack.manager)
    reply = await slack.command(slack.manager, "/loan-team 请假 <@UAGENT> 到今天")
    assert reply.message is not None
    await slack.press(slack.manager, reply.message, "批量改期")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.submit()
    assert "<@UAGENT>：将改期 4 个跟进。" in form.text
    await form.press("确认改期")
    assert "已改期 4 个跟进" in form.text


async def test_appointments_and_steps_of_that_day_are_named_and_stay(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "B-1", owner=slack.agent, stage="disbursed")
    async with slack.office.database.transaction() as session:
        about = {"workspace_id": slack.workspace.id, "loan_id": loan.id, "by_id": slack.agent.id}
        at = datetime(2026, 11, 25, 16, 0, tzinfo=SHANGHAI)
        who = {"member_id": slack.agent.id, "made_at": slack.clock.now()}
        session.add(Appointment(kind="pickup", at=at, minutes=60, state="planned", **about, **who))
        step = {"kind": "visit", "state": "planned", "assignee_id": slack.agent.id, "at": slack.clock.now()}
        session.add(CollectionStep(day=date(2026, 11, 25), **step, **about))
    form = await form_of(slack)
    assert "There is nothing to move." in form.text
    assert "Also planned that day, and not moved" in form.text
    await day_of_calls(slack)
    await slack.in_chinese(slack.manager)
    form = await form_of(slack, "批量改期")
    await form.press("确认改期")
    assert "当天另有以下安排，不随之改期" in form.text
    assert "提车 · 11月25日 周三 16:00" in form.text
    assert "上门" in form.text
    (appointment,) = await slack.rows(Appointment)
    assert appointment.at.astimezone(SHANGHAI).hour == 16


async def test_no_call_goes_to_a_day_on_which_contact_rules_refuse_it(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, phone="+12133734253")
    free = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, phone="+12133734254")
    await choose(slack, "US-REGF", You_call="outside")
    await make_call(slack.office, loan, slack.agent)  # a conversation: no call for seven days
    for each in (loan, free):
        await make_follow_up(slack.office, each, slack.agent, due_on=date(2026, 11, 25))
    form = await form_of(slack)
    assert "1 call would be moved." in form.text
    assert "A-1/1" in form.text
    assert "contact rules allow no call on those days" in form.text
    await form.press("Move now")
    assert {row.loan_id: row.due_on.day for row in await slack.rows(FollowUp)}[loan.id] == 25
    form = await form_of(slack, To_this_day="2026-12-04")
    assert "1 call would be moved." in form.text
    await form.press("Move now")
    assert {row.loan_id: row.due_on for row in await slack.rows(FollowUp)}[loan.id] == date(2026, 12, 4)
