"""Next call: take the first of a queue for a while, so that two callers never have the same borrower, and give it back."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Conflict
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import arrears_queue
from desk.follow_ups.contact_limits import contact_hours
from desk.follow_ups.contact_moves import barred_now
from desk.follow_ups.due_lists import narrowed, team_of
from desk.follow_ups.listed_loans import ListedLoan
from desk.follow_ups.reservations import taken_of
from desk.loans import lookup
from desk.loans.cards import LoanCard, loan_card_by_id
from desk.loans.views import FollowUpView, follow_up_views
from desk.people.members import acts_for, today_of
from desk.rules.checks import PURPOSES
from desk.rules.queues import QUEUE, SPOKEN, QueueKind, is_ready
from desk.rules.working_time import day_bounds
from storage.queries.documents import documents
from storage.queries.follow_ups import due_lists, follow_ups, reservations
from storage.queries.follow_ups.arrears import ReadyFor
from storage.queries.follow_ups.due_lists import Whose, Window
from storage.queries.people import members
from storage.queries.people.scopes import People
from storage.tables import FollowUp, Loan, Reservation

_REPAYMENT = tuple(purpose.code for purpose in VOCABULARY.purposes if purpose.kind == "repayment")

_AT_ONCE = 20
"""How many of a queue are looked at together."""

_CHECKS = 200
"""How many open checks of some people are looked through for one that is ready, the most urgent first."""


@dataclass(frozen=True, slots=True)
class NextCall:
    """A borrower whom the acting member has taken: their card, the call to make if one is planned, until when they are the
    member's.

    `row` says why the borrower in arrears is the first. `papers`: the check is not due yet, but its documents were accepted.
    `again`: the member had taken them before.
    """

    kind: QueueKind
    card: LoanCard
    follow_up: FollowUpView | None
    until: datetime
    fence: int
    row: ListedLoan | None = None
    papers: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class NobodyToCall:
    """Nobody in the queue is ready for a call. `opens_at`: borrowers may be called only from then on."""

    kind: QueueKind
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A borrower who is in the queue for others again."""

    loan_id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class _First:
    """A loan that could be taken: the call to make on it, and why it is ready."""

    loan_id: UUID
    follow_up: FollowUp | None = None
    ranked: arrears_queue.Ranked | None = None
    papers: bool = False


async def take_next(
    desk: Desk, kind: QueueKind, *, instead_of: tuple[UUID, int] | None = None
) -> NextCall | NobodyToCall:
    """Take the first of a queue for the acting member: of their own first, then of their team.

    Who has taken one and is not done gets that one again, unless they give it back: `instead_of` is its loan and fence.
    Raises NotAllowed (`role_missing`).
    """
    require_role(desk, "take_next_call")
    await members.lock(desk.session, desk.member.id)  # who presses twice at once has one borrower
    if instead_of is not None:
        await reservations.give_back(desk.session, instead_of[0], desk.member.id, instead_of[1], desk.now)
    held = await reservations.of_member(desk.session, desk.member.id, desk.now)
    if held is not None and await lookup.may_see(desk, held.loan_id):
        return await _again(desk, held)
    hours = contact_hours(desk)
    if not hours.allow(desk.now):
        return NobodyToCall(kind, hours.next_start(desk.now))
    mine = People.of(member.id for member in await acts_for(desk, desk.member))
    team = await narrowed(desk, await team_of(desk, desk.member))
    for whose in (Whose(mine), Whose(team, desk.workspace.id)):
        waiting = _in_arrears(desk, whose) if kind == "arrears" else _checks(desk, whose.people)
        async for firsts in waiting:
            if taken := await _take_one_of(desk, kind, firsts):
                return taken
    return NobodyToCall(kind)


async def take_first(desk: Desk, kinds: Sequence[QueueKind]) -> NextCall | NobodyToCall:
    """Take the first of the first of these queues in which anybody is ready; else say of the first of them that nobody is.

    Raises as `take_next` does.
    """
    found = [await take_next(desk, kinds[0])]
    for kind in kinds[1:]:
        if isinstance(found[-1], NextCall):
            break
        found.append(await take_next(desk, kind))
    return found[-1] if isinstance(found[-1], NextCall) else found[0]


async def give_back(desk: Desk, loan_id: UUID, fence: int) -> GivenBack:
    """Give a borrower back whom the acting member had taken with that fence; one whose time is over is back already.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_loan_pressed`), Conflict (`taken_since`: another has them).
    """
    require_role(desk, "take_next_call")
    loan = await lookup.lock_by_id(desk, loan_id)
    if not await reservations.give_back(desk.session, loan.id, desk.member.id, fence, desk.now):
        taken = (await taken_of(desk, [loan.id])).get(loan.id)
        if taken is not None and taken.who != desk.member.slack_user_id:
            raise Conflict("taken_since", loan=loan.number, who=taken.who, until=taken.until)
    desk.audit("give_back", loan_id=loan.id)
    return GivenBack(loan.id, loan.number)


