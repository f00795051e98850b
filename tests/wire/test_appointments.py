"""Appointments: booked in a form at a free time, confirmed by a call the day before, reminded of, moved, kept or missed.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

import re
from functools import partial

import pytest
from sqlmodel import col, select

from sandbox.modals import Modal
from sandbox.model import Message
from storage.tables import Appointment, FollowUp, Loan, Member
from tests.builders import make_loan
from tests.imports import bring_rows
from tests.wire.office_day import Slack, buttons, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="王小明")


async def booking(slack: Slack, who: Member | None = None, number: str = "A-1") -> Modal:
    return await slack.in_card(who or slack.agent, "Open", "Book an appointment", number=number)


async def booked(slack: Slack, when: str = "fri 15:00", kind: str = "signing", **fields: str) -> Modal:
    form = await booking(slack)
    await form.fill("What for", kind)
    await form.fill("When", when)
    for label, value in fields.items():
        await form.fill(label, value)
    await form.submit()
    return form


def offered(form: Modal) -> list[str]:
    """Return the times that the form offers."""
    return re.findall(r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2} \d\d:\d\d", form.text)


async def calls(slack: Slack) -> list[tuple[str, str, str]]:
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return [(row.purpose, row.due_on.isoformat(), row.state) for row in rows]


async def appointment(slack: Slack) -> Appointment:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Appointment))).one()


async def test_a_call_the_working_day_before_confirms_it(slack: Slack, loan: Loan) -> None:
    form = await booked(slack, "mon 10:00", Place="Room 3, 12 Zhongshan Road")
    assert "signing · Mon 30 Nov 10:00 · not confirmed yet" in form.text
    assert "A call confirms it: Fri 27 Nov 2026." in form.text
    assert await calls(slack) == [("signing", "2026-11-27", "open")]
    assert "Room 3, 12 Zhongshan Road" in (await slack.command(slack.agent, "/loan A-1")).text


async def test_the_form_offers_only_free_times_of_working_days(slack: Slack, loan: Loan) -> None:
    form = await booking(slack)
    assert "Thu 26 Nov 10:00" in form.text
    await booked(slack, "2026-11-26 10:30")
    other = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    form = await booking(slack, number=other.number)
    assert "Thu 26 Nov 10:00" not in form.text
    assert "Thu 26 Nov 14:00" in form.text
    await form.fill("What for", "pickup")
    await form.fill("When", "2026-11-26 11:00")
    await form.submit()
    assert "has another appointment then" in form.errors["When"]
    await form.press("Thu 26 Nov 14:00")
    await form.submit()
    assert "pickup · Thu 26 Nov 14:00" in form.text


async def test_the_times_offered_are_those_of_who_attends_for_as_long_as_it_takes(slack: Slack, loan: Loan) -> None:
    await booked(slack, "2026-11-26 17:00", **{"Who attends": "UOTHER"})
    await slack.command(slack.manager, "/loan-team away @other from 2026-11-27 until 2026-11-30")
    await slack.command(slack.manager, "/loan-team calendar 2026-12-01 off")
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    form = await booking(slack, number="A-2")
    assert offered(form) == ["Thu 26 Nov 10:00", "Thu 26 Nov 14:00", "Thu 26 Nov 16:00", "Fri 27 Nov 10:00"]
    await form.fill("Who attends", "UOTHER")
    assert offered(form) == ["Thu 26 Nov 10:00", "Thu 26 Nov 14:00", "Thu 26 Nov 16:00", "Wed 2 Dec 10:00"]
    await form.fill("How long", "120")
    assert offered(form) == ["Thu 26 Nov 10:00", "Thu 26 Nov 14:00", "Wed 2 Dec 10:00", "Wed 2 Dec 14:00"]
    await form.press("Wed 2 Dec 10:00")
    await form.fill("What for", "pickup")
    await form.submit()
    assert "pickup · Wed 2 Dec 10:00" in form.text
    assert (await slack.rows(Appointment))[-1].minutes == 120


async def test_for_a_person_who_is_no_member_no_times_are_offered(slack: Slack, loan: Loan) -> None:
    form = await booking(slack)
    await form.fill("Who attends", "USTRANGER")
    assert offered(form) == []
    await form.fill("What for", "signing")
    await form.fill("When", "fri 15:00")
    await form.submit()
    assert [*form.errors] == ["Who attends"]


async def test_a_day_on_which_its_member_is_away_is_booked_and_pointed_out(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent from fri until 2026-11-30")
    assert "<@UAGENT> does not work then" in (await booked(slack, "fri 15:00")).text


async def test_a_date_without_a_time_and_a_link_that_is_none_are_refused_beside_their_fields(
    slack: Slack, loan: Loan
) -> None:
    form = await booking(slack)
    await form.fill("What for", "interview")
    await form.fill("When", "fri")
    await form.submit()
    assert "needs a time of day" in form.errors["When"]
    await form.fill("When", "fri 15:00")
    await form.fill("Link to the video call", "meet me")
    await form.submit()
    assert "begins with https://" in form.errors["Link to the video call"]
    assert await calls(slack) == []


async def test_outside_working_hours_it_is_booked_and_says_so(slack: Slack, loan: Loan) -> None:
    assert "does not work then" in (await booked(slack, "sat 10:00")).text


async def test_its_member_is_reminded_an_hour_before_without_its_place(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00", Place="Room 3")
    await slack.at("2026-11-27 13:59")
    assert not any("signing, Fri 27 Nov 15:00" in text for text in slack.texts(slack.agent))
    await slack.at("2026-11-27 14:00")
    (reminder,) = [post for post in slack.posts(slack.agent) if "signing, Fri 27 Nov 15:00" in post.text]
    assert "王*" in reminder.text
    assert "Room 3" not in reminder.text
    await slack.at("2026-11-27 16:10")
    kept = shown(await slack.press(slack.agent, reminder, "Took place"))
    assert "Change the stage" in buttons(kept)
    await slack.deliver()
    (reminder,) = [post for post in slack.posts(slack.agent) if "signing, Fri 27 Nov 15:00" in post.text]
    assert "took place" in reminder.text
    assert "Missed" not in buttons(reminder)


async def test_a_move_moves_its_call_and_it_is_to_be_confirmed_again(slack: Slack, loan: Loan) -> None:
    form = await booked(slack, "fri 15:00")
    await form.press("Confirmed")
    assert "the borrower has confirmed it" in (await slack.command(slack.agent, "/loan A-1")).text
    assert await calls(slack) == [("signing", "2026-11-26", "done")]
    await form.press("Move it")
    move = slack.sandbox.modal_of("UAGENT")
    await move.fill("When", "2026-12-03 10:00")
    await move.submit()
    assert "Moved from Fri 27 Nov 15:00." in move.text
    assert await calls(slack) == [("signing", "2026-11-26", "done"), ("signing", "2026-12-02", "open")]
    assert (await appointment(slack)).state == "planned"
    await move.press("Undo")
    assert (await appointment(slack)).state == "confirmed"
    assert [state for *_, state in await calls(slack)] == ["done", "undone"]


async def test_a_reminder_of_an_appointment_that_was_moved_shows_its_new_time(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00")
    await slack.at("2026-11-27 14:00")
    (reminder,) = [post for post in slack.posts(slack.agent) if "signing, Fri 27 Nov 15:00" in post.text]
    await slack.press(slack.agent, reminder, "Move it")
    move = slack.sandbox.modal_of("UAGENT")
    await move.fill("When", "2026-12-03 10:00")
    await move.submit()
    await slack.deliver()
    assert not any("signing, Fri 27 Nov 15:00" in text for text in slack.texts(slack.agent))
    await slack.at("2026-12-03 09:00")
    assert sum("signing, Thu 3 Dec 10:00" in text for text in slack.texts(slack.agent)) == 2


async def test_who_attends_hears_what_others_do_to_it_and_nothing_of_their_own(slack: Slack, loan: Loan) -> None:
    def told(words: str) -> list[Message]:
        return [post for post in slack.posts(slack.agent) if words in post.text]

    form = await booking(slack, slack.manager)
    for label, value in {
        "What for": "signing",
        "When": "fri 15:00",
        "Who attends": "UAGENT",
        "Place": "Room 3",
    }.items():
        await form.fill(label, value)
    await form.submit()
    await slack.deliver()
    (booked_for,) = told("<@UAGENT>: Manager booked an appointment for you: signing, Fri 27 Nov 15:00.")
    assert "王*" in booked_for.text
    assert "Room 3" not in booked_for.text
    await slack.in_chinese(slack.agent)
    await form.press("Move it")
    move = slack.sandbox.modal_of("UMANAGER")
    await move.fill("When", "2026-12-03 10:00")
    await move.submit()
    await slack.deliver()
    (moved,) = told("<@UAGENT>：Manager 将您的预约改期：签约，12月3日 周四 10:00。")
    assert told("Manager 为您安排了预约：签约，12月3日 周四 10:00")  # the earlier message shows the new time
    await slack.press(slack.agent, moved, "改期")
    own = slack.sandbox.modal_of("UAGENT")
    await own.fill("时间", "2026-12-03 11:00")
    await own.submit()
    await slack.deliver()
    assert len(told("改期：")) == 1
    await slack.in_card(slack.manager, "Open", "Cancel it")
    await slack.deliver()
    (cancelled,) = told("Manager 取消了您的预约：签约，12月3日 周四 11:00。")
    assert "取消预约" not in buttons(cancelled)


async def test_each_move_is_told_also_one_to_a_time_of_before(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00", "pickup", **{"Who attends": "UOTHER"})
    await slack.deliver()
    for when in ("mon 11:00", "fri 15:00", "mon 11:00"):
        slack.clock.advance(minutes=5)
        form = await slack.in_card(slack.agent, "Open", "Move it")
        await form.fill("When", when)
        await form.submit()
        await slack.deliver()
    told = [post.text.splitlines()[0] for post in slack.posts(slack.other)]
    assert told == [
        f"<@UOTHER>: Agent {act}: pickup, Mon 30 Nov 11:00."
        for act in ("booked an appointment for you", *(["moved your appointment"] * 3))
    ]


async def test_who_attends_hears_that_a_loan_ended_and_nothing_of_what_was_undone_before(
    slack: Slack, loan: Loan
) -> None:
    form = await booking(slack, slack.manager)
    for label, value in {"What for": "pickup", "When": "fri 15:00", "Who attends": "UOTHER"}.items():
        await form.fill(label, value)
    await form.submit()
    await form.press("Undo")
    await slack.deliver()
    assert slack.posts(slack.other) == []
    await booked(slack, "fri 15:00", "pickup", **{"Who attends": "UOTHER"})
    await slack.deliver()
    await slack.command(slack.agent, "/loan-stage A-1 withdrawn")
    await slack.deliver()
    assert any("<@UOTHER>: Agent cancelled your appointment: pickup" in text for text in slack.texts(slack.other))


async def test_those_of_the_day_are_in_the_digest_and_on_the_home_of_who_attends(slack: Slack, loan: Loan) -> None:
    await booked(slack, "2026-11-25 15:00", Place="Room 3")
    second = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    form = await booking(slack, number=second.number)
    await form.fill("What for", "pickup")
    await form.fill("When", "2026-11-26 11:00")
    await form.submit()
    listed = "A-1 signing · 15:00 · not confirmed yet"
    await slack.sandbox.open_home("UAGENT")
    for text in (
        (await slack.command(slack.agent, "/loan-digest now")).text,
        slack.sandbox.home_of("UAGENT").text,
    ):
        assert "Appointments (1)" in text
        assert listed in text
        assert f"{listed} ·" not in text
        assert "Room 3" not in text
        assert "A-2 pickup" not in text
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    assert f"{listed} · <@UAGENT>" in (await slack.command(slack.other, "/loan-digest now")).text
    assert listed not in (await slack.command(slack.collector, "/loan-digest now")).text
    await slack.command(slack.manager, "/loan-team back @agent")
    await slack.in_chinese(slack.agent)
    await slack.in_card(slack.agent, "打开", "已确认")
    assert "A-1 签约 · 15:00 · 客户已确认" in (await slack.command(slack.agent, "/loan-digest now")).text
    await slack.command(slack.agent, "/loan-digest 08:30")
    await slack.at("2026-11-26 08:30")
    (morning,) = [text for text in slack.texts(slack.agent) if "预约（1）" in text]
    assert "A-2 提车 · 11:00 · 待确认" in morning


async def test_a_missed_one_asks_for_another_time(slack: Slack, loan: Loan) -> None:
    form = await booked(slack, "2026-11-25 11:00")
    assert "It is too soon for a call the day before" in form.text
    await form.press("Missed")
    assert "It is not over yet" in slack.sandbox.modal_of("UAGENT").text
    await slack.at("2026-11-25 11:30")
    reminder = next(post for post in slack.posts(slack.agent) if "signing, Wed 25 Nov 11:00" in post.text)
    missed = shown(await slack.press(slack.agent, reminder, "Missed"))
    assert "A call asks for another time: Thu 26 Nov 2026 09:00" in missed.text


async def test_cancelled_it_frees_its_time_and_cancels_its_call(slack: Slack, loan: Loan) -> None:
    form = await booked(slack, "fri 15:00")
    await form.press("Cancel it")
    assert await calls(slack) == [("signing", "2026-11-26", "cancelled")]
    assert "signing · Fri 27 Nov 15:00" in (await booked(slack, "fri 15:00")).text


async def test_an_older_message_or_another_one_at_once_changes_nothing(slack: Slack, loan: Loan) -> None:
    form = await booked(slack, "fri 15:00")
    second = await booking(slack, slack.other)
    await second.fill("What for", "signing")
    await second.fill("When", "fri 17:00")
    await second.submit()
    assert "already has an appointment" in second.errors["What for"]
    card = await slack.in_card(slack.manager, "Open")
    await form.press("Cancel it")
    await card.press("Confirmed")
    assert "is settled already: cancelled" in slack.sandbox.modal_of("UMANAGER").text
    assert (await appointment(slack)).state == "cancelled"


async def test_only_those_responsible_move_it_or_say_what_became_of_it(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-team away @agent until 2026-11-27 cover @collector")
    await booked(slack, "fri 15:00")
    for language, opens, confirm, move, refused in (
        ("en-US", "Open", "Confirmed", "Move it", "Only the people responsible can act on this: "),
        ("zh-CN", "打开", "已确认", "改期", "只有相关负责人可以操作："),
    ):
        await slack.change(slack.other, locale=language)
        for button in (confirm, move):
            told = (await slack.in_card(slack.other, opens, button)).text
            assert refused in told
            assert "<@UAGENT>" in told
            assert "<@UCOLLECTOR>" in told
    assert (await appointment(slack)).state == "planned"

    form = await slack.in_card(slack.collector, "Open", "Confirmed")
    assert (await appointment(slack)).state == "confirmed"
    await form.press("Undo")
    await slack.in_card(slack.manager, "Open", "Confirmed")
    assert (await appointment(slack)).state == "confirmed"


async def test_it_ends_with_its_loan_and_undo_brings_it_back(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00")
    reply = await slack.command(slack.agent, "/loan-stage A-1 withdrawn")
    assert (await appointment(slack)).state == "cancelled"
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    row = await appointment(slack)
    assert (row.state, row.remind_at is not None) == ("planned", True)


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


async def test_the_timeline_tells_what_became_of_it(slack: Slack, loan: Loan) -> None:
    form = await booked(slack, "fri 15:00", Place="Room 3")
    await form.press("Confirmed")
    timeline = await slack.in_card(slack.agent, "Open", "Timeline")
    assert "signing · Fri 27 Nov 15:00 · the borrower has confirmed it" in timeline.text


async def test_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    form = await slack.in_card(slack.agent, "打开", "预约")
    await form.fill("事由", "pickup")
    await form.fill("时间", "周五下午3点")
    await form.fill("地点", "中山路12号")
    await form.submit()
    assert "提车 · 11月27日 周五 15:00 · 待确认" in form.text
    assert "已安排电话确认" in form.text


async def test_its_whole_way_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    form = await slack.in_card(slack.agent, "打开", "预约")
    for label, value in {
        "事由": "interview",
        "时间": "周五下午3点",
        "地点": "中山路12号",
        "视频链接": "https://meet.example.com/1",
    }.items():
        await form.fill(label, value)
    await form.submit()
    assert "面谈 · 11月27日 周五 15:00 · 待确认" in form.text
    assert "https://meet.example.com/1" in form.text
    await form.press("已确认")
    assert "客户已确认" in form.text
    await form.press("改期")
    move = slack.sandbox.modal_of("UAGENT")
    await move.fill("时间", "下周一上午11点")
    await move.submit()
    assert "面谈 · 11月30日 周一 11:00 · 待确认" in move.text
    await slack.at("2026-11-30 10:00")
    (reminder,) = [post for post in slack.posts(slack.agent) if "面谈，11月30日 周一 11:00" in post.text]
    assert "中山路" not in reminder.text
    await slack.at("2026-11-30 12:10")
    missed = shown(await slack.press(slack.agent, reminder, "未到场"))
    assert "已安排电话另约时间：2026年12月1日 周二 09:00" in missed.text
    await slack.press(slack.agent, missed, "撤销")
    await slack.deliver()
    (reminder,) = [post for post in slack.posts(slack.agent) if "面谈，11月30日 周一 11:00" in post.text]
    kept = shown(await slack.press(slack.agent, reminder, "已完成"))
    assert "更改阶段" in buttons(kept)


async def test_two_who_would_be_in_two_places_at_once_are_kept_apart_to_the_minute(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00")
    second = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    form = await booking(slack, number=second.number)
    await form.fill("What for", "pickup")
    await form.fill("When", "fri 15:59")
    await form.submit()
    assert form.errors
    await form.fill("When", "fri 16:00")
    await form.submit()
    assert "pickup · Fri 27 Nov 16:00" in form.text


async def test_the_cover_of_who_is_away_is_reminded(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00")
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await slack.at("2026-11-27 14:00")
    assert any("<@UOTHER>: signing, Fri 27 Nov 15:00" in text for text in slack.texts(slack.other))
    assert not any("signing, Fri 27 Nov 15:00" in text for text in slack.texts(slack.agent))


async def test_a_day_that_becomes_a_day_off_is_pointed_out_to_who_attends_once(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00")
    off = await slack.command(slack.manager, "/loan-team calendar 2026-11-27 off typhoon")
    await slack.deliver()
    said = "<@UAGENT>: signing, Fri 27 Nov 15:00. That day is a day off now: keep the appointment, or agree on another time."
    posts = [text for text in slack.texts(slack.agent) if "day off" in text]
    assert [text.splitlines()[0] for text in posts] == [said]
    assert "王小明" not in posts[0]
    await slack.press(slack.manager, given(off.message), "Undo")
    await slack.deliver()
    assert not any("day off" in text for text in slack.texts(slack.agent))
    await slack.command(slack.manager, "/loan-team calendar 2026-11-27 off typhoon")
    await slack.command(slack.manager, "/loan-team calendar 2026-11-26 off")
    await slack.in_chinese(slack.agent)
    await slack.deliver()
    (message,) = [post for post in slack.posts(slack.agent) if "签约，11月27日 周五 15:00" in post.text]
    assert "当天现为休息日" in message.text
    await slack.press(slack.agent, message, "改期")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("时间", "2026-11-30 15:00")
    await form.submit()
    await slack.deliver()
    assert not any("当天现为休息日" in text for text in slack.texts(slack.agent))
    assert any("签约，11月30日 周一 15:00" in text for text in slack.texts(slack.agent))


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
