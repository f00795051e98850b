"""The list behind each figure of a team: exactly the rows that it counts."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.listed_states import states_of_loans
from desk.follow_ups.workspace_cadence import scale_of
from desk.loans import borrowers
from desk.loans.lookup import visible_today
from desk.messages.figures import Asked, Scope, bounds_of, by_bucket, days_asked, scope_of, silence
from desk.messages.promised_money import promised_rows
from desk.messages.roll_rates import rolled_rows
from desk.people.offers import may_export
from desk.rules.arrears import Bucket
from desk.rules.figures import COUNTING, FALLEN_DUE, KEPT, OPEN, Days
from desk.rules.queues import SPOKEN
from storage.queries.follow_ups.due_lists import Whose
from storage.queries.loans import loans
from storage.queries.messages import figures
from storage.queries.messages.figures import Behind
from storage.queries.people import members, scopes
from storage.queries.people.scopes import People
from storage.tables import Loan

PAGE = 10
"""Rows of one page."""

_ALL = 1_000_000
"""More rows than one member has."""

Figure = Literal[
    "calls",
    "conversations",
    "with_borrower",
    "due",
    "in_time",
    "done",
    "late",
    "open",
    "promises",
    "kept",
    "promises_open",
    "promised",
    "paid",
    "loans",
    "callable",
    "silent",
    "arrears",
    "rolled_from",
    "rolled",
    "steps",
    "steps_taken",
    "steps_late",
]
FIGURES: tuple[Figure, ...] = get_args(Figure)
"""The figures that have a list."""


OF_CALLS: tuple[Figure, ...] = ("calls", "conversations", "with_borrower")
OF_FOLLOW_UPS: tuple[Figure, ...] = ("due", "in_time", "done", "late", "open")
OF_PROMISES: tuple[Figure, ...] = ("promises", "kept", "promises_open")
"""The figures that count promises by their state; before these, those that count follow-ups by purpose and calls by outcome."""

OF_MONEY: tuple[Figure, ...] = ("promised", "paid")
"""The figures that count money promised: what was promised, and what of it came."""

OF_ROLLS: tuple[Figure, ...] = ("rolled_from", "rolled")
"""The figures of a roll rate: the loans that were in a bucket, and those of them that are further now."""

OF_STEPS: tuple[Figure, ...] = ("steps", "steps_taken", "steps_late")
"""The figures that count steps beyond calls."""

BY_DAYS: tuple[Figure, ...] = ("arrears", *OF_ROLLS)
"""The figures of which each row has days past due."""

OF_LOANS: frozenset[Figure] = frozenset({"loans", "callable", "silent", "arrears", *OF_ROLLS})
"""The figures that count loans, those without an owner too."""


@dataclass(frozen=True, slots=True)
class MoneyPromised:
    """What a promise named in a currency, and what of it came in time."""

    currency: str
    promised: Decimal = field(repr=False)
    paid: Decimal = field(repr=False)


@dataclass(frozen=True, slots=True)
class StepCounted:
    """A step beyond calls behind a figure: its kind, and whether it is `planned` or `done`."""

    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A row behind a figure: a call with its `outcome`, a follow-up with its `purpose`, a `promise` with its state, a loan in
    arrears with its `days` past due, a promise with its `money`, a `step` beyond calls, or a loan. `who` is a
    Slack id, None for nobody's loan; `at` an instant or a date.

    `name` is masked on a loan that the reader may not see: it can have left the team since. `states` are the codes of what is
    recorded of the borrower that bears on contact, nothing on such a loan.
    """

    loan_id: UUID
    number: str
    name: str = field(repr=False)
    tail: str = field(repr=False)
    who: str | None
    at: datetime | date
    stage: str
    outcome: str | None = None
    purpose: str | None = None
    promise: str | None = None
    days: int | None = None
    money: MoneyPromised | None = field(default=None, repr=False)
    step: StepCounted | None = None
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureList:
    """One page of the rows behind a figure; `first_day` names the `bucket` of one of arrears. `title` is whose they are, empty
    for all that the manager sees. `is_longer`: there are more than the `total` rows, which were read. `may_export`: the reader
    may have them as a file.
    """

    asked: Asked
    figure: Figure
    first_day: int | None
    days: Days
    title: str
    total: int
    offset: int
    rows: tuple[FigureRow, ...]
    bucket: Bucket | None = None
    is_longer: bool = False
    may_export: bool = False

    @property
    def more(self) -> int:
        """Return how many rows come after this page."""
        return self.total - self.offset - len(self.rows)


