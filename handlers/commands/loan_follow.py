"""`/loan-follow`: assigns, moves, finishes, cancels."""

from desk.follow_ups import assigning
from desk.messages import overview
from handlers.door.request import Open, Visit
from handlers.forms.follow_up import FORM
from handlers.forms.form import opened
from handlers.grammar import follow as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages import follow_ups as render
from handlers.messages import overview as render_hand
from handlers.messages.block_kit.message import Message


async def loan_follow(visit: Visit) -> Message | Open:
    """One line, one follow-up; typed alone, opens the form."""
    desk, t = visit.desk, visit.t
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone)
    match request:
        case HelpRequest(what):
            rows = await overview.calls(desk, "week")
            how = render_hand.calls(t, "/loan-follow", t("Your follow-ups of this week, and overdue:"), rows)
            return await opened(visit, FORM, otherwise=how) if what == "usage" else how
        case grammar.Assign(loan, who, due, purpose, note):
            planned = await assigning.assign_follow_up(desk, loan=loan, who=who, due=due, purpose=purpose, note=note)
            return render.assigned(t, planned)
        case grammar.Finish(loan, kind, why):
            closed = await assigning.close_follow_up(desk, loan=loan, state=kind, why=why)
            return render.closed(t, closed, visit.zone)
        case grammar.Move(loan, due):
            return render.assigned(t, await assigning.move_follow_up(desk, loan=loan, due=due))
