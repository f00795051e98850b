"""Before a call by rule is announced, it is asked again whether it may be made now."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import contact_choices, lifecycle
from desk.follow_ups.contact_limits import contact_hours, fit, limits_of_loans
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, today_of
from storage.queries.loans import loans
from storage.tables import FollowUp, Member


async def without_barred(desk: Desk, rows: Sequence[FollowUp], assignees: Mapping[UUID, Member]) -> list[FollowUp]:
    """Move the due calls that rules planned, and that contact rules speak against now, to the next allowed minute; return the
    others. What no time allows is announced, so that a member decides."""
    if not contact_choices.may_have_any(desk) or all(row.rule is None for row in rows):
        return list(rows)
    about = await loans.by_ids(desk.session, {row.loan_id for row in rows if row.rule is not None})
    limits = await limits_of_loans(desk, list(about.values()))
    calendar, house, left = await calendar_of(desk), contact_hours(desk), list[FollowUp]()
    for row in rows:
        assignee, known = assignees[row.assignee_id], limits.get(row.loan_id)
        due = Due(today_of(desk, assignee), desk.now)
        fitted = None
        if row.rule is not None and known is not None:
            fitted = fit(known, due, desk.now, hours_of(desk, assignee), calendar, house)
        if fitted is None:
            left.append(row)
            continue
        await lifecycle.move(desk, row, fitted.due, assignee=assignee, keeps_hour=False)
        lifecycle.record_fit(desk, row, fitted)
    return left


async def barred_now(desk: Desk, loan_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return the loans whose borrower contact rules refuse a call now: no queue hands them out."""
    if not contact_choices.may_have_any(desk):
        return frozenset()
    found = await limits_of_loans(desk, list((await loans.by_ids(desk.session, loan_ids)).values()))
    return frozenset(loan_id for loan_id, limits in found.items() if limits.answer(desk.now).effect == "deny")
