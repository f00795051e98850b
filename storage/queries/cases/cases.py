"""Case files that were asked for, the keys that sign them, and the records of a loan that go into one."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, or_, union
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.tables import (
    AuditSegment,
    ContactChoice,
    FollowUp,
    Notice,
    NoticeItem,
    PlaybookVersion,
    SigningKey,
    StoredFile,
    Workspace,
)
from storage.upkeep.erasing import belongs, owned_tables

BATCH = 500
"""How many rows of a table one statement reads."""

LEFT_OUT = frozenset(
    {
        *("undo", "file_link", "notice_item", "related_term", "replanning", "reservation", "case_export", "legal_hold"),
        *("exported_loan", "slack_upload"),
    }
)
"""Tables that belong to a loan and are no record of it: what the desk keeps for minutes, indexes, links, earlier case files,
exports of lists, and legal holds, whose reasons compliance alone sees."""

_IS_RECORD: dict[str, ColumnElement[bool]] = {"stored_file": col(StoredFile.state) == "filed"}
"""Which rows of a table are records: a file that waits or was not taken may be another borrower's, whatever its sender wrote
beside it, and what the desk made is an earlier case file."""


def recorded_tables() -> list[Table]:
    """Return the tables whose rows of a loan are its records, by name."""
    return [
        owned.table for name, owned in sorted(owned_tables("loan").items()) if owned.deletes and name not in LEFT_OUT
    ]


async def records(session: Work, table: Table, loan_id: UUID) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the rows of a table that belong to a loan, in the order of their ids, in batches."""
    after: UUID | None = None
    while True:
        statement = (
            select_columns(table).where(belongs(table.name, "loan", [loan_id])).order_by(table.c.id).limit(BATCH)
        )
        if table.name in _IS_RECORD:
            statement = statement.where(_IS_RECORD[table.name])
        if after is not None:
            statement = statement.where(table.c.id > after)
        rows = [dict(row._mapping) for row in (await session.execute(statement)).all()]
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]


async def notices_of(session: Work, loan_id: UUID, others: Collection[UUID], after: UUID | None) -> list[Notice]:
    """Return the next messages about a loan or one of its follow-ups, and of these others."""
    follow_ups = select(FollowUp.id).where(FollowUp.loan_id == loan_id)
    about = select(Notice.id).where(Notice.about_loan_id == loan_id)
    items = select(NoticeItem.notice_id).where(col(NoticeItem.follow_up_id).in_(follow_ups))
    digests = select(Notice.id).where(col(Notice.id).in_(others))
    statement = select(Notice).where(col(Notice.id).in_(union(about, items, digests)))
    if after is not None:
        statement = statement.where(col(Notice.id) > after)
    return list((await session.exec(statement.order_by(col(Notice.id)).limit(BATCH))).all())


async def segments_between(
    session: Work, workspace_id: UUID, first: int, last: int, *, limit: int
) -> list[AuditSegment]:
    """Return the sealed segments that hold the places from `first` on, up to `last`."""
    statement = select(AuditSegment).where(
        AuditSegment.workspace_id == workspace_id, AuditSegment.last >= first, AuditSegment.first <= last
    )
    return list((await session.exec(statement.order_by(col(AuditSegment.number)).limit(limit))).all())


async def choices_for(session: Work, workspace_id: UUID, loan_id: UUID) -> Sequence[ContactChoice]:
    """Return which contact rules were chosen for the workspace, its teams and the loan, the earliest first."""
    statement = select(ContactChoice).where(
        ContactChoice.workspace_id == workspace_id,
        or_(col(ContactChoice.loan_id).is_(None), col(ContactChoice.loan_id) == loan_id),
        col(ContactChoice.undone_at).is_(None),
    )
    return (await session.exec(statement.order_by(col(ContactChoice.at), col(ContactChoice.id)))).all()


async def playbook_versions(session: Work, workspace_id: UUID, codes: Collection[str]) -> list[PlaybookVersion]:
    """Return the versions of these playbooks."""
    found: list[PlaybookVersion] = []
    for some in chunks(codes):
        statement = select(PlaybookVersion).where(
            PlaybookVersion.workspace_id == workspace_id, col(PlaybookVersion.code).in_(some)
        )
        found += (await session.exec(statement.order_by(col(PlaybookVersion.code), col(PlaybookVersion.number)))).all()
    return found


async def keys(session: Work, workspace_id: UUID, *, locked: bool = False) -> list[SigningKey]:
    """Return the signing keys, the present one first. `locked`: who makes one waits for this transaction, also where there
    is none yet."""
    if locked:
        workspace = select(Workspace.id).where(Workspace.id == workspace_id)
        await session.exec(workspace.with_for_update(key_share=True))
    statement = select(SigningKey).where(SigningKey.workspace_id == workspace_id)
    return list((await session.exec(statement.order_by(col(SigningKey.number).desc()))).all())


def member_columns(table: Table) -> list[str]:
    """Return the columns of a table that name a member."""
    return [c.name for c in table.columns if any(key.column.table.name == "member" for key in c.foreign_keys)]
