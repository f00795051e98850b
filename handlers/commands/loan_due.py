"""`/loan-due`: the follow-ups that are due, and the loans with nothing planned."""

from desk.core.values import PersonRef
from desk.follow_ups.due_lists import TABLE, list_due
from desk.messages.notices import accepts_tables
from desk.people.members import find_member
from handlers.buttons.due_lists import page_value
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import Request
from handlers.grammar.due_list import parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.due_lists import due_list, with_table
from handlers.messages.usage import Example, Usage, usage

USAGE = Usage(
    command="/loan-due",
    about=_("What's due for you, a colleague or your team."),
    forms=(_("[today|tomorrow|week|late|all|arrears|unplanned] [@who|team] [verification|repayment]"),),
    examples=(
        Example("", "", _("late and due today")),
        Example("week", "本周", _("until Sunday")),
        Example("late team repayment", "超时 团队 还款", _("your team's late repayment follow-ups")),
        Example("arrears", "逾期", _("borrowers in arrears, with the next call")),
        Example("unplanned", "无计划", _("loans with nothing planned")),
    ),
)


async def loan_due(request: Request) -> Message:
    """Show a list, as a table if Slack takes one."""
    desk = request.desk
    parsed = read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        return usage(request.t, USAGE)
    whose = await find_member(desk, parsed.whose) if isinstance(parsed.whose, PersonRef) else parsed.whose
    if not await accepts_tables(desk):
        found = await list_due(desk, period=parsed.period, kind=parsed.kind, whose=whose)
        return due_list(request.t, found, page_value(found, whose))
    found = await list_due(desk, period=parsed.period, kind=parsed.kind, whose=whose, limit=TABLE)
    return with_table(request.t, found, page_value(found, whose))


COMMAND = Command(
    usage=USAGE,
    description="Follow-ups that are due · 待办",
    hint="[today|tomorrow|week|late|arrears|unplanned] [@who|team]",
    handler=loan_due,
    nearest=(Terms((keyword("due", "待办", "今天", "逾期", "overdue", "超时", "late", "today", "to do", "todo"),)),),
    precedence=40,
)
