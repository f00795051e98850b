"""Next steps offered for a loan with nothing planned; one press plans one."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, today_of, zone_of
from desk.rules.working_time import instant_of, local_date, next_working_morning
from storage.queries.follow_ups import follow_ups
from storage.tables import Loan

_MORNING = time(10)

OfferKind = Literal["tomorrow", "morning", "retry", "noted"]


@dataclass(frozen=True, slots=True)
class NextOffer:
    """A next step that one press plans: tomorrow at 10:00, the next working morning, another attempt by rule, or a
    time with which the note of a call begins."""

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


async def next_days(desk: Desk, purpose: str) -> tuple[NextOffer, ...]:
    """Return tomorrow at 10:00 and the next working morning, in the acting member's zone."""
    zone = zone_of(desk.member)
    tomorrow = instant_of(today_of(desk, desk.member) + timedelta(days=1), _MORNING, zone)
    morning = next_working_morning(desk.now, hours_of(desk.member), await calendar_of(desk))
    offers = [NextOffer("tomorrow", Due(on=local_date(tomorrow, zone), at=tomorrow), purpose)]
    if morning != tomorrow:
        offers.append(NextOffer("morning", Due(on=local_date(morning, zone), at=morning), purpose))
    return tuple(offers)


async def offer_next_steps(desk: Desk, loan: Loan) -> NextSteps | None:
    """Return what to offer for a loan; None when it has ended or has an open follow-up."""
    stage = VOCABULARY.stage(loan.stage)
    if stage.ended or await follow_ups.open_of_loan(desk.session, loan.id):
        return None
    return NextSteps(loan.id, await next_days(desk, stage.purpose), loan.next_follow_up_number)
