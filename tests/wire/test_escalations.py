"""Escalations: raised by a member or a rule, taken on by a manager, handed back, resolved, heard by the second level.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

from datetime import date, timedelta

import pytest

from sandbox.modals import Modal
from sandbox.model import Message
from storage.tables import Escalation, Loan, Promise, Team
from tests.builders import make_call, make_follow_up, make_loan, make_manager, make_member, make_team
from tests.wire.office_day import Slack, buttons, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A loan in arrears of a team whose managers' channel reads English."""
    async with slack.office.database.transaction() as session:
        (await session.get_one(Team, slack.team.id)).language = "en"
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed", name="王小明")


async def escalate(slack: Slack, reason: str = "complaint", note: str = "Shouts at us about the fee") -> Modal:
    form = await slack.in_card(slack.agent, "Open", "Escalate")
    await form.fill("Reason", reason)
    await form.fill("What happened", note)
    await form.submit()
    await slack.deliver()
    return form


def channel(slack: Slack) -> Message:
    (post,) = [post for post in slack.posts(slack.manager_channel) if "Escalated" in post.text]
    return post


async def resolve(slack: Slack, note: str = "Refunded the fee") -> Modal:
    await slack.press(slack.manager, channel(slack), "Resolve…")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("What was decided", note)
    await form.submit()
    await slack.deliver()
    return form


async def test_one_message_in_the_managers_channel_follows_it_to_its_end(slack: Slack, loan: Loan) -> None:
    form = await escalate(slack)
    assert "Nobody is on it yet. The second level will be told at Wed 25 Nov 14:00." in form.text
    told = channel(slack)
    assert "Escalated: complaint" in told.text
    assert "王*" in told.text
    assert "fee" not in told.text
    assert "<@" not in told.text
    assert "Shouts at us" in (await slack.card(slack.manager)).text
    taken = shown(await slack.press(slack.manager, told, "I take it"))
    assert "Manager has been on it since" in taken.text
    await slack.deliver()
    assert "Manager has been on it since" in channel(slack).text
    assert "I take it" not in buttons(channel(slack))
    await slack.press(slack.manager, channel(slack), "Hand it back")
    await slack.deliver()
    assert "I take it" in buttons(channel(slack))
    await resolve(slack)
    assert "Manager resolved it" in channel(slack).text
    assert "Resolve…" not in buttons(channel(slack))
    assert "Escalated" not in (await slack.card(slack.agent)).text
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline")).text
    assert "escalation resolved: complaint" in timeline
    assert "Refunded the fee" in timeline
    (heard,) = [text for text in slack.texts(slack.agent) if "You escalated it." in text]
    assert "A-1 · 王* · phone ending 5678 · complaint\nManager resolved it" in heard
    assert "Refunded" not in heard
    assert "Shouts at us about the fee" in timeline


async def test_in_chinese_too(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent, slack.manager)
    form = await slack.in_card(slack.agent, "打开", "上报主管")
    await form.fill("原因", "legal")
    await form.fill("情况说明", "客户说要起诉")
    await form.submit()
    assert "法律威胁" in form.text
    assert "还没有人处理" in form.text
    assert "已上报：法律威胁" in (await slack.card(slack.manager)).text


async def test_its_whole_way_in_chinese(slack: Slack, loan: Loan) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Team, slack.team.id)).language = "zh"
    await slack.in_chinese(slack.agent, slack.manager, slack.admin)
    form = await slack.in_card(slack.agent, "打开", "上报主管")
    await form.fill("原因", "accident")
    await form.fill("情况说明", "追尾，人没事")
    await form.submit()

    def told() -> Message:
        (post,) = [post for post in slack.posts(slack.manager_channel) if "已上报：车辆出险" in post.text]
        return post

    await slack.deliver()
    assert "王*" in told().text
    assert "追尾" not in told().text
    await slack.press(slack.manager, told(), "我来处理")
    await slack.deliver()
    assert "Manager 正在处理" in told().text
    await slack.press(slack.manager, told(), "退回")
    await slack.at("2026-11-25 14:00")
    assert "还没有人处理，已通知上一级。" in told().text
    assert any("车辆出险" in text for text in slack.texts(slack.admin))
    await slack.press(slack.manager, told(), "办结…")
    resolution = slack.sandbox.modal_of("UMANAGER")
    await resolution.fill("处理结果", "已联系保险公司，暂缓催收")
    await resolution.submit()
    await slack.deliver()
    assert "Manager 已办结：" in told().text
    assert any("这是您上报的。" in text for text in slack.texts(slack.agent))
    assert "已联系保险公司" in (await slack.in_card(slack.agent, "打开", "时间线")).text


