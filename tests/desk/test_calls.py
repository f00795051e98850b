"""Logging a call: what becomes of the follow-up that it answers, and what is planned next. Now is Wednesday 10:00."""

import asyncio
from datetime import date
from typing import Any

import pytest

from desk.answering import Said
from desk.assigning import assign_follow_up
from desk.call_views import AlreadyLogged, CallLogged
from desk.consequences import NextStep
from desk.desk import Office
from desk.due import Due
from desk.errors import Conflict, Invalid, NotAllowed
from desk.refs import LoanRef
from storage.tables import AuditEntry, Borrower, Call, FollowUp, Loan, Notice, Workspace
from tests.builders import make_follow_up, make_loan, make_manager, make_member, make_team
from tests.desk.lins_desk import LinsDesk, at, desk10, due

__all__ = ["desk10"]

# What becomes of it: every row of the table of outcomes.


@pytest.mark.parametrize("outcome", ["reached", "refused", "withdrew"])
async def test_who_was_spoken_to_is_done_with_and_the_desk_asks_what_is_next(desk10: LinsDesk, outcome: str) -> None:
    follow_up = await desk10.follow_up()
    answer = await desk10.says(outcome)
    assert answer.answered is not None
    assert (answer.answered.number, answer.answered.state) == (1, "done")
    assert answer.planned is None
    assert answer.asks
    assert [offer.due.at for offer in answer.offers] == [at("2026-11-26 10:00"), at("2026-11-26 09:00")]
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.state, row.closed_by_id, row.remind_at) == ("done", desk10.lin.id, None)


