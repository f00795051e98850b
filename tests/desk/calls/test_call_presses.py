"""Buttons: logging a call from a reminder, and adding to a logged call. Now is Wednesday 10:00."""

import asyncio
from typing import Any

import pytest

from desk.calls.additions import answer_another, nothing_needed, plan_next
from desk.calls.calls import log_again, log_call_on
from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.calls.views import CallLogged
from desk.core.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from desk.core.transaction import Office
from desk.core.undo import take_back
from desk.core.values import Due
from storage.engine.types import new_id
from storage.tables import AuditEntry, Call, FollowUp, Member, Workspace
from tests.builders import make_member
from tests.desk.lins_desk import LinsDesk, at, desk10, due

__all__ = ["desk10"]


class Buttons:
    """Presses buttons as Lin."""

    def __init__(self, desk10: LinsDesk) -> None:
        self.at = desk10

    async def press(self, act: Any, *values: Any, who: Member | None = None, **more: Any) -> CallLogged:
        async with self.at.office.desk(self.at.workspace, who or self.at.lin) as desk:
            return await act(desk, *values, **more)

    async def refused(self, act: Any, *values: Any, who: Member | None = None, **more: Any) -> DeskError:
        with pytest.raises(DeskError) as refused:
            await self.press(act, *values, who=who, **more)
        return refused.value


@pytest.fixture
def buttons(desk10: LinsDesk) -> Buttons:
    return Buttons(desk10)


# One tap on a reminder.


async def test_one_tap_logs_the_call_that_the_reminder_is_about(desk10: LinsDesk, buttons: Buttons) -> None:
    await desk10.follow_up("documents", "2026-11-25 09:00")
    later = await desk10.follow_up("conditions", "2026-12-01")
    answer = await buttons.press(log_call_on, later.id, later.version, "reached")
    assert answer.answered is not None
    assert (answer.answered.id, answer.answered.state) == (later.id, "done")


async def test_a_press_on_a_changed_follow_up_says_who_changed_it(desk10: LinsDesk, buttons: Buttons) -> None:
    follow_up = await desk10.follow_up()
    await desk10.says("no_answer")
    refused = await buttons.refused(log_call_on, follow_up.id, follow_up.version, "reached")
    assert (refused.code, refused.params) == (
        "follow_up_changed",
        {"name": "L-1042/1", "who": "ULIN", "at": desk10.clock.now()},
    )


async def test_a_press_on_a_closed_follow_up_says_who_closed_it(desk10: LinsDesk, buttons: Buttons) -> None:
    follow_up = await desk10.follow_up()
    await desk10.says("reached")
    refused = await buttons.refused(log_call_on, follow_up.id, follow_up.version, "reached")
    assert (refused.code, refused.params["who"]) == ("follow_up_closed", "ULIN")


async def test_of_two_simultaneous_presses_one_wins(
    desk10: LinsDesk, buttons: Buttons, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager")
    follow_up = await desk10.follow_up()
    answers = await asyncio.gather(
        buttons.press(log_call_on, follow_up.id, follow_up.version, "no_answer"),
        buttons.press(log_call_on, follow_up.id, follow_up.version, "no_answer", who=boss),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["CallLogged", "Conflict"]
    assert (await desk10.row(FollowUp, follow_up.id)).attempts == 1


async def test_a_press_by_a_member_who_is_not_responsible_is_refused(
    desk10: LinsDesk, buttons: Buttons, office: Office, workspace: Workspace
) -> None:
    wu = await make_member(office, workspace, "UWU")
    follow_up = await desk10.follow_up()
    refused = await buttons.refused(log_call_on, follow_up.id, follow_up.version, "reached", who=wu)
    assert isinstance(refused, NotAllowed)
    assert refused.code == "others_may_act"


async def test_a_button_of_another_workspace_is_refused(desk10: LinsDesk, buttons: Buttons) -> None:
    assert isinstance(await buttons.refused(log_call_on, new_id(), 1, "reached"), NotFound)


# Log another.


async def test_logging_another_call_counts_another_attempt(desk10: LinsDesk, buttons: Buttons) -> None:
    follow_up = await desk10.follow_up()
    first = await desk10.says("no_answer", details=CallDetails(note="rang out"), line="x")
    again = await buttons.press(log_again, first.call_id, keeps_plan=False)
    assert again.note == "rang out"
    assert again.call_id != first.call_id
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at) == (2, at("2026-11-25 13:00"))


async def test_logging_another_call_keeps_a_typed_plan(desk10: LinsDesk, buttons: Buttons) -> None:
    follow_up = await desk10.follow_up()
    first = await desk10.says("no_answer", next_step=NextStep(due("2026-11-27 15:00")), line="x")
    await buttons.press(log_again, first.call_id, keeps_plan=True)
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at) == (2, at("2026-11-27 15:00"))


