"""Add recordings to the calls of a loan, move one to another call, discard one, and open one that is kept elsewhere."""

from collections.abc import Collection, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.files.batches import revise_announcements
from desk.files.intake import FilesExpected, FileTarget, IncomingFile, expect_files
from desk.files.waiting_recordings import batch_to_attach
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.loans.recordings import RecordingView, recordings_of_loan
from desk.loans.views import LoanView, loan_view, slack_ids
from desk.people.members import is_at_desk
from desk.people.relations import relations_to_held
from desk.rules.file_kinds import KINDS
from storage.engine.types import new_id
from storage.queries.calls import calls
from storage.queries.files import files, recordings
from storage.tables import Call, Loan, Member, Recording, RecordingPlay, StoredFile

CALLS_OFFERED = 25
"""How many calls of a loan are offered for a recording, those nearest to it in time."""

MOST_LISTED = 10
"""How many recordings of a loan are listed at once."""

_LONGEST_LINK = 2000


@dataclass(frozen=True, slots=True)
class CallOffer:
    """A call to which a recording can belong. `who` is a Slack id."""

    id: UUID
    at: datetime
    outcome: str
    who: str


@dataclass(frozen=True, slots=True)
class RecordingSaved:
    """The loan, the call, if one was said, the recordings that were added, moved or discarded, and the id for Undo.

    `same` counts files that were at the loan already, by their SHA-256: they were left out.
    """

    loan: LoanView
    call: CallOffer | None
    count: int
    same: int
    undo_id: UUID | None


@dataclass(frozen=True, slots=True)
class RecordingList:
    """Recordings of a loan, from number `offset` on, the latest first. `more`: there are earlier ones."""

    loan: LoanView
    rows: tuple[RecordingView, ...]
    offset: int = 0
    more: bool = False


