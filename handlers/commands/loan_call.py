"""`/loan-call`, one-tap logging, and the buttons of the answer."""

from datetime import date, datetime
from uuid import UUID

from desk.calls import calls
from desk.calls.views import AlreadyLogged, CallLogged
from desk.core.values import Due
from desk.messages import overview
from handlers.door.request import Open, Reply, Visit
from handlers.forms.call import FORM
from handlers.forms.form import opened
from handlers.grammar import call as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages import calls as render
from handlers.messages import overview as render_hand
from handlers.messages.block_kit.message import Message


async def loan_call(visit: Visit) -> Message | Open:
    """Logs a call; typed alone, opens its form."""
    desk, t = visit.desk, visit.t
    line = Line.read(visit.text)
    request = grammar.parse(line, desk.now, visit.zone)
    if isinstance(request, HelpRequest):
        rows = await overview.calls(desk, "today")
        how = render_hand.calls(t, "/loan-call", t("Your calls that are due today:"), rows)
        return await opened(visit, FORM, otherwise=how) if request.what == "usage" else how
    answer = await calls.log_call(
        desk,
        loan=request.loan,
        outcome=request.outcome,
        said=request.said,
        next_step=request.next,
        line=line.norm,
    )
    if isinstance(answer, AlreadyLogged):
        return render.already_logged(t, answer, visit.zone)
    return render.logged(t, answer, visit.zone)


async def log_from_reminder(visit: Visit) -> Reply:
    """One tap below a reminder: the call ended so, and answers that follow-up."""
    value = visit.value
    answer = await calls.log_call_on(visit.desk, UUID(value["f"]), value["v"], value["o"])
    return Reply(render.logged(visit.t, answer, visit.zone))


async def log_again(visit: Visit) -> Reply:
    """Yes, another call like the one just logged."""
    answer = await calls.log_again(visit.desk, _call(visit), keeps_plan=bool(visit.value["k"]))
    return Reply(render.logged(visit.t, answer, visit.zone), replaces=True)


async def answer_other(visit: Visit) -> Reply:
    """The call was about that follow-up, or about that one too."""
    value = visit.value
    answer = await calls.answer_another(
        visit.desk, _call(visit), UUID(value["f"]), value["v"], keeps_plan=bool(value["k"])
    )
    return _added(visit, answer)


async def plan_next(visit: Visit) -> Reply:
    """One of the next steps that the answer offered."""
    value = visit.value
    due = Due(on=date.fromisoformat(value["o"]), at=datetime.fromisoformat(value["a"]) if value["a"] else None)
    answer = await calls.plan_next(visit.desk, _call(visit), due, value["p"], next_number=value["n"])
    return _added(visit, answer)


async def nothing_needed(visit: Visit) -> Reply:
    """The loan may stay without a plan."""
    return _added(visit, await calls.nothing_needed(visit.desk, _call(visit)))


def _added(visit: Visit, answer: CallLogged) -> Reply:
    undo_of_call = UUID(visit.value["u"])
    return Reply(render.logged(visit.t, answer, visit.zone, call_undo=undo_of_call), replaces=True)


def _call(visit: Visit) -> UUID:
    return UUID(visit.value["c"])
