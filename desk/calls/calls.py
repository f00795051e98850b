"""Log calls: typed, by one tap, reported by the phone system, or like another one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from desk.calls.additions import own_call
from desk.calls.matching import CallDetails, FollowUpMatch, match_follow_up, require_why
from desk.calls.outcomes import (
    PART_PAID,
    NextStep,
    apply_outcome,
    go_on_chasing,
    leaves_borrower_asked,
    plan_only,
    with_moved,
)
from desk.calls.payments import has_schedule, is_what_is_due
from desk.calls.repeated_lines import SAME_LINE_WITHIN, line_digest, require_last_of_its_line
from desk.calls.reported import asked_about, reported_attempt, rewrite_missed, rewrite_question, settle, time_of
from desk.calls.views import CallLogged, RepeatedCall, call_logged
from desk.core import unreadable
from desk.core.changes import create, offer_undo
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Amount, Due, LoanRef
from desk.core.vocabulary import VOCABULARY, Outcome
from desk.follow_ups import chasing, checks
from desk.follow_ups.calls_after_pickup import follow_pickup
from desk.follow_ups.checks import Findings
from desk.follow_ups.contact_gate import NO_RULES, CallCheck, check_call, record_broken, record_route
from desk.follow_ups.contact_limits import count_call
from desk.follow_ups.escalation_rules import escalate_after_attempt, escalate_outcome, settle_passed_over_check
from desk.follow_ups.lifecycle import check_note
from desk.follow_ups.locking import lock_follow_up
from desk.follow_ups.verification_notices import report_check
from desk.loans import lookup
from desk.loans.parties import Party, find_party, named, party_of, record_whom, role_of
from desk.repayment.payments import Taken, require_paid_out
from desk.repayment.promises import PURPOSE, make_promise
from storage.engine.types import new_id
from storage.queries.calls import calls
from storage.queries.follow_ups import follow_ups
from storage.tables import Call, FollowUp, Loan, PhoneCall

NO_DETAILS = CallDetails()
"""The details of a call with an outcome alone."""


async def log_call(
    desk: Desk,
    *,
    loan: LoanRef,
    outcome: str,
    details: CallDetails = NO_DETAILS,
    next_step: NextStep | None = None,
    minutes: int | None = None,
    line: str = "",
    noted: Sequence[Due] = (),
) -> CallLogged | RepeatedCall:
    """Log a call. `minutes` is its length; `line` is what was typed, to recognise a repeated line. `noted` are times with
    which the note may begin, to be offered. An attempt that the phone system reported just now is not logged twice.

    A payment of which is said how much ends nothing before the caller has said what it covers (`desk.calls.shares`).

    Raises NotAllowed (`role_missing`, `others_may_act`), Conflict (`follow_up_closed`), Invalid (`next_missing`,
    `outcome_answers_other`, `number_and_purpose_differ`, `note_too_long`, `amount_not_taken`, `amount_currency`), and as
    `lookup.resolve` and `plan` do.
    """
    require_role(desk, "log_call")
    named = await lookup.resolve(desk, loan)
    digest = line_digest(desk, line)
    since = desk.now - SAME_LINE_WITHIN
    open_rows, earlier = await calls.before_call(desk.session, named.loan, desk.member.id, digest, since)
    if earlier is not None:
        return RepeatedCall(
            earlier.id,
            earlier.at,
            named.loan.number,
            keeps_plan=next_step is not None,
            asks=earlier.share == "asked",
        )
    if details == NO_DETAILS and next_step is None and minutes is None:
        logged = await reported_attempt(desk, named.loan, outcome)
        if logged is not None:
            return RepeatedCall(logged.id, logged.at, named.loan.number, keeps_plan=False, reported=True)
    return await _log(
        desk,
        named.loan,
        outcome,
        details,
        named.follow_up,
        next_step,
        open_rows=open_rows,
        digest=digest,
        minutes=minutes,
        noted=noted,
    )


async def log_call_on(desk: Desk, follow_up_id: UUID, version: int, outcome: str) -> CallLogged:
    """Log, by one tap, a call that answers this follow-up, unless it was changed after the button was shown.

    Raises as `log_call` and `desk.follow_ups.locking.lock_follow_up` do.
    """
    require_role(desk, "log_call")
    shown = await lock_follow_up(desk, follow_up_id, version)
    return await _log(desk, shown.loan, outcome, NO_DETAILS, shown.follow_up)


async def log_result(
    desk: Desk, loan: Loan, follow_up: FollowUp, outcome: str, details: CallDetails, findings: Findings
) -> CallLogged:
    """Log the call that ends a check on its locked loan, with what was compared. Raises as `log_call` does."""
    return await _log(desk, loan, outcome, details, follow_up, findings=findings)


async def log_reported(
    desk: Desk,
    loan: Loan,
    outcome: str,
    details: CallDetails,
    *,
    settles: PhoneCall,
    counts_only: bool = False,
) -> CallLogged:
    """Log a call on its locked loan that the phone system reported, `settles`: begun when it began, and as long.

    `counts_only`: it became known too late to change what is planned now. Raises as `log_call` does.
    """
    require_role(desk, "log_call")
    return await _log(
        desk, loan, outcome, details, None, reported=settles, keeps_plan=counts_only, answers_none=counts_only
    )


async def log_again(desk: Desk, call_id: UUID, *, keeps_plan: bool) -> CallLogged:
    """Log another call like this one, which the acting member has just logged. `keeps_plan` keeps what that one planned.

    Raises as `log_call` does, and NotFound (`unknown_call`), NotAllowed (`call_not_yours`), Conflict (`call_undone`,
    `call_logged_again`: pressed twice).
    """
    require_role(desk, "add_to_call")
    loan, earlier = await own_call(desk, call_id)
    await require_last_of_its_line(desk, earlier)
    answered = await desk.session.get(FollowUp, earlier.follow_up_id) if earlier.follow_up_id else None
    is_open = answered is not None and answered.state == "open"
    party = await party_of(desk, earlier.id)
    note = unreadable.read(desk, Call.note_cipher, earlier)
    return await _log(
        desk,
        loan,
        earlier.outcome,
        CallDetails(
            None if is_open else earlier.purpose,
            note,
            amount=Amount(earlier.amount) if earlier.amount else None,
            amount_in_note=earlier.share is not None,
            party=party.code if party else "",
        ),
        answered,
        digest=earlier.line_digest,
        minutes=earlier.minutes,
        keeps_plan=keeps_plan,
        answers_none=answered is not None and not is_open,
    )


async def _log(
    desk: Desk,
    loan: Loan,
    outcome_code: str,
    details: CallDetails,
    follow_up: FollowUp | None,
    step: NextStep | None = None,
    *,
    open_rows: list[FollowUp] | None = None,
    digest: bytes | None = None,
    minutes: int | None = None,
    keeps_plan: bool = False,
    answers_none: bool = False,
    noted: Sequence[Due] = (),
    findings: Findings | None = None,
    reported: PhoneCall | None = None,
) -> CallLogged:
    outcome = VOCABULARY.outcome(outcome_code)
    reported = reported or await asked_about(desk, loan, outcome_code)
    at, minutes = time_of(reported, minutes)
    amount = _amount(loan, outcome, details)
    if outcome.settles_instalment or outcome.code == PART_PAID:
        require_paid_out(loan)
    if open_rows is None:
        open_rows = await follow_ups.open_of_loan(desk.session, loan.id)
    if answers_none and outcome.result == "failed":
        raise Invalid("no_check_open", loan=loan.number, outcome=outcome.code, purpose=details.purpose)
    if answers_none:
        match = FollowUpMatch(answered=None, others=(), purpose=details.purpose, note=details.note)
    else:
        match = await match_follow_up(desk, loan, open_rows, outcome, details, follow_up)
    check_note(match.note)
    require_why(loan, outcome, match, compared=findings is not None)
    about = match.answered.purpose if match.answered else None
    says_how_much = amount is not None or details.amount_in_note
    share = "asked" if says_how_much and outcome.settles_instalment else None
    if share and amount is not None and has_schedule(loan):
        share = "whole" if await is_what_is_due(desk, loan, amount) else "asked"
    call_id = new_id()
    party = await find_party(desk, loan, details.party)
    began = at or desk.now - timedelta(minutes=minutes or 0)
    check = await _checked(desk, loan, details, party, began)
    person_id = party.person.id if party and party.person else None
    inbound = details.route == "inbound"
    role = party.role if party else None
    await count_call(desk, loan, outcome.code, inbound=inbound, person_id=person_id, role=role, at=at or desk.now)
    attempt = leaves_borrower_asked(loan, outcome, match, step, role_of(party))
    if share == "asked":
        result = await plan_only(desk, loan, outcome, match, step)
    else:
        result = await apply_outcome(
            desk,
            loan,
            open_rows,
            outcome,
            match,
            step,
            call_id=call_id,
            amount=amount,
            keeps_plan=keeps_plan,
            only_attempt=attempt,
        )
    if about == chasing.PURPOSE:
        result = await go_on_chasing(desk, loan, result)
    for ended in result.ended:
        await report_check(desk, loan, ended)
    call = create(desk, _call(desk, call_id, loan, outcome, match, result.answered, digest, minutes))
    call.at, call.amount, call.share = at or desk.now, amount, share
    if reported is not None:
        settle(desk, reported, call)
        await rewrite_question(desk, [reported])
    await rewrite_missed(desk, [call])
    record_route(desk, call.id, details.route)
    record_broken(desk, loan, call.id, check.broken)
    if outcome.next_purpose == PURPOSE and result.planned is not None and not attempt:
        rest = amount if outcome.code != PART_PAID else _rest(result.taken)
        await make_promise(desk, loan, call, result.planned.follow_up, open_rows, rest)
    if outcome.result is not None and result.answered is not None:
        await checks.record_result(desk, loan, call, result.answered, findings)
        await settle_passed_over_check(desk, loan.id)
    await record_whom(desk, loan, call, party, wrong_number=outcome.marks_number_wrong)
    result = with_moved(result, await follow_pickup(desk, loan, call.purpose if outcome.ends else None))
    told = outcome.tells_manager and await escalate_outcome(desk, loan, call, result.answered)
    told = await _escalate_last_attempt(desk, loan, outcome, result.answered) or told
    subject = result.answered.id if result.answered else call.id
    said = {"contact": check.said} if check.said else {}
    desk.audit("call", loan_id=loan.id, subject_id=subject, outcome=outcome.code, call=str(call.id), **said)
    undo_id = offer_undo(desk, "call", loan_id=loan.id)
    return await call_logged(
        desk,
        loan,
        call,
        match,
        result,
        managers_told=told,
        undo_id=undo_id,
        broken=check.broken,
        open_before=open_rows,
        noted=noted,
        party=named(desk, party) if party else None,
    )


async def _checked(desk: Desk, loan: Loan, details: CallDetails, party: Party | None, began: datetime) -> CallCheck:
    """Return what contact rules say of a call which is about to be logged; of one that the borrower made, nothing."""
    if details.route == "inbound":
        return NO_RULES
    person_id = party.person.id if party and party.person else None
    return await check_call(desk, loan, began=began, person_id=person_id, role=party.role if party else None)


async def _escalate_last_attempt(desk: Desk, loan: Loan, outcome: Outcome, answered: FollowUp | None) -> bool:
    """Escalate a loan whose borrower the last attempt did not reach either; return whether it was."""
    if answered is None or outcome.ends:
        return False
    return await escalate_after_attempt(desk, loan, answered.id, answered.attempts, answered.assignee_id)


def _amount(loan: Loan, outcome: Outcome, details: CallDetails) -> Decimal | None:
    """Return the typed amount in the loan's currency, or None. Raises Invalid (`amount_not_taken`, `amount_currency`)."""
    if details.amount is None:
        return None
    if not outcome.takes_amount:
        raise Invalid("amount_not_taken", outcome=outcome.code)
    if details.amount.currencies and loan.currency not in details.amount.currencies:
        raise Invalid("amount_currency", loan=loan.number, currency=loan.currency)
    return details.amount.value


def _rest(taken: Taken | None) -> Decimal | None:
    """Return what is left of an instalment after a part payment, which is promised then; None: it is not known."""
    following = taken.now.next if taken else None
    return following.left if following else None


def _call(
    desk: Desk,
    row_id: UUID,
    loan: Loan,
    outcome: Outcome,
    match: FollowUpMatch,
    answered: FollowUp | None,
    digest: bytes | None,
    minutes: int | None,
) -> Call:
    return Call(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        follow_up_id=answered.id if answered else None,
        caller_id=desk.member.id,
        outcome=outcome.code,
        purpose=match.purpose or (answered.purpose if answered else None),
        note_cipher=desk.cipher.encrypt_optional(Call.note_cipher, row_id, match.note),
        line_digest=digest,
        minutes=minutes,
        at=desk.now,
    )
