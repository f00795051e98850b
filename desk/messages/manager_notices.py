"""Notify managers: in their team's channel, or each of them when it has none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from desk.core.transaction import Desk
from desk.messages.kinds import NoticeKind
from desk.messages.notices import queue_notice
from desk.people.members import managers_for
from storage.tables import FollowUp, Loan, Member, Team


async def notify_managers(
    desk: Desk,
    member: Member,
    *,
    kind: NoticeKind,
    key: str,
    loan: Loan,
    items: Sequence[FollowUp] = (),
    facts: dict[str, Any] | None = None,
    arose_at: datetime | None = None,
) -> bool:
    """Queue one message about a loan to the member's managers, except the acting one; return whether any was queued.

    `key` is unique for what it announces.
    """
    team = await desk.session.get(Team, member.team_id) if member.team_id else None
    if team is not None and team.manager_channel_id is not None and team.channel_lost_at is None:
        readers: dict[str, Member | str] = {key: team.manager_channel_id}
    else:
        acting_id = desk.actor.id if desk.actor else None
        readers = {f"{key}:{m.id}": m for m in await managers_for(desk, member) if m.id != acting_id}
    queued = [
        await queue_notice(
            desk,
            kind=kind,
            key=each,
            to=reader,
            about_loan_id=loan.id,
            about_member_id=member.id,
            items=items,
            facts=facts,
            arose_at=arose_at,
        )
        for each, reader in readers.items()
    ]
    return any(queued)
