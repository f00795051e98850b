"""`/loan-reassign`: hand over one loan, or, after a preview, everything that a member holds."""

from desk.handover import plans, reassigning
from desk.loans.lookup import resolve
from desk.messages.overview import loads, loans
from desk.people.members import find_member
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import OpenModal, Request
from handlers.forms.form import open_modal
from handlers.forms.reassign import FORM
from handlers.grammar.reader import HelpRequest
from handlers.grammar.reassign import ReassignAll, ReassignLoan, parse
from handlers.grammar.terms import Terms, keyword
from handlers.messages import overview
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.handover import plan, preview, reassigned
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan-reassign",
    about=_("Reassign one loan, or everything a member holds."),
    forms=(_("<loan> @to [why]"), _("@from @to [why]")),
    examples=(
        Example("L-1042 @wang", "L-1042 @wang", _("one loan, and its owner's follow-ups on it")),
        Example("@lin @wang on leave", "@lin @wang 休假", _("everything, after a preview")),
    ),
)


async def loan_reassign(request: Request) -> Message | OpenModal:
    """Hand over one loan, or preview handing over everything; typed alone, open the form."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    match parsed:
        case HelpRequest(what):
            how = overview.loans(t, USAGE, await loans(desk), await loads(desk))
            return await open_modal(request, FORM, otherwise=how) if what == "usage" else how
        case ReassignLoan(ref, to, why):
            taker = await find_member(desk, to)
            loan = (await resolve(desk, ref)).loan
            asked = await plans.ask_about_clashes(desk, loan, taker, why=why)
            if asked is not None:
                return plan(t, asked, request.zone)
            return reassigned(t, await reassigning.reassign_loan(desk, loan, taker, why=why))
        case ReassignAll(outgoing, to, why):
            giver, taker = await find_member(desk, outgoing), await find_member(desk, to)
            return preview(t, await reassigning.preview_all(desk, giver, taker, why=why), request.zone)


COMMAND = Command(
    usage=USAGE,
    description="Hand over one loan, or all of a member's · 移交",
    hint="<loan> @to [why] | @from @to [why]",
    handler=loan_reassign,
    nearest=(Terms((keyword("reassign", "转交", "移交", "交接", "hand over", "handover"),)),),
    parse=parse,
    precedence=10,
    forms=(FORM,),
    completes={"to": FORM},
)
