"""The buttons of a reminder: their effects, permissions and the updated message. Now is Wednesday 10:00."""

import asyncio

import pytest
from sqlmodel import select

from storage.tables import AuditEntry, Loan, TeamManager
from tests.wire.noon_call import follow_up, loan, reminder
from tests.wire.office_day import Slack, buttons, shown

__all__ = ["loan"]


async def test_one_tap_logs_the_call_and_the_reminder_shows_the_result(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    answer = shown(await slack.press(slack.agent, post, "confirmed"))
    assert answer.is_ephemeral
    assert "Answers income check (L-1042/1): done." in answer.text
    await slack.deliver()

    [rewritten] = slack.posts("CAGENT")
    assert rewritten.ts == post.ts
    assert rewritten.text.splitlines() == [
        "L-1042 · 王* · phone ending 5678 · income check",
        "Done: confirmed · Agent, Wed 25 Nov 12:00",
    ]
    assert rewritten.mentions == ()


@pytest.mark.parametrize("outcome", ["reached", "no answer", "busy", "unreachable", "wrong number"])
async def test_each_common_outcome_is_one_tap(slack: Slack, loan: Loan, outcome: str) -> None:
    answer = shown(await slack.press(slack.agent, await reminder(slack), outcome))
    assert f"L-1042 · 王小明 · phone ending 5678: {outcome}, logged at 12:00." in answer.text
    assert "Undo" in buttons(answer)


async def test_when_two_members_press_one_wins_and_the_other_is_told_who(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    await slack.press(slack.agent, post, "no answer")
    second = shown(await slack.press(slack.manager, post, "reached"))
    assert second.text == "L-1042/1 has changed since: <@UAGENT>, Wed 25 Nov 12:00. Check its card before you go on."
    assert (await follow_up(slack)).attempts == 1


async def test_a_double_click_logs_once(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    await slack.press(slack.agent, post, "confirmed")
    again = shown(await slack.press(slack.agent, post, "confirmed"))
    assert again.text == "L-1042/1 is already done: <@UAGENT>, Wed 25 Nov 12:00."


async def test_a_button_of_an_old_reminder_shows_what_happened_since(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    slack.clock.set("2026-12-28T10:00:00+08:00")
    for button in ("reached", "In 1 hour", "Hand over to the manager"):
        late = shown(await slack.press(slack.agent, post, button))
        assert late.text == "L-1042/1 is already done: <@UAGENT>, Wed 25 Nov 12:00."


async def test_a_button_that_this_release_does_not_know_is_answered(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    [element] = [e for b in post.blocks for e in b.get("elements", []) if e.get("text", {}).get("text") == "Open card"]
    element["action_id"] = "loan.unheard_of#1"
    answer = shown(await slack.press(slack.agent, post, "Open card"))
    assert "This button is from an older version." in answer.text


async def test_a_member_who_may_not_press_is_told_who_may(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    for button in ("reached", "In 1 hour", "Hand over to the manager"):
        refused = shown(await slack.press(slack.other, post, button))
        assert refused.text == "Only the people responsible can act on this: <@UAGENT>, <@UMANAGER>."


async def test_a_snoozed_reminder_comes_again_and_keeps_its_due_time(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    answer = shown(await slack.press(slack.agent, post, "In 1 hour"))
    assert (
        answer.text == "L-1042/1: you'll be reminded again Wed 25 Nov 2026 13:00 (Shanghai time). The due time stays "
        "the same."
    )
    await slack.deliver()
    assert slack.texts("CAGENT")[0].endswith("Snoozed until Wed 25 Nov 13:00 · Agent, Wed 25 Nov 12:00")

    await slack.later(hours=1)
    assert len(slack.posts("CAGENT")) == 2
    assert "Due Wed 25 Nov 12:00" in slack.texts("CAGENT")[1]


async def test_a_snooze_is_undone(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    answer = shown(await slack.press(slack.agent, post, "In 1 hour"))
    await slack.press(slack.agent, answer, "Undo")
    await slack.later(hours=1)
    assert len(slack.posts("CAGENT")) == 1
    assert "please call about income check" in slack.texts("CAGENT")[0]


async def test_on_a_friday_snoozing_offers_the_next_working_morning_instead_of_tomorrow(
    slack: Slack, loan: Loan
) -> None:
    await slack.command(slack.agent, "/loan-follow L-1042/1 move fri 12:00")
    await slack.at("2026-11-27 12:00")
    [post] = slack.posts("CAGENT")
    assert "Tomorrow 09:00" not in buttons(post)
    answer = shown(await slack.press(slack.agent, post, "Next working morning"))
    assert "you'll be reminded again Mon 30 Nov 2026 09:00 (Shanghai time)" in answer.text


async def test_the_third_snooze_tells_the_manager(slack: Slack, loan: Loan) -> None:
    await reminder(slack)
    for n in range(3):
        answer = shown(await slack.press(slack.agent, slack.posts("CAGENT")[-1], "In 1 hour"))
        assert ("the manager has been told" in answer.text) is (n == 2)
        await slack.later(hours=1)
    [told] = slack.posts(slack.manager_channel)
    assert told.text.splitlines()[:2] == ["Agent 已第 3 次推迟这个跟进。", "L-1042 · 王* · 尾号5678 · 收入核实"]
    assert told.mentions == ()


async def test_a_reminder_handed_to_the_manager_reminds_the_manager(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    answer = shown(await slack.press(slack.agent, post, "Hand over to the manager"))
    assert answer.text == "L-1042/1 is now with <@UMANAGER>."
    await slack.deliver()
    assert slack.texts("CAGENT")[0].endswith("Handed over to Manager · Agent, Wed 25 Nov 12:00")
    assert slack.texts(slack.manager)[0].startswith("<@UMANAGER>: please call about income check.")
    await slack.press(slack.agent, answer, "Undo")
    await slack.deliver()
    assert (await follow_up(slack)).assignee_id == slack.agent.id
    assert slack.texts("CAGENT")[0].startswith("<@UAGENT>: please call about income check.")
    assert slack.texts(slack.manager)[0].endswith("Now with Agent.")


async def test_a_call_is_not_handed_to_a_manager_who_makes_no_calls(slack: Slack, loan: Loan) -> None:
    async with slack.office.database.transaction() as session:
        for row in (await session.exec(select(TeamManager))).all():
            await session.delete(row)
    await slack.change(slack.manager, roles="agent")
    post = await reminder(slack)
    refused = shown(await slack.press(slack.agent, post, "Hand over to the manager"))
    assert "There is nobody to assign this to." in refused.text
    assert (await follow_up(slack)).assignee_id == slack.agent.id


async def test_only_the_presser_sees_the_phone_number_and_it_is_audited(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    assert "138 0013" not in str(post.blocks)
    assert "13800135678" not in str(post.blocks)
    answer = shown(await slack.press(slack.agent, post, "Call"))
    assert answer.is_ephemeral
    assert "+86 138 0013 5678" in answer.text
    async with slack.office.database.reading() as session:
        entries = (await session.exec(select(AuditEntry).where(AuditEntry.act == "show_number"))).all()
    assert [entry.actor_id for entry in entries] == [slack.agent.id]


async def test_only_the_presser_sees_the_card(slack: Slack, loan: Loan) -> None:
    answer = shown(await slack.press(slack.agent, await reminder(slack), "Open card"))
    assert answer.is_ephemeral
    assert "L-1042 · 王小明 · phone ending 5678" in answer.text


async def test_compliance_cannot_log_calls_from_a_reminder(slack: Slack, loan: Loan) -> None:
    slack.sandbox.join("CAGENT", "UCOMPLIANCE")
    post = await reminder(slack)
    refused = shown(await slack.press(slack.compliance, post, "reached"))
    assert "You need the role" in refused.text


async def test_two_simultaneous_presses_log_one_call(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    pressed = await asyncio.gather(
        slack.press(slack.agent, post, "no answer"), slack.press(slack.manager, post, "no answer")
    )
    texts = [shown(press).text for press in pressed]
    assert sum("logged at 12:00." in text for text in texts) == 1
    assert sum("L-1042/1 has changed since:" in text for text in texts) == 1
    assert (await follow_up(slack)).attempts == 1


async def test_a_press_delivered_twice_has_one_effect(slack: Slack, loan: Loan) -> None:
    press = await slack.press(slack.agent, await reminder(slack), "no answer")
    assert press.request is not None
    again = await slack.sandbox.redeliver(press.request)
    assert again.status == 200
    assert (await follow_up(slack)).attempts == 1


async def test_the_reminder_opens_the_call_form_until_it_is_settled(slack: Slack, loan: Loan) -> None:
    post = await reminder(slack)
    await slack.press(slack.agent, post, "Log a call")
    assert slack.sandbox.modal_of(slack.agent.slack_user_id).title == "Log a call"
    await slack.press(slack.agent, post, "confirmed")
    await slack.deliver()
    assert buttons(slack.sandbox.workspace.find_by_id(post.id)) == []