async def list_recordings(desk: Desk, loan_id: UUID, offset: int = 0) -> RecordingList:
    """Return the recordings of a loan. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    desk.discloses = "recordings"
    rows = await recordings_of_loan(desk, loan, offset=offset, limit=MOST_LISTED + 1)
    return RecordingList(await loan_view(desk, loan), rows[:MOST_LISTED], offset, len(rows) > MOST_LISTED)


async def calls_for_recording(desk: Desk, loan_id: UUID, near: datetime) -> tuple[CallOffer, ...]:
    """Return the calls of a loan that are nearest to that time, the nearest first. The acting member sees the loan."""
    rows = await calls.nearest_of_loan(desk.session, loan_id, near, limit=CALLS_OFFERED)
    names = await slack_ids(desk, (row.caller_id for row in rows))
    return tuple(CallOffer(row.id, row.at, row.outcome, names[row.caller_id]) for row in rows)


async def add_link(desk: Desk, *, loan: LoanRef, call_id: UUID | None, link: str) -> RecordingSaved:
    """Add a recording that the lender's own system keeps, by its https address, which is stored encrypted.

    Raises NotAllowed (`role_missing`), Invalid (`recording_link`), NotFound (`unknown_call`), and as `lookup.resolve` does.
    """
    require_role(desk, "send_file")
    check_link(link)
    named = (await lookup.resolve(desk, loan)).loan
    call = await _call_of(desk, named, call_id)
    row = _row(desk, named, call)
    row.link_cipher, row.ready_at = desk.cipher.encrypt(Recording.link_cipher, row.id, link), desk.now
    create(desk, row)
    return await _added(desk, named, call, [row.id])


async def expect_recordings(
    desk: Desk, *, loan: LoanRef, call_id: UUID | None, incoming: Sequence[IncomingFile]
) -> FilesExpected:
    """Have files fetched that become recordings of that call of the loan. One that is none is left to its sender to file.

    Raises as `add_link` and `intake.expect_files` do.
    """
    require_role(desk, "send_file")
    named = (await lookup.resolve(desk, loan)).loan
    call = await _call_of(desk, named, call_id)
    result = await expect_files(desk, incoming, target=FileTarget(named.id))
    await desk.session.flush()
    for file in result.rows:
        row = _row(desk, named, call)
        row.file_id = file
        desk.add(row)
    return result


async def attach_batch(
    desk: Desk, batch_id: UUID, file_ids: Collection[UUID], *, loan: LoanRef, call_id: UUID | None
) -> RecordingSaved:
    """Make these files, which the acting member or one whom they manage sent, recordings of that call of the loan, or of the
    loan until a call is said.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_file`, `unknown_call`), Conflict (`file_settled`), Invalid
    (`file_is_no_recording`), and as `lookup.resolve` does.
    """
    require_role(desk, "send_file")
    named = (await lookup.resolve(desk, loan)).loan
    call = await _call_of(desk, named, call_id)
    await batch_to_attach(desk, batch_id)
    rows = await files.of_batch(desk.session, desk.workspace.id, batch_id, locked=True)
    rows = [row for row in rows if row.id in file_ids]
    if not rows or any(row.state != "waiting" for row in rows):
        raise Conflict("file_settled")
    if not all(is_recording(row) for row in rows):
        raise Invalid("file_is_no_recording")
    added = [await _attach(desk, named, call, row) for row in rows]
    await revise_announcements(desk, [batch_id])
    return await _added(desk, named, call, [each for each in added if each is not None], same=added.count(None))


async def settle_expected(desk: Desk, file_id: UUID) -> None:
    """Make a file that has arrived the recording as which it was sent. One that is none, or whose sender may not see the loan
    any more, is left to its sender."""
    row, file = await recordings.of_file(desk.session, file_id), await files.lock(desk.session, file_id)
    if row is None or row.ready_at is not None or file is None or file.state == "expected":
        return
    sender = await desk.session.get_one(Member, file.member_id)
    sees = is_at_desk(sender) and await lookup.may_see_as(desk, sender, row.loan_id)
    if file.state != "waiting" or not is_recording(file) or not sees:
        await desk.session.delete(row)
        return
    if await recordings.has_bytes(desk.session, row.loan_id, file.sha256 or ""):
        await desk.session.delete(row)
        file.state, file.why, file.blob_id, file.key_cipher = "refused", "same", None, None
    else:
        row.ready_at, row.seconds = desk.now, file.seconds
        file.state, file.loan_id = "filed", row.loan_id
        desk.add(row)
        desk.audit("add_recording", loan_id=row.loan_id, subject_id=row.id, call=str(row.call_id))
    desk.add(file)
    await revise_announcements(desk, [file.batch_id])


async def recording_to_change(desk: Desk, recording_id: UUID, act: str) -> tuple[Loan, Recording]:
    """Return a recording that the acting member may move or discard, and its loan, both locked.

    Raises NotFound (`unknown_recording`), NotAllowed (`role_missing`, `recording_not_yours`), Conflict (`recording_changed`: it
    was discarded).
    """
    require_role(desk, act)
    loan, row = await visible_recording(desk, recording_id)
    require(desk, act, await relations_to_held(desk, row.added_by_id, loan))
    if row.discarded_at is not None:
        raise Conflict("recording_changed")
    return loan, row


async def taken_at(desk: Desk, row: Recording) -> datetime:
    """Return about when a recording was taken: at its call, or before it was added."""
    call = await desk.session.get(Call, row.call_id) if row.call_id else None
    return call.at if call is not None else row.at


async def move_recording(desk: Desk, recording_id: UUID, version: int, call_id: UUID | None) -> RecordingSaved:
    """Say to which call of its loan a recording belongs.

    Raises as `recording_to_change` does, Conflict (`recording_changed`), NotFound (`unknown_call`), Invalid
    (`nothing_changed_here`).
    """
    loan, row = await recording_to_change(desk, recording_id, "move_recording")
    if row.version != version:
        raise Conflict("recording_changed")
    call = await _call_of(desk, loan, call_id)
    if row.call_id == call_id:
        raise Invalid("nothing_changed_here")
    track(desk, row)
    before, row.call_id = row.call_id, call_id
    desk.audit("move_recording", loan_id=loan.id, subject_id=row.id, call=str(call_id), before=str(before))
    await desk.session.flush()
    undo_id = offer_undo(desk, "move_recording", loan_id=loan.id)
    return RecordingSaved(await loan_view(desk, loan), await _offer(desk, call), 1, 0, undo_id)


async def discard_recording(desk: Desk, recording_id: UUID, version: int, why: str) -> RecordingSaved:
    """Discard a recording: it is shown as discarded, with the reason, and nobody plays it. Its bytes stay as long as retention
    says.

    Raises as `recording_to_change` does, Conflict (`recording_changed`), Invalid (`reason_missing`, `note_too_long`).
    """
    if not why.strip():
        raise Invalid("discard_reason_missing")
    check_note(why)
    loan, row = await recording_to_change(desk, recording_id, "discard_recording")
    if row.version != version:
        raise Conflict("recording_changed")
    track(desk, row)
    row.discarded_at, row.discarded_by_id = desk.now, desk.member.id
    row.discarded_why_cipher = desk.cipher.encrypt(Recording.discarded_why_cipher, row.id, why)
    desk.audit("discard_recording", loan_id=loan.id, subject_id=row.id, call=str(row.call_id))
    await desk.session.flush()
    undo_id = offer_undo(desk, "discard_recording", loan_id=loan.id)
    return RecordingSaved(await loan_view(desk, loan), None, 1, 0, undo_id)


async def require_playable(desk: Desk, recording_id: UUID) -> Recording:
    """Return a recording that the acting member may listen to.

    Raises NotFound (`unknown_recording`), NotAllowed (`role_missing`, `recording_not_yours`), Conflict (`recording_changed`).
    """
    require_role(desk, "play_recording")
    loan, row = await visible_recording(desk, recording_id, locked=False)
    call = await desk.session.get(Call, row.call_id) if row.call_id else None
    of_whom = row.added_by_id if call is None or call.undone_at is not None else call.caller_id
    require(desk, "play_recording", await relations_to_held(desk, of_whom, loan))
    if row.discarded_at is not None:
        raise Conflict("recording_changed")
    return row


async def show_link(desk: Desk, recording_id: UUID) -> str:
    """Return the address of a recording that is kept elsewhere. That counts as listening. Raises as `require_playable`."""
    row = await require_playable(desk, recording_id)
    note_played(desk, row)
    return unreadable.read(desk, Recording.link_cipher, row)


def note_played(desk: Desk, row: Recording) -> None:
    """Record that the acting member opened a recording."""
    desk.add(RecordingPlay(workspace_id=desk.workspace.id, recording_id=row.id, member_id=desk.member.id, at=desk.now))
    desk.audit("recording_opened", loan_id=row.loan_id, subject_id=row.id, call=str(row.call_id))


async def visible_recording(desk: Desk, recording_id: UUID, *, locked: bool = True) -> tuple[Loan, Recording]:
    """Return a recording on a loan that the acting member sees. Raises NotFound (`unknown_recording`)."""
    row = await desk.session.get(Recording, recording_id)
    there = row is not None and row.ready_at is not None and row.undone_at is None
    if row is None or not there or not await lookup.may_see(desk, row.loan_id):
        raise NotFound("unknown_recording")
    if not locked:
        return await desk.session.get_one(Loan, row.loan_id), row
    loan = await lookup.lock_by_id(desk, row.loan_id)
    await desk.session.refresh(row)
    return loan, row


def is_recording(file: StoredFile) -> bool:
    """Return whether a stored file is a recording of a call, by its content."""
    return file.kind in KINDS and KINDS[file.kind].audio


async def _attach(desk: Desk, loan: Loan, call: Call | None, file: StoredFile) -> UUID | None:
    if await recordings.has_bytes(desk.session, loan.id, file.sha256 or ""):
        file.state, file.why, file.blob_id, file.key_cipher = "refused", "same", None, None
        file.version += 1
        desk.add(file)
        return None
    if (expected := await recordings.of_file(desk.session, file.id)) is not None:
        await desk.session.delete(expected)
    track(desk, file)
    file.state, file.loan_id = "filed", loan.id
    row = _row(desk, loan, call)
    row.file_id, row.seconds, row.ready_at = file.id, file.seconds, desk.now
    create(desk, row)
    return row.id


async def _call_of(desk: Desk, loan: Loan, call_id: UUID | None) -> Call | None:
    if call_id is None:
        return None
    call = await desk.session.get(Call, call_id)
    if call is None or call.loan_id != loan.id or call.undone_at is not None:
        raise NotFound("unknown_call")
    return call


async def _added(desk: Desk, loan: Loan, call: Call | None, ids: Sequence[UUID], *, same: int = 0) -> RecordingSaved:
    for each in ids:
        desk.audit("add_recording", loan_id=loan.id, subject_id=each, call=str(call.id if call else None))
    await desk.session.flush()
    undo_id = offer_undo(desk, "add_recording", loan_id=loan.id) if ids else None
    return RecordingSaved(await loan_view(desk, loan), await _offer(desk, call), len(ids), same, undo_id)


async def _offer(desk: Desk, call: Call | None) -> CallOffer | None:
    if call is None:
        return None
    names = await slack_ids(desk, [call.caller_id])
    return CallOffer(call.id, call.at, call.outcome, names[call.caller_id])


def _row(desk: Desk, loan: Loan, call: Call | None) -> Recording:
    return Recording(
        id=new_id(),
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        call_id=call.id if call else None,
        added_by_id=desk.member.id,
        at=desk.now,
    )


def check_link(link: str) -> None:
    """Raise Invalid (`recording_link`) for what is no https address that members can open."""
    try:
        to = urlsplit(link)
        usable = to.scheme == "https" and bool(to.hostname) and "@" not in to.netloc and len(link) <= _LONGEST_LINK
    except ValueError:
        usable = False
    if not usable or not link.isascii() or not link.isprintable() or " " in link or "\\" in link:
        raise Invalid("recording_link")
