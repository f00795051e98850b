"""Buttons of the preview that moves all calls of a member's day."""

from uuid import UUID

from desk.handover.day_moves import MovePreview, move_calls
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.day_moves import calls_moved, move_preview, nothing_moved


async def carry_out(request: Request) -> Reply:
    """Move them if the preview is still correct; otherwise show it again."""
    result = await move_calls(request.desk, UUID(request.value["d"]), request.value["m"])
    shown = (
        move_preview(request.t, result, request.zone)
        if isinstance(result, MovePreview)
        else calls_moved(request.t, result, request.zone)
    )
    return Reply(shown, replaces=True)


async def leave(request: Request) -> Reply:
    """Change nothing."""
    return Reply(nothing_moved(request.t), replaces=True)


FAMILY = ButtonFamily("move_calls", {"carry_out": carry_out, "leave": leave})
