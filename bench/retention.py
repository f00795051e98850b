"""How long `loandesk retention --apply` keeps others from writing: the time of each transaction in which it deletes loans."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from bench import dataset
from bench.environment import Environment
from bench.stats import percentile, summarize
from bot.service import Service
from desk.core.transaction import Desk
from desk.retention.sweeping import sweep
from storage.engine.types import new_id
from storage.tables import Call, FollowUp, Loan

_EACH, _MANY = 60, 2_000
"""Calls of a loan, and follow-ups that were done; and those of one with many."""

_AGO = timedelta(days=4 * 366)
"""How long ago the loans ended: a year longer than they are kept."""


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return how many transactions deleted the loans of one member, and their ms by the clock and of CPU here; and the same of
    one loan with many rows, which goes in steps."""
    count = 100 if env.quick else 400
    return {**await _delete(env, kind, count, _EACH), "many": await _delete(env, kind, 1, _MANY)}


async def _delete(env: Environment, kind: str, count: int, each: int) -> dict[str, Any]:
    service = await env.service(await env.database(kind))
    took: list[float] = []
    cpu: list[float] = []
    deleted = 0
    try:
        await _ended_loans(service, count, each)

        @contextlib.asynccontextmanager
        async def write() -> AsyncIterator[Desk]:
            async with service.office.desk(service.workspace) as desk:
                began, worked = time.perf_counter(), time.process_time()
                yield desk
            took.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - worked))

        async for batch in sweep(lambda: service.office.reading_desk(service.workspace), write):
            deleted += sum(batch.deleted.values())
    finally:
        await service.close()
    assert deleted >= count, f"{deleted} of {count} loans were deleted"
    return {
        "loans": count,
        "rows_each": 2 * each,
        "batches": len(took),
        "ms": summarize(took).json(),
        "p95_ms": round(percentile(took, 0.95), 1),
        "cpu_ms": summarize(cpu).json(),
    }


async def _ended_loans(service: Service, count: int, each: int) -> None:
    office, workspace = service.office, service.workspace
    (agent,) = await dataset.add_members(office, workspace, 1)
    loans = await dataset.add_loans(office, workspace, [agent], count)
    ended = office.clock.now() - _AGO
    await dataset.add_follow_ups(office, workspace, loans, [agent], [ended] * (count * each))
    await dataset.bulk(office.database, "call", _calls(service, loans, agent, each))
    async with office.database.engine.begin() as connection:
        await connection.execute(update(Loan).where(col(Loan.id).in_(loans)).values(stage="closed", stage_since=ended))
        done = {"state": "done", "remind_at": None, "escalate_at": None}
        await connection.execute(update(FollowUp).values(done))
    await dataset.analyze(office.database)


def _calls(service: Service, loans: list[UUID], agent: UUID, each: int) -> Iterator[dict[str, Any]]:
    at, cipher = service.office.clock.now() - _AGO, service.office.cipher
    for loan in loans:
        for _ in range(each):
            row_id = new_id()
            yield {
                "id": row_id,
                "workspace_id": service.workspace.id,
                "loan_id": loan,
                "caller_id": agent,
                "outcome": "no_answer",
                "note_cipher": cipher.encrypt(Call.note_cipher, row_id, "Rang twice"),
                "at": at,
                "version": 1,
            }
