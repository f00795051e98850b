"""Apply the outcome of a call: close or move the follow-up it answers, and plan the next one (COMMANDS §2)."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from desk.calls.matching import FollowUpMatch
from desk.calls.payments import Settlement, has_schedule, pay_part_of, settle
from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY, Outcome, RelatedRole
from desk.follow_ups import assignees, chasing, lifecycle, rule_plans
from desk.follow_ups.contact_limits import contact_hours
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.people.calendars import calendar_of
from desk.people.members import acting_for, hours_of, today_of, zone_of
from desk.repayment.payments import ABOUT_AN_INSTALMENT, Taken
from desk.rules import cadence_times
from desk.rules.conversations import is_attempt
from desk.rules.working_time import day_bounds, local_date
from storage.queries.calls import calls
from storage.queries.documents import documents
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member

PART_PAID = "part_paid"
"""The outcome of a call about a payment that is a part of an instalment."""

PROMISED = "promised"
"""The outcome of a call in which the borrower promised to pay."""

_MESSAGE_LEFT = VOCABULARY.outcome("voicemail")
"""What a conversation with another person than the borrower counts as where the borrower is asked for."""

_FRUITLESS = frozenset(outcome.code for outcome in VOCABULARY.outcomes if not outcome.ends)
"""Outcomes of attempts: they are counted and leave the follow-up open."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next call as typed: its due time, its purpose if given, and a note."""

    due: Due
    purpose: str | None = None
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """What an outcome changed. `by_rule`: the desk itself planned `planned`. `ended` includes the answered follow-up; `paid`
    is the instalment that was paid, `taken` the payment on a schedule, `chase` the next call about documents that are still to be
    brought. `also_planned` are other calls that rules planned."""

    answered: FollowUp | None = field(default=None, repr=False)
    planned: PlannedFollowUp | None = field(default=None, repr=False)
    by_rule: bool = False
    ended: tuple[FollowUp, ...] = field(default=(), repr=False)
    paid: date | None = None
    taken: Taken | None = field(default=None, repr=False)
    chase: PlannedFollowUp | None = field(default=None, repr=False)
    also_planned: tuple[PlannedFollowUp, ...] = field(default=(), repr=False)


async def apply_outcome(
    desk: Desk,
    loan: Loan,
    open_rows: Sequence[FollowUp],
    outcome: Outcome,
    match: FollowUpMatch,
    step: NextStep | None,
    *,
    call_id: UUID,
    amount: Decimal | None = None,
    keeps_plan: bool = False,
    only_attempt: bool = False,
) -> OutcomeResult:
    """Carry out what the outcome of a call means. `amount` was paid, `keeps_plan`: the next call is already planned.
    `only_attempt`: the call was had with another person (`leaves_borrower_asked`).

    Raises Invalid (`next_missing`) if the outcome needs an agreed next call and none was typed, and as `lifecycle.plan`
    does.
    """
    if outcome.next == "must" and step is None and not keeps_plan:
        raise Invalid("next_missing", outcome=outcome.code, loan=loan.number)
    answered = match.answered
    if only_attempt:
        return await _count_word_with_another(desk, loan, match, step, keeps_plan=keeps_plan)
    if outcome.ends and answered is not None and not outcome.closes(VOCABULARY.purpose(answered.purpose)):
        return await _leave_open(desk, loan, outcome, match, answered, step)
    if not outcome.ends:
        attempt = await _apply_attempt(desk, loan, open_rows, outcome, match, step, keeps_plan=keeps_plan)
        begun = () if keeps_plan else await rule_plans.follow_on(desk, loan, None, outcome, typed=step is not None)
        return replace(attempt, also_planned=(*attempt.also_planned, *begun)) if begun else attempt
    paid = taken = None
    ended: tuple[FollowUp, ...] = (answered,) if answered else ()
    if _pays(outcome, loan, amount):
        settlement = await _settle(desk, loan, open_rows, outcome, answered, call_id, amount)
        ended, paid, taken = settlement.ended, settlement.instalment_on, settlement.taken
        answered = answered or (ended[0] if ended else None)
    elif answered is not None:
        lifecycle.close(desk, answered, "done")
    planned: list[PlannedFollowUp] = []
    if step is not None:
        planned = [await _plan_typed(desk, loan, outcome, match, answered, step)]
    elif outcome.next == "instalment" and not keeps_plan:
        planned = [*(await rule_plans.replan_instalment(desk, loan)).planned]
    if step is not None and outcome.next_purpose == "promise":
        ended += tuple(rule_plans.cancel_reminders(desk, open_rows, planned[0].follow_up))
    if not keeps_plan:
        planned += await rule_plans.follow_on(desk, loan, answered, outcome, typed=bool(planned))
    first, also = (planned[0] if planned else None), tuple(planned[1:])
    by_rule = step is None and first is not None
    return OutcomeResult(answered, first, by_rule, ended, paid, taken, also_planned=also)


