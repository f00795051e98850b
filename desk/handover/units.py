"""What a plan moves: a loan, its ownership and its open follow-ups together; and the messages to the members concerned."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.handover.moves import HandoverCounts, count, notify
from desk.handover.reassigning import require_may_reassign
from desk.loans.lookup import visible_today
from desk.people.relations import require_responsible
from storage.queries.handover import holdings
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member


@dataclass(frozen=True, slots=True)
class Unit:
    """What moves together: a loan (with `owned` its ownership) and its open follow-ups assigned to `outgoing_id`."""

    loan: Loan
    owned: bool
    outgoing_id: UUID | None
    follow_ups: tuple[FollowUp, ...]


async def picked_loans(desk: Desk, numbers: Sequence[str]) -> list[Loan]:
    """Return the loans with these numbers. Raises NotAllowed (`role_missing`), NotFound (`unknown_loan`), also if the acting
    member may not see one."""
    require_role(desk, "reassign")
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
    await require_responsible(desk, "reassign_all", outgoing)


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


def count_units(desk: Desk, units: Sequence[Unit]) -> HandoverCounts:
    """Count the loans whose ownership moves, and the follow-ups."""
    return count(desk, [unit.loan for unit in units if unit.owned], [row for unit in units for row in unit.follow_ups])


@dataclass(slots=True)
class _Exchange:
    """What one member receives and gives, and the members at the other end."""

    received: list[Unit] = field(default_factory=list[Unit])
    given: list[Unit] = field(default_factory=list[Unit])
    others: set[UUID | None] = field(default_factory=set[UUID | None])


async def notify_members(
    desk: Desk, batch: UUID, people: Mapping[UUID, Member], moves: Sequence[tuple[Unit, UUID]]
) -> None:
    """Send each member who gave or received units one message, however much that is; `moves` are units and who gets them."""
    exchanges: defaultdict[UUID, _Exchange] = defaultdict(_Exchange)
    for unit, to_id in moves:
        exchanges[to_id].received.append(unit)
        exchanges[to_id].others.add(unit.outgoing_id)
        if unit.outgoing_id is not None:
            exchanges[unit.outgoing_id].given.append(unit)
            exchanges[unit.outgoing_id].others.add(to_id)
    for member_id, exchange in exchanges.items():
        several = len(exchange.others) > 1
        both = bool(exchange.received and exchange.given)
        await notify(
            desk,
            batch,
            people[member_id],
            count_units(desk, exchange.received or exchange.given),
            gained=bool(exchange.received),
            other_id=None if several else next(iter(exchange.others)),
            more={"several": several, **({"gave": count_units(desk, exchange.given).facts()} if both else {})},
        )


def _by_loan(rows: Sequence[FollowUp]) -> defaultdict[UUID, list[FollowUp]]:
    by_loan: defaultdict[UUID, list[FollowUp]] = defaultdict(list)
    for row in rows:
        by_loan[row.loan_id].append(row)
    return by_loan
