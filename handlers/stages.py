"""`/loan-stage`: a loan comes to another stage."""

from desk import at_hand, stages
from handlers.grammar import stage as grammar
from handlers.grammar.reader import Asked
from handlers.grammar.text import Line
from handlers.render import at_hand as render_hand
from handlers.render import stages as render
from handlers.render.message import Message
from handlers.render.usage import usage
from handlers.visit import Visit


async def loan_stage(visit: Visit) -> Message:
    """Brings a loan to a stage."""
    desk, t = visit.desk, visit.t
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone)
    if isinstance(request, Asked):
        if request.what == "help":
            return usage(t, "/loan-stage")
        return render_hand.loans(t, "/loan-stage", await at_hand.loans(desk))
    result = await stages.change_stage(desk, loan=request.loan, stage=request.stage, reason=request.reason)
    return render.changed(t, result, visit.zone)
