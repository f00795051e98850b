"""`loandesk audit proof` counts a month of the sealed trail. In Shanghai, it is 25 November 2026, 10:00."""

import csv
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console
from sqlalchemy import text

from bot.commands import audit_proof
from desk.core.audit_chain import SEGMENT, seal_next
from desk.core.errors import Invalid
from desk.core.transaction import Office
from desk.messages.monthly_proof import MonthlyProof, monthly_proof, read_month
from handlers.messages.block_kit.translator import Translator
from handlers.reports.monthly_proof import proof_csv
from storage.queries.core import audit
from storage.tables import AuditChain, Workspace
from storage.upkeep.audit_guards import lifted
from tests.bot.keys import settings_with
from tests.clocks import FrozenClock

NOVEMBER = date(2026, 11, 1)
DECEMBER = "2026-12-02T00:00:00+08:00"


async def write(office: Office, workspace: Workspace, at: str, act: str, **details: Any) -> None:
    """Write an entry of that time."""
    async with office.desk(workspace) as desk:
        desk.now = datetime.fromisoformat(at)
        desk.audit(act, **details)


async def seal(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    clock.advance(seconds=10)
    more = True
    while more:
        async with office.desk(workspace) as desk:
            more = await seal_next(desk)


async def proof_of(office: Office, workspace: Workspace, month: date = NOVEMBER) -> MonthlyProof:
    async with office.reading_desk(workspace) as desk:
        return await monthly_proof(desk, month)


def counts(proof: MonthlyProof) -> dict[tuple[str, str, str], int]:
    return {(row.section, row.item, row.detail): row.count for row in proof.rows}


@pytest.fixture
async def busy(office: Office, workspace: Workspace, clock: FrozenClock) -> Workspace:
    """A workspace with entries around both ends of November, which is over."""
    for at, act, details in (
        ("2026-10-31T23:59:59+08:00", "backup", {}),
        ("2026-11-01T00:00:00+08:00", "call", {"contact": "kept"}),  # in UTC, it is October
        ("2026-11-10T10:00:00+08:00", "call", {"contact": "broken"}),
        ("2026-11-10T10:00:00+08:00", "contact_broken", {"rules": ["CN-C1"]}),
        ("2026-11-10T11:00:00+08:00", "contact_held", {"rules": ["CN-C1", "CN-T1"], "effect": "deny"}),
        ("2026-11-10T11:01:00+08:00", "override_contact", {"rules": ["CN-C1"]}),
        ("2026-11-11T11:00:00+08:00", "disclosure", {"what": "card", "roles": "agent manager"}),
        ("2026-11-11T12:00:00+08:00", "disclosure", {"what": "card"}),
        ("2026-11-12T12:00:00+08:00", "refused", {"code": "reveal_limit"}),
        ("2026-11-13T12:00:00+08:00", "retention_deleted", {"kind": "calls", "count": 40}),
        ("2026-11-30T23:59:59+08:00", "restore", {}),
        ("2026-12-01T00:00:00+08:00", "call", {"contact": "kept"}),
    ):
        await write(office, workspace, at, act, **details)
    clock.set(DECEMBER)
    await seal(office, workspace, clock)
    return workspace


async def test_a_month_begins_and_ends_at_midnight_of_the_workspace(office: Office, busy: Workspace) -> None:
    proof = await proof_of(office, busy)
    assert (proof.entries, proof.first, proof.last, proof.is_whole, proof.findings) == (10, 2, 11, True, ())
    assert counts(proof) == {
        ("contact", "call", "kept"): 1,
        ("contact", "call", "broken"): 1,
        ("contact", "contact_broken", ""): 1,
        ("contact", "contact_held", "deny"): 1,
        ("contact", "override_contact", ""): 1,
        ("rules", "CN-C1", "contact_broken"): 1,
        ("rules", "CN-C1", "contact_held"): 1,
        ("rules", "CN-C1", "override_contact"): 1,
        ("rules", "CN-T1", "contact_held"): 1,
        ("disclosed", "card", "agent manager"): 1,
        ("disclosed", "card", "not_noted"): 1,
        ("refused", "refused", "reveal_limit"): 1,
        ("kept", "retention_deleted", ""): 1,
        ("kept", "records_deleted", "calls"): 40,
        ("operated", "restore", ""): 1,
    }
    told_twice = ("CN-C1", "CN-T1", "records_deleted")
    assert sum(row.count for row in proof.rows if row.item not in told_twice) == proof.entries


async def test_a_month_that_is_not_over_says_so_and_one_ahead_is_refused(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    empty = await proof_of(office, workspace)
    assert (empty.entries, empty.over, empty.rows, empty.head.hash) == (0, False, (), bytes(32))
    await write(office, workspace, "2026-11-25T09:00:00+08:00", "note")
    assert ((proof := await proof_of(office, workspace)).waiting, proof.entries) == (1, 0)
    await seal(office, workspace, clock)
    assert ((proof := await proof_of(office, workspace)).waiting, proof.entries, proof.is_whole) == (0, 1, False)
    with pytest.raises(Invalid, match="month_ahead"):
        await proof_of(office, workspace, date(2026, 12, 1))


async def test_what_is_not_as_it_was_sealed_deleted_or_from_before_the_chain_is_said(
    office: Office, busy: Workspace, clock: FrozenClock
) -> None:
    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("UPDATE audit_entry SET act = 'note' WHERE sequence = 3"))
    proof = await proof_of(office, busy)
    assert [(each.kind, each.place) for each in proof.findings] == [("changed", 3)]
    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("DELETE FROM audit_entry"))
        await session.execute(text("UPDATE audit_segment SET dropped_at = sealed_at"))
    proof = await proof_of(office, busy)
    assert (proof.entries, proof.dropped, proof.findings, proof.is_whole) == (0, 12, (), False)
    assert (await proof_of(office, busy, date(2026, 9, 1))).dropped == 12  # the segment may have begun then


