"""What messages said is provable: the sealed trail has a digest of it, and a changed or removed text is found."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import select

from desk.cases.contents import gather
from desk.core.sent_words import ENTERED_AFTER, MOST, WORDS_ENTERED
from desk.core.transaction import Office
from desk.retention.deleting import delete_loans, record_deleted
from handlers.messages.block_kit.translator import Translator
from handlers.reports.case_file import case_reports
from handlers.reports.case_text import CaseFacts
from storage.engine.types import new_id
from storage.queries.core import retention_due
from storage.tables import AuditEntry, AuditLoan, Loan, Notice, SentMessage, Workspace
from tests.bot.test_audit_commands import verify
from tests.builders import make_loan
from tests.clocks import FrozenClock
from tests.desk.core.test_audit_chain import seal, verified

WORDS = "Call 王* · 尾号5678 today"


@pytest.fixture
async def loan(office: Office, workspace: Workspace) -> Loan:
    return await make_loan(office, workspace, "A-1")


async def send(office: Office, workspace: Workspace, loan: Loan, words: str = WORDS, count: int = 1) -> list[UUID]:
    """Keep what messages said, as delivery does. Return their ids."""
    ids: list[UUID] = []
    async with office.desk(workspace) as desk:
        of, now = {"workspace_id": workspace.id}, desk.now
        notice = Notice(key=str(new_id()), kind="reminder", created_at=now, about_loan_id=loan.id, **of)
        desk.add(notice)
        for number in range(count):
            row_id = new_id()
            cipher = desk.cipher.encrypt(SentMessage.words_cipher, row_id, words)
            place = {"channel_id": "CLIN", "ts": f"1.{number}", "revision": number + 1, "at": now}
            row = SentMessage(id=row_id, loan_id=loan.id, notice_id=notice.id, words_cipher=cipher, **place, **of)
            desk.add(row)
            ids.append(row_id)
    return ids


async def enter(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    """Let the worker enter what was sent, and seal the entry."""
    clock.advance(seconds=ENTERED_AFTER.total_seconds())
    for _ in range(2):
        await seal(office, workspace, clock)


async def entries(office: Office) -> list[AuditEntry]:
    async with office.database.reading() as session:
        return list((await session.exec(select(AuditEntry).where(AuditEntry.act == WORDS_ENTERED))).all())


async def faults(office: Office, workspace: Workspace) -> list[tuple[str, UUID | None]]:
    findings, _ = await verified(office, workspace)
    return [(finding.kind, finding.message) for finding in findings]


async def as_entered(office: Office, workspace: Workspace, loan: Loan) -> list[Any]:
    """Return what the case file says of each message: whether it is as the trail has it. Its pages mark those that are not."""
    async with office.reading_desk(workspace) as desk:
        contents = await gather(desk, await desk.session.get_one(Loan, loan.id))
    facts = CaseFacts(by="Compliance", asked_at=office.clock.now(), purpose="")
    pages = repr(case_reports(Translator("en-US"), contents, [], facts))
    versions = [version["as_entered"] for notice in contents.notices for version in notice["sent"]]
    assert pages.count("(not what was sent: the audit trail has other words)") == versions.count(False)
    return versions


async def rewrite(office: Office, message: UUID, words: str) -> None:
    """Write other words into the database, as one who has the keys too can."""
    cipher = office.cipher.encrypt(SentMessage.words_cipher, message, words)
    async with office.database.transaction() as session:
        row = await session.get_one(SentMessage, message)
        row.words_cipher = cipher
        session.add(row)


async def test_a_changed_or_removed_text_is_found_and_its_message_named(
    office: Office, workspace: Workspace, clock: FrozenClock, loan: Loan, database_url: str
) -> None:
    first, second, third = await send(office, workspace, loan, count=3)
    assert await as_entered(office, workspace, loan) == [None, None, None]
    await enter(office, workspace, clock)
    assert (await faults(office, workspace), await as_entered(office, workspace, loan)) == ([], [True, True, True])

    await rewrite(office, first, WORDS.replace("today", "tomorrow"))
    async with office.database.transaction() as session:
        row = await session.get_one(SentMessage, second)
        row.channel_id = "COTHER"
        session.add(row)
        await session.delete(await session.get_one(SentMessage, third))
    assert await faults(office, workspace) == [("words", first), ("words", second), ("no_words", third)]
    assert await as_entered(office, workspace, loan) == [False, False]
    code, printed = await verify(database_url)
    assert code == 1
    assert f"FIX  what message {first} said, as it is kept, is not what entry 1 has (segment 1)" in printed
    assert f"FIX  what message {third} said is not kept, and no entry says it was deleted: entry 1" in printed
    async with office.database.transaction() as session:
        await session.execute(text("UPDATE sent_message SET entered_at = NULL"))
    await enter(office, workspace, clock)  # entered again, the first entry still tells
    assert ("words", first) in await faults(office, workspace)
    assert await as_entered(office, workspace, loan) == [False, False]


async def test_a_message_that_was_moved_to_another_loan_is_found(
    office: Office, workspace: Workspace, clock: FrozenClock, loan: Loan
) -> None:
    other = await make_loan(office, workspace, "B-2")
    (message,) = await send(office, workspace, loan)
    await enter(office, workspace, clock)
    async with office.database.transaction() as session:
        (await session.get_one(SentMessage, message)).loan_id = other.id
    assert await faults(office, workspace) == [("words", message)]
    async with office.desk(workspace) as desk:
        desk.audit("import_take_over", loan_id=other.id, ids=[str(loan.id)])
    assert await faults(office, workspace) == []


async def test_an_entry_has_ids_and_keyed_digests_alone_and_names_each_loan(
    office: Office, workspace: Workspace, clock: FrozenClock, loan: Loan
) -> None:
    other = await make_loan(office, workspace, "B-2")
    await send(office, workspace, loan)
    await send(office, workspace, other)
    await enter(office, workspace, clock)
    (entry,) = await entries(office)
    (_, _, _, one), (_, _, _, two) = entry.details["words"]
    assert one != two
    assert len(one) == 64
    assert "王" not in json.dumps(entry.details, ensure_ascii=False)
    async with office.database.reading() as session:
        named = {row.loan_id for row in (await session.exec(select(AuditLoan))).all()}
    assert named == {loan.id, other.id}
    async with office.reading_desk(workspace) as desk:
        contents = await gather(desk, await desk.session.get_one(Loan, loan.id))
    (record,) = [each for each in contents.audit if each["act"] == WORDS_ENTERED]
    assert str(other.id) not in json.dumps(record)


async def test_many_are_entered_together_and_none_twice(
    office: Office, workspace: Workspace, clock: FrozenClock, loan: Loan
) -> None:
    await send(office, workspace, loan, count=MOST + 1)
    await seal(office, workspace, clock)
    await enter(office, workspace, clock)
    await enter(office, workspace, clock)
    assert sorted(entry.details["count"] for entry in await entries(office)) == [1, MOST]


async def test_a_clock_that_was_set_back_leaves_none_unentered(
    office: Office, workspace: Workspace, clock: FrozenClock, loan: Loan
) -> None:
    await send(office, workspace, loan)
    clock.set(clock.now() - timedelta(days=1))
    await seal(office, workspace, clock)
    assert len(await entries(office)) == 1


@pytest.mark.parametrize("way", ["words", "loan"])
async def test_what_retention_deletes_leaves_the_trail_verifiable(
    office: Office, workspace: Workspace, clock: FrozenClock, loan: Loan, way: str
) -> None:
    (message,) = await send(office, workspace, loan)
    await enter(office, workspace, clock)
    async with office.desk(workspace) as desk:
        if way == "loan":
            await delete_loans(desk, {loan.id: "ended_loan"})
        else:
            words = next(each for each in retention_due.RECORDS["words"] if each.table is SentMessage)
            await retention_due.let_go(desk.session, words, [message])
            record_deleted(desk, "words", [message])
    assert await faults(office, workspace) == []
