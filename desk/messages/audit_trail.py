"""Read the audit trail: who saw and did what, on a loan, by a member, or today. Reading it is recorded too."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.disclosures import DISCLOSURE, REFUSED
from desk.core.errors import Invalid, NotFound
from desk.core.permissions import Relation, allows, require, require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef, PersonRef
from desk.loans import lookup
from desk.people.members import find_member, heard_by, manages, member_by_id, today_of, zone_of
from desk.people.offers import may_export
from storage.queries.core import audit
from storage.queries.core.keyset import Key
from storage.queries.core.rows import by_ids
from storage.queries.loans import loans
from storage.queries.people import members, scopes
from storage.queries.people.scopes import People
from storage.tables import AuditEntry, Loan, Member

Kind = Literal["all", "seen", "refused", "revealed", "overridden"]

PAGE = 10
"""Entries of a page."""

LOANS = 3
"""How many loans one entry names; the others are counted."""

SINCE = timedelta(days=30)
"""How far the entries of a member go back; those of a loan go back to its beginning."""

ACTS: Mapping[Kind, Collection[str]] = {
    "all": (),
    "seen": (DISCLOSURE, "show_number", "file_opened", "file_in_slack", "recording_opened", "calendar_opened"),
    "refused": (REFUSED,),
    "revealed": ("show_number",),
    "overridden": ("override_contact", "explain_contact", "contact_broken"),
}
"""The acts of each kind of entries; none: every act."""


@dataclass(frozen=True, slots=True)
class About:
    """Whose entries: of a loan, of a member, or both, or, without, of everybody; of these days, inclusive, in the reader's zone,
    or in the workspace's with `office_days`.

    Without days those of a loan are all, those of a member of the last 30 days, and those of everybody of today. With only the
    last day, those of a loan are all until then, and others go back 30 days from there.
    """

    loan_id: UUID | None = None
    member_id: UUID | None = None
    kind: Kind = "all"
    since: date | None = None
    until: date | None = None
    office_days: bool = False


_KINDS: Mapping[str, Kind] = {kind: kind for kind in ACTS}


def read_about(value: Mapping[str, Any]) -> About:
    """Return whose entries a button asks for."""
    return About(
        loan_id=UUID(value["l"]) if "l" in value else None,
        member_id=UUID(value["m"]) if "m" in value else None,
        kind=_KINDS.get(str(value.get("x")), "all"),
        since=date.fromisoformat(value["a"]) if "a" in value else None,
        until=date.fromisoformat(value["b"]) if "b" in value else None,
        office_days="z" in value,
    )


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One entry. `who` is a Slack id, None for the desk itself, `name` the member's; `operator` the account that ran a command of
    `loandesk`, or empty; `what` the kind of a disclosure or the code of a refusal.

    `loans` are the first that it names, by id and number; `more` counts the others. A loan that is gone, or that
    the reader may not see, has no number.
    """

    at: datetime
    who: str | None
    operator: str
    act: str
    what: str
    door: str
    reference: str
    loans: tuple[tuple[UUID, str], ...]
    more: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of entries, the newest first. `number` and `member` (a Slack id) say of what; `about` has the days that it shows, so
    that a later page, or another kind, is of the same ones. `today` is the date where these days are. `exports`: the reader may
    have them as a file.
    """

    about: About
    today: date
    number: str
    member: str | None
    rows: tuple[TrailRow, ...]
    offset: int
    more: bool
    exports: bool


async def trail_of_loan(desk: Desk, ref: LoanRef) -> Trail:
    """Return the entries of a loan. Raises NotAllowed, and as `lookup.resolve` does."""
    require_role(desk, "see_audit")
    return await trail(desk, About(loan_id=(await lookup.resolve(desk, ref)).loan.id))


async def trail_of_member(desk: Desk, ref: PersonRef) -> Trail:
    """Return the entries of a member, also of one who has left. Raises NotAllowed, and as `find_member` does."""
    require_role(desk, "see_audit")
    return await trail(desk, About(member_id=(await _anyone(desk, ref)).id))


async def filtered_trail(desk: Desk, about: About, *, loan: LoanRef | None, who: PersonRef | None) -> Trail:
    """Return the first page of what a form asks for. Raises as `trail`, `lookup.resolve` and `find_member` do."""
    require_role(desk, "see_audit")
    if about.since and about.until and about.until < about.since:
        raise Invalid("trail_days_order")
    return await trail(
        desk,
        replace(
            about,
            loan_id=(await lookup.resolve(desk, loan)).loan.id if loan else None,
            member_id=(await _anyone(desk, who)).id if who else None,
        ),
    )


async def trail(desk: Desk, about: About, *, offset: int = 0, limit: int = PAGE) -> Trail:
    """Return a page of entries: all to compliance, to managers those of their teams' members and loans.

    Raises NotAllowed (`role_missing`, `team_trail`), NotFound (`unknown_loan_pressed`, `member_gone`).
    """
    require_role(desk, "see_audit")
    about = _dated(desk, about)
    of = await _subject(desk, about)
    entries = await _entries(desk, about, offset=offset, limit=limit + 1)
    desk.audit("see_audit", loan_id=about.loan_id, subject_id=about.member_id, kind=about.kind)
    return Trail(
        about=about,
        today=desk.workspace_today if about.office_days else today_of(desk, desk.member),
        number=of.number,
        member=of.member,
        rows=await _rows(desk, entries[:limit]),
        offset=offset,
        more=len(entries) > limit,
        exports=may_export(desk),
    )


async def trail_page(
    desk: Desk, about: About, *, beyond: Key | None, limit: int
) -> tuple[Sequence[TrailRow], Key | None]:
    """Return the next entries behind a key, and the key of the last of them, None at the end. Who calls this records that it was
    read. Raises as `trail` does."""
    require_role(desk, "see_audit")
    about = _dated(desk, about)
    await _subject(desk, about)
    entries = await _entries(desk, about, beyond=beyond, limit=limit)
    last = entries[-1] if entries and len(entries) == limit else None
    return await _rows(desk, entries), (last.at, last.id) if last else None


@dataclass(frozen=True, slots=True)
class _Subject:
    """Of what entries are: the number of a loan, the Slack id of a member."""

    number: str = ""
    member: str | None = None


async def _subject(desk: Desk, about: About) -> _Subject:
    """Return of what the entries are. Raises as `trail` does."""
    number, member = "", None
    if about.loan_id is not None:
        if not await lookup.may_see(desk, about.loan_id):
            raise NotFound("unknown_loan_pressed")
        loan = await desk.session.get_one(Loan, about.loan_id)
        owner = await desk.session.get_one(Member, loan.owner_id) if loan.owner_id else None
        require(desk, "see_audit", await relations_to(desk, owner))
        number = loan.number
    if about.member_id is not None:
        member = await member_by_id(desk, about.member_id)
        require(desk, "see_audit", await relations_to(desk, member))
    return _Subject(number, member.slack_user_id if member else None)


async def _entries(
    desk: Desk, about: About, *, offset: int = 0, beyond: Key | None = None, limit: int
) -> Sequence[AuditEntry]:
    team = None if allows(desk.member, "see_audit") else await _team(desk)
    return await audit.entries(
        desk.session,
        desk.workspace.id,
        since=_since(desk, about),
        until=_midnight(desk, about, about.until, later=1) if about.until else None,
        loan_id=about.loan_id,
        actor_id=about.member_id,
        actor_ids=team if about.loan_id is None and about.member_id is None else None,
        acts=ACTS[about.kind],
        offset=offset,
        beyond=beyond,
        limit=limit,
    )


async def _team(desk: Desk) -> frozenset[UUID]:
    """Return the members of the teams that the acting member manages, those without a team if no manager is nearer to them, and
    themselves."""
    teams = {team.id for team in await members.teams_managed_by(desk.session, desk.member.id)}
    people = [*await members.of_teams(desk.session, teams)]
    if (await heard_by(desk, desk.member)).teamless:
        people += await scopes.members_of(desk.session, People("no_team", workspace_id=desk.workspace.id))
    return frozenset({desk.member.id, *(each.id for each in people)})


async def relations_to(desk: Desk, member: Member | None) -> Sequence[Relation]:
    """Return how the acting member relates to what a member, or nobody, did and has."""
    if member is None:
        return ("unowned",)
    if member.id == desk.member.id:
        return ("own",)
    return ("managed",) if await manages(desk, member) else ()


async def _anyone(desk: Desk, ref: PersonRef) -> Member:
    """Return the member whom `ref` names, also one who has left: what they saw and did stays."""
    named = await members.by_slack_id(desk.session, desk.workspace.id, ref.slack_id) if ref.slack_id else None
    return named or await find_member(desk, ref)


def _dated(desk: Desk, about: About) -> About:
    """Return the same with its days where it would else show those of another day when it is asked for again."""
    if about.since is not None or about.loan_id is not None:
        return about
    if about.until is not None:
        return replace(about, since=max(about.until, _FIRST + SINCE) - SINCE)
    today = today_of(desk, desk.member)
    return about if about.member_id is not None else replace(about, since=today, until=today)


def _since(desk: Desk, about: About) -> datetime | None:
    if about.since is not None:
        return _midnight(desk, about, about.since)
    return None if about.loan_id is not None else desk.now - SINCE


_FIRST, _LAST = date(1970, 1, 1), date(9999, 1, 1)
"""Nothing happened before or will after; the first and last dates have no instant in some zones."""


def _midnight(desk: Desk, about: About, day: date, *, later: int = 0) -> datetime:
    """Return when a day begins, or one so many days later."""
    day = min(max(day, _FIRST), _LAST) + timedelta(days=later)
    zone = ZoneInfo(desk.workspace.zone) if about.office_days else zone_of(desk, desk.member)
    return datetime.combine(day, time(), zone)


async def _rows(desk: Desk, entries: Sequence[AuditEntry]) -> tuple[TrailRow, ...]:
    named = {entry.id: _named(entry) for entry in entries}
    ids = {each for some in named.values() for each in some[:LOANS]}
    numbers = await loans.numbers_among(desk.session, ids, visible=await lookup.visible_today(desk)) if ids else {}
    people: Mapping[UUID | None, Member] = {
        **await by_ids(desk.session, Member, {entry.actor_id for entry in entries if entry.actor_id})
    }
    return tuple(
        TrailRow(
            at=entry.at,
            who=actor.slack_user_id if (actor := people.get(entry.actor_id)) else entry.details.get("slack"),
            operator=str(entry.details.get("by", "")) if entry.actor_id is None else "",
            act=entry.act,
            what=str(entry.details.get("what") or entry.details.get("code") or ""),
            door=str(entry.details.get("door", "")),
            reference=str(entry.details.get("ref", "")),
            loans=tuple((each, numbers[each]) for each in named[entry.id][:LOANS] if each in numbers),
            more=max(len(named[entry.id]) - LOANS, 0),
            name=actor.name if actor else "",
        )
        for entry in entries
    )


def _named(entry: AuditEntry) -> list[UUID]:
    if entry.loan_id is not None:
        return [entry.loan_id]
    shown: list[str] = entry.details.get("shown", [])
    return [UUID(each) for each in shown]
