"""`/loan-reassign`: one loan to another owner, or everything of somebody's, after a preview."""

from uuid import UUID

from desk.core.errors import NotFound
from desk.handover import plans, reassigning
from desk.handover.plans import PlanPreview
from desk.handover.reassigning import Preview
from desk.messages import overview
from desk.people.members import resolve
from handlers.door.request import Open, Reply, Visit
from handlers.forms.form import opened
from handlers.forms.reassign import FORM
from handlers.grammar import reassign as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages import overview as render_hand
from handlers.messages import reassign as render
from handlers.messages.block_kit.message import Message
from storage.tables import Member


async def loan_reassign(visit: Visit) -> Message | Open:
    """Hands over one loan at once, or shows what handing over everything would do; typed alone, opens the form."""
    desk, t = visit.desk, visit.t
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone)
    match request:
        case HelpRequest(what):
            how = render_hand.loans(t, "/loan-reassign", await overview.loans(desk), await overview.loads(desk))
            return await opened(visit, FORM, otherwise=how) if what == "usage" else how
        case grammar.ReassignLoan(loan, to, why):
            return render.reassigned(t, await reassigning.reassign_loan(desk, loan, await resolve(desk, to), why=why))
        case grammar.ReassignAll(outgoing, to, why):
            giver, taker = await resolve(desk, outgoing), await resolve(desk, to)
            return render.preview(t, await reassigning.preview_all(desk, giver, taker, why=why))


async def confirm(visit: Visit) -> Reply:
    """Hands everything over, if it is still what the preview showed; else shows the preview again."""
    value = visit.value
    outgoing, to = await _member(visit, value["f"]), await _member(visit, value["t"])
    draft_id = UUID(value["d"]) if value.get("d") else None
    result = await reassigning.reassign_all(visit.desk, outgoing, to, mark=value["m"], draft_id=draft_id)
    shown = render.preview(visit.t, result) if isinstance(result, Preview) else render.reassigned(visit.t, result)
    return Reply(shown, replaces=True)


async def carry_out(visit: Visit) -> Reply:
    """Does what the form's preview showed, if it is still so; else shows the preview again."""
    result = await plans.carry_out(visit.desk, UUID(visit.value["d"]), visit.value["m"])
    shown = render.plan(visit.t, result) if isinstance(result, PlanPreview) else render.plan_done(visit.t, result)
    return Reply(shown, replaces=True)


async def leave(visit: Visit) -> Reply:
    """Leaves everything as it is."""
    return Reply(render.left(visit.t), replaces=True)


async def _member(visit: Visit, member_id: str) -> Member:
    member = await visit.desk.session.get(Member, UUID(member_id))
    if member is None or member.workspace_id != visit.desk.workspace.id or member.removed_at is not None:
        raise NotFound("member_gone")
    return member
