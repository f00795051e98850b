"""Buttons of the audit trail: another page, or other entries."""

from desk.messages.audit_trail import read_about, trail
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.audit_trail import audit_trail


async def list_entries(request: Request) -> Reply:
    """Show a page of the entries of a loan, of a member, or of today."""
    value = request.value
    found = await trail(request.desk, read_about(value), offset=int(value.get("o", 0)))
    return Reply(audit_trail(request.t, found, request.zone), replaces="o" in value)


FAMILY = ButtonFamily("audit", {"list": list_entries})