async def test_of_two_managers_the_second_hears_who_was_first(slack: Slack, loan: Loan) -> None:
    second = await make_manager(slack.office, slack.workspace, slack.team, "UDEPUTY", name="Deputy")
    slack.sandbox.add_user("UDEPUTY", name="Deputy", locale="en-US", tz="Asia/Shanghai")
    slack.sandbox.join("CDESK", "UDEPUTY")
    await escalate(slack)
    card = await slack.card(second)
    await slack.press(slack.manager, channel(slack), "I take it")
    assert "<@UMANAGER> has been on it since" in shown(await slack.press(second, card, "I take it")).text
    await slack.deliver()
    await resolve(slack)
    assert "<@UMANAGER> resolved it" in shown(await slack.press(second, card, "I take it")).text


async def test_the_second_level_hears_once_if_nobody_takes_it_on(slack: Slack, loan: Loan) -> None:
    head = await make_member(slack.office, slack.workspace, "UHEAD", roles="manager", name="Head")
    slack.sandbox.add_user("UHEAD", name="Head", locale="en-US", tz="Asia/Shanghai")
    await escalate(slack)
    await slack.at("2026-11-25 13:59")
    assert slack.posts(head) == []
    await slack.at("2026-11-25 14:00")
    (told,) = slack.posts(head)
    assert "<@UHEAD>: no manager has taken this escalation on: complaint." in told.text
    assert "The second level has been told." in channel(slack).text
    await slack.press(head, told, "I take it")
    await slack.deliver()
    await slack.press(head, slack.posts(head)[0], "Hand it back")
    await slack.at("2026-11-26 18:00")
    assert len(slack.posts(head)) == 1
    assert not any("escalation" in text for text in slack.texts(slack.admin))


async def test_without_managers_above_the_admins_are_the_second_level(slack: Slack, loan: Loan) -> None:
    await escalate(slack)
    await slack.at("2026-11-25 14:00")
    (told,) = [post for post in slack.posts(slack.admin) if "no manager has taken this escalation on" in post.text]
    taken = shown(await slack.press(slack.admin, told, "I take it"))
    assert "Resolve…" in buttons(taken)
    assert not any("What to do" in label for label in [*buttons(told), *buttons(taken)])


async def test_only_managers_act_and_what_is_taken_on_in_time_goes_no_further(slack: Slack, loan: Loan) -> None:
    await escalate(slack)
    slack.sandbox.join("CMANAGERS", "UAGENT")
    assert "You need the role" in shown(await slack.press(slack.agent, channel(slack), "I take it")).text
    assert (await resolve(slack, "  ")).errors
    await slack.press(slack.manager, channel(slack), "I take it")
    await slack.at("2026-11-26 18:00")
    assert not any("escalation" in text for text in slack.texts(slack.admin))


async def test_undo_takes_it_back_until_a_manager_is_on_it(slack: Slack, loan: Loan) -> None:
    form = await escalate(slack)
    await form.press("Undo")
    await slack.deliver()
    assert any("This escalation was undone." in text for text in slack.texts(slack.manager_channel))
    assert "Escalated" not in (await slack.card(slack.agent)).text
    await slack.at("2026-11-25 18:00")
    assert not any("escalation on:" in text for text in slack.texts(slack.admin))


