"""Steps beyond calls: a letter, a visit, a repossession order, court. Now is Wednesday 25 November 2026, 10:00."""

import asyncio
from datetime import datetime

import pytest

from desk.follow_ups.collection_steps import escalate_steps, settle_step
from sandbox import Modal
from storage.queries.loans import loans
from storage.tables import CollectionStep, Escalation, Loan, Member
from tests.builders import SHANGHAI, make_loan_in_arrears
from tests.servers import until_a_query_waits_for_a_lock
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, unpaid since 10 November."""
    return await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")


async def enter(slack: Slack, who: Member, kind: str, day: str, *, state: str = "planned", **fields: str) -> Modal:
    """Fill in the form from the card, and return it with its answer."""
    form = await slack.in_card(who, "Open", "Step beyond calls")
    await form.fill("Step", kind)
    await form.fill("State", state)
    await form.fill("Day", day)
    await fill(form, fields)
    await form.submit()
    return form


async def card(slack: Slack) -> str:
    return (await slack.card(slack.agent)).text


async def test_a_planned_visit_is_on_the_card_reminded_on_its_day_and_done(slack: Slack, loan: Loan) -> None:
    form = await enter(slack, slack.agent, "visit", "2026-11-27", By_whom="UCOLLECTOR", Note="Beside the station")
    assert "visit · planned for Fri 27 Nov · " in form.text
    assert "• visit · planned for Fri 27 Nov · <@UCOLLECTOR>" in await card(slack)
    assert "Beside the station" not in await card(slack)

    await slack.at("2026-11-27 08:59")
    assert not [post for post in slack.posts(slack.collector) if "visit" in post.text]
    await slack.at("2026-11-27 09:00")
    [post] = [post for post in slack.posts(slack.collector) if "visit" in post.text]
    assert post.text.splitlines()[:2] == [
        "<@UCOLLECTOR>: visit",
        "A-1 · 王* · phone ending 5678 · planned for Fri 27 Nov",
    ]
    done = shown(await slack.press(slack.collector, post, "Done: visit"))
    assert "visit · done on Fri 27 Nov · <@UCOLLECTOR>" in done.text
    assert "• visit · done on Fri 27 Nov · <@UCOLLECTOR>" in await card(slack)
    timeline = await slack.in_card(slack.agent, "Open", "Timeline")
    assert "visit · done on Fri 27 Nov" in timeline.text
    assert "Beside the station" in timeline.text
    await slack.press(slack.collector, done, "Undo")
    assert "planned for Fri 27 Nov" in await card(slack)

    await slack.at("2026-11-28 09:00")
    assert "• visit · planned for Fri 27 Nov · late" in await card(slack)


async def test_a_step_is_moved_reminded_of_on_its_new_day_and_moved_back(slack: Slack, loan: Loan) -> None:
    form = await enter(slack, slack.agent, "visit", "2026-11-25", By_whom="UCOLLECTOR")
    await slack.at("2026-11-25 16:00")
    [reminder] = [post for post in slack.posts(slack.collector) if "visit" in post.text]
    await slack.press(slack.collector, reminder, "Move: visit")
    move = slack.sandbox.modal_of("UCOLLECTOR")
    for day, says in (("2026-11-25", "The step is planned for Wed 25 Nov 2026 already."), ("2026-11-24", "is over.")):
        await move.fill("New day", day)
        await move.submit()
        assert says in move.errors["New day"]
    await move.fill("New day", "2026-11-27")
    await move.submit()
    assert "visit · planned for Fri 27 Nov · <@UCOLLECTOR>\nMoved from Wed 25 Nov." in move.text
    await form.press("Move: visit")
    older = slack.sandbox.modal_of("UAGENT")
    await slack.at("2026-11-27 09:00")
    posts = [post for post in slack.posts(slack.collector) if "visit" in post.text]
    assert len(posts) == 2, "one for each day"
    await slack.press(slack.collector, posts[1], "Done: visit")
    await older.fill("New day", "2026-11-30")
    await older.submit()
    assert "That step of A-1 has changed since." in older.text + "".join(older.errors.values())
    assert "visit · done on Fri 27 Nov" in await card(slack)


async def test_a_move_is_undone_in_chinese(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "court", "2026-11-27")
    await slack.in_chinese(slack.agent)
    opened = await slack.in_card(slack.agent, "打开")
    await opened.press("改期：诉讼")
    move = slack.sandbox.modal_of("UAGENT")
    await move.fill("新日期", "2026-12-01")
    await move.submit()
    assert "诉讼 · 计划于12月1日 周二" in move.text
    await move.press("撤销")
    assert "诉讼 · 计划于11月27日 周五" in await card(slack)


async def test_a_step_that_nobody_took_is_escalated_once_and_stands_in_the_digest(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "visit", "2026-11-26", By_whom="UCOLLECTOR")
    await slack.at("2026-11-26 08:31")
    digest = await slack.command(slack.collector, "/loan-digest now")
    assert "Steps beyond calls (1)\n• A-1 visit · planned for Thu 26 Nov" in digest.text
    for instant, told in (("2026-11-27 12:59", 0), ("2026-11-27 13:00", 1), ("2026-11-30 18:00", 1)):
        await slack.at(instant)  # four working hours after the end of that workday
        assert len([text for text in slack.texts("CMANAGERS") if "催收措施超时未处理（上门）" in text]) == told
    late = await slack.command(slack.collector, "/loan-digest now")
    assert "A-1 visit · planned for Thu 26 Nov · late" in late.text


async def test_a_step_that_is_done_while_the_worker_looks_at_it_is_not_escalated(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "visit", "2026-11-26")
    slack.clock.set(datetime(2026, 11, 27, 13, tzinfo=SHANGHAI))
    [step] = await slack.rows(CollectionStep)

    async def escalate() -> int:
        async with slack.office.desk(slack.workspace) as desk:
            return await escalate_steps(desk)

    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await loans.lock(desk.session, loan.id)
        escalated = asyncio.create_task(escalate())
        if not slack.office.database.is_sqlite:  # SQLite lets one transaction write after the other
            await until_a_query_waits_for_a_lock(slack.office.database)
        await settle_step(desk, step.id, step.version, "done")
    assert await escalated == 0
    assert await slack.rows(Escalation) == []


async def test_a_step_that_was_moved_or_done_in_time_is_not_escalated(slack: Slack, loan: Loan) -> None:
    for kind in ("visit", "letter"):
        await enter(slack, slack.agent, kind, "2026-11-26")
    mistaken = await enter(slack, slack.agent, "court", "2026-11-26")
    await mistaken.press("Undo")
    opened = await slack.in_card(slack.agent, "Open")
    await opened.press("Done: letter")
    opened = await slack.in_card(slack.agent, "Open")
    await opened.press("Move: visit")
    move = slack.sandbox.modal_of("UAGENT")
    await move.fill("New day", "2026-12-10")
    await move.submit()
    await slack.at("2026-11-30 18:00")
    assert not [text for text in slack.texts("CMANAGERS") if "催收措施" in text]


async def test_what_becomes_of_a_step_settles_its_own_escalation_and_undo_brings_it_back(
    slack: Slack, loan: Loan
) -> None:
    for kind in ("visit", "letter"):
        await enter(slack, slack.agent, kind, "2026-11-26")
    await slack.at("2026-11-27 13:00")
    assert [row.state for row in await slack.rows(Escalation)] == ["open", "open"], "one for each"
    settled = "上报的原因已不存在，无需再处理。"

    async def told() -> list[bool]:
        await slack.deliver()
        return sorted(settled in text for text in slack.texts("CMANAGERS"))

    opened = await slack.in_card(slack.agent, "Open")
    await opened.press("Done: visit")
    assert await told() == [False, True]
    assert sorted(row.state for row in await slack.rows(Escalation)) == ["open", "resolved"]
    await opened.press("Undo")
    assert await told() == [False, False]
    await slack.command(slack.agent, "/loan-call A-1 paid")
    await slack.at("2026-12-02 13:00")
    assert await told() == [True, True]
    assert not any("no manager has taken this escalation on" in text for text in slack.texts(slack.admin))


async def test_who_covers_for_an_absent_member_is_reminded_of_their_step(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "visit", "2026-11-27", By_whom="UCOLLECTOR")
    await slack.command(slack.manager, "/loan-team away @collector until 30 nov cover @other")
    await slack.at("2026-11-27 09:30")
    [post] = [post for post in slack.posts(slack.other) if "visit" in post.text]
    assert "<@UOTHER>: visit" in post.text
    await slack.press(slack.other, post, "Done: visit")
    assert "visit · done on Fri 27 Nov" in await card(slack)


async def test_a_letter_that_was_sent_is_recorded_in_chinese_with_its_day_and_undone(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    form = await slack.in_card(slack.agent, "打开", "催收措施")
    await form.fill("措施", "letter")
    await form.fill("状态", "done")
    await form.fill("日期", "2026-11-20")
    await form.submit()
    assert "催收函 · 已于11月20日 周五完成" in form.text
    assert "催收函 · 已于11月20日 周五完成" in await card(slack)
    await form.press("撤销")
    assert "催收函" not in await card(slack)


@pytest.mark.parametrize(
    ("state", "day", "says"),
    [
        ("planned", "2026-11-24", "Tue 24 Nov 2026 is over. Plan the step for a later day"),
        ("done", "2026-11-26", "Thu 26 Nov 2026 is still to come."),
    ],
)
async def test_a_day_that_does_not_fit_is_refused_beside_it(
    slack: Slack, loan: Loan, state: str, day: str, says: str
) -> None:
    form = await enter(slack, slack.agent, "court", day, state=state)
    assert says in "".join(form.errors.values())
    assert "court" not in await card(slack)


async def test_a_payment_stops_what_is_planned_and_tells_who_was_to_do_it(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "repossession", "2026-11-30", By_whom="UCOLLECTOR")
    paid = given((await slack.command(slack.agent, "/loan-call A-1 paid")).message)
    await slack.deliver()
    [post] = [post for post in slack.posts(slack.collector) if "repossession order" in post.text]
    assert "Stopped: nothing is past due any more." in post.text
    assert not {"Done: repossession order", "Cancel: repossession order"} & set(buttons(post))
    assert "repossession order · cancelled, was for Mon 30 Nov" in await card(slack)

    await slack.press(slack.agent, paid, "Undo")
    assert "repossession order · planned for Mon 30 Nov" in await card(slack)


async def test_only_who_is_concerned_settles_a_step_and_only_once(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "visit", "2026-11-27")
    mine = await slack.in_card(slack.agent, "Open")
    others = await slack.in_card(slack.other, "Open")
    await others.press("Done: visit")
    assert "Only the people responsible" in slack.sandbox.modal_of("UOTHER").text
    manager = await slack.in_card(slack.manager, "Open")
    await manager.press("Cancel: visit")
    await mine.press("Done: visit")
    assert "That step of A-1 has changed since." in slack.sandbox.modal_of("UAGENT").text
    assert "visit · cancelled, was for Fri 27 Nov" in await card(slack)


async def test_who_plans_no_steps_says_on_the_card_what_became_of_theirs(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "visit", "2026-11-27", By_whom="UVERIFIER", Note="Beside the station")
    opened = await slack.in_card(slack.verifier, "Open")
    assert "Beside the station" in opened.text
    await opened.press("Done: visit")
    assert "visit · done on Wed 25 Nov · <@UVERIFIER>" in await card(slack)


async def test_steps_go_with_the_loan_to_its_new_owner_and_end_with_it(slack: Slack, loan: Loan) -> None:
    await enter(slack, slack.agent, "visit", "2026-11-27")
    await slack.command(slack.manager, "/loan-reassign A-1 @other")
    assert "visit · planned for Fri 27 Nov · <@UOTHER>" in await card(slack)
    await slack.command(slack.manager, "/loan-stage A-1 closed")
    assert "visit · cancelled, was for Fri 27 Nov" in (await slack.card(slack.other)).text


@pytest.mark.parametrize("act", ["remove", "reassign"])
async def test_steps_on_loans_of_others_go_with_all_that_a_member_has(slack: Slack, loan: Loan, act: str) -> None:
    await make_loan_in_arrears(slack.office, slack.workspace, "B-1", owner=slack.collector, phone="+8613900001234")
    await enter(slack, slack.agent, "visit", "2026-11-27", By_whom="UCOLLECTOR")
    if act == "remove":
        answer = given((await slack.command(slack.admin, "/loan-team remove @collector to @other")).message)
    else:
        preview = given((await slack.command(slack.admin, "/loan-reassign @collector @other")).message)
        answer = shown(await slack.press(slack.admin, preview, "Reassign now"))
    assert "visit · planned for Fri 27 Nov · <@UOTHER>" in await card(slack)
    await slack.press(slack.admin, answer, "Undo")
    assert "visit · planned for Fri 27 Nov · <@UCOLLECTOR>" in await card(slack)


async def test_before_the_loan_is_paid_out_there_is_nothing_to_collect(slack: Slack) -> None:
    await make_loan_in_arrears(
        slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", unpaid_since=None, due_day=None
    )
    opened = await slack.in_card(slack.agent, "Open")
    assert "Step beyond calls" not in opened.text
