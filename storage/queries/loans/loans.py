"""Loans and their borrowers: find, lock and list them."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, union
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.work import Work
from storage.queries.core import rows
from storage.queries.core.keyset import Key, is_beyond
from storage.queries.loans.visibility import IS_THERE, SEEN, Viewer
from storage.tables import Borrower, Loan, LoanCorrection, SearchTerm, StageChange
from storage.tables.loans import plain_number, with_hyphens

LIVE_STAGES = ("inquiry", "application", "approved", "signed", "disbursed")
"""The stages in which something is still to be done."""

# Without `key_share`, rows that merely refer to the loan would wait for it, and two transactions could deadlock.
_LOCKED = (
    select(Loan)
    .where(Loan.id == bindparam("loan"))
    .with_for_update(key_share=True, of=Loan)
    .execution_options(populate_existing=True)
)

_LOCKED_BY_NUMBER = {
    sight: (
        select(Loan)
        .where(Loan.workspace_id == bindparam("workspace"), Loan.number_key == bindparam("key"), seen)
        .with_for_update(key_share=True, of=Loan)
        .execution_options(populate_existing=True)
    )
    for sight, seen in SEEN.items()
}

_IS_VISIBLE = {sight: select(Loan.id).where(Loan.id == bindparam("loan"), seen) for sight, seen in SEEN.items()}

_BY_NUMBER = select(Loan).where(Loan.workspace_id == bindparam("workspace"), Loan.number_key == bindparam("key"))


@lru_cache(maxsize=1024)
def number_key(number: str) -> str:
    """Return a loan number as it is compared: NFKC, case-folded, each dash as a hyphen."""
    if number.isascii():
        return number.lower()
    return with_hyphens(unicodedata.normalize("NFKC", number).casefold())


def are_numbered(workspace_id: UUID, number: str) -> list[SelectOfScalar[UUID]]:
    """Return queries for the ids of loans of that number, however its dashes are typed, or without them: `A1002` for `A-1002`."""
    key = number_key(number)
    return [
        select(Loan.id).where(Loan.workspace_id == workspace_id, each)
        for each in (col(Loan.number_key) == key, col(Loan.plain_number) == plain_number(key))
    ]


async def by_number(session: Work, workspace_id: UUID, number: str) -> Loan | None:
    """Return the loan of that number."""
    values = {"workspace": workspace_id, "key": number_key(number)}
    return (await session.exec(_BY_NUMBER, params=values)).first()


async def existing(session: Work, workspace_id: UUID, loan_id: UUID | None) -> UUID | None:
    """Return the id if the workspace has such a loan."""
    statement = select(Loan.id).where(Loan.id == loan_id, Loan.workspace_id == workspace_id, IS_THERE)
    return (await session.exec(statement)).first() if loan_id is not None else None


async def ids_of(session: Work, borrower_ids: Collection[UUID]) -> set[UUID]:
    """Return the ids of all loans of these borrowers."""
    return set(await session.exec(select(Loan.id).where(col(Loan.borrower_id).in_(borrower_ids), IS_THERE)))


async def numbers_of_borrower(session: Work, borrower_id: UUID) -> Sequence[str]:
    """Return the numbers of a borrower's loans."""
    statement = select(Loan.number).where(Loan.borrower_id == borrower_id, IS_THERE).order_by(Loan.number)
    return (await session.exec(statement)).all()


async def lock_by_number(session: Work, workspace_id: UUID, number: str, *, visible: Viewer) -> Loan | None:
    """Return the visible loan of that number, locked as by `lock`."""
    values = {"workspace": workspace_id, "key": number_key(number)} | visible.values
    return (await session.exec(_LOCKED_BY_NUMBER[visible.sight], params=values)).first()


async def like_number(session: Work, workspace_id: UUID, number: str, *, visible: Viewer) -> Loan | None:
    """Return the visible loan of that number, however its dashes are typed, if there is exactly one."""
    meant = union(*are_numbered(workspace_id, number)).subquery()
    statement = select(Loan).join(meant, meant.c.id == col(Loan.id)).where(visible.condition).limit(2)
    found = (await session.exec(statement, params=visible.values)).all()
    return found[0] if len(found) == 1 else None


async def of_numbers(
    session: Work, workspace_id: UUID, numbers: Collection[str], *, visible: Viewer
) -> dict[str, Loan]:
    """Return the visible loans of those numbers, by `number_key`."""
    keys = [number_key(number) for number in numbers]
    statement = select(Loan).where(Loan.workspace_id == workspace_id, col(Loan.number_key).in_(keys))
    found = await session.exec(statement.where(visible.condition), params=visible.values)
    return {loan.number_key: loan for loan in found}


async def is_visible(session: Work, loan_id: UUID, visible: Viewer) -> bool:
    """Return whether the loan exists and is among the visible ones."""
    return (
        await session.exec(_IS_VISIBLE[visible.sight], params={"loan": loan_id} | visible.values)
    ).first() is not None


async def numbers_among(session: Work, ids: Collection[UUID], *, visible: Viewer) -> dict[UUID, str]:
    """Return the numbers of those of these loans that exist and are among the visible ones, by id."""
    statement = select(Loan.id, Loan.number).where(col(Loan.id).in_(ids), visible.condition)
    return dict((await session.exec(statement, params=visible.values)).all())


async def lock(session: Work, loan_id: UUID) -> Loan:
    """Return the loan, locked until the transaction ends: every change of a loan or of its follow-ups begins here."""
    return (await session.exec(_LOCKED, params={"loan": loan_id})).one()