async def test_what_was_sealed_before_the_month_is_verified_too_or_the_page_says_that_it_is_not(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    for at in ("2026-09-10T10:00:00+08:00", "2026-10-10T10:00:00+08:00", "2026-11-10T10:00:00+08:00"):
        clock.set(at)
        await write(office, workspace, at, "note")
        await write(office, workspace, at, "note")
        await seal(office, workspace, clock)
    clock.set(DECEMBER)
    proof = await proof_of(office, workspace)
    assert (proof.segments, proof.since, proof.verified, proof.findings) == ((3, 3), 1, 6, ())
    assert "Verified: segments 1 to 3 with 6 entries" in said(proof, "en")

    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("DELETE FROM audit_entry WHERE sequence IN (1, 2)"))
        await session.execute(text("UPDATE audit_segment SET dropped_at = sealed_at WHERE number = 1"))
    proof = await proof_of(office, workspace)
    assert (proof.dropped_before, proof.dropped, proof.findings, proof.is_whole) == (2, 0, (), True)
    assert "Retention has deleted 2 entries of them, from before this month" in said(proof, "en")
    assert "其中本月以前的 2 条记录保存期满后已删除" in said(proof, "zh")

    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("UPDATE audit_entry SET act = 'call' WHERE sequence = 3"))
    assert [(each.kind, each.place) for each in (await proof_of(office, workspace)).findings] == [("changed", 3)]
    async with office.reading_desk(workspace) as desk:
        proof = await monthly_proof(desk, NOVEMBER, most_earlier=3)
    assert (proof.since, proof.verified, proof.findings) == (3, 2, ())
    assert "Earlier segments were not verified for this page" in said(proof, "en")
    assert "更早的区段未在生成本页时校验" in said(proof, "zh")
    async with office.reading_desk(workspace) as desk:
        assert len((await monthly_proof(desk, NOVEMBER, most_earlier=4)).findings) == 1


def said(proof: MonthlyProof, language: str) -> str:
    """Return the proof as CSV."""
    return proof_csv(Translator(language), proof).decode("utf-8-sig")


