"""`/loan-note`: a note on a loan without a call."""

from desk.loans import notes
from desk.messages.overview import loans
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import OpenModal, Request
from handlers.forms import note
from handlers.forms.form import open_modal
from handlers.grammar.note import parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.messages import overview
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.notes import added
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan-note",
    about=_("Add a note to a loan without logging a call."),
    forms=(_("<loan> <text>"),),
    examples=(
        Example("L-1042 prefers calls after 18:00", "L-1042 请在18点后联系", _("a note that is not about a call")),
    ),
)


async def loan_note(request: Request) -> Message | OpenModal:
    """Add a note; typed alone, open the form."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        how = overview.loans(t, USAGE, await loans(desk))
        return await open_modal(request, note.FORM, otherwise=how) if parsed.what == "usage" else how
    return added(t, await notes.add_note(desk, loan=parsed.loan, text=parsed.text), request.zone)


COMMAND = Command(
    usage=USAGE,
    description="A note on a loan without a call · 备注",
    hint="<loan> <text>",
    handler=loan_note,
    nearest=(Terms((keyword("note", "备注", "notes", "记一下", "write down"),)),),
    precedence=55,
    forms=(note.FORM, note.CORRECTION),
    completes={"note": note.FORM},
)
