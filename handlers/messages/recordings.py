"""The recordings of a loan, and what became of one. Only the reader sees them."""

from zoneinfo import ZoneInfo

from desk.files.call_recordings import MOST_LISTED, CallOffer, RecordingList, RecordingSaved
from desk.files.waiting_recordings import WaitingList
from desk.loans.recordings import RecordingView
from handlers.messages.block_kit.elements import form_button, outcome, pages, undo_button
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.file_lines import length, size

_LISTENERS = 5
"""How many of the last who listened are listed."""


def recordings(t: Translator, view: RecordingList, zone: ZoneInfo) -> Message:
    """Render the recordings of a loan, each with what the reader may do."""
    writer = Writer().line(Bold(view.loan.number), " · ", t("Recordings"))
    if not view.rows:
        writer.line(t("There are no recordings yet."))
    for number, row in enumerate(view.rows, view.offset + 1):
        writer.bullets([[f"{number}. ", *_line(t, row, zone)]]).quote(row.why)
        for each in row.listened[-_LISTENERS:]:
            writer.phrase(t, "{who} listened {when}", who=Mention(each.who), when=t.minute(each.at, zone))
        value = {"r": str(row.id)}
        writer.buttons(
            *([Button(t("Play {n}", n=number), "recording.play", value)] if row.may_play else ()),
            *([_form(t("Other call {n}", n=number), "move_recording", value)] if row.may_move else ()),
            *([_form(t("Discard {n}", n=number), "discard_recording", value)] if row.may_discard else ()),
        )
    loan = {"l": str(view.loan.id)}
    found = pages(t, "recording.list", loan, offset=view.offset, shown=len(view.rows), more=view.more, page=MOST_LISTED)
    return writer.buttons(*found, form_button(t("Add recording"), "recording", loan=view.loan.id)).message()


def saved(t: Translator, result: RecordingSaved, zone: ZoneInfo) -> Message:
    """Render the answer to recordings that were added, moved or discarded."""
    writer = Writer().line(Bold(result.loan.number), " · ", t("Recordings"))
    if result.count:
        writer.line(
            t("Saved; of the call {call}.", call=call_words(t, result.call, zone))
            if result.call
            else t("Saved. It belongs to no call yet.")
        )
    if result.same:
        writer.line(t("not taken: the same recording is already at the loan"))
    return writer.buttons(*([undo_button(t, result.undo_id)] if result.undo_id else ())).message()


def discarded_recording(t: Translator, result: RecordingSaved) -> Message:
    """Render the answer to a recording that was discarded."""
    writer = Writer().line(
        Bold(result.loan.number), " · ", t("The recording is discarded. The list keeps it with the reason.")
    )
    return writer.buttons(*([undo_button(t, result.undo_id)] if result.undo_id else ())).message()


def kept_elsewhere(t: Translator, link: str) -> Message:
    """Render the address of a recording that is kept elsewhere."""
    writer = Writer().line(t("Your recording system keeps it. That you asked is recorded."))
    return writer.buttons(Button(t("Open the page"), "files.follow", url=link, style="primary")).message()


def waiting(t: Translator, view: WaitingList, zone: ZoneInfo) -> Message:
    """Render the recordings that wait, each with the form that says to which call it belongs."""
    writer = Writer().line(Bold(t("Recordings that wait")))
    if not view.rows:
        return writer.line(t("No recording waits.")).message()
    for number, row in enumerate(view.rows, 1):
        where: list[Inline] = [Bold(row.number), " · ", t("no call yet")] if row.number else [t("no loan yet")]
        name = row.name or t("kept elsewhere")
        said: list[Inline] = [f"{number}. ", *where, f" · {name} · {length(t, row.seconds)} · "]
        writer.bullets([[*said, t.minute(row.at, zone), " · ", Mention(row.by)]])
        if row.batch_id is not None:
            value = {"form": "recording", "b": str(row.batch_id)}
            writer.buttons(Button(t("Choose loan and call {n}", n=number), "form.open", value))
        else:
            writer.buttons(_form(t("Other call {n}", n=number), "move_recording", {"r": str(row.id)}))
    if view.more:
        writer.line(t("There are more; those that wait longest are shown first."))
    return writer.message()


def call_words(t: Translator, call: CallOffer, zone: ZoneInfo) -> str:
    """Return a call in words: `25 Nov 10:00 reached`."""
    return f"{t.minute(call.at, zone)} {outcome(t, call.outcome)}"


def _line(t: Translator, row: RecordingView, zone: ZoneInfo) -> list[Inline]:
    words: list[Inline] = []
    if row.call_at is not None:
        words += phrase(t, "call {when}", when=Bold(f"{t.minute(row.call_at, zone)} {outcome(t, row.outcome)}"))
    else:
        words.append(Bold(t("no call yet")))
    words.append(f" · {length(t, row.seconds)}")
    words.append(" · " + (t("kept elsewhere") if row.is_link else f"{row.kind.upper()} · {size(row.size)}"))
    if row.discarded_at is not None:
        words += [" · ", Bold(t("discarded"))]
    return [*words, " · ", Mention(row.added_by)]


def _form(label: str, form: str, value: dict[str, str]) -> Button:
    return Button(label, "form.open", {"form": form, **value})
