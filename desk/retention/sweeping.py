"""Delete what is older than its period, in batches, each in a transaction of its own that leaves an entry in the audit trail.

A batch may be broken off or repeated at any time: what it deleted is gone with its entry, and the rest is found again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.operator_acts import operator
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.loans.keeping import DUTIES, kept_because, kind_of, packs_of_workspace
from desk.rules.retention import KINDS, months_before, period_of
from storage.queries.core import retention_due, retention_runs
from storage.queries.core.retention_due import NONE_YET, RECORDS, Records
from storage.queries.core.rows import by_ids
from storage.queries.loans import keeping, loans
from storage.tables import Loan, RetentionRun
from storage.upkeep import demo
from storage.upkeep.erasing import erase

LOANS, ROWS = 20, 200
"""How many loans, or other rows, one transaction deletes: on SQLite that takes less than 200 ms."""

_ENDED = tuple(stage.code for stage in VOCABULARY.stages if stage.ended)

Open = Callable[[], AbstractAsyncContextManager[Desk]]
"""Opens the transaction of a batch: one that writes, or for a dry run one that only reads."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch deleted, or would: counts by kind, and by reason why the rest is kept (`hold`, `live`, a rule's id …)."""

    deleted: Mapping[str, int] = field(default_factory=dict[str, int])
    kept: Mapping[str, int] = field(default_factory=dict[str, int])


async def sweep(open_desk: Open, *, apply: bool) -> AsyncIterator[Batch]:
    """Go through all that has a period, batch by batch; delete only with `apply`."""
    async for batch in _sweep_loans(open_desk, apply=apply):
        yield batch
    for code, kinds in RECORDS.items():
        for records in kinds:
            async for batch in _sweep_records(open_desk, code, records, apply=apply):
                yield batch
    async for batch in _sweep_trail(open_desk, apply=apply):
        yield batch


async def begin_run(desk: Desk) -> UUID:
    """Return the run that was broken off, to go on with it, or a new one."""
    run = await retention_runs.unfinished(desk.session, desk.workspace.id)
    if run is None:
        run = RetentionRun(workspace_id=desk.workspace.id, began_at=desk.now)
        desk.add(run)
        await desk.session.flush()
    return run.id


async def end_run(desk: Desk, run_id: UUID, counts: Mapping[str, int]) -> None:
    """Note that a run came to its end, and what it deleted since it began or went on."""
    run = await desk.session.get_one(RetentionRun, run_id)
    run.ended_at, run.counts = desk.now, dict(counts)
    desk.add(run)
    desk.audit("retention_ended", subject_id=run_id, by=operator(), counts=dict(counts))


async def _sweep_loans(open_desk: Open, *, apply: bool) -> AsyncIterator[Batch]:
    after = NONE_YET
    while True:
        async with open_desk() as desk:
            ids = await retention_due.ended_loans(
                desk.session, desk.workspace.id, _ENDED, after=after, limit=LOANS if apply else ROWS
            )
            if not ids:
                return
            after = ids[-1]
            if apply:
                await loans.lock_all(desk.session, ids)
            why = await kept_because(desk, ids)
            kinds = await _kinds_of(desk, [loan_id for loan_id in ids if not why.get(loan_id)])
            if apply:
                await _delete_loans(desk, kinds)
        kept = Counter(
            reasons[0].source if reasons[0].why in ("rule", "policy") else reasons[0].why
            for reasons in why.values()
            if reasons
        )
        yield Batch(Counter(kinds.values()), kept)


async def _kinds_of(desk: Desk, loan_ids: list[UUID]) -> dict[UUID, str]:
    rows = await by_ids(desk.session, Loan, loan_ids)
    facts = await keeping.facts_of(desk.session, loan_ids, desk.workspace_today)
    found = {loan_id: kind_of(rows[loan_id], facts[loan_id]) for loan_id in loan_ids}
    return {loan_id: kind.code for loan_id, kind in found.items() if kind is not None}