async def test_an_entry_that_was_sealed_late_and_many_segments_are_counted(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    async with office.desk(workspace) as desk:
        for _ in range(SEGMENT + 20):
            desk.audit("note")
    await seal(office, workspace, clock)
    for _ in range(3):
        await write(office, workspace, "2026-11-25T11:00:00+08:00", "show_number")
        await seal(office, workspace, clock)
    clock.set(DECEMBER)
    await write(office, workspace, DECEMBER, "call")
    await seal(office, workspace, clock)
    await write(
        office, workspace, "2026-11-26T11:00:00+08:00", "show_number"
    )  # a killed process left it in the journal
    await seal(office, workspace, clock)
    proof = await proof_of(office, workspace)
    assert (proof.entries, proof.last, proof.segments) == (SEGMENT + 24, SEGMENT + 25, (1, 7))
    assert counts(proof)["disclosed", "show_number", "not_noted"] == 4
    december = await proof_of(office, workspace, date(2026, 12, 1))
    assert (december.entries, december.segments, december.findings) == (1, (6, 7), ())
    assert december.before != bytes(32)


async def test_entries_from_before_the_chain_are_counted_and_said(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await write(office, workspace, "2026-11-25T09:00:00+08:00", "call")
    async with office.database.transaction() as session:
        (entry,) = await audit.unsealed(session, workspace.id, up_to=None, limit=1)
        session.add(AuditChain(workspace_id=workspace.id, head=bytes(32), found_up_to=UUID(entry.id)))
    await seal(office, workspace, clock)
    assert ((proof := await proof_of(office, workspace)).found, proof.entries) == (1, 1)


async def test_case_files_of_the_operator_and_their_keys_are_acts_of_the_operator(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    for act in ("case_exported", "signing_key"):
        await write(office, workspace, "2026-11-25T09:00:00+08:00", act)
    await seal(office, workspace, clock)
    told = (await proof_of(office, workspace)).of("operated")
    assert [row.item for row in told] == ["case_exported", "signing_key"]


@pytest.mark.parametrize(
    "typed", ["2026", "2026-13", "2026-00", "26-11", "0001-01", "2026-1", "2026/11", "２０２６-１１", "", "2026-11-01"]
)
def test_what_is_no_month_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="bad_month"):
        read_month(typed)


def test_a_month_is_read() -> None:
    assert read_month(" 2026-12 ") == date(2026, 12, 1)


async def test_the_command_writes_the_same_files_from_the_same_trail(
    office: Office, busy: Workspace, database_url: str, tmp_path: Path
) -> None:
    async def run(month: date, folder: str, language: Any = "both") -> tuple[int, str]:
        printed = StringIO()
        console = Console(file=printed, markup=False, soft_wrap=True)
        settings = settings_with(database_url)
        code = await audit_proof.run(
            settings, tmp_path / folder, console, month=month, language=language, clock=office.clock
        )
        return code, printed.getvalue()

    code, printed = await run(NOVEMBER, "first")
    assert (code, (await run(NOVEMBER, "second"))[0]) == (0, 0)
    names = sorted(file.name for file in (tmp_path / "first").iterdir())
    assert names == [f"proof-2026-11-{busy.slack_team_id}.{each}" for each in ("en.csv", "en.pdf", "zh.csv", "zh.pdf")]
    assert all(name in printed for name in names)
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
        assert (tmp_path / "first" / name).stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader((tmp_path / "first" / names[0]).open(encoding="utf-8-sig", newline="")))
    assert {
        "section": "contact",
        "item": "call",
        "detail": "broken",
        "text": "Calls logged that broke a rule",
    }.items() <= (next(row for row in rows if row["detail"] == "broken").items())
    assert any("10 entries of the audit trail, between entry 2 and entry 11" in row["text"] for row in rows)
    assert "已登记、违反规则的通话" in (tmp_path / "first" / names[2]).read_text("utf-8-sig")
    assert (await run(date(2027, 1, 1), "third")) == (1, "Nothing was written: 2027-01 has not begun.\n")
    assert not (tmp_path / "third").exists()
    assert counts(await proof_of(office, busy, date(2026, 12, 1))).get(("operated", "audit_proof", "")) is None
