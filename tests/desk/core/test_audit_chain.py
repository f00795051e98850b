"""The audit trail is chained in segments: whatever is changed, removed, inserted or exchanged in it is found, and where."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from desk.core.audit_chain import SEALED_AFTER, SEGMENT, seal_next
from desk.core.audit_verification import Finding, Head, Verification, check_entries
from desk.core.transaction import Office
from storage.engine.types import new_id
from storage.queries.core import audit
from storage.queries.core.audit import StoredEntry
from storage.tables import AuditChain, Workspace
from storage.upkeep.audit_guards import lifted
from tests.clocks import FrozenClock

LATER = SEALED_AFTER + timedelta(seconds=1)


async def write(office: Office, workspace: Workspace, *acts: str, **details: Any) -> None:
    async with office.desk(workspace) as desk:
        for act in acts:
            desk.audit(act, loan_id=new_id(), subject_id=new_id(), **details)


async def seal(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    clock.advance(seconds=LATER.total_seconds())
    async with office.desk(workspace) as desk:
        await seal_next(desk)


async def verified(
    office: Office, workspace: Workspace, kept: Sequence[Head] = ()
) -> tuple[list[Finding], Verification]:
    verification = Verification(kept)
    async with office.reading_desk(workspace) as desk:
        return [finding async for finding in verification.run(desk)], verification


async def test_what_is_written_is_sealed_within_seconds_and_verifies(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await write(office, workspace, "call", "note")
    async with office.desk(workspace) as desk:
        assert not await seal_next(desk)  # a moment later there may be more for the same segment
    findings, verification = await verified(office, workspace)
    assert (findings, verification.waiting, verification.entries) == ([], 2, 0)

    await seal(office, workspace, clock)
    await write(office, workspace, "stage")
    await seal(office, workspace, clock)

    findings, verification = await verified(office, workspace)
    assert findings == []
    assert (verification.segments, verification.entries, verification.waiting) == (2, 3, 0)
    async with office.database.reading() as session:
        rows = await audit.sealed(session, workspace.id, 1, 3)
    assert [row.act for row in rows] == ["call", "note", "stage"]


async def test_a_full_segment_is_sealed_at_once_and_leaves_the_rest_to_the_next(
    office: Office, workspace: Workspace
) -> None:
    await write(office, workspace, *["call"] * (SEGMENT + 1))
    async with office.desk(workspace) as desk:
        assert await seal_next(desk)
        assert not await seal_next(desk)
    _, verification = await verified(office, workspace)
    assert (verification.entries, verification.waiting) == (SEGMENT, 1)


async def test_a_clock_that_was_set_back_leaves_no_entry_unsealed(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await write(office, workspace, "call")
    await seal(office, workspace, clock)
    await write(office, workspace, "note")
    clock.set(clock.now() - timedelta(days=1))
    await write(office, workspace, "stage")
    async with office.desk(workspace) as desk:
        await seal_next(desk)
    findings, verification = await verified(office, workspace)
    assert (findings, verification.segments, verification.entries, verification.waiting) == ([], 2, 3, 0)


async def test_entries_from_before_the_chain_come_first_and_are_reported(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await write(office, workspace, "call", "note")
    async with office.database.transaction() as session:
        last = (await audit.unsealed(session, workspace.id, up_to=None, limit=9))[-1]
        session.add(AuditChain(workspace_id=workspace.id, head=bytes(32), found_up_to=UUID(last.id)))
    await write(office, workspace, "stage")
    await seal(office, workspace, clock)
    await seal(office, workspace, clock)

    findings, verification = await verified(office, workspace)
    assert (findings, verification.entries, verification.found) == ([], 3, 2)


async def test_the_loans_that_an_entry_names_among_several_are_found_by_each(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    loans = [new_id(), new_id()]
    async with office.desk(workspace) as desk:
        desk.audit("disclosure", what="list", shown=[str(each) for each in (*loans, loans[0])])
    await seal(office, workspace, clock)
    async with office.database.reading() as session:
        for loan in loans:
            found = await audit.entries(session, workspace.id, loan_id=loan, limit=5)
            assert [entry.act for entry in found] == ["disclosure"]


REFUSED = (
    "UPDATE audit_entry SET act = 'x'",
    "UPDATE audit_entry SET sequence = 9, act = 'x' WHERE sequence IS NULL",
    "UPDATE audit_entry SET sequence = NULL",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_entry WHERE sequence IS NULL",
    "UPDATE audit_segment SET last = 1",
    "DELETE FROM audit_segment",
)


async def test_the_database_refuses_to_change_the_trail(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await write(office, workspace, "call")
    await seal(office, workspace, clock)
    await write(office, workspace, "note")

    emptying = () if office.database.is_sqlite else ("TRUNCATE audit_entry CASCADE", "TRUNCATE audit_segment CASCADE")
    for statement in (*REFUSED, *emptying):
        with pytest.raises(DBAPIError, match="the audit trail is not changed"):
            async with office.database.transaction() as session:
                await session.execute(text(statement))
    assert (await verified(office, workspace))[0] == []


CHANGES = {
    "UPDATE audit_entry SET act = 'other' WHERE sequence = 3": [Finding("changed", 1, 3)],
    "UPDATE audit_entry SET details = '{ }' WHERE sequence = 3": [Finding("changed", 1, 3)],
    "UPDATE audit_entry SET actor_id = id WHERE sequence = 3": [Finding("changed", 1, 3)],
    "UPDATE audit_entry SET loan_id = NULL WHERE sequence = 5": [Finding("changed", 1, 5)],
    "UPDATE audit_entry SET act = 'words_entered' WHERE sequence = 2": [Finding("changed", 1, 2)],
    "UPDATE audit_entry SET act = 'remove_demo', details = '[]' WHERE sequence = 2": [Finding("changed", 1, 2)],
    "UPDATE audit_entry SET act = 'restore', details = '{\"ids\": [\"x\"]}' WHERE sequence = 2": [
        Finding("changed", 1, 2)
    ],
    "UPDATE audit_entry SET hash = NULL WHERE sequence = 4": [Finding("changed", 1, 4)],
    "DELETE FROM audit_entry WHERE sequence = 1": [Finding("missing", 1, 1)],
    "DELETE FROM audit_entry WHERE sequence IN (2, 5)": [Finding("missing", 1, 2), Finding("missing", 1, 5)],
    "UPDATE audit_entry SET sequence = NULL, hash = NULL WHERE sequence = 7": [Finding("missing", 2, 7)],
    "UPDATE audit_entry SET sequence = 99 WHERE sequence = 6": [Finding("missing", 2, 6), Finding("inserted", 2, 99)],
    "UPDATE audit_segment SET last = last + 1, first = first WHERE number = 2": [Finding("segment", 2)],
    "UPDATE audit_segment SET found = NOT found WHERE number = 1": [Finding("segment", 1)],
    "DELETE FROM audit_segment WHERE number = 1": [Finding("segment", 1)],
    "DELETE FROM audit_segment WHERE number = 2": [Finding("end", 1, 5)],
    "UPDATE audit_chain SET entries = 5, segments = 1": [Finding("end", 2, 7)],
}


class _RollBackError(Exception):
    """The next change is made to the trail as it was."""


async def test_each_change_of_one_who_lifts_the_triggers_is_found(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await write(office, workspace, *"abcde", step="request")
    await seal(office, workspace, clock)
    await write(office, workspace, *"fg", step="request")
    await seal(office, workspace, clock)

    for statement, expected in CHANGES.items():
        with contextlib.suppress(_RollBackError):
            async with office.desk(workspace) as desk:
                async with lifted(desk.session):
                    await desk.session.execute(text(statement))
                findings = [finding async for finding in Verification().run(desk)]
                assert findings[: len(expected)] == expected, statement
                raise _RollBackError
    assert (await verified(office, workspace))[0] == []


async def test_a_trail_that_was_cut_with_its_end_is_found_by_a_head_that_was_kept(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    for act in "ab":
        await write(office, workspace, act)
        await seal(office, workspace, clock)
    _, whole = await verified(office, workspace)
    async with office.database.transaction() as session, lifted(session):
        first = (await audit.segments(session, workspace.id, after=0, limit=1))[0]
        await session.execute(text("DELETE FROM audit_entry WHERE sequence > 1"))
        await session.execute(text("DELETE FROM audit_segment WHERE number > 1"))
        chain = await session.get_one(AuditChain, workspace.id)
        chain.segments, chain.entries, chain.head = 1, 1, first.head

    assert (await verified(office, workspace))[0] == []
    assert (await verified(office, workspace, [whole.head]))[0] == [Finding("cut", 2, 2)]


async def test_a_kept_head_counts_although_a_later_one_of_the_same_segment_fits(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await write(office, workspace, "call")
    await seal(office, workspace, clock)
    _, whole = await verified(office, workspace)
    kept = [Head(1, 1, bytes(32)), Head(1, 1, bytes(32)), whole.head]
    assert (await verified(office, workspace, kept))[0] == [Finding("cut", 1, 1)]


async def test_a_recomputed_chain_has_not_the_seal(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    await write(office, workspace, "call")
    await seal(office, workspace, clock)
    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("UPDATE audit_segment SET seal = head"))
    assert (await verified(office, workspace))[0] == [Finding("segment", 1)]


async def test_every_byte_of_a_segment_counts(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    await write(office, workspace, "call", "stage", what="card", ref="7F3K-92QD")
    await seal(office, workspace, clock)
    async with office.database.reading() as session:
        (segment,) = await audit.segments(session, workspace.id, after=0, limit=9)
        entries = await audit.sealed(session, workspace.id, 1, 2)
    assert check_entries(segment, entries) == []
    altered = 0
    for at, entry in enumerate(entries):
        for changed in every_change(entry):
            altered += 1
            others = [changed if place == at else each for place, each in enumerate(entries)]
            assert Finding("changed", 1, at + 1) in check_entries(segment, others), changed
    assert altered > 300
    reordered = [replace(entries[1], sequence=1), replace(entries[0], sequence=2)]
    assert Finding("changed", 1, 1) in check_entries(segment, reordered)
    doubled = check_entries(segment, [entries[0], entries[0], entries[1]])
    assert doubled == [Finding("inserted", 1, 1)]


def every_change(entry: StoredEntry) -> list[StoredEntry]:
    """Return the entry with each character of each column altered in turn."""
    found: list[StoredEntry] = [replace(entry, at=entry.at + timedelta(microseconds=1))]
    for name in ("id", "workspace_id", "act", "loan_id", "subject_id", "details"):
        value = str(getattr(entry, name))
        for at in range(len(value)):
            other = chr(ord(value[at]) ^ 1)
            found.append(replace(entry, **{name: value[:at] + other + value[at + 1 :]}))
    found += [replace(entry, actor_id=value) for value in ("", "0" * 32)]
    assert entry.hash is not None
    for at in range(len(entry.hash)):
        found.append(replace(entry, hash=entry.hash[:at] + bytes([entry.hash[at] ^ 1]) + entry.hash[at + 1 :]))
    return found
