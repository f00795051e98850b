"""What logging a call does, step after step, in whichever way it came to be logged (`desk.calls.calls`)."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from desk.calls.matching import CallDetails, FollowUpMatch, match_follow_up, require_why
from desk.calls.outcomes import (
    PART_PAID,
    PROMISED,
    NextStep,
    OutcomeResult,
    apply_outcome,
    go_on_chasing,
    leaves_borrower_asked,
    plan_only,
    with_moved,
)
from desk.calls.payments import has_schedule, is_what_is_due, require_promise_within_left
from desk.calls.reported import asked_about, rewrite_missed, rewrite_question, settle, time_of
from desk.calls.views import CallLogged, call_logged
from desk.core.changes import create, offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import Outcome
from desk.follow_ups import chasing, checks
from desk.follow_ups.calls_after_pickup import follow_pickup
from desk.follow_ups.checks import Findings
from desk.follow_ups.contact_gate import NO_RULES, CallCheck, check_call, record_broken, record_route
from desk.follow_ups.contact_limits import count_call
from desk.follow_ups.escalation_rules import escalate_after_attempt, escalate_outcome, settle_passed_over_check
from desk.follow_ups.lifecycle import check_note
from desk.follow_ups.verification_notices import report_check
from desk.loans.parties import Party, find_party, named, record_whom, role_of
from desk.repayment.payments import require_paid_out
from desk.repayment.promises import PURPOSE, make_promise
from storage.engine.types import new_id
from storage.queries.follow_ups import follow_ups
from storage.tables import Call, FollowUp, Loan, PhoneCall

NO_DETAILS = CallDetails()
"""The details of a call with an outcome alone."""

_Share = Literal["asked", "whole"]


@dataclass(frozen=True, slots=True)
class CallToLog:
    """What is known of a call before it is logged. `numbered` is the follow-up that was named, `step` the next call as typed.

    `line_digest` recognises a line that is typed again, `minutes` is the length of the call, and `noted` are times to offer
    with which its note may begin. `keeps_plan`: the next call is planned already; `answers_none`: it answers no follow-up,
    even if one is open. `findings` is what a check compared; `reported` the call as the phone system reported it.
    """

    outcome: Outcome
    details: CallDetails = field(default=NO_DETAILS, repr=False)
    numbered: FollowUp | None = field(default=None, repr=False)
    step: NextStep | None = field(default=None, repr=False)
    line_digest: bytes | None = field(default=None, repr=False)
    minutes: int | None = None
    noted: tuple[Due, ...] = ()
    keeps_plan: bool = False
    answers_none: bool = False
    findings: Findings | None = field(default=None, repr=False)
    reported: PhoneCall | None = field(default=None, repr=False)


async def log(desk: Desk, loan: Loan, made: CallToLog, open_rows: Sequence[FollowUp] | None = None) -> CallLogged:
    """Log a call on its locked loan. `open_rows` are the loan's open follow-ups; None loads them.

    1. Find what it answers, what its payment covers, and whom it reached.
    2. Hold it to the contact rules.
    3. Carry out its outcome: what it answers ends or moves, and the next call is planned.
    4. Write it, with what it says of the borrower, of a check and of a promise.
    5. Tell the managers what they must hear of, and offer Undo.

    Raises as `desk.calls.calls.log_call` does.
    """
    outcome, details = made.outcome, made.details
    reported = made.reported or await asked_about(desk, loan, outcome.code)
    at, minutes = time_of(reported, made.minutes)
    amount = _amount(loan, outcome, details)
    if open_rows is None:
        open_rows = await follow_ups.open_of_loan(desk.session, loan.id)
    match = await _match(desk, loan, open_rows, made)
    share = await _share(desk, loan, outcome, details, amount)
    party = await find_party(desk, loan, details.party)
    check = await _hold_to_contact_rules(desk, loan, made, party, at, minutes)

    call_id = new_id()
    attempt = leaves_borrower_asked(loan, outcome, match, made.step, role_of(party))
    result = await _carry_out(desk, loan, open_rows, made, match, call_id, amount, share, only_attempt=attempt)
    call = create(desk, _call(desk, call_id, loan, made, match, result.answered, at or desk.now))
    call.minutes, call.amount, call.share = minutes, amount, share

    await _answer_phone_system(desk, reported, call)
    record_route(desk, call.id, details.route)
    record_broken(desk, loan, call.id, check.broken)
    if not attempt:
        await _record_promise(desk, loan, call, outcome, result, open_rows)
    if outcome.result is not None and result.answered is not None:
        await checks.record_result(desk, loan, call, result.answered, made.findings)
        await settle_passed_over_check(desk, loan.id)
    await record_whom(desk, loan, call, party, wrong_number=outcome.marks_number_wrong)
    result = with_moved(result, await follow_pickup(desk, loan, call.purpose if outcome.ends else None))

    told = await _tell_managers(desk, loan, call, outcome, result.answered)
    _audit(desk, loan, call, result.answered, check)
    undo_id = offer_undo(desk, "call", loan_id=loan.id)
    logged = await call_logged(desk, loan, call, match, result, open_before=open_rows, noted=made.noted)
    return replace(
        logged,
        managers_told=told,
        undo_id=undo_id,
        broken=check.broken,
        party=named(desk, party) if party else None,
    )


def _amount(loan: Loan, outcome: Outcome, details: CallDetails) -> Decimal | None:
    """Return the typed amount in the loan's currency, or None.

    Raises Invalid (`amount_not_taken`, `amount_currency`), and of a payment as `require_paid_out` does.
    """
    if details.amount is not None:
        if not outcome.takes_amount:
            raise Invalid("amount_not_taken", outcome=outcome.code)
        if details.amount.currencies and loan.currency not in details.amount.currencies:
            raise Invalid("amount_currency", loan=loan.number, currency=loan.currency)
    if outcome.settles_instalment or outcome.code == PART_PAID:
        require_paid_out(loan)
    return details.amount.value if details.amount else None


async def _match(desk: Desk, loan: Loan, open_rows: Sequence[FollowUp], made: CallToLog) -> FollowUpMatch:
    """Return what the call answers, with a note that may be kept. Raises as `match_follow_up` and `require_why` do, and Invalid
    (`no_check_open`, `note_too_long`)."""
    outcome, details = made.outcome, made.details
    if made.answers_none:
        if outcome.result == "failed":
            raise Invalid("no_check_open", loan=loan.number, outcome=outcome.code, purpose=details.purpose)
        match = FollowUpMatch(answered=None, others=(), purpose=details.purpose, note=details.note)
    else:
        match = await match_follow_up(desk, loan, open_rows, outcome, details, made.numbered)
    check_note(match.note)
    require_why(loan, outcome, match, compared=made.findings is not None)
    return match


async def _share(
    desk: Desk, loan: Loan, outcome: Outcome, details: CallDetails, amount: Decimal | None
) -> _Share | None:
    """Return what a payment of which is said how much covers: the whole instalment, or what has to be asked.

    Raises Invalid (`payment_larger`, `promise_larger`) for more than is left to pay.
    """
    if outcome.code == PROMISED and amount is not None and has_schedule(loan):
        await require_promise_within_left(desk, loan, amount)
    if not outcome.settles_instalment or (amount is None and not details.amount_in_note):
        return None
    if amount is not None and has_schedule(loan) and await is_what_is_due(desk, loan, amount):
        return "whole"
    return "asked"


async def _hold_to_contact_rules(
    desk: Desk, loan: Loan, made: CallToLog, party: Party | None, at: datetime | None, minutes: int | None
) -> CallCheck:
    """Return what contact rules say of the call, which is counted for the next one; of one that the borrower made they say
    nothing. `at` is when it began; None: `minutes` before now."""
    inbound = made.details.route == "inbound"
    person_id = party.person.id if party and party.person else None
    role = party.role if party else None
    check = NO_RULES
    if not inbound:
        began = at or desk.now - timedelta(minutes=minutes or 0)
        check = await check_call(desk, loan, began=began, person_id=person_id, role=role)
    await count_call(desk, loan, made.outcome.code, inbound=inbound, person_id=person_id, role=role, at=at or desk.now)
    return check


async def _carry_out(
    desk: Desk,
    loan: Loan,
    open_rows: Sequence[FollowUp],
    made: CallToLog,
    match: FollowUpMatch,
    call_id: UUID,
    amount: Decimal | None,
    share: _Share | None,
    *,
    only_attempt: bool,
) -> OutcomeResult:
    """Change and plan the loan's follow-ups as the outcome says. While it is asked what a payment covers, it ends nothing."""
    about = match.answered.purpose if match.answered else None
    if share == "asked":
        result = await plan_only(desk, loan, made.outcome, match, made.step)
    else:
        result = await apply_outcome(
            desk,
            loan,
            open_rows,
            made.outcome,
            match,
            made.step,
            call_id=call_id,
            amount=amount,
            keeps_plan=made.keeps_plan,
            only_attempt=only_attempt,
        )
    if about == chasing.PURPOSE:
        result = await go_on_chasing(desk, loan, result)
    for ended in result.ended:
        await report_check(desk, loan, ended)
    return result


