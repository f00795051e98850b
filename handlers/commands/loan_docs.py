"""`/loan-docs`: documents are asked for, ticked off, sent back, listed."""

from uuid import UUID

from desk.documents import documents
from desk.documents.documents import Act, Wanted
from desk.messages import overview
from handlers.door.request import Open, Reply, Visit
from handlers.forms.documents import FORM
from handlers.forms.form import opened
from handlers.grammar import documents as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages import documents as render
from handlers.messages import overview as render_hand
from handlers.messages.block_kit.message import Message


async def loan_docs(visit: Visit) -> Message | Open:
    """Asks for documents, brings them to another state, or lists them; typed alone, opens the form."""
    desk, t, zone = visit.desk, visit.t, visit.zone
    request = grammar.parse(Line.read(visit.text), desk.now, zone)
    match request:
        case HelpRequest(what):
            how = render_hand.documents(t, await overview.open_documents(desk))
            return await opened(visit, FORM, otherwise=how) if what == "usage" else how
        case grammar.ListDocuments(loan):
            return render.listed(t, await documents.list_documents(desk, loan), zone)
        case grammar.Request(loan, items, by):
            answer = await documents.request_documents(desk, loan=loan, wanted=_wanted(items), by=by)
            return render.requested(t, answer, zone)
        case grammar.TickOff(loan, act, items):
            return render.changed(
                t, await documents.change_documents(desk, loan=loan, act=act, which=_wanted(items)), zone
            )
        case grammar.Reject(loan, item, reason):
            result = await documents.change_documents(
                desk, loan=loan, act="reject", which=_wanted((item,)), reason=reason
            )
            return render.changed(t, result, zone)


async def show(visit: Visit) -> Reply:
    """The documents of a loan, from its card."""
    listed = await documents.documents_pressed(visit.desk, UUID(visit.value["l"]))
    return Reply(render.listed(visit.t, listed, visit.zone))


async def got(visit: Visit) -> Reply:
    """A document has come."""
    return await _change(visit, "got")


async def accept(visit: Visit) -> Reply:
    """A document is in order."""
    return await _change(visit, "accept")


async def _change(visit: Visit, act: Act) -> Reply:
    value = visit.value
    result = await documents.change_document_on(visit.desk, UUID(value["i"]), value["v"], act)
    return Reply(render.changed(visit.t, result, visit.zone), replaces=True)


def _wanted(items: tuple[grammar.Item, ...]) -> list[Wanted]:
    return [Wanted(item.code, item.words) for item in items]
