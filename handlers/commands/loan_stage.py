"""`/loan-stage`: move a loan to another stage."""

from desk.core.errors import Invalid
from desk.core.vocabulary import VOCABULARY
from desk.loans import stages
from desk.messages.overview import loans
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import OpenModal, Request
from handlers.forms import stage, stage_rules
from handlers.forms.form import open_modal
from handlers.grammar.reader import HelpRequest
from handlers.grammar.stage import parse
from handlers.grammar.terms import STAGES
from handlers.messages import overview
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.stages import stage_answer
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan-stage",
    about=_("Move a loan to another stage."),
    forms=(_("<loan> <stage> [reason]"),),
    examples=(
        Example("L-1042 application", "L-1042 申请", _("the borrower has applied; verification is planned")),
        Example(
            "L-1042 declined income too low",
            "L-1042 未批 收入不足",
            _("close what's open, except telling the borrower the decision"),
        ),
        Example("L-1042 withdrawn", "L-1042 放弃", _("close what's open")),
    ),
    words=VOCABULARY.stages,
)


async def loan_stage(request: Request) -> Message | OpenModal:
    """Move a loan to a stage; typed alone, open the form."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        how = overview.loans(t, USAGE, await loans(desk))
        return await open_modal(request, stage.FORM, otherwise=how) if parsed.what == "usage" else how
    try:
        result = await stages.change_stage(desk, loan=parsed.loan, stage=parsed.stage, reason=parsed.reason)
    except Invalid as refusal:
        if refusal.code == "write_off_reason_missing":
            refusal.params |= {"part": "reason", "ref": parsed.loan, "fill": {"stage": parsed.stage}}
        raise
    return stage_answer(t, result, request.zone)


COMMAND = Command(
    usage=USAGE,
    description="Move a loan to another stage · 贷款阶段",
    hint="<loan> <stage> [reason]",
    handler=loan_stage,
    nearest=(STAGES,),
    parse=parse,
    precedence=90,
    forms=(stage.FORM, stage_rules.FORM),
    completes={"stage": stage.FORM, "reason": stage.FORM},
)
