"""Rows that are written in bulk are those that a session would have written."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from desk.core.transaction import Office
from storage.engine import bulk
from storage.engine.types import new_id
from storage.tables import AuditEntry, Borrower, Loan, Workspace

AT = datetime(2026, 11, 25, 2, 0, 0, 123456, tzinfo=UTC)


def borrower(workspace: Workspace) -> dict[str, Any]:
    return {
        "id": new_id(),
        "workspace_id": workspace.id,
        "name_cipher": b"\1\0name",
        "phone_cipher": b"\1\xff",
        "created_at": AT,
    }


def loan(workspace: Workspace, borrower_id: Any, number: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "workspace_id": workspace.id,
        "borrower_id": borrower_id,
        "number": number,
        "number_key": number.casefold(),
        "plain_number": number.casefold().replace("-", ""),
        "stage": "disbursed",
        "stage_since": AT,
        "amount": Decimal("120000.05"),
        "due_day": 15,
        "autopay": True,
        "unpaid_since": date(2026, 11, 15),
        "created_at": AT,
    }


async def insert(office: Office, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    async with office.database.transaction() as session:
        await bulk.insert(session, table, bulk.by_column(rows))


async def test_rows_read_as_those_that_a_session_writes(office: Office, workspace: Workspace) -> None:
    person = borrower(workspace)
    one, other = loan(workspace, person["id"], "A-1"), loan(workspace, person["id"], "A-2")
    entry = {
        "id": new_id(),
        "workspace_id": workspace.id,
        "at": AT,
        "act": "import_loan",
        "details": {"columns": ["姓名"], "n": 1},
    }

    await insert(office, Borrower, [person])
    await insert(office, Loan, [one])
    await insert(office, AuditEntry, [entry])
    async with office.database.transaction() as session:
        session.add(Loan(**other))

    async with office.database.reading() as session:
        written = (await session.exec(select(Loan).where(Loan.id == one["id"]))).one().model_dump()
        added = (await session.exec(select(Loan).where(Loan.id == other["id"]))).one().model_dump()
        audited = (await session.exec(select(AuditEntry).where(AuditEntry.id == entry["id"]))).one()
        named = (await session.exec(select(Borrower).where(Borrower.id == person["id"]))).one()
    assert written | dict.fromkeys(("id", "number", "number_key", "plain_number")) == added | dict.fromkeys(
        ("id", "number", "number_key", "plain_number")
    )
    assert (audited.details, audited.at, audited.actor_id) == (entry["details"], AT, None)
    assert (named.name_cipher, named.phone_cipher, named.version) == (b"\1\0name", b"\1\xff", 1)


async def test_columns_that_are_missing_or_unknown_are_named(office: Office, workspace: Workspace) -> None:
    person = borrower(workspace)
    with pytest.raises(LookupError, match="Borrower: phone_cipher"):
        await insert(office, Borrower, [{name: each for name, each in person.items() if name != "phone_cipher"}])
    with pytest.raises(LookupError, match="Borrower: nickname"):
        await insert(office, Borrower, [person | {"nickname": "Lin"}])


async def test_a_number_that_is_there_already_keeps_nothing(office: Office, workspace: Workspace) -> None:
    person = borrower(workspace)
    await insert(office, Borrower, [person])
    await insert(office, Loan, [loan(workspace, person["id"], "A-1")])
    with pytest.raises(IntegrityError):
        await insert(office, Loan, [loan(workspace, person["id"], "A-2"), loan(workspace, person["id"], "A-1")])
    async with office.database.reading() as session:
        assert (await session.exec(select(Loan.number))).all() == ["A-1"]


async def test_rows_without_ids_get_new_ones_in_order(office: Office, workspace: Workspace) -> None:
    acts = [f"act {n}" for n in range(20)]
    async with office.database.transaction() as session:
        columns = {"act": acts, "details": [{}] * len(acts)}
        await bulk.insert(session, AuditEntry, columns, {"workspace_id": workspace.id, "at": AT})

    async with office.database.reading() as session:
        found = (await session.exec(select(AuditEntry).where(col(AuditEntry.act).in_(acts)))).all()
        again = await session.get(AuditEntry, found[0].id)
    assert [row.act for row in sorted(found, key=lambda row: row.id)] == acts
    assert {row.id.version for row in found} == {7}
    assert again is not None
