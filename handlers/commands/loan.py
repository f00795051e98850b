"""`/loan`: my day, cards, lists, new inquiries and corrections."""

from desk.exports.asking import ask_export
from desk.exports.rows import Wanted
from desk.exports.sealed_words import sealed_words
from desk.follow_ups import contact_states
from desk.loans import cards, edits, inquiries, lists, terms
from desk.loans.borrowers import region_of
from desk.loans.inquiries import KnownPhone
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import Request
from handlers.forms import allow_time, collection_step, contact_reason, other_contact, repayment
from handlers.forms.contact_states import CONSENT, STATE
from handlers.forms.loan import CORRECTION, FIND, INQUIRY
from handlers.forms.related import CHANGE as CHANGE_PERSON
from handlers.forms.related import FORM as PERSON
from handlers.forms.terms import TERMS, VEHICLE
from handlers.grammar.exports import USUAL
from handlers.grammar.loan import Card, Edit, EditState, EditTerm, Find, Mine, New, Pool, Portfolio, parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.cards import card
from handlers.messages.contact import state_changed
from handlers.messages.exports import export_asked
from handlers.messages.loans import (
    corrected,
    inquiry_opened,
    known_phone,
    own_loans,
    pool,
    search_results,
    usage_and_day,
)
from handlers.messages.terms import changed
from handlers.messages.usage import Example, Usage

USAGE = Usage(
    command="/loan",
    about=_("Show a loan's card, search, list your loans, open an inquiry, correct details."),
    forms=(
        _("<loan>"),
        _("find <words>"),
        _("mine [stage]"),
        _("pool"),
        _("[find <words>|mine [stage]|pool] export [xlsx|csv]"),
        _("new <name> <phone> [note]"),
        _("edit <loan> name|phone|number <value>"),
        _("edit <loan> amount|due day|term|rate|plate|… <value>"),
        _("edit <loan> contact <state> [until <day>]"),
    ),
    examples=(
        Example("L-1042", "L-1042", _("show a loan's card")),
        Example("find wang", "查 王小明", _("search by name, pinyin, phone number or its last four digits")),
        Example("mine application", "我的 申请", _("list your loans in one stage")),
        Example("export", "导出", _("all loans that you see, as an Excel file")),
        Example(
            "new Wang Fang 138 0013 8000 asks for the rate",
            "新 王芳 13800138000 问利率",
            _("open an inquiry, with a number of its own"),
        ),
        Example("edit L-1042 phone 139 0013 9000", "改 L-1042 电话 13900139000", _("correct the phone number")),
        Example(
            "edit L-1042 contact do not call", "改 L-1042 联系状态 请勿致电", _("the borrower asked not to be called")
        ),
        Example("edit L-1042 due day 15", "改 L-1042 还款日 15", _("enter or correct the terms and the vehicle")),
    ),
)


async def loan(request: Request) -> Message:
    """Show a card or a list, open an inquiry or correct a loan; typed alone, show the usage and the member's day."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse, region=region_of(desk))
    if isinstance(parsed, Find | Mine | Pool | Portfolio):
        return await _list(request, parsed)
    match parsed:
        case HelpRequest():
            return usage_and_day(t, USAGE, await lists.my_day(desk))
        case Card(ref):
            return card(t, await cards.loan_card(desk, ref), request.zone)
        case New(name, phone, note):
            answer = await inquiries.open_inquiry(desk, name=name, phone=phone, note=note)
            if isinstance(answer, KnownPhone):
                return known_phone(t, answer)
            return inquiry_opened(t, answer, request.zone)
        case Edit(ref, what, value):
            return corrected(t, await edits.edit_loan(desk, loan=ref, changes={what: value}))
        case EditState(ref, state):
            if state.code is None:
                return state_changed(t, await contact_states.end_states_of(desk, loan=ref), request.zone)
            result = await contact_states.enter_state(desk, loan=ref, code=state.code, until_on=state.until_on)
            return state_changed(t, result, request.zone)
        case EditTerm(ref, name, value):
            return changed(t, await terms.edit_terms(desk, loan=ref, changes={name: value}))


async def _list(request: Request, parsed: Find | Mine | Pool | Portfolio) -> Message:
    """Show a list, or have it made into a file."""
    desk, t = request.desk, request.t
    match parsed:
        case Find(words, None):
            return search_results(t, await lists.find(desk, words), sealed_words(desk, words))
        case Mine(stage, None):
            return own_loans(t, await lists.mine(desk, stage))
        case Pool(None):
            return pool(t, await lists.pool(desk))
        case Find(words):
            wanted = Wanted("find", words=words)
        case Mine(stage):
            wanted = Wanted("mine", {"s": stage} if stage else {})
        case Pool():
            wanted = Wanted("pool")
        case Portfolio():
            wanted = Wanted("portfolio")
    return export_asked(t, await ask_export(desk, wanted, parsed.export or USUAL))


COMMAND = Command(
    usage=USAGE,
    description="Loan cards, search, new inquiries · 贷款卡片、查找、新咨询",
    hint="[<loan> | find … | mine | new … | edit …]",
    handler=loan,
    nearest=(Terms((keyword("find", "查找", "查", "搜索", "new", "新客户", "新咨询", "search", "card", "卡片"),)),),
    precedence=50,
    forms=(
        INQUIRY,
        CORRECTION,
        FIND,
        TERMS,
        VEHICLE,
        PERSON,
        CHANGE_PERSON,
        *repayment.FORMS,
        collection_step.FORM,
        collection_step.MOVE,
        STATE,
        CONSENT,
        other_contact.FORM,
        allow_time.FORM,
        contact_reason.FORM,
    ),
    completes={
        "loan": CORRECTION,
        "field": CORRECTION,
        "value": CORRECTION,
        "name": INQUIRY,
        "phone": INQUIRY,
        "words": FIND,
    },
)