async def test_the_same_reason_twice_is_refused_and_another_is_not(slack: Slack, loan: Loan) -> None:
    await escalate(slack)
    form = await escalate(slack)
    assert "A-1 is escalated for this already: complaint" in form.errors["Reason"]
    await escalate(slack, "accident")
    assert [row.kind for row in await slack.rows(Escalation)] == ["complaint", "accident"]


async def test_the_form_offers_what_to_do(slack: Slack, loan: Loan) -> None:
    form = await slack.in_card(slack.agent, "Open", "Escalate")
    assert "What to do" not in form.text
    await form.fill("Reason", "legal")
    assert "What to do: Lawyer or court" in form.text
    await form.fill("Reason", "other")
    assert "What to do" not in form.text


async def test_it_waits_in_the_managers_home(slack: Slack, loan: Loan) -> None:
    await escalate(slack)
    for who, listed in ((slack.manager, True), (slack.agent, False), (slack.admin, False)):
        await slack.sandbox.open_home(who.slack_user_id)
        assert ("complaint" in slack.sandbox.home_of(who.slack_user_id).text) is listed
    await slack.sandbox.home_of("UMANAGER").press("I take it")
    await slack.later(seconds=6)
    assert "Manager has been on it" in slack.sandbox.home_of("UMANAGER").text


async def test_with_another_owner_it_waits_for_their_managers(slack: Slack, loan: Loan) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    await make_manager(slack.office, slack.workspace, west, "UHEAD")
    await make_member(slack.office, slack.workspace, "UWESTERN", team_id=west.id)
    for who in ("UHEAD", "UWESTERN"):
        slack.sandbox.add_user(who, name=who[1:].title(), locale="en-US", tz="Asia/Shanghai")
    await escalate(slack)
    await slack.command(slack.manager, "/loan-reassign A-1 <@UWESTERN>")
    for who, listed in (("UMANAGER", False), ("UHEAD", True)):
        await slack.sandbox.open_home(who)
        assert ("complaint" in slack.sandbox.home_of(who).text) is listed


async def test_a_note_that_sounds_like_one_offers_it(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call A-1 reached his lawyer will write to us")
    assert "Escalate: legal threat" in buttons(reply.message)
    await slack.press(slack.agent, given(reply.message), "Escalate: legal threat")
    form = slack.sandbox.modal_of("UAGENT")
    await form.submit()
    assert "legal threat" in form.text
    reply = await slack.command(slack.agent, "/loan-call A-1 reached wants to pursue a refund")
    assert "Escalate" not in " ".join(buttons(reply.message))


async def test_the_last_attempt_escalates_by_rule_once(slack: Slack, loan: Loan) -> None:
    call = await make_follow_up(slack.office, loan, slack.agent, purpose="overdue", attempts=8)
    assert call
    reply = await slack.command(slack.agent, "/loan-call A-1 no answer")
    assert "The manager has been told." in reply.text
    await slack.deliver()
    assert "Escalated: no contact after the last attempt" in channel(slack).text
    assert "A rule raised it" in channel(slack).text
    await slack.command(slack.agent, "/loan-call A-1 busy overdue")
    await slack.deliver()
    assert len(await slack.rows(Escalation)) == 1


async def test_the_second_broken_promise_escalates_by_rule(slack: Slack, loan: Loan) -> None:
    made = [await make_call(slack.office, loan, slack.agent, outcome="promised") for _ in range(2)]
    async with slack.office.database.transaction() as session:
        for call, state in zip(made, ("broken", "open"), strict=True):
            session.add(
                Promise(
                    workspace_id=slack.workspace.id,
                    loan_id=loan.id,
                    call_id=call.id,
                    due_on=date(2026, 11, 20),
                    state=state,
                    at=slack.clock.now() - timedelta(days=8),
                )
            )
    await slack.deliver()
    assert "Escalated: promise broken twice" in channel(slack).text
    assert [row.by_id for row in await slack.rows(Escalation)] == [None]


async def test_a_note_without_a_call_offers_it_too(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-note A-1 客户要投诉到12378")
    assert "Escalate: complaint" in buttons(reply.message)
