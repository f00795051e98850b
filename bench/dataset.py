"""Members, loans and follow-ups in bulk, as in a database after some time in use."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert, text
from sqlmodel import SQLModel

from bench.slack import channel_id, user_id
from desk.core.transaction import Office
from storage.engine.database import Database
from storage.engine.types import new_id
from storage.queries.loans import search
from storage.tables import Borrower, Workspace
from storage.tables.loans import plain_number

_CHUNK = 5_000

LOANS_EACH = 10
"""Loans per member; each has one open follow-up."""

_NAME, _PHONE = "王小明", "+8613800135678"


def loan_number(member: int, loan: int) -> str:
    """Return the number of a member's n-th loan."""
    return f"B-{member}-{loan}"


async def add_members(office: Office, workspace: Workspace, count: int, *, channels: int | None = None) -> list[UUID]:
    """Add agents with reminder channels, each with one of its own unless they are to share `channels`; return their ids."""
    ids = [new_id() for _ in range(count)]
    await bulk(office.database, "member", _members(office, workspace, ids, channels or count))
    return ids


async def add_loans(
    office: Office, workspace: Workspace, owners: list[UUID], each: int = LOANS_EACH, *, first: int = 0
) -> list[UUID]:
    """Add loans with borrowers for the owners, and return their ids grouped by owner.

    `first` is the number of the first owner in the loan numbers.
    """
    ids = [(owner, number, n, new_id(), new_id()) for number, owner in enumerate(owners, first) for n in range(each)]
    await _add_borrowers(office, workspace, [borrower for *_, borrower in ids])
    now = office.clock.now()
    await bulk(
        office.database,
        "loan",
        (
            {
                "id": loan,
                "workspace_id": workspace.id,
                "borrower_id": borrower,
                "number": loan_number(number, n),
                "number_key": loan_number(number, n).casefold(),
                "plain_number": plain_number(loan_number(number, n).casefold()),
                "minted": False,
                "stage": "application",
                "stage_since": now,
                "owner_id": owner,
                "amount": Decimal("120000.00"),
                "currency": "CNY",
                "autopay": False,
                "next_follow_up_number": 2,
                "version": 1,
                "created_at": now,
            }
            for owner, number, n, loan, borrower in ids
        ),
    )
    return [loan for _, _, _, loan, _ in ids]


async def _add_borrowers(office: Office, workspace: Workspace, ids: list[UUID]) -> None:
    """Add borrowers, each of the same name and telephone number, and what they are searched by."""
    now, cipher = office.clock.now(), office.cipher
    await bulk(
        office.database,
        "borrower",
        (
            {
                "id": borrower,
                "workspace_id": workspace.id,
                "name_cipher": cipher.encrypt(Borrower.name_cipher, borrower, _NAME),
                "phone_cipher": cipher.encrypt(Borrower.phone_cipher, borrower, _PHONE),
                "search_version": search.VERSION,
                "version": 1,
                "created_at": now,
            }
            for borrower in ids
        ),
    )
    await bulk(
        office.database,
        "search_term",
        (
            {"borrower_id": borrower, "digest": digest}
            for borrower in ids
            for digest in search.digests_of(cipher, _NAME, _PHONE)
        ),
    )


async def add_follow_ups(
    office: Office, workspace: Workspace, loans: list[UUID], owners: list[UUID], due: Iterable[datetime]
) -> None:
    """Add an open follow-up with a reminder for each instant in `due`, distributed over the loans in turn."""
    now, each = office.clock.now(), len(loans) // len(owners)

    def rows() -> Iterator[dict[str, Any]]:
        for serial, at in enumerate(due):
            turn, position = divmod(serial, len(loans))
            yield {
                "id": new_id(),
                "workspace_id": workspace.id,
                "loan_id": loans[position],
                "number": turn + 1,
                "purpose": "identity",
                "assignee_id": owners[position // each],
                "due_on": at.date(),
                "due_at": at,
                "late_at": at,
                "remind_at": at,
                "escalate_at": at + timedelta(days=30),
                "snoozes": 0,
                "attempts": 0,
                "state": "open",
                "created_at": now,
                "planned_at": now,
                "version": 1,
            }

    await bulk(office.database, "follow_up", rows())


async def bulk(database: Database, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows in bulk: with COPY, or many rows per statement on SQLite."""
    target: Table = SQLModel.metadata.tables[table]
    remaining = iter(rows)
    while chunk := list(itertools.islice(remaining, _CHUNK)):
        async with database.engine.begin() as connection:
            if database.is_sqlite:
                await connection.execute(insert(target), chunk)
                continue
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            columns = list(chunk[0])
            await raw.copy_records_to_table(table, records=[tuple(row.values()) for row in chunk], columns=columns)


async def analyze(database: Database) -> None:
    """Update the planner's statistics, as the database does by itself in time."""
    async with database.engine.begin() as connection:
        await connection.execute(text("ANALYZE"))


def _members(office: Office, workspace: Workspace, ids: list[UUID], channels: int) -> Iterator[dict[str, Any]]:
    for number, row_id in enumerate(ids):
        yield {
            "id": row_id,
            "workspace_id": workspace.id,
            "slack_user_id": user_id(number),
            "name": f"Agent {number}",
            "name_key": f"agent {number}",
            "email": f"agent{number}@lender.example",
            "roles": "agent",
            "reminder_channel_id": channel_id(number % channels),
            "zone": "Asia/Shanghai",
            "locale": "zh-CN" if number % 2 else "en-US",
            "work_start": time(9),
            "work_end": time(18),
            "working_days": "01234",
            "version": 1,
            "created_at": office.clock.now(),
        }