async def _delete_loans(desk: Desk, kinds: Mapping[UUID, str]) -> None:
    session, workspace_id = desk.session, desk.workspace.id
    for code in dict.fromkeys(kinds.values()):
        ids = [loan_id for loan_id, kind in kinds.items() if kind == code]
        people = await demo.remove(session, ids, desk.now)
        await retention_due.note_erased(session, workspace_id, "loan", ids, code, desk.now)
        await retention_due.note_erased(session, workspace_id, "borrower", people, code, desk.now)
        _record(desk, code, ids)


async def _sweep_records(open_desk: Open, code: str, records: Records, *, apply: bool) -> AsyncIterator[Batch]:
    after = NONE_YET
    while True:
        async with open_desk() as desk:
            before = await _before(desk, code)
            if before is None:
                return
            rows = await retention_due.old_records(
                desk.session, desk.workspace.id, records, before, after=after, limit=ROWS
            )
            if not rows:
                return
            after = rows[-1][0]
            held = await _kept_loans(desk, {loan_id for _, loan_id in rows if loan_id is not None})
            ids = [row_id for row_id, loan_id in rows if loan_id not in held]
            if apply and ids:
                await _let_go(desk, code, records, ids)
                _record(desk, code, ids)
        kept = Counter(held[loan_id] for _, loan_id in rows if loan_id in held)
        yield Batch({code: len(ids)} if ids else {}, dict(kept))


async def _let_go(desk: Desk, code: str, records: Records, ids: list[UUID]) -> None:
    """Delete these rows or clear their column; a recording goes with its file, whose bytes become leftovers of the store."""
    session, workspace_id, name = desk.session, desk.workspace.id, records.table.__tablename__
    files = await retention_due.files_of_recordings(session, ids) if name == "recording" else []
    await retention_due.let_go(session, records, ids)
    if records.clears:
        return
    await retention_due.note_erased(session, workspace_id, name, ids, code, desk.now)
    if files:
        await erase(session, "stored_file", files)
        await retention_due.note_erased(session, workspace_id, "stored_file", files, code, desk.now)


async def _kept_loans(desk: Desk, loan_ids: set[UUID]) -> dict[UUID | None, str]:
    """Return the loans of which nothing may be deleted, and why: a hold, an open dispute or escalation, a rule of their own."""
    why = await kept_because(desk, loan_ids)
    found: dict[UUID | None, str] = {}
    for loan_id, reasons in why.items():
        first = next((each for each in reasons if each.why in DUTIES - {"live", "planned", "rule"}), None)
        if first is not None:
            found[loan_id] = first.why
    return found


async def _sweep_trail(open_desk: Open, *, apply: bool) -> AsyncIterator[Batch]:
    while True:
        async with open_desk() as desk:
            before = await _before(desk, "audit")
            if before is None:
                return
            segment = await retention_due.next_segment(desk.session, desk.workspace.id)
            if segment is None or segment.last_at >= before:
                return
            if not apply:
                yield Batch({"audit": await retention_due.count_old_segments(desk.session, desk.workspace.id, before)})
                return
            if await retention_due.names_held_loan(desk.session, segment, desk.workspace_today):
                yield Batch(kept={"hold": 1})
                return
            await retention_due.drop_segment(desk.session, segment, desk.now)
            desk.audit(
                "retention_deleted",
                subject_id=segment.id,
                by=operator(),
                kind="audit",
                segment=segment.number,
                first=segment.first,
                last=segment.last,
                head=segment.head.hex(),
            )
        yield Batch({"audit": 1})


async def _before(desk: Desk, code: str) -> datetime | None:
    """Return the instant before which records of a kind are older than their period; None: they have none."""
    chosen = (await keeping.policies(desk.session, desk.workspace.id)).get(code)
    kind = KINDS[code]
    period = period_of(kind, chosen.months if chosen else None, packs_of_workspace(desk), desk.workspace_today)
    if period.months is None:
        return None
    day = months_before(desk.workspace_today, period.months)
    return datetime.combine(day, time(), ZoneInfo(desk.workspace.zone))


def _record(desk: Desk, code: str, ids: list[UUID]) -> None:
    desk.audit("retention_deleted", by=operator(), kind=code, count=len(ids), ids=[str(each) for each in sorted(ids)])
