"""`/loan-call`: log a call, and plan the next one."""

from dataclasses import replace

from desk.calls.calls import log_call
from desk.calls.views import RepeatedCall
from desk.core.errors import Invalid
from desk.core.vocabulary import VOCABULARY
from desk.messages.overview import calls
from handlers.door.declarations import Command
from handlers.door.lines import line_of, read_line
from handlers.door.request import OpenModal, Request
from handlers.forms import call, check, other_time, phone_call, recording
from handlers.forms.form import open_modal
from handlers.grammar.call import CallRequest, parse
from handlers.grammar.inexact_amounts import speaks_of_amount
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import OUTCOMES, Terms, keyword
from handlers.messages import overview
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.calls import already_logged, logged
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan-call",
    about=_("Log a call and plan the next one."),
    forms=(_("<loan>[/n] <outcome> [amount] [purpose] [note] [next <due> [purpose] [note]]"),),
    examples=(
        Example("L-1042 no answer", "L-1042 未接", _("no answer: the desk plans the next attempt")),
        Example(
            "L-1042 reached wants a lower rate next tomorrow 3pm",
            "L-1042 已接通 想要更低利率，下次明天下午3点",
            _("what was said and when to call again"),
        ),
        Example("L-1042/3 confirmed", "L-1042/3 已核实", _("the call for the loan's third follow-up")),
        Example("L-1042 promised 3000 fri", "L-1042 承诺还款 3000 周五", _("promised to pay that much that day")),
        Example(
            "L-1042 part paid 1500 fri", "L-1042 部分还款 1500 周五", _("paid part; the rest is promised for that day")
        ),
    ),
    words=VOCABULARY.outcomes,
)


_OF_AMOUNT = frozenset({"promise_larger", "payment_larger"})
"""Refusals of an amount. The form is offered with all that was typed, to correct the amount alone."""


async def loan_call(request: Request) -> Message | OpenModal:
    """Log a call; typed alone, open the form."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        rows = await calls(desk, "today")
        how = overview.calls(t, USAGE, t("Your follow-ups due today:"), rows)
        return await open_modal(request, call.FORM, otherwise=how) if parsed.what == "usage" else how
    line = line_of(request)
    try:
        answer = await log_call(
            desk,
            loan=parsed.loan,
            outcome=parsed.outcome,
            details=replace(parsed.details, amount_in_note=speaks_of_amount(parsed.details.in_full)),
            next_step=parsed.next,
            line=line.norm,
            noted=parsed.noted,
        )
    except Invalid as refusal:
        refusal.params["typed"] = line.raw
        if refusal.code == "next_missing":
            refusal.params |= {"part": "next", "ref": parsed.loan, "fill": _fields(parsed)}
        elif refusal.code in _OF_AMOUNT:
            fill = _fields(parsed) | _next_fields(request, parsed)
            refusal.params |= {"asks": "amount", "ref": parsed.loan, "fill": fill}
        raise
    if isinstance(answer, RepeatedCall):
        return already_logged(t, answer, request.zone)
    return logged(t, answer, request.zone)


def _fields(parsed: CallRequest) -> dict[str, str]:
    """Return what the line says as values of the form's fields."""
    details = parsed.details
    amount = f"{details.amount.value.normalize():f}" if details.amount else ""
    fields = {
        "party": details.party,
        "outcome": parsed.outcome,
        "amount": amount,
        "purpose": details.purpose or "",
        "note": details.note,
    }
    return {name: value for name, value in fields.items() if value}


def _next_fields(request: Request, parsed: CallRequest) -> dict[str, str]:
    """Return the next step that the line says as values of the form's fields."""
    step = parsed.next
    if step is None:
        return {}
    when = f"{step.due.at.astimezone(request.zone):%Y-%m-%d %H:%M}" if step.due.at else f"{step.due.on}"
    fields = {"next": when, "next_purpose": step.purpose or "", "next_note": step.note}
    return {name: value for name, value in fields.items() if value}


COMMAND = Command(
    usage=USAGE,
    description="Log a call · 登记通话",
    hint="<loan> <outcome> [note] [next <due>]",
    handler=loan_call,
    nearest=(OUTCOMES, Terms((keyword("call", "通话", "电话", "登记", "log", "phone", "called"),))),
    parse=parse,
    precedence=70,
    forms=(
        call.FORM,
        call.CORRECTION,
        call.PART_PAYMENT,
        check.FORM,
        check.DECISION,
        other_time.CALL,
        recording.FORM,
        phone_call.FORM,
        recording.MOVE,
        recording.DISCARD,
    ),
    completes={"outcome": call.FORM, "next": call.FORM, "amount": call.FORM},
)
