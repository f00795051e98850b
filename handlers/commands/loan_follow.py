"""`/loan-follow`: assign, move, finish or cancel a follow-up."""

from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import assigning
from desk.follow_ups.assigning import SamePlan
from desk.messages.overview import calls
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import OpenModal, Request
from handlers.forms import appointment, day_moves, escalation, follow_up, other_time, quiet
from handlers.forms.form import open_modal
from handlers.grammar.follow import Assign, Finish, Move, parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import PURPOSES, Terms, keyword
from handlers.messages import overview
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.follow_ups import assigned, closed, same_plan
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan-follow",
    about=_("Plan a follow-up, or finish, cancel or move one."),
    forms=(
        _("<loan> [@who] <due> [purpose] [note]"),
        _("<loan>[/n] done"),
        _("<loan>[/n] cancel [why]"),
        _("<loan>[/n] move <due>"),
    ),
    examples=(
        Example("L-1042 tomorrow 3pm income", "L-1042 明天下午3点 收入核实", _("plan a follow-up for yourself")),
        Example("L-1042 @wang in 3 days documents", "L-1042 @wang 3天后 材料", _("plan a follow-up for a colleague")),
        Example("L-1042/3 done", "L-1042/3 完成", _("finish the loan's third follow-up")),
        Example("L-1042 move tomorrow 10:30", "L-1042 改期 明天10:30", _("move your only follow-up on the loan")),
        Example("L-1042/3 cancel bought elsewhere", "L-1042/3 取消 已在别处购车", _("cancel it and give the reason")),
    ),
    words=VOCABULARY.purposes,
)


async def loan_follow(request: Request) -> Message | OpenModal:
    """Assign or change one follow-up; typed alone, open the form."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    match parsed:
        case HelpRequest(what):
            rows = await calls(desk, "week")
            how = overview.calls(t, USAGE, t("Your late follow-ups, and those of this week:"), rows)
            return await open_modal(request, follow_up.FORM, otherwise=how) if what == "usage" else how
        case Assign(loan, who, due, purpose, note):
            planned = await assigning.assign_unless_there(desk, loan=loan, who=who, due=due, purpose=purpose, note=note)
            return same_plan(t, planned) if isinstance(planned, SamePlan) else assigned(t, planned)
        case Finish(loan, kind, why):
            result = await assigning.close_follow_up(desk, loan=loan, state=kind, why=why)
            return closed(t, result, request.zone)
        case Move(loan, due):
            return assigned(t, await assigning.move_follow_up(desk, loan=loan, due=due))


COMMAND = Command(
    usage=USAGE,
    description="Assign, move or finish a follow-up · 安排跟进",
    hint="<loan> [@who] <due> [purpose] [note]",
    handler=loan_follow,
    nearest=(
        Terms((keyword("follow", "跟进", "提醒", "remind", "reminder", "follow up", "plan", "assign"),)),
        PURPOSES,
    ),
    parse=parse,
    precedence=80,
    forms=(
        follow_up.FORM,
        follow_up.MOVE,
        other_time.STEP,
        other_time.SNOOZE,
        quiet.FORM,
        appointment.FORM,
        appointment.MOVE,
        day_moves.FORM,
        escalation.FORM,
        escalation.RESOLUTION,
    ),
    completes={"due": follow_up.FORM, "move": follow_up.MOVE},
)
