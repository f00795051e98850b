"""A handover of many loans is noted at once, and the worker carries it out, and its Undo, in batches. Now is Wednesday 10:00."""

from collections import Counter
from typing import Any

import pytest
from sqlmodel import select

from bot import worker
from desk.core import recomputations
from desk.core.recomputations import recompute_pending
from desk.handover import batches
from sandbox import Message, Modal
from storage.tables import Assignment, FollowUp, Handover, Loan, Member, Recomputation, Undo
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown

UNDER_WAY = (
    "This is under way. You get a message when it is done; until then nobody is reminded of what has yet to move."
)
GOING_BACK = "The loans are going back. You get a message when it is done, with those that stay because they changed."


@pytest.fixture(autouse=True)
async def loans(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five loans of the agent, each with a call on Friday; more than two are many, and a batch has two."""
    monkeypatch.setattr(recomputations, "AT_ONCE", 2)
    monkeypatch.setattr(batches, "BATCH", 2)
    for number in range(1, 6):
        await make_loan(slack.office, slack.workspace, f"A-{number}", owner=slack.agent)
        await slack.command(slack.agent, f"/loan-follow A-{number} nov 27 documents")


async def work_once(slack: Slack) -> bool:
    async with slack.office.desk(slack.workspace) as desk:
        return await recompute_pending(desk)


async def work(slack: Slack) -> None:
    while await work_once(slack):
        pass


async def owners(slack: Slack) -> Counter[str]:
    """Return how many loans and open follow-ups each member has, by name."""
    async with slack.office.database.reading() as session:
        people = {m.id: m.name for m in await session.exec(select(Member))}
        rows = list(await session.exec(select(Loan.owner_id)))
        rows += await session.exec(select(FollowUp.assignee_id).where(FollowUp.state == "open"))
        return Counter(people[row] for row in rows if row)


async def reassigned(slack: Slack) -> Message:
    preview = (await slack.command(slack.manager, "/loan-reassign @agent @other on leave")).message
    assert preview is not None
    return shown(await slack.press(slack.manager, preview, "Reassign now"))


def about(slack: Slack, who: Member) -> list[str]:
    return [text for text in slack.texts(who) if "eassigned" in text]


async def test_a_large_handover_is_noted_at_once_and_carried_out_by_the_worker(slack: Slack) -> None:
    done = await reassigned(slack)

    assert done.text.splitlines() == [
        "Reassigning from <@UAGENT> to <@UOTHER>:",
        "5 loans · 5 open follow-ups",
        "• application: 5",
        UNDER_WAY,
        "> on leave",
    ]
    assert await owners(slack) == {"Agent": 10}, "the press itself moved nothing"
    await slack.deliver()
    assert await owners(slack) == {"Other": 10}
    assert about(slack, slack.agent) == ["From you to Other, reassigned by Manager:\n5 loans · 5 open follow-ups"]
    assert about(slack, slack.other) == ["From Agent to you, reassigned by Manager:\n5 loans · 5 open follow-ups"]
    assert about(slack, slack.manager) == ["Reassigned from Agent to Other:\n5 loans · 5 open follow-ups"]
    async with slack.office.database.reading() as session:
        why = (await session.exec(select(Assignment).where(Assignment.why_cipher != None))).all()  # noqa: E711
        assert len(why) == 5
        assert (await session.exec(select(Recomputation))).all() == []


async def test_its_undo_is_carried_out_by_the_worker_too_and_names_what_stays(slack: Slack) -> None:
    done = await reassigned(slack)
    await slack.deliver()
    await slack.command(slack.other, "/loan-follow A-3/1 done")

    undone = shown(await slack.press(slack.manager, done, "Undo"))

    assert undone.text == f"Undone: a reassignment.\n{GOING_BACK}"
    assert await owners(slack) == {"Other": 9}
    await slack.deliver()
    assert await owners(slack) == {"Agent": 9}
    for who in (slack.agent, slack.other):
        assert [text.splitlines()[-1] for text in about(slack, who)] == ["This was undone."]
    assert about(slack, slack.manager)[-1].splitlines() == [
        "Reassigned from Agent to Other:",
        "5 loans · 5 open follow-ups",
        "This was undone.",
        "Anything changed since then stays as it is now: A-3.",
    ]


async def test_undo_while_the_handover_is_under_way_stops_it(slack: Slack) -> None:
    done = await reassigned(slack)
    await work_once(slack)
    assert await owners(slack) == {"Agent": 6, "Other": 4}

    await slack.press(slack.manager, done, "Undo")
    await slack.deliver()

    assert await owners(slack) == {"Agent": 10}
    assert about(slack, slack.agent) == about(slack, slack.other) == []
    assert [text.splitlines()[-1] for text in about(slack, slack.manager)] == ["This was undone."]


async def test_nothing_pending_is_announced_to_the_wrong_member(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await reassigned(slack)
    everything = worker.CHORES
    idle = [chore for chore in everything if chore is not recompute_pending]
    monkeypatch.setattr(worker, "CHORES", idle)
    await work_once(slack)
    await slack.at("2026-11-27 09:00")
    assert not any("documents" in text for text in slack.texts(slack.agent))

    monkeypatch.setattr(worker, "CHORES", everything)
    await slack.deliver()
    assert not any("documents" in text for text in slack.texts(slack.agent))
    assert sum("documents" in text for text in slack.texts(slack.other)) == 5
    assert done.text.startswith("Reassigning")


async def test_nothing_that_goes_back_is_announced_to_the_one_who_had_it(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slack.at("2026-11-27 08:57")
    done = await reassigned(slack)
    await work(slack)
    await slack.press(slack.manager, done, "Undo")
    monkeypatch.setattr(worker, "CHORES", [chore for chore in worker.CHORES if chore is not recompute_pending])

    await slack.at("2026-11-27 09:01")

    assert not any("documents" in text for text in slack.texts(slack.other))


async def test_what_changed_hands_meanwhile_stays_and_is_named(slack: Slack) -> None:
    await reassigned(slack)
    await slack.command(slack.manager, "/loan-reassign A-5 @collector")
    await slack.command(slack.agent, "/loan-stage A-4 withdrawn")

    await slack.deliver()

    assert await owners(slack) == {"Other": 6, "Collector": 2, "Agent": 1}
    assert about(slack, slack.other)[0].splitlines()[-1] == "3 loans · 3 open follow-ups"
    assert about(slack, slack.manager)[0].splitlines() == [
        "Reassigned from Agent to Other:",
        "3 loans · 3 open follow-ups",
        "Not reassigned, because they changed hands or were closed meanwhile: A-4, A-5.",
    ]


async def test_a_worker_that_is_killed_between_two_batches_loses_nothing(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reassigned(slack)
    compute = recomputations._BATCHES["handover"]

    async def killed(desk: Any, work: Recomputation) -> bool:
        await compute(desk, work)
        raise RuntimeError("killed at the end of a batch")

    await work_once(slack)
    with monkeypatch.context() as patched:
        patched.setitem(recomputations._BATCHES, "handover", killed)
        with pytest.raises(RuntimeError):
            await work_once(slack)
    assert await owners(slack) == {"Agent": 6, "Other": 4}

    await slack.deliver()
    assert await owners(slack) == {"Other": 10}
    assert about(slack, slack.manager) == ["Reassigned from Agent to Other:\n5 loans · 5 open follow-ups"]


async def test_two_workers_move_each_loan_once(slack: Slack) -> None:
    await reassigned(slack)
    async with slack.office.desk(slack.workspace) as first:
        await recompute_pending(first)
        if not slack.office.database.is_sqlite:  # it has one writer
            async with slack.office.desk(slack.workspace) as second:
                assert not await recompute_pending(second)
    await work(slack)

    async with slack.office.database.reading() as session:
        assert len((await session.exec(select(Assignment))).all()) == 10
    assert await owners(slack) == {"Other": 10}


async def test_a_removed_members_loans_are_handed_over_by_the_worker(slack: Slack) -> None:
    removed = await slack.command(slack.admin, "/loan-team remove @agent to @other")

    assert removed.text.splitlines() == [
        "<@UAGENT> is no longer a member.",
        "Going to <@UOTHER>: 5 loans and 5 open follow-ups.",
        UNDER_WAY,
    ]
    assert await owners(slack) == {"Agent": 10}
    await slack.deliver()
    assert await owners(slack) == {"Other": 10}
    assert about(slack, slack.admin) == ["Reassigned from Agent to Other:\n5 loans · 5 open follow-ups"]

    assert removed.message is not None
    await slack.press(slack.admin, removed.message, "Undo")
    await slack.deliver()
    assert await owners(slack) == {"Agent": 10}
    assert "You own" not in (await slack.command(slack.agent, "/loan-due")).text


async def test_the_form_leaves_a_large_handover_to_the_worker(slack: Slack) -> None:
    form = await slack.form(slack.manager, "/loan-reassign")
    await form.fill("Reassign from", "UAGENT")
    await form.fill("Reassign to", "UOTHER")
    await form.submit()
    assert form.text.splitlines()[:3] == [
        "5 loans · 5 open follow-ups",
        "<@UAGENT>: 5 → 0 loans · 5 → 0 open follow-ups",
        "<@UOTHER>: 0 → 5 loans · 0 → 5 open follow-ups",
    ]

    await form.press("Reassign now")

    assert form.text.startswith("Reassigning: 5 loans · 5 open follow-ups")
    assert UNDER_WAY in form.text
    assert await owners(slack) == {"Agent": 10}
    await slack.deliver()
    assert await owners(slack) == {"Other": 10}


async def spread_over_the_team(slack: Slack) -> Modal:
    """Fill in the form with "Spread evenly" over the agent's team, and confirm it."""
    await slack.command(slack.admin, "/loan-team add @stranger agent East")
    form = await slack.form(slack.manager, "/loan-reassign")
    await form.fill("Reassign from", "UAGENT")
    await form.fill("How to reassign", "balanced")
    await form.fill("Across which team", "East")
    await form.submit()
    assert form.text.splitlines()[:4] == [
        "5 loans · 5 open follow-ups",
        "<@UAGENT>: 5 → 0 loans · 5 → 0 open follow-ups",
        "<@USTRANGER>: 0 → 2 loans · 0 → 2 open follow-ups",
        "<@UOTHER>: 0 → 3 loans · 0 → 3 open follow-ups",
    ]
    await form.press("Reassign now")
    return form


async def test_many_loans_are_spread_over_a_team_by_the_worker(slack: Slack) -> None:
    form = await spread_over_the_team(slack)

    assert form.text.startswith("Reassigning: 5 loans · 5 open follow-ups")
    assert UNDER_WAY in form.text
    assert await owners(slack) == {"Agent": 10}, "the press itself moved nothing"
    await slack.deliver()
    assert await owners(slack) == {"Other": 6, "Stranger": 4}
    assert about(slack, slack.manager) == ["Reassigned from Agent to several members:\n5 loans · 5 open follow-ups"]
    assert about(slack, slack.agent) == [
        "From you to several members, reassigned by Manager:\n5 loans · 5 open follow-ups"
    ]
    assert about(slack, slack.other) == ["From Agent to you, reassigned by Manager:\n3 loans · 3 open follow-ups"]


async def test_in_a_shared_channel_each_message_names_whom_it_is_for(slack: Slack) -> None:
    await slack.change(slack.agent, slack.other, slack.manager, reminder_channel_id=slack.desk_channel)
    await reassigned(slack)
    await slack.deliver()

    posts = [post.text.splitlines()[0] for post in slack.posts(slack.desk_channel) if "eassigned" in post.text]
    assert sorted(posts) == [
        "Agent: from Agent to Other, reassigned by Manager:",
        "Manager: reassigned from Agent to Other:",
        "Other: from Agent to Other, reassigned by Manager:",
    ]


async def test_undo_takes_them_back_from_the_whole_team(slack: Slack) -> None:
    form = await spread_over_the_team(slack)
    await slack.deliver()
    await slack.command(slack.other, "/loan-follow A-1/1 done")

    await form.press("Undo")

    assert GOING_BACK in form.text
    assert await owners(slack) == {"Other": 5, "Stranger": 4}, "the press itself moved nothing"
    await slack.deliver()
    assert await owners(slack) == {"Agent": 9}
    assert about(slack, slack.manager)[-1].splitlines() == [
        "Reassigned from Agent to several members:",
        "5 loans · 5 open follow-ups",
        "This was undone.",
        "Anything changed since then stays as it is now: A-1.",
    ]
    for who in (slack.agent, slack.other):
        assert [text.splitlines()[-1] for text in about(slack, who)] == ["This was undone."]


async def test_undo_stops_the_spreading_and_says_so_once(slack: Slack) -> None:
    form = await spread_over_the_team(slack)
    await work_once(slack)
    assert (await owners(slack))["Agent"] == 6

    await form.press("Undo")
    await slack.deliver()

    assert await owners(slack) == {"Agent": 10}
    assert [text.splitlines()[-1] for text in about(slack, slack.manager)] == ["This was undone."]
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(Recomputation))).all() == []


