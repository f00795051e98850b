"""Buttons that open a form or change one, and the shortcuts, which open forms too."""

from uuid import UUID

from desk.core import drafts
from desk.core.errors import NotFound
from desk.core.values import LINE_LIMIT
from desk.core.vocabulary import NOTE_LIMIT
from desk.loans.lookup import number_of
from desk.loans.named_loans import loan_named_in
from handlers.commands import COMMANDS, loan_call
from handlers.door.declarations import ButtonFamily, Shortcut
from handlers.door.request import OpenModal, Request, UpdateModal
from handlers.forms import call, workspace
from handlers.forms.form import Form, fill_modal, open_modal, refresh_modal, restore_modal
from handlers.grammar.text import Line
from handlers.messages.block_kit.view import BENEATH
from handlers.messages.card_tabs import CARD
from handlers.messages.usage import usage

FORMS: dict[str, Form] = {form.name: form for command in COMMANDS for form in command.forms}
"""Every form by name."""

_USAGES = {form.name: command.usage for command in COMMANDS for form in command.forms}


async def open_form(request: Request) -> OpenModal:
    """Open the form that the button names, with what else the button carries."""
    private = dict(request.value)
    if "i" in private:
        private["l"] = await number_of(request.desk, UUID(private.pop("i")))
    if request.form == CARD:
        private[BENEATH] = dict(request.private)
    form = FORMS.get(str(private.pop("form", "")))
    if form is None:
        raise NotFound("press_unknown")
    typed: dict[str, str] = {}
    if "d" in private:
        typed |= (await drafts.read(request.desk, UUID(private.pop("d")))).get("typed", {})
    typed |= private.pop("fill", {})
    otherwise = usage(request.t, _USAGES[form.name])
    return await open_modal(request, form, private=private, typed=typed, otherwise=otherwise)


async def open_with_note(request: Request) -> OpenModal:
    """Open the form of a call about a message: the message's text is the note, and the loan that it names is chosen."""
    line = Line.read(request.text)
    named = await loan_named_in(request.desk, line.raw[:LINE_LIMIT])
    private = {"l": named[1]} if named is not None else {}
    typed = {"note": line.original(0)[:NOTE_LIMIT]}
    return await open_modal(
        request, call.FORM, private=private, typed=typed, otherwise=usage(request.t, loan_call.USAGE)
    )


async def refresh(request: Request) -> UpdateModal:
    """Update the form after one of its live fields has changed."""
    return await refresh_modal(request, FORMS[request.form])


async def fill(request: Request) -> UpdateModal:
    """Put the button's values into the form's fields."""
    return await fill_modal(request, FORMS[request.form])


async def restore(request: Request) -> UpdateModal:
    """Put what was typed before into the form's fields."""
    return await restore_modal(request, FORMS[request.form])


FAMILY = ButtonFamily(
    "form",
    {"open": open_form, "from_message": open_with_note, "refresh": refresh, "fill": fill, "restore": restore},
    opens_modal=frozenset({"open"}),
)

COUNTRIES = ButtonFamily("country", {}, suggestions={"search": workspace.suggest_countries})

SHORTCUTS = (
    Shortcut("call", "global", "Log a call · 登记通话", "With a form"),
    Shortcut("follow_up", "global", "Assign a follow-up · 安排跟进", "Plan a call for yourself or a colleague"),
    Shortcut("documents", "global", "Request documents · 收集材料", "From a checklist of what's missing"),
    Shortcut("inquiry", "global", "Open an inquiry · 新咨询", "A new borrower"),
    Shortcut("find", "global", "Find a loan · 查找贷款", "By name, number or phone"),
    Shortcut(
        "call_from_message",
        "message",
        "Log a call from this message · 登记通话",
        "Its text becomes the note",
        act="form.from_message",
    ),
)
