"""Members: look them up, and find their managers and who acts for them while they are away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Ambiguous, Invalid, NotFound
from desk.core.permissions import makes_calls, roles_of
from desk.core.transaction import Desk
from desk.core.values import PersonRef
from desk.rules.absence import COVER_CHAIN_LIMIT, Absence, acting_member, is_absent, stand_ins
from desk.rules.hours import WorkingHours, known_zone
from storage.queries.people import absences, members
from storage.tables import Member


def zone_of(desk: Desk, member: Member) -> ZoneInfo:
    """Return the member's time zone; where this machine does not know it, the workspace's, and the admins are told."""
    zone = known_zone(member.zone)
    if zone is None:
        desk.unknown_zones.add(member.id)
    return zone or ZoneInfo(desk.workspace.zone)


def locale_of(member: Member) -> str:
    """Return the language that the member chose, or else the locale of their Slack profile."""
    return member.language or member.locale


def hours_of(desk: Desk, member: Member) -> WorkingHours:
    """Return the member's working hours, in their time zone (`zone_of`)."""
    days = frozenset(int(day) for day in member.working_days)
    return WorkingHours(start=member.work_start, end=member.work_end, days=days, zone=zone_of(desk, member))


def is_at_desk(member: Member) -> bool:
    """Return whether the member may use the desk: they were not removed, and their account is neither off nor a guest's."""
    return member.removed_at is None and member.account_lost_at is None


def require_caller(member: Member) -> None:
    """Raise Invalid (`cannot_take_calls`, `account_lost`) for a member who makes no calls, or whose account was lost."""
    if member.account_lost_at is not None:
        raise Invalid("account_lost", who=member.slack_user_id)
    if not makes_calls(member):
        raise Invalid("cannot_take_calls", who=member.slack_user_id)


async def find_member(desk: Desk, ref: PersonRef) -> Member:
    """Return the present member whom `ref` names.

    Raises NotFound (`not_a_member_named`, `unknown_member`), Ambiguous (`member_ambiguous`, with Slack ids and names).
    """
    if ref.slack_id is not None:
        member = await members.by_slack_id(desk.session, desk.workspace.id, ref.slack_id)
        if member is None or member.removed_at is not None:
            raise NotFound("not_a_member_named", slack_id=ref.slack_id)
        return member
    word = ref.word or ""
    found = await members.by_word(desk.session, desk.workspace.id, word)
    if not found:
        raise NotFound("unknown_member", given=word)
    if len(found) > 1:
        names = {m.slack_user_id: m.name for m in found}
        raise Ambiguous("member_ambiguous", given=word, choices=tuple(names), names=names)
    return found[0]


async def member_by_id(desk: Desk, member_id: UUID) -> Member:
    """Return a member of the workspace, also one who was removed. Raises NotFound (`member_gone`)."""
    member = await desk.session.get(Member, member_id)
    if member is None or member.workspace_id != desk.workspace.id:
        raise NotFound("member_gone")
    return member


async def slack_id_of(desk: Desk, member_id: UUID) -> str:
    """Return the Slack id of a present member. Raises NotFound (`member_gone`)."""
    member = await member_by_id(desk, member_id)
    if member.removed_at is not None:
        raise NotFound("member_gone")
    return member.slack_user_id


async def managers_for(desk: Desk, member: Member) -> list[Member]:
    """Return the managers of the member's team; of a member without a team, the managers without one; or else all managers, or
    else the admins.

    The member is not among them, unless there are no others.
    """
    return (await managers_for_each(desk, [member]))[member.id]


async def manages(desk: Desk, member: Member) -> bool:
    """Return whether the acting member is one of the managers of that member, as `managers_for` says."""
    return desk.member in await managers_for(desk, member)


async def managers_for_each(desk: Desk, people: Collection[Member]) -> dict[UUID, list[Member]]:
    """Return `managers_for` of each member, by id, in a few queries for all."""
    by_team = await members.managers_by_team(desk.session, {m.team_id for m in people if m.team_id})
    elsewhere: list[Member] = []
    teamless: list[Member] = []
    if any(m.team_id not in by_team for m in people):
        managers = await members.with_role(desk.session, desk.workspace.id, "manager")
        elsewhere = managers or await members.with_role(desk.session, desk.workspace.id, "admin")
        teamless = _without_team(managers) or elsewhere
    found = {m.id: by_team.get(m.team_id, elsewhere) if m.team_id else teamless for m in people}
    return {key: [m for m in managers if m.id != key] or managers for key, managers in found.items()}


