"""Logging a call: its effect on the answered follow-up, and what is stored. Now is Wednesday 10:00."""

import asyncio
from datetime import date

import pytest

from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.calls.views import CallLogged, RepeatedCall
from desk.core.errors import Invalid
from desk.core.transaction import Office
from storage.tables import AuditEntry, Borrower, Call, Escalation, FollowUp, Notice, Workspace
from tests.builders import make_follow_up, make_loan, make_manager, make_member, make_team
from tests.desk.lins_desk import LinsDesk, at, desk10, due

__all__ = ["desk10"]


@pytest.mark.parametrize("outcome", ["reached", "refused", "withdrew"])
async def test_a_conversation_finishes_the_follow_up_and_the_desk_asks_for_the_next_step(
    desk10: LinsDesk, outcome: str
) -> None:
    follow_up = await desk10.follow_up()
    answer = await desk10.says(outcome)
    assert answer.answered is not None
    assert (answer.answered.number, answer.answered.state) == (1, "done")
    assert answer.planned is None
    assert answer.asks
    assert [offer.due.at for offer in answer.offers] == [
        at("2026-11-25 12:00"),
        at("2026-11-26 09:00"),
        at("2026-11-27 10:00"),
    ]
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.state, row.closed_by_id, row.remind_at) == ("done", desk10.lin.id, None)


async def test_the_outcome_confirmed_finishes_a_verification(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("income")
    answer = await desk10.says("confirmed")
    assert await desk10.state(follow_up) == "done"
    assert answer.asks


@pytest.mark.parametrize("outcome", ["no_answer", "busy", "voicemail"])
async def test_an_unanswered_call_is_retried_after_three_working_hours(desk10: LinsDesk, outcome: str) -> None:
    follow_up = await desk10.follow_up()
    answer = await desk10.says(outcome)
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.state, row.attempts, row.due_at, row.remind_at) == ("open", 1, at("2026-11-25 13:00"), row.due_at)
    assert answer.planned is not None
    assert answer.by_rule
    assert answer.planned.follow_up.id == follow_up.id
    assert not answer.offers


async def test_the_third_attempt_of_a_day_waits_for_the_next_working_morning(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    for _ in range(2):
        await desk10.says("no_answer")
        desk10.clock.advance(minutes=10)
    await desk10.says("busy")
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at) == (3, at("2026-11-26 09:00"))


async def test_yesterdays_attempts_do_not_count_today(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up(when="2026-11-26 12:00")
    for _ in range(3):
        await desk10.says("no_answer", n=1)
    desk10.clock.set("2026-11-26T09:30:00+08:00")
    await desk10.says("no_answer")
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at) == (4, at("2026-11-26 12:30"))


async def test_undone_attempts_do_not_count(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    for _ in range(2):
        await desk10.undo(await desk10.says("no_answer"))
    await desk10.says("no_answer")
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at) == (1, at("2026-11-25 13:00"))


async def test_an_unreachable_phone_is_tried_on_the_next_working_morning(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    await desk10.says("unreachable")
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.state, row.attempts, row.due_at) == ("open", 1, at("2026-11-26 09:00"))


