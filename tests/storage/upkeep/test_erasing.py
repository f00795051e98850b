"""A loan is removed with every row that belongs to it: a new table need not be listed anywhere."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, Table, UniqueConstraint, Uuid, insert, select
from sqlmodel import SQLModel

from desk.core.transaction import Office
from storage.engine.types import new_id
from storage.engine.work import Work
from storage.tables import Loan, Member, Workspace
from storage.tables.retained import all_tables
from storage.upkeep import demo
from storage.upkeep.erasing import UndeclaredReferenceError, owned_tables
from tests.builders import make_loan, make_member

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
VALUES = {str: "x", int: 1, bool: False, datetime: NOW, date: NOW.date(), object: {}, Decimal: Decimal(1)}


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN")


async def write_a_row_in_every_table(session: Work, loan: Loan, lin: Member) -> dict[str, UUID]:
    """Write a row that belongs to the loan, or refers to it, in every table that can; return their ids by table."""
    ids = {"loan": loan.id, "workspace": loan.workspace_id, "member": lin.id}
    for table in SQLModel.metadata.sorted_tables:
        if table.name in owned_tables("loan"):
            await _write_row(session, table, ids)
    return ids


async def _write_row(session: Work, table: Table, ids: dict[str, UUID]) -> None:
    """Write a row of a table, after one of each table that it must refer to and that has none yet."""
    wanted = [column for column in table.columns if _is_wanted(column, ids)]
    for key in (key for column in wanted for key in column.foreign_keys):
        if key.column.table.name not in ids:
            await _write_row(session, key.column.table, ids)
    ids[table.name] = new_id()
    await session.execute(insert(table).values({column.name: _value(column, ids) for column in wanted}))


def _is_wanted(column: Column[Any], ids: dict[str, UUID]) -> bool:
    return not column.nullable or any(key.column.table.name in ids for key in column.foreign_keys)


def _value(column: Column[Any], ids: dict[str, UUID]) -> Any:
    for key in column.foreign_keys:
        return ids[key.column.table.name]
    if column.name == "id":
        return ids[column.table.name]
    kind = getattr(column.type, "impl_instance", column.type).python_type
    if kind in (bytes, UUID):
        return ids[column.table.name].bytes if kind is bytes else ids[column.table.name]
    return f"{ids[column.table.name]}" if kind is str else VALUES.get(kind)


async def rows_about(session: Work, ids: dict[str, UUID]) -> dict[str, int]:
    """Count by table the rows that refer to one of the rows in `ids` that belong to the loan."""
    counts: dict[str, int] = {}
    for name, owned in owned_tables("loan").items():
        for column in (*owned.deletes, *owned.clears):
            target = next(iter(column.foreign_keys)).column.table.name
            found = session.execute(select(owned.table).where(column == ids[target]))
            counts[name] = len((await found).all())
    return counts


async def test_removing_a_demo_loan_removes_its_rows_in_every_table_and_no_other_loan(
    office: Office, workspace: Workspace, lin: Member
) -> None:
    going, staying = [await make_loan(office, workspace, number, owner=lin) for number in ("L-1", "L-2")]
    async with office.database.transaction() as session:
        gone, stays = [await write_a_row_in_every_table(session, each, lin) for each in (going, staying)]
    async with office.database.transaction() as session:
        assert set((await rows_about(session, gone)).values()) == {1}
        await demo.remove(session, [going.id], NOW)

    async with office.database.reading() as session:
        assert set((await rows_about(session, gone)).values()) == {0}
        assert set((await rows_about(session, stays)).values()) == {1}
        assert await session.get(Loan, going.id) is None
        for table in ("notice",):
            kept = select(SQLModel.metadata.tables[table]).where(SQLModel.metadata.tables[table].c.id == gone[table])
            assert len((await session.execute(kept)).all()) == 1


def test_what_refers_to_a_deleted_row_is_found_by_an_index() -> None:
    """A database looks for them at each deletion, by itself: without an index it reads the whole table for each row."""
    kept = {"member", "setting", "proof", "running"}
    deleted = {name for name, table in all_tables().items() if not set(table.__retained__) <= kept}
    unindexed = [
        f"{table.name}.{column.name}"
        for name, row in all_tables().items()
        if row.__retained__ != ("running",) and "short" not in row.__retained__
        for table in [SQLModel.metadata.tables[name]]
        for column in table.columns
        if any(key.column.table.name in deleted for key in column.foreign_keys) and column not in _led(table)
    ]
    assert unindexed == []


def _led(table: Table) -> set[Any]:
    """Return the columns with which an index begins."""
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return {next(iter(each.columns)) for each in (*table.indexes, *unique, table.primary_key)}


def small_schema(*columns: Column[Any]) -> MetaData:
    metadata = MetaData()
    Table("loan", metadata, Column("id", Uuid, primary_key=True))
    Table("remark", metadata, Column("id", Uuid, primary_key=True), *columns)
    Table(
        "answer", metadata, Column("id", Uuid, primary_key=True), Column("to", ForeignKey("remark.id"), nullable=False)
    )
    return metadata


def test_a_new_table_belongs_to_the_loan_by_its_foreign_key_and_so_do_its_own_rows() -> None:
    schema = small_schema(Column("loan_id", ForeignKey("loan.id"), nullable=False))

    assert [*owned_tables("loan", schema)] == ["answer", "remark"]


def test_an_optional_foreign_key_without_when_gone_is_refused() -> None:
    schema = small_schema(Column("loan_id", ForeignKey("loan.id"), nullable=True))

    with pytest.raises(UndeclaredReferenceError, match=r"remark\.loan_id"):
        owned_tables("loan", schema)