def with_moved(result: OutcomeResult, moved: Sequence[PlannedFollowUp]) -> OutcomeResult:
    """Return a result with calls that rules moved because of the call: the first is the next step if there is no other."""
    if not moved or result.planned is not None:
        return replace(result, also_planned=(*result.also_planned, *moved))
    return replace(result, planned=moved[0], by_rule=True, also_planned=(*result.also_planned, *moved[1:]))


def names_time(outcome: Outcome) -> bool:
    """Return whether the time of the next call is one that the borrower named: they asked to be called, or promised to pay."""
    return outcome.next == "must"


def leaves_borrower_asked(
    loan: Loan, outcome: Outcome, match: FollowUpMatch, step: NextStep | None, role: RelatedRole | None
) -> bool:
    """Return whether the call was had with another person, who does not stand for the borrower in what it is about."""
    if role is None:
        return False
    about = match.answered.purpose if match.answered else match.purpose
    typed = step.purpose if step else None
    stage = VOCABULARY.stage(loan.stage).purpose
    return is_attempt(outcome, VOCABULARY.purpose(about or typed or outcome.next_purpose or stage), role)


async def _apply_attempt(
    desk: Desk,
    loan: Loan,
    open_rows: Sequence[FollowUp],
    outcome: Outcome,
    match: FollowUpMatch,
    step: NextStep | None,
    *,
    keeps_plan: bool,
) -> OutcomeResult:
    if match.answered is not None:
        return await _count_and_move(desk, loan, outcome, match, step, keeps_plan=keeps_plan)
    if step is None and (keeps_plan or (open_rows and not match.missing)):
        return OutcomeResult()
    return await _plan_next_attempt(desk, loan, outcome, match, step)


async def _count_word_with_another(
    desk: Desk, loan: Loan, match: FollowUpMatch, step: NextStep | None, *, keeps_plan: bool
) -> OutcomeResult:
    if match.answered is not None:
        return await _count_and_move(desk, loan, _MESSAGE_LEFT, match, step, keeps_plan=keeps_plan)
    return OutcomeResult(planned=await _plan_typed(desk, loan, _MESSAGE_LEFT, match, None, step) if step else None)


def _pays(outcome: Outcome, loan: Loan, amount: Decimal | None) -> bool:
    """Return whether a call with that outcome settles an instalment, or records a part of one on the loan's schedule."""
    return outcome.settles_instalment or (outcome.code == PART_PAID and amount is not None and has_schedule(loan))


async def _settle(
    desk: Desk,
    loan: Loan,
    open_rows: Sequence[FollowUp],
    outcome: Outcome,
    answered: FollowUp | None,
    call_id: UUID,
    amount: Decimal | None,
) -> Settlement:
    if outcome.code == PART_PAID and amount is not None:
        return await pay_part_of(desk, loan, answered, call_id, amount)
    return await settle(desk, loan, open_rows, answered, call_id=call_id, amount=amount)


