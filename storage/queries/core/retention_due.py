"""Which records are older than their period: rows in the order of their ids, which sort by time, and segments of the trail."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, null, or_, update
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col, select

from storage.engine.database import insert_into
from storage.engine.rows import table_of
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.loans import keeping
from storage.queries.loans.visibility import IS_THERE
from storage.tables import (
    AccessRequest,
    AuditEntry,
    AuditLoan,
    AuditSegment,
    Call,
    CallCorrection,
    ErasedRecord,
    FileImport,
    Loan,
    LoanCorrection,
    LoanNote,
    Notice,
    NoticeItem,
    OtherContact,
    PersonRequest,
    Recording,
    SearchTerm,
    SentMessage,
    StoredFile,
    WebhookEvent,
)
from storage.upkeep import erasing
from storage.upkeep.audit_guards import lifted
from storage.upkeep.erasing import erase

_columns: Any = core_select  # columns of tables that are known only when it runs

NONE_YET = UUID(int=0)
"""Before the first id."""

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Records:
    """Rows of a table whose time counts from the column `at`. Retention deletes them, or clears the columns `clears`.

    `loan` is the column that names the loan whose holds and disputes keep them; `only` are further conditions. A row to which
    the column `spared_by` of another table refers stays.
    """

    table: Any
    at: Any
    loan: Any = None
    clears: tuple[str, ...] = ()
    only: tuple[Any, ...] = ()
    spared_by: Any = None


_CALLED_AT = select(Call.at).where(col(Call.id) == col(Recording.call_id)).scalar_subquery()
"""When the call of a recording was; without one its period counts from when it was added."""

_TEXTS_OF_REQUESTS = ("name_cipher", "words_cipher", "answer_cipher", "extension_cipher")
_HAS_TEXTS = or_(*(col(getattr(PersonRequest, name)).is_not(None) for name in _TEXTS_OF_REQUESTS))

RECORDS: dict[str, tuple[Records, ...]] = {
    "words": (
        Records(Call, Call.at, Call.loan_id, ("note_cipher",), (col(Call.note_cipher).is_not(None),)),
        Records(
            CallCorrection, CallCorrection.at, None, ("note_cipher",), (col(CallCorrection.note_cipher).is_not(None),)
        ),
        Records(LoanNote, LoanNote.at, LoanNote.loan_id),
        Records(
            SentMessage,
            SentMessage.at,
            SentMessage.loan_id,
            ("words_cipher",),
            (col(SentMessage.words_cipher).is_not(None),),
        ),
        Records(
            OtherContact,
            OtherContact.contacted_at,
            OtherContact.loan_id,
            ("note_cipher",),
            (col(OtherContact.note_cipher).is_not(None),),
        ),
    ),
    "file": (
        Records(
            StoredFile,
            StoredFile.made_at,
            StoredFile.loan_id,
            only=(StoredFile.state == "filed",),
            spared_by=Recording.file_id,
        ),
    ),
    "recording": (Records(Recording, func.coalesce(_CALLED_AT, col(Recording.at)), Recording.loan_id),),
    "correction": (
        Records(
            LoanCorrection,
            LoanCorrection.at,
            LoanCorrection.loan_id,
            ("before_cipher",),
            (col(LoanCorrection.before_cipher).is_not(None),),
        ),
    ),
    "notice": (
        Records(
            Notice,
            Notice.created_at,
            only=(col(Notice.about_loan_id).is_(None), col(Notice.owed_from).is_(None)),
            spared_by=NoticeItem.notice_id,
        ),
    ),
    "webhook": (Records(WebhookEvent, WebhookEvent.at, WebhookEvent.loan_id),),
    "import": (Records(FileImport, FileImport.made_at),),
    "person_request": (
        Records(
            PersonRequest,
            PersonRequest.closed_at,
            PersonRequest.loan_id,
            _TEXTS_OF_REQUESTS,
            (PersonRequest.state != "open", _HAS_TEXTS),
        ),
        Records(
            PersonRequest,
            PersonRequest.undone_at,
            PersonRequest.loan_id,
            _TEXTS_OF_REQUESTS,
            (PersonRequest.state == "open", col(PersonRequest.undone_at).is_not(None), _HAS_TEXTS),
        ),
    ),
    "access_request": (Records(AccessRequest, AccessRequest.asked_at, only=(AccessRequest.state != "open",)),),
}
"""The records of each kind that retention takes by themselves; loans and the audit trail go another way."""


async def ended_loans(
    session: Work, workspace_id: UUID, stages: Collection[str], *, after: UUID, limit: int
) -> list[UUID]:
    """Return the next loans at one of these stages, in the order of their ids, without those that are being deleted."""
    statement = select(Loan.id).where(Loan.workspace_id == workspace_id, col(Loan.stage).in_(stages), Loan.id > after)
    statement = statement.where(IS_THERE)
    return list((await session.exec(statement.order_by(col(Loan.id)).limit(limit))).all())


@dataclass(frozen=True, slots=True)
class OldRecord:
    """A row that may be older than its period: from when it counts, and the loan that it belongs to, if to one."""

    id: UUID
    at: datetime
    loan_id: UUID | None


async def old_records(
    session: Work, workspace_id: UUID, records: Records, before: datetime, *, after: UUID, limit: int
) -> tuple[list[OldRecord], UUID | None]:
    """Return the next rows whose time is before `before`, in the order of their ids, without those that are spared; and the last
    id that was looked at, None at the end."""
    table = records.table
    loan = records.loan if records.loan is not None else null()
    if table is CallCorrection:
        loan = select(Call.loan_id).where(Call.id == CallCorrection.call_id).scalar_subquery()
    statement: Any = _columns(table.id, records.at, loan)
    statement = statement.where(table.workspace_id == workspace_id, table.id > after, records.at < before)
    rows = (await session.execute(statement.where(*records.only).order_by(table.id).limit(limit))).all()
    spared: set[UUID | None] = set()
    if records.spared_by is not None and rows:
        referring = _columns(records.spared_by).where(col(records.spared_by).in_([row[0] for row in rows]))
        spared = set((await session.execute(referring)).scalars())
    return [OldRecord(*row) for row in rows if row[0] not in spared], rows[-1][0] if rows else None


async def files_of_recordings(session: Work, ids: Collection[UUID]) -> list[UUID]:
    """Return the files of these recordings. That of an undone one is its sender's again, or may be another recording's."""
    statement = select(Recording.file_id).where(col(Recording.id).in_(ids), col(Recording.undone_at).is_(None))
    return [file_id for file_id in (await session.exec(statement)).all() if file_id is not None]


async def let_go(session: Work, records: Records, ids: Sequence[UUID]) -> None:
    """Delete these rows, or clear their columns. The file of a recording stays: `files_of_recordings` names it before."""
    table: Any = records.table
    row_id: Any = table.id
    if records.clears:
        await session.execute(update(table).where(row_id.in_(ids)).values(dict.fromkeys(records.clears)))
        return
    if table is LoanNote:  # the earlier versions of a note go with it
        await session.execute(delete(LoanNote).where(col(LoanNote.earlier_of_id).in_(ids)))
    if table in (Recording, StoredFile, WebhookEvent, FileImport, Notice):
        await erase(session, table_of(table).name, ids)
        return
    await session.execute(delete(table).where(row_id.in_(ids)))


async def count_rows(session: Work, loan_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return about how many rows go with each of these loans: those that name it, and the search entries of its borrower."""
    found = await erasing.count_rows(session, "loan", loan_ids)
    for ids in chunks(loan_ids):
        entries = (
            select(Loan.id, func.count())
            .join(SearchTerm, col(SearchTerm.borrower_id) == col(Loan.borrower_id))
            .where(col(Loan.id).in_(ids))
            .group_by(col(Loan.id))
        )
        for loan_id, count in (await session.exec(entries)).all():
            found[loan_id] += count
    return found