async def second_level(desk: Desk) -> list[Member]:
    """Return who hears of what no manager has taken on: the managers who manage no team and are in none, or else the admins."""
    managers = await members.with_role(desk.session, desk.workspace.id, "manager")
    return await _above(desk, managers) or await members.with_role(desk.session, desk.workspace.id, "admin")


def _without_team(managers: Iterable[Member]) -> list[Member]:
    return [each for each in managers if each.team_id is None]


async def _above(desk: Desk, managers: Iterable[Member]) -> list[Member]:
    without_team = _without_team(managers)
    of_teams = await members.managing_any(desk.session, [each.id for each in without_team])
    return [each for each in without_team if each.id not in of_teams]


@dataclass(frozen=True, slots=True)
class Heard:
    """Of what a manager or admin is told because nobody nearer can act: with `teamless` of members without a team, and of
    escalations of `from_level` (None: of none)."""

    teamless: bool
    from_level: int | None


def is_fallback(member: Member) -> bool:
    """Return whether the member may be told of what others' teams have: because those have no manager, or because no manager
    has taken an escalation on."""
    return not _FALLBACKS.isdisjoint(roles_of(member))


async def heard_by(desk: Desk, member: Member) -> Heard:
    """Return of what the member is told for want of others (`managers_for`, `second_level`); that of the acting member is read
    once."""
    is_actor = desk.actor is not None and desk.actor.id == member.id
    known = desk.cache.get(Heard) if is_actor else None
    if known is None:
        known = await _load_heard(desk, member)
        if is_actor:
            desk.cache[Heard] = known
    return known


async def _load_heard(desk: Desk, member: Member) -> Heard:
    managers = await members.with_role(desk.session, desk.workspace.id, "manager")
    if not managers:
        return Heard(teamless=False, from_level=1)
    nearest = _without_team(managers) or managers
    above = {each.id for each in await _above(desk, managers)}
    is_above = member.id in above if above else "admin" in roles_of(member)
    return Heard(teamless=member.id in {each.id for each in nearest}, from_level=2 if is_above else None)


@dataclass(frozen=True, slots=True)
class StandIns:
    """Who acts for whom among the members given to `stand_ins_for`, on any date."""

    people: Mapping[UUID, Member] = field(repr=False)
    absences: Mapping[UUID, Absence[UUID]] = field(repr=False)
    managers: Mapping[UUID, Sequence[UUID]] = field(repr=False)

    def acting(self, assignee: Member, on: date) -> Member:
        """Return who acts on that date: the assignee, their cover while they are away, or the manager."""
        if self.absences.get(assignee.id) is _AT_WORK:
            return assignee
        managers = self.managers.get(assignee.id, ())
        return self.people[acting_member(assignee.id, self.absences, managers, on)]

    def all_for(self, assignee: Member, on: date) -> list[Member]:
        """Return who may act for the assignee on that date besides themselves: each cover of the chain, and who acts."""
        managers = self.managers.get(assignee.id, ())
        return [self.people[each] for each in stand_ins(assignee.id, self.absences, managers, on)]


async def stand_ins_for(desk: Desk, assignees: Iterable[Member]) -> StandIns:
    """Load who acts for these members, for any date."""
    people = {m.id: m for m in assignees}
    away = [m for m in people.values() if _absence(m) != _AT_WORK]
    managers = await managers_for_each(desk, away) if away else {}
    people.update({m.id: m for found in managers.values() for m in found})
    await _load_covers(desk, people)
    return StandIns(
        people=people,
        absences={m.id: _absence(m) for m in people.values()},
        managers={key: [m.id for m in found] for key, found in managers.items()},
    )


async def acting_for(desk: Desk, assignee: Member, on: date) -> Member:
    """Return who acts for one assignee on that date, as `StandIns.acting` does."""
    return (await stand_ins_for(desk, [assignee])).acting(assignee, on)


async def stands_in_for(desk: Desk, member: Member) -> list[Member]:
    """Return the absent members for whom this one may act today: they see and press what those may."""
    return list((await _stood_in_for(desk, member)).people)


async def acts_for(desk: Desk, member: Member) -> list[Member]:
    """Return the member and the absent members for whom they act today."""
    found = await _stood_in_for(desk, member)
    return [member, *(m for m in found.people if found.acting[m.id] == member.id)]


