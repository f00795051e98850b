"""The entries of the audit trail and its segments, as they are stored: what is hashed is the text of each column."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, bindparam, cast, func, union_all, update
from sqlalchemy import select as select_columns
from sqlmodel import col, or_, select

from storage.engine import bulk
from storage.engine.database import insert_into
from storage.engine.rows import column_values, table_of
from storage.engine.work import Work
from storage.queries.core.keyset import Key, is_before
from storage.tables import AuditChain, AuditEntry, AuditLoan, AuditSegment

_ENTRY = table_of(AuditEntry)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its ids and details as the database holds them, so that each changed character of them counts.

    Ids are without dashes, which PostgreSQL writes and SQLite does not.
    """

    id: str
    workspace_id: str
    at: datetime
    actor_id: str | None
    act: str
    loan_id: str | None
    subject_id: str | None
    details: str
    sequence: int | None
    hash: bytes | None


_STORED = (
    cast(_ENTRY.c.id, String),
    cast(_ENTRY.c.workspace_id, String),
    _ENTRY.c.at,
    cast(_ENTRY.c.actor_id, String),
    _ENTRY.c.act,
    cast(_ENTRY.c.loan_id, String),
    cast(_ENTRY.c.subject_id, String),
    cast(_ENTRY.c.details, String),
    _ENTRY.c.sequence,
    _ENTRY.c.hash,
)
_SELECT = select_columns(*_STORED)
_IDS = (0, 1, 3, 5, 6)


async def unsealed_at(session: Work, workspace_id: UUID, *, behind: int) -> datetime | None:
    """Return when the next entry that is not sealed was written, or the one `behind` so many of them; None without one."""
    statement = select(AuditEntry.at).where(_is_unsealed(workspace_id)).order_by(col(AuditEntry.id))
    return (await session.exec(statement.offset(behind).limit(1))).first()


async def unsealed(session: Work, workspace_id: UUID, *, up_to: UUID | None, limit: int) -> list[StoredEntry]:
    """Return the next entries to seal, in the order of their ids; with `up_to` only those up to that id."""
    among = _is_unsealed(workspace_id)
    if up_to is not None:
        among &= col(AuditEntry.id) <= up_to
    statement = _SELECT.where(among).order_by(_ENTRY.c.id).limit(limit)
    return _entries((await session.execute(statement)).all())


async def seal(session: Work, sealed: Sequence[tuple[UUID, int, bytes]]) -> None:
    """Give each of these entries its place in the chain and its hash."""
    statement = (
        update(_ENTRY)
        .where(_ENTRY.c.id == bindparam("the_id", type_=_ENTRY.c.id.type))
        .values(sequence=bindparam("place"), hash=bindparam("the_hash"))
    )
    given = [{"the_id": row_id, "place": place, "the_hash": value} for row_id, place, value in sealed]
    await session.execute(statement, given)


async def name_loans(session: Work, workspace_id: UUID, named: Collection[tuple[UUID, UUID, datetime]]) -> None:
    """Note which loans entries name among several, given as loan, entry and the entry's instant."""
    columns = {"loan_id": [n[0] for n in named], "entry_id": [n[1] for n in named], "at": [n[2] for n in named]}
    await bulk.insert(session, AuditLoan, columns, {"workspace_id": workspace_id})


async def add_missing(session: Work, entries: Collection[AuditEntry]) -> int:
    """Write those of these entries that are not there yet, and return how many that were."""
    added = 0
    for entry in entries:
        statement = insert_into(session, AuditEntry).values(column_values(entry))
        added += (await session.exec(statement.on_conflict_do_nothing(index_elements=["id"]))).rowcount
    return added


async def lock_chain(session: Work, workspace_id: UUID, genesis: bytes) -> AuditChain:
    """Return the end of the chain, locked: of several workers, one seals. A workspace without a chain gets one."""
    chain = await session.get(AuditChain, workspace_id, with_for_update=True, populate_existing=True)
    if chain is None:
        first = {"workspace_id": workspace_id, "segments": 0, "entries": 0, "head": genesis, "found_up_to": None}
        await session.execute(insert_into(session, AuditChain).values(first).on_conflict_do_nothing())
        chain = await session.get_one(AuditChain, workspace_id, with_for_update=True, populate_existing=True)
    return chain


async def chain(session: Work, workspace_id: UUID) -> AuditChain | None:
    """Return the end of the chain; None before the first segment of a new workspace."""
    return await session.get(AuditChain, workspace_id)


async def chain_end(session: Work, workspace_id: UUID) -> int:
    """Return the place of the last sealed entry as of now."""
    statement = select(AuditChain.entries).where(AuditChain.workspace_id == workspace_id)
    return (await session.exec(statement)).first() or 0


async def segments(session: Work, workspace_id: UUID, *, after: int, limit: int) -> list[AuditSegment]:
    """Return the next segments, in order."""
    statement = select(AuditSegment).where(AuditSegment.workspace_id == workspace_id, col(AuditSegment.number) > after)
    return list((await session.exec(statement.order_by(col(AuditSegment.number)).limit(limit))).all())