async def _in_arrears(desk: Desk, whose: Whose) -> AsyncIterator[Sequence[_First]]:
    """Yield the borrowers in arrears who are ready for a call, a few at a time, in their order."""
    began, _ = day_bounds(desk.workspace_today, ZoneInfo(desk.workspace.zone))
    ready = ReadyFor(
        member_id=desk.member.id,
        now=desk.now,
        day_began=began,
        returned_since=desk.now - QUEUE.taken_for,
        purposes=_REPAYMENT,
        spoken=SPOKEN,
    )
    queue = await arrears_queue.arrears_queue(desk, whose, ready=ready)
    for start in range(0, queue.total, _AT_ONCE):
        rows = await queue.rows(desk, start, start + _AT_ONCE)
        yield [_First(each.loan_id, ranked=each) for each in rows]


async def _checks(desk: Desk, people: People) -> AsyncIterator[Sequence[_First]]:
    """Yield the checks of these people that are ready, those that are due first."""
    found = await due_lists.due(desk.session, Window(people, None, None, PURPOSES), limit=_CHECKS)
    papers: dict[UUID, list[tuple[str, str]]] = {}
    for item in await documents.states_of_loans(desk.session, {loan.id for _, loan, _ in found}):
        papers.setdefault(item.loan_id, []).append((item.document, item.state))
    today = today_of(desk, desk.member)
    ready: list[tuple[bool, _First]] = []
    for row, loan, _borrower in found:
        due = row.due_at <= desk.now if row.due_at is not None else row.due_on <= today
        states = papers.get(loan.id, [])
        still_open = [document for document, state in states if state in documents.OPEN_STATES]
        accepted = [document for document, state in states if state == "accepted" and not row.attempts]
        if is_ready(row.purpose, due=due, still_open=still_open, accepted=accepted):
            ready.append((due, _First(loan.id, follow_up=row, papers=not due)))
    if ready:
        yield [first for _due, first in sorted(ready, key=lambda each: not each[0])]


async def _take_one_of(desk: Desk, kind: QueueKind, firsts: Sequence[_First]) -> NextCall | None:
    """Take the first that nobody else has, and that the acting member may see. None: there is none."""
    last = await reservations.last_of_loans(desk.session, [first.loan_id for first in firsts], desk.now)
    barred = await barred_now(desk, [first.loan_id for first in firsts])
    for first in firsts:
        if first.loan_id in barred:
            continue
        row, active = last.get(first.loan_id, (None, False))
        if active or (row is not None and _was_given_back(desk, row)) or not await lookup.may_see(desk, first.loan_id):
            continue
        follow_up = first.follow_up or await _call_of(desk, first.loan_id)
        taken = Reservation(
            loan_id=first.loan_id,
            workspace_id=desk.workspace.id,
            member_id=desk.member.id,
            follow_up_id=follow_up.id if follow_up else None,
            kind=kind,
            taken_at=desk.now,
            until=desk.now + QUEUE.taken_for,
        )
        fence = await reservations.take(desk.session, taken, row.fence if row is not None else None)
        if fence is not None:
            desk.audit("take_next_call", loan_id=first.loan_id, queue=kind)
            return await _shown(desk, kind, first, follow_up, taken.until, fence)
    return None


def _was_given_back(desk: Desk, row: Reservation) -> bool:
    """Return whether the acting member has just given it back: they want another."""
    since = desk.now - QUEUE.taken_for
    return row.member_id == desk.member.id and row.returned_at is not None and row.returned_at > since


async def _call_of(desk: Desk, loan_id: UUID) -> FollowUp | None:
    """Return the most urgent open call about the repayment of a loan."""
    rows = await follow_ups.open_of_loan(desk.session, loan_id)
    return next((row for row in rows if row.purpose in _REPAYMENT), None)


async def _again(desk: Desk, held: Reservation) -> NextCall:
    kind: QueueKind = "checks" if held.kind == "checks" else "arrears"
    follow_up = await desk.session.get(FollowUp, held.follow_up_id) if held.follow_up_id else None
    return replace(await _shown(desk, kind, _First(held.loan_id), follow_up, held.until, held.fence), again=True)


async def _shown(
    desk: Desk, kind: QueueKind, first: _First, follow_up: FollowUp | None, until: datetime, fence: int
) -> NextCall:
    card = await loan_card_by_id(desk, first.loan_id)
    loan = await desk.session.get_one(Loan, first.loan_id)
    views = await follow_up_views(
        desk, loan, [follow_up] if follow_up is not None and follow_up.state == "open" else []
    )
    listed = await arrears_queue.listed(desk, [first.ranked]) if first.ranked else ()
    return NextCall(
        kind=kind,
        card=card,
        follow_up=views[0] if views else None,
        until=until,
        fence=fence,
        row=listed[0] if listed else None,
        papers=first.papers,
    )
