"""Recordings that the operator adds from a folder or as links: each counts as added by who made its call, or by the loan's owner,
and the audit trail has the account that ran the command."""

from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.files.call_recordings import check_link
from desk.files.inspection import FileFacts
from desk.rules.recording_names import time_in_name
from storage.engine.types import new_id
from storage.queries.calls import calls
from storage.queries.files import recordings
from storage.queries.loans import loans
from storage.tables import Call, Loan, Recording, StoredFile

NEAR = timedelta(minutes=30)
"""How far a call may be from the time that is given for its recording: calls are logged when they are over."""


Why = Literal["unknown_loan", "no_call_near", "nobody", "bad_link", "not_audio", "there", "gone"]


class NotAddedError(Exception):
    """A recording cannot be added. `why` is `unknown_loan`; `no_call_near` the time that was given; `nobody`: no call is named,
    and the loan has no owner; `bad_link`; `not_audio`; `there`: the loan has it; `gone`: the loan was removed meanwhile."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Wanted:
    """A recording that is to be added: the loan's number, and when its call was; None: the name of the file may say so."""

    number: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A recording whose bytes are to be stored under `blob_id`; `call_at` is when its call was, None: no call is named yet."""

    file_id: UUID
    blob_id: UUID
    loan_id: UUID
    call_id: UUID | None
    call_at: datetime | None
    name: str = field(repr=False)


async def begin(desk: Desk, wanted: Wanted, name: str) -> Begun:
    """Write the row of a file that is to become a recording, so that its bytes are nobody's leftovers. Without `finish` it is
    deleted after a week. Raises NotAddedError."""
    loan, call, member_id = await _place(desk, wanted, name)
    row_id = new_id()
    row = StoredFile(
        id=row_id,
        workspace_id=desk.workspace.id,
        batch_id=row_id,
        member_id=member_id,
        slack_file_id="",
        state="making",
        name_cipher=desk.cipher.encrypt(StoredFile.name_cipher, row_id, name),
        blob_id=(blob_id := new_id()),
        loan_id=loan.id,
        made_at=desk.now,
    )
    desk.add(row)
    return Begun(row_id, blob_id, loan.id, call and call.id, call and call.at, name)


async def finish(desk: Desk, begun: Begun, facts: FileFacts, key: str, by: str) -> None:
    """Make the stored file a recording of its loan. Raises NotAddedError (`not_audio`, `there`, `gone`)."""
    if not facts.kind.audio:
        raise NotAddedError("not_audio")
    loan = await desk.session.get(Loan, begun.loan_id, with_for_update=True)
    file = await desk.session.get(StoredFile, begun.file_id)
    if loan is None or file is None:
        raise NotAddedError("gone")
    if await recordings.has_bytes(desk.session, loan.id, facts.sha256):
        raise NotAddedError("there")
    call = await desk.session.get(Call, begun.call_id) if begun.call_id else None
    file.state, file.stored_at, file.seconds = "filed", desk.now, facts.seconds
    file.kind, file.size, file.pages, file.sha256 = facts.kind.code, facts.size, facts.pages, facts.sha256
    file.key_cipher = desk.cipher.encrypt(StoredFile.key_cipher, file.id, key)
    desk.add(file)
    row = _row(desk, loan, call if call is not None and call.undone_at is None else None, file.member_id)
    row.file_id, row.seconds = file.id, facts.seconds
    _record(desk, row, by)


async def forget(desk: Desk, begun: Begun) -> None:
    """Forget a file that did not become a recording; its bytes are leftovers."""
    file = await desk.session.get(StoredFile, begun.file_id)
    if file is not None and file.state == "making":
        await desk.session.delete(file)


async def add_link(desk: Desk, wanted: Wanted, link: str, by: str) -> datetime | None:
    """Add a recording that the lender's own system keeps. Return when its call was, None: no call is named yet.
    Raises NotAddedError."""
    try:
        check_link(link)
    except Invalid:
        raise NotAddedError("bad_link") from None
    loan, call, member_id = await _place(desk, wanted, "")
    for there, _file in await recordings.of_loan(desk.session, loan.id):
        if (
            there.link_cipher
            and there.discarded_at is None
            and unreadable.read(desk, Recording.link_cipher, there) == link
        ):
            raise NotAddedError("there")
    row = _row(desk, loan, call, member_id)
    row.link_cipher = desk.cipher.encrypt(Recording.link_cipher, row.id, link)
    _record(desk, row, by)
    return call and call.at


async def _place(desk: Desk, wanted: Wanted, name: str) -> tuple[Loan, Call | None, UUID]:
    """Return the loan, the call and the member as whose a recording is added."""
    found = await loans.by_number(desk.session, desk.workspace.id, wanted.number)
    loan = await desk.session.get(Loan, found.id, with_for_update=True) if found is not None else None
    if loan is None:
        raise NotAddedError("unknown_loan")
    call = await _call(desk, loan, wanted, name)
    member_id = call.caller_id if call is not None else loan.owner_id
    if member_id is None:
        raise NotAddedError("nobody")
    return loan, call, member_id


async def _call(desk: Desk, loan: Loan, wanted: Wanted, name: str) -> Call | None:
    """Return the call that is nearest to the time that was given; by the time in a name only one that nothing else is near."""
    at = wanted.at or time_in_name(name, ZoneInfo(desk.workspace.zone))
    if at is None:
        return None
    near = [
        call for call in await calls.nearest_of_loan(desk.session, loan.id, at, limit=2) if abs(call.at - at) <= NEAR
    ]
    if wanted.at is not None:
        if not near:
            raise NotAddedError("no_call_near")
        return near[0]
    return near[0] if len(near) == 1 else None


def _row(desk: Desk, loan: Loan, call: Call | None, member_id: UUID) -> Recording:
    return Recording(
        id=new_id(),
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        call_id=call.id if call is not None else None,
        added_by_id=member_id,
        at=desk.now,
        ready_at=desk.now,
    )


def _record(desk: Desk, row: Recording, by: str) -> None:
    desk.add(row)
    desk.audit("add_recording", loan_id=row.loan_id, subject_id=row.id, call=str(row.call_id), by=by)
