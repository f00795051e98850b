"""What rules escalate to the managers: a call on which nobody acted, one that was snoozed too often, how a call ended, the last
attempt, a promise broken twice, a loan that moved on past a failed check. An escalation whose cause is gone is settled: nothing
is left for a manager."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from desk.core.changes import track
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.assignees import present_owner
from desk.follow_ups.escalations import next_level_at, raise_on, rewrite, unresolved_of_kind
from desk.rules.checks import undecided
from desk.rules.escalations import (
    ended_by,
    raised_by_attempts,
    raised_by_broken_promises,
    raised_by_event,
    raised_by_missed_steps,
    step_of_trigger,
    trigger_of_passed_over_check,
    trigger_of_step,
)
from storage.queries.follow_ups import checks, escalations
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import Call, Check, Escalation, FollowUp, Loan, Member, Undo

_LATEST = 20
"""How many of the latest escalations of a loan an Undo of its checks looks at."""


async def escalate_late(desk: Desk, rows: Sequence[FollowUp]) -> None:
    """Escalate the follow-ups on which nobody acted in time; the managers of one that is escalated already are not told again."""
    there = await escalations.unresolved_of_follow_ups(desk.session, [row.id for row in rows])
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    on = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    for row in rows:
        loan = on[row.loan_id]
        desk.audit("escalate", loan_id=loan.id, subject_id=row.id)
        if row.id in there:
            await rewrite(desk, there[row.id])
            continue
        await raise_on(
            desk,
            loan,
            raised_by_event("late"),
            assignees[row.assignee_id],
            trigger=f"late:{row.id}:{row.version}",
            follow_up=row,
            arose_at=row.announced_for or row.late_at,
        )


async def escalate_snoozed(desk: Desk, loan: Loan, row: FollowUp, assignee: Member) -> bool:
    """Escalate a follow-up that was snoozed once too often; return whether managers hear of it now."""
    there = await escalations.unresolved_of_follow_ups(desk.session, [row.id])
    if row.id in there:
        await rewrite(desk, there[row.id])
        return False
    trigger = f"snoozed:{row.id}:{row.version}"
    _row, told = await raise_on(desk, loan, raised_by_event("snoozed"), assignee, trigger=trigger, follow_up=row)
    return told


async def escalate_after_attempt(desk: Desk, loan: Loan, follow_up_id: UUID, attempts: int, holder_id: UUID) -> bool:
    """Escalate a locked loan if that many fruitless calls about one follow-up are the last; return whether it was."""
    kind = raised_by_attempts(attempts)
    return kind is not None and await _raise_by_rule(desk, loan, kind, f"{kind}:{follow_up_id}", holder_id)


async def escalate_after_broken_promise(desk: Desk, loan: Loan, promise_id: UUID, broken: int) -> bool:
    """Escalate a loan if that many of its promises are broken, the last of which is this; return whether it was."""
    kind = raised_by_broken_promises(broken)
    if kind is None or loan.owner_id is None:
        return False
    return await _raise_by_rule(desk, loan, kind, f"{kind}:{promise_id}", loan.owner_id)


async def escalate_outcome(desk: Desk, loan: Loan, call: Call, answered: FollowUp | None = None) -> bool:
    """Escalate how a call ended to the managers of the loan's owner, or else of the caller; return whether any hears.

    Pass the follow-up that a call has just `answered`: entered again after a restore from a backup, it repeats no message.
    """
    there = await escalations.of_call(desk.session, call.id)
    if there is not None:
        await reopen(desk, there)
        return True
    kind = raised_by_event("check_failed" if VOCABULARY.outcome(call.outcome).result == "failed" else "refused")
    about = await desk.session.get_one(Member, loan.owner_id or call.caller_id)
    cause = f"{answered.id}:{answered.version}" if answered else call.id
    _row, told = await raise_on(desk, loan, kind, about, trigger=f"{kind}:{cause}", call=call)
    return told


async def follow_correction(desk: Desk, loan: Loan, call: Call, earlier: str) -> None:
    """Let the escalation of a call follow a correction of its outcome: one that managers need not hear settles it."""
    there = await escalations.of_call(desk.session, call.id)
    if VOCABULARY.outcome(earlier).result is not None:
        await settle_passed_over_check(desk, loan.id)
    if not VOCABULARY.outcome(call.outcome).tells_manager:
        if there is not None:
            await settle(desk, there)
    elif there is not None or not VOCABULARY.outcome(earlier).tells_manager:
        await escalate_outcome(desk, loan, call)


async def settle_decided(desk: Desk, check: Check) -> None:
    """Settle the escalations of a failed check: a manager has decided about it."""
    row = await escalations.of_call(desk.session, check.call_id) if check.call_id else None
    if row is not None:
        await settle(desk, row)
    await settle_passed_over_check(desk, check.loan_id)


@corrects_after_undo(Check)
async def rewrite_after_undone_decision(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Have the messages about failed checks rewritten about which a decision was undone."""
    for each in rows:
        if each.before is not None and "decision" in each.before and each.row.call_id is not None:
            row = await escalations.of_call(desk.session, each.row.call_id)
            if row is not None:
                await rewrite(desk, row)


