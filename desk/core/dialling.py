"""How a member calls from a card or a reminder."""

from typing import Literal

from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from storage.tables import Member

Dialling = Literal["rings", "shows", ""]
"""What **Call** does for a member: it `rings` their phone, and then the borrower's; or it `shows` the number, which they dial.
Empty: they make no calls, and may only look at the number."""


def dialling_of(desk: Desk, member: Member | None) -> Dialling:
    """Return what **Call** does for a member; None: for a channel."""
    if member is None or not has_role_for(member, "log_call"):
        return ""
    return "rings" if desk.rings and member.extension else "shows"
