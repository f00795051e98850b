"""`/loan-stage`: a loan comes to another stage."""

from desk.loans import stages
from desk.messages import overview
from handlers.door.request import Visit
from handlers.grammar import stage as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages import loans as render
from handlers.messages import overview as render_hand
from handlers.messages.block_kit.message import Message
from handlers.messages.usage import usage


async def loan_stage(visit: Visit) -> Message:
    """Brings a loan to a stage."""
    desk, t = visit.desk, visit.t
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone)
    if isinstance(request, HelpRequest):
        if request.what == "help":
            return usage(t, "/loan-stage")
        return render_hand.loans(t, "/loan-stage", await overview.loans(desk))
    result = await stages.change_stage(desk, loan=request.loan, stage=request.stage, reason=request.reason)
    return render.changed(t, result, visit.zone)
