"""Move all calls of a member's day, or of some hours of it, to other days of theirs: after a preview, without handing them over.

A time that was agreed with the borrower stays, and so does a call that would come too late on another day, or that contact rules
refuse on each of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from desk.core import drafts
from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, allow_partial_undo, corrects_after_undo
from desk.core.values import Due
from desk.follow_ups import lifecycle
from desk.follow_ups.contact_agreements import day_check
from desk.handover.moves import fingerprint_of
from desk.loans.lookup import visible_among
from desk.loans.views import FollowUpView, LoanView, follow_up_view, loan_views
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.absences import leaves_of
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, require_caller, today_of, zone_of
from desk.people.relations import require_responsible
from desk.rules.spreading import spread_over
from desk.rules.working_time import day_bounds, instant_of
from storage.engine.types import new_id
from storage.queries.follow_ups import appointments, collection_steps, follow_ups
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member, Notice, Undo

MOST = 300
"""The most calls that are moved at once, the most urgent first."""

DAYS = 3
"""Over how many working days calls are spread if nothing else is said."""

_LISTED = 10
_FARTHEST = timedelta(days=60)

allow_partial_undo("move_calls")


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """Whose calls of which day to move, of some hours only with `start` and `end`; to the day `to`, or without one over the
    next `days` working days."""

    member_id: Annotated[UUID, Field(alias="member")]
    day: date
    start: time | None = None
    end: time | None = None
    to: date | None = None
    days: Annotated[int, Field(ge=1, le=10)] = DAYS


_DRAFT = TypeAdapter(MoveRequest)


_Why = Literal["agreed", "late", "barred"]


@dataclass(frozen=True, slots=True)
class StayingCall:
    """A call that is not moved: its time was `agreed` with the borrower, another day would be too `late` for it, or contact rules
    refuse a call on each of those days (`barred`)."""

    loan: LoanView
    follow_up: FollowUpView
    why: _Why


@dataclass(frozen=True, slots=True)
class OtherPlan:
    """What else a member has that day, which no move of calls touches: an appointment `at` a time, or a step beyond calls.
    `loan` is None if the reader may not see it."""

    what: Literal["appointment", "step"]
    kind: str
    loan: LoanView | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MovePreview:
    """What a request would do. `who` is a Slack id; `days` counts the calls by the day that they go to; `stays` are the
    first calls that are not moved, of `staying` in all, on loans that the reader may see. `others` is what else the
    member has that day. `fingerprint` covers the calls; `draft_id` holds the request."""

    who: str
    moving: int
    late: int
    days: tuple[tuple[date, int], ...]
    stays: tuple[StayingCall, ...]
    staying: int
    fingerprint: str
    draft_id: UUID
    changed: bool = False
    others: tuple[OtherPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class CallsMoved:
    """What was moved, and what stays."""

    who: str
    moved: int
    days: tuple[tuple[date, int], ...]
    stays: tuple[StayingCall, ...]
    staying: int
    undo_id: UUID
    others: tuple[OtherPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    member: Member = field(repr=False)
    moves: tuple[tuple[FollowUp, date], ...]
    agreed: tuple[FollowUp, ...]
    late: tuple[FollowUp, ...]
    barred: tuple[FollowUp, ...]

    @property
    def fingerprint(self) -> str:
        rows = [row for row, _ in self.moves]
        return fingerprint_of(
            [], [*rows, *self.agreed, *self.late, *self.barred], *(day.isoformat() for _, day in self.moves)
        )

    @property
    def days(self) -> tuple[tuple[date, int], ...]:
        return tuple(sorted(Counter(day for _, day in self.moves).items()))

    @property
    def staying(self) -> int:
        return len(self.agreed) + len(self.late) + len(self.barred)


async def preview_moves(desk: Desk, request: MoveRequest, *, changed: bool = False) -> MovePreview:
    """Return what a request would do.

    Raises NotAllowed (`role_missing`, `others_may_act`), Invalid (`cannot_take_calls`, `account_lost`, `hours_order`,
    `move_day_past`, `move_to_earlier`, `move_too_far`, `away_then`, `no_calls_to_move`).
    """
    await _require_may_move(desk, request)
    plan = await _plan(desk, request)
    others = await _others(desk, request, plan.member)
    if not plan.moves and not plan.staying and not others:
        raise Invalid("no_calls_to_move", who=plan.member.slack_user_id, on=request.day)
    return MovePreview(
        who=plan.member.slack_user_id,
        moving=len(plan.moves),
        late=sum(row.late_at < desk.now for row, _ in plan.moves),
        days=plan.days,
        stays=await _stays(desk, plan),
        staying=plan.staying,
        fingerprint=plan.fingerprint,
        draft_id=await drafts.save_for_confirmation(desk, _DRAFT.dump_python(request, mode="json", by_alias=True)),
        changed=changed,
        others=others,
    )


async def move_calls(desk: Desk, draft_id: UUID, fingerprint: str) -> CallsMoved | MovePreview:
    """Move what was previewed, or return a new preview if it changed since `fingerprint`. Tell the member once.

    Raises as `preview_moves` does, and NotFound (`draft_gone`).
    """
    require_role(desk, "move_calls")
    request = _DRAFT.validate_python(await drafts.take_confirmed(desk, draft_id))
    await _require_may_move(desk, request)
    await members.lock(desk.session, request.member_id)
    before = await _plan(desk, request)
    await loans.lock_all(desk.session, {row.loan_id for row, _ in before.moves})
    plan = await _plan(desk, request)
    if plan.fingerprint != fingerprint:
        return await preview_moves(desk, request, changed=True)
    for row, day in plan.moves:
        await _move(desk, row, day, plan.member)
    batch = new_id()
    desk.audit("move_calls", subject_id=plan.member.id, moved=len(plan.moves), stays=plan.staying)
    await desk.session.flush()
    await _tell(desk, plan, batch)
    return CallsMoved(
        who=plan.member.slack_user_id,
        moved=len(plan.moves),
        days=plan.days,
        stays=await _stays(desk, plan),
        staying=plan.staying,
        undo_id=offer_undo(desk, "move_calls", undo_id=batch),
        others=await _others(desk, request, plan.member),
    )


@corrects_after_undo(FollowUp)
async def correct_message(desk: Desk, undo: Undo, _: Sequence[UndoneRow]) -> None:
    """Have the message to the member say that the moves were undone."""
    if undo.act != "move_calls":
        return
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, [_key(undo.id)])
    for notice_id in told.values():
        notice = await desk.session.get_one(Notice, notice_id)
        notice.facts = {**notice.facts, "undone": True}
        desk.add(notice)
    await desk.session.flush()
    await notices.touch(desk.session, told.values(), desk.now)


async def _require_may_move(desk: Desk, request: MoveRequest) -> None:
    await require_responsible(desk, "move_calls", await desk.session.get_one(Member, request.member_id))


async def _plan(desk: Desk, request: MoveRequest) -> _Plan:
    member = await desk.session.get_one(Member, request.member_id)
    require_caller(member)
    since, until = _window(desk, request, member)
    rows = await follow_ups.open_held_in(desk.session, member.id, since, until, limit=MOST)
    if request.start is not None:
        rows = [row for row in rows if row.due_at is not None]
    confirming = await appointments.confirmed_by(desk.session, [row.id for row in rows])
    agreed = tuple(row for row in rows if row.due_at is not None and row.rule is None)
    movable = [row for row in rows if row not in agreed]
    days = await _days(desk, request, member)
    planned = await follow_ups.counts_by_day(desk.session, member.id, days)
    latest = [_latest(row, confirming, request.day) for row in movable]
    chosen = spread_over(days, planned, latest)
    on = await loans.by_ids(desk.session, {row.loan_id for row in movable})
    check = await day_check(desk, list(on.values()), hours_of(desk, member))
    moves, barred, late = list[tuple[FollowUp, date]](), list[FollowUp](), list[FollowUp]()
    for row, day, last in zip(movable, chosen, latest, strict=True):
        if day is None:
            late.append(row)
            continue
        suitable = (each for each in (day, *days) if last is None or each <= last)
        allowed = next((each for each in suitable if not check.bars(row.loan_id, each)), None)
        if allowed is None:
            barred.append(row)
        else:
            moves.append((row, allowed))
    return _Plan(member, tuple(moves), agreed, tuple(late), tuple(barred))


def _window(desk: Desk, request: MoveRequest, member: Member) -> tuple[datetime | None, datetime]:
    """Return from when until when the calls are late that a request names: those that are late already belong to today."""
    zone, today = zone_of(desk, member), today_of(desk, member)
    if request.day < today:
        raise Invalid("move_day_past", given=request.day)
    start, end = day_bounds(request.day, zone)
    if request.start is None or request.end is None:
        return (None if request.day == today else start), end
    if request.end <= request.start:
        raise Invalid("hours_order")
    return instant_of(request.day, request.start, zone), instant_of(request.day, request.end, zone)


async def _days(desk: Desk, request: MoveRequest, member: Member) -> list[date]:
    """Return the days to which calls may go, on none of which the member is away."""
    leaves = await leaves_of(desk, member)

    def away(day: date) -> bool:
        return any(each.since <= day <= each.until for each in leaves)

    if request.to is not None:
        if request.to <= request.day:
            raise Invalid("move_to_earlier", given=request.to, on=request.day)
        if request.to > request.day + _FARTHEST:
            raise Invalid("move_too_far", given=request.to, n=_FARTHEST.days)
        if away(request.to):
            raise Invalid("away_then", who=member.slack_user_id, on=request.to)
        return [request.to]
    calendar, hours, found, day = await calendar_of(desk), hours_of(desk, member), list[date](), request.day
    while len(found) < request.days and day <= request.day + _FARTHEST:
        day = calendar.next_working_day(day, hours)
        if not away(day):
            found.append(day)
    return found


def _latest(row: FollowUp, confirming: Sequence[UUID], day: date) -> date | None:
    """Return the last day that suits a call: that of an appointment which it confirms, or before the instalment it is about."""
    if row.id in confirming:
        return day
    if row.instalment_on is not None and row.instalment_on >= day:
        return row.instalment_on
    return None


async def _move(desk: Desk, row: FollowUp, day: date, member: Member) -> None:
    due, was = Due(on=day), lifecycle.due_of(row)
    try:
        await lifecycle.move(desk, row, due, assignee=member)
    except Invalid:  # that day has no such time of day, or contact rules refuse it
        await lifecycle.move(desk, row, due, assignee=member, keeps_hour=False)
    row.rule = None  # a person placed it: no rule moves or cancels it any more
    desk.audit("move", loan_id=row.loan_id, subject_id=row.id, was=was.code, to=lifecycle.due_of(row).code)


async def _stays(desk: Desk, plan: _Plan) -> tuple[StayingCall, ...]:
    parts: tuple[tuple[_Why, tuple[FollowUp, ...]], ...] = (
        ("agreed", plan.agreed),
        ("late", plan.late),
        ("barred", plan.barred),
    )
    rows: list[tuple[FollowUp, _Why]] = []
    for why, part in parts:
        rows.extend((row, why) for row in part[:_LISTED])
    rows = rows[:_LISTED]
    on = await loans.by_ids(desk.session, {row.loan_id for row, _ in rows})
    views = await _visible(desk, on)
    return tuple(
        StayingCall(views[row.loan_id], follow_up_view(desk, on[row.loan_id], row, plan.member), why)
        for row, why in rows
        if row.loan_id in views
    )


async def _others(desk: Desk, request: MoveRequest, member: Member) -> tuple[OtherPlan, ...]:
    """Return the appointments of the member in that time, and the steps planned for that day: others agreed on them."""
    since, until = _window(desk, request, member)
    met = await appointments.open_of_member(desk.session, member.id, since or desk.now, until)
    steps = [] if request.start is not None else await collection_steps.planned_of_member(desk.session, member.id)
    steps = [row for row in steps if row.day == request.day]
    on = await loans.by_ids(desk.session, {row.loan_id for row in (*met, *steps)})
    views = await _visible(desk, on)
    return (
        *(OtherPlan("appointment", row.kind, views.get(row.loan_id), row.at) for row in met),
        *(OtherPlan("step", row.kind, views.get(row.loan_id)) for row in steps),
    )


async def _visible(desk: Desk, on: Mapping[UUID, Loan]) -> dict[UUID, LoanView]:
    """Return what is shown of those of these loans that the acting member may see, by id."""
    seen = await visible_among(desk, on.values())
    return await loan_views(desk, [on[loan_id] for loan_id in seen])


async def _tell(desk: Desk, plan: _Plan, batch: UUID) -> None:
    if plan.member.id == desk.member.id or not plan.moves:
        return
    await queue_notice(
        desk,
        kind=kinds.CALLS_MOVED,
        key=_key(batch),
        to=plan.member,
        facts={
            "by": str(desk.member.id),
            "moved": len(plan.moves),
            "stays": plan.staying,
            "days": [[day.isoformat(), n] for day, n in plan.days],
        },
    )


def _key(batch: UUID) -> str:
    return f"calls_moved:{batch}"
