"""Who is told of an appointment: who attends, of what others do to it, and who covers for them.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

import pytest

from sandbox.model import Message
from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.appointments import approved_loan, booked, booking
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await approved_loan(slack)


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
    await fill(
        form,
        {
            "What for": "signing",
            "When": "fri 15:00",
            "Who attends": "UAGENT",
            "Place": "Room 3",
        },
    )
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
    await fill(form, {"What for": "pickup", "When": "fri 15:00", "Who attends": "UOTHER"})
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
