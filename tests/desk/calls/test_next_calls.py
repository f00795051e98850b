"""The follow-up planned after a call: as typed, by the outcome, or by the stage."""

from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.core.transaction import Office
from storage.tables import Call, FollowUp, Workspace
from tests.builders import make_loan, make_member
from tests.desk.lins_desk import LinsDesk, at, desk10, due

__all__ = ["desk10"]


async def test_a_typed_next_step_moves_the_follow_up_that_stays_open(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("documents")
    answer = await desk10.says("no_answer", next_step=NextStep(due("2026-11-27 15:00"), None, "try the office"))
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at, row.purpose) == (1, at("2026-11-27 15:00"), "documents")
    assert len(await desk10.all(FollowUp)) == 1
    assert not answer.by_rule


async def test_a_typed_purpose_changes_the_moved_follow_up(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("documents")
    await desk10.says("no_answer", next_step=NextStep(due("2026-11-27 15:00"), "income"))
    assert (await desk10.row(FollowUp, follow_up.id)).purpose == "income"


async def test_a_retry_without_an_open_follow_up_is_a_new_follow_up(desk10: LinsDesk) -> None:
    answer = await desk10.says("no_answer")
    assert answer.answered is None
    assert answer.planned is not None
    row = await desk10.row(FollowUp, answer.planned.follow_up.id)
    assert (row.attempts, row.due_at, row.rule, row.assignee_id) == (
        1,
        at("2026-11-25 13:00"),
        "retry",
        desk10.lin.id,
    )
    assert row.purpose == "documents"


async def test_the_next_attempt_answers_the_retry(desk10: LinsDesk) -> None:
    first = await desk10.says("no_answer")
    second = await desk10.says("no_answer")
    assert first.planned is not None
    assert second.answered is not None
    assert (second.answered.id, second.answered.attempts) == (first.planned.follow_up.id, 2)


async def test_with_another_call_planned_a_retry_is_only_offered(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-12-01")
    answer = await desk10.says("no_answer")
    assert (answer.planned, len(await desk10.all(FollowUp))) == (None, 1)
    assert [(offer.kind, offer.due.at) for offer in answer.offers] == [("retry", at("2026-11-25 13:00"))]


async def test_a_retry_for_a_named_purpose_is_planned_despite_other_plans(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-12-01")
    answer = await desk10.says("no_answer", details=CallDetails("income"))
    assert answer.planned is not None
    assert (answer.planned.follow_up.purpose, answer.missing) == ("income", "income")


async def test_the_next_purpose_follows_from_the_outcome_or_else_the_stage(desk10: LinsDesk) -> None:
    call_back = await desk10.says("call_back", next_step=NextStep(due("2026-11-27 15:00")))
    promise = await desk10.says("promised", next_step=NextStep(due("2026-11-28")))
    assert call_back.planned is not None
    assert promise.planned is not None
    assert (call_back.planned.follow_up.purpose, promise.planned.follow_up.purpose) == ("documents", "promise")


async def test_the_next_call_is_assigned_to_the_assignee_of_the_last(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    verifier = await make_member(office, workspace, "UVER", roles="verifier")
    await desk10.follow_up("identity", assignee=verifier)
    step = NextStep(due("2026-11-27 15:00"))
    answer = await desk10.says("reached", details=CallDetails("identity"), next_step=step)
    assert answer.planned is not None
    assert answer.planned.follow_up.assignee == "UVER"


async def test_the_next_call_of_a_managers_line_is_assigned_to_the_owner(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager")
    answer = await desk10.says("reached", boss, next_step=NextStep(due("2026-11-27 15:00")))
    assert answer.planned is not None
    assert answer.planned.follow_up.assignee == "ULIN"


async def test_calls_on_an_ended_loan_are_logged_without_a_question(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    desk10.loan = await make_loan(office, workspace, "L-9", owner=desk10.lin, stage="closed")
    answer = await desk10.says("reached", details=CallDetails(note="thanks"))
    assert not answer.asks
    assert answer.offers == ()
    [call] = await desk10.all(Call)
    assert call.outcome == "reached"


async def test_a_planned_time_outside_working_hours_warns_at_once(desk10: LinsDesk) -> None:
    answer = await desk10.says("call_back", next_step=NextStep(due("2026-11-28 23:00")))
    assert answer.planned is not None
    assert {warning.kind for warning in answer.planned.warnings} == {"day_off", "outside_contact_hours"}
    assert answer.planned.suggestion == at("2026-11-30 09:00")


async def test_a_retry_waits_for_the_working_hours_of_its_assignee(desk10: LinsDesk) -> None:
    desk10.clock.set("2026-11-27T16:00:00+08:00")
    follow_up = await desk10.follow_up("documents", "2026-11-27 12:00")
    await desk10.says("no_answer")
    assert (await desk10.row(FollowUp, follow_up.id)).due_at == at("2026-11-30 10:00")
