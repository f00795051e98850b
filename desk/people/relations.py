"""What the acting member may do with what members hold: by their relations to it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from desk.core.permissions import Relation, allows, require, require_role
from desk.core.transaction import Desk
from desk.people.members import is_at_desk, managers_for, stand_ins_for, today_of
from storage.queries.follow_ups import reservations
from storage.queries.people import members
from storage.tables import Appointment, CollectionStep, FollowUp, Loan, Member


async def may_act(desk: Desk, act: str, follow_up: FollowUp, loan: Loan) -> bool:
    """Return whether the acting member may do this act on a follow-up."""
    holder_id = follow_up.assignee_id
    direct = _direct_relations(desk, holder_id, loan)
    relations = direct or _relations(desk, await _related(desk, holder_id, loan))
    return allows(desk.member, act, relations) or await _may_act_on_taken(desk, act, loan)


async def may_act_on_each(desk: Desk, act: str, rows: Iterable[FollowUp], loan: Loan) -> dict[UUID, bool]:
    """Return whether the acting member may do this act on each of a loan's follow-ups, by the id of its assignee."""
    by_assignee = {row.assignee_id: row for row in rows}
    return {key: await may_act(desk, act, row, loan) for key, row in by_assignee.items()}


async def require_may_act(desk: Desk, act: str, row: FollowUp | Appointment | CollectionStep, loan: Loan) -> None:
    """Raise NotAllowed, which names who may, unless the acting member may do this act on a follow-up, an appointment or a
    step."""
    holder_id = row.member_id if isinstance(row, Appointment) else row.assignee_id
    if allows(desk.member, act, _direct_relations(desk, holder_id, loan)):
        return
    related = await _related(desk, holder_id, loan)
    if await _may_act_on_taken(desk, act, loan):
        return
    allowed = {m.id: m for people in related.values() for m in people if is_at_desk(m)}
    require(desk, act, _relations(desk, related), who=tuple(m.slack_user_id for m in allowed.values()))


async def relations_to_held(desk: Desk, holder_id: UUID, loan: Loan) -> set[Relation]:
    """Return the relations of the acting member to what that member holds or has made on a loan: a recording of their call."""
    wide: set[Relation] = {"managed"} if desk.workspace.managers_see_all else set()
    return _relations(desk, await _related(desk, holder_id, loan)) | wide


async def require_responsible(desk: Desk, act: str, member: Member) -> None:
    """Raise NotAllowed (`role_missing`, or the act's own, which names who may) unless the acting member may do this act on what
    that member has: because it is their own, because they manage the member, or because managers see the loans of all teams."""
    require_role(desk, act)
    if allows(desk.member, act, {"own"} if member.id == desk.member.id else ()):
        return
    managers = await managers_for(desk, member)
    related: set[Relation] = {"managed"} if desk.workspace.managers_see_all or desk.member in managers else set()
    may = [each for each in managers if allows(each, act, {"managed"})]
    may = [member, *may] if allows(member, act, {"own"}) else may
    require(desk, act, related, who=tuple(dict.fromkeys(each.slack_user_id for each in may)))


async def _may_act_on_taken(desk: Desk, act: str, loan: Loan) -> bool:
    """Return whether the acting member may do this act because they have taken the loan to call next."""
    if not allows(desk.member, act, {"taken"}):
        return False
    return await reservations.has_taken(desk.session, loan.id, desk.member.id, desk.now)


def _direct_relations(desk: Desk, holder_id: UUID, loan: Loan) -> set[Relation]:
    """Return the relations of the acting member to what that member holds on a loan, as far as they need no query."""
    ids: dict[Relation, UUID | None] = {"own": holder_id, "loan": loan.owner_id}
    return {relation for relation, member_id in ids.items() if member_id == desk.member.id}


async def _related(desk: Desk, holder_id: UUID, loan: Loan) -> dict[Relation, list[Member]]:
    """Return the members by relation to what that member holds on a loan: holder, owner, who acts for one of them today, their
    managers."""
    people = await members.by_ids(desk.session, {holder_id, *filter(None, [loan.owner_id])})
    found = await stand_ins_for(desk, people.values())
    return {
        "own": [people[holder_id]],
        "loan": [people[loan.owner_id]] if loan.owner_id else [],
        "covered": [each for member in people.values() for each in found.all_for(member, today_of(desk, member))],
        "managed": [manager for member in people.values() for manager in await managers_for(desk, member)],
    }


def _relations(desk: Desk, related: Mapping[Relation, Sequence[Member]]) -> set[Relation]:
    return {relation for relation, people in related.items() if desk.member.id in {m.id for m in people}}


CORRECTABLE_FOR = timedelta(days=1)
"""How long members may correct calls and notes of their own."""


def authorship(desk: Desk, author_id: UUID, at: datetime) -> set[Relation]:
    """Return the relations of the acting member to a call or note that `author_id` logged at that instant."""
    if author_id != desk.member.id:
        return set()
    return {"own", "recent"} if desk.now - at <= CORRECTABLE_FOR else {"own"}