async def test_logging_another_callback_adds_no_second_plan(desk10: LinsDesk, buttons: Buttons) -> None:
    await desk10.follow_up()
    first = await desk10.says("call_back", next_step=NextStep(due("2026-11-27 15:00")), line="x")
    again = await buttons.press(log_again, first.call_id, keeps_plan=True)
    assert (again.answered, again.planned) == (None, None)
    assert [f.due.at for f in again.still_open] == [at("2026-11-27 15:00")]
    assert len(await desk10.all(Call)) == 2


async def test_logging_another_call_answers_the_retry_planned_by_the_first(desk10: LinsDesk, buttons: Buttons) -> None:
    first = await desk10.says("no_answer", line="x")
    again = await buttons.press(log_again, first.call_id, keeps_plan=False)
    assert again.answered is not None
    assert again.answered.attempts == 2


async def test_another_members_call_or_an_undone_one_cannot_be_repeated(
    desk10: LinsDesk, buttons: Buttons, office: Office, workspace: Workspace
) -> None:
    wu = await make_member(office, workspace, "UWU")
    first = await desk10.says("reached", line="x")
    assert (await buttons.refused(log_again, first.call_id, keeps_plan=False, who=wu)).code == "call_not_yours"
    await desk10.undo(first)
    assert (await buttons.refused(log_again, first.call_id, keeps_plan=False)).code == "call_undone"
    assert (await buttons.refused(log_again, new_id(), keeps_plan=False)).code == "unknown_call"


# It answers another as well.


async def test_a_later_follow_up_can_be_marked_as_answered(desk10: LinsDesk, buttons: Buttons) -> None:
    later = await desk10.follow_up("documents", "2026-12-01")
    logged = await desk10.says("reached")
    [offered] = logged.others
    answer = await buttons.press(answer_another, logged.call_id, offered.id, offered.version, keeps_plan=False)
    assert await desk10.state(later) == "done"
    assert (await desk10.row(Call, logged.call_id)).follow_up_id == later.id
    assert answer.asks
    assert answer.offers


async def test_an_attempt_at_a_later_follow_up_moves_it(desk10: LinsDesk, buttons: Buttons) -> None:
    later = await desk10.follow_up("documents", "2026-12-01")
    logged = await desk10.says("no_answer")
    [offered] = logged.others
    await buttons.press(answer_another, logged.call_id, offered.id, offered.version, keeps_plan=False)
    row = await desk10.row(FollowUp, later.id)
    assert (row.attempts, row.due_at) == (1, at("2026-11-25 13:00"))


async def test_a_plan_typed_with_the_attempt_is_kept(desk10: LinsDesk, buttons: Buttons) -> None:
    later = await desk10.follow_up("documents", "2026-12-01 11:00")
    logged = await desk10.says("no_answer", next_step=NextStep(due("2026-11-27 15:00")))
    [offered] = logged.others
    await buttons.press(
        answer_another, logged.call_id, offered.id, offered.version, keeps_plan=logged.planned is not None
    )
    row = await desk10.row(FollowUp, later.id)
    assert (row.attempts, row.due_at) == (1, at("2026-12-01 11:00"))


async def test_the_press_and_the_call_are_undone_one_after_the_other(desk10: LinsDesk, buttons: Buttons) -> None:
    later = await desk10.follow_up("documents", "2026-12-01")
    logged = await desk10.says("reached")
    [offered] = logged.others
    more = await buttons.press(answer_another, logged.call_id, offered.id, offered.version, keeps_plan=False)
    with pytest.raises(Conflict, match="undo_built_on"):
        await desk10.undo(logged)
    await desk10.undo(more)
    assert await desk10.state(later) == "open"
    assert (await desk10.row(Call, logged.call_id)).follow_up_id is None
    await desk10.undo(logged)
    assert (await desk10.row(Call, logged.call_id)).undone_at == desk10.clock.now()


