"""Calls that happened: logged by a line or by one tap, and what a button adds to one afterwards."""

from datetime import timedelta
from uuid import UUID

from desk.calls.answering import Answering, Said, fits, what_it_answers
from desk.calls.consequences import Consequences, NextStep, follow_from
from desk.calls.views import AlreadyLogged, CallLogged, call_logged
from desk.core.changes import create, offer_undo, track
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef
from desk.core.vocabulary import VOCABULARY, Outcome
from desk.follow_ups import follow_ups
from desk.follow_ups.locking import pressed
from desk.follow_ups.rule_plans import assignee_of_next
from desk.loans import lookup
from desk.messages.managers import tell_of_call
from desk.people.members import require_may_act
from storage.engine.types import new_id
from storage.queries.calls import calls
from storage.queries.documents import documents
from storage.queries.follow_ups import follow_ups as stored
from storage.queries.loans import loans as stored_loans
from storage.tables import Borrower, Call, FollowUp, Loan

SAME_LINE_WITHIN = timedelta(minutes=2)
"""How long the same line by the same person asks whether another call is meant."""

NOTHING_SAID = Said()
"""An outcome, and no word more."""


async def log_call(
    desk: Desk,
    *,
    loan: LoanRef,
    outcome: str,
    said: Said = NOTHING_SAID,
    next_step: NextStep | None = None,
    minutes: int | None = None,
    line: str = "",
) -> CallLogged | AlreadyLogged:
    """Logs a call on the loan that is meant. `minutes` is how long it took, `line` what was typed, to know it when it
    comes again.

    Raises NotAllowed (`role_missing`, `others_may_act`), Conflict (`follow_up_closed`), Invalid (`next_missing`,
    `outcome_answers_other`, `number_and_purpose_differ`, `note_too_long`), and whatever names no one loan or no due time.
    """
    require_role(desk, "log_call")
    named = await lookup.resolve(desk, loan)
    digest = _digest(desk, line)
    if digest is not None and (earlier := await _same_line(desk, named.loan, digest)) is not None:
        return AlreadyLogged(earlier.id, earlier.at, named.loan.number, keeps_plan=next_step is not None)
    open_ones = await stored.open_of_loan(desk.session, named.loan.id)
    kind = VOCABULARY.outcome(outcome)
    answering = await what_it_answers(desk, named.loan, open_ones, kind, said, named.follow_up)
    return await _log(desk, named.loan, open_ones, kind, answering, next_step, line_digest=digest, minutes=minutes)


async def log_call_on(desk: Desk, follow_up_id: UUID, version: int, outcome: str) -> CallLogged:
    """Logs, by one tap, a call that answers this follow-up, if nobody has changed it since the button was shown.

    Raises as `log_call` and `desk.follow_ups.locking.pressed` do.
    """
    require_role(desk, "log_call")
    shown = await pressed(desk, follow_up_id, version)
    open_ones = await stored.open_of_loan(desk.session, shown.loan.id)
    kind = VOCABULARY.outcome(outcome)
    answering = await what_it_answers(desk, shown.loan, open_ones, kind, NOTHING_SAID, shown.follow_up)
    return await _log(desk, shown.loan, open_ones, kind, answering, None)


async def log_again(desk: Desk, call_id: UUID, *, keeps_plan: bool) -> CallLogged:
    """Logs another call like that one, which the acting member logged a moment ago. What it planned stands with
    `keeps_plan`.

    Raises as `log_call` does, and NotFound (`unknown_call`), NotAllowed (`call_not_yours`), Conflict (`call_undone`,
    `call_logged_again`: pressed twice).
    """
    require_role(desk, "add_to_call")
    loan, earlier = await _own_call(desk, call_id)
    await _require_last_of_its_line(desk, earlier)
    open_ones = await stored.open_of_loan(desk.session, loan.id)
    kind = VOCABULARY.outcome(earlier.outcome)
    note = desk.cipher.decrypt(Call.note_cipher, earlier)
    said = Said(purpose=earlier.purpose if earlier.follow_up_id is None else None, note=note)
    numbered = next((f for f in open_ones if f.id == earlier.follow_up_id), None)
    if numbered is None and earlier.follow_up_id is not None:
        answering = Answering(answered=None, others=(), purpose=earlier.purpose, note=said.note)
    else:
        answering = await what_it_answers(desk, loan, open_ones, kind, said, numbered)
    return await _log(
        desk,
        loan,
        open_ones,
        kind,
        answering,
        None,
        line_digest=earlier.line_digest,
        minutes=earlier.minutes,
        keeps_plan=keeps_plan,
    )