async def test_a_wrong_number_is_marked_and_finding_the_right_one_is_planned_next_morning(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    answer = await desk10.says("wrong_number")
    assert (await desk10.row(FollowUp, follow_up.id)).due_at == at("2026-11-26 09:00")
    assert (await desk10.row(Borrower, desk10.loan.borrower_id)).phone_wrong_at == desk10.clock.now()
    await desk10.undo(answer)
    assert (await desk10.row(Borrower, desk10.loan.borrower_id)).phone_wrong_at is None


@pytest.mark.parametrize("outcome", ["call_back", "promised"])
async def test_an_agreed_call_needs_a_day(desk10: LinsDesk, outcome: str) -> None:
    follow_up = await desk10.follow_up("overdue")
    refused = await desk10.refuses(outcome)
    assert (refused.code, refused.params) == ("next_missing", {"outcome": outcome, "loan": "L-1042"})
    assert await desk10.state(follow_up) == "open"
    assert await desk10.all(Call) == []


async def test_a_callback_finishes_one_follow_up_and_plans_the_next(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("documents")
    answer = await desk10.says("call_back", next_step=NextStep(due("2026-11-27 15:00"), None, "after work"))
    assert await desk10.state(follow_up) == "done"
    assert answer.planned is not None
    planned = answer.planned.follow_up
    assert (planned.number, planned.purpose, planned.due.at) == (2, "documents", at("2026-11-27 15:00"))
    assert not answer.by_rule


async def test_a_promise_is_followed_up_on_the_day_promised(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("overdue", instalment_on=date(2026, 11, 10))
    answer = await desk10.says("promised", next_step=NextStep(due("2026-11-30")))
    assert await desk10.state(follow_up) == "done"
    assert answer.planned is not None
    row = await desk10.row(FollowUp, answer.planned.follow_up.id)
    assert (row.purpose, row.due_on, row.due_at) == ("promise", date(2026, 11, 30), None)
    assert row.instalment_on == date(2026, 11, 10)


async def test_the_managers_channel_is_notified_of_a_refusal(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    team = await make_team(office, workspace, "West", manager_channel_id="CMANAGERS")
    wu = await make_member(office, workspace, "UWU", team_id=team.id)
    loan = await make_loan(office, workspace, "L-7", owner=wu, stage="disbursed")
    follow_up = await make_follow_up(office, loan, wu, purpose="overdue", due_at=at("2026-11-25 11:00"))
    desk10.loan = loan
    answer = await desk10.says("refused", wu)
    assert answer.managers_told
    [notice] = await desk10.all(Notice)
    assert (notice.kind, notice.target, notice.about_loan_id) == ("escalation", "CMANAGERS", loan.id)
    [escalation] = await desk10.all(Escalation)
    assert notice.facts == {"escalation": str(escalation.id)}
    assert (escalation.kind, escalation.call_id) == ("refused", answer.call_id)
    assert await desk10.state(follow_up) == "done"


async def test_undoing_a_refusal_corrects_the_notice_to_the_managers(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager")
    await desk10.undo(await desk10.says("refused"))
    [notice] = await desk10.all(Notice)
    assert (notice.to_id, notice.wanted) == (boss.id, 2)


async def test_without_a_channel_each_manager_but_the_caller_is_notified_of_a_refusal(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    team = await make_team(office, workspace, "West")
    wu = await make_member(office, workspace, "UWU", team_id=team.id)
    boss = await make_manager(office, workspace, team, "UBOSS")
    other = await make_manager(office, workspace, team, "UOTHER")
    desk10.loan = await make_loan(office, workspace, "L-7", owner=wu)
    await desk10.says("refused", boss)
    assert [notice.to_id for notice in await desk10.all(Notice)] == [other.id]


async def test_the_same_line_within_two_minutes_asks_first(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    first = await desk10.says("no_answer", line="l-1042 未接")
    desk10.clock.advance(seconds=119)
    again = await desk10.types("no_answer", line="l-1042  未接 ")
    assert again == RepeatedCall(first.call_id, first.at, "L-1042", keeps_plan=False)
    assert (await desk10.row(FollowUp, follow_up.id)).attempts == 1
    assert len(await desk10.all(Call)) == 1


async def test_a_similar_line_later_by_another_member_or_with_other_words_is_another_call(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager")
    await desk10.says("no_answer", line="l-1042 na")
    await desk10.says("no_answer", boss, line="l-1042 na")
    await desk10.says("no_answer", line="l-1042 na again")
    desk10.clock.advance(minutes=2, seconds=1)
    await desk10.says("no_answer", line="l-1042 na")
    assert len(await desk10.all(Call)) == 4


async def test_a_line_can_be_typed_again_after_its_undo(desk10: LinsDesk) -> None:
    await desk10.undo(await desk10.says("reached", line="l-1042 reached"))
    assert isinstance(await desk10.types("reached", line="l-1042 reached"), CallLogged)


async def test_the_same_line_twice_at_once_is_one_call(desk10: LinsDesk) -> None:
    await desk10.follow_up()
    answers = await asyncio.gather(*(desk10.types("no_answer", line="l-1042 na") for _ in range(2)))
    assert sorted(type(answer).__name__ for answer in answers) == ["CallLogged", "RepeatedCall"]


async def test_two_people_at_once_on_one_loan_leave_it_consistent(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager", team_id=desk10.lin.team_id)
    follow_up = await desk10.follow_up("conditions")
    step = NextStep(due("2026-11-27 15:00"))
    answers = await asyncio.gather(desk10.says("reached", next_step=step), desk10.says("reached", boss, next_step=step))
    assert sorted(answer.answered is not None for answer in answers) == [False, True]
    numbers = sorted(row.number for row in await desk10.all(FollowUp))
    assert numbers == [1, 2, 3]
    assert await desk10.state(follow_up) == "done"


async def test_many_attempts_at_once_are_all_counted(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    await asyncio.gather(*(desk10.says("no_answer", n=1) for _ in range(4)))
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.version, len(await desk10.all(Call))) == (4, 5, 4)


async def test_a_note_is_stored_as_typed_and_encrypted(desk10: LinsDesk) -> None:
    typed = "<!channel> *x* =1+1；ＡＢＣ，她说：明天"
    answer = await desk10.says("reached", details=CallDetails(note=typed))
    assert answer.note == typed
    [call] = await desk10.all(Call)
    assert typed.encode() not in (call.note_cipher or b"")
    trail = str([(entry.act, entry.details) for entry in await desk10.all(AuditEntry)])
    assert "channel" not in trail


async def test_the_caller_is_in_the_audit_trail(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    answer = await desk10.says("reached")
    [entry] = [entry for entry in await desk10.all(AuditEntry) if entry.act == "call"]
    assert (entry.actor_id, entry.loan_id, entry.subject_id) == (desk10.lin.id, desk10.loan.id, follow_up.id)
    assert entry.details == {"outcome": "reached", "call": str(answer.call_id)}


async def test_undo_restores_everything_that_a_call_changed(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    raised = {"version", "updated_at"}  # by every write
    before = (await desk10.row(FollowUp, follow_up.id)).model_dump(exclude=raised)
    answer = await desk10.says("call_back", next_step=NextStep(due("2026-11-27 15:00")))
    desk10.clock.advance(minutes=4)
    await desk10.undo(answer)
    assert (await desk10.row(FollowUp, follow_up.id)).model_dump(exclude=raised) == before
    assert answer.planned is not None
    assert (await desk10.row(FollowUp, answer.planned.follow_up.id)).state == "undone"
    [call] = await desk10.all(Call)
    assert call.undone_at == desk10.clock.now()


async def test_a_call_with_a_past_day_is_refused_and_logs_nothing(desk10: LinsDesk) -> None:
    desk10.clock.set("2026-11-25T18:30:00+08:00")
    with pytest.raises(Invalid, match="due_after_work"):
        await desk10.types("call_back", next_step=NextStep(due("2026-11-25")))
    assert await desk10.all(Call) == []
