"""Buttons of the audit trail: another page, or other entries."""

from collections.abc import Mapping
from uuid import UUID

from desk.messages.audit_trail import ACTS, About, Kind, trail
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.audit_trail import audit_trail

_KINDS: Mapping[str, Kind] = {kind: kind for kind in ACTS}


async def list_entries(request: Request) -> Reply:
    """Show a page of the entries of a loan, of a member, or of today."""
    value = request.value
    about = About(
        loan_id=UUID(value["l"]) if "l" in value else None,
        member_id=UUID(value["m"]) if "m" in value else None,
        kind=_KINDS.get(str(value.get("x")), "all"),
    )
    found = await trail(request.desk, about, offset=int(value.get("o", 0)))
    return Reply(audit_trail(request.t, found, request.zone), replaces="o" in value)


FAMILY = ButtonFamily("audit", {"list": list_entries})
