"""Carry out what buttons add to a logged call: a follow-up that it answers too, the next step, or that none is needed."""

from dataclasses import replace
from uuid import UUID

from desk.calls.matching import FollowUpMatch, require_fit
from desk.calls.outcomes import (
    OutcomeResult,
    apply_outcome,
    go_on_chasing,
    leaves_borrower_asked,
    names_time,
    pass_on_documents,
    with_moved,
)
from desk.calls.views import CallLogged, call_logged
from desk.core import unreadable
from desk.core.changes import offer_undo, track
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import chasing, checks, quiet_periods
from desk.follow_ups.assignees import assignee_of_next
from desk.follow_ups.calls_after_pickup import follow_pickup
from desk.follow_ups.escalation_rules import settle_passed_over_check
from desk.follow_ups.lifecycle import close, move, plan, with_time_checked
from desk.follow_ups.locking import lock_follow_up
from desk.follow_ups.verification_notices import report_check
from desk.loans import lookup
from desk.loans.parties import party_of, role_of
from desk.people.relations import require_may_act
from storage.queries.loans import loans
from storage.tables import Call, FollowUp, Loan


async def answer_another(
    desk: Desk, call_id: UUID, follow_up_id: UUID, version: int, *, keeps_plan: bool
) -> CallLogged:
    """Let a logged call answer this follow-up too. `keeps_plan`: count the attempt and do not move the follow-up.

    Raises as `calls.log_again` and `desk.follow_ups.locking.lock_follow_up` do, and Invalid (`outcome_answers_other`).
    """
    require_role(desk, "add_to_call")
    shown = await lock_follow_up(desk, follow_up_id, version)
    loan, call = await own_call(desk, call_id)
    if shown.loan.id != loan.id:
        raise NotFound("unknown_follow_up_pressed")
    if call.share == "asked":
        raise Conflict("share_first", loan=loan.number)
    await require_may_act(desk, "answer_follow_up", shown.follow_up, loan)
    outcome = VOCABULARY.outcome(call.outcome)
    require_fit(outcome, shown.follow_up.purpose)
    match = replace(await recorded_match(desk, call), answered=shown.follow_up)
    about = shown.follow_up.purpose
    asked = await _left_borrower_asked(desk, loan, call, match)
    if outcome.closes(VOCABULARY.purpose(about)) and not asked:
        close(desk, shown.follow_up, "done")
        result = OutcomeResult(answered=shown.follow_up, ended=(shown.follow_up,))
        await checks.record_result(desk, loan, call, shown.follow_up)
        await settle_passed_over_check(desk, loan.id)
        await report_check(desk, loan, shown.follow_up)
        if about == chasing.PURPOSE:
            result = await go_on_chasing(desk, loan, result)
    else:
        result = await apply_outcome(
            desk,
            loan,
            [shown.follow_up],
            outcome,
            match,
            None,
            call_id=call.id,
            keeps_plan=keeps_plan,
            only_attempt=asked,
        )
    if call.follow_up_id is None:
        track(desk, call).follow_up_id = shown.follow_up.id
    result = with_moved(result, await follow_pickup(desk, loan, about if outcome.ends else None))
    desk.audit("call_answers", loan_id=loan.id, subject_id=shown.follow_up.id, call=str(call.id), outcome=outcome.code)
    undo_id = offer_undo(desk, "call_answers", loan_id=loan.id)
    return await call_logged(desk, loan, call, match, result, undo_id=undo_id)


async def plan_next(desk: Desk, call_id: UUID, due: Due, purpose: str, *, next_number: int) -> CallLogged:
    """Plan a next step offered after a call, unless something was planned on the loan since (`next_number`). After an attempt
    the follow-up that it answered moves.

    Raises as `calls.log_again` and `plan` do, and Conflict (`planned_since`), Invalid (`offer_past`).
    """
    require_role(desk, "add_to_call")
    loan, call = await own_call(desk, call_id)
    if loan.next_follow_up_number != next_number:
        raise Conflict("planned_since", loan=loan.number)
    if due.at is not None and due.at <= desk.now:
        raise Invalid("offer_past", given=due.at)
    match = await recorded_match(desk, call)
    assignee = await assignee_of_next(desk, loan, match.answered)
    outcome, answered = VOCABULARY.outcome(call.outcome), match.answered
    asked = await _left_borrower_asked(desk, loan, call, match)
    is_open = answered is not None and answered.state == "open"
    if answered is not None and is_open and (asked or not outcome.closes(VOCABULARY.purpose(answered.purpose))):
        planned = await move(desk, answered, due, assignee=assignee)
        planned = await with_time_checked(desk, loan, planned, asked_for=names_time(outcome))
    else:
        planned = await plan(desk, loan, purpose=purpose, assignee=assignee, due=due, asked_for=names_time(outcome))
        planned.follow_up.attempts = int(asked or not outcome.ends)
    result = OutcomeResult(answered=answered, planned=planned)
    await pass_on_documents(desk, result)
    desk.audit("follow_up", loan_id=loan.id, subject_id=planned.follow_up.id, call=str(call.id))
    undo_id = offer_undo(desk, "follow_up", loan_id=loan.id)
    return await call_logged(desk, loan, call, match, result, undo_id=undo_id)


async def nothing_needed(desk: Desk, call_id: UUID) -> CallLogged:
    """Record that the loan needs no call for the usual time after a call. Raises as `calls.log_again` and `record_quiet` do."""
    require_role(desk, "add_to_call")
    loan, call = await own_call(desk, call_id)
    match = await recorded_match(desk, call)
    subject = match.answered.id if match.answered else call.id
    quiet = await quiet_periods.begin(desk, loan)
    desk.audit("nothing_needed", loan_id=loan.id, subject_id=subject, call=str(call.id))
    undo_id = offer_undo(desk, "nothing_needed", loan_id=loan.id)
    result = OutcomeResult(answered=match.answered)
    return await call_logged(desk, loan, call, match, result, offers_next=False, quiet=quiet, undo_id=undo_id)


async def own_call(desk: Desk, call_id: UUID) -> tuple[Loan, Call]:
    """Return a call of the acting member that is not undone, and its loan, locked and visible to them."""
    call = await desk.session.get(Call, call_id)
    if call is None or call.workspace_id != desk.workspace.id:
        raise NotFound("unknown_call")
    require(desk, "add_to_call", {"own"} if call.caller_id == desk.member.id else ())
    if not await lookup.may_see(desk, call.loan_id):
        raise NotFound("unknown_call")
    loan = await loans.lock(desk.session, call.loan_id)
    await desk.session.refresh(call)
    if call.undone_at is not None:
        raise Conflict("call_undone", at=call.undone_at)
    return loan, call


async def recorded_match(desk: Desk, call: Call) -> FollowUpMatch:
    """Return what a logged call answered, was about and noted. Raises UnreadableError."""
    answered = await desk.session.get(FollowUp, call.follow_up_id) if call.follow_up_id else None
    note = unreadable.read(desk, Call.note_cipher, call)
    return FollowUpMatch(answered=answered, others=(), purpose=call.purpose, note=note)


async def _left_borrower_asked(desk: Desk, loan: Loan, call: Call, match: FollowUpMatch) -> bool:
    """Return of a logged call what `leaves_borrower_asked` does."""
    role = role_of(await party_of(desk, call.id))
    return leaves_borrower_asked(loan, VOCABULARY.outcome(call.outcome), match, None, role)
