"""Reassign many loans at once, after a preview: to one member, to a member per loan, or balanced over a team."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from desk.core import drafts
from desk.core.changes import offer_undo
from desk.core.errors import Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.follow_ups.lifecycle import check_note
from desk.handover import batches
from desk.handover.batches import Portion
from desk.handover.moves import HandoverCounts, count, fingerprint_of, hand_over, notify
from desk.handover.reassigning import require_may_reassign
from desk.handover.sharing import Share, shares_of, spread
from desk.loans.lookup import visible_today
from desk.people.members import require_caller
from desk.people.team import require_settled
from desk.rules.balancing import Weight
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.handover.holdings import FollowUpOutline, LoanOutline
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member

EACH = 20
"""The most loans that one plan can give a member each."""

How = Literal["one", "each", "balanced"]


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to reassign: `loan_ids`, or without any all that `from_id` has; and to whom: all to `to_id`, each loan to its
    member in `each` (a loan that is missing there stays), or balanced over a team."""

    how: How
    from_id: Annotated[UUID | None, Field(alias="from")] = None
    loan_ids: Annotated[tuple[UUID, ...], Field(alias="loans")] = ()
    to_id: Annotated[UUID | None, Field(alias="to")] = None
    team_id: Annotated[UUID | None, Field(alias="team")] = None
    each: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    why: str = field(default="", repr=False)


