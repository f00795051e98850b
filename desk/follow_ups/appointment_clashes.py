"""Appointments that are handed to a member who has another one then: named before it happens, with the next free times."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.appointment_times import free_times, span_of
from desk.follow_ups.appointments import LONGEST
from desk.loans import lookup
from desk.rules.appointments import overlaps
from storage.queries.follow_ups import appointments
from storage.queries.loans import loans
from storage.tables import Appointment, Member

FREE_TIMES = 3
"""How many free times are offered for one."""

LISTED = 5
"""How many clashes are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Clash:
    """An appointment whose new member (`who`, a Slack id) has another one then. `loan` and `other` are the numbers of their
    loans, `other` empty if the reader may not see it; `free` are the next times at which that member is free."""

    appointment_id: UUID
    kind: str
    loan: str
    at: datetime
    who: str
    other: str
    free: tuple[datetime, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Clashes:
    """The first appointments that clash, and how many others do."""

    shown: tuple[Clash, ...] = ()
    more: int = 0


NO_CLASHES = Clashes()

Given = tuple[Appointment, Member]
"""An appointment, and the member who is to attend it."""


async def clashes_of(desk: Desk, given: Iterable[Given]) -> Clashes:
    """Return which of these appointments clash with what their new members attend, or with each other, the earliest first."""
    ahead = sorted((each for each in given if each[0].at > desk.now), key=lambda each: (each[0].at, each[0].id))
    found: list[tuple[Appointment, Member, Appointment]] = []
    taken: dict[UUID, list[Appointment]] = {}
    for row, to in ahead:
        others = await appointments.open_of_member(
            desk.session, to.id, row.at - timedelta(minutes=LONGEST), row.at + timedelta(minutes=LONGEST)
        )
        there = [each for each in (*others, *taken.get(to.id, ())) if each.id != row.id]
        other = next((each for each in there if overlaps(span_of(each), span_of(row))), None)
        if other is not None:
            found.append((row, to, other))
        taken.setdefault(to.id, []).append(row)
    shown = [await _clash(desk, *each) for each in found[:LISTED]]
    return Clashes(tuple(shown), len(found[LISTED:]))


async def given_with_loans(desk: Desk, takers: Mapping[UUID, tuple[UUID, Member]]) -> list[Given]:
    """Return the appointments on these loans whose owner attends them, and who would: `takers` are the owner's id and who gets
    the loan, by its id."""
    rows = await appointments.open_of_loans(desk.session, takers.keys()) if takers else []
    return [(row, to) for row in rows for owner_id, to in [takers[row.loan_id]] if row.member_id == owner_id]


async def given_with_all(desk: Desk, outgoing: Member, to: Member) -> list[Given]:
    """Return all appointments that `outgoing` attends, on whosever loans, and `to` would."""
    return [(row, to) for row in await appointments.all_open_of_member(desk.session, outgoing.id)]


async def _clash(desk: Desk, row: Appointment, to: Member, other: Appointment) -> Clash:
    on = await loans.by_ids(desk.session, {row.loan_id, other.loan_id})
    return Clash(
        appointment_id=row.id,
        kind=row.kind,
        loan=on[row.loan_id].number,
        at=row.at,
        who=to.slack_user_id,
        other=on[other.loan_id].number if await lookup.may_see(desk, other.loan_id) else "",
        free=tuple(await free_times(desk, to, row.minutes, limit=FREE_TIMES)),
    )