async def segments_within(
    session: Work, workspace_id: UUID, since: datetime, until: datetime
) -> tuple[int, int] | None:
    """Return the numbers of the first and last segment that may have entries of that time, dropped ones too; None without one."""
    of_workspace = AuditSegment.workspace_id == workspace_id
    number = col(AuditSegment.number)
    first = (
        await session.exec(select(number).where(of_workspace, AuditSegment.last_at >= since).order_by(number).limit(1))
    ).first()
    if first is None:
        return None
    behind = (
        select(number).where(of_workspace, AuditSegment.last_at >= until, number >= first).order_by(number).limit(1)
    )
    # An entry that a killed process left in the journal is sealed long after its time.
    latest = select(func.max(AuditEntry.sequence)).where(
        AuditEntry.workspace_id == workspace_id, *_within(AuditEntry, since, until)
    )
    place = (await session.exec(latest)).one()
    holding = select(number).where(of_workspace, AuditSegment.first <= (place or 0)).order_by(number.desc()).limit(1)
    end = select(number).where(of_workspace).order_by(number.desc()).limit(1)
    last = (await session.exec(behind)).first() or (await session.exec(end)).one()
    return first, max(last, (await session.exec(holding)).first() or 0)


async def sealed(session: Work, workspace_id: UUID, first: int, last: int) -> list[StoredEntry]:
    """Return the entries that have these places in the chain."""
    within = (_ENTRY.c.workspace_id == workspace_id) & _ENTRY.c.sequence.between(first, last)
    statement = _SELECT.where(within).order_by(_ENTRY.c.sequence)
    return _entries((await session.execute(statement)).all())


async def of_acts(
    session: Work, workspace_id: UUID, acts: Collection[str], *, beyond: Key | None, limit: int
) -> list[StoredEntry]:
    """Return entries of these acts, newest first, behind a key if given."""
    statement = _SELECT.where(_ENTRY.c.workspace_id == workspace_id, _ENTRY.c.act.in_(acts))
    if beyond is not None:
        statement = statement.where(is_before(beyond, _ENTRY.c.at, _ENTRY.c.id))
    ordered = statement.order_by(_ENTRY.c.at.desc(), _ENTRY.c.id.desc()).limit(limit)
    return _entries((await session.execute(ordered)).all())


async def outside(session: Work, workspace_id: UUID, *, before: int, after: int) -> list[int]:
    """Return the places of entries that are before or behind all segments: some, if there are many."""
    beyond = or_(col(AuditEntry.sequence) < before, col(AuditEntry.sequence) > after)
    statement = select(AuditEntry.sequence).where(AuditEntry.workspace_id == workspace_id, beyond)
    found = await session.exec(statement.order_by(col(AuditEntry.sequence)).limit(20))
    return [place for place in found if place is not None]


async def count_unsealed(
    session: Work, workspace_id: UUID, *, since: datetime | None = None, until: datetime | None = None
) -> int:
    """Return how many entries are not sealed yet, within a time as far as given."""
    statement = select(func.count()).select_from(AuditEntry).where(_is_unsealed(workspace_id))
    return (await session.exec(statement.where(*_within(AuditEntry, since, until)))).one()


async def entries(
    session: Work,
    workspace_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    loan_id: UUID | None = None,
    actor_id: UUID | None = None,
    actor_ids: Collection[UUID] | None = None,
    acts: Collection[str] = (),
    offset: int = 0,
    beyond: Key | None = None,
    limit: int,
) -> list[AuditEntry]:
    """Return entries, newest first: about a loan, by a member or several, of these acts, within a time, behind a key, as far as
    given."""
    statement = select(AuditEntry).where(AuditEntry.workspace_id == workspace_id, *_within(AuditEntry, since, until))
    if loan_id is not None:
        named = select(AuditLoan.entry_id).where(AuditLoan.loan_id == loan_id, *_within(AuditLoan, since, until))
        about = select(AuditEntry.id).where(AuditEntry.loan_id == loan_id, *_within(AuditEntry, since, until))
        statement = statement.where(col(AuditEntry.id).in_(union_all(about, named)))
    if actor_id is not None:
        acted = (AuditEntry.actor_id == actor_id, *_within(AuditEntry, since, until))
        sealed_ones = select(AuditEntry.id).where(*acted, col(AuditEntry.sequence).is_not(None))
        others = select(AuditEntry.id).where(*acted, _is_unsealed(workspace_id))
        statement = statement.where(col(AuditEntry.id).in_(union_all(sealed_ones, others)))
    if actor_ids is not None:
        statement = statement.where(col(AuditEntry.actor_id).in_(actor_ids))
    if acts:
        statement = statement.where(col(AuditEntry.act).in_(acts))
    if beyond is not None:
        statement = statement.where(is_before(beyond, col(AuditEntry.at), col(AuditEntry.id)))
    ordered = statement.order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc())
    return list((await session.exec(ordered.offset(offset).limit(limit))).all())


def _within(table: Any, since: datetime | None, until: datetime | None) -> list[Any]:
    begin = [table.at >= since] if since is not None else []
    return [*begin, table.at < until] if until is not None else begin


def _is_unsealed(workspace_id: UUID) -> Any:
    return (col(AuditEntry.workspace_id) == workspace_id) & col(AuditEntry.sequence).is_(None)


def _entries(rows: Sequence[Any]) -> list[StoredEntry]:
    return [StoredEntry(*[_id(value) if at in _IDS else value for at, value in enumerate(row)]) for row in rows]


def _id(value: Any) -> Any:
    return None if value is None else value.replace("-", "")