async def test_confirmed_ends_a_verification(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("income")
    answer = await desk10.says("confirmed")
    assert await desk10.state(follow_up) == "done"
    assert answer.asks


@pytest.mark.parametrize("outcome", ["no_answer", "busy", "voicemail"])
async def test_who_was_not_reached_is_called_again_after_three_working_hours(desk10: LinsDesk, outcome: str) -> None:
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


async def test_attempts_of_yesterday_do_not_count_today(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up(when="2026-11-26 12:00")
    for _ in range(3):
        await desk10.says("no_answer", n=1)
    desk10.clock.set("2026-11-26T09:30:00+08:00")
    await desk10.says("no_answer")
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at) == (4, at("2026-11-26 12:30"))


async def test_attempts_taken_back_do_not_count(desk10: LinsDesk) -> None:
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


async def test_a_wrong_number_is_marked_and_the_right_one_to_be_found_next_morning(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    answer = await desk10.says("wrong_number")
    assert (await desk10.row(FollowUp, follow_up.id)).due_at == at("2026-11-26 09:00")
    assert (await desk10.row(Borrower, desk10.loan.borrower_id)).phone_wrong_at == desk10.clock.now()
    await desk10.undo(answer)
    assert (await desk10.row(Borrower, desk10.loan.borrower_id)).phone_wrong_at is None


@pytest.mark.parametrize("outcome", ["call_back", "promised"])
async def test_an_agreed_call_needs_its_day(desk10: LinsDesk, outcome: str) -> None:
    follow_up = await desk10.follow_up("overdue")
    refused = await desk10.refuses(outcome)
    assert (refused.code, refused.params) == ("next_missing", {"outcome": outcome, "loan": "L-1042"})
    assert await desk10.state(follow_up) == "open"
    assert await desk10.all(Call) == []


async def test_a_call_back_ends_one_follow_up_and_makes_the_next(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("income")
    answer = await desk10.says("call_back", next_step=NextStep(due("2026-11-27 15:00"), None, "after work"))
    assert await desk10.state(follow_up) == "done"
    assert answer.planned is not None
    planned = answer.planned.follow_up
    assert (planned.number, planned.purpose, planned.due.at) == (2, "income", at("2026-11-27 15:00"))
    assert not answer.by_rule


async def test_a_promise_is_followed_up_on_the_day_promised(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("overdue", instalment_on=date(2026, 11, 10))
    answer = await desk10.says("promised", next_step=NextStep(due("2026-11-30")))
    assert await desk10.state(follow_up) == "done"
    assert answer.planned is not None
    row = await desk10.row(FollowUp, answer.planned.follow_up.id)
    assert (row.purpose, row.due_on, row.due_at) == ("promise", date(2026, 11, 30), None)
    assert row.instalment_on == date(2026, 11, 10)


async def test_a_refusal_is_told_to_the_managers_channel(
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
    assert (notice.kind, notice.target, notice.about_loan_id) == ("manager_told", "CMANAGERS", loan.id)
    assert notice.facts == {"why": "refused", "call": str(answer.call_id)}
    assert await desk10.state(follow_up) == "done"


async def test_a_refusal_taken_back_is_corrected_where_the_managers_read_it(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager")
    await desk10.undo(await desk10.says("refused"))
    [notice] = await desk10.all(Notice)
    assert (notice.to_id, notice.wanted) == (boss.id, 2)


async def test_without_a_channel_each_manager_hears_of_a_refusal_but_not_from_themselves(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    team = await make_team(office, workspace, "West")
    wu = await make_member(office, workspace, "UWU", team_id=team.id)
    boss = await make_manager(office, workspace, team, "UBOSS")
    other = await make_manager(office, workspace, team, "UOTHER")
    desk10.loan = await make_loan(office, workspace, "L-7", owner=wu)
    await desk10.says("refused", boss)
    assert [notice.to_id for notice in await desk10.all(Notice)] == [other.id]


# Paid.


@pytest.fixture
async def repaying(desk10: LinsDesk, office: Office, workspace: Workspace) -> LinsDesk:
    """The same desk with L-2000, disbursed, whose instalments fall due on the 15th."""
    desk10.loan = await make_loan(office, workspace, "L-2000", owner=desk10.lin, stage="disbursed", due_day=15)
    return desk10


async def test_a_payment_settles_its_instalment_and_the_next_one_is_planned(repaying: LinsDesk) -> None:
    reminder = await repaying.follow_up("repayment", instalment_on=date(2026, 12, 15))
    answer = await repaying.says("paid")
    assert await repaying.state(reminder) == "done"
    assert (answer.paid, answer.by_rule) == (date(2026, 12, 15), True)
    assert answer.planned is not None
    row = await repaying.row(FollowUp, answer.planned.follow_up.id)
    assert (row.purpose, row.instalment_on, row.due_on) == ("repayment", date(2027, 1, 15), date(2027, 1, 12))
    assert (await repaying.row(Loan, repaying.loan.id)).paid_through == date(2026, 12, 15)


async def test_a_payment_ends_every_call_about_that_instalment_due_or_not_and_no_other(
    repaying: LinsDesk, office: Office, workspace: Workspace
) -> None:
    collector = await make_member(office, workspace, "UCOLL", roles="collector")
    overdue = await repaying.follow_up("overdue", instalment_on=date(2026, 11, 15), assignee=collector)
    promise = await repaying.follow_up("promise", "2026-12-01", instalment_on=date(2026, 11, 15))
    typed = await repaying.follow_up("overdue", "2026-12-02")
    december = await repaying.follow_up("repayment", "2026-12-10", instalment_on=date(2026, 12, 15))
    walk_through = await repaying.follow_up("plan", "2026-12-03")
    problem = await repaying.follow_up("problem", "2026-11-25 17:00")

    answer = await repaying.says("paid")

    states = [await repaying.state(f) for f in (overdue, promise, typed, december, walk_through, problem)]
    assert states == ["done", "done", "done", "open", "open", "open"]
    assert answer.paid == date(2026, 11, 15)
    assert {f.number for f in answer.settled} | {answer.answered.number if answer.answered else 0} == {1, 2, 3}


async def test_a_payment_on_an_overdue_call_that_was_planned_by_hand_is_for_the_instalment_that_fell_due(
    repaying: LinsDesk, office: Office, workspace: Workspace
) -> None:
    december = await repaying.follow_up("repayment", "2026-12-10", instalment_on=date(2026, 12, 15))
    async with office.desk(workspace, repaying.lin) as desk:
        await assign_follow_up(
            desk,
            loan=LoanRef("L-2000", "L-2000"),
            who=None,
            due=Due(date(2026, 11, 25)),
            purpose="overdue",
            note="",
        )
    answer = await repaying.says("paid")
    assert answer.paid == date(2026, 11, 15)
    assert await repaying.state(december) == "open"


async def test_a_payment_of_arrears_leads_to_the_next_instalment_in_arrears(
    repaying: LinsDesk, office: Office, workspace: Workspace
) -> None:
    async with office.desk(workspace) as desk:
        (await desk.session.get_one(Loan, repaying.loan.id)).unpaid_since = date(2026, 10, 15)
    await repaying.follow_up("overdue", instalment_on=date(2026, 10, 15))
    first = await repaying.says("paid")
    loan = await repaying.row(Loan, repaying.loan.id)
    assert (first.paid, loan.paid_through, loan.unpaid_since) == (
        date(2026, 10, 15),
        date(2026, 10, 15),
        date(2026, 11, 15),
    )
    assert first.planned is not None
    assert first.planned.follow_up.purpose == "overdue"

    second = await repaying.says("paid")
    loan = await repaying.row(Loan, repaying.loan.id)
    assert (second.paid, loan.paid_through, loan.unpaid_since) == (date(2026, 11, 15), date(2026, 11, 15), None)
    assert second.planned is not None
    assert second.planned.follow_up.purpose == "repayment"


@pytest.mark.parametrize("values", [{"autopay": True}, {"due_day": None}])
async def test_where_no_next_instalment_is_planned_the_desk_asks(
    repaying: LinsDesk, office: Office, workspace: Workspace, values: dict[str, Any]
) -> None:
    repaying.loan = await make_loan(
        office, workspace, "L-3", owner=repaying.lin, stage="disbursed", **{"due_day": 15, **values}
    )
    follow_up = await repaying.follow_up("overdue")
    answer = await repaying.says("paid")
    assert await repaying.state(follow_up) == "done"
    assert answer.planned is None
    assert answer.asks


async def test_a_payment_taken_back_is_owed_again(repaying: LinsDesk) -> None:
    reminder = await repaying.follow_up("repayment", instalment_on=date(2026, 12, 15))
    answer = await repaying.says("paid")
    await repaying.undo(answer)
    assert (await repaying.row(Loan, repaying.loan.id)).paid_through is None
    assert await repaying.state(reminder) == "open"
    assert answer.planned is not None
    assert (await repaying.row(FollowUp, answer.planned.follow_up.id)).state == "undone"


async def test_a_typed_next_step_stands_instead_of_the_next_instalment(repaying: LinsDesk) -> None:
    await repaying.follow_up("repayment", instalment_on=date(2026, 12, 15))
    answer = await repaying.says("paid", next_step=NextStep(due("2026-11-27"), "feedback"))
    assert answer.planned is not None
    assert (answer.planned.follow_up.purpose, answer.by_rule) == ("feedback", False)
    assert not answer.still_open


# What does not fit is refused whole.


async def test_an_outcome_for_another_kind_of_call_is_refused(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("repayment")
    refused = await desk10.refuses("confirmed", n=1)
    assert (refused.code, refused.params["answers"]) == ("outcome_answers_other", "verification")
    assert (await desk10.refuses("promised", said=Said("income"), next_step=NextStep(due("2026-11-27")))).params[
        "answers"
    ] == "repayment"
    assert await desk10.state(follow_up) == "open"
    assert await desk10.all(Call) == []


async def test_an_outcome_is_not_given_to_a_call_it_does_not_fit(desk10: LinsDesk) -> None:
    repayment = await desk10.follow_up("repayment", "2026-11-25 11:00")
    income = await desk10.follow_up("income", "2026-11-25 12:00")
    answer = await desk10.says("confirmed")
    assert answer.answered is not None
    assert answer.answered.id == income.id
    assert await desk10.state(repayment) == "open"


async def test_a_note_over_the_limit_is_refused_with_its_length(desk10: LinsDesk) -> None:
    refused = await desk10.refuses("reached", said=Said(note="字" * 3001))
    assert (refused.code, refused.params) == ("note_too_long", {"length": 3001, "limit": 3000})
    assert (await desk10.says("reached", said=Said(note="字" * 3000))).note == "字" * 3000


async def test_a_follow_up_that_is_no_longer_open_says_who_closed_it(desk10: LinsDesk, office: Office) -> None:
    await desk10.follow_up()
    await desk10.says("reached")
    refused = await desk10.refuses("reached", n=1)
    assert isinstance(refused, Conflict)
    assert refused.params == {"name": "L-1042/1", "state": "done", "who": "ULIN", "at": desk10.clock.now()}


@pytest.mark.parametrize("roles", ["compliance", "admin", "compliance admin"])
async def test_who_makes_no_calls_logs_none(desk10: LinsDesk, office: Office, workspace: Workspace, roles: str) -> None:
    reader = await make_member(office, workspace, "UREADER", roles=roles)
    refused = await desk10.refuses("reached", reader)
    assert isinstance(refused, NotAllowed)
    assert refused.code == "role_missing"
    assert await desk10.all(Call) == []


# Which follow-up it answers.


async def test_the_number_names_it(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 11:00")
    later = await desk10.follow_up("conditions", "2026-12-04")
    answer = await desk10.says("reached", n=2)
    assert answer.answered is not None
    assert answer.answered.id == later.id


async def test_the_purpose_names_it(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 11:00")
    later = await desk10.follow_up("conditions", "2026-12-04")
    answer = await desk10.says("reached", said=Said("conditions"))
    assert answer.answered is not None
    assert answer.answered.id == later.id


async def test_otherwise_the_earliest_of_mine_that_is_due_today(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 16:00")
    earliest = await desk10.follow_up("conditions", "2026-11-25 11:00")
    answer = await desk10.says("reached")
    assert answer.answered is not None
    assert answer.answered.id == earliest.id
    assert [f.number for f in answer.others] == [1]


async def test_mine_goes_before_what_somebody_else_holds(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    wu = await make_member(office, workspace, "UWU")
    await desk10.follow_up("documents", "2026-11-25 09:00", assignee=wu)
    mine = await desk10.follow_up("conditions", "2026-11-25 17:00")
    answer = await desk10.says("reached")
    assert answer.answered is not None
    assert answer.answered.id == mine.id


async def test_what_is_due_later_is_offered_not_answered(desk10: LinsDesk) -> None:
    tomorrow = await desk10.follow_up("documents", "2026-11-26 09:00")
    answer = await desk10.says("reached")
    assert answer.answered is None
    assert [f.id for f in answer.others] == [tomorrow.id]
    assert not answer.asks
    assert await desk10.state(tomorrow) == "open"


async def test_what_is_due_in_the_evening_of_today_is_answered(desk10: LinsDesk) -> None:
    tonight = await desk10.follow_up("documents", "2026-11-25 23:30")
    answer = await desk10.says("reached")
    assert answer.answered is not None
    assert answer.answered.id == tonight.id


async def test_somebody_elses_verification_is_never_answered_unnamed(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    verifier = await make_member(office, workspace, "UVER", roles="verifier")
    theirs = await desk10.follow_up("identity", "2026-11-25 09:00", assignee=verifier)
    answer = await desk10.says("reached")
    assert answer.answered is None
    assert [f.id for f in answer.others] == [theirs.id]
    named = await desk10.says("reached", said=Said("identity"))
    assert named.answered is not None
    assert named.answered.id == theirs.id


async def test_a_cover_answers_the_verification_of_whoever_is_away(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    cover = await make_member(office, workspace, "UCOVER", roles="verifier")
    away = await make_member(
        office,
        workspace,
        "UAWAY",
        roles="verifier",
        absent_from=date(2026, 11, 23),
        absent_until=date(2026, 11, 27),
        cover_id=cover.id,
    )
    theirs = await desk10.follow_up("identity", "2026-11-25 09:00", assignee=away)
    answer = await desk10.says("confirmed", cover)
    assert answer.answered is not None
    assert answer.answered.id == theirs.id


async def test_nobody_answers_what_they_may_not_press_and_is_told_who_may(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    assert desk10.lin.team_id is not None
    mate = await make_member(office, workspace, "UMATE", team_id=desk10.lin.team_id)
    follow_up = await desk10.follow_up("documents")
    answer = await desk10.says("reached", mate)
    assert answer.answered is None
    assert answer.others == ()
    refused = await desk10.refuses("reached", mate, n=1)
    assert (refused.code, "ULIN" in refused.params["who"]) == ("others_may_act", True)
    assert (await desk10.refuses("reached", mate, said=Said("documents"))).code == "others_may_act"
    assert await desk10.state(follow_up) == "open"


async def test_a_purpose_of_which_none_is_open_answers_none_and_says_which_are(desk10: LinsDesk) -> None:
    documents = await desk10.follow_up("documents")
    answer = await desk10.says("reached", said=Said("income"))
    assert (answer.answered, answer.missing) == (None, "income")
    assert [f.id for f in answer.still_open] == [documents.id]


async def test_a_purpose_word_with_words_behind_it_is_a_note_where_no_such_call_is_open(desk10: LinsDesk) -> None:
    documents = await desk10.follow_up("documents")
    said = Said("plan", note="to sell the car", whole="plan to sell the car")
    answer = await desk10.says("reached", said=said)
    assert (answer.note, answer.missing) == ("plan to sell the car", None)
    assert answer.answered is not None
    assert answer.answered.id == documents.id


async def test_and_the_purpose_where_such_a_call_is_open(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 11:00")
    plan = await desk10.follow_up("plan", "2026-12-01")
    said = Said("plan", note="to sell the car", whole="plan to sell the car")
    answer = await desk10.says("reached", said=said)
    assert answer.note == "to sell the car"
    assert answer.answered is not None
    assert answer.answered.id == plan.id


async def test_a_number_and_a_purpose_that_do_not_agree_are_refused(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents")
    refused = await desk10.refuses("reached", n=1, said=Said("income"))
    assert (refused.code, refused.params["its"]) == ("number_and_purpose_differ", "documents")
    answer = await desk10.says("reached", n=1, said=Said("income", note="is fine", whole="income is fine"))
    assert answer.note == "income is fine"


# What comes next.


async def test_a_typed_next_step_moves_what_stays_open(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("documents")
    answer = await desk10.says("no_answer", next_step=NextStep(due("2026-11-27 15:00"), None, "try the office"))
    row = await desk10.row(FollowUp, follow_up.id)
    assert (row.attempts, row.due_at, row.purpose) == (1, at("2026-11-27 15:00"), "documents")
    assert len(await desk10.all(FollowUp)) == 1
    assert not answer.by_rule


async def test_a_typed_purpose_goes_with_the_move(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("documents")
    await desk10.says("no_answer", next_step=NextStep(due("2026-11-27 15:00"), "income"))
    assert (await desk10.row(FollowUp, follow_up.id)).purpose == "income"


async def test_where_none_was_open_the_retry_is_a_new_follow_up(desk10: LinsDesk) -> None:
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


async def test_a_retry_for_a_named_purpose_is_planned_whatever_else_is(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-12-01")
    answer = await desk10.says("no_answer", said=Said("income"))
    assert answer.planned is not None
    assert (answer.planned.follow_up.purpose, answer.missing) == ("income", "income")


async def test_the_next_purpose_is_by_outcome_or_by_stage_where_none_was_answered(desk10: LinsDesk) -> None:
    call_back = await desk10.says("call_back", next_step=NextStep(due("2026-11-27 15:00")))
    promise = await desk10.says("promised", next_step=NextStep(due("2026-11-28")))
    assert call_back.planned is not None
    assert promise.planned is not None
    assert (call_back.planned.follow_up.purpose, promise.planned.follow_up.purpose) == ("documents", "promise")


async def test_the_next_call_stays_with_whoever_held_the_last(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    verifier = await make_member(office, workspace, "UVER", roles="verifier")
    await desk10.follow_up("identity", assignee=verifier)
    step = NextStep(due("2026-11-27 15:00"))
    answer = await desk10.says("reached", said=Said("identity"), next_step=step)
    assert answer.planned is not None
    assert answer.planned.follow_up.assignee == "UVER"


async def test_in_a_managers_line_the_next_call_is_the_owners(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager")
    answer = await desk10.says("reached", boss, next_step=NextStep(due("2026-11-27 15:00")))
    assert answer.planned is not None
    assert answer.planned.follow_up.assignee == "ULIN"


async def test_on_an_ended_loan_calls_are_logged_and_nothing_is_asked(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    desk10.loan = await make_loan(office, workspace, "L-9", owner=desk10.lin, stage="closed")
    answer = await desk10.says("reached", said=Said(note="thanks"))
    assert not answer.asks
    assert answer.offers == ()
    [call] = await desk10.all(Call)
    assert call.outcome == "reached"


async def test_a_planned_time_outside_the_hours_warns_at_once(desk10: LinsDesk) -> None:
    answer = await desk10.says("call_back", next_step=NextStep(due("2026-11-28 23:00")))
    assert answer.planned is not None
    assert {warning.kind for warning in answer.planned.warnings} == {"day_off", "outside_contact_hours"}
    assert answer.planned.suggestion == at("2026-11-30 09:00")


async def test_the_retry_waits_for_the_hours_of_whoever_makes_it(desk10: LinsDesk) -> None:
    desk10.clock.set("2026-11-27T16:00:00+08:00")
    follow_up = await desk10.follow_up("documents", "2026-11-27 12:00")
    await desk10.says("no_answer")
    assert (await desk10.row(FollowUp, follow_up.id)).due_at == at("2026-11-30 10:00")


# Twice, at once, and what is written down.


async def test_the_same_line_within_two_minutes_asks_first(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    first = await desk10.says("no_answer", line="l-1042 未接")
    desk10.clock.advance(seconds=119)
    again = await desk10.types("no_answer", line="l-1042  未接 ")
    assert again == AlreadyLogged(first.call_id, first.at, "L-1042", keeps_plan=False)
    assert (await desk10.row(FollowUp, follow_up.id)).attempts == 1
    assert len(await desk10.all(Call)) == 1


async def test_after_two_minutes_by_somebody_else_or_in_other_words_it_is_another_call(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    boss = await make_member(office, workspace, "UBOSS", roles="manager")
    await desk10.says("no_answer", line="l-1042 na")
    await desk10.says("no_answer", boss, line="l-1042 na")
    await desk10.says("no_answer", line="l-1042 na again")
    desk10.clock.advance(minutes=2, seconds=1)
    await desk10.says("no_answer", line="l-1042 na")
    assert len(await desk10.all(Call)) == 4


async def test_a_line_that_was_taken_back_may_be_typed_anew(desk10: LinsDesk) -> None:
    await desk10.undo(await desk10.says("reached", line="l-1042 reached"))
    assert isinstance(await desk10.types("reached", line="l-1042 reached"), CallLogged)


async def test_the_same_line_twice_at_once_is_one_call(desk10: LinsDesk) -> None:
    await desk10.follow_up()
    answers = await asyncio.gather(*(desk10.types("no_answer", line="l-1042 na") for _ in range(2)))
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyLogged", "CallLogged"]


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


async def test_the_note_is_kept_as_typed_and_readable_to_nobody_in_the_tables(desk10: LinsDesk) -> None:
    typed = "<!channel> *x* =1+1；ＡＢＣ，她说：明天"
    answer = await desk10.says("reached", said=Said(note=typed))
    assert answer.note == typed
    [call] = await desk10.all(Call)
    assert typed.encode() not in (call.note_cipher or b"")
    trail = str([(entry.act, entry.details) for entry in await desk10.all(AuditEntry)])
    assert "channel" not in trail


async def test_who_called_is_in_the_trail(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    answer = await desk10.says("reached")
    [entry] = [entry for entry in await desk10.all(AuditEntry) if entry.act == "call"]
    assert (entry.actor_id, entry.loan_id, entry.subject_id) == (desk10.lin.id, desk10.loan.id, follow_up.id)
    assert entry.details == {"outcome": "reached", "call": str(answer.call_id)}


async def test_undo_restores_all_that_a_call_changed(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up()
    before = (await desk10.row(FollowUp, follow_up.id)).model_dump(exclude={"version"})
    answer = await desk10.says("call_back", next_step=NextStep(due("2026-11-27 15:00")))
    desk10.clock.advance(minutes=4)
    await desk10.undo(answer)
    assert (await desk10.row(FollowUp, follow_up.id)).model_dump(exclude={"version"}) == before
    assert answer.planned is not None
    assert (await desk10.row(FollowUp, answer.planned.follow_up.id)).state == "undone"
    [call] = await desk10.all(Call)
    assert call.undone_at == desk10.clock.now()


async def test_a_past_day_plans_nothing_and_logs_nothing(desk10: LinsDesk) -> None:
    desk10.clock.set("2026-11-25T18:30:00+08:00")
    with pytest.raises(Invalid, match="due_after_work"):
        await desk10.types("call_back", next_step=NextStep(due("2026-11-25")))
    assert await desk10.all(Call) == []
