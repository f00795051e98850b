"""Handing over many loans at once: to one member, to one per loan, or balanced over a team; first shown, then done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from desk.core import drafts
from desk.core.changes import offer_undo
from desk.core.errors import Invalid, NotFound
from desk.core.permissions import CALLERS, require_role, roles_of
from desk.core.transaction import Desk
from desk.follow_ups.follow_ups import check_note
from desk.handover.reassigning import hand_over, mark_of, notice_key, require_may_reassign
from desk.loans.lookup import visible_loans
from desk.messages import kinds
from desk.messages.notices import owe_to_member
from desk.people.members import require_caller, today_of
from desk.rules.absence import is_absent
from desk.rules.balancing import Load, Weight, balance
from storage.engine.types import new_id
from storage.queries.follow_ups import follow_ups as stored_follow_ups
from storage.queries.handover import holdings
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member, Team

EACH = 20
"""How many loans may have a member each."""

How = Literal["one", "each", "balanced"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be handed over: these loans, or where there are none all that `from_id` has; and to whom: everything to
    `to_id`, each loan to the member in `each` (one that is not there stays), or balanced over the team."""

    how: How
    from_id: UUID | None = None
    loan_ids: tuple[UUID, ...] = ()
    to_id: UUID | None = None
    team_id: UUID | None = None
    each: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    why: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Share:
    """How somebody stands before and after."""

    who: str
    loans: int
    loans_after: int
    follow_ups: int
    follow_ups_after: int


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a wish would do. `mark` is the version of the set and of who gets what; `draft_id` keeps the wish."""

    shares: tuple[Share, ...]
    loans: int
    follow_ups: int
    overdue: int
    why: str = field(repr=False)
    mark: str
    draft_id: UUID
    changed: bool = False


@dataclass(frozen=True, slots=True)
class PlanDone:
    """What was handed over; `shares` are as they were, and as they are now."""

    shares: tuple[Share, ...]
    loans: int
    follow_ups: int
    why: str = field(repr=False)
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class Unit:
    """What goes together: a loan (with `owned` its ownership) and the open follow-ups on it that `outgoing_id` holds."""

    loan: Loan
    owned: bool
    outgoing_id: UUID | None
    follow_ups: tuple[FollowUp, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    people: Mapping[UUID, Member]
    moves: tuple[tuple[Unit, UUID], ...]
    shares: tuple[Share, ...]

    @property
    def loans(self) -> list[Loan]:
        return [unit.loan for unit, _ in self.moves if unit.owned]

    @property
    def follow_ups(self) -> list[FollowUp]:
        return [row for unit, _ in self.moves for row in unit.follow_ups]

    @property
    def mark(self) -> str:
        targets = ",".join(str(to) for _, to in self.moves)
        return mark_of([unit.loan for unit, _ in self.moves], self.follow_ups, targets)


async def picked_loans(desk: Desk, numbers: Sequence[str]) -> list[Loan]:
    """The loans of those numbers. Raises NotFound (`unknown_loan`) for one that the acting member may not see."""
    visible = visible_loans(desk)
    found = await loans.of_numbers(desk.session, desk.workspace.id, numbers, visible=visible)
    for number in numbers:
        if loans.number_key(number) not in found:
            raise NotFound("unknown_loan", given=number)
    return [found[loans.number_key(number)] for number in numbers]


async def units_of(desk: Desk, *, from_id: UUID | None, loan_ids: Sequence[UUID], lock: bool = False) -> list[Unit]:
    """What a wish is about, in the order of the loans' ids."""
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


async def preview(desk: Desk, wish: Wish, *, changed: bool = False) -> PlanPreview:
    """What the wish would do.

    Raises NotAllowed (`role_missing`, `others_may_act`), Invalid (`nothing_chosen`, `nothing_to_hand_over`,
    `same_person`, `already_owner`, `cannot_take_calls`, `nobody_in_team`, `too_many_for_each`, `note_too_long`), NotFound
    (`member_gone`).
    """
    check_note(wish.why)
    return await _previewed(desk, wish, await _plan(desk, wish, lock=False), changed=changed)


