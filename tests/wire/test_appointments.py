"""Appointments: booked in a form, confirmed by a call the day before, moved, kept, missed or cancelled.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

import pytest

from storage.tables import Loan
from tests.wire.appointments import appointment, approved_loan, booked, booking, calls
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await approved_loan(slack)


async def test_a_call_the_working_day_before_confirms_it(slack: Slack, loan: Loan) -> None:
    form = await booked(slack, "mon 10:00", Place="Room 3, 12 Zhongshan Road")
    assert "signing · Mon 30 Nov 10:00 · not confirmed yet" in form.text
    assert "A call confirms it: Fri 27 Nov 2026." in form.text
    assert await calls(slack) == [("signing", "2026-11-27", "open")]
    assert "Room 3, 12 Zhongshan Road" in (await slack.command(slack.agent, "/loan A-1")).text


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
    await fill(
        form,
        {
            "事由": "interview",
            "时间": "周五下午3点",
            "地点": "中山路12号",
            "视频链接": "https://meet.example.com/1",
        },
    )
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
