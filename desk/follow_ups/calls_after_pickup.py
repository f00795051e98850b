"""Calls whose days count from the pickup move once it is known, or is known to have been another day."""

from collections.abc import Sequence

from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import Due
from desk.follow_ups import lifecycle, rule_plans
from desk.follow_ups.contact_limits import fit_to_rules
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.follow_ups.pickups import counted_from
from desk.follow_ups.workspace_cadence import cadence_of
from desk.people.members import hours_of, today_of
from storage.queries.follow_ups import follow_ups
from storage.queries.follow_ups.pickups import PICKUP
from storage.queries.loans import loans
from storage.tables import Appointment, Call, FollowUp, Loan, Member, Undo

_TELLING = frozenset({"state", "at", "outcome", "purpose"})
"""The columns of appointments, calls and follow-ups that tell of a pickup."""


async def follow_pickup(desk: Desk, loan: Loan, about: str | None = PICKUP) -> tuple[PlannedFollowUp, ...]:
    """Move the open calls of a locked loan that rules placed by the pickup, or instead by the stage, to where they are now, and
    return those that moved; nothing where what changed is not `about` the pickup. A call that a member moved, or that was tried,
    stays.
    """
    if about != PICKUP or loan.next_follow_up_number == 1:
        return ()
    cadence, moved = cadence_of(desk), list[PlannedFollowUp]()
    for row in await follow_ups.open_of_loan(desk.session, loan.id):
        rule = cadence.get(row.rule)
        if rule is None or rule.counts_from is None or row.attempts:
            continue
        assignee = await desk.session.get_one(Member, row.assignee_id)
        known = await counted_from(desk, loan.id, rule)
        # One of a rule that was off at the payout was planned later, and counts from the payout all the same.
        begins = (known,) if known is not None else (row.created_at, loan.stage_since)
        due, *others = [await rule_plans.due_by_rule(desk, rule, assignee, since=each) for each in begins]
        if max(due.on, row.due_on) <= today_of(desk, assignee):
            continue  # due or late it is already
        if lifecycle.due_of(row) in [await _as_allowed(desk, loan, each, assignee) for each in (due, *others)]:
            continue
        moved.append(await lifecycle.move(desk, row, due, assignee=assignee, keeps_hour=False, by_rule_of=loan))
    return tuple(moved)


async def _as_allowed(desk: Desk, loan: Loan, due: Due, assignee: Member) -> Due:
    """Return when a call by rule that is due then is made, where contact rules place it later."""
    fitted = await fit_to_rules(desk, loan, due, hours_of(desk, assignee))
    return fitted.due if fitted is not None else due


@corrects_after_undo(Appointment, Call, FollowUp)
async def follow_undone_pickup(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Move the calls that were placed by a pickup which an Undo took back, or brought back."""
    loan_ids = {each.row.loan_id for each in rows if _tells_of_pickup(each)}
    for loan_id in sorted(loan_ids):
        await follow_pickup(desk, await loans.lock(desk.session, loan_id))


def _tells_of_pickup(undone: UndoneRow) -> bool:
    """Return whether a restored row says another thing of a pickup than before; who makes the call or attends says nothing."""
    if undone.before is not None and _TELLING.isdisjoint(undone.before):
        return False
    row = undone.row
    return (row.kind if isinstance(row, Appointment) else row.purpose) == PICKUP
