"""Files that members asked to have sent to them in Slack."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import SlackUpload


async def next_to_send(session: Work, workspace_id: UUID, now: datetime) -> SlackUpload | None:
    """Return the file whose turn it is to be sent, locked; None if there is none."""
    statement = (
        select(SlackUpload)
        .where(SlackUpload.workspace_id == workspace_id, col(SlackUpload.send_at) <= now)
        .order_by(col(SlackUpload.send_at), col(SlackUpload.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).first()


async def waiting_of(session: Work, file_id: UUID, member_id: UUID) -> SlackUpload | None:
    """Return what the member asked for of a file and has not got yet."""
    statement = select(SlackUpload).where(
        SlackUpload.file_id == file_id, SlackUpload.member_id == member_id, col(SlackUpload.send_at).is_not(None)
    )
    return (await session.exec(statement.limit(1))).first()
