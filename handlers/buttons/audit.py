"""Buttons of the audit trail: another page, or other entries."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from desk.files.trail_links import offer_trail
from desk.messages.audit_trail import ACTS, About, Kind, trail
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.audit_trail import audit_trail, trail_offered

_KINDS: Mapping[str, Kind] = {kind: kind for kind in ACTS}


async def list_entries(request: Request) -> Reply:
    """Show a page of the entries of a loan, of a member, or of today."""
    value = request.value
    found = await trail(request.desk, _about(request), offset=int(value.get("o", 0)))
    return Reply(audit_trail(request.t, found, request.zone), replaces="o" in value)


async def export(request: Request) -> Reply:
    """Show the reader a link to these entries as a table, with its code."""
    offer = await offer_trail(request.desk, _about(request))
    return Reply(trail_offered(request.t, offer, request.zone))


def _about(request: Request) -> About:
    value = request.value
    return About(
        loan_id=UUID(value["l"]) if "l" in value else None,
        member_id=UUID(value["m"]) if "m" in value else None,
        kind=_KINDS.get(str(value.get("x")), "all"),
        since=date.fromisoformat(value["a"]) if "a" in value else None,
        until=date.fromisoformat(value["b"]) if "b" in value else None,
        office_days="z" in value,
    )


FAMILY = ButtonFamily("audit", {"list": list_entries, "export": export})
