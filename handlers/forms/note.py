"""The forms for adding a note to a loan, and for correcting one."""

from uuid import UUID

from desk.core.vocabulary import NOTE_LIMIT
from desk.loans import notes
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.elements import write_loan_and_time
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.notes import added, corrected


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan and the note. `l` in `private` names the loan."""
    t = request.t
    form, _chosen = await start_form(request, private, typed, live=False)
    form.text("note", t("Note"), long=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Add the note"))


async def submit(request: Request) -> Message:
    """Add the note, as the command does."""
    result = await notes.add_note(request.desk, loan=loan_of(request), text=request.one("note"))
    return added(request.t, result, request.zone)


async def build_correction(request: Request, private: Private, typed: Typed) -> View:
    """Write the note's text. `m` in `private` names the note; the form carries its version from when it was opened."""
    t = request.t
    note = await notes.note_to_correct(request.desk, UUID(private["m"]))
    form = FormWriter(t, {"v": note.version, **private}, {"note": note.text, **typed})
    write_loan_and_time(t, form, note.loan, note.at, request.zone)
    form.text("note", t("Note"), long=True, limit=NOTE_LIMIT)
    form.small(t("The timeline keeps the earlier version."))
    return form.view(CORRECTION.name, t(CORRECTION.title), submit=t("Save"))


async def submit_correction(request: Request) -> Message:
    """Correct the note."""
    private = request.private
    result = await notes.correct_note(request.desk, UUID(private["m"]), private["v"], request.one("note"))
    return corrected(request.t, result, request.zone)


FORM = Form(
    name="note",
    right="add_note",
    title=_("Add a note"),
    build=build,
    submit=submit,
    main="note",
    fields={**LOAN_REFUSALS, "note_too_long": "note", "note_missing": "note"},
)
"""`/loan-note` with the mouse."""

CORRECTION = Form(
    name="correct_note",
    right="correct_note",
    title=_("Correct a note"),
    build=build_correction,
    submit=submit_correction,
    main="note",
    fields={"note_too_long": "note", "note_missing": "note"},
    about="m",
)
"""The form that corrects the button's note."""
