"""What keeps single records of a loan that lives: its own packs of contact rules, and holds."""

from pathlib import Path
from typing import Any

from desk.core.transaction import Office
from storage.engine.types import new_id
from storage.tables import (
    Call,
    ContactChoice,
    ErasedRecord,
    LegalHold,
    Loan,
    Member,
    Notice,
    OtherContact,
    Recording,
    RetentionPolicy,
    SentMessage,
    StoredFile,
    Workspace,
)
from tests.bot.test_retention import YEAR, lin, retention, rows
from tests.builders import make_call, make_loan
from tests.clocks import FrozenClock

__all__ = ["lin"]  # a fixture


async def loan_with_old_records(office: Office, workspace: Workspace, lin: Member, number: str) -> Loan:
    """Make a loan that lives, with a call and a letter with notes, and a recording in a file, all one and a half years old."""
    clock: Any = office.clock
    now = clock.now()
    clock.set(then := now - 1.5 * YEAR)
    loan = await make_loan(office, workspace, number, owner=lin)
    call = await make_call(office, loan, lin, note="words")
    clock.set(now)
    of = {"workspace_id": workspace.id, "loan_id": loan.id}
    file = {"batch_id": new_id(), "member_id": lin.id, "slack_file_id": number, "state": "filed", "made_at": then}
    async with office.desk(workspace) as desk:
        desk.add(StoredFile(id=(file_id := new_id()), name_cipher=b"x", **of, **file))
        desk.add(OtherContact(channel="letter", contacted_at=then, note_cipher=b"x", by_id=lin.id, at=then, **of))
        desk.add(Recording(id=new_id(), call_id=call.id, file_id=file_id, added_by_id=lin.id, at=then, **of))
        notice = Notice(workspace_id=workspace.id, key=number, kind="reminder", about_loan_id=loan.id, created_at=then)
        desk.add(notice)
        sent = {"notice_id": notice.id, "revision": 1, "channel_id": "C1", "ts": "1.2", "words_cipher": b"x"}
        desk.add(SentMessage(id=new_id(), at=then, **sent, **of))
    return loan


async def test_the_packs_of_a_loan_keep_its_records_longer_or_have_them_deleted_sooner(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path
) -> None:
    now, by = clock.now(), {"workspace_id": workspace.id, "by_id": lin.id, "number": 1}
    plain, sooner, longer, held = [
        await loan_with_old_records(office, workspace, lin, number) for number in ("A-1", "A-2", "A-3", "A-4")
    ]
    async with office.desk(workspace) as desk:
        desk.add(RetentionPolicy(id=new_id(), kind="words", months=12, at=now, **by))
        for loan, packs in ((sooner, "EU-GR"), (longer, "CN"), (held, "EU-GR")):
            desk.add(ContactChoice(id=new_id(), loan_id=loan.id, packs=packs, at=now, **by))
        desk.add(LegalHold(id=new_id(), workspace_id=workspace.id, loan_id=held.id, by_id=lin.id, at=now))
        found = await desk.session.get_one(Workspace, workspace.id)
        found.contact_rules = {"loans": True}
    workspace.contact_rules = {"loans": True}

    shown = await retention(database_url, tmp_path, clock, apply=False)
    assert "older than their period: 6 · the words of calls, other contacts, notes and messages" in shown
    assert "older than their period: 1 · recordings of calls" in shown
    assert "rule CN-K1" in shown
    await retention(database_url, tmp_path, clock, apply=True)

    words = {row.loan_id for row in await rows(office, Call) if row.note_cipher}
    assert words == {longer.id, held.id}
    assert {row.loan_id for row in await rows(office, SentMessage) if row.words_cipher} == words
    assert {row.loan_id for row in await rows(office, OtherContact) if row.note_cipher} == words
    kept = {plain.id, longer.id, held.id}
    assert {row.loan_id for row in await rows(office, Recording)} == kept
    assert {row.loan_id for row in await rows(office, StoredFile)} == kept  # the bytes are leftovers of the store now
    assert sorted(row.table_name for row in await rows(office, ErasedRecord)) == ["recording", "stored_file"]
