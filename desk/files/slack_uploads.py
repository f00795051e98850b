"""Files that the desk made, sent to their member as files in Slack: only where the workspace's setting allows it.

In Slack a file is kept and seen by Slack's rules, not by the desk's: nothing asks there again who may open it, and nothing
deletes it after a week. What the member may is asked when they ask for it, and again before it is sent.
"""

from dataclasses import field
from datetime import datetime, timedelta
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid, NotFound
from desk.core.transaction import Desk
from desk.documents.files import file_view
from desk.files.made import may_open_made
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import is_at_desk
from storage.engine.types import new_id
from storage.queries.files import files, uploads
from storage.tables import Member, SlackUpload, StoredFile

SENT = frozenset({"export", "case"})
"""What may be sent, by what the file is: lists and case files. Exports of one person's data are not."""

LARGEST = 1024**3
"""The largest file that Slack takes, in bytes."""

HELD_FOR = timedelta(minutes=10)
"""How long a worker may take; then another begins."""

TRIES = 3
"""How often the worker tries to send one."""

_AGAIN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class UploadToDo:
    """A file whose turn it is to be sent. `slack_file_id` is what Slack calls it, if an earlier try came so far; `tries` tells
    one try from another."""

    id: UUID
    tries: int
    name: str = field(repr=False)
    size: int
    blob_id: UUID
    key: str = field(repr=False)
    channel_id: str
    slack_file_id: str | None


@dataclass(frozen=True, slots=True)
class UploadView:
    """What became of a file that was to be sent: its name, and the code of why it was not (`forbidden`, `withheld`, `too_large`,
    `failed`; empty: it is under way, or there)."""

    file_id: UUID
    name: str = field(repr=False)
    why: str


def may_be_sent(desk: Desk, what: str | None) -> bool:
    """Return whether files of this kind are sent in Slack here."""
    return desk.workspace.files_in_slack and what in SENT


async def ask_upload(desk: Desk, file_id: UUID, channel_id: str) -> None:
    """Have a file sent to the acting member, in their direct conversation with the bot. Asked for twice, it is sent once.

    Raises NotFound (`unknown_file`, `press_unknown`: not asked in a direct conversation) and Invalid (`files_stay_at_desk`,
    `upload_too_large`).
    """
    file = await files.lock(desk.session, file_id)  # a second press waits, and finds what the first asked for
    if file is None or not await may_open_made(desk, file):
        raise NotFound("unknown_file")
    if not may_be_sent(desk, file.document):
        raise Invalid("files_stay_at_desk")
    if not channel_id.startswith("D"):
        raise NotFound("press_unknown")
    if (file.size or 0) > LARGEST:
        raise Invalid("upload_too_large", gigabytes=LARGEST // 1024**3)
    if await uploads.waiting_of(desk.session, file.id, desk.member.id) is not None:
        return
    desk.add(
        SlackUpload(
            id=new_id(),
            workspace_id=desk.workspace.id,
            file_id=file.id,
            member_id=desk.member.id,
            channel_id=channel_id,
            asked_at=desk.now,
            send_at=desk.now,
        )
    )
    desk.audit("ask_file_in_slack", loan_id=file.loan_id, subject_id=file.id)


async def hold_next(desk: Desk) -> UploadToDo | None:
    """Take the next file that is to be sent, for `HELD_FOR`; None if there is none, or if it may not be sent any more."""
    row = await uploads.next_to_send(desk.session, desk.workspace.id, desk.now) if desk.files else None
    if row is None:
        return None
    member, file = (
        await desk.session.get_one(Member, row.member_id),
        await desk.session.get_one(StoredFile, row.file_id),
    )
    desk.actor = member
    row.tries += 1
    if row.tries > TRIES:
        await _give_up(desk, row, "failed")
        return None
    if not (is_at_desk(member) and may_be_sent(desk, file.document) and await may_open_made(desk, file)):
        desk.audit("file_refused", subject_id=file.id, member=str(member.id))
        await _give_up(desk, row, "forbidden")
        return None
    row.send_at = desk.now + HELD_FOR
    desk.add(row)
    assert file.blob_id is not None
    return UploadToDo(
        id=row.id,
        tries=row.tries,
        name=file_view(desk, file).name,
        size=file.size or 0,
        blob_id=file.blob_id,
        key=desk.cipher.decrypt(StoredFile.key_cipher, file),
        channel_id=row.channel_id,
        slack_file_id=row.slack_file_id,
    )


async def note_begun(desk: Desk, held: UploadToDo, slack_file_id: str) -> bool:
    """Record what Slack calls the file, before its bytes go there. Return whether this try still counts."""
    row = await _held(desk, held)
    if row is None:
        return False
    row.slack_file_id = slack_file_id
    desk.add(row)
    return True


async def record_sent(desk: Desk, held: UploadToDo, slack_file_id: str) -> None:
    """Record that the member has the file in Slack."""
    row = await _held(desk, held)
    if row is None:
        return
    row.send_at, row.sent_at = None, desk.now
    desk.add(row)
    member, file = (
        await desk.session.get_one(Member, row.member_id),
        await desk.session.get_one(StoredFile, row.file_id),
    )
    desk.actor = member
    about = {"roles": member.roles, "slack_file": slack_file_id, "sha256": file.sha256}
    desk.audit("file_in_slack", loan_id=file.loan_id, subject_id=file.id, **about)


async def record_unsent(desk: Desk, held: UploadToDo, why: str | None = None, again_at: datetime | None = None) -> None:
    """Have it tried again at that instant, or in a minute; with `why`, tell the member why it is not sent."""
    row = await _held(desk, held)
    if row is None:
        return
    if why is not None or row.tries >= TRIES:
        await _give_up(desk, row, why or "failed")
        return
    row.send_at = max(again_at or desk.now, desk.now + _AGAIN_AFTER)
    desk.add(row)


async def upload_view(desk: Desk, upload_id: UUID) -> UploadView | None:
    """Return what became of a file that was to be sent; None when it is no longer kept."""
    row = await desk.session.get(SlackUpload, upload_id)
    file = await desk.session.get(StoredFile, row.file_id) if row is not None else None
    return (
        UploadView(file.id, file_view(desk, file).name, row.why or "") if row is not None and file is not None else None
    )


async def _held(desk: Desk, held: UploadToDo) -> SlackUpload | None:
    row = await desk.session.get(SlackUpload, held.id, with_for_update=True)
    return row if row is not None and row.tries == held.tries and row.send_at is not None else None


async def _give_up(desk: Desk, row: SlackUpload, why: str) -> None:
    row.send_at, row.why = None, why
    desk.add(row)
    member = await desk.session.get_one(Member, row.member_id)
    facts = {"upload": str(row.id)}
    await queue_notice(desk, kind=kinds.FILE_NOT_SENT, key=f"upload:{row.id}", to=member, facts=facts)