def _call(
    desk: Desk,
    row_id: UUID,
    loan: Loan,
    made: CallToLog,
    match: FollowUpMatch,
    answered: FollowUp | None,
    at: datetime,
) -> Call:
    return Call(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        follow_up_id=answered.id if answered else None,
        caller_id=desk.member.id,
        outcome=made.outcome.code,
        purpose=match.purpose or (answered.purpose if answered else None),
        note_cipher=desk.cipher.encrypt_optional(Call.note_cipher, row_id, match.note),
        line_digest=made.line_digest,
        at=at,
    )


async def _answer_phone_system(desk: Desk, reported: PhoneCall | None, call: Call) -> None:
    """Settle a call that the phone system reported, and what is said of calls that nobody took before this one."""
    if reported is not None:
        settle(desk, reported, call)
        await rewrite_question(desk, [reported])
    await rewrite_missed(desk, [call])


async def _record_promise(
    desk: Desk, loan: Loan, call: Call, outcome: Outcome, result: OutcomeResult, open_rows: Sequence[FollowUp]
) -> None:
    """Record that the borrower promised to pay, if they did: the amount said, or else the rest of an instalment paid in part."""
    if outcome.next_purpose != PURPOSE or result.planned is None:
        return
    promised = call.amount
    if outcome.code == PART_PAID:
        following = result.taken.now.next if result.taken else None
        promised = following.left if following else None
    await make_promise(desk, loan, call, result.planned.follow_up, open_rows, promised)


async def _tell_managers(desk: Desk, loan: Loan, call: Call, outcome: Outcome, answered: FollowUp | None) -> bool:
    """Escalate an outcome that managers hear of, and a loan whose borrower the last attempt did not reach either. Return
    whether something was escalated."""
    told = outcome.tells_manager and await escalate_outcome(desk, loan, call, answered)
    if answered is None or outcome.ends:
        return told
    return await escalate_after_attempt(desk, loan, answered.id, answered.attempts, answered.assignee_id) or told


def _audit(desk: Desk, loan: Loan, call: Call, answered: FollowUp | None, check: CallCheck) -> None:
    said = {"contact": check.said} if check.said else {}
    subject = answered.id if answered else call.id
    desk.audit("call", loan_id=loan.id, subject_id=subject, outcome=call.outcome, call=str(call.id), **said)
