"""Borrowers, and people around loans, whose search entries are of another version than this release makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, func, select, update

from storage.engine.work import Work
from storage.queries.core.set_aside import is_set_aside
from storage.queries.loans.related import replace_terms
from storage.queries.loans.search import VERSION, replace_digests
from storage.tables import Borrower, RelatedPerson

Indexed = TypeVar("Indexed", Borrower, RelatedPerson)

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


async def progress(
    session: Work, workspace_id: UUID, owners: type[Borrower] | type[RelatedPerson] = Borrower
) -> IndexProgress:
    """Count the borrowers, or the people around loans, by what the index still has to do for them."""
    version = col(owners.search_version)
    statement = select(version, func.count()).where(owners.workspace_id == workspace_id)
    counts = dict((await session.exec(statement.group_by(version))).all())
    current, set_aside = counts.get(VERSION, 0), counts.get(SET_ASIDE, 0)
    total = sum(counts.values())
    return IndexProgress(borrowers=total, waiting=total - current - set_aside, set_aside=set_aside)


async def take_next(
    session: Work, owners: type[Indexed], workspace_id: UUID, now: datetime, *, limit: int
) -> Sequence[Indexed]:
    """Return the next rows of this table to index again, locked by this transaction. Those that another one holds are left to it,
    and those that could not be indexed are tried again after a while."""
    behind = col(owners.search_version)
    tried = is_set_aside(workspace_id, SEARCH_ENTRIES, col(owners.id), now)
    statement = (
        select(owners)
        .where(owners.workspace_id == workspace_id, behind < VERSION, (behind > SET_ASIDE) | ~tried)
        .order_by(behind, col(owners.id))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await session.exec(statement.execution_options(populate_existing=True))).all()


async def write(
    session: Work,
    owners: type[Borrower] | type[RelatedPerson],
    indexed: Mapping[UUID, Sequence[int]],
    set_aside: Sequence[UUID],
) -> None:
    """Replace the entries of these rows of the table by those digests, and note which rows could not be indexed."""
    await (replace_digests if owners is Borrower else replace_terms)(session, indexed)
    for version, of in ((VERSION, list(indexed)), (SET_ASIDE, set_aside)):
        await session.exec(update(owners).where(col(owners.id).in_(of)).values(search_version=version))


async def mark_next(
    session: Work,
    owners: type[Borrower] | type[RelatedPerson],
    workspace_id: UUID,
    *,
    after: UUID | None,
    only: int | None,
) -> UUID | None:
    """Have the next rows of the table behind `after` indexed again, or only those of a version. Return the last one, None at the
    end."""
    statement = select(owners.id).where(owners.workspace_id == workspace_id).order_by(col(owners.id)).limit(_MARKED)
    if after is not None:
        statement = statement.where(col(owners.id) > after)
    if only is not None:
        statement = statement.where(owners.search_version == only)
    ids = (await session.exec(statement)).all()
    await session.exec(update(owners).where(col(owners.id).in_(ids)).values(search_version=0))
    return ids[-1] if ids else None
