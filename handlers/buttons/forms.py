"""The forms by name, and the presses that open them and that happen inside them."""

from uuid import UUID

from desk.core.vocabulary import NOTE_LIMIT
from desk.loans.lookup import number_of
from handlers.door.request import Open, Rewrite, Visit
from handlers.forms import (
    call,
    correct_call,
    documents,
    edit,
    find,
    follow_up,
    inquiry,
    managers,
    member,
    move,
    reassign,
    settings,
    team,
    workspace,
)
from handlers.forms.form import Form, filled, opened, refreshed, restored
from handlers.grammar.text import Line
from handlers.messages.block_kit.view import BENEATH
from handlers.messages.cards import CARD
from handlers.messages.usage import usage

_COMMANDS = {
    call.FORM: "/loan-call",
    correct_call.FORM: "/loan-call",
    follow_up.FORM: "/loan-follow",
    documents.FORM: "/loan-docs",
    inquiry.FORM: "/loan",
    edit.FORM: "/loan",
    find.FORM: "/loan",
    move.FORM: "/loan-follow",
    reassign.FORM: "/loan-reassign",
    team.FORM: "/loan-team",
    member.FORM: "/loan-team",
    member.LEAVER: "/loan-team",
    settings.FORM: "/loan-digest",
    managers.FORM: "/loan-team",
    workspace.FORM: "/loan-team",
}
"""Every form, and the command that does the same."""

FORMS: dict[str, Form] = {form.name: form for form in _COMMANDS}
"""Every form by name."""


async def open_form(visit: Visit) -> Open:
    """Opens the form that the button names, with what else it carries."""
    private = dict(visit.value)
    if "i" in private:
        private["l"] = await number_of(visit.desk, UUID(private.pop("i")))
    if visit.form == CARD:
        private[BENEATH] = dict(visit.private)
    form = FORMS[str(private.pop("form"))]
    return await opened(visit, form, private=private, otherwise=usage(visit.t, _COMMANDS[form]))


async def open_with_note(visit: Visit) -> Open:
    """Logging a call about a message: its text is the note."""
    note = Line.read(visit.text).original(0)[:NOTE_LIMIT]
    return await opened(visit, call.FORM, typed={"note": note}, otherwise=usage(visit.t, "/loan-call"))


async def refresh(visit: Visit) -> Rewrite:
    """A live field has changed."""
    return await refreshed(visit, FORMS[visit.form])


async def fill(visit: Visit) -> Rewrite:
    """A button puts values into fields."""
    return await filled(visit, FORMS[visit.form])


async def restore(visit: Visit) -> Rewrite:
    """What was typed before stands in the fields again."""
    return await restored(visit, FORMS[visit.form])
