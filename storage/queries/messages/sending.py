"""Sending notices: which are pending, who may send one, and what came of it.

A sender takes a lease on the row and gets a fencing number (`fence`). Each later write compares that number, so a sender
that was overtaken changes nothing. The message (`ts`) is recorded once: a second sender's `ts` is refused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    update,
)
from sqlmodel import SQLModel, col

from storage.engine.types import UtcDateTime, mark_of
from storage.engine.work import Work
from storage.queries.messages.notices import NOTICE
from storage.tables import Notice, SentMessage

LEASE = timedelta(seconds=30)
"""How long a sender holds a notice: longer than any request to Slack. A dead sender's notice waits as long."""

LONGEST_WAIT = timedelta(minutes=15)
"""The longest delay of an attempt. A much later time was set before the clock was set back."""

URGENT_FIRST_FOR = timedelta(hours=1)
"""How long other notices wait in a channel for an urgent one that Slack does not accept."""

NOT_COMPOSED = "not_composed"
"""The error of a notice that could not be rendered: our bug, and no reason for others to wait."""

_MEMBER = SQLModel.metadata.tables["member"]
_N = NOTICE.c

_CHANNEL = func.coalesce(
    case((_N.ts.is_not(None), _N.channel_id), else_=null()),
    case((_MEMBER.c.channel_lost_at.is_(None), _MEMBER.c.reminder_channel_id), else_=null()),
    _MEMBER.c.slack_user_id,
    _N.target,
    "",
)
"""Where a notice goes: where its message is, or to its reader's channel, or to its reader or channel."""


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """A notice to be sent now; `channel` is where it goes."""

    notice_id: UUID
    channel: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one notice, with the state of the row when it was taken.

    `tried_at` is the first attempt whose outcome is unknown; `channel_id` is then where it was tried. `mark` identifies
    the notice in its message's metadata. `is_attempted`: an attempt to post was recorded with the lease.
    """

    notice_id: UUID
    fence: int
    failures: int
    channel_id: str | None
    ts: str | None
    tried_at: datetime | None
    shown_digest: str | None
    mark: UUID
    is_attempted: bool = False


Words = Sequence[tuple[UUID, str]]
"""What a message says of loans, by the id of each."""


@dataclass(frozen=True, slots=True)
class Named:
    """The loans that a digest names, and its reader: what it says of them is not kept."""

    loans: Sequence[UUID]
    reader_id: UUID
    roles: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent with a lease, the revision of the notice that it shows, the digest of its content, and what it says
    of loans."""

    lease: Lease
    channel_id: str
    ts: str
    revision: int
    shown_digest: str | None
    words: Words = field(default=(), repr=False)
    named: Named | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of the statement that records it."""
        which = {"id_": self.lease.notice_id, "held": self.lease.fence}
        return which | {"to": self.channel_id, "ts_": self.ts, "revision": self.revision, "shown": self.shown_digest}

    @property
    def still_held(self) -> tuple[tuple[int, str | None], ...]:
        """The fence and the message of a row that no other sender has taken."""
        return (self.lease.fence, None), (self.lease.fence, self.ts)


async def pending(session: Work, workspace_id: UUID, now: datetime, limit: int) -> list[PendingNotice]:
    """Return the notices to be sent now that no sender holds: urgent ones first, then the oldest."""
    found = pending_where(_N.workspace_id == workspace_id, due(now), free(now))
    ordered = found.order_by(_N.urgent.desc(), _N.owed_from, _N.id).limit(limit)
    return [PendingNotice(*row) for row in await session.execute(ordered)]


async def channels_with_urgent(session: Work, workspace_id: UUID, now: datetime) -> set[str]:
    """Return the channels in which an urgent notice is pending, held by a sender, or postponed by Slack.

    A notice delays its channel no longer than `URGENT_FIRST_FOR`, and not at all when it cannot be rendered.
    """
    put_off = and_(
        _N.attempts > 0, _N.last_error != NOT_COMPOSED, _N.created_at > literal(now - URGENT_FIRST_FOR, UtcDateTime())
    )
    statement = pending_where(
        _N.workspace_id == workspace_id, _N.urgent, _N.owed_from.is_not(None), or_(due(now), put_off)
    ).subquery()
    rows = await session.execute(select(statement.c.channel).distinct())
    return set(rows.scalars())


async def take_lease(session: Work, workspace_id: UUID, notice_id: UUID, now: datetime) -> Lease | None:
    """Return a lease of `LEASE` on this notice of the workspace, or None when nothing is to be sent now or another sender
    holds it."""
    taken = await take_leases(session, workspace_id, [notice_id], now)
    return lease_of(taken[0]) if taken else None


async def take_leases(session: Work, workspace_id: UUID, notice_ids: Collection[UUID], now: datetime) -> list[Notice]:
    """Take a lease on each of these notices as `take_lease` does, and return the notices with one.

    A notice that another transaction is changing is left out: nobody waits for a lock.
    """
    values = {"ids": list(notice_ids), "of": workspace_id, **_instants(now)}
    return list((await session.exec(_TAKE_LEASES, params=values)).scalars())


def lease_of(notice: Notice) -> Lease:
    """Return the lease on a notice as it was taken."""
    return Lease(
        notice.id,
        notice.fence,
        notice.attempts,
        notice.channel_id,
        notice.ts,
        notice.tried_at,
        notice.shown_digest,
        mark=mark_of(notice.workspace_id, notice.key),
    )


async def renew_lease(session: Work, lease: Lease, now: datetime) -> bool:
    """Extend the lease to `LEASE` from now, before a request that is safe to repeat. Return False when it is lost.

    Until the request is recorded, what the message shows is uncertain.
    """
    return await _change(session, lease, lease_until=now + LEASE, shown_digest=None)


async def record_attempt(session: Work, lease: Lease, channel: str, now: datetime) -> bool:
    """Extend the lease and record an attempt to post, whose outcome is unknown until it is recorded."""
    values = {"id_": lease.notice_id, "held": lease.fence, "ts_": lease.ts or "", "to": channel, **_instants(now)}
    return (await session.execute(_RECORD_ATTEMPT, values)).first() is not None


async def record_attempts(session: Work, channels: Mapping[Lease, str], now: datetime) -> None:
    """Record an attempt to post in these channels with leases that this transaction took, as `record_attempt` does."""
    instants = _instants(now)
    rows = [
        {"id_": lease.notice_id, "held": lease.fence, "ts_": "", "to": channel, **instants}
        for lease, channel in channels.items()
    ]
    if rows:
        await session.execute(_RECORD_ATTEMPTS, rows)


async def record_sent(
    session: Work,
    lease: Lease,
    *,
    revision: int,
    channel_id: str,
    ts: str,
    now: datetime,
    shown_digest: str | None = None,
) -> bool:
    """Record the message, the revision and the content it shows. Return False when another sender was quicker.

    A newer revision stays pending.
    """
    sent = Sent(lease, channel_id, ts, revision, shown_digest)
    return (await session.execute(_RECORD_SENT, sent.values | _instants(now))).first() is not None


async def record_each_sent(session: Work, sent: Sequence[Sent], now: datetime) -> set[UUID]:
    """Record several messages as `record_sent` does. Return the notices of which no other sender was quicker."""
    rows = await session.execute(_LOCKED, {"ids": [each.lease.notice_id for each in sent]})
    held = {notice_id: (fence, ts) for notice_id, fence, ts in rows}
    mine = [each for each in sent if held.get(each.lease.notice_id) in each.still_held]
    if mine:
        await session.execute(_RECORD_EACH_SENT, [each.values | _instants(now) for each in mine])
    return {each.lease.notice_id for each in mine}


async def keep_words(session: Work, rows: Sequence[SentMessage]) -> None:
    """Keep what messages that were sent say of loans; nothing of a loan that was deleted meanwhile."""
    if rows:
        await session.execute(_KEEP_WORDS, [vars(row) for row in rows])


async def record_found(session: Work, lease: Lease, *, channel_id: str, ts: str, now: datetime) -> bool:
    """Record the message that an earlier attempt posted. The lease goes on. Return False when another sender was quicker."""
    posted = _posted(channel_id, ts, now)
    return await _change(session, lease, _no_other(ts), tried_at=None, shown_digest=None, **posted)


async def claim_post(session: Work, notice_id: UUID, *, channel_id: str, ts: str, now: datetime) -> bool:
    """Record the message of a sender that lost its lease. Return False when the notice has another message or needs none."""
    statement = (
        update(NOTICE)
        .where(_N.id == notice_id, _no_other(ts), _N.dropped_at.is_(None), _N.gave_up_at.is_(None))
        .values(shown_digest=None, **_posted(channel_id, ts, now))
        .returning(_N.id)
    )
    return (await session.execute(statement)).first() is not None


async def record_deleted(session: Work, lease: Lease, now: datetime) -> bool:
    """Record that the message was deleted in Slack: a new one is pending."""
    return await _change(
        session,
        lease,
        channel_id=None,
        ts=None,
        sent=0,
        tried_at=None,
        owed_from=now,
        lease_until=None,
        shown_digest=None,
    )


async def record_settled(session: Work, lease: Lease, *, revision: int, now: datetime) -> bool:
    """Record that the existing message stays as it is for this revision."""
    return await _change(session, lease, sent=revision, **_settled(revision, now))


async def record_dropped(session: Work, lease: Lease, *, revision: int, now: datetime) -> bool:
    """Record that the notice need not be sent, unless a newer revision is wanted by now."""
    dropped = case((_N.wanted <= revision, literal(now, UtcDateTime())), else_=null())
    return await _change(session, lease, dropped_at=dropped, **_settled(revision, now))


async def record_gave_up(session: Work, lease: Lease, *, error: str, now: datetime) -> bool:
    """Record that the notice cannot be sent."""
    return await _change(session, lease, gave_up_at=now, owed_from=None, lease_until=None, last_error=error)


async def record_postponed(
    session: Work, lease: Lease, *, until: datetime, error: str, known_unsent: bool, failed: bool
) -> bool:
    """Schedule the next attempt at `until`. `known_unsent`: this attempt certainly posted nothing.

    `failed` counts it as one of the consecutive failures, which lengthen the pause.
    """
    values: dict[str, Any] = {"owed_from": until, "lease_until": None, "last_error": error}
    if known_unsent:
        values |= {"tried_at": lease.tried_at, "channel_id": lease.channel_id}
    if failed:
        values["attempts"] = _N.attempts + 1
    return await _change(session, lease, **values)


async def release_lease(session: Work, lease: Lease, *, now: datetime) -> bool:
    """Give the lease back, whatever else was written meanwhile: the notice is pending as before."""
    return await _change(
        session, lease, true(), owed_from=func.coalesce(_N.owed_from, literal(now, UtcDateTime())), lease_until=None
    )


async def forget_shown(session: Work, notice_id: UUID) -> None:
    """Record that it is uncertain what the message shows: an overtaken sender may have replaced it."""
    await session.execute(update(NOTICE).where(_N.id == notice_id).values(shown_digest=None))


async def _change(session: Work, lease: Lease, *more: ColumnElement[bool], **values: Any) -> bool:
    if not more:
        more = (_N.ts == lease.ts if lease.ts is not None else _N.ts.is_(None),)
    statement = (
        update(NOTICE).where(_N.id == lease.notice_id, _N.fence == lease.fence, *more).values(**values).returning(_N.id)
    )
    return (await session.execute(statement)).first() is not None


def _no_other(ts: str) -> ColumnElement[bool]:
    return or_(_N.ts.is_(None), _N.ts == ts)


def _posted(channel_id: str, ts: str, now: datetime) -> dict[str, Any]:
    posted_at = func.coalesce(_N.posted_at, literal(now, UtcDateTime()))
    return {"channel_id": channel_id, "ts": ts, "posted_at": posted_at}


def _settled(revision: int, now: datetime) -> dict[str, Any]:
    owed_from = case((_N.wanted > revision, literal(now, UtcDateTime())), else_=null())
    return {"owed_from": owed_from, "lease_until": None, "attempts": 0, "last_error": None}


def due(now: datetime) -> ColumnElement[bool]:
    """Select the notices that are to be sent now."""
    return _is_due(literal(now, UtcDateTime()), literal(now + 2 * LONGEST_WAIT, UtcDateTime()))


def free(now: datetime) -> ColumnElement[bool]:
    """Select the notices that no sender holds."""
    return _is_free(literal(now, UtcDateTime()), literal(now + 2 * LEASE, UtcDateTime()))


def _is_due(now: ColumnElement[datetime], too_late: ColumnElement[datetime]) -> ColumnElement[bool]:
    return or_(_N.owed_from <= now, _N.owed_from > too_late)


def _is_free(now: ColumnElement[datetime], too_long: ColumnElement[datetime]) -> ColumnElement[bool]:
    # A lease far in the future was taken before the clock was set back: no sender holds it.
    return or_(_N.lease_until.is_(None), _N.lease_until <= now, _N.lease_until > too_long)


def pending_where(*which: ColumnElement[bool]) -> Select[Any, Any, Any]:
    """Select id, channel and urgency of the notices for which all of `which` is true."""
    return (
        select(_N.id, _CHANNEL.label("channel"), _N.urgent)
        .select_from(NOTICE.outerjoin(_MEMBER, _MEMBER.c.id == _N.to_id))
        .where(*which)
    )


_SENT = SQLModel.metadata.tables["sent_message"]
_LOAN = SQLModel.metadata.tables["loan"]
_KEEP_WORDS = insert(_SENT).from_select(
    [column.name for column in _SENT.columns],
    select(*(bindparam(column.name, type_=column.type) for column in _SENT.columns))
    .select_from(_LOAN)
    .where(_LOAN.c.id == bindparam("loan_id", type_=Uuid()))
    .with_for_update(read=True, key_share=True),  # a loan that is being deleted is waited for
)

_NOW, _SOON = bindparam("now", type_=UtcDateTime()), bindparam("lease_end", type_=UtcDateTime())
_REVISION = bindparam("revision", type_=Integer())


def _instants(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "lease_end": now + LEASE,
        "too_late": now + 2 * LONGEST_WAIT,
        "lease_too_long": now + 2 * LEASE,
    }


_FREE = (
    select(_N.id)
    .where(
        _N.id.in_(bindparam("ids", expanding=True)),
        _N.workspace_id == bindparam("of"),
        _is_due(_NOW, bindparam("too_late", type_=UtcDateTime())),
        _is_free(_NOW, bindparam("lease_too_long", type_=UtcDateTime())),
    )
    .order_by(_N.id)
    .with_for_update(skip_locked=True)
    .cte("free")
)
_TAKE_LEASES = (
    update(Notice)
    .where(col(Notice.id).in_(select(_FREE.c.id)))
    .values(fence=Notice.fence + 1, lease_until=_SOON)
    .returning(Notice)
    .execution_options(synchronize_session=False, populate_existing=True)
)
_LOCKED = (
    select(_N.id, _N.fence, _N.ts)
    .where(_N.id.in_(bindparam("ids", expanding=True)))
    .order_by(_N.id)  # two processes that record the same messages cannot deadlock
    .with_for_update()
)
_HELD = update(NOTICE).where(_N.id == bindparam("id_"), _N.fence == bindparam("held"))
_RECORD_ATTEMPTS = _HELD.where(func.coalesce(_N.ts, "") == bindparam("ts_")).values(
    lease_until=_SOON, channel_id=bindparam("to"), tried_at=func.coalesce(_N.tried_at, _NOW)
)
_RECORD_ATTEMPT = _RECORD_ATTEMPTS.returning(_N.id)
_RECORD_EACH_SENT = _HELD.where(or_(_N.ts.is_(None), _N.ts == bindparam("ts_"))).values(
    channel_id=bindparam("to"),
    ts=bindparam("ts_"),
    posted_at=func.coalesce(_N.posted_at, _NOW),
    tried_at=None,
    sent=_REVISION,
    shown_digest=bindparam("shown"),
    owed_from=case((_N.wanted > _REVISION, _NOW), else_=null()),
    lease_until=None,
    attempts=0,
    last_error=None,
)
_RECORD_SENT = _RECORD_EACH_SENT.returning(_N.id)
"""Statements of every delivery, built once."""