async def carry_out(desk: Desk, draft_id: UUID, mark: str) -> PlanDone | PlanPreview:
    """Does what was shown. Gives the preview again when it would be another one now.

    Raises as `preview` does, and NotFound (`draft_gone`).
    """
    wish = _read(await drafts.take_confirmed(desk, draft_id))
    plan = await _plan(desk, wish, lock=True)
    if plan.mark != mark:
        return await _previewed(desk, wish, plan, changed=True)
    batch = new_id()
    portions: dict[tuple[UUID | None, UUID], list[Unit]] = defaultdict(list)
    for unit, to_id in plan.moves:
        portions[unit.outgoing_id, to_id].append(unit)
    for (from_id, to_id), units in portions.items():
        owned = [unit.loan for unit in units if unit.owned]
        held = [row for unit in units for row in unit.follow_ups]
        outgoing = plan.people[from_id] if from_id else None
        await hand_over(desk, owned, held, outgoing, plan.people[to_id], why=wish.why, batch=batch)
    _audit(desk, wish, plan)
    await _tell(desk, batch, plan)
    return PlanDone(
        shares=plan.shares,
        loans=len(plan.loans),
        follow_ups=len(plan.follow_ups),
        why=wish.why,
        undo_id=offer_undo(desk, "reassign", undo_id=batch),
    )


async def _previewed(desk: Desk, wish: Wish, plan: _Plan, *, changed: bool) -> PlanPreview:
    return PlanPreview(
        shares=plan.shares,
        loans=len(plan.loans),
        follow_ups=len(plan.follow_ups),
        overdue=sum(row.overdue_at < desk.now for row in plan.follow_ups),
        why=wish.why,
        mark=plan.mark,
        draft_id=await drafts.save_for_confirmation(desk, _written(wish)),
        changed=changed,
    )


async def _plan(desk: Desk, wish: Wish, *, lock: bool) -> _Plan:
    if not wish.loan_ids and wish.from_id is None:
        raise Invalid("nothing_chosen")
    if not wish.loan_ids:
        require_role(desk, "reassign_all")
    units = await units_of(desk, from_id=wish.from_id, loan_ids=wish.loan_ids, lock=lock)
    if not units:
        raise Invalid("nothing_to_hand_over")
    people = await members.by_ids(desk.session, {unit.outgoing_id for unit in units if unit.outgoing_id})
    for outgoing in people.values():
        await require_may_reassign(desk, outgoing)
    chosen = await _chosen(desk, wish, units)
    moves = tuple((unit, chosen[unit.loan.id].id) for unit in units if unit.loan.id in chosen)
    people.update({member.id: member for member in chosen.values()})
    return _Plan(people=people, moves=moves, shares=await _shares(desk, people, moves))


async def _chosen(desk: Desk, wish: Wish, units: Sequence[Unit]) -> dict[UUID, Member]:
    """Who gets each loan."""
    if wish.how == "balanced":
        return await _balanced(desk, wish, units)
    if wish.how == "each":
        if len(units) > EACH:
            raise Invalid("too_many_for_each", count=len(units), limit=EACH)
        wanted = {unit.loan.id: wish.each[unit.loan.id] for unit in units if unit.loan.id in wish.each}
    else:
        wanted = {unit.loan.id: wish.to_id for unit in units if wish.to_id is not None}
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
            if wish.loan_ids:
                raise Invalid("already_owner", who=to.slack_user_id, loan=unit.loan.number)
            raise Invalid("same_person")
        chosen[unit.loan.id] = to
    return chosen


async def _balanced(desk: Desk, wish: Wish, units: Sequence[Unit]) -> dict[UUID, Member]:
    team = await desk.session.get(Team, wish.team_id) if wish.team_id else None
    if team is None or team.workspace_id != desk.workspace.id:
        raise Invalid("team_missing")
    giving = {unit.outgoing_id for unit in units}
    takers = [m for m in await members.of_team(desk.session, team.id) if m.id not in giving and _is_here(desk, m)]
    # Loans are looked after by agents; a team without any has others who make calls.
    agents = [m for m in takers if "agent" in roles_of(m)] or [m for m in takers if roles_of(m) & set(CALLERS)]
    if not agents:
        raise Invalid("nobody_in_team", team=team.name)
    by_id = {member.id: member for member in agents}
    owned = await loans.live_counts(desk.session, by_id.keys())
    held = await stored_follow_ups.open_counts(desk.session, [*by_id])
    loads = [Load(m.id, owned[m.id], held[m.id], m.name_key) for m in agents]
    weights = [Weight(int(unit.owned), len(unit.follow_ups)) for unit in units]
    targets = balance(loads, weights)
    return {unit.loan.id: by_id[target] for unit, target in zip(units, targets, strict=True)}


def _is_here(desk: Desk, member: Member) -> bool:
    return not is_absent(today_of(desk, member), member.absent_from, member.absent_until)