async def figure_list(
    desk: Desk, asked: Asked, figure: Figure, *, first_day: int | None = None, offset: int = 0
) -> FigureList:
    """Return a page of the rows behind a figure; of arrears those in the bucket that begins on `first_day`, or all. Raises as
    `figures.figures_of` does."""
    scope = await scope_of(desk, asked)
    days = days_asked(desk, scope.manager, asked)
    found, read = await _behind(desk, scope, days, figure, first_day, figures.MOST)
    page = found[offset : offset + PAGE]
    bucket = None if first_day is None else scale_of(desk).bucket(first_day)
    rows = await _rows(desk, figure, page)
    return FigureList(
        asked,
        figure,
        first_day,
        days,
        scope.title,
        len(found),
        offset,
        rows,
        bucket=bucket,
        is_longer=read >= figures.MOST,
        may_export=may_export(desk),
    )


async def whose_rows(desk: Desk, asked: Asked, figure: Figure) -> tuple[UUID | None, ...]:
    """Return the members whose rows are behind a figure, by name; None: loans without an owner. Raises as `figure_list` does."""
    scope = await scope_of(desk, asked)
    if scope.callers.scope == "members":
        found = scope.callers.ids
    else:
        found = tuple(each.id for each in await scopes.members_of(desk.session, scope.callers))
    return (*found, None) if figure in OF_LOANS and scope.owners.nobodys_of is not None else found


async def rows_of_one(
    desk: Desk, asked: Asked, figure: Figure, first_day: int | None, whose: UUID | None
) -> Sequence[Behind]:
    """Return all rows behind a figure of one of `whose_rows`: few enough to be read at once. Raises as `figure_list` does."""
    team = await scope_of(desk, asked)
    people = People.of(() if whose is None else [whose])
    scope = replace(team, callers=people, owners=Whose(people, desk.workspace.id if whose is None else None))
    found, _ = await _behind(desk, scope, days_asked(desk, scope.manager, asked), figure, first_day, _ALL)
    return found


async def _behind(
    desk: Desk, scope: Scope, days: Days, figure: Figure, first_day: int | None, most: int
) -> tuple[Sequence[Behind], int]:
    """Return the rows behind a figure, and how many rows one statement read for them, at most `most`."""
    found, read = await _counted(desk, scope, days, figure, first_day, most)
    return (found if figure in OF_LOANS else [each for each in found if each.member_id != scope.but]), read


async def _counted(
    desk: Desk, scope: Scope, days: Days, figure: Figure, first_day: int | None, most: int
) -> tuple[Sequence[Behind], int]:
    """Return the same, with those of the manager whose own are not counted."""
    if figure == "arrears":
        return await _in_arrears(desk, scope, first_day)
    if figure in OF_MONEY:
        return await _money(desk, scope, days, figure), 0
    if figure in OF_ROLLS:
        rolled = await rolled_rows(desk, scope.owners, days.first, first_day or 0, only_rolled=figure == "rolled")
        return [_of_loan(desk, loan, past_due) for loan, past_due in rolled], 0
    if figure in ("due", "in_time"):
        return await _due(desk, scope, days, figure, most)
    found = await _plainly(desk, scope, days, figure, most)
    return found, len(found)


async def _due(desk: Desk, scope: Scope, days: Days, figure: Figure, most: int) -> tuple[Sequence[Behind], int]:
    session, people, between = desk.session, scope.callers, bounds_of(desk, scope.manager, days)
    finished = await figures.finished_due(session, people, between, most=most)
    if figure == "in_time":
        made = [each for each, late_at in finished if COUNTING.made_by_its_time(late_at, _instant(each))]
        return made, len(finished)
    waiting = await figures.planned(session, people, after=between[0], until=between[1], most=most)
    return [*waiting, *(each for each, _ in finished)], max(len(waiting), len(finished))


