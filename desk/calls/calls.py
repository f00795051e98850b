"""Log calls: typed, by one tap, reported by the phone system, or like another one."""

from collections.abc import Sequence
from uuid import UUID

from desk.calls.additions import own_call
from desk.calls.logging_steps import NO_DETAILS, CallToLog, log
from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.calls.repeated_lines import SAME_LINE_WITHIN, line_digest, require_last_of_its_line
from desk.calls.reported import reported_attempt
from desk.calls.views import CallLogged, RepeatedCall
from desk.core import unreadable
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Amount, Due, LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.checks import Findings
from desk.follow_ups.locking import lock_follow_up
from desk.loans import lookup
from desk.loans.parties import party_of
from storage.queries.calls import calls
from storage.tables import Call, FollowUp, Loan, PhoneCall


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
    `outcome_answers_other`, `number_and_purpose_differ`, `note_too_long`, `amount_not_taken`, `amount_currency`,
    `payment_larger`, `promise_larger`), and as `lookup.resolve` and `plan` do.
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
    made = CallToLog(
        VOCABULARY.outcome(outcome),
        details,
        named.follow_up,
        next_step,
        line_digest=digest,
        minutes=minutes,
        noted=tuple(noted),
    )
    return await log(desk, named.loan, made, open_rows)


async def log_call_on(desk: Desk, follow_up_id: UUID, version: int, outcome: str) -> CallLogged:
    """Log, by one tap, a call that answers this follow-up, unless it was changed after the button was shown.

    Raises as `log_call` and `desk.follow_ups.locking.lock_follow_up` do.
    """
    require_role(desk, "log_call")
    shown = await lock_follow_up(desk, follow_up_id, version)
    return await log(desk, shown.loan, CallToLog(VOCABULARY.outcome(outcome), numbered=shown.follow_up))


async def log_result(
    desk: Desk, loan: Loan, follow_up: FollowUp, outcome: str, details: CallDetails, findings: Findings
) -> CallLogged:
    """Log the call that ends a check on its locked loan, with what was compared. Raises as `log_call` does."""
    return await log(desk, loan, CallToLog(VOCABULARY.outcome(outcome), details, follow_up, findings=findings))


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
    made = CallToLog(
        VOCABULARY.outcome(outcome), details, reported=settles, keeps_plan=counts_only, answers_none=counts_only
    )
    return await log(desk, loan, made)


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
    made = CallToLog(
        VOCABULARY.outcome(earlier.outcome),
        CallDetails(
            None if is_open else earlier.purpose,
            note,
            amount=Amount(earlier.amount) if earlier.amount else None,
            amount_in_note=earlier.share is not None,
            party=party.code if party else "",
        ),
        answered,
        line_digest=earlier.line_digest,
        minutes=earlier.minutes,
        keeps_plan=keeps_plan,
        answers_none=answered is not None and not is_open,
    )
    return await log(desk, loan, made)