async def escalate_passed_over_check(desk: Desk, loan: Loan, stage: str) -> None:
    """Escalate that the lender's data moved a locked loan to that stage although a check had failed of which no manager has
    decided: to the managers of its owner, or else to those of the desk."""
    kind = raised_by_event("check_passed_over")
    for row in await escalations.unresolved_of_loan(desk.session, loan.id):
        if row.kind == kind:
            await settle(desk, row)  # the loan is further now: one message says where
    about = await present_owner(desk, loan) or next(
        iter(await members.with_role(desk.session, desk.workspace.id, "manager")), None
    )
    if about is not None:
        await raise_on(desk, loan, kind, about, trigger=trigger_of_passed_over_check(loan.id, stage))


async def settle_passed_over_check(desk: Desk, loan_id: UUID) -> None:
    """Settle what was escalated of a loan that was moved on, once no failed check is left of which nobody has decided; until then
    its messages say what was decided of others."""
    kind = raised_by_event("check_passed_over")
    for row in await escalations.unresolved_of_loan(desk.session, loan_id):
        if row.kind != kind:
            continue
        if all(check.decision for check in undecided(await _checks(desk, loan_id))):
            await settle(desk, row)
        else:
            await rewrite(desk, row)


async def _checks(desk: Desk, loan_id: UUID) -> list[Check]:
    await desk.session.flush()
    return await checks.of_loan(desk.session, loan_id)


@corrects_after_undo(Check)
async def follow_undone_checks(desk: Desk, _: Undo, rows: Iterable[UndoneRow]) -> None:
    """Settle or rewrite what was escalated of loans whose failed checks an Undo took back."""
    kind = raised_by_event("check_passed_over")
    for loan_id in {each.row.loan_id for each in rows}:
        await settle_passed_over_check(desk, loan_id)
        for row in await escalations.of_loan(desk.session, loan_id, limit=_LATEST):
            if row.kind == kind:
                await rewrite(desk, row)


async def follow_stage(desk: Desk, loan: Loan, from_stage: str) -> None:
    """Settle what rules raised on a locked loan of which its end leaves nothing to decide; on one that is open again, bring back
    what managers are to decide about failed checks."""
    if VOCABULARY.stage(loan.stage).ended:
        over = ended_by(loan.stage)
        for row in await escalations.unresolved_of_loan(desk.session, loan.id):
            if row.by_id is None and row.kind in over:
                await settle(desk, row)
    elif VOCABULARY.stage(from_stage).ended:
        for check in undecided(await _checks(desk, loan.id)):
            row = await escalations.of_call(desk.session, check.call_id) if check.call_id else None
            if row is not None and check.decision is None:
                await reopen(desk, row)


async def settle(desk: Desk, row: Escalation) -> None:
    """Settle an escalation whose cause is gone, and have its messages rewritten."""
    if row.state != "resolved":
        track(desk, row)
        row.state, row.settled, row.next_level_at = "resolved", True, None
        row.resolved_by_id, row.resolved_at = desk.actor.id if desk.actor else None, desk.now
    await rewrite(desk, row)


async def reopen(desk: Desk, row: Escalation) -> None:
    """Bring an escalation back that was settled: its cause is there again; have its messages rewritten."""
    if row.settled:
        track(desk, row)
        row.state, row.settled = "taken" if row.taken_by_id else "open", False
        row.resolved_by_id = row.resolved_at = None
        if row.state == "open" and row.level == 1:
            about = await desk.session.get_one(Member, row.about_member_id)
            row.next_level_at = await next_level_at(desk, row.kind, about)
    await rewrite(desk, row)


async def escalate_missed_step(desk: Desk, loan: Loan, step_id: UUID, day: date, holder_id: UUID) -> bool:
    """Escalate a locked loan if nobody said what became of a step that was planned for that day, to the managers of the loan's
    owner; of a loan without one, to those of who was to take it. Return whether it was.

    Each step is an item of its own: what becomes of one says nothing about another.
    """
    kind, trigger = raised_by_missed_steps(), f"{trigger_of_step(step_id)}{day}"
    if kind is None or await escalations.was_raised(desk.session, loan.id, trigger):
        return False
    about = await desk.session.get_one(Member, loan.owner_id or holder_id)
    await raise_on(desk, loan, kind, about, trigger=trigger)
    return True


async def settle_missed_step(desk: Desk, loan_id: UUID, step_id: UUID) -> None:
    """Settle the escalation of a missed step of a locked loan: it is known what became of it, or it has another day."""
    for row in await escalations.unresolved_of_loan(desk.session, loan_id):
        if step_of_trigger(row.rule_trigger) == step_id:
            await settle(desk, row)


async def _raise_by_rule(desk: Desk, loan: Loan, kind: str, trigger: str, about_id: UUID) -> bool:
    if await unresolved_of_kind(desk, loan.id, kind) or await escalations.was_raised(desk.session, loan.id, trigger):
        return False
    about = await desk.session.get_one(Member, loan.owner_id or about_id)
    await raise_on(desk, loan, kind, about, trigger=trigger)
    return True
