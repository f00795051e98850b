"""Recordings of calls: those of a loan, to which call one belongs, and who may listen."""

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.permissions import Relation, allows
from desk.core.transaction import Desk
from desk.loans.views import slack_ids
from desk.people.relations import relations_to_held
from storage.queries.calls import calls
from storage.queries.files import recordings
from storage.tables import Call, Loan, Recording, StoredFile


@dataclass(frozen=True, slots=True)
class Listened:
    """Who opened a recording (their Slack id), and when."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordingView:
    """A recording. `seconds` is its length, None: unknown. One that is kept elsewhere (`is_link`) has no `sha256` and no `kind`.

    `file_id` is the file of its bytes, None for a link.

    `call_id`, `call_at` and `outcome` say which call it is of; None and "" until a member has said that, and when the call was
    undone. `discarded_at` and `why` say that it was discarded. `listened` is the whole list, the earliest first, for who may see
    it (`see_listeners`), else empty. `may_play`, `may_move` and `may_discard` say what the acting member may do.
    """

    id: UUID
    version: int
    at: datetime
    added_by: str
    seconds: int | None
    is_link: bool
    file_id: UUID | None
    name: str = field(repr=False)
    kind: str
    size: int
    sha256: str
    call_id: UUID | None
    call_at: datetime | None
    outcome: str
    discarded_at: datetime | None
    why: str = field(repr=False)
    listened: tuple[Listened, ...]
    may_play: bool
    may_move: bool
    may_discard: bool


async def recordings_of_loan(
    desk: Desk, loan: Loan, *, offset: int = 0, limit: int | None = None
) -> tuple[RecordingView, ...]:
    """Return the recordings of a loan that the acting member sees, discarded ones too, the latest first."""
    rows = await recordings.of_loan(desk.session, loan.id, offset=offset, limit=limit)
    found = await calls.by_ids(desk.session, {row.call_id for row, _ in rows if row.call_id})
    of_calls = {call_id: call for call_id, call in found.items() if call.undone_at is None}
    plays = await _plays(desk, [row.id for row, _ in rows])
    people = await slack_ids(desk, (row.added_by_id for row, _ in rows))
    makers = {row.added_by_id for row, _ in rows} | {call.caller_id for call in of_calls.values()}
    related = {maker: await relations_to_held(desk, maker, loan) for maker in makers}
    return tuple(
        _view(desk, row, file, of_calls.get(row.call_id) if row.call_id else None, people, plays, related)
        for row, file in rows
    )


async def lengths_of_calls(desk: Desk, call_ids: Collection[UUID]) -> dict[UUID, tuple[int | None, ...]]:
    """Return the lengths in seconds (None: unknown) of the recordings of these calls, by call; one without any is missing."""
    found: dict[UUID, tuple[int | None, ...]] = {}
    for row in await recordings.of_calls(desk.session, call_ids):
        assert row.call_id is not None
        found[row.call_id] = (*found.get(row.call_id, ()), row.seconds)
    return found


async def _plays(desk: Desk, recording_ids: Collection[UUID]) -> dict[UUID, tuple[Listened, ...]]:
    if not allows(desk.member, "see_listeners"):
        return {}
    rows = await recordings.plays_of(desk.session, recording_ids)
    names = await slack_ids(desk, (row.member_id for row in rows))
    found: dict[UUID, tuple[Listened, ...]] = {}
    for row in rows:
        listened = Listened(names[row.member_id], row.at)
        found[row.recording_id] = (*found.get(row.recording_id, ()), listened)
    return found


def _view(
    desk: Desk,
    row: Recording,
    file: StoredFile | None,
    call: Call | None,
    people: Mapping[UUID | None, str],
    plays: Mapping[UUID, tuple[Listened, ...]],
    related: Mapping[UUID, Collection[Relation]],
) -> RecordingView:
    to_call = related[call.caller_id if call else row.added_by_id]
    to_row = related[row.added_by_id]
    there = row.discarded_at is None
    return RecordingView(
        id=row.id,
        version=row.version,
        at=row.at,
        added_by=people[row.added_by_id],
        seconds=row.seconds,
        is_link=file is None,
        file_id=file.id if file else None,
        name=unreadable.read(desk, StoredFile.name_cipher, file) if file else "",
        kind=(file.kind or "") if file else "",
        size=(file.size or 0) if file else 0,
        sha256=(file.sha256 or "") if file else "",
        call_id=call.id if call else None,
        call_at=call.at if call else None,
        outcome=call.outcome if call else "",
        discarded_at=row.discarded_at,
        why=unreadable.read(desk, Recording.discarded_why_cipher, row) if row.discarded_why_cipher else "",
        listened=plays.get(row.id, ()),
        may_play=there and allows(desk.member, "play_recording", to_call),
        may_move=there and allows(desk.member, "move_recording", to_row),
        may_discard=there and allows(desk.member, "discard_recording", to_row),
    )
