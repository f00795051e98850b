"""Delete what is older than its period, in batches, each in a transaction of its own that leaves an entry in the audit trail.

A batch may be broken off or repeated at any time: what it deleted is gone with its entry, and the rest is found again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.operator_acts import operator
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.contact_choices import LOANS as LOANS_CHOSE
from desk.loans.keeping import chosen_months, kind_of, known_of, packs_of_workspace, reasons, record_kept_by
from desk.retention.deleting import begin_deleting, delete_loans, delete_some, note_erased, record_deleted
from desk.rules.contact_packs import PACKS
from desk.rules.months import months_before
from desk.rules.retention import KINDS, period_of, wanted_months
from storage.queries.core import retention_due, retention_runs
from storage.queries.core.retention_due import NONE_YET, RECORDS, OldRecord, Records
from storage.queries.loans import loans
from storage.queries.people import workspaces
from storage.tables import RetentionRun
from storage.upkeep.audit_guards import require_owner
from storage.upkeep.erased_list import Erased
from storage.upkeep.erasing import erase

MOST_ROWS = 1_000
"""About how many rows one transaction deletes. A loan with more goes in steps. `docs/retention.md` has how long that takes."""

LOANS, RECORD_ROWS = 20, 100
"""How many loans, or rows that go by themselves, one transaction deletes at most."""

PAGE = 200
"""How many are looked at together, in a transaction that only reads."""

_ENDED = tuple(stage.code for stage in VOCABULARY.stages if stage.ended)

Open = Callable[[], AbstractAsyncContextManager[Desk]]
"""Opens a transaction: one that reads, or the one of a batch, which writes."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch deleted, or would: counts by kind, and by reason why the rest is kept (`hold`, a rule's id …); and the rows
    that no restored backup may bring back. `wrote`: it was a transaction that writes."""

    deleted: Mapping[str, int] = field(default_factory=dict[str, int])
    kept: Mapping[str, int] = field(default_factory=dict[str, int])
    erased: tuple[Erased, ...] = ()
    wrote: bool = True


async def sweep(read: Open, write: Open | None) -> AsyncIterator[Batch]:
    """Go through all that has a period, batch by batch; delete only with `write`. Raises NotOwnerError at the end if segments of
    the audit trail are to be dropped by one who does not own it."""
    async for batch in _sweep_loans(read, write):
        yield batch
    for code, kinds in RECORDS.items():
        for records in kinds:
            async for batch in _sweep_records(read, write, code, records):
                yield batch
    async for batch in _sweep_trail(read, write):
        yield batch


async def finish_deleting(desk: Desk) -> bool:
    """Do the next step of deleting a loan that a run which was broken off has begun with. Return whether there was one."""
    return await delete_some(desk, MOST_ROWS) is not None


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


async def _sweep_loans(read: Open, write: Open | None) -> AsyncIterator[Batch]:
    if write is not None:
        async for batch in _delete_rest(write):  # of a run that was broken off
            yield batch
    after = NONE_YET
    while True:
        async with read() as desk:
            ids = await retention_due.ended_loans(desk.session, desk.workspace.id, _ENDED, after=after, limit=PAGE)
            if not ids:
                return
            after = ids[-1]
            kinds, kept = await _due_loans(desk, ids)
            weights = await retention_due.count_rows(desk.session, list(kinds))
        if write is None:
            yield Batch(Counter(kinds.values()), kept, wrote=False)
            continue
        yield Batch(kept=kept, wrote=False)
        for group in groups_of(weights):
            in_steps = weights[group[0]] > MOST_ROWS
            yield await _delete_group(write, group, in_steps=in_steps)
            if in_steps:
                async for batch in _delete_rest(write):
                    yield batch


async def _delete_group(write: Open, group: Sequence[UUID], *, in_steps: bool) -> Batch:
    async with write() as desk:
        await workspaces.keep_holds_out(desk.session, desk.workspace.id)
        await loans.lock_all(desk.session, group, may_delete=True)
        kinds, kept = await _due_loans(desk, group)  # a hold may have been placed meanwhile
        if in_steps and kinds:
            ((loan_id, code),) = kinds.items()
            erased = await begin_deleting(desk, loan_id, code, by=operator())
        else:
            erased = await delete_loans(desk, kinds, by=operator())
    return Batch(Counter(kinds.values()), kept, erased)


async def _delete_rest(write: Open) -> AsyncIterator[Batch]:
    """Delete the rows of loans that are out of sight, step by step."""
    while True:
        async with write() as desk:
            erased = await delete_some(desk, MOST_ROWS)
        if erased is None:
            return
        yield Batch(erased=erased)


def groups_of(weights: Mapping[UUID, int]) -> list[list[UUID]]:
    """Return loans in groups that one transaction deletes, given how many rows each has."""
    groups: list[list[UUID]] = []
    rows = 0
    for loan_id, weight in sorted(weights.items()):
        if not groups or rows + weight > MOST_ROWS or len(groups[-1]) == LOANS:
            groups.append([])
            rows = 0
        groups[-1].append(loan_id)
        rows += weight
    return groups


async def _due_loans(desk: Desk, ids: Collection[UUID]) -> tuple[dict[UUID, str], Counter[str]]:
    """Return the kinds of the loans whose time is over, by id, and why how many of the others are kept."""
    chosen = await chosen_months(desk)
    kinds: dict[UUID, str] = {}
    kept: Counter[str] = Counter()
    for loan_id, known in (await known_of(desk, ids)).items():
        why = reasons(desk, known.loan, known.facts, known.packs, chosen)
        kind = kind_of(known.loan, known.facts)
        if why:
            kept[why[0].source if why[0].why in ("rule", "policy") else why[0].why] += 1
        elif kind is not None:
            kinds[loan_id] = kind.code
    return kinds, kept


async def _sweep_records(read: Open, write: Open | None, code: str, records: Records) -> AsyncIterator[Batch]:
    after: UUID | None = NONE_YET
    while after is not None:
        async with read() as desk:
            before = await _soonest(desk, code)
            if before is None:
                return
            rows, after = await retention_due.old_records(
                desk.session, desk.workspace.id, records, before, after=after, limit=PAGE
            )
            due, kept = await _due_records(desk, code, rows)
        yield Batch({code: len(due)} if due and not write else {}, kept, wrote=False)
        if write is None:
            continue
        for start in range(0, len(due), RECORD_ROWS):
            async with write() as desk:
                await workspaces.keep_holds_out(desk.session, desk.workspace.id)
                now_due, kept = await _due_records(desk, code, due[start : start + RECORD_ROWS])
                erased = await _delete_records(desk, code, records, [row.id for row in now_due])
            yield Batch({code: len(now_due)}, kept, erased)


async def _due_records(desk: Desk, code: str, rows: Sequence[OldRecord]) -> tuple[list[OldRecord], Counter[str]]:
    """Return the rows whose time is over, and why how many of the others are kept. A rule of a loan's own packs counts too."""
    kind, kept = KINDS[code], Counter[str]()
    before = await _before(desk, code)
    chosen = (await chosen_months(desk)).get(code)
    known = await known_of(desk, {row.loan_id for row in rows if row.loan_id is not None})
    due: list[OldRecord] = []
    for row in rows:
        if row.loan_id is not None and row.loan_id in known:
            why = record_kept_by(desk, kind, row.at, known[row.loan_id], chosen)
        else:
            why = None if before is not None and row.at < before else code
        if why is None:
            due.append(row)
        else:
            kept[why] += 1
    return due, kept


