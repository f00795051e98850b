"""What touches many follow-ups is noted at once, and the worker computes their times again in batches."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import select

from bot import worker
from desk.core import recomputations
from storage.tables import FollowUp, Member, Recomputation
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown

UNDER_WAY = "The times of reminders are being worked out again. Until then nobody is reminded by an old one."
FRIDAY_MORNING = datetime(2026, 11, 27, 1, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 11, 30, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk with more than two follow-ups is a large one."""
    monkeypatch.setattr(recomputations, "AT_ONCE", 2)
    monkeypatch.setattr(recomputations, "BATCH", 2)


@pytest.fixture
async def calls(slack: Slack) -> list[FollowUp]:
    """Five calls of the agent and one of a colleague, all on Friday."""
    people = [slack.agent] * 5 + [slack.other]
    for number, owner in enumerate(people, start=1):
        await make_loan(slack.office, slack.workspace, f"A-{number}", owner=owner)
        await slack.command(owner, f"/loan-follow A-{number} nov 27 documents")
    return await open_calls(slack)


async def open_calls(slack: Slack) -> list[FollowUp]:
    async with slack.office.database.reading() as session:
        rows = await session.exec(select(FollowUp).where(FollowUp.state == "open"))
        return list(rows.all())


async def pending(slack: Slack) -> list[Recomputation]:
    async with slack.office.database.reading() as session:
        return list((await session.exec(select(Recomputation))).all())


async def recompute_once(slack: Slack) -> bool:
    async with slack.office.desk(slack.workspace) as desk:
        return await recomputations.recompute_pending(desk)


async def recompute_all(slack: Slack) -> None:
    while await recompute_once(slack):
        pass


async def reminders(slack: Slack) -> set[datetime | None]:
    return {row.remind_at for row in await open_calls(slack)}


def reminded(slack: Slack, *who: Member) -> bool:
    return any("documents" in text or "follow-ups are due" in text for each in who for text in slack.texts(each))


async def test_a_day_off_on_a_large_desk_is_noted_at_once_and_worked_out_by_the_worker(
    slack: Slack, calls: list[FollowUp]
) -> None:
    day = await slack.command(slack.admin, "/loan-team calendar nov 27 off")

    assert day.text == f"Fri 27 Nov 2026 is a day off.\n{UNDER_WAY}"
    assert await reminders(slack) == {FRIDAY_MORNING}, "the command itself computed nothing"
    await slack.deliver()
    assert await reminders(slack) == {NEXT_MORNING}
    assert await pending(slack) == []


async def test_its_undo_is_worked_out_by_the_worker_too(slack: Slack, calls: list[FollowUp]) -> None:
    day = await slack.command(slack.admin, "/loan-team calendar nov 27 off")
    await slack.deliver()
    assert day.message is not None

    undone = shown(await slack.press(slack.admin, day.message, "Undo"))

    assert undone.text == f"Undone: a calendar change. Everything is as it was before.\n{UNDER_WAY}"
    assert await reminders(slack) == {NEXT_MORNING}
    await slack.deliver()
    assert await reminders(slack) == {FRIDAY_MORNING}