async def ids_stood_in_for(desk: Desk) -> frozenset[UUID]:
    """Return `stands_in_for` of the acting member, by id."""
    return (await _stood_in_for(desk, desk.member)).ids


@dataclass(frozen=True, slots=True)
class _StoodInFor:
    """The absent members for whom one may act today, and who acts for each."""

    people: tuple[Member, ...] = field(default=(), repr=False)
    acting: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])

    @property
    def ids(self) -> frozenset[UUID]:
        return frozenset(each.id for each in self.people)


async def _stood_in_for(desk: Desk, member: Member) -> _StoodInFor:
    """Return for whom the member may act: one query where nobody leans on them; that of the acting member is read once."""
    is_actor = desk.actor is not None and desk.actor.id == member.id
    known = desk.cache.get(_StoodInFor) if is_actor else None
    if known is None:
        known = await _load_stood_in_for(desk, member)
        if is_actor:
            desk.cache[_StoodInFor] = known
    return known


async def _load_stood_in_for(desk: Desk, member: Member) -> _StoodInFor:
    others = [each for each in await _leaning_on(desk, [member]) if each.id != member.id]
    if not others:
        return _StoodInFor()
    found = await stand_ins_for(desk, others)
    days = {each.id: today_of(desk, each) for each in others}
    people = [each for each in others if member.id in {one.id for one in found.all_for(each, days[each.id])}]
    return _StoodInFor(tuple(people), {each.id: found.acting(each, days[each.id]).id for each in people})


async def concerned_by(desk: Desk, member_ids: Collection[UUID]) -> set[UUID]:
    """Return these members and the absent ones for whom another may act when these come or go: their covers, the covers of
    those, and their managers."""
    people = await members.by_ids(desk.session, member_ids)
    away = await _leaning_on(desk, people.values())
    found = await stand_ins_for(desk, away)
    changed = set(member_ids)

    def reaches(member: Member) -> bool:
        seen, ahead = set[UUID](), [member.id]
        while ahead:
            each = ahead.pop()
            if each in seen:
                continue
            seen.add(each)
            cover = found.absences[each].cover if each in found.absences else None
            ahead += [*filter(None, [cover]), *found.managers.get(each, ())]
        return not changed.isdisjoint(seen)

    return changed | {each.id for each in away if reaches(each)}


async def _leaning_on(desk: Desk, people: Collection[Member]) -> list[Member]:
    """Return the absent members whose covers lead to one of these, or whose managers are or lead there; and perhaps others."""
    ids = [each.id for each in people]
    found = await absences.left_to(desk.session, desk.workspace.id, ids, links=COVER_CHAIN_LIMIT)
    if not any(_FALLBACKS & roles_of(each) for each in (*people, *found)):
        return found
    known = {each.id for each in found}
    others = await absences.without_manager(desk.session, desk.workspace.id)
    return [*found, *(each for each in others if each.id not in known)]


_FALLBACKS = frozenset({"manager", "admin"})
"""The roles of those who act for a team without a manager, as `managers_for` says."""


_AT_WORK = Absence[UUID]()


def _absence(member: Member) -> Absence[UUID]:
    if member.removed_at is not None:
        return Absence(date.min, date.max, None)
    if member.account_lost_at is not None:
        return Absence(date.min, date.max, member.cover_id)
    if member.absent_until is None:
        return _AT_WORK
    return Absence(member.absent_from, member.absent_until, member.cover_id)


async def _load_covers(desk: Desk, known: dict[UUID, Member]) -> None:
    for _ in range(COVER_CHAIN_LIMIT):
        missing = {_absence(m).cover for m in known.values()} - known.keys() - {None}
        if not missing:
            return
        known.update(await members.by_ids(desk.session, filter(None, missing)))


def today_of(desk: Desk, member: Member) -> date:
    """Return the present date in the member's time zone (`zone_of`)."""
    return desk.now.astimezone(zone_of(desk, member)).date()


def is_away_today(desk: Desk, member: Member) -> bool:
    """Return whether the member is away today, as `is_away` says."""
    return is_away(member, today_of(desk, member))


def is_away(member: Member, on: date) -> bool:
    """Return whether the member is absent on that date of theirs, was removed, or has lost their account."""
    absence = _absence(member)
    return is_absent(on, absence.absent_from, absence.absent_until)