async def test_nothing_to_be_spread_or_taken_back_is_announced_to_the_wrong_member(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slack.at("2026-11-27 08:57")
    form = await spread_over_the_team(slack)
    everything = worker.CHORES
    monkeypatch.setattr(worker, "CHORES", [chore for chore in everything if chore is not recompute_pending])
    await work_once(slack)
    await slack.at("2026-11-27 09:01")
    assert not any("documents" in text for text in slack.texts(slack.agent))

    await work(slack)
    await form.press("Undo")
    told = len(slack.texts(slack.other))
    await slack.at("2026-11-27 09:02")
    assert len(slack.texts(slack.other)) == told

    monkeypatch.setattr(worker, "CHORES", everything)
    await slack.deliver()
    assert sum("documents" in text for text in slack.texts(slack.agent)) == 5


async def test_two_workers_at_the_last_two_members_report_once(slack: Slack) -> None:
    await spread_over_the_team(slack)
    async with slack.office.desk(slack.workspace) as first:
        await recompute_pending(first)
    await work(slack)
    await slack.deliver()

    assert len(about(slack, slack.manager)) == 1
    assert len(about(slack, slack.agent)) == 1


async def test_who_gives_or_gets_many_loans_is_neither_removed_nor_reassigned_before_that_is_done(slack: Slack) -> None:
    await reassigned(slack)
    for line in ("/loan-team remove @other to @collector", "/loan-team remove @agent to @collector"):
        assert "still being reassigned" in (await slack.command(slack.admin, line)).text
    assert "still being reassigned" in (await slack.command(slack.manager, "/loan-reassign @agent @collector")).text

    await slack.deliver()
    assert "Now with" in (await slack.command(slack.admin, "/loan-team remove @agent to @collector")).text


async def test_who_gets_many_loans_stays_a_member_who_takes_calls_until_that_is_done(slack: Slack) -> None:
    added = (await slack.command(slack.admin, "/loan-team add @stranger agent compliance")).message
    preview = (await slack.command(slack.manager, "/loan-reassign @agent @stranger")).message
    assert added is not None
    assert preview is not None
    await slack.press(slack.manager, preview, "Reassign now")

    assert "still being reassigned" in (await slack.command(slack.admin, "/loan-team drop @stranger agent")).text
    assert "still being reassigned" in shown(await slack.press(slack.admin, added, "Undo")).text
    await slack.deliver()
    assert await owners(slack) == {"Stranger": 10}
    assert "takes no calls" in (await slack.command(slack.admin, "/loan-team drop @stranger agent")).text


async def test_of_two_managers_who_confirm_at_once_one_wins(slack: Slack) -> None:
    first = (await slack.command(slack.manager, "/loan-reassign @agent @other")).message
    second = (await slack.command(slack.admin, "/loan-reassign @agent @collector")).message
    assert first is not None
    assert second is not None
    await slack.press(slack.manager, first, "Reassign now")
    refused = shown(await slack.press(slack.admin, second, "Reassign now"))
    assert "still being reassigned" in refused.text
    await slack.deliver()
    assert await owners(slack) == {"Other": 10}


async def test_what_undo_needs_is_kept_while_the_worker_needs_it_and_deleted_then(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await reassigned(slack)
    await slack.deliver()
    await slack.press(slack.manager, done, "Undo")
    everything = worker.CHORES
    monkeypatch.setattr(worker, "CHORES", [chore for chore in everything if chore is not recompute_pending])
    await slack.later(minutes=30)
    monkeypatch.setattr(worker, "CHORES", everything)
    await slack.later(minutes=1)

    assert await owners(slack) == {"Agent": 10}
    await slack.later(minutes=1)
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(Handover))).all() == []
        assert (await session.exec(select(Undo))).all() == []
