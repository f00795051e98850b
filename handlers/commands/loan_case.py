"""`/loan-case`: everything that the desk knows of a loan, in one signed archive, for a dispute."""

from desk.cases.exports import ask_case
from desk.messages.overview import loans
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import OpenModal, Request
from handlers.forms import case
from handlers.forms.form import open_modal
from handlers.grammar.case import parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.messages import overview
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.cases import case_asked
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan-case",
    about=_(
        "Everything about a loan in one signed archive, for a dispute: for compliance, and for managers of their teams."
    ),
    forms=(_("<loan> [what for]"),),
    examples=(
        Example(
            "L-1042 claim before the Pudong court",
            "L-1042 浦东法院诉讼",
            _("its case file, with what it is for on each page"),
        ),
    ),
)


async def loan_case(request: Request) -> Message | OpenModal:
    """Have the case file of a loan made, with the files of its documents; typed alone, open the form."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        how = overview.loans(t, USAGE, await loans(desk))
        return await open_modal(request, case.FORM, otherwise=how) if parsed.what == "usage" else how
    return case_asked(t, await ask_case(desk, loan=parsed.loan, purpose=parsed.purpose, parts=("files",)))


COMMAND = Command(
    usage=USAGE,
    description="A case file for a dispute · 案卷",
    hint="<loan> [what for]",
    handler=loan_case,
    nearest=(Terms((keyword("case", "案卷", "卷宗", "case file", "dispute", "诉讼材料"),)),),
    precedence=12,
    forms=(case.FORM,),
)
"""`/loan-case <loan> [what for]`."""
