"""Appointments go with their loan, or with all that a member had, to who attends them now; a clash is named.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

from functools import partial

import pytest

from storage.tables import Appointment, Loan
from tests.builders import make_loan
from tests.imports import bring_rows
from tests.wire.appointments import appointment, approved_loan, booked, booking
from tests.wire.office_day import Slack, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await approved_loan(slack)


async def test_a_new_owner_attends_what_the_old_one_was_to_attend(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00")
    await slack.command(slack.manager, "/loan-reassign A-1 <@UOTHER>")
    assert (await appointment(slack)).member_id == slack.other.id
    await slack.at("2026-11-27 14:00")
    assert any("signing, Fri 27 Nov 15:00" in text for text in slack.texts(slack.other))


@pytest.mark.parametrize("way", ["removed", "command", "form"])
async def test_who_takes_over_all_attends_on_loans_of_others_too(slack: Slack, loan: Loan, way: str) -> None:
    await booked(slack, "10:30", **{"Who attends": "UOTHER"})
    await slack.later(minutes=1)
    assert "signing" in slack.texts(slack.other)[-1]
    if way == "removed":
        reply = await slack.command(slack.manager, "/loan-team remove @Other to @Collector")
        undo = partial(slack.press, slack.manager, given(reply.message), "Undo")
    elif way == "command":
        await make_loan(slack.office, slack.workspace, "B-1", owner=slack.other)
        preview = await slack.command(slack.manager, "/loan-reassign @Other @Collector")
        answer = shown(await slack.press(slack.manager, given(preview.message), "Reassign now"))
        undo = partial(slack.press, slack.manager, answer, "Undo")
    else:
        await make_loan(slack.office, slack.workspace, "B-1", owner=slack.other)
        form = await slack.form(slack.manager, "/loan-reassign")
        await form.fill("Reassign from", "UOTHER")
        await form.fill("Reassign to", "UCOLLECTOR")
        await form.submit()
        await form.press("Reassign now")
        undo = partial(form.press, "Undo")
    assert (await appointment(slack)).member_id == slack.collector.id
    await slack.later(minutes=1)
    assert "<@UCOLLECTOR>: signing, Wed 25 Nov 10:30" in slack.texts(slack.collector)[-1]
    await undo()
    assert (await appointment(slack)).member_id == slack.other.id


async def test_an_owner_whom_the_lenders_file_names_attends_it_too(slack: Slack) -> None:
    row = "A-1,王小明,13800135678,approved,"
    await bring_rows(slack.office, slack.workspace, f"{row}UAGENT")
    await booked(slack, "fri 15:00")
    await bring_rows(slack.office, slack.workspace, f"{row}UOTHER")
    assert (await appointment(slack)).member_id == slack.other.id


async def test_a_member_who_is_not_free_then_is_named_before_they_get_it_with_free_times(
    slack: Slack, loan: Loan
) -> None:
    await make_loan(slack.office, slack.workspace, "B-1", owner=slack.other, stage="approved")
    await booked(slack, "fri 15:00")
    form = await booking(slack, slack.other, "B-1")
    await form.fill("What for", "pickup")
    await form.fill("When", "fri 15:30")
    await form.submit()
    asked = given((await slack.command(slack.manager, "/loan-reassign A-1 <@UOTHER> on leave")).message)
    assert "<@UOTHER> has an appointment on B-1 then: signing, A-1, Fri 27 Nov 15:00." in asked.text
    assert "Free: Thu 26 Nov 10:00, Thu 26 Nov 14:00, Thu 26 Nov 16:00" in asked.text
    rows = {row.kind: row.member_id for row in await slack.rows(Appointment)}
    assert rows["signing"] == slack.agent.id
    await slack.press(slack.manager, asked, "Move A-1")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("When", "thu 14:00")
    await form.submit()
    again = shown(await slack.press(slack.manager, asked, "Reassign now"))
    assert "has an appointment on B-1 then" not in again.text
    assert "Reassigned:" in shown(await slack.press(slack.manager, again, "Reassign now")).text
    rows = {row.kind: row.member_id for row in await slack.rows(Appointment)}
    assert rows["signing"] == slack.other.id


async def test_who_has_only_an_appointment_hands_it_over_in_each_way_and_hears_of_a_clash(
    slack: Slack, loan: Loan
) -> None:
    await slack.in_chinese(slack.manager)
    await make_loan(slack.office, slack.workspace, "B-1", owner=slack.agent, stage="approved")
    await booked(slack, "fri 15:00", **{"Who attends": "UOTHER"})
    form = await booking(slack, number="B-1")
    await form.fill("What for", "pickup")
    await form.fill("When", "fri 15:00")
    await form.fill("Who attends", "UCOLLECTOR")
    await form.submit()
    preview = given((await slack.command(slack.manager, "/loan-reassign @Other @Collector")).message)
    assert "1 个预约" in preview.text
    assert "<@UCOLLECTOR> 届时在 B-1 另有预约：签约，A-1，11月27日 周五 15:00。" in preview.text
    form = await slack.form(slack.manager, "/loan-reassign")
    await form.fill("移交谁的贷款", "UOTHER")
    await form.fill("交给谁", "UCOLLECTOR")
    await form.submit()
    assert "届时在 B-1 另有预约" in form.text
    await form.press("确认移交")
    rows = {row.kind: row.member_id for row in await slack.rows(Appointment)}
    assert rows["signing"] == slack.collector.id


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "<@UCOLLECTOR> has an appointment on B-1 then: signing, A-1, Fri 27 Nov 15:00."),
        ("zh-CN", "<@UCOLLECTOR> 届时在 B-1 另有预约：签约，A-1，11月27日 周五 15:00。"),
    ],
)
async def test_who_removes_a_member_is_told_which_of_their_appointments_clash(
    slack: Slack, loan: Loan, language: str, said: str
) -> None:
    await make_loan(slack.office, slack.workspace, "B-1", owner=slack.collector, stage="approved")
    await booked(slack, "fri 15:00", **{"Who attends": "UOTHER"})
    form = await booking(slack, slack.collector, "B-1")
    await form.fill("What for", "pickup")
    await form.fill("When", "fri 15:00")
    await form.submit()
    await slack.change(slack.manager, locale=language)
    answer = given((await slack.command(slack.manager, "/loan-team remove @Other @Collector")).message)
    assert said in answer.text
