"""The borrowers in arrears, in the order in which they are to be called."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups import listed_loans, standing
from desk.follow_ups.listed_loans import ArrearsView, ListedLoan
from desk.follow_ups.reservations import taken_of
from desk.follow_ups.standing import Standing
from desk.follow_ups.workspace_cadence import scale_of
from desk.rules import queues
from desk.rules.arrears import Bucket, Pause, days_past_due
from desk.rules.escalations import holding_calls
from desk.rules.queues import SPOKEN, InArrears
from desk.rules.working_time import local_date
from storage.queries.core.rows import chunks
from storage.queries.follow_ups import arrears
from storage.queries.follow_ups.arrears import LoanInArrears, MoneyAndTalk, ReadyFor
from storage.queries.follow_ups.due_lists import Whose
from storage.queries.loans import loans
from storage.queries.repayment import repayment

MOST_RANKED = 10_000
"""How many borrowers are put in order; beyond that, those the longest past due."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A loan in arrears and what its place depends on."""

    loan_id: UUID
    row: InArrears = field(repr=False)


@dataclass(frozen=True, slots=True)
class ArrearsPage:
    """One page of the borrowers in arrears. `buckets` counts all of them by the bucket of their days past due, the latest
    first; `is_longer`: there are more than the `total` that were ranked."""

    rows: tuple[ListedLoan, ...]
    total: int
    is_longer: bool
    buckets: tuple[tuple[Bucket, int], ...]


Group = tuple[bool, bool, int]
"""Those whose calls an escalation does not hold or does, whose last promise was broken or not, in one bucket: they come before or
after all others."""


@dataclass(frozen=True, slots=True)
class ArrearsQueue:
    """The borrowers in arrears of some members, in the order of `desk.rules.queues.rank`.

    The groups are in order; those within one are put in order only when they are asked for, because that reads more.
    """

    groups: Sequence[tuple[Group, Sequence[LoanInArrears]]] = field(repr=False)
    days: Mapping[UUID, int] = field(repr=False)
    is_longer: bool

    @property
    def total(self) -> int:
        """Return how many there are."""
        return sum(len(rows) for _, rows in self.groups)

    async def rows(self, desk: Desk, start: int, stop: int) -> list[Ranked]:
        """Return those from one place until before another."""
        found: list[Ranked] = []
        at = 0
        for group, rows in self.groups:
            first, at = at, at + len(rows)
            if first < stop and start < at:
                in_order = await self._in_order(desk, group, rows)
                found += in_order[max(start - first, 0) : stop - first]
        return found

    async def _in_order(self, desk: Desk, group: Group, rows: Sequence[LoanInArrears]) -> list[Ranked]:
        known = await arrears.money_and_talk(
            desk.session, [each.loan_id for each in rows], desk.workspace_today, SPOKEN
        )
        zone = ZoneInfo(desk.workspace.zone)
        ranked = [
            Ranked(
                each.loan_id,
                InArrears(
                    broken=group[1],
                    bucket=group[2],
                    escalated=each.escalated,
                    days=self.days[each.loan_id],
                    amount=_past_due(facts),
                    spoken_on=local_date(facts.spoken_at, zone) if facts.spoken_at else None,
                ),
            )
            for each in rows
            if (facts := known.get(each.loan_id)) is not None
        ]
        return sorted(ranked, key=lambda each: (*queues.rank(each.row), each.loan_id))


