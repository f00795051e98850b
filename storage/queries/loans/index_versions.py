"""Borrowers whose search entries are of another version than this release makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select, update

from storage.engine.work import Work
from storage.queries.core.set_aside import is_set_aside
from storage.queries.loans.search import VERSION, replace_digests
from storage.tables import Borrower

SET_ASIDE = -1
"""The version of a borrower that could not be indexed; the earlier entries stay."""

SEARCH_ENTRIES = "search_entries"
"""Under this name such a borrower is set aside for a while."""

_MARKED = 1000
"""Borrowers that one transaction marks, in a few hundredths of a second."""


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How many borrowers there are, how many are to be indexed again, and how many could not be."""

    borrowers: int
    waiting: int
    set_aside: int


async def progress(session: Work, workspace_id: UUID) -> IndexProgress:
    """Count the borrowers by what the index still has to do for them."""
    statement = select(col(Borrower.search_version), func.count()).where(Borrower.workspace_id == workspace_id)
    counts = dict((await session.exec(statement.group_by(col(Borrower.search_version)))).all())
    current, set_aside = counts.get(VERSION, 0), counts.get(SET_ASIDE, 0)
    total = sum(counts.values())
    return IndexProgress(borrowers=total, waiting=total - current - set_aside, set_aside=set_aside)


async def take_next(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> Sequence[Borrower]:
    """Return the next borrowers to index again, locked by this transaction. Those that another one holds are left to it,
    and those that could not be indexed are tried again after a while."""
    behind = col(Borrower.search_version)
    tried = is_set_aside(workspace_id, SEARCH_ENTRIES, col(Borrower.id), now)
    statement = (
        select(Borrower)
        .where(Borrower.workspace_id == workspace_id, behind < VERSION, (behind > SET_ASIDE) | ~tried)
        .order_by(behind, col(Borrower.id))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await session.exec(statement.execution_options(populate_existing=True))).all()


async def write(
    session: Work, workspace_id: UUID, indexed: Mapping[UUID, Sequence[bytes]], set_aside: Sequence[UUID]
) -> None:
    """Replace the entries of these borrowers by those digests, and note which borrowers could not be indexed."""
    ids = list(indexed)
    await replace_digests(session, workspace_id, indexed)
    for version, of in ((VERSION, ids), (SET_ASIDE, set_aside)):
        await session.exec(update(Borrower).where(col(Borrower.id).in_(of)).values(search_version=version))


async def mark_next(session: Work, workspace_id: UUID, *, after: UUID | None, only: int | None) -> UUID | None:
    """Have the next borrowers behind `after` indexed again, or only those of a version. Return the last one, None at the end."""
    statement = (
        select(Borrower.id).where(Borrower.workspace_id == workspace_id).order_by(col(Borrower.id)).limit(_MARKED)
    )
    if after is not None:
        statement = statement.where(col(Borrower.id) > after)
    if only is not None:
        statement = statement.where(Borrower.search_version == only)
    ids = (await session.exec(statement)).all()
    await session.exec(update(Borrower).where(col(Borrower.id).in_(ids)).values(search_version=0))
    return ids[-1] if ids else None
