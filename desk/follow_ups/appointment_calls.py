"""The calls about appointments: the one by which the rules confirm it, and the one after a missed appointment."""

from datetime import date

from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import lifecycle, rule_plans
from desk.follow_ups.workspace_cadence import cadence_of
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, zone_of
from desk.rules.cadence import Rule
from desk.rules.working_time import local_date, next_working_morning
from storage.queries.follow_ups import appointments
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import Appointment, FollowUp, Loan, Member

PURPOSES = {"signing": "signing", "interview": "decision", "pickup": "pickup"}
"""The purpose of the calls about an appointment, by its kind."""

_RULE = "appointment"


async def plan_confirmations(desk: Desk, rule: Rule) -> None:
    """Plan the calls that confirm the appointments of a rule's kind which have none."""
    rows = await appointments.without_call(desk.session, desk.workspace.id, rule.date or "", desk.now)
    attending = await members.by_ids(desk.session, {row.member_id for row in rows})
    await loans.lock_all(desk.session, {row.loan_id for row in rows})
    on = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    for row in rows:
        if await plan_confirmation(desk, on[row.loan_id], row, attending[row.member_id]) is not None:
            desk.add(row)


def day_of(follow_up: FollowUp) -> date:
    """Return the day of the appointment that a call by a rule confirms."""
    return date.fromisoformat((follow_up.rule_trigger or "").rpartition(":")[2])


def is_too_late(rule: Rule, due: Due, day: date) -> bool:
    """Return whether a call is due too late to confirm an appointment of that day."""
    return due.on > day or (due.on == day and bool(rule.working_days))


async def plan_confirmation(
    desk: Desk, loan: Loan, row: Appointment, member: Member
) -> lifecycle.PlannedFollowUp | None:
    """Plan the call by which the rules confirm an appointment of that kind, unless its day is over."""
    day = local_date(row.at, zone_of(desk, member))
    rule = next((each for each in cadence_of(desk).rules if each.enabled and each.date == row.kind), None)
    if rule is None:
        return None
    due = await rule_plans.due_by_rule(desk, rule, member, on=day)
    if is_too_late(rule, due, day):
        return None
    planned = await lifecycle.plan(
        desk,
        loan,
        purpose=rule.purpose,
        assignee=member,
        due=due,
        rule=rule.code,
        rule_trigger=f"{rule.code}@{row.id}:{day}",
    )
    row.follow_up_id = planned.follow_up.id
    return planned


async def end_confirmation(desk: Desk, row: Appointment, state: str) -> None:
    """Close the call that confirms an appointment as `done` or `cancelled`, if it is open."""
    follow_up = await desk.session.get(FollowUp, row.follow_up_id) if row.follow_up_id else None
    if follow_up is not None and follow_up.state == "open" and follow_up.rule is not None:
        lifecycle.close(desk, follow_up, state)


async def plan_after_missed(desk: Desk, loan: Loan, row: Appointment) -> lifecycle.PlannedFollowUp:
    """Plan a call on the next working morning of the member whom the borrower did not meet, for another time."""
    member = await desk.session.get_one(Member, row.member_id)
    hours = hours_of(desk, member)
    at = next_working_morning(desk.now, hours, await calendar_of(desk))
    due = Due(on=local_date(at, hours.zone), at=at)
    return await lifecycle.plan(desk, loan, purpose=PURPOSES[row.kind], assignee=member, due=due, rule=_RULE)
