"""Borrowers whom a member has taken to call next: others see it, and the member may answer the loan's calls meanwhile."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.people.members import zone_of
from storage.queries.follow_ups import reservations
from storage.queries.people import members


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has taken a borrower to call next (a Slack id), and until when they have them, unless they are done before.

    `zone` is the reader's, or the workspace's where the desk itself reads.
    """

    who: str
    until: datetime
    zone: str


async def taken_of(desk: Desk, loan_ids: Collection[UUID]) -> dict[UUID, Taken]:
    """Return who has each of these loans that a member has taken, by the loan's id."""
    rows = await reservations.of_loans(desk.session, loan_ids, desk.now) if loan_ids else {}
    people = await members.by_ids(desk.session, {row.member_id for row in rows.values()})
    zone = zone_of(desk, desk.actor).key if desk.actor else desk.workspace.zone
    return {key: Taken(people[row.member_id].slack_user_id, row.until, zone) for key, row in rows.items()}
