"""The messages about an appointment: by which keys they are found, and telling who attends what another member did to it."""

from typing import Literal

from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from storage.queries.messages import notices
from storage.tables import Appointment, Member

Act = Literal["booked", "moved", "cancelled"]
"""What another member did to an appointment."""


def reminder_key(row: Appointment) -> str:
    """Return the key of the reminder of an appointment."""
    return f"appointment:{row.id}:{row.at.isoformat()}:{row.member_id}"


def day_off_key(row: Appointment) -> str:
    """Return the key of the message that says that the day of an appointment is a day off now."""
    return f"appointment_on_day_off:{row.id}:{row.at.isoformat()}"


def _told_family(row: Appointment) -> str:
    """Return what the keys of all messages begin with that say to who attends an appointment what another member did to it."""
    return f"appointment_told:{row.id}:{row.member_id}:"


async def touch(desk: Desk, row: Appointment) -> None:
    """Have the messages about an appointment rewritten as it is now."""
    by_key = await notices.ids_of_keys(desk.session, desk.workspace.id, [reminder_key(row), day_off_key(row)])
    told = await notices.ids_of_family(desk.session, desk.workspace.id, _told_family(row))
    await notices.touch(desk.session, [*by_key.values(), *told], desk.now)


async def tell_attending(desk: Desk, row: Appointment, member: Member, act: Act) -> None:
    """Tell who attends an appointment what the acting member did to it, unless that is themselves."""
    if desk.actor is None or desk.actor.id == member.id:
        return
    await queue_notice(
        desk,
        kind=kinds.APPOINTMENT_TOLD,
        key=f"{_told_family(row)}{act}:{row.at.isoformat()}:{desk.now.isoformat()}",
        to=member,
        about_loan_id=row.loan_id,
        facts={"appointment": str(row.id), "act": act, "by": str(desk.actor.id)},
    )