async def answer_another(
    desk: Desk, call_id: UUID, follow_up_id: UUID, version: int, *, keeps_plan: bool
) -> CallLogged:
    """Says that a call answered this follow-up as well. With `keeps_plan` an attempt is counted and nothing is moved.

    Raises as `log_again` and `desk.follow_ups.locking.pressed` do, and Invalid (`outcome_answers_other`).
    """
    require_role(desk, "add_to_call")
    shown = await pressed(desk, follow_up_id, version)
    loan, call = await _own_call(desk, call_id)
    if shown.loan.id != loan.id:
        raise NotFound("unknown_follow_up_pressed")
    await require_may_act(desk, "answer_follow_up", shown.follow_up, loan)
    outcome = VOCABULARY.outcome(call.outcome)
    if not fits(outcome, shown.follow_up.purpose):
        raise Invalid(
            "outcome_answers_other", outcome=outcome.code, purpose=shown.follow_up.purpose, answers=outcome.answers
        )
    answering = _answering_of(desk, call, shown.follow_up)
    if outcome.ends:
        follow_ups.close(desk, shown.follow_up, "done")
        came = Consequences(answered=shown.follow_up, ended=(shown.follow_up,))
    else:
        open_ones = [shown.follow_up]
        came = await follow_from(desk, loan, open_ones, outcome, answering, None, keeps_plan=keeps_plan)
    if call.follow_up_id is None:
        track(desk, call).follow_up_id = shown.follow_up.id
    desk.audit("call_answers", loan_id=loan.id, subject_id=shown.follow_up.id, call=str(call.id), outcome=outcome.code)
    undo_id = offer_undo(desk, "call_answers", loan_id=loan.id)
    return await call_logged(desk, loan, call, answering, came, undo_id=undo_id)


async def plan_next(desk: Desk, call_id: UUID, due: Due, purpose: str, *, next_number: int) -> CallLogged:
    """Plans a next step that was offered after a call, unless something was planned on the loan since (`next_number`).

    Raises as `log_again` does, and Conflict (`planned_since`), Invalid (`due_past`), and as `follow_ups.plan` does.
    """
    require_role(desk, "add_to_call")
    loan, call = await _own_call(desk, call_id)
    if loan.next_follow_up_number != next_number:
        raise Conflict("planned_since", loan=loan.number)
    if due.at is not None and due.at <= desk.now:
        raise Invalid("offer_past", given=due.at)
    answered = await desk.session.get(FollowUp, call.follow_up_id) if call.follow_up_id else None
    assignee = await assignee_of_next(desk, loan, answered)
    planned = await follow_ups.plan(desk, loan, purpose=purpose, assignee=assignee, due=due)
    if not VOCABULARY.outcome(call.outcome).ends:
        planned.follow_up.attempts = 1
    came = Consequences(answered=answered, planned=planned)
    await _ask_on(desk, came)
    desk.audit("follow_up", loan_id=loan.id, subject_id=planned.follow_up.id, call=str(call.id))
    undo_id = offer_undo(desk, "follow_up", loan_id=loan.id)
    answering = _answering_of(desk, call, answered)
    return await call_logged(desk, loan, call, answering, came, undo_id=undo_id)


async def nothing_needed(desk: Desk, call_id: UUID) -> CallLogged:
    """Notes that a call leaves nothing to be done. Raises as `log_again` does."""
    require_role(desk, "add_to_call")
    loan, call = await _own_call(desk, call_id)
    answered = await desk.session.get(FollowUp, call.follow_up_id) if call.follow_up_id else None
    desk.audit("nothing_needed", loan_id=loan.id, subject_id=answered.id if answered else call.id, call=str(call.id))
    answering = _answering_of(desk, call, answered)
    return await call_logged(desk, loan, call, answering, Consequences(answered=answered), offers_next=False)


