"""Who somebody is, what they may do, and who acts while they are away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.errors import Ambiguous, Invalid, NotAllowed, NotFound
from desk.core.transaction import Desk
from desk.core.values import PersonRef
from desk.rules.absence import Absence, acting_member
from desk.rules.hours import WorkingHours
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member


def roles_of(member: Member) -> frozenset[str]:
    """The role codes of a member."""
    return frozenset(member.roles.split())


def zone_of(member: Member) -> ZoneInfo:
    """The member's time zone."""
    return ZoneInfo(member.zone)


def locale_of(member: Member) -> str:
    """The member's language: the one they chose, or else Slack's locale."""
    return member.language or member.locale


def hours_of(member: Member) -> WorkingHours:
    """When the member works."""
    days = frozenset(int(day) for day in member.working_days)
    return WorkingHours(start=member.work_start, end=member.work_end, days=days, zone=zone_of(member))


def require_role(desk: Desk, *roles: str) -> Member:
    """The acting member, who has one of these roles. Raises NotAllowed that names them."""
    member = desk.member
    if not roles_of(member) & set(roles):
        raise NotAllowed("role_missing", roles=roles)
    return member


CALLERS = ("agent", "verifier", "collector", "manager")
"""The roles that log calls and plan them. Compliance reads; an admin sets up."""


SETS_UP = ("admin", "manager")
"""The roles that add and remove members and keep the calendar."""


async def resolve(desk: Desk, ref: PersonRef) -> Member:
    """The present member of that name.

    Raises NotFound (`unknown_member`), Ambiguous (`member_ambiguous`, with the Slack ids of the choices).
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
        raise Ambiguous("member_ambiguous", given=word, choices=tuple(m.slack_user_id for m in found))
    return found[0]


async def managers_for(desk: Desk, member: Member) -> list[Member]:
    """The managers of the member's team; where it has none, those of the workspace, else the admins.

    Nobody manages themselves, unless there is nobody else.
    """
    return (await managers_for_each(desk, [member]))[member.id]


async def managers_for_each(desk: Desk, people: Collection[Member]) -> dict[UUID, list[Member]]:
    """What `managers_for` says of each of them, in a few queries for all."""
    by_team = await members.managers_by_team(desk.session, {m.team_id for m in people if m.team_id})
    elsewhere: list[Member] = []
    if any(m.team_id not in by_team for m in people):
        elsewhere = await members.with_role(desk.session, desk.workspace.id, "manager")
        elsewhere = elsewhere or await members.with_role(desk.session, desk.workspace.id, "admin")
    found = {m.id: by_team.get(m.team_id, elsewhere) if m.team_id else elsewhere for m in people}
    return {key: [m for m in managers if m.id != key] or managers for key, managers in found.items()}


@dataclass(frozen=True, slots=True)
class StandIns:
    """Who acts for whom, read once and asked often. Made by `stand_ins_for`, for the members it was given."""

    people: Mapping[UUID, Member] = field(repr=False)
    absences: Mapping[UUID, Absence[UUID]] = field(repr=False)
    managers: Mapping[UUID, Sequence[UUID]] = field(repr=False)

    def acting(self, assignee: Member, on: date) -> Member:
        """Who acts on that date: the assignee, their cover while they are away, or the manager."""
        managers = self.managers.get(assignee.id, ())
        return self.people[acting_member(assignee.id, self.absences, managers, on)]


async def stand_ins_for(desk: Desk, assignees: Iterable[Member]) -> StandIns:
    """Who may act for these members, on whatever date."""
    people = {m.id: m for m in assignees}
    away = [m for m in people.values() if m.removed_at or m.absent_from or m.absent_until]
    managers = await managers_for_each(desk, away) if away else {}
    people.update({m.id: m for found in managers.values() for m in found})
    await _load_covers(desk, people)
    return StandIns(
        people=people,
        absences={m.id: _absence(m) for m in people.values()},
        managers={key: [m.id for m in found] for key, found in managers.items()},
    )


async def acting_for(desk: Desk, assignee: Member, on: date) -> Member:
    """Who acts on that date: the assignee, their cover while they are away, or the manager."""
    return (await stand_ins_for(desk, [assignee])).acting(assignee, on)


def _absence(member: Member) -> Absence[UUID]:
    if member.removed_at is not None:
        return Absence(date.min, date.max, member.cover_id)
    return Absence(member.absent_from, member.absent_until, member.cover_id)


async def _load_covers(desk: Desk, known: dict[UUID, Member]) -> None:
    missing = {m.cover_id for m in known.values() if m.cover_id} - known.keys()
    while missing:
        known.update(await members.by_ids(desk.session, missing))
        missing = {m.cover_id for m in known.values() if m.cover_id} - known.keys()


async def may_act_on(desk: Desk, follow_up: FollowUp, loan: Loan) -> list[Member]:
    """Who may act on a follow-up: assignee, owner, cover, and their managers."""
    people = await members.by_ids(desk.session, {follow_up.assignee_id, *filter(None, [loan.owner_id])})
    assignee = people[follow_up.assignee_id]
    allowed: list[Member] = list(people.values())
    allowed.append(await acting_for(desk, assignee, today_of(desk, assignee)))
    for member in people.values():
        allowed.extend(await managers_for(desk, member))
    return [m for m in {m.id: m for m in allowed}.values() if m.removed_at is None]


async def require_may_act(desk: Desk, follow_up: FollowUp, loan: Loan) -> None:
    """Raises NotAllowed, naming who may, unless the acting member may act on this follow-up."""
    if desk.member.id in (follow_up.assignee_id, loan.owner_id):
        return
    allowed = await may_act_on(desk, follow_up, loan)
    if desk.member.id not in {m.id for m in allowed}:
        raise NotAllowed("others_may_act", who=tuple(m.slack_user_id for m in allowed))


def today_of(desk: Desk, member: Member) -> date:
    """The calendar date where the member is."""
    return desk.now.astimezone(zone_of(member)).date()


def fewest_open(candidates: Iterable[Member], counts: dict[UUID, int]) -> Member:
    """The candidate with the fewest open follow-ups; the first by name among equals. Raises Invalid when there is none."""
    ranked = sorted(candidates, key=lambda m: (counts.get(m.id, 0), m.name_key))
    if not ranked:
        raise Invalid("nobody_to_assign")
    return ranked[0]
