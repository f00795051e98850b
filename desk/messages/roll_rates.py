"""Roll rates: how many of the loans that were in a bucket when a month began are in the next one, or further, now."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.standing import standings
from desk.follow_ups.workspace_cadence import scale_of
from desk.rules.arrears import Bucket
from desk.rules.working_time import day_bounds
from storage.queries.follow_ups.due_lists import Whose
from storage.queries.messages import roll_rates
from storage.tables import Loan


@dataclass(frozen=True, slots=True)
class Roll:
    """How many loans were in `bucket` on the day before the month, and how many of these are in `following` or further now."""

    bucket: Bucket
    following: Bucket
    then: int
    rolled: int


@dataclass(frozen=True, slots=True)
class _Rolled:
    """The loans paid out when the month began: `then` and `now` are the days past due of those in arrears then, or now."""

    loans: Mapping[UUID, Loan]
    then: Mapping[UUID, int]
    now: Mapping[UUID, int]


async def rolls_of(desk: Desk, owners: Whose, first: date) -> tuple[Roll, ...]:
    """Return the roll rate of each bucket in which there were loans of these owners on the day before `first`."""
    found = await _rolled(desk, owners, first)
    places, current = _places(desk, found), await roll_rates.count_paid_out(desk.session, owners, _start(desk, first))
    rolls: list[Roll] = []
    for place, (bucket, following) in enumerate(_pairs(desk)):
        rolled = [now for then, now in places.values() if then == place and now > place]
        there = sum(then == place for then, _ in places.values())
        if place == 0:
            there = current - sum(then > 0 for then, _ in places.values())
        if there:
            rolls.append(Roll(bucket, following, there, len(rolled)))
    return tuple(rolls)


async def rolled_rows(
    desk: Desk, owners: Whose, first: date, first_day: int, *, only_rolled: bool
) -> list[tuple[Loan, int]]:
    """Return the loans that were in the bucket that begins on `first_day`, with their days past due then, or with `only_rolled`
    those that are further now, with their days past due now."""
    found, place = await _rolled(desk, owners, first), scale_of(desk).place(scale_of(desk).bucket(first_day))
    places = _places(desk, found)
    if only_rolled:
        rolled = [key for key, (then, now) in places.items() if then == place and now > place]
        return sorted(((found.loans[key], found.now[key]) for key in rolled), key=lambda each: (-each[1], each[0].id))
    if place > 0:
        there = [key for key, (then, _) in places.items() if then == place]
        return sorted(((found.loans[key], found.then[key]) for key in there), key=lambda each: (-each[1], each[0].id))
    every = await roll_rates.paid_out(desk.session, owners, _start(desk, first))
    return [(loan, 0) for loan in every if not found.then.get(loan.id)]


async def _rolled(desk: Desk, owners: Whose, first: date) -> _Rolled:
    session, start, day = desk.session, _start(desk, first), _day_before(first)
    then = await roll_rates.in_arrears_on(session, owners, start, day)
    now = await roll_rates.in_arrears_on(session, owners, start, desk.workspace_today)
    loans = {loan.id: loan for loan in (*then, *now)}
    before, today = await standings(desk, then, day), await standings(desk, now)
    return _Rolled(
        loans,
        {key: each.arrears.days for key, each in before.items()},
        {key: each.arrears.days for key, each in today.items() if not VOCABULARY.stage(loans[key].stage).ended},
    )


def _places(desk: Desk, found: _Rolled) -> dict[UUID, tuple[int, int]]:
    """Return the places of the buckets in which each of the loans was then and is now."""
    scale = scale_of(desk)

    def place(days: int) -> int:
        return scale.place(scale.bucket(days))

    return {key: (place(found.then.get(key, 0)), place(found.now.get(key, 0))) for key in found.loans}


def _pairs(desk: Desk) -> list[tuple[Bucket, Bucket]]:
    return list(pairwise(scale_of(desk).buckets))


def _day_before(first: date) -> date:
    return first - timedelta(days=1)


def _start(desk: Desk, first: date) -> datetime:
    return day_bounds(first, ZoneInfo(desk.workspace.zone))[0]
