"""Lock the follow-up of a button, unless it was changed since the button was shown."""

from typing import NamedTuple
from uuid import UUID

from desk.core.errors import Conflict, NotFound
from desk.core.transaction import Desk
from storage.queries.core import acts
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import FollowUp, Loan


class LockedFollowUp(NamedTuple):
    """A follow-up and its loan, locked for the transaction."""

    loan: Loan
    follow_up: FollowUp


async def lock_follow_up(desk: Desk, follow_up_id: UUID, version: int) -> LockedFollowUp:
    """Lock the loan of a button's follow-up and check the version that the button carries.

    Raises NotFound (`unknown_follow_up_pressed`), Conflict with who and when (`follow_up_closed`, `follow_up_changed`).
    """
    row = await desk.session.get(FollowUp, follow_up_id)
    if row is None or row.workspace_id != desk.workspace.id:
        raise NotFound("unknown_follow_up_pressed")
    loan = await loans.lock(desk.session, row.loan_id)
    await desk.session.refresh(row)
    await require_open(desk, loan, row)
    if row.version != version:
        entry = (await acts.last_entries(desk.session, [loan.id], [row.id])).get(row.id)
        who = await _slack_id(desk, entry.actor_id) if entry else None
        raise Conflict("follow_up_changed", name=follow_up_name(loan, row), who=who, at=entry.at if entry else None)
    return LockedFollowUp(loan=loan, follow_up=row)


async def require_open(desk: Desk, loan: Loan, follow_up: FollowUp) -> None:
    """Raise Conflict (`follow_up_closed`) with who closed it and when."""
    if follow_up.state == "open":
        return
    raise Conflict(
        "follow_up_closed",
        name=follow_up_name(loan, follow_up),
        state=follow_up.state,
        who=await _slack_id(desk, follow_up.closed_by_id),
        at=follow_up.closed_at,
    )


def follow_up_name(loan: Loan, follow_up: FollowUp) -> str:
    """Return what people call it: `L-1042/3`."""
    return f"{loan.number}/{follow_up.number}"


async def _slack_id(desk: Desk, member_id: UUID | None) -> str | None:
    if member_id is None:
        return None
    return (await members.by_ids(desk.session, [member_id]))[member_id].slack_user_id