async def _shares(desk: Desk, people: Mapping[UUID, Member], moves: Sequence[tuple[Unit, UUID]]) -> tuple[Share, ...]:
    concerned = {key: people[key] for move in moves for key in (move[0].outgoing_id, move[1]) if key is not None}
    owned = await loans.live_counts(desk.session, concerned.keys())
    held = await stored_follow_ups.open_counts(desk.session, [*concerned])
    more_loans, more_held = dict.fromkeys(concerned, 0), dict.fromkeys(concerned, 0)
    for unit, to_id in moves:
        for key, sign in ((unit.outgoing_id, -1), (to_id, 1)):
            if key is not None:
                more_loans[key] += sign * (unit.owned and unit.loan.stage in loans.LIVE_STAGES)
                more_held[key] += sign * len(unit.follow_ups)
    return tuple(
        Share(m.slack_user_id, owned[m.id], owned[m.id] + more_loans[m.id], held[m.id], held[m.id] + more_held[m.id])
        for m in sorted(concerned.values(), key=lambda m: (more_loans[m.id], more_held[m.id], m.name_key))
    )


def _by_loan(rows: Sequence[FollowUp]) -> defaultdict[UUID, list[FollowUp]]:
    by_loan: defaultdict[UUID, list[FollowUp]] = defaultdict(list)
    for row in rows:
        by_loan[row.loan_id].append(row)
    return by_loan


def _audit(desk: Desk, wish: Wish, plan: _Plan) -> None:
    if not wish.loan_ids:
        owned, held = len(plan.loans), len(plan.follow_ups)
        desk.audit("reassign_all", subject_id=wish.from_id, how=wish.how, loans=owned, follow_ups=held)
        return
    for unit, to_id in plan.moves:
        desk.audit("reassign", loan_id=unit.loan.id, to=str(to_id), follow_ups=len(unit.follow_ups))


@dataclass(slots=True)
class _Heard:
    """What one message says: how much somebody got, and how much they gave, and from or to whom."""

    got: list[Unit] = field(default_factory=list[Unit])
    gave: list[Unit] = field(default_factory=list[Unit])
    others: set[UUID | None] = field(default_factory=set[UUID | None])


async def _tell(desk: Desk, batch: UUID, plan: _Plan) -> None:
    # One message to each person concerned, whatever they got and gave; nobody hears of what they have just done.
    heard: defaultdict[UUID, _Heard] = defaultdict(_Heard)
    for unit, to_id in plan.moves:
        heard[to_id].got.append(unit)
        heard[to_id].others.add(unit.outgoing_id)
        if unit.outgoing_id is not None:
            heard[unit.outgoing_id].gave.append(unit)
            heard[unit.outgoing_id].others.add(to_id)
    for member_id, each in heard.items():
        if member_id == desk.member.id:
            continue
        other = next(iter(each.others)) if len(each.others) == 1 else None
        facts: dict[str, Any] = {
            "gained": bool(each.got),
            "by": str(desk.member.id),
            "undo": str(batch),
            "several": len(each.others) > 1,
            **_amounts(desk, each.got or each.gave),
        }
        if each.got and each.gave:
            facts["gave"] = _amounts(desk, each.gave)
        await owe_to_member(
            desk,
            kind=kinds.REASSIGNED,
            key=notice_key(batch, member_id),
            member=plan.people[member_id],
            about_member_id=other,
            facts=facts,
        )


def _amounts(desk: Desk, units: Sequence[Unit]) -> dict[str, int]:
    held = [row for unit in units for row in unit.follow_ups]
    return {
        "loans": sum(unit.owned for unit in units),
        "follow_ups": len(held),
        "overdue": sum(row.overdue_at < desk.now for row in held),
    }


def _written(wish: Wish) -> dict[str, Any]:
    return {
        "how": wish.how,
        "from": str(wish.from_id) if wish.from_id else None,
        "loans": [str(each) for each in wish.loan_ids],
        "to": str(wish.to_id) if wish.to_id else None,
        "team": str(wish.team_id) if wish.team_id else None,
        "each": {str(loan_id): str(member_id) for loan_id, member_id in wish.each.items()},
        "why": wish.why,
    }


def _read(kept: Mapping[str, Any]) -> Wish:
    return Wish(
        how=kept["how"],
        from_id=UUID(kept["from"]) if kept["from"] else None,
        loan_ids=tuple(UUID(each) for each in kept["loans"]),
        to_id=UUID(kept["to"]) if kept["to"] else None,
        team_id=UUID(kept["team"]) if kept["team"] else None,
        each={UUID(loan_id): UUID(member_id) for loan_id, member_id in kept["each"].items()},
        why=kept["why"],
    )
