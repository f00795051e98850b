"""Rounds of delivery: which channels have pending notices, and which process sends them.

A round is the right to send the pending notices of one channel, one after the other, until its lease ends. Each round of a
channel has a higher number than the last, so a process that was overtaken changes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, bindparam, false, func, or_, select, tuple_, update
from sqlmodel import SQLModel

from storage.engine.database import insert_into
from storage.engine.types import UtcDateTime, new_id
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.messages.notices import NOTICE
from storage.queries.messages.sending import LEASE, LONGEST_WAIT, due, free, pending_where

EACH = 4
"""Most pending notices of a channel that are read at once: more than can be sent before the next look."""

_ROUND: Table = SQLModel.metadata.tables["delivery_round"]
_R, _N = _ROUND.c, NOTICE.c


RoundKey = tuple[str, int]
"""A round, by its channel and number."""


@dataclass(frozen=True, slots=True)
class Round:
    """The right to send a channel's notices, begun at `begun_at`."""

    channel: str
    number: int
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class OwedNotice:
    """A notice to be sent now to `channel`. `held`: a process holds a round of the channel."""

    notice_id: UUID
    channel: str
    urgent: bool
    held: bool


async def owed(session: Work, workspace_id: UUID, now: datetime, limit: int) -> list[OwedNotice]:
    """Return the next `EACH` notices of each channel, urgent ones first, then the oldest.

    Left out are those that a sender holds, and the channels that wait for Slack.
    """
    pending = pending_where(_N.workspace_id == workspace_id, due(now), free(now))
    column = pending.selected_columns
    place = func.row_number().over(partition_by=column.channel, order_by=(_N.urgent.desc(), _N.owed_from, _N.id))
    found = pending.add_columns(_N.owed_from, place.label("place")).subquery()
    of_channel = and_(_R.workspace_id == workspace_id, _R.channel == found.c.channel)
    statement = (
        select(found.c.id, found.c.channel, found.c.urgent, func.coalesce(_held(now, now + 2 * LEASE), false()))
        .select_from(found.outerjoin(_ROUND, of_channel))
        .where(found.c.place <= EACH, or_(_R.wait_until.is_(None), ~_waits(now)))
        .order_by(found.c.urgent.desc(), found.c.owed_from, found.c.id)
        .limit(limit)
    )
    rows = await session.execute(statement)
    return [OwedNotice(notice_id, channel, urgent, bool(held)) for notice_id, channel, urgent, held in rows]


async def begin(session: Work, workspace_id: UUID, channels: Collection[str], now: datetime) -> list[Round]:
    """Begin a round in each of these channels in which no process holds one, and return those that began."""
    begun: list[Round] = []
    for names in chunks(channels):  # in one order, so that two processes cannot deadlock
        insert = insert_into(session, _ROUND).values(
            [
                {"id": new_id(), "workspace_id": workspace_id, "channel": name, "number": 1, "lease_until": now + LEASE}
                for name in names
            ]
        )
        statement = insert.on_conflict_do_update(
            index_elements=["workspace_id", "channel"],
            set_={"number": _R.number + 1, "lease_until": now + LEASE, "wait_until": None},
            where=or_(_R.lease_until.is_(None), ~_held(now, now + 2 * LEASE)),
        ).returning(_R.channel, _R.number)
        rows = await session.execute(statement)
        begun += [Round(row[0], row[1], now) for row in rows]
    return begun


async def enter(session: Work, workspace_id: UUID, begun: Sequence[RoundKey], now: datetime) -> set[RoundKey]:
    """Extend the leases of rounds that this process starts to work on, and return those that are not over."""
    return await _change(session, _ENTER, workspace_id, begun, _instants(now))


async def renew(session: Work, workspace_id: UUID, held: Sequence[RoundKey], now: datetime) -> set[RoundKey]:
    """Extend the leases of rounds, and return those that no other process has taken over."""
    return await _change(session, _RENEW, workspace_id, held, _instants(now))


async def end(session: Work, workspace_id: UUID, ended: Sequence[RoundKey], *, wait_until: datetime | None) -> None:
    """End rounds; a channel's next one begins when there is something to send, not before `wait_until`."""
    await _change(session, _END, workspace_id, ended, {"wait_until_": wait_until})


async def _change(
    session: Work, statement: Any, workspace_id: UUID, which: Sequence[RoundKey], values: dict[str, Any]
) -> set[RoundKey]:
    changed: set[RoundKey] = set()
    for some in chunks(which):  # in one order, so that two processes cannot deadlock
        rows: Any = await session.execute(statement, {"of": workspace_id, "which": some, **values})
        changed.update((channel, number) for channel, number in rows)
    return changed


def held_now(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a process holds a round."""
    return _held(now, now + 2 * LEASE)


def _held(now: Any, too_long: Any) -> ColumnElement[bool]:
    # A lease far in the future was taken before the clock was set back: no process holds it.
    return and_(_R.lease_until > now, _R.lease_until <= too_long)


def _instants(now: datetime) -> dict[str, datetime]:
    return {"now": now, "lease_end": now + LEASE, "lease_too_long": now + 2 * LEASE}


_NOW, _SOON, _TOO_LONG = (bindparam(name, type_=UtcDateTime()) for name in ("now", "lease_end", "lease_too_long"))
_OF_ROUNDS = (
    update(_ROUND)
    .where(_R.workspace_id == bindparam("of"), tuple_(_R.channel, _R.number).in_(bindparam("which", expanding=True)))
    .returning(_R.channel, _R.number)
)
_RENEW = _OF_ROUNDS.values(lease_until=_SOON)
_ENTER = _RENEW.where(_held(_NOW, _TOO_LONG))
_END = _OF_ROUNDS.values(lease_until=None, wait_until=bindparam("wait_until_", type_=UtcDateTime()))


def _waits(now: datetime) -> ColumnElement[bool]:
    return and_(_R.wait_until > now, _R.wait_until <= now + 2 * LONGEST_WAIT)
