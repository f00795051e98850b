"""The forms about recordings of calls: add one by file or link, say to which call one belongs, discard one."""

from uuid import UUID

from desk.core.errors import Invalid
from desk.core.vocabulary import NOTE_LIMIT
from desk.files import call_recordings
from desk.files.intake import MOST_AT_ONCE, IncomingFile
from desk.files.waiting_recordings import batch_to_attach
from desk.rules.recording_names import time_in_name
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, NO_CHOICE, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.files import expected
from handlers.messages.recordings import call_words, discarded_recording, saved

_LINK_LIMIT = 2000


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form. `b` in `private` names the files of a message, `l` the loan.

    The call nearest in time is proposed: to the time in the file's name, or else to when it was sent."""
    t, near = request.t, request.desk.now
    batch = await batch_to_attach(request.desk, UUID(private["b"])) if "b" in private else None
    if batch is not None:
        private = {"l": batch.wished_loan, **private}
        sent = batch.recordings or batch.files
        near = time_in_name(sent[0].name, request.zone) or sent[0].sent_at
    form, chosen = await start_form(request, private, typed)
    if chosen is not None:
        _call_field(t, form, request, await call_recordings.calls_for_recording(request.desk, chosen.id, near))
    if batch is None and request.desk.files is not None:
        form.files(t("Files"), most=MOST_AT_ONCE, optional=True, hint=t("WAV, MP3, Ogg, M4A, AMR"))
    if batch is None:
        form.text("link", t("Or a link to your recording system"), optional=True, limit=_LINK_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Add what was sent, chosen or linked to the call."""
    loan, call, link = loan_of(request), _chosen_call(request), request.one("link").strip()
    files = [IncomingFile(file_id, "") for file_id in request.several("files")]
    if "b" in request.private:
        batch = await batch_to_attach(request.desk, UUID(request.private["b"]))
        ids = {file.id for file in batch.recordings}
        result = await call_recordings.attach_batch(request.desk, batch.id, ids, loan=loan, call_id=call)
        return saved(request.t, result, request.zone)
    if bool(files) == bool(link):
        raise Invalid("recording_missing")
    if link:
        result = await call_recordings.add_link(request.desk, loan=loan, call_id=call, link=link)
        return saved(request.t, result, request.zone)
    taken = await call_recordings.expect_recordings(request.desk, loan=loan, call_id=call, incoming=files)
    return expected(request.t, taken)


async def build_move(request: Request, private: Private, typed: Typed) -> View:
    """Write the calls of the recording's loan. `r` in `private` names the recording; the form carries its version."""
    t, desk = request.t, request.desk
    loan, row = await call_recordings.recording_to_change(desk, UUID(private["r"]), "move_recording")
    form = FormWriter(t, {"v": row.version, **private}, {"call": str(row.call_id or NO_CHOICE), **typed})
    near = await call_recordings.taken_at(desk, row)
    _call_field(t, form, request, await call_recordings.calls_for_recording(desk, loan.id, near))
    return form.view(MOVE.name, t(MOVE.title), submit=t("Save"))


async def submit_move(request: Request) -> Message:
    """Move the recording to that call."""
    private = request.private
    result = await call_recordings.move_recording(request.desk, UUID(private["r"]), private["v"], _chosen_call(request))
    return saved(request.t, result, request.zone)


async def build_discard(request: Request, private: Private, typed: Typed) -> View:
    """Ask for the reason. `r` in `private` names the recording; the form carries its version."""
    t = request.t
    _loan, row = await call_recordings.recording_to_change(request.desk, UUID(private["r"]), "discard_recording")
    form = FormWriter(t, {"v": row.version, **private}, typed)
    form.text("reason", t("Reason"), long=True, limit=NOTE_LIMIT)
    form.small(t("Nobody can play it afterwards. It is kept as long as your rules of retention say."))
    return form.view(DISCARD.name, t(DISCARD.title), submit=t("Discard"))


async def submit_discard(request: Request) -> Message:
    """Discard the recording."""
    private = request.private
    result = await call_recordings.discard_recording(
        request.desk, UUID(private["r"]), private["v"], request.one("reason")
    )
    return discarded_recording(request.t, result)


def _call_field(
    t: Translator, form: FormWriter, request: Request, offers: tuple[call_recordings.CallOffer, ...]
) -> None:
    options = [Option(call_words(t, each, request.zone), str(each.id)) for each in offers]
    options.append(Option(t("no call yet"), NO_CHOICE))
    form.choice("call", t("Phone call"), options, proposed=options[0].value)


def _chosen_call(request: Request) -> UUID | None:
    chosen = request.one("call")
    return None if chosen in ("", NO_CHOICE) else UUID(chosen)


FORM = Form(
    name="recording",
    right="send_file",
    title=_("Recording of a call"),
    build=build,
    submit=submit,
    main="call",
    fields={
        **LOAN_REFUSALS,
        "recording_link": "link",
        "recording_missing": "link",
        "unknown_call": "call",
        "too_many_files": "files",
    },
    keeps_drafts=False,
)
"""Recordings by file or link."""

MOVE = Form(
    name="move_recording",
    right="move_recording",
    title=_("Other call"),
    build=build_move,
    submit=submit_move,
    main="call",
    fields={"unknown_call": "call"},
    about="r",
)
"""To which call a recording belongs."""

DISCARD = Form(
    name="discard_recording",
    right="discard_recording",
    title=_("Discard a recording"),
    build=build_discard,
    submit=submit_discard,
    main="reason",
    fields={"note_too_long": "reason", "discard_reason_missing": "reason"},
    about="r",
)
"""A recording that is of something else."""
