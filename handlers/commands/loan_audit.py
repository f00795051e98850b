"""`/loan-audit`: who saw and did what."""

from desk.exports.asking import ask_export
from desk.exports.rows import Wanted
from desk.messages.audit_trail import About, trail, trail_of_loan, trail_of_member
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import Request
from handlers.forms import audit_filter, compliance, erasure, person_export, person_request, proof, retention
from handlers.grammar.audit import parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.messages.audit_trail import about_value, audit_trail
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.exports import export_asked
from handlers.messages.usage import Example, Usage, usage

USAGE = Usage(
    command="/loan-audit",
    about=_("Who saw and did what: for compliance, and for managers of their teams."),
    forms=(_("[today|refused|@who|<loan>] [export [xlsx|csv]]"),),
    examples=(
        Example("", "", _("what was seen and done today")),
        Example("L-1042", "L-1042", _("who saw that loan, and who changed it")),
        Example("@lin", "@lin", _("what that member saw and did, for 30 days")),
        Example("refused", "被拒", _("what was refused today")),
        Example("@lin export", "@lin 导出", _("the same as an Excel file")),
    ),
)


async def loan_audit(request: Request) -> Message:
    """Show the entries of a loan, of a member, or of today."""
    desk, parsed = request.desk, read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        return usage(request.t, USAGE)
    if parsed.loan is not None:
        found = await trail_of_loan(desk, parsed.loan)
    elif parsed.who is not None:
        found = await trail_of_member(desk, parsed.who)
    else:
        found = await trail(desk, About(kind="refused" if parsed.refused else "all"))
    if parsed.export is not None:
        wanted = Wanted("trail", about_value(found))
        return export_asked(request.t, await ask_export(desk, wanted, parsed.export))
    return audit_trail(request.t, found, request.zone)


COMMAND = Command(
    usage=USAGE,
    description="Who saw and did what · 访问记录",
    hint="[today|refused|@who|<loan>]",
    handler=loan_audit,
    nearest=(Terms((keyword("audit", "访问记录", "审计", "谁看过", "who saw", "access log"),)),),
    precedence=15,
    forms=(
        *(audit_filter.FORM, compliance.FORM, proof.FORM, retention.HOLD, retention.POLICY),
        *(person_request.FORM, person_request.DECISION, person_export.FORM, erasure.ERASURE),
    ),
)
"""`/loan-audit [today|refused|@who|<loan>]`."""