async def arrears_queue(
    desk: Desk, whose: Whose, *, ready: ReadyFor | None = None, most: int | None = None
) -> ArrearsQueue:
    """Return the loans in arrears that these people own or hold a follow-up on; only those that are `ready`, if given. At most
    `most` are put in order, or else `MOST_RANKED`."""
    most = MOST_RANKED if most is None else most
    found = await arrears.of_people(
        desk.session, whose, desk.workspace_today, holding=holding_calls(), limit=most + 1, ready=ready
    )
    pauses = await _pauses(desk, [each.loan_id for each in found if each.paused])
    scale, days = scale_of(desk), dict[UUID, int]()
    groups: defaultdict[Group, list[LoanInArrears]] = defaultdict(list)
    for each in found[:most]:
        past_due = days_past_due(each.since, desk.workspace_today, pauses=pauses.get(each.loan_id, ()))
        days[each.loan_id] = past_due
        groups[(each.escalated is None, each.promise in queues.BROKEN, scale.bucket(past_due).first)].append(each)
    in_order = sorted(groups.items(), reverse=True, key=lambda group: group[0])
    return ArrearsQueue(in_order, days, len(found) > most)


async def count_by_bucket(desk: Desk, whose: Whose) -> Mapping[Bucket, int]:
    """Count all loans in arrears that these people own or hold a follow-up on, by the bucket of their days past due."""
    found = await arrears.count_by_day(desk.session, whose, desk.workspace_today)
    pauses = await _pauses(desk, [loan_id for _, loan_id, _ in found if loan_id is not None])
    counts: Counter[Bucket] = Counter()
    for since, loan_id, count in found:
        past_due = days_past_due(since, desk.workspace_today, pauses=pauses.get(loan_id, ()) if loan_id else ())
        counts[scale_of(desk).bucket(past_due)] += count
    return counts


async def arrears_page(desk: Desk, whose: Whose, *, limit: int, offset: int) -> ArrearsPage:
    """Return a page of the loans in arrears of these people."""
    queue = await arrears_queue(desk, whose)
    counts: Counter[int] = Counter()
    for (*_, bucket), rows in queue.groups:
        counts[bucket] += len(rows)
    return ArrearsPage(
        rows=await listed(desk, await queue.rows(desk, offset, offset + limit)),
        total=queue.total,
        is_longer=queue.is_longer,
        buckets=tuple((scale_of(desk).bucket(first), count) for first, count in sorted(counts.items(), reverse=True)),
    )


async def listed(desk: Desk, ranked: Sequence[Ranked]) -> tuple[ListedLoan, ...]:
    """Return these loans as rows of a list, in their order."""
    by_id = await loans.by_ids(desk.session, [each.loan_id for each in ranked])
    found = [by_id[each.loan_id] for each in ranked]
    # What a pause takes away is counted for each instalment, which the order does without.
    paused = await standing.standings(desk, [loan for loan in found if loan.paused_from is not None])
    promised = await repayment.promises_of(desk.session, [loan.id for loan in found]) if found else {}
    taken = await taken_of(desk, [loan.id for loan in found])
    rows = await listed_loans.in_arrears(desk, found)
    return tuple(
        replace(
            row,
            arrears=ArrearsView(
                days=place.row.days,
                bucket=scale_of(desk).bucket(place.row.days),
                past_due=_shown(place.row.amount, paused.get(loan.id)),
                currency=loan.currency,
                promise=standing.last_promise([each for each in promised.get(loan.id, []) if each.state != "replaced"]),
                spoken_on=place.row.spoken_on,
                taken=taken.get(loan.id),
                reasons=queues.reasons(place.row, desk.workspace_today),
                escalated=place.row.escalated,
            ),
        )
        for loan, place, row in zip(found, ranked, rows, strict=True)
    )


def _shown(amount: Decimal | None, paused: Standing | None) -> Decimal | None:
    return paused.arrears.amount if paused is not None and paused.amount_known else amount


def _past_due(facts: MoneyAndTalk) -> Decimal | None:
    return None if facts.due is None else max(facts.due - (facts.paid or Decimal(0)), Decimal(0))


async def _pauses(desk: Desk, loan_ids: Sequence[UUID]) -> dict[UUID, list[Pause]]:
    found: dict[UUID, list[Pause]] = {}
    for ids in chunks(loan_ids):
        paused = await repayment.pauses_of(desk.session, ids)
        found |= {loan_id: [Pause(row.starts_on, row.ends_on) for row in rows] for loan_id, rows in paused.items()}
    return found
