"""Correct restored notices: since the backup the desk may have sent messages that the rows do not know.

Every attempt and every round gets a number that the lost database cannot have used, so that neither a sender nor the delivery
engine takes it for an earlier one. A notice that was not sent yet is in doubt: the sender looks for its message first. A message
that shows open follow-ups is rewritten, because it may show a later state that was lost.
"""

from datetime import datetime

from sqlalchemy import case, func, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from storage.engine import schema
from storage.engine.types import UtcDateTime
from storage.queries.messages.notices import ITEM, NOTICE

_ATTEMPTS_LOST = 100_000
"""More attempts than any notice can have had between a backup and a loss."""

REVISIONS_LOST = 1_000
"""Added to the revision of messages that may exist in Slack, so that a lost revision is not taken for the wanted one."""

_N = NOTICE.c
_ROUND = SQLModel.metadata.tables["delivery_round"]
_MEMBER = SQLModel.metadata.tables["member"]
_WORKSPACE = SQLModel.metadata.tables["workspace"]
_FOLLOW_UP = SQLModel.metadata.tables["follow_up"]


async def finish(connection: AsyncConnection, *, taken_at: datetime, now: datetime) -> None:
    """Migrate loaded rows to this release's schema, and record that they come from a backup taken at `taken_at`."""
    await schema.migrate_on(connection)
    await connection.execute(update(_WORKSPACE).values(restored_from=taken_at, restored_at=now))
    await connection.execute(
        update(NOTICE).values(fence=_N.fence + _ATTEMPTS_LOST, lease_until=None, shown_digest=None)
    )
    number = _ROUND.c.number + _ATTEMPTS_LOST
    await connection.execute(update(_ROUND).values(number=number, lease_until=None, wait_until=None))
    await _doubt_unsent(connection, taken_at)
    await _rewrite_open(connection, now)


async def _doubt_unsent(connection: AsyncConnection, taken_at: datetime) -> None:
    own = case((_MEMBER.c.channel_lost_at.is_(None), _MEMBER.c.reminder_channel_id), else_=null())
    reader = select(func.coalesce(own, _MEMBER.c.slack_user_id)).where(_MEMBER.c.id == _N.to_id).scalar_subquery()
    unsent = (_N.ts.is_(None), _N.dropped_at.is_(None), _N.gave_up_at.is_(None))
    await connection.execute(
        update(NOTICE)
        .where(*unsent, _N.tried_at.is_(None))
        .values(
            tried_at=literal(taken_at, UtcDateTime()),
            channel_id=func.coalesce(reader, _N.target),
            wanted=_N.wanted + REVISIONS_LOST,
        )
    )


async def _rewrite_open(connection: AsyncConnection, now: datetime) -> None:
    shows_open = (
        select(ITEM.c.notice_id)
        .join(_FOLLOW_UP, _FOLLOW_UP.c.id == ITEM.c.follow_up_id)
        .where(_FOLLOW_UP.c.state == "open")
    )
    await connection.execute(
        update(NOTICE)
        .where(_N.ts.is_not(None), _N.dropped_at.is_(None), _N.gave_up_at.is_(None), _N.id.in_(shows_open))
        .values(wanted=_N.wanted + 1, owed_from=func.coalesce(_N.owed_from, literal(now, UtcDateTime())))
    )