async def test_a_stale_offer_is_refused(desk10: LinsDesk, buttons: Buttons) -> None:
    later = await desk10.follow_up("documents", "2026-12-01")
    logged = await desk10.says("reached")
    await desk10.says("reached", n=later.number)
    refused = await buttons.refused(answer_another, logged.call_id, later.id, later.version, keeps_plan=False)
    assert refused.code == "follow_up_closed"


async def test_an_outcome_cannot_answer_a_follow_up_it_does_not_fit(desk10: LinsDesk, buttons: Buttons) -> None:
    repayment = await desk10.follow_up("repayment", "2026-12-01")
    logged = await desk10.says("confirmed")
    assert logged.others == ()
    refused = await buttons.refused(answer_another, logged.call_id, repayment.id, 1, keeps_plan=False)
    assert isinstance(refused, Invalid)
    assert refused.code == "outcome_answers_other"


# What is next.


async def test_an_offered_next_step_is_planned_by_one_press(desk10: LinsDesk, buttons: Buttons) -> None:
    await desk10.follow_up("income")
    logged = await desk10.says("reached")
    offer = logged.offers[0]
    answer = await buttons.press(plan_next, logged.call_id, offer.due, offer.purpose, next_number=logged.next_number)
    assert answer.planned is not None
    planned = answer.planned.follow_up
    assert (planned.purpose, planned.due.at, planned.assignee) == ("income", at("2026-11-25 12:00"), "ULIN")
    assert (answer.call_id, answer.asks) == (logged.call_id, False)


async def test_two_presses_plan_one_step(desk10: LinsDesk, buttons: Buttons) -> None:
    logged = await desk10.says("reached")
    answers = await asyncio.gather(
        *(
            buttons.press(plan_next, logged.call_id, offer.due, offer.purpose, next_number=logged.next_number)
            for offer in logged.offers
        ),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["CallLogged", "Conflict", "Conflict"]
    assert len(await desk10.all(FollowUp)) == 1


async def test_an_offer_that_is_no_longer_valid_is_refused(desk10: LinsDesk, buttons: Buttons) -> None:
    logged = await desk10.says("reached")
    desk10.clock.advance(days=2)
    offer = logged.offers[0]
    refused = await buttons.refused(plan_next, logged.call_id, offer.due, offer.purpose, next_number=logged.next_number)
    assert refused.code == "offer_past"


async def test_the_planned_step_and_the_call_are_undone_separately(desk10: LinsDesk, buttons: Buttons) -> None:
    follow_up = await desk10.follow_up()
    logged = await desk10.says("reached")
    offer = logged.offers[1]
    planned = await buttons.press(plan_next, logged.call_id, offer.due, offer.purpose, next_number=logged.next_number)
    await desk10.undo(logged)
    assert await desk10.state(follow_up) == "open"
    assert planned.undo_id is not None
    async with desk10.office.desk(desk10.workspace, desk10.lin) as desk:
        assert (await take_back(desk, planned.undo_id)).restored == 1


async def test_an_offered_retry_counts_the_attempt(desk10: LinsDesk, buttons: Buttons) -> None:
    await desk10.follow_up("documents", "2026-12-01")
    logged = await desk10.says("no_answer")
    [offer] = logged.offers
    answer = await buttons.press(plan_next, logged.call_id, offer.due, offer.purpose, next_number=logged.next_number)
    assert answer.planned is not None
    assert (answer.planned.follow_up.attempts, answer.planned.follow_up.due) == (
        1,
        Due(on=at("2026-11-25 13:00").date(), at=at("2026-11-25 13:00")),
    )


async def test_nothing_needed_is_recorded_and_not_asked_again(desk10: LinsDesk, buttons: Buttons) -> None:
    logged = await desk10.says("reached")
    assert logged.asks
    answer = await buttons.press(nothing_needed, logged.call_id)
    assert (answer.asks, answer.offers) == (False, ())
    assert "nothing_needed" in [entry.act for entry in await desk10.all(AuditEntry)]
