"""Recordings that wait until a member says to which loan, or to which call, each belongs."""

from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.permissions import require_role, roles_of
from desk.core.transaction import Desk
from desk.files.batches import BatchView, batch_view
from desk.loans.lookup import visible_loans
from desk.loans.views import slack_ids
from desk.people.members import manages
from desk.rules.file_kinds import KINDS
from storage.queries.files import files, recordings
from storage.queries.files.senders import Senders
from storage.queries.loans import loans
from storage.tables import Member, StoredFile

MOST_LISTED = 10
"""How many recordings that wait are listed, those that wait longest first."""

_AUDIO = frozenset(code for code, kind in KINDS.items() if kind.audio)


@dataclass(frozen=True, slots=True)
class WaitingRecording:
    """A recording that waits: for its loan (`batch_id` is that of its message) or, on the loan `number`, for its call. `by` is
    the Slack id of who sent or added it, `name` what they call it, empty for a link."""

    id: UUID
    batch_id: UUID | None
    number: str
    name: str = field(repr=False)
    seconds: int | None
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class WaitingList:
    """Recordings that wait. `more`: there are more than are listed."""

    rows: tuple[WaitingRecording, ...]
    more: bool


async def waiting_recordings(desk: Desk) -> WaitingList:
    """Return the recordings that wait: the acting member's own, and for managers those of the members they manage.

    Raises NotAllowed (`role_missing`).
    """
    require_role(desk, "send_file")
    desk.discloses = "recordings"
    whose = _whose(desk)
    sent = await files.waiting_of(desk.session, desk.workspace.id, _AUDIO, whose, limit=MOST_LISTED + 1)
    added = await recordings.without_call(desk.session, desk.workspace.id, whose, limit=MOST_LISTED + 1)
    people = await slack_ids(desk, [row.member_id for row in sent] + [row.added_by_id for row, _ in added])
    numbers = await loans.numbers_among(desk.session, {row.loan_id for row, _ in added}, visible=visible_loans(desk))
    rows = [
        WaitingRecording(row.id, row.batch_id, "", _name(desk, row), row.seconds, row.made_at, people[row.member_id])
        for row in sent
    ]
    rows += [
        WaitingRecording(
            row.id, None, numbers[row.loan_id], _name(desk, file), row.seconds, row.at, people[row.added_by_id]
        )
        for row, file in added
        if row.loan_id in numbers
    ]
    rows.sort(key=lambda each: (each.at, each.id))
    return WaitingList(tuple(rows[:MOST_LISTED]), len(rows) > MOST_LISTED)


async def batch_to_attach(desk: Desk, batch_id: UUID) -> BatchView:
    """Return what the acting member, or a member whom they manage, sent together.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_file`).
    """
    require_role(desk, "send_file")
    rows = await files.of_batch(desk.session, desk.workspace.id, batch_id)
    if not rows or not await _may_attach(desk, rows[0].member_id):
        raise NotFound("unknown_file")
    return await batch_view(desk, rows)


async def _may_attach(desk: Desk, sender_id: UUID) -> bool:
    if sender_id == desk.member.id:
        return True
    if "manager" not in roles_of(desk.member):
        return False
    return desk.workspace.managers_see_all or await manages(desk, await desk.session.get_one(Member, sender_id))


def _whose(desk: Desk) -> Senders:
    """Return whose recordings the acting member sees waiting: a manager those of their teams, of all where managers see all."""
    member = desk.member
    is_manager = "manager" in roles_of(member)
    return Senders(member.id, everybody=is_manager and desk.workspace.managers_see_all, managed=is_manager)


def _name(desk: Desk, file: StoredFile | None) -> str:
    return unreadable.read(desk, StoredFile.name_cipher, file) if file is not None else ""
