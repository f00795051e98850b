"""`/loan-reassign` typed in Slack. Now is Wednesday 10:00."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlmodel import select

from storage.tables import Assignment, FollowUp, Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loans(slack: Slack) -> dict[str, Loan]:
    """The agent's L-1 (with a call of theirs, late, and one of the verifier's), L-2 and closed L-3; and the other's
    L-4, on which the agent holds a call."""
    owner = slack.agent
    found = {
        "L-1": await make_loan(slack.office, slack.workspace, "L-1", owner=owner),
        "L-2": await make_loan(slack.office, slack.workspace, "L-2", owner=owner, stage="disbursed"),
        "L-3": await make_loan(slack.office, slack.workspace, "L-3", owner=owner, stage="closed"),
        "L-4": await make_loan(slack.office, slack.workspace, "L-4", owner=slack.other),
    }
    await make_follow_up(slack.office, found["L-1"], slack.agent, purpose="documents", due_on=date(2026, 11, 20))
    await make_follow_up(slack.office, found["L-1"], slack.verifier, purpose="identity")
    await make_follow_up(slack.office, found["L-4"], slack.agent, purpose="conditions")
    return found


async def owners(slack: Slack) -> dict[str, str]:
    names = {member.id: member.name for member in slack.people.values()}
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(Loan))).all()
        return {row.number: names[row.owner_id] for row in rows if row.owner_id}


async def holders(slack: Slack) -> list[tuple[str, str]]:
    names = {member.id: member.name for member in slack.people.values()}
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp))).all()
        return sorted((row.purpose, names[row.assignee_id]) for row in rows)


async def test_one_loan_is_reassigned_with_its_owners_follow_ups(slack: Slack, loans: dict[str, Loan]) -> None:
    reply = await slack.command(slack.manager, "/loan-reassign L-1 @other near his office")
    assert reply.text.splitlines() == [
        "L-1 now belongs to <@UOTHER>.",
        "1 open follow-up moved with it.",
        "> near his office",
    ]
    assert (await owners(slack))["L-1"] == "Other"
    assert await holders(slack) == [("conditions", "Agent"), ("documents", "Other"), ("identity", "Verifier")]
    await slack.deliver()
    assert slack.texts(slack.agent) == [
        "From you to Other, reassigned by Manager:\nL-1 · 王* · phone ending 5678\n1 loan · 1 open follow-up · 1 "
        "of them late"
    ]
    assert slack.texts(slack.other)[0].startswith("From Agent to you, reassigned by Manager:\nL-1")


async def test_undoing_a_reassignment_restores_it_and_notifies_both_members(
    slack: Slack, loans: dict[str, Loan]
) -> None:
    reply = await slack.command(slack.manager, "/loan-reassign L-1 @other")
    await slack.deliver()
    assert reply.message is not None
    await slack.press(slack.manager, reply.message, "Undo")
    await slack.deliver()
    assert (await owners(slack))["L-1"] == "Agent"
    assert ("documents", "Agent") in await holders(slack)
    for who in (slack.agent, slack.other):
        told = [text for text in slack.texts(who) if "reassigned by" in text]
        assert [text.splitlines()[-1] for text in told] == ["This was undone."]


async def test_undoing_a_reassignment_restores_the_reminders_buttons(slack: Slack, loans: dict[str, Loan]) -> None:
    await make_follow_up(
        slack.office, loans["L-2"], slack.agent, purpose="repayment", due_at=slack.clock.now() + timedelta(hours=2)
    )
    await slack.at("2026-11-25 12:00")
    [post] = [each for each in slack.posts(slack.agent) if "repayment reminder" in each.text]
    await slack.later(minutes=5)
    reply = await slack.command(slack.manager, "/loan-reassign L-2 @other")
    await slack.later(minutes=1)
    assert "no answer" not in buttons(post)

    assert reply.message is not None
    await slack.press(slack.manager, reply.message, "Undo")
    await slack.later(minutes=1)

    assert "no answer" in buttons(post)


async def test_a_reassignment_undone_before_delivery_notifies_nobody(slack: Slack, loans: dict[str, Loan]) -> None:
    reply = await slack.command(slack.manager, "/loan-reassign L-2 @other")
    assert reply.message is not None
    await slack.press(slack.manager, reply.message, "Undo")
    await slack.deliver()
    assert slack.posts(slack.agent) == slack.posts(slack.other) == []


async def test_all_loans_of_a_member_are_reassigned_after_a_preview(slack: Slack, loans: dict[str, Loan]) -> None:
    preview = await slack.command(slack.manager, "/loan-reassign @agent @other on leave")
    assert preview.text.splitlines() == [
        "From <@UAGENT> to <@UOTHER>:",
        "2 loans · 2 open follow-ups · 1 of them late",
        "• application: 1",
        "• disbursed: 1",
        "> on leave",
    ]
    assert (await owners(slack))["L-1"] == "Agent"
    assert preview.message is not None
    done = shown(await slack.press(slack.manager, preview.message, "Reassign now"))
    assert done.text.startswith("Reassigned from <@UAGENT> to <@UOTHER>:\n2 loans · 2 open follow-ups")
    assert done.text.endswith("> on leave")
    assert await owners(slack) == {"L-1": "Other", "L-2": "Other", "L-3": "Agent", "L-4": "Other"}
    assert await holders(slack) == [("conditions", "Other"), ("documents", "Other"), ("identity", "Verifier")]
    await slack.deliver()
    assert len([text for text in slack.texts(slack.other) if "reassigned by" in text]) == 1
    assert len(slack.texts(slack.agent)) == 1
    async with slack.office.database.reading() as session:
        kept = (await session.exec(select(Assignment).where(Assignment.why_cipher != None))).all()  # noqa: E711
    assert len(kept) == 2


async def test_loans_are_reassigned_in_chinese(slack: Slack, loans: dict[str, Loan]) -> None:
    await slack.in_chinese(slack.manager, slack.other)
    preview = await slack.command(slack.manager, "/loan-reassign @agent @other 休假")
    assert preview.text.splitlines() == [
        "由 <@UAGENT> 移交给 <@UOTHER>：",
        "2 笔贷款 · 2 个未完成跟进 · 其中 1 个已超时",
        "• 申请：1",
        "• 已放款：1",
        "> 休假",
    ]
    assert buttons(preview.message) == [
        "确认移交",
        "不移交",
        "2 笔贷款",
        "申请 1",
        "已放款 1",
        "2 个未完成跟进",
        "1 个已超时",
    ]
    assert preview.message is not None
    await slack.press(slack.manager, preview.message, "确认移交")
    await slack.deliver()
    assert any(text.startswith("Manager 将 Agent 的工作移交给您：\n2 笔贷款") for text in slack.texts(slack.other))


async def test_cancelling_the_preview_reassigns_nothing(slack: Slack, loans: dict[str, Loan]) -> None:
    preview = await slack.command(slack.manager, "/loan-reassign @agent @other")
    assert preview.message is not None
    left = shown(await slack.press(slack.manager, preview.message, "Don't reassign"))
    assert left.text == "Nothing was reassigned."
    assert (await owners(slack))["L-1"] == "Agent"


async def test_the_preview_is_shown_again_when_something_changed_meanwhile(
    slack: Slack, loans: dict[str, Loan]
) -> None:
    preview = await slack.command(slack.manager, "/loan-reassign @agent @other on leave")
    await slack.command(slack.agent, "/loan-follow L-1/1 done")
    assert preview.message is not None
    again = shown(await slack.press(slack.manager, preview.message, "Reassign now"))
    assert again.text.splitlines() == [
        "This changed while you were looking. It is now:",
        "From <@UAGENT> to <@UOTHER>:",
        "2 loans · 1 open follow-up",
        "• application: 1",
        "• disbursed: 1",
        "> on leave",
    ]
    assert (await owners(slack))["L-1"] == "Agent"
    done = shown(await slack.press(slack.manager, again, "Reassign now"))
    assert done.text.startswith("Reassigned")


async def test_when_two_managers_reassign_the_same_loan_one_wins(slack: Slack, loans: dict[str, Loan]) -> None:
    first = await slack.command(slack.manager, "/loan-reassign @agent @other")
    second = await slack.command(slack.admin, "/loan-reassign @agent @collector")
    assert first.message is not None
    assert second.message is not None
    await slack.press(slack.manager, first.message, "Reassign now")
    again = shown(await slack.press(slack.admin, second.message, "Reassign now"))
    assert again.text.splitlines() == [
        "This changed while you were looking. It is now:",
        "From <@UAGENT> to <@UCOLLECTOR>:",
        "0 loans · 0 open follow-ups",
        "There is nothing to reassign.",
    ]
    assert (await owners(slack))["L-1"] == "Other"


async def test_of_two_simultaneous_presses_one_reassigns(slack: Slack, loans: dict[str, Loan]) -> None:
    first = await slack.command(slack.manager, "/loan-reassign @agent @other")
    second = await slack.command(slack.admin, "/loan-reassign @agent @collector")
    assert first.message is not None
    assert second.message is not None
    pressed = await asyncio.gather(
        slack.press(slack.manager, first.message, "Reassign now"),
        slack.press(slack.admin, second.message, "Reassign now"),
    )
    texts = [shown(press).text for press in pressed]
    assert sum(text.startswith("Reassigned from") for text in texts) == 1
    assert sum(text.startswith("This changed while you were looking.") for text in texts) == 1
    after = await owners(slack)
    assert after["L-1"] == after["L-2"]


async def test_a_double_click_keeps_the_result_and_its_undo_button(slack: Slack, loans: dict[str, Loan]) -> None:
    preview = (await slack.command(slack.manager, "/loan-reassign @agent @other")).message
    assert preview is not None
    presses = await asyncio.gather(*(slack.press(slack.manager, preview, "Reassign now") for _ in range(2)))
    seen = [m for m in slack.sandbox.messages("CDESK", "UMANAGER") if m.is_ephemeral]
    assert sum("Undo" in buttons(message) for message in seen) == 1
    assert sum("was already used" in shown(press).text for press in presses) == 1


async def test_undo_restores_unchanged_loans_and_names_the_others(slack: Slack, loans: dict[str, Loan]) -> None:
    preview = await slack.command(slack.manager, "/loan-reassign @agent @other")
    assert preview.message is not None
    done = shown(await slack.press(slack.manager, preview.message, "Reassign now"))
    await slack.command(slack.other, "/loan-follow L-4/1 done")
    undone = shown(await slack.press(slack.manager, done, "Undo"))
    assert undone.text.splitlines() == [
        "Undone: a reassignment.",
        "Anything changed since then stays as it is now: L-4.",
    ]
    assert await owners(slack) == {"L-1": "Agent", "L-2": "Agent", "L-3": "Agent", "L-4": "Other"}


async def test_a_preview_for_a_member_who_was_removed_meanwhile_is_refused(
    slack: Slack, loans: dict[str, Loan]
) -> None:
    preview = await slack.command(slack.manager, "/loan-reassign @agent @other")
    await slack.command(slack.admin, "/loan-team remove @other to @collector")
    assert preview.message is not None
    refused = shown(await slack.press(slack.manager, preview.message, "Reassign now"))
    assert refused.text == "One of the two is no longer a member of the desk."


async def test_an_owner_reassigns_only_their_own_loan(slack: Slack, loans: dict[str, Loan]) -> None:
    own = await slack.command(slack.agent, "/loan-reassign L-2 @other")
    assert own.text.startswith("L-2 now belongs to <@UOTHER>.")
    refused = await slack.command(slack.agent, "/loan-reassign L-4 @agent")
    assert "Only the people responsible can act on this: <@UOTHER>, <@UMANAGER>." in refused.text


@pytest.mark.parametrize(
    ("who", "line", "said"),
    [
        ("agent", "@other @agent", "You need the role manager or admin for this."),
        ("manager", "@agent @agent", "That is the same person twice. Name two different members."),
        ("manager", "@agent @compliance", "<@UCOMPLIANCE> doesn't take calls"),
        ("manager", "L-1 @agent", "L-1 already belongs to <@UAGENT>."),
        ("manager", "L-1", "Who? Mention a member with @."),
        ("manager", "L-9 @other", "There is no loan “L-9” that you can see."),
        ("manager", "@agent @stranger", "<@USTRANGER> is not a member of this desk."),
        ("manager", "L-1 @other " + "x" * 10_000, "The note has 10000 characters; the limit is 3000."),
    ],
)
async def test_an_invalid_reassignment_is_explained(
    slack: Slack, loans: dict[str, Loan], who: str, line: str, said: str
) -> None:
    assert said in (await slack.command(slack.people[who], f"/loan-reassign {line}")).text
    assert (await owners(slack))["L-1"] == "Agent"


async def test_in_a_shared_channel_each_notice_names_whom_it_means(slack: Slack, loans: dict[str, Loan]) -> None:
    await slack.change(slack.agent, slack.other, reminder_channel_id=slack.desk_channel)
    preview = (await slack.command(slack.manager, "/loan-reassign @agent @other")).message
    assert preview is not None
    await slack.press(slack.manager, preview, "Reassign now")
    await slack.command(slack.manager, "/loan-reassign L-4 @agent")
    await slack.deliver()
    posts = [post for post in slack.posts(slack.desk_channel) if "reassigned by" in post.text]
    assert [post.text.splitlines()[0] for post in posts] == [
        "Agent: from Agent to Other, reassigned by Manager:",
        "Other: from Agent to Other, reassigned by Manager:",
        "Other: from Other to Agent, reassigned by Manager:",
        "Agent: from Other to Agent, reassigned by Manager:",
    ]
    said = " ".join(post.text for post in posts) + " ".join(str(post.blocks) for post in posts)
    assert " you" not in said.casefold()
    assert "王小明" not in said


async def test_a_call_that_only_its_new_owner_was_reminded_of_is_announced_to_who_has_it_back(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 nov 27 documents")
    await slack.at("2026-11-27 08:58")
    done = await slack.command(slack.manager, "/loan-reassign A-1 @other")
    await slack.at("2026-11-27 09:01")
    assert "please call about documents" in slack.texts(slack.other)[-1]
    assert done.message is not None

    await slack.press(slack.manager, done.message, "Undo")
    await slack.deliver()

    assert "please call about documents" in slack.texts(slack.agent)[-1]


async def test_a_call_announced_before_it_was_reassigned_is_not_announced_twice(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 nov 27 documents")
    await slack.at("2026-11-27 09:01")
    done = await slack.command(slack.manager, "/loan-reassign A-1 @other")
    await slack.deliver()
    assert done.message is not None

    await slack.press(slack.manager, done.message, "Undo")
    await slack.deliver()

    assert sum("please call about documents" in text for text in slack.texts(slack.agent)) == 1