async def _plainly(desk: Desk, scope: Scope, days: Days, figure: Figure, most: int) -> Sequence[Behind]:
    """Return the rows behind a figure that one statement finds."""
    session, people, between = desk.session, scope.callers, bounds_of(desk, scope.manager, days)
    match figure:
        case "calls":
            return await figures.called(session, people, between, None, most=most)
        case "conversations":
            return await figures.called(session, people, between, SPOKEN, most=most)
        case "with_borrower":
            return await figures.called(session, people, between, SPOKEN, of_borrower=True, most=most)
        case "done":
            return await figures.finished(session, people, between, most=most)
        case "late":
            return await figures.planned(session, people, until=desk.now, most=most)
        case "open":
            return await figures.planned(session, people, most=most)
        case "promises" | "kept" | "promises_open":
            states = {"promises": FALLEN_DUE, "kept": (KEPT,), "promises_open": (OPEN,)}[figure]
            return await figures.promised(session, desk.workspace.id, people, days.first, days.last, states, most=most)
        case "steps" | "steps_taken":
            states = ("done",) if figure == "steps_taken" else ("planned", "done")
            return await figures.steps(session, desk.workspace.id, people, days.first, days.last, states, most=most)
        case "steps_late":
            return await figures.late_steps(session, desk.workspace.id, people, desk.workspace_today, most=most)
        case "callable":
            return await figures.needing_calls(session, scope.owners, silence(desk), most=most)
        case "silent":
            return await figures.silent(session, scope.owners, silence(desk), most=most)
        case _:
            return await figures.live(session, scope.owners, most=most)


def _instant(row: Behind) -> datetime:
    assert isinstance(row.at, datetime)
    return row.at


async def _in_arrears(desk: Desk, scope: Scope, first_day: int | None) -> tuple[list[Behind], int]:
    buckets, is_longer = await by_bucket(desk, scope.owners)
    wanted = [each for each in scale_of(desk).buckets if first_day is None or each.first == first_day]
    found = [each for bucket in reversed(wanted) for each in buckets.get(bucket, ())]
    by_id = await loans.by_ids(desk.session, [loan_id for loan_id, _ in found])
    rows = [_of_loan(desk, loan, days) for loan_id, days in found if (loan := by_id.get(loan_id)) is not None]
    return rows, figures.MOST if is_longer else 0


async def _money(desk: Desk, scope: Scope, days: Days, figure: Figure) -> list[Behind]:
    """Return the promises with an amount, or those of which something came."""
    return [
        Behind(row.loan, row.member_id, row.promise.due_on, row.promise.state, (row.promised, row.paid))
        for row in await promised_rows(desk, scope.callers, days, but=scope.but)
        if figure == "promised" or row.paid
    ]


def _of_loan(desk: Desk, loan: Loan, days: int) -> Behind:
    since = loan.next_instalment_on or loan.unpaid_since or desk.workspace_today
    return Behind(loan, loan.owner_id, since if days else loan.stage_since, str(days))


async def _rows(desk: Desk, figure: Figure, page: Sequence[Behind]) -> tuple[FigureRow, ...]:
    people = await members.by_ids(desk.session, {each.member_id for each in page if each.member_id})
    contacts = await borrowers.contacts_of(desk, {each.loan.borrower_id for each in page})
    visible = await loans.of_borrowers(desk.session, contacts, visible=await visible_today(desk))
    seen = {loan.id for loan in visible}
    states = await states_of_loans(desk, seen & {each.loan.id for each in page})
    return tuple(
        FigureRow(
            loan_id=each.loan.id,
            number=each.loan.number,
            name=contact.name if each.loan.id in seen else contact.masked,
            tail=contact.tail,
            who=people[each.member_id].slack_user_id if each.member_id else None,
            at=each.at,
            stage=each.loan.stage,
            outcome=each.word if figure in OF_CALLS else None,
            purpose=each.word if figure in OF_FOLLOW_UPS else None,
            promise=each.word if figure in OF_PROMISES else None,
            days=int(each.word) if figure in BY_DAYS else None,
            money=MoneyPromised(each.loan.currency, *each.amounts) if each.amounts else None,
            step=StepCounted(each.word, each.state) if figure in OF_STEPS else None,
            states=states.get(each.loan.id, ()),
        )
        for each in page
        for contact in [contacts[each.loan.borrower_id]]
    )