async def plan_only(
    desk: Desk, loan: Loan, outcome: Outcome, match: FollowUpMatch, step: NextStep | None
) -> OutcomeResult:
    """Plan the typed step, and leave open what the call answers: what its payment covers is not known yet."""
    planned = await _plan_typed(desk, loan, outcome, match, match.answered, step) if step else None
    return OutcomeResult(answered=match.answered, planned=planned)


async def retry_due(desk: Desk, loan: Loan, outcome: Outcome, assignee: Member, *, counted: bool = False) -> Due:
    """Return when to try again after this attempt: when the acting member works and borrowers may be called.

    Today's fruitless attempts on the loan all count, whatever their purpose: they ring the same phone. `counted`: this one
    is already among them.
    """
    zone = zone_of(desk, assignee)
    acting = await acting_for(desk, assignee, today_of(desk, assignee))
    at = cadence_times.retry_at(
        outcome.code,
        await _attempts_today(desk, loan, assignee) + (0 if counted else 1),
        desk.now,
        hours_of(desk, acting),
        await calendar_of(desk),
        contact=contact_hours(desk),
    )
    return Due(on=local_date(at, zone), at=at)


async def _plan_next_attempt(
    desk: Desk, loan: Loan, outcome: Outcome, match: FollowUpMatch, step: NextStep | None
) -> OutcomeResult:
    """Plan a follow-up for the next attempt, as typed or by rule; this attempt is its first."""
    if step is not None:
        planned = await _plan_typed(desk, loan, outcome, match, None, step)
    else:
        assignee = await assignees.assignee_of_next(desk, loan, None)
        due = await retry_due(desk, loan, outcome, assignee)
        purpose = _purpose_of_next(loan, outcome, match, None, None)
        planned = await lifecycle.plan(desk, loan, purpose=purpose, assignee=assignee, due=due, rule="retry")
    planned.follow_up.attempts = 1
    return OutcomeResult(planned=planned, by_rule=step is None)


async def _count_and_move(
    desk: Desk, loan: Loan, outcome: Outcome, match: FollowUpMatch, step: NextStep | None, *, keeps_plan: bool
) -> OutcomeResult:
    """Move the answered follow-up, which stays open."""
    answered = match.answered
    assert answered is not None
    assignee = (await members.by_ids(desk.session, [answered.assignee_id]))[answered.assignee_id]
    if step is None and keeps_plan:
        track(desk, answered).attempts += 1
        return OutcomeResult(answered=answered)
    if step is not None and _is_another(answered, step):
        track(desk, answered).attempts += 1
        return await _plan_beside(desk, loan, outcome, match, answered, step)
    due = step.due if step else await retry_due(desk, loan, outcome, assignee)
    was_due = answered.due_on <= today_of(desk, assignee)
    planned = await lifecycle.move(desk, answered, due, assignee=assignee, by_rule_of=loan if step is None else None)
    if step is not None:
        answered.rule = None  # the time was agreed: no rule moves or cancels it any more
        planned = await lifecycle.with_time_checked(desk, loan, planned, asked_for=names_time(outcome))
    if was_due:
        planned = replace(planned, moved_from=None)  # the attempt was the call planned for today
    answered.attempts += 1
    if step is not None:
        _take_over(desk, answered, step)
    return OutcomeResult(answered=answered, planned=planned, by_rule=step is None)


async def _leave_open(
    desk: Desk, loan: Loan, outcome: Outcome, match: FollowUpMatch, check: FollowUp, step: NextStep | None
) -> OutcomeResult:
    """Move a check that has no result yet to the typed time. Without one it stays where it is, and nobody hears that its
    reminder was not answered: it was."""
    if step is None:
        if check.announced_for is not None and check.escalate_at is not None:
            track(desk, check).escalate_at = None
        return OutcomeResult(answered=check)
    if _is_another(check, step):
        return await _plan_beside(desk, loan, outcome, match, check, step)
    assignee = (await members.by_ids(desk.session, [check.assignee_id]))[check.assignee_id]
    was_due = check.due_on <= today_of(desk, assignee)
    planned = await lifecycle.move(desk, check, step.due, assignee=assignee)
    planned = await lifecycle.with_time_checked(desk, loan, planned, asked_for=names_time(outcome))
    _take_over(desk, check, step)
    return OutcomeResult(answered=check, planned=replace(planned, moved_from=None) if was_due else planned)


