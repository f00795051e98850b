"""Calls whose days count from the pickup move once it is known, or is known to have been another day."""

from collections.abc import Sequence
from typing import Any

from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.follow_ups import lifecycle, rule_plans
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.follow_ups.pickups import counted_from
from desk.follow_ups.workspace_cadence import cadence_of
from desk.people.members import today_of
from storage.queries.follow_ups import follow_ups
from storage.queries.follow_ups.pickups import PICKUP
from storage.queries.loans import loans
from storage.tables import Appointment, Call, FollowUp, Loan, Member, Undo


async def follow_pickup(desk: Desk, loan: Loan, about: str | None = PICKUP) -> tuple[PlannedFollowUp, ...]:
    """Move the open calls of a locked loan that rules placed by the pickup, or instead by the stage, to where they are now, and
    return those that moved; nothing where what changed is not `about` the pickup. A call that a member moved stays.
    """
    if about != PICKUP or loan.next_follow_up_number == 1:
        return ()
    cadence, moved = cadence_of(desk), list[PlannedFollowUp]()
    for row in await follow_ups.open_of_loan(desk.session, loan.id):
        rule = cadence.get(row.rule)
        if rule is None or rule.counts_from is None:
            continue
        assignee = await desk.session.get_one(Member, row.assignee_id)
        since = await counted_from(desk, loan.id, rule) or row.created_at
        due = await rule_plans.due_by_rule(desk, rule, assignee, since=since)
        today = today_of(desk, assignee)
        if due == lifecycle.due_of(row) or max(due.on, row.due_on) <= today:
            continue  # due or late it is already
        moved.append(await lifecycle.move(desk, row, due, assignee=assignee, keeps_hour=False, by_rule_of=loan))
    return tuple(moved)


@corrects_after_undo(Appointment, Call, FollowUp)
async def follow_undone_pickup(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Move the calls that were placed by a pickup which an Undo took back, or brought back."""
    loan_ids = {each.row.loan_id for each in rows if _is_about_pickup(each.row)}
    for loan_id in sorted(loan_ids):
        await follow_pickup(desk, await loans.lock(desk.session, loan_id))


def _is_about_pickup(row: Any) -> bool:
    return (row.kind if isinstance(row, Appointment) else row.purpose) == PICKUP
