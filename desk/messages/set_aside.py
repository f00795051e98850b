"""Tell the admins what the worker cannot do as it should: one message a day, with all that is set aside."""

import hashlib
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import is_at_desk
from desk.rules.hours import known_zone
from storage.queries.core import set_aside as queries
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member, Notice, RelatedPerson

SHOWN = 10
"""Rows that the message names; the rest is counted."""

_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """What a chore leaves alone: `what` is the number of a follow-up or loan, the name of a member, or an id."""

    chore: str
    what: str


@dataclass(frozen=True, slots=True)
class SetAsideView:
    """What is set aside now; `more` is how many rows are not among them.

    `zones`: the members whose time zone this machine does not know, with it; the workspace's zone counts for them.
    """

    rows: tuple[SetAsideRow, ...]
    more: int
    zones: tuple[tuple[str, str], ...]
    workspace_zone: ZoneInfo


async def report_set_aside(desk: Desk) -> bool:
    """Queue the day's message to the admins, or have it rewritten, when something new was set aside.

    A member whose time zone this machine does not know is told so, once for each such zone.
    """
    today = desk.workspace_today
    await queries.delete_before(desk.session, desk.workspace.id, desk.now - _FORGOTTEN_AFTER)
    if not await queries.mark_told(desk.session, desk.workspace.id, desk.now, today):
        return False
    admins = await members.with_role(desk.session, desk.workspace.id, "admin")
    keys = {f"set_aside:{today}:{admin.id}": admin for admin in admins}
    there = await notices.ids_of_keys(desk.session, desk.workspace.id, keys)
    await notices.touch(desk.session, there.values(), desk.now)
    for key, admin in keys.items():
        if key not in there:
            await queue_notice(desk, kind=kinds.SET_ASIDE, key=key, to=admin, local_date=today)
    for member in await _in_unknown_zones(desk):
        zone = hashlib.sha256(member.zone.encode()).hexdigest()[:16]
        await queue_notice(desk, kind=kinds.ZONE_UNKNOWN, key=f"zone_unknown:{member.id}:{zone}", to=member)
    return True


async def set_aside_now(desk: Desk) -> SetAsideView:
    """Return what is set aside now."""
    counts = await queries.count(desk.session, desk.workspace.id, desk.now)
    counts.pop(queries.TIME_ZONES, None)
    rows = await queries.present(desk.session, desk.workspace.id, desk.now, limit=SHOWN)
    named = [SetAsideRow(row.chore, await _name(desk, row.subject_id)) for row in rows]
    return SetAsideView(
        rows=tuple(named),
        more=sum(counts.values()) - len(named),
        zones=tuple((member.name, member.zone) for member in await _in_unknown_zones(desk)),
        workspace_zone=ZoneInfo(desk.workspace.zone),
    )


async def _in_unknown_zones(desk: Desk) -> list[Member]:
    """Return the members for whom the workspace's zone counts now, by name."""
    ids = await queries.in_unknown_zones(desk.session, desk.workspace.id, desk.now)
    found = await members.by_ids(desk.session, ids)
    unknown = [each for each in found.values() if known_zone(each.zone) is None and is_at_desk(each)]
    return sorted(unknown, key=lambda each: each.name_key)


async def _name(desk: Desk, row_id: UUID) -> str:
    if (member := await desk.session.get(Member, row_id)) is not None:
        return member.name
    if (loan := await desk.session.get(Loan, row_id)) is not None:
        return loan.number
    if (follow_up := await desk.session.get(FollowUp, row_id)) is not None:
        return f"{(await desk.session.get_one(Loan, follow_up.loan_id)).number}/{follow_up.number}"
    if (notice := await desk.session.get(Notice, row_id)) is not None and notice.to_id is not None:
        return (await desk.session.get_one(Member, notice.to_id)).name
    if (person := await desk.session.get(RelatedPerson, row_id)) is not None:
        return (await desk.session.get_one(Loan, person.loan_id)).number
    if numbers := await loans.numbers_of_borrower(desk.session, row_id):
        return ", ".join(numbers)
    return str(row_id)