async def lock_all(session: Work, loan_ids: Iterable[UUID], *, may_delete: bool = False) -> None:
    """Lock several loans, in the order of their ids, so that two transactions cannot deadlock. Those that were read before have
    the values of now: another transaction may have changed them before it let them go. `may_delete`: rows that refer to them wait
    too."""
    for ids in rows.chunks(loan_ids):
        read = any(session.known(Loan, each) is not None for each in ids)
        what: Any = Loan if read else Loan.id
        statement = select(what).where(col(Loan.id).in_(ids)).order_by(col(Loan.id))
        statement = statement.with_for_update(key_share=not may_delete)
        await session.exec(statement.execution_options(populate_existing=read))


async def numbers_like(session: Work, workspace_id: UUID, owner_id: UUID, *, limit: int) -> list[str]:
    """Return numbers of this owner's loans, newest first, for suggestions."""
    statement = (
        select(Loan.number)
        .where(Loan.workspace_id == workspace_id, Loan.owner_id == owner_id)
        .order_by(col(Loan.created_at).desc())
        .limit(limit)
    )
    return list((await session.exec(statement)).all())


async def of_owner(
    session: Work, owner_id: UUID, stages: Collection[str], *, limit: int, offset: int = 0, beyond: Key | None = None
) -> list[Loan]:
    """Return a member's loans in these stages, the longest in its stage first; only those behind the key `beyond`, if given."""
    statement = select(Loan).where(Loan.owner_id == owner_id, col(Loan.stage).in_(stages))
    if beyond is not None:
        statement = statement.where(is_beyond(beyond, col(Loan.stage_since), col(Loan.id)))
    ordered = statement.order_by(col(Loan.stage_since), col(Loan.id)).limit(limit).offset(offset)
    return list((await session.exec(ordered)).all())


async def of_nobody(
    session: Work, workspace_id: UUID, *, limit: int, offset: int = 0, beyond: Key | None = None
) -> list[Loan]:
    """Return the live loans without an owner, the newest first; only those behind the key `beyond`, if given."""
    statement = select(Loan).where(
        col(Loan.owner_id).is_(None), col(Loan.stage).in_(LIVE_STAGES), Loan.workspace_id == workspace_id
    )
    if beyond is not None:
        statement = statement.where(is_beyond(beyond, col(Loan.created_at), col(Loan.id), descending=True))
    ordered = statement.order_by(col(Loan.created_at).desc(), col(Loan.id)).limit(limit).offset(offset)
    return list((await session.exec(ordered)).all())


async def live_counts(session: Work, owner_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the live loans of each of these members; a member without any has 0."""
    statement = (
        select(Loan.owner_id, func.count())
        .where(col(Loan.owner_id).in_(owner_ids), col(Loan.stage).in_(LIVE_STAGES))
        .group_by(col(Loan.owner_id))
    )
    return dict.fromkeys(owner_ids, 0) | {owner: count for owner, count in await session.exec(statement) if owner}


async def by_ids(session: Work, ids: Iterable[UUID]) -> dict[UUID, Loan]:
    """Return the loans with these ids."""
    found: dict[UUID, Loan] = {}
    for chunk in rows.chunks(ids):
        found.update({loan.id: loan for loan in await session.exec(select(Loan).where(col(Loan.id).in_(chunk)))})
    return found


async def counts_of_owner(session: Work, owner_id: UUID) -> dict[str, int]:
    """Count the loans of a member by stage."""
    statement = select(Loan.stage, func.count()).where(Loan.owner_id == owner_id).group_by(col(Loan.stage))
    return dict((await session.exec(statement)).all())


async def stage_changes(session: Work, loan_id: UUID, *, limit: int) -> list[StageChange]:
    """Return the stage changes of a loan that were not undone, newest first."""
    statement = select(StageChange).where(StageChange.loan_id == loan_id, col(StageChange.undone_at).is_(None))
    ordered = statement.order_by(col(StageChange.at).desc(), col(StageChange.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())


async def of_borrowers(session: Work, borrower_ids: Collection[UUID], *, visible: Viewer) -> Sequence[Loan]:
    """Return the visible loans of these borrowers."""
    if not borrower_ids:
        return []
    statement = select(Loan).where(col(Loan.borrower_id).in_(borrower_ids), visible.condition)
    return (await session.exec(statement, params=visible.values)).all()


async def borrowers_with(
    session: Work, workspace_id: UUID, digests: Collection[int], *, marked_only: bool = False
) -> list[Borrower]:
    """Return the borrowers that have one of these search digests, locked in the order of their ids; with `marked_only`, those
    whose phone is marked as wrong, not locked."""
    indexed = select(SearchTerm.borrower_id).where(col(SearchTerm.digest).in_(digests))
    statement = select(Borrower).where(Borrower.workspace_id == workspace_id, col(Borrower.id).in_(indexed))
    statement = statement.order_by(col(Borrower.id))
    if marked_only:
        return list((await session.exec(statement.where(col(Borrower.phone_wrong_at).is_not(None)))).all())
    locked = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list((await session.exec(locked)).all())


async def corrections(session: Work, loan_id: UUID, *, limit: int) -> list[LoanCorrection]:
    """Return the corrections of a loan that were not undone, newest first."""
    statement = select(LoanCorrection).where(LoanCorrection.loan_id == loan_id, col(LoanCorrection.undone_at).is_(None))
    ordered = statement.order_by(col(LoanCorrection.at).desc(), col(LoanCorrection.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())


async def borrowers_by_ids(session: Work, ids: Iterable[UUID]) -> list[Borrower]:
    """Return the borrowers with these ids, in no order."""
    return list((await rows.by_ids(session, Borrower, ids)).values())