async def _log(
    desk: Desk,
    loan: Loan,
    open_ones: list[FollowUp],
    outcome: Outcome,
    answering: Answering,
    step: NextStep | None,
    *,
    line_digest: bytes | None = None,
    minutes: int | None = None,
    keeps_plan: bool = False,
) -> CallLogged:
    follow_ups.check_note(answering.note)
    came = await follow_from(desk, loan, open_ones, outcome, answering, step, keeps_plan=keeps_plan)
    await _ask_on(desk, came)
    call = create(desk, _call(desk, loan, outcome, answering, came.answered, line_digest, minutes))
    if outcome.marks_number_wrong:
        await _mark_number_wrong(desk, loan)
    told = outcome.tells_manager and await tell_of_call(desk, loan, call, came.answered)
    subject = came.answered.id if came.answered else call.id
    desk.audit("call", loan_id=loan.id, subject_id=subject, outcome=outcome.code, call=str(call.id))
    undo_id = offer_undo(desk, "call", loan_id=loan.id)
    return await call_logged(
        desk, loan, call, answering, came, managers_told=told, undo_id=undo_id, open_before=open_ones
    )


async def _ask_on(desk: Desk, came: Consequences) -> None:
    """What the call that is done asked after, the next one about documents asks after."""
    done, following = came.answered, came.planned.follow_up if came.planned else None
    if done is None or following is None or done.id == following.id or following.purpose != "documents":
        return
    for request in await documents.asked_after_in(desk.session, done.loan_id, done.id):
        track(desk, request).follow_up_id = following.id


def _call(
    desk: Desk,
    loan: Loan,
    outcome: Outcome,
    answering: Answering,
    answered: FollowUp | None,
    line_digest: bytes | None,
    minutes: int | None,
) -> Call:
    row_id = new_id()
    return Call(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        follow_up_id=answered.id if answered else None,
        caller_id=desk.member.id,
        outcome=outcome.code,
        purpose=answering.purpose or (answered.purpose if answered else None),
        note_cipher=desk.cipher.encrypt_optional(Call.note_cipher, row_id, answering.note),
        line_digest=line_digest,
        minutes=minutes,
        at=desk.now,
    )


async def _mark_number_wrong(desk: Desk, loan: Loan) -> None:
    borrower = await desk.session.get_one(Borrower, loan.borrower_id, with_for_update=True, populate_existing=True)
    if borrower.phone_wrong_at is None:
        track(desk, borrower).phone_wrong_at = desk.now


async def _own_call(desk: Desk, call_id: UUID) -> tuple[Loan, Call]:
    """A call of the acting member that stands, its loan locked: one that they still see."""
    call = await desk.session.get(Call, call_id)
    if call is None or call.workspace_id != desk.workspace.id:
        raise NotFound("unknown_call")
    require(desk, "add_to_call", {"own"} if call.caller_id == desk.member.id else ())
    if not await lookup.may_see(desk, call.loan_id):
        raise NotFound("unknown_call")
    loan = await stored_loans.lock(desk.session, call.loan_id)
    await desk.session.refresh(call)
    if call.undone_at is not None:
        raise Conflict("call_undone", at=call.undone_at)
    return loan, call


def _answering_of(desk: Desk, call: Call, answered: FollowUp | None) -> Answering:
    note = desk.cipher.decrypt(Call.note_cipher, call)
    return Answering(answered=answered, others=(), purpose=call.purpose, note=note)


async def _require_last_of_its_line(desk: Desk, call: Call) -> None:
    if call.line_digest is None:
        return
    last = await calls.same_line(desk.session, call.loan_id, call.caller_id, call.line_digest, call.at)
    if last is not None and last.id != call.id:
        raise Conflict("call_logged_again", at=last.at)


async def _same_line(desk: Desk, loan: Loan, digest: bytes) -> Call | None:
    since = desk.now - SAME_LINE_WITHIN
    return await calls.same_line(desk.session, loan.id, desk.member.id, digest, since)


def _digest(desk: Desk, line: str) -> bytes | None:
    return desk.cipher.digest("call_line", " ".join(line.split())) if line.strip() else None
