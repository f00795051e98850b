"""`/loan-due`: the follow-ups that are due, and the loans with nothing planned."""

from desk.calls.next_call import NobodyToCall, take_first
from desk.core.values import PersonRef
from desk.exports.asking import ask_export
from desk.exports.lists import list_of_period
from desk.exports.rows import Wanted
from desk.follow_ups.due_lists import TABLE, list_due
from desk.messages.notices import accepts_tables
from desk.people.members import find_member
from desk.people.offers import queues_of
from desk.rules.queues import QueueKind
from handlers.buttons.due_lists import list_value, page_value
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import OpenModal, Request
from handlers.grammar.due_list import NextCallRequest, parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.card_tabs import contact_tab
from handlers.messages.due_lists import due_list, with_table
from handlers.messages.exports import export_asked
from handlers.messages.next_call import next_call, next_call_with_card, nobody_to_call
from handlers.messages.usage import Example, Usage, usage

USAGE = Usage(
    command="/loan-due",
    about=_("What's due for you, a colleague or your team."),
    forms=(
        _("[today|tomorrow|week|late|all|arrears|unplanned] [@who|team] [verification|repayment] [export [xlsx|csv]]"),
        _("next [arrears|verification]"),
    ),
    examples=(
        Example("", "", _("late and due today")),
        Example("week", "本周", _("until Sunday")),
        Example("late team repayment", "超时 团队 还款", _("your team's late repayment follow-ups")),
        Example("arrears", "逾期", _("borrowers in arrears, with the next call")),
        Example("unplanned", "无计划", _("loans with nothing planned")),
        Example("arrears team export", "逾期 团队 导出", _("the same as an Excel file")),
        Example("next", "下一个", _("take the next borrower to call, for ten minutes")),
    ),
)


async def loan_due(request: Request) -> Message | OpenModal:
    """Show a list, as a table if Slack takes one; or take the next borrower to call, and open the card."""
    desk = request.desk
    parsed = read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        return usage(request.t, USAGE)
    if isinstance(parsed, NextCallRequest):
        return await _next_call(request, parsed.queue)
    whose = await find_member(desk, parsed.whose) if isinstance(parsed.whose, PersonRef) else parsed.whose
    if parsed.export is not None:
        wanted = Wanted(list_of_period(parsed.period), list_value(parsed.period, parsed.kind, whose))
        return export_asked(request.t, await ask_export(desk, wanted, parsed.export))
    if not await accepts_tables(desk):
        found = await list_due(desk, period=parsed.period, kind=parsed.kind, whose=whose)
        return due_list(request.t, found, page_value(found, whose))
    found = await list_due(desk, period=parsed.period, kind=parsed.kind, whose=whose, limit=TABLE)
    return with_table(request.t, found, page_value(found, whose))


async def _next_call(request: Request, queue: QueueKind | None) -> Message | OpenModal:
    t, zone = request.t, request.zone
    found = await take_first(request.desk, (queue,) if queue else queues_of(request.desk.member))
    if isinstance(found, NobodyToCall):
        return nobody_to_call(t, found, zone)
    return OpenModal(contact_tab(t, found.card, zone, next_call(t, found, zone)), next_call_with_card(t, found, zone))


COMMAND = Command(
    usage=USAGE,
    description="Follow-ups that are due · 待办",
    hint="[today|tomorrow|week|late|arrears|unplanned|next] [@who|team]",
    handler=loan_due,
    nearest=(
        Terms(
            (
                keyword(
                    "due",
                    "待办",
                    "今天",
                    "逾期",
                    "overdue",
                    "超时",
                    "late",
                    "today",
                    "to do",
                    "todo",
                    "下一个",
                    "next call",
                ),
            )
        ),
    ),
    precedence=40,
)
