"""`/loan-due`: the follow-ups that are due, and the loans with nothing planned."""

from desk.core.values import PersonRef
from desk.follow_ups.due_lists import TABLE, list_due
from desk.messages.notices import takes_native
from desk.people.members import find_member
from handlers.buttons.due import page_value
from handlers.door.declarations import Command
from handlers.door.request import Request
from handlers.grammar import due_list as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.grammar.text import Line
from handlers.messages import due_lists as render
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.usage import Example, Usage, usage

USAGE = Usage(
    command="/loan-due",
    about=_("What's due for you, a colleague or your team."),
    forms=(_("[today|tomorrow|week|overdue|unplanned] [@who|team] [verification|repayment]"),),
    examples=(
        Example("", "", _("late and due today")),
        Example("week", "本周", _("until Sunday")),
        Example("overdue team repayment", "逾期 团队 还款", _("your team's late repayment follow-ups")),
        Example("unplanned", "无计划", _("loans with nothing planned")),
    ),
)


async def loan_due(request: Request) -> Message:
    """Show a list, as a table if Slack takes one."""
    desk = request.desk
    parsed = grammar.parse(Line.read(request.text), desk.now, request.zone)
    if isinstance(parsed, HelpRequest):
        return usage(request.t, USAGE)
    whose = await find_member(desk, parsed.whose) if isinstance(parsed.whose, PersonRef) else parsed.whose
    if not await takes_native(desk):
        found = await list_due(desk, period=parsed.period, kind=parsed.kind, whose=whose)
        return render.due_list(request.t, found, request.zone, page_value(found, whose))
    found = await list_due(desk, period=parsed.period, kind=parsed.kind, whose=whose, limit=TABLE)
    return render.with_table(request.t, found, request.zone, page_value(found, whose))


COMMAND = Command(
    usage=USAGE,
    description="Follow-ups that are due · 待办",
    hint="[today|tomorrow|week|overdue|unplanned] [@who|team]",
    handler=loan_due,
    nearest=(Terms((keyword("due", "待办", "今天", "逾期", "overdue", "today", "to do", "todo"),)),),
    precedence=40,
)