async def test_nobody_is_reminded_by_the_old_time_while_the_new_one_is_pending(
    slack: Slack, calls: list[FollowUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    await slack.command(slack.admin, "/loan-team calendar nov 27 off")
    everything = worker.CHORES
    monkeypatch.setattr(
        worker, "CHORES", [chore for chore in everything if chore is not recomputations.recompute_pending]
    )

    await slack.at("2026-11-27 09:00")
    assert not reminded(slack, slack.agent, slack.other), "no worker has computed anything yet"

    await recompute_once(slack)
    await slack.at("2026-11-27 12:00")
    assert not reminded(slack, slack.agent, slack.other), "some are computed, the others still wait"

    monkeypatch.setattr(worker, "CHORES", everything)
    await slack.deliver()
    assert not reminded(slack, slack.agent, slack.other)
    await slack.at("2026-11-30 09:00")
    assert reminded(slack, slack.agent)
    assert reminded(slack, slack.other)


async def test_nobody_gets_the_digest_of_a_day_that_is_off_now(
    slack: Slack, calls: list[FollowUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    await slack.command(slack.admin, "/loan-team calendar tomorrow off")
    everything = worker.CHORES
    monkeypatch.setattr(
        worker, "CHORES", [chore for chore in everything if chore is not recomputations.recompute_pending]
    )

    await slack.at("2026-11-26 08:30")
    assert slack.texts(slack.agent) == []

    monkeypatch.setattr(worker, "CHORES", everything)
    await slack.deliver()
    assert slack.texts(slack.agent) == []
    await slack.at("2026-11-27 08:30")
    assert len(slack.texts(slack.agent)) == 1


async def test_a_second_change_while_the_first_is_under_way_is_worked_out_for_all(
    slack: Slack, calls: list[FollowUp]
) -> None:
    await slack.command(slack.admin, "/loan-team calendar nov 27 off")
    for _ in range(4):  # the digests, and some of the follow-ups
        await recompute_once(slack)
    await slack.command(slack.admin, "/loan-team calendar nov 30 off")

    await slack.deliver()

    assert await reminders(slack) == {datetime(2026, 12, 1, 1, tzinfo=UTC)}
    assert await pending(slack) == []


async def test_a_worker_that_is_killed_between_two_batches_loses_nothing(
    slack: Slack, calls: list[FollowUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    await slack.command(slack.admin, "/loan-team calendar nov 27 off")
    compute, batches = recomputations._BATCHES["reminder_times"], 0

    async def killed(desk: Any, work: Recomputation) -> bool:
        nonlocal batches
        batches += 1
        await compute(desk, work)
        if batches == 2:
            raise RuntimeError("killed in the second batch")
        return False

    with monkeypatch.context() as patched:
        patched.setitem(recomputations._BATCHES, "reminder_times", killed)
        with pytest.raises(RuntimeError):
            await recompute_all(slack)

    assert await reminders(slack) == {FRIDAY_MORNING, NEXT_MORNING}
    await slack.deliver()
    assert await reminders(slack) == {NEXT_MORNING}


async def test_two_workers_at_once_compute_each_follow_up_once(slack: Slack, calls: list[FollowUp]) -> None:
    versions = {row.id: row.version for row in await open_calls(slack)}
    await slack.command(slack.admin, "/loan-team calendar nov 27 off")
    async with slack.office.desk(slack.workspace) as first:
        await recomputations.recompute_pending(first)
        if not slack.office.database.is_sqlite:  # it has one writer
            async with slack.office.desk(slack.workspace) as second:
                await recomputations.recompute_pending(second)
    await recompute_all(slack)

    rows = await open_calls(slack)
    assert {row.remind_at for row in rows} == {NEXT_MORNING}
    assert {row.id: row.version - 1 for row in rows} == versions


async def test_hours_of_a_member_with_many_calls(slack: Slack, calls: list[FollowUp]) -> None:
    hours = await slack.command(slack.agent, "/loan-team hours @agent 10:00-19:00")

    assert hours.text == f"<@UAGENT> now works 10:00-19:00 mon-fri.\nBefore: 09:00-18:00 mon-fri.\n{UNDER_WAY}"
    await slack.at("2026-11-27 09:00")
    assert reminded(slack, slack.other), "those of others are not held up"
    assert not reminded(slack, slack.agent)
    await slack.at("2026-11-27 10:00")
    assert reminded(slack, slack.agent)


async def test_a_call_that_cannot_be_computed_keeps_its_time_and_holds_up_no_other(
    slack: Slack, calls: list[FollowUp]
) -> None:
    await slack.change(slack.other, zone="Nowhere/Land")

    await slack.command(slack.admin, "/loan-team calendar nov 27 off")
    await recompute_all(slack)

    rows = await open_calls(slack)
    assert {row.remind_at for row in rows if row.assignee_id == slack.agent.id} == {NEXT_MORNING}
    assert await pending(slack) == []
