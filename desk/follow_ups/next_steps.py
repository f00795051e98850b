"""Next steps offered for a loan with nothing planned; one press plans one."""

from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.contact_limits import CallTimes, contact_hours, limits_of
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, zone_of
from desk.rules.next_times import NextTimeKind, next_times
from desk.rules.reminders import APART
from desk.rules.working_time import local_date
from storage.queries.follow_ups import follow_ups
from storage.tables import Loan

OfferKind = Literal[NextTimeKind, "retry", "noted"]


@dataclass(frozen=True, slots=True)
class NextOffer:
    """A next step that one press plans: at one of the usual times, another attempt by rule, or a time with which the note
    of a call begins."""

    kind: OfferKind
    due: Due
    purpose: str


@dataclass(frozen=True, slots=True)
class NextSteps:
    """Offers for a live loan with nothing planned.

    `next_number` is the number of its next follow-up: a button carries it to detect that something was planned since.
    """

    loan_id: UUID
    offers: tuple[NextOffer, ...]
    next_number: int


async def next_days(desk: Desk, loan: Loan, purpose: str) -> tuple[NextOffer, ...]:
    """Return the usual times for a next call, soonest first, by the acting member's hours and when the borrower may be called."""
    zone = zone_of(desk, desk.member)
    house, limits = contact_hours(desk), await limits_of(desk, loan)
    contact = CallTimes(house, limits) if limits else house
    times = next_times(desk.now, hours_of(desk, desk.member), await calendar_of(desk), contact)
    return tuple(NextOffer(each.kind, Due(on=local_date(each.at, zone), at=each.at), purpose) for each in times)


def with_retry(retry: NextOffer, others: Iterable[NextOffer]) -> tuple[NextOffer, ...]:
    """Return the offer of another attempt first, and those of the others that are at least two hours from it."""
    at = retry.due.at
    return (retry, *(o for o in others if at is None or o.due.at is None or abs(o.due.at - at) >= APART))


async def offer_next_steps(desk: Desk, loan: Loan, *, beside: Sequence[PlannedFollowUp] = ()) -> NextSteps | None:
    """Return what to offer for a loan; None when it has ended or has an open follow-up, except those `beside`."""
    stage = VOCABULARY.stage(loan.stage)
    if stage.ended:
        return None
    known = {each.follow_up.id for each in beside}
    if any(row.id not in known for row in await follow_ups.open_of_loan(desk.session, loan.id)):
        return None
    return NextSteps(loan.id, await next_days(desk, loan, stage.purpose), loan.next_follow_up_number)
