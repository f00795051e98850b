"""Playbooks: the modal with what to say in a call, the list for managers, and the answer to a new version."""

from collections.abc import Iterable
from uuid import UUID

from desk.loans.playbooks import PlaybookEdited, ShownPlaybook
from handlers.messages.block_kit.elements import form_button, named_loan, purpose, undo_button
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT, View
from handlers.messages.block_kit.writer import Writer

PLAYBOOK = "playbook"
"""The form name of the modal."""


def playbook_button(t: Translator, loan_id: UUID, purpose: str) -> Button:
    """Return the button that shows what to say in a call of that purpose."""
    return Button(t("What to say"), "playbook.show", {"l": str(loan_id), "p": purpose})


def write_playbooks(t: Translator, writer: Writer, calls: Iterable[tuple[UUID, str, str]]) -> None:
    """Write a button to the script of each of these calls (loan id, its number, purpose), or for several a menu."""
    listed = {(loan_id, of): f"{number} · {purpose(t, of)}" for loan_id, number, of in calls}
    if len(listed) == 1:
        writer.buttons(*(playbook_button(t, *call) for call in listed))
    elif listed:
        choices = [(label, {"l": str(loan_id), "p": of}) for (loan_id, of), label in listed.items()]
        writer.menu(t("What to say in a call"), "playbook.show", choices)


def playbook(t: Translator, view: ShownPlaybook) -> View:
    """Render a playbook as a modal."""
    private = {"l": str(view.loan.id), "p": view.purpose}
    blocks = playbook_message(t, view).blocks
    return View(form=PLAYBOOK, title=PRODUCT, blocks=blocks, close=t("Close"), private=private)


def playbook_message(t: Translator, view: ShownPlaybook) -> Message:
    """Render what to say, the situations in which a call takes another turn, and the way to log the call."""
    writer = Writer()
    writer.line(named_loan(t, view.loan))
    writer.heading(view.title)
    script = view.script
    _write_part(writer, t("Opening"), script.opening)
    _write_part(writer, t("Make sure who is speaking"), script.identify)
    writer.line(Bold(t("What to do") if view.code != view.purpose else t("Ask or check")))
    writer.bullets([question] for question in script.questions if question)
    _write_part(writer, t("Closing"), script.closing)
    value = {"l": str(view.loan.id), "p": view.purpose}
    back = [Button(t("Back to the call"), "playbook.show", value)] if view.code != view.purpose else []
    log = [form_button(t("Log a call"), "call", loan=view.loan.id)] if view.may_log else []
    edit = [edit_button(t("Edit this playbook"), view.code)] if view.may_edit else []
    writer.buttons(*back, *log, *edit)
    writer.divider().line(Bold(t("If the call takes another turn:")))
    others = [(code, name) for code, name in view.situations if code != view.code]
    writer.buttons(*(Button(name, "playbook.show", {**value, "c": code}) for code, name in others))
    writer.small(
        t("Version {number}. We recorded that you were shown it.", number=view.number)
        if view.number
        else t("As it comes with the desk. We recorded that you were shown it.")
    )
    return writer.message()


def _write_part(writer: Writer, title: str, text: str) -> None:
    if text:
        writer.line(Bold(title)).line(text)


def playbook_shown(t: Translator, title: str, number: int) -> str:
    """Return which playbook, and with one that was changed which version, a caller was shown."""
    if number:
        return t("shown “{title}”, version {number}", title=title, number=number)
    return t("shown “{title}”", title=title)


def edit_button(label: str, code: str) -> Button:
    """Return the button that opens the form to edit a playbook."""
    return Button(label, "form.open", {"form": "edit_playbook", "c": code})


def playbook_list(t: Translator, books: tuple[tuple[str, str], ...]) -> Message:
    """Render the playbooks for a manager, each with a button that opens its form."""
    writer = Writer().line(Bold(t("Playbooks: what callers are shown, by purpose and by situation.")))
    writer.line(t("Choose one to change its texts, in each language."))
    writer.buttons(*(edit_button(title, code) for code, title in books))
    return writer.message()


def playbook_edited(t: Translator, result: PlaybookEdited) -> Message:
    """Render the answer to a new version."""
    writer = Writer().phrase(
        t,
        "{title}: version {number} is what callers are shown from now on.",
        title=Bold(result.title),
        number=result.number,
    )
    return writer.buttons(undo_button(t, result.undo_id)).message()