_DRAFT = TypeAdapter(PlanRequest)


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a request would do. `fingerprint` covers the rows and who gets them; `draft_id` holds the request."""

    shares: tuple[Share, ...]
    loans: int
    follow_ups: int
    late: int
    why: str = field(repr=False)
    fingerprint: str
    draft_id: UUID
    changed: bool = False


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What was handed over, or is being handed over by the worker (`under_way`)."""

    shares: tuple[Share, ...]
    loans: int
    follow_ups: int
    why: str = field(repr=False)
    undo_id: UUID
    under_way: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """What moves together: a loan (with `owned` its ownership) and its open follow-ups assigned to `outgoing_id`."""

    loan: Loan
    owned: bool
    outgoing_id: UUID | None
    follow_ups: tuple[FollowUp, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    people: Mapping[UUID, Member]
    moves: tuple[tuple[Unit, UUID], ...]
    shares: tuple[Share, ...]

    def counts(self, desk: Desk) -> HandoverCounts:
        return _count_units(desk, self.units)

    @property
    def units(self) -> list[Unit]:
        return [unit for unit, _ in self.moves]

    @property
    def fingerprint(self) -> str:
        targets = ",".join(str(to) for _, to in self.moves)
        follow_ups = [row for unit in self.units for row in unit.follow_ups]
        return fingerprint_of([unit.loan for unit in self.units], follow_ups, targets)


@dataclass(frozen=True, slots=True)
class _LargePlan:
    """In outline, all that a member has, which is too much to hand over to others at once: what each of them gets."""

    outgoing: Member
    portions: tuple[Portion, ...]
    shares: tuple[Share, ...]

    def counts(self, desk: Desk) -> HandoverCounts:
        return count(desk, self._loans, self._follow_ups)

    @property
    def fingerprint(self) -> str:
        # The rows are those of one portion after the other, so these say who gets which.
        sizes = [f"{each.to.id}:{len(each.loans)}:{len(each.follow_ups)}" for each in self.portions]
        return fingerprint_of(self._loans, self._follow_ups, *sizes)

    @property
    def _loans(self) -> list[LoanOutline]:
        return [loan for portion in self.portions for loan in portion.loans]

    @property
    def _follow_ups(self) -> list[FollowUpOutline]:
        return [row for portion in self.portions for row in portion.follow_ups]


async def picked_loans(desk: Desk, numbers: Sequence[str]) -> list[Loan]:
    """Return the loans with these numbers. Raises NotFound (`unknown_loan`), also if the acting member may not see one."""
    visible = await visible_today(desk)
    found = await loans.of_numbers(desk.session, desk.workspace.id, numbers, visible=visible)
    for number in numbers:
        if loans.number_key(number) not in found:
            raise NotFound("unknown_loan", given=number)
    return [found[loans.number_key(number)] for number in numbers]


async def units_of(desk: Desk, *, from_id: UUID | None, loan_ids: Sequence[UUID], lock: bool = False) -> list[Unit]:
    """Return what a request is about, in the order of the loans' ids.

    Raises NotAllowed (`role_missing`, `others_may_act`) unless the acting member may reassign all of it: a form asks before it
    shows the loans, the preview and Confirm ask again.
    """
    if not loan_ids and from_id is not None:
        require_role(desk, "reassign_all")
    units = await _units_of(desk, from_id=from_id, loan_ids=loan_ids, lock=lock)
    owners = await members.by_ids(desk.session, {unit.outgoing_id for unit in units if unit.outgoing_id})
    for owner_id in dict.fromkeys(unit.outgoing_id for unit in units):
        await require_may_reassign(desk, owners[owner_id] if owner_id else None)
    return units


async def require_may_take_all(desk: Desk, outgoing: Member) -> None:
    """Raise NotAllowed (`role_missing`, `others_may_act`) unless the acting member may reassign all that `outgoing` has."""
    require_role(desk, "reassign_all")
    await require_may_reassign(desk, outgoing)


async def _units_of(desk: Desk, *, from_id: UUID | None, loan_ids: Sequence[UUID], lock: bool) -> list[Unit]:
    if loan_ids:
        rows, held = await holdings.of_loans(desk.session, loan_ids, lock=lock)
        on_loan = _by_loan(held)
        return [Unit(loan, True, loan.owner_id, tuple(on_loan[loan.id])) for loan in rows]
    if from_id is None:
        return []
    owned, held = await holdings.of_member(desk.session, from_id, lock=lock)
    on_loan, own = _by_loan(held), {loan.id for loan in owned}
    others = await loans.by_ids(desk.session, on_loan.keys() - own)
    concerned = sorted([*owned, *others.values()], key=lambda loan: loan.id)
    return [Unit(loan, loan.id in own, from_id, tuple(on_loan[loan.id])) for loan in concerned]


async def preview(desk: Desk, request: PlanRequest) -> PlanPreview:
    """Return what the request would do.

    Raises NotAllowed (`role_missing`, `others_may_act`), Invalid (`nothing_chosen`, `nothing_to_hand_over`,
    `same_person`, `already_owner`, `cannot_take_calls`, `nobody_in_team`, `too_many_for_each`, `note_too_long`), NotFound
    (`member_gone`), Conflict (`handover_under_way`).
    """
    check_note(request.why)
    return await _preview(desk, request, await _plan(desk, request, lock=False))


async def carry_out(desk: Desk, draft_id: UUID, fingerprint: str) -> PlanResult | PlanPreview:
    """Carry out a request, or return a new preview if its result changed since `fingerprint`.

    What a member has that is too much to hand over at once is left to the worker. Raises as `preview` does, and
    NotFound (`draft_gone`).
    """
    require_role(desk, "reassign")
    request = _DRAFT.validate_python(await drafts.take_confirmed(desk, draft_id))
    plan = await _plan(desk, request, lock=True)
    if plan.fingerprint != fingerprint:
        return await _preview(desk, request, plan, changed=True)
    batch, counts = new_id(), plan.counts(desk)
    if isinstance(plan, _LargePlan):
        batches.leave_to_worker(desk, "reassign", plan.outgoing, plan.portions, why=request.why, batch=batch)
    else:
        await _hand_over(desk, plan, batch, why=request.why)
    _audit(desk, request, plan, counts)
    return PlanResult(
        shares=plan.shares,
        loans=counts.loans,
        follow_ups=counts.follow_ups,
        why=request.why,
        undo_id=offer_undo(desk, "reassign", undo_id=batch),
        under_way=isinstance(plan, _LargePlan),
    )


async def _hand_over(desk: Desk, plan: _Plan, batch: UUID, *, why: str) -> None:
    portions: dict[tuple[UUID | None, UUID], list[Unit]] = defaultdict(list)
    for unit, to_id in plan.moves:
        portions[unit.outgoing_id, to_id].append(unit)
    for (from_id, to_id), units in portions.items():
        owned = [unit.loan for unit in units if unit.owned]
        held = [row for unit in units for row in unit.follow_ups]
        outgoing = plan.people[from_id] if from_id else None
        await hand_over(desk, owned, held, outgoing, plan.people[to_id], why=why, batch=batch)
    await _notify(desk, batch, plan)


async def _preview(desk: Desk, request: PlanRequest, plan: _Plan | _LargePlan, *, changed: bool = False) -> PlanPreview:
    counts = plan.counts(desk)
    draft = _DRAFT.dump_python(request, mode="json", by_alias=True)
    return PlanPreview(
        shares=plan.shares,
        loans=counts.loans,
        follow_ups=counts.follow_ups,
        late=counts.late,
        why=request.why,
        fingerprint=plan.fingerprint,
        draft_id=await drafts.save_for_confirmation(desk, draft),
        changed=changed,
    )


async def _plan(desk: Desk, request: PlanRequest, *, lock: bool) -> _Plan | _LargePlan:
    if not request.loan_ids and request.from_id is None:
        raise Invalid("nothing_chosen")
    if not request.loan_ids and (large := await _large_plan(desk, request, lock=lock)):
        return large
    units = await units_of(desk, from_id=request.from_id, loan_ids=request.loan_ids, lock=lock)
    if not units:
        raise Invalid("nothing_to_hand_over")
    people = await members.by_ids(desk.session, {unit.outgoing_id for unit in units if unit.outgoing_id})
    chosen = await _chosen(desk, request, units)
    moves = tuple((unit, chosen[unit.loan.id].id) for unit in units if unit.loan.id in chosen)
    people.update({member.id: member for member in chosen.values()})
    return _Plan(people=people, moves=moves, shares=await _shares(desk, people, moves))


async def _large_plan(desk: Desk, request: PlanRequest, *, lock: bool) -> _LargePlan | None:
    assert request.from_id is not None
    outgoing = await desk.session.get_one(Member, request.from_id)
    await require_may_take_all(desk, outgoing)
    if lock:
        await members.lock(desk.session, outgoing.id)
    await require_settled(desk, outgoing)
    owned, held = await holdings.outline_of_member(desk.session, outgoing.id)
    if not batches.are_many(owned, held):
        return None
    on_loans = sorted({*(loan.id for loan in owned), *(row.loan_id for row in held)})
    match request.how:
        case "each":
            _check_each(len(on_loans))
            return None
        case "one":
            chosen = dict.fromkeys(on_loans, await _taker_of_all(desk, request.to_id, outgoing))
        case "balanced":
            own, on_loan = {loan.id for loan in owned}, Counter(row.loan_id for row in held)
            weights = {loan_id: Weight(int(loan_id in own), on_loan[loan_id]) for loan_id in on_loans}
            chosen = await spread(desk, request.team_id, weights, giving={outgoing.id})
    portions = _portions(owned, held, chosen)
    gained = {portion.to.id: (len(portion.loans), len(portion.follow_ups)) for portion in portions}
    given = {outgoing.id: (-len(owned), -len(held))}
    people = [outgoing, *(portion.to for portion in portions)]
    return _LargePlan(outgoing, portions, await shares_of(desk, people, {**gained, **given}))


def _portions(
    owned: Sequence[LoanOutline], held: Sequence[FollowUpOutline], chosen: Mapping[UUID, Member]
) -> tuple[Portion, ...]:
    takers = sorted({member.id: member for member in chosen.values()}.values(), key=lambda member: member.id)
    loans_of: defaultdict[UUID, list[LoanOutline]] = defaultdict(list)
    held_of: defaultdict[UUID, list[FollowUpOutline]] = defaultdict(list)
    for loan in owned:
        loans_of[chosen[loan.id].id].append(loan)
    for row in held:
        held_of[chosen[row.loan_id].id].append(row)
    return tuple(Portion(to, loans_of[to.id], held_of[to.id]) for to in takers)


async def _taker_of_all(desk: Desk, to_id: UUID | None, outgoing: Member) -> Member:
    to = await desk.session.get(Member, to_id) if to_id else None
    if to_id is None:
        raise Invalid("person_missing")
    if to is None or to.workspace_id != desk.workspace.id or to.removed_at is not None:
        raise NotFound("member_gone")
    require_caller(to)
    if to.id == outgoing.id:
        raise Invalid("same_person")
    return to


async def _chosen(desk: Desk, request: PlanRequest, units: Sequence[Unit]) -> dict[UUID, Member]:
    """Return the member for each loan that moves, by the loan's id."""
    if request.how == "balanced":
        weights = {unit.loan.id: Weight(int(unit.owned), len(unit.follow_ups)) for unit in units}
        return await spread(desk, request.team_id, weights, giving={unit.outgoing_id for unit in units})
    if request.how == "each":
        _check_each(len(units))
    loan_ids = [unit.loan.id for unit in units]
    to_ids = request.each if request.how == "each" else dict.fromkeys(loan_ids, request.to_id)
    wanted = {loan_id: to_id for loan_id in loan_ids if (to_id := to_ids.get(loan_id)) is not None}
    if not wanted:
        raise Invalid("person_missing")
    there = await members.by_ids(desk.session, set(wanted.values()))
    chosen: dict[UUID, Member] = {}
    for unit in units:
        if unit.loan.id not in wanted:
            continue
        to = there.get(wanted[unit.loan.id])
        if to is None or to.workspace_id != desk.workspace.id or to.removed_at is not None:
            raise NotFound("member_gone")
        require_caller(to)
        if to.id == unit.outgoing_id:
            if request.loan_ids:
                raise Invalid("already_owner", who=to.slack_user_id, loan=unit.loan.number)
            raise Invalid("same_person")
        chosen[unit.loan.id] = to
    return chosen


def _check_each(loans_: int) -> None:
    if loans_ > EACH:
        raise Invalid("too_many_for_each", count=loans_, limit=EACH)


async def _shares(desk: Desk, people: Mapping[UUID, Member], moves: Sequence[tuple[Unit, UUID]]) -> tuple[Share, ...]:
    concerned = {key: people[key] for move in moves for key in (move[0].outgoing_id, move[1]) if key is not None}
    more_loans, more_held = dict.fromkeys(concerned, 0), dict.fromkeys(concerned, 0)
    for unit, to_id in moves:
        for key, sign in ((unit.outgoing_id, -1), (to_id, 1)):
            if key is not None:
                more_loans[key] += sign * (unit.owned and unit.loan.stage in loans.LIVE_STAGES)
                more_held[key] += sign * len(unit.follow_ups)
    return await shares_of(desk, concerned.values(), {key: (more_loans[key], more_held[key]) for key in concerned})


def _by_loan(rows: Sequence[FollowUp]) -> defaultdict[UUID, list[FollowUp]]:
    by_loan: defaultdict[UUID, list[FollowUp]] = defaultdict(list)
    for row in rows:
        by_loan[row.loan_id].append(row)
    return by_loan


def _audit(desk: Desk, request: PlanRequest, plan: _Plan | _LargePlan, counts: HandoverCounts) -> None:
    if isinstance(plan, _LargePlan) or not request.loan_ids:
        owned, held = counts.loans, counts.follow_ups
        desk.audit("reassign_all", subject_id=request.from_id, how=request.how, loans=owned, follow_ups=held)
        return
    for unit, to_id in plan.moves:
        desk.audit("reassign", loan_id=unit.loan.id, to=str(to_id), follow_ups=len(unit.follow_ups))


@dataclass(slots=True)
class _Portion:
    """What one member receives and gives, and the members at the other end."""

    received: list[Unit] = field(default_factory=list[Unit])
    given: list[Unit] = field(default_factory=list[Unit])
    others: set[UUID | None] = field(default_factory=set[UUID | None])


async def _notify(desk: Desk, batch: UUID, plan: _Plan) -> None:
    # One message to each member, however much they gave and received.
    portions: defaultdict[UUID, _Portion] = defaultdict(_Portion)
    for unit, to_id in plan.moves:
        portions[to_id].received.append(unit)
        portions[to_id].others.add(unit.outgoing_id)
        if unit.outgoing_id is not None:
            portions[unit.outgoing_id].given.append(unit)
            portions[unit.outgoing_id].others.add(to_id)
    for member_id, portion in portions.items():
        several = len(portion.others) > 1
        both = bool(portion.received and portion.given)
        await notify(
            desk,
            batch,
            plan.people[member_id],
            _count_units(desk, portion.received or portion.given),
            gained=bool(portion.received),
            other_id=None if several else next(iter(portion.others)),
            more={"several": several, **({"gave": _count_units(desk, portion.given).facts()} if both else {})},
        )


def _count_units(desk: Desk, units: Sequence[Unit]) -> HandoverCounts:
    return count(desk, [unit.loan for unit in units if unit.owned], [row for unit in units for row in unit.follow_ups])
