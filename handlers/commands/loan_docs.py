"""`/loan-docs`: request documents, tick them off, reject or list them."""

from desk.core.vocabulary import VOCABULARY
from desk.documents.documents import change_documents, request_documents
from desk.documents.listing import list_documents
from desk.documents.names import WORDS_LIMIT, DocumentName
from desk.messages.overview import open_documents
from desk.people.offers import offers_to
from handlers.door.declarations import Command
from handlers.door.kept_lines import keep_line
from handlers.door.lines import read_line
from handlers.door.request import OpenModal, Request
from handlers.forms import arrival, file, rejection
from handlers.forms.documents import FORM
from handlers.forms.form import open_modal
from handlers.grammar import documents
from handlers.grammar.document_reader import Item
from handlers.grammar.documents import parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import DOCUMENTS
from handlers.messages import overview
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.writer import escaped
from handlers.messages.documents import OfferedLine, UnknownWords, changed, document, listed, requested
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan-docs",
    about=_("Request documents and tick them off."),
    forms=(
        _("<loan>"),
        _("<loan> <document>[, …] [by <due>]"),
        _("<loan> got|accept|cancel <document>[, …] [valid until <date>]"),
        _("<loan> reject <document>: <reason>"),
    ),
    examples=(
        Example("L-1042", "L-1042", _("list a loan's documents")),
        Example(
            "L-1042 id, bank, proof of income by tomorrow",
            "L-1042 身份证、银行流水、收入证明 明天前",
            _("request three documents and plan the follow-up for them"),
        ),
        Example("L-1042 got id and bank", "L-1042 收到 身份证和银行流水", _("they have arrived")),
        Example("L-1042 accept id", "L-1042 通过 身份证", _("it's in order")),
        Example(
            "L-1042 reject bank: only two months",
            "L-1042 退回 银行流水：只有两个月",
            _("send it back and give the reason"),
        ),
        Example("L-1042 other: marriage certificate", "L-1042 其他：结婚证", _("a document that isn't on the list")),
    ),
    words=VOCABULARY.documents,
)


async def loan_docs(request: Request) -> Message | OpenModal:
    """Request documents, change their state, or list them; typed alone, open the form."""
    desk, t, zone = request.desk, request.t, request.zone
    parsed = read_line(request, parse)
    match parsed:
        case HelpRequest(what):
            how = overview.documents(t, USAGE, await open_documents(desk), offers_to(desk))
            return await open_modal(request, FORM, otherwise=how) if what == "usage" else how
        case documents.ListDocuments(loan):
            return listed(t, await list_documents(desk, loan), zone)
        case documents.Request(loan, items, by):
            answer = await request_documents(desk, loan=loan, wanted=_wanted(items), by=by)
            return requested(t, answer, zone, unknown=await _unknown(request, parsed))
        case documents.TickOff(loan, act, items, valid):
            result = await change_documents(desk, loan=loan, act=act, which=_wanted(items), valid_until=valid)
            return changed(t, result, zone, unknown=await _unknown(request, parsed))
        case documents.Reject(loan, item, reason):
            result = await change_documents(desk, loan=loan, act="reject", which=_wanted((item,)), reason=reason)
            return changed(t, result, zone)


_NEAREST = 2
"""How many documents are offered in place of unknown words, besides these as another document."""


async def _unknown(request: Request, parsed: documents.Request | documents.TickOff) -> list[UnknownWords]:
    """Return what of a line was left out, with the lines that name it otherwise."""
    t, other = request.t, VOCABULARY.document("other").word(request.t.language)
    found: list[UnknownWords] = []
    for each in parsed.unknown:
        forms = [(document(t, code), document(t, code)) for code in each.nearest[:_NEAREST]]
        if len(each.given) <= WORDS_LIMIT:
            named = f"{other}: {each.given}"
            forms.append((named, named))
        offers: list[OfferedLine] = []
        for label, form in forms:
            text = _line_with(request, parsed, form)
            offers.append(OfferedLine(label, text, await keep_line(request.desk, COMMAND.name, escaped(text))))
        found.append(UnknownWords(each.given, tuple(offers)))
    return found


def _line_with(request: Request, parsed: documents.Request | documents.TickOff, form: str) -> str:
    """Return the line with that document alone."""
    if isinstance(parsed, documents.Request):
        parts = (parsed.loan.whole, form, parsed.by_words)
    else:
        parts = (parsed.loan.whole, documents.act_word(request.t.language, parsed.state), form)
    return " ".join(filter(None, parts))


def _wanted(items: tuple[Item, ...]) -> list[DocumentName]:
    return [DocumentName(item.code, item.words) for item in items]


COMMAND = Command(
    usage=USAGE,
    description="Request documents and tick them off · 材料",
    hint="<loan> <document>[, …] [by <due>]",
    handler=loan_docs,
    nearest=(DOCUMENTS,),
    parse=parse,
    precedence=60,
    forms=(FORM, arrival.FORM, rejection.FORM, file.FORM),
    completes={"document": FORM, "got": arrival.FORM, "reason": rejection.FORM},
)
