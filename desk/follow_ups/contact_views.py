"""What a card, a reminder and a form show of when a borrower may be called."""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups import contact_choices
from desk.follow_ups.contact_limits import Limits, limits_of, limits_of_loans
from desk.rules.contact_facts import BORROWER
from desk.rules.contact_packs import Pack, Window
from desk.rules.contact_rules import Answer
from desk.rules.hours import MIDNIGHT
from desk.rules.working_time import instant_of, local_date
from storage.queries.follow_ups import contacts
from storage.tables import ContactConsent, ContactState, Loan


@dataclass(frozen=True, slots=True)
class StateView:
    """A recorded state, its last day, and whether it concerns another person than the borrower."""

    id: UUID
    version: int
    code: str
    at: datetime
    until_on: date | None
    other_person: bool


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent that was not withdrawn: of which kind and form, for which days and hours in the borrower's zone."""

    id: UUID
    version: int
    kind: str
    form: str
    given_at: datetime
    starts_on: date | None
    ends_on: date | None
    starts: time | None
    ends: time | None


@dataclass(frozen=True, slots=True)
class ContactView:
    """Whether the borrower of a loan may be called now. `next_window`: when a window opens next, also while one is open.

    `states` are codes with their last day, of the borrower, their number and the debt. `zones` are those of their number.
    """

    loan_id: UUID
    answer: Answer
    next_window: datetime | None
    states: tuple[tuple[str, date | None], ...]
    packs: tuple[Pack, ...] = field(repr=False)
    zones: tuple[ZoneInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactPage:
    """All about when the borrower may be called, with what the reader may change. `out_of_sight`: the states and consents, by
    id, on a loan of the borrower that the reader may not see, and so may not end."""

    loan_id: UUID
    number: str
    name: str = field(repr=False)
    view: ContactView | None
    role: str
    states: tuple[StateView, ...]
    consents: tuple[ConsentView, ...]
    out_of_sight: frozenset[UUID]
    may_enter: bool
    may_enter_contact: bool
    may_allow: bool
    may_restrict: bool
    may_choose: bool


async def contact_view(desk: Desk, loan: Loan) -> ContactView | None:
    """Return whether the borrower may be called now; None where nothing is chosen or recorded beyond the workspace's hours."""
    limits = await limits_of(desk, loan)
    return view_of(desk, limits) if limits else None


async def contact_views(desk: Desk, loans: Collection[Loan]) -> dict[UUID, ContactView]:
    """Return the same of many loans by their ids, without those of which nothing is chosen or recorded."""
    if not contact_choices.may_have_any(desk):
        return {}
    found = await limits_of_loans(desk, loans)
    return {loan_id: view_of(desk, limits) for loan_id, limits in found.items()}


def view_of(desk: Desk, limits: Limits, answer: Answer | None = None) -> ContactView:
    """Return what is shown of the limits of a loan; `answer` is about another person than the borrower."""
    answer = answer or limits.answer(desk.now)
    today = desk.workspace_today
    states = {
        flag.code: flag.until_on
        for flag in limits.flags
        if flag.person == BORROWER and (flag.until_on is None or flag.until_on >= today)
    }
    return ContactView(
        loan_id=limits.loan_id,
        answer=answer,
        next_window=answer.next_at if answer.effect else _next_window(limits, desk.now),
        states=tuple(states.items()),
        packs=limits.packs,
        zones=limits.zones,
    )


def state_view(row: ContactState) -> StateView:
    """Return a recorded state as it is shown."""
    return StateView(row.id, row.version, row.code, row.at, row.until_on, row.person_id is not None)


def consent_view(row: ContactConsent) -> ConsentView:
    """Return a consent as it is shown."""
    return ConsentView(
        id=row.id,
        version=row.version,
        kind=row.kind,
        form=row.form,
        given_at=row.given_at,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        starts=row.starts,
        ends=row.ends,
    )


async def consents_in_force(desk: Desk, loan_id: UUID) -> Sequence[ContactConsent]:
    """Return the consents of the borrower of a loan that hold today or later, also those entered on another of their loans."""
    return await contacts.consents_in_force(desk.session, loan_id, desk.workspace_today)


def _next_window(limits: Limits, now: datetime) -> datetime | None:
    """Return when the borrower, who may be called now, may be again after the window that is open has closed."""
    closing: list[datetime] = []
    for bound in limits.bound:
        rule = bound.rule
        if not isinstance(rule, Window) or rule.end is None:
            continue
        for zone in bound.zones:
            day = local_date(now, zone) + timedelta(days=rule.end == MIDNIGHT)
            closing.append(instant_of(day, rule.end, zone))
    ahead = [each for each in closing if each > now]
    if not ahead:
        return None
    closed = limits.answer(min(ahead))
    return closed.next_at if closed.effect else None