def _is_another(answered: FollowUp, step: NextStep) -> bool:
    """Return whether the typed next call is about something else than the check that was answered, and so does not move it."""
    return step.purpose not in (None, answered.purpose) and VOCABULARY.purpose(answered.purpose).check


async def _plan_beside(
    desk: Desk, loan: Loan, outcome: Outcome, match: FollowUpMatch, check: FollowUp, step: NextStep
) -> OutcomeResult:
    """Plan the typed next call and leave the check, which is about something else, where it is."""
    if check.announced_for is not None and check.escalate_at is not None:
        track(desk, check).escalate_at = None
    return OutcomeResult(answered=check, planned=await _plan_typed(desk, loan, outcome, match, check, step))


def _take_over(desk: Desk, answered: FollowUp, step: NextStep) -> None:
    """Give a follow-up that was moved the purpose and the note of the next step that was typed."""
    lifecycle.check_note(step.note)
    answered.purpose = step.purpose or answered.purpose
    if step.note:
        note = _with_earlier_note(step.note, lifecycle.note_of(desk, answered))
        answered.note_cipher = desk.cipher.encrypt_optional(FollowUp.note_cipher, answered.id, note)


def _with_earlier_note(note: str, earlier: str) -> str:
    """Return the new note with the one that was there below it, as far as both have room."""
    both = f"{note}\n{earlier}" if earlier and earlier not in note else note
    return both if len(both) <= NOTE_LIMIT else note


async def _plan_typed(
    desk: Desk, loan: Loan, outcome: Outcome, match: FollowUpMatch, answered: FollowUp | None, step: NextStep
) -> PlannedFollowUp:
    purpose = _purpose_of_next(loan, outcome, match, answered, step.purpose)
    about = answered.instalment_on if answered and purpose in ABOUT_AN_INSTALMENT else None
    return await lifecycle.plan(
        desk,
        loan,
        purpose=purpose,
        assignee=await assignees.assignee_of_next(desk, loan, answered),
        due=step.due,
        note=step.note,
        instalment_on=None if outcome.settles_instalment else about,
        asked_for=names_time(outcome),
    )


def _purpose_of_next(
    loan: Loan, outcome: Outcome, match: FollowUpMatch, answered: FollowUp | None, typed: str | None
) -> str:
    """As typed; a promise after a promise; otherwise that of the answered one, the one named, or by outcome or stage."""
    promised = outcome.next_purpose if outcome.next == "must" else None
    about = answered.purpose if answered else match.purpose
    return typed or promised or about or outcome.next_purpose or VOCABULARY.stage(loan.stage).purpose


async def _attempts_today(desk: Desk, loan: Loan, assignee: Member) -> int:
    start, _ = day_bounds(today_of(desk, assignee), zone_of(desk, assignee))
    return await calls.count_since(desk.session, loan.id, _FRUITLESS, start)


async def go_on_chasing(desk: Desk, loan: Loan, result: OutcomeResult) -> OutcomeResult:
    """Let a further call ask for the documents of a call that is over or has become about something else."""
    answered = result.answered
    await pass_on_documents(desk, result)
    if answered is None or (answered.state == "open" and answered.purpose == chasing.PURPOSE):
        return result
    return replace(result, chase=await chasing.continue_after(desk, loan, answered))


async def pass_on_documents(desk: Desk, result: OutcomeResult) -> None:
    """Let the next follow-up about documents ask for what the answered one asked for."""
    answered, planned = result.answered, result.planned.follow_up if result.planned else None
    if answered is None or planned is None or answered.id == planned.id or planned.purpose != "documents":
        return
    chasing.link(desk, await documents.asked_after_in(desk.session, answered.loan_id, answered.id), planned)