async def _delete_records(desk: Desk, code: str, records: Records, ids: list[UUID]) -> tuple[Erased, ...]:
    if not ids:
        return ()
    name = records.table.__tablename__
    # A recording goes with its file, whose bytes become leftovers of the store.
    files = await retention_due.files_of_recordings(desk.session, ids) if name == "recording" else []
    await retention_due.let_go(desk.session, records, ids)
    record_deleted(desk, code, ids, by=operator())
    if records.clears:
        return ()
    erased = await note_erased(desk, name, ids, code)
    await erase(desk.session, "stored_file", files)
    return (*erased, *await note_erased(desk, "stored_file", files, code))


async def _sweep_trail(read: Open, write: Open | None) -> AsyncIterator[Batch]:
    async with read() as desk:
        before = await _before(desk, "audit")
        if before is None:
            return
        count, held = await retention_due.droppable(desk.session, desk.workspace.id, before, desk.workspace_today)
        if write and count:
            await require_owner(desk.session)
    yield Batch({"audit": count} if count and not write else {}, {"hold": 1} if held else {}, wrote=False)
    if write is None:
        return
    for _ in range(count):
        async with write() as desk:
            await workspaces.keep_holds_out(desk.session, desk.workspace.id)
            segment = await retention_due.next_segment(desk.session, desk.workspace.id)
            if segment is None or segment.last_at >= before:
                return
            if await retention_due.names_held_loan(desk.session, segment, desk.workspace_today):
                break
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


async def _soonest(desk: Desk, code: str) -> datetime | None:
    """Return the instant before which the time of any record of a kind may be over: a loan may have packs of its own. None: of
    none."""
    has_own = LOANS_CHOSE in (desk.workspace.contact_rules or {})
    packs = [*PACKS.values()] if has_own else packs_of_workspace(desk)
    return _months_ago(
        desk, wanted_months(KINDS[code], (await chosen_months(desk)).get(code), packs, desk.workspace_today)
    )


async def _before(desk: Desk, code: str) -> datetime | None:
    """Return the instant before which records of a kind are older than their period; None: they have none."""
    chosen = (await chosen_months(desk)).get(code)
    return _months_ago(desk, period_of(KINDS[code], chosen, packs_of_workspace(desk), desk.workspace_today).months)


def _months_ago(desk: Desk, months: int | None) -> datetime | None:
    if months is None:
        return None
    day = months_before(desk.workspace_today, months)
    return datetime.combine(day, time(), ZoneInfo(desk.workspace.zone))
