"""Buttons below the preview of a handover."""

from uuid import UUID

from desk.core.errors import NotFound
from desk.handover import plans, reassigning
from desk.handover.plans import PlanPreview
from desk.handover.reassigning import Preview
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages import handover as render
from storage.tables import Member


async def confirm(request: Request) -> Reply:
    """Hand everything over if the preview is still correct; otherwise show it again."""
    value = request.value
    outgoing, to = await _member(request, value["f"]), await _member(request, value["t"])
    draft_id = UUID(value["d"]) if value.get("d") else None
    result = await reassigning.reassign_all(request.desk, outgoing, to, fingerprint=value["m"], draft_id=draft_id)
    shown = render.preview(request.t, result) if isinstance(result, Preview) else render.reassigned(request.t, result)
    return Reply(shown, replaces=True)


async def carry_out(request: Request) -> Reply:
    """Carry out the form's plan if its preview is still correct; otherwise show it again."""
    result = await plans.carry_out(request.desk, UUID(request.value["d"]), request.value["m"])
    shown = render.plan(request.t, result) if isinstance(result, PlanPreview) else render.plan_done(request.t, result)
    return Reply(shown, replaces=True)


async def leave(request: Request) -> Reply:
    """Leave everything as it is."""
    return Reply(render.nothing_handed_over(request.t), replaces=True)


async def _member(request: Request, member_id: str) -> Member:
    member = await request.desk.session.get(Member, UUID(member_id))
    if member is None or member.workspace_id != request.desk.workspace.id or member.removed_at is not None:
        raise NotFound("member_gone")
    return member


FAMILY = ButtonFamily("reassign", {"confirm": confirm, "carry_out": carry_out, "leave": leave})
