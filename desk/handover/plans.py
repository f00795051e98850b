"""Reassign many loans at once, after a preview: to one member, to a member per loan, or balanced over a team."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pydantic import TypeAdapter

from desk.core import drafts
from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.follow_ups.appointment_clashes import NO_CLASHES, Clashes, clashes_of, given_with_all, given_with_loans
from desk.follow_ups.appointments import attends, hand_over_all_appointments, hand_over_appointments
from desk.follow_ups.collection_steps import hand_over_all_steps, takes_steps
from desk.follow_ups.lifecycle import check_note
from desk.handover import batches
from desk.handover.batches import Portion
from desk.handover.moves import HandoverCounts, hand_over
from desk.handover.planned import EACH, LargePlan, Plan, PlanPreview, PlanRequest, PlanResult
from desk.handover.reassigning import clashes_with_loan
from desk.handover.sharing import Share, shares_of, spread
from desk.handover.units import Unit, notify_members, require_may_take_all, units_of
from desk.people.members import require_caller
from desk.people.team import require_settled
from desk.rules.balancing import Weight
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.handover.holdings import FollowUpOutline, LoanOutline
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member

_DRAFT = TypeAdapter(PlanRequest)


async def preview(desk: Desk, request: PlanRequest) -> PlanPreview:
    """Return what the request would do.

    Raises NotAllowed (`role_missing`, `others_may_act`), Invalid (`nothing_chosen`, `nothing_to_hand_over`,
    `same_person`, `already_owner`, `cannot_take_calls`, `nobody_in_team`, `too_many_for_each`, `note_too_long`), NotFound
    (`member_gone`), Conflict (`handover_under_way`).
    """
    require_role(desk, "reassign")
    check_note(request.why)
    return await _preview(desk, request, await _plan(desk, request, lock=False))


async def ask_about_clashes(desk: Desk, loan: Loan, to: Member, *, why: str) -> PlanPreview | None:
    """Return the preview of handing one loan to `to`, if an appointment on it clashes with what `to` attends; else None.

    Raises as `preview` does.
    """
    clashes = await clashes_with_loan(desk, loan, to)
    if not clashes.shown:
        return None
    return await preview(desk, PlanRequest(how="one", loan_ids=(loan.id,), to_id=to.id, why=why))


@dataclass(frozen=True, slots=True)
class PlannedRows:
    """What a previewed request moves: the ids of the loans, the open follow-ups in outline, and who gives them."""

    loan_ids: Sequence[UUID]
    follow_ups: Sequence[FollowUp | FollowUpOutline]
    givers: Collection[UUID]


async def planned_rows(desk: Desk, draft_id: UUID) -> PlannedRows:
    """Return what a previewed request would move now. Raises as `preview` does, and NotFound (`draft_gone`)."""
    plan = await _plan(desk, _DRAFT.validate_python(await drafts.read(desk, draft_id)), lock=False)
    return PlannedRows([loan.id for loan in plan.loans], plan.follow_ups, plan.givers)


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
    if isinstance(plan, LargePlan):
        batches.leave_to_worker(desk, "reassign", plan.outgoing, plan.portions, why=request.why, batch=batch)
    else:
        await _hand_over(desk, plan, batch, why=request.why)
    await _hand_over_on_loans_of_others(desk, request, plan)
    _audit(desk, request, plan, counts)
    return PlanResult(
        shares=plan.shares,
        loans=counts.loans,
        follow_ups=counts.follow_ups,
        why=request.why,
        undo_id=offer_undo(desk, "reassign", undo_id=batch),
        under_way=isinstance(plan, LargePlan),
    )


async def _hand_over(desk: Desk, plan: Plan, batch: UUID, *, why: str) -> None:
    portions: dict[tuple[UUID | None, UUID], list[Unit]] = defaultdict(list)
    for unit, to_id in plan.moves:
        portions[unit.outgoing_id, to_id].append(unit)
    for (from_id, to_id), units in portions.items():
        owned = [unit.loan for unit in units if unit.owned]
        held = [row for unit in units for row in unit.follow_ups]
        outgoing = plan.people[from_id] if from_id else None
        await hand_over(desk, owned, held, outgoing, plan.people[to_id], why=why, batch=batch)
    await notify_members(desk, batch, plan.people, plan.moves)


async def _hand_over_on_loans_of_others(desk: Desk, request: PlanRequest, plan: Plan | LargePlan) -> None:
    """Give away, with all that a member has, the appointments and steps that are theirs on loans of others too: with the calls on
    that loan, or else to the member who gets the first part."""
    if request.loan_ids or request.from_id is None:
        return
    outgoing, parts = _parts(request.from_id, request.to_id, plan)
    for to, loan_ids in parts:
        await hand_over_appointments(desk, loan_ids, outgoing, to)
    await hand_over_all_appointments(desk, outgoing, parts[0][0])
    await hand_over_all_steps(desk, outgoing, parts)


def _parts(
    from_id: UUID, to_id: UUID | None, plan: Plan | LargePlan
) -> tuple[Member, list[tuple[Member, Sequence[UUID]]]]:
    """Return who gives away all, and the loans that each member gets calls or loans of; the first gets the rest."""
    if isinstance(plan, LargePlan):
        return plan.outgoing, [(part.to, part.loan_ids) for part in plan.portions]
    parts: list[tuple[Member, Sequence[UUID]]] = [(plan.people[to], [unit.loan.id]) for unit, to in plan.moves]
    if not parts and to_id is not None:
        parts = [(plan.people[to_id], ())]
    return plan.people[from_id], parts


async def _clashes(desk: Desk, request: PlanRequest, plan: Plan | LargePlan) -> Clashes:
    """Return which appointments clash with what their new members attend."""
    if isinstance(plan, Plan) and (request.loan_ids or request.from_id is None):
        moves = [(unit.loan.id, unit.outgoing_id, to_id) for unit, to_id in plan.moves if unit.owned]
        takers = {loan_id: (owner_id, plan.people[to_id]) for loan_id, owner_id, to_id in moves if owner_id is not None}
        return await clashes_of(desk, await given_with_loans(desk, takers))
    if request.from_id is None:
        return NO_CLASHES
    outgoing, parts = _parts(request.from_id, request.to_id, plan)
    every = {row.id: row for row, _ in await given_with_all(desk, outgoing, parts[0][0])}
    takers = {loan_id: to for to, loan_ids in parts for loan_id in loan_ids}
    return await clashes_of(desk, [(row, takers.get(row.loan_id, parts[0][0])) for row in every.values()])


async def _preview(desk: Desk, request: PlanRequest, plan: Plan | LargePlan, *, changed: bool = False) -> PlanPreview:
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
        clashes=await _clashes(desk, request, plan),
    )


async def _plan(desk: Desk, request: PlanRequest, *, lock: bool) -> Plan | LargePlan:
    if not request.loan_ids and request.from_id is None:
        raise Invalid("nothing_chosen")
    if not request.loan_ids and (large := await _large_plan(desk, request, lock=lock)):
        return large
    units = await units_of(desk, from_id=request.from_id, loan_ids=request.loan_ids, lock=lock)
    if not units:
        return await _only_on_loans_of_others(desk, request)
    people = await members.by_ids(desk.session, {unit.outgoing_id for unit in units if unit.outgoing_id})
    chosen = await _chosen(desk, request, units)
    moves = tuple((unit, chosen[unit.loan.id].id) for unit in units if unit.loan.id in chosen)
    people.update({member.id: member for member in chosen.values()})
    return Plan(people=people, moves=moves, shares=await _shares(desk, people, moves))


async def _only_on_loans_of_others(desk: Desk, request: PlanRequest) -> Plan:
    """Return the plan for a member who has neither loans nor calls, but attends appointments or takes steps."""
    outgoing = await desk.session.get(Member, request.from_id) if request.from_id else None
    if outgoing is None or not (await attends(desk, outgoing) or await takes_steps(desk, outgoing)):
        raise Invalid("nothing_to_hand_over")
    if request.how != "one":
        raise Invalid("only_to_one", who=outgoing.slack_user_id)
    await require_may_take_all(desk, outgoing)
    to = await _taker_of_all(desk, request.to_id, outgoing)
    return Plan(people={outgoing.id: outgoing, to.id: to}, moves=(), shares=())


async def _large_plan(desk: Desk, request: PlanRequest, *, lock: bool) -> LargePlan | None:
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
    return LargePlan(outgoing, portions, await shares_of(desk, people, {**gained, **given}))


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
    if to_id is None:
        raise Invalid("person_missing")
    to = _require_taker(desk, await desk.session.get(Member, to_id))
    if to.id == outgoing.id:
        raise Invalid("same_person")
    return to


def _require_taker(desk: Desk, to: Member | None) -> Member:
    if to is None or to.workspace_id != desk.workspace.id or to.removed_at is not None:
        raise NotFound("member_gone")
    require_caller(to)
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
        to = _require_taker(desk, there.get(wanted[unit.loan.id]))
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


def _audit(desk: Desk, request: PlanRequest, plan: Plan | LargePlan, counts: HandoverCounts) -> None:
    if isinstance(plan, LargePlan) or not request.loan_ids:
        owned, held = counts.loans, counts.follow_ups
        desk.audit("reassign_all", subject_id=request.from_id, how=request.how, loans=owned, follow_ups=held)
        return
    for unit, to_id in plan.moves:
        desk.audit("reassign", loan_id=unit.loan.id, to=str(to_id), follow_ups=len(unit.follow_ups))
