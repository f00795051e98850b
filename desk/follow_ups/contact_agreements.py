"""A time that the borrower asked for is a consent: it is kept where contact rules would not allow it, and lifts them then."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from desk.core.changes import create
from desk.core.transaction import Desk
from desk.follow_ups import contact_choices
from desk.follow_ups.contact_limits import Limits, limits_of
from storage.engine.types import new_id
from storage.tables import ContactConsent, FollowUp, Loan

_ASKED_FOR = timedelta(hours=1)
"""How long a time that the borrower asked for counts as agreed: the call takes a while to begin."""


async def keep_asked_time(desk: Desk, loan: Loan, follow_up: FollowUp) -> bool:
    """Record that the borrower asked for a call at the time of a follow-up that a member plans, if a rule speaks against that
    time which a consent lifts; return whether the answer warns: one does, or one refuses a call then."""
    if follow_up.due_at is None or desk.actor is None or not contact_choices.may_have_any(desk):
        return False
    limits = await limits_of(desk, loan)
    if limits is None:
        return False
    answer = limits.answer(follow_up.due_at)
    if not any(each.rule.lift for each in answer.broken):
        return answer.effect == "deny"
    for zone in limits.zones or (ZoneInfo(desk.workspace.zone),):
        _agree(desk, follow_up, limits, follow_up.due_at.astimezone(zone))
    desk.audit("contact_consent", loan_id=loan.id, subject_id=follow_up.id, consent="asked_for")
    return True


def _agree(desk: Desk, follow_up: FollowUp, limits: Limits, local: datetime) -> None:
    """Record both kinds: for the hour that begins then, and to be called on that day."""
    end = local + _ASKED_FOR
    hours = (local.time(), end.time() if end.date() == local.date() else time(0))
    for kind, (starts, ends) in (("hours", hours), ("calls", (None, None))):
        create(
            desk,
            ContactConsent(
                id=new_id(),
                workspace_id=desk.workspace.id,
                loan_id=limits.loan_id,
                follow_up_id=follow_up.id,
                kind=kind,
                given_at=desk.now,
                starts_on=local.date(),
                ends_on=local.date(),
                starts=starts,
                ends=ends,
                by_id=desk.member.id,
            ),
        )