async def note_erased(
    session: Work, workspace_id: UUID, table: str, ids: Collection[UUID], why: str, now: datetime
) -> None:
    """Note that these rows were deleted for good, so that no restored backup brings them back."""
    rows = [
        {"id": row_id, "workspace_id": workspace_id, "table_name": table, "why": why, "at": now}
        for row_id in sorted(ids)
    ]
    if rows:
        await session.execute(insert_into(session, ErasedRecord).values(rows).on_conflict_do_nothing())


async def was_erased(session: Work, workspace_id: UUID, ids: Collection[UUID]) -> bool:
    """Return whether one of these rows was noted as deleted for good."""
    statement = select(ErasedRecord.id).where(ErasedRecord.workspace_id == workspace_id, col(ErasedRecord.id).in_(ids))
    return (await session.exec(statement.limit(1))).first() is not None


async def present(session: Work, table: str, workspace_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Return which of these rows of a workspace are there."""
    column: Any = SQLModel.metadata.tables[table].c
    statement: Any = _columns(column.id).where(column.id.in_(ids), column.workspace_id == workspace_id)
    return list((await session.execute(statement)).scalars().all())


async def loans_of(session: Work, table: str, ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Return the rows of a table that belong to loans, each with its loan; a borrower with each of theirs."""
    if not ids:
        return []
    column: Any = SQLModel.metadata.tables[table].c
    if table == "borrower":
        statement: Any = _columns(Loan.borrower_id, Loan.id).where(col(Loan.borrower_id).in_(ids))
    elif table == "loan" or "loan_id" in column:
        loan = column.id if table == "loan" else column.loan_id
        statement = _columns(column.id, loan).where(column.id.in_(ids), loan.is_not(None))
    else:
        return []
    return [(row_id, loan_id) for row_id, loan_id in (await session.execute(statement)).all()]


async def next_segment(session: Work, workspace_id: UUID) -> AuditSegment | None:
    """Return the first segment of the trail whose entries are still there."""
    statement = select(AuditSegment).where(
        AuditSegment.workspace_id == workspace_id, col(AuditSegment.dropped_at).is_(None)
    )
    return (await session.exec(statement.order_by(col(AuditSegment.number)).limit(1))).first()


async def droppable(session: Work, workspace_id: UUID, before: datetime, today: date) -> tuple[int, bool]:
    """Return how many segments in a row, from the first on, end before an instant and name no loan under a legal hold; and
    whether such a loan is what ends the row."""
    first_held = await _first_about_held(session, workspace_id, today)
    count, after = 0, 0
    while True:
        statement = select(AuditSegment.number, AuditSegment.last, AuditSegment.last_at).where(
            AuditSegment.workspace_id == workspace_id,
            col(AuditSegment.dropped_at).is_(None),
            AuditSegment.number > after,
        )
        page = (await session.exec(statement.order_by(col(AuditSegment.number)).limit(_PAGE))).all()
        for number, last, last_at in page:
            if last_at >= before:
                return count, False
            if first_held is not None and last >= first_held:
                return count, True
            count, after = count + 1, number
        if len(page) < _PAGE:
            return count, False


async def _first_about_held(session: Work, workspace_id: UUID, today: date) -> int | None:
    held = list((await session.exec(keeping.held_loans(workspace_id, today))).all())
    found: list[int] = []
    for ids in chunks(held):
        about = select(func.min(AuditEntry.sequence)).where(col(AuditEntry.loan_id).in_(ids))
        named = (
            select(func.min(AuditEntry.sequence))
            .join(AuditLoan, col(AuditLoan.entry_id) == col(AuditEntry.id))
            .where(col(AuditLoan.loan_id).in_(ids))
        )
        firsts = [(await session.exec(each)).one() for each in (about, named)]
        found += [first for first in firsts if first is not None]
    return min(found, default=None)


async def names_held_loan(session: Work, segment: AuditSegment, today: date) -> bool:
    """Return whether an entry of a segment is about a loan that is under a legal hold."""
    held = keeping.held_loans(segment.workspace_id, today)
    within = (
        AuditEntry.workspace_id == segment.workspace_id,
        col(AuditEntry.sequence).between(segment.first, segment.last),
    )
    about = select(AuditEntry.id).where(*within, col(AuditEntry.loan_id).in_(held)).limit(1)
    named = (
        select(AuditEntry.id)
        .join(AuditLoan, col(AuditLoan.entry_id) == col(AuditEntry.id))
        .where(*within, col(AuditLoan.loan_id).in_(held))
        .limit(1)
    )
    return any([(await session.exec(each)).first() is not None for each in (about, named)])


async def drop_segment(session: Work, segment: AuditSegment, now: datetime) -> int:
    """Delete the entries of a segment and keep its head, as the owner of the tables. Return how many entries there were."""
    ids = select(AuditEntry.id).where(
        AuditEntry.workspace_id == segment.workspace_id,
        col(AuditEntry.sequence).between(segment.first, segment.last),
    )
    async with lifted(session):
        await session.execute(delete(AuditLoan).where(col(AuditLoan.entry_id).in_(ids)))
        await session.execute(
            delete(AuditEntry).where(
                col(AuditEntry.workspace_id) == segment.workspace_id,
                col(AuditEntry.sequence).between(segment.first, segment.last),
            )
        )
        segment.dropped_at = now
        session.add(segment)
    return segment.last - segment.first + 1
