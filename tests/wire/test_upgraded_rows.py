"""Rows of an earlier release are migrated: kept as they were, or written as this release reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, insert, select, update

from storage.engine import schema
from storage.engine.database import Database
from storage.engine.rows import column_values
from storage.engine.types import new_id
from storage.tables import (
    AuditEntry,
    Call,
    Check,
    Escalation,
    FollowUp,
    Loan,
    LoanCorrection,
    Member,
    Notice,
    NoticeItem,
    Team,
)
from tests.wire.releases import Release

pytestmark = pytest.mark.every_example

_KEPT = {
    "call": "id, loan_id, caller_id, outcome, purpose, at, note_cipher",
    "follow_up": "id, loan_id, number, assignee_id, purpose, due_at, due_on, attempts, note_cipher, state",
    "document_item": "id, loan_id, document, state",
}
"""Columns of an old desk that an upgrade changes in no row."""


async def test_an_upgrade_changes_nothing_in_old_calls_follow_ups_and_documents(
    release: Release, empty_url: str
) -> None:
    await release.load(empty_url)
    database = Database(empty_url)

    async def rows() -> dict[str, list[tuple[Any, ...]]]:
        async with database.reading() as session:
            return {
                table: sorted(tuple(row) for row in await session.execute(text(f"SELECT {columns} FROM {table}")))
                for table, columns in _KEPT.items()
            }

    before = await rows()
    assert all(before.values())
    await schema.migrate(database)
    assert await rows() == before
    await database.close()


async def test_old_corrections_are_in_the_timeline_unless_they_were_undone(release: Release, empty_url: str) -> None:
    await release.load(empty_url)
    database = Database(empty_url)
    acts = [
        ("16:00", "edit", {"field": "name"}),
        ("16:00", "edit", {"field": "phone"}),
        ("16:01", "edit", {"field": "number"}),
        ("16:02", "undo", {"act_undone": "edit"}),
        ("16:03", "undo", {"act_undone": "call"}),
    ]
    async with database.transaction() as session:
        loan = (await session.exec(select(Loan.id, Loan.workspace_id).where(Loan.number == "L-1042"))).one()
        for clock, act, details in acts:
            at = datetime.fromisoformat(f"2026-11-20T{clock}:00+08:00")
            entry = AuditEntry(loan_id=loan[0], workspace_id=loan[1], at=at, act=act, details=details)
            columns = column_values(entry)
            for later in ("sequence", "hash"):
                del columns[later]
            await session.execute(insert(AuditEntry).values(columns))
    await schema.migrate(database)
    async with database.reading() as session:
        found = (await session.exec(select(LoanCorrection).order_by(LoanCorrection.field))).all()
    await database.close()
    assert [(each.field, each.before_cipher, each.loan_id) for each in found] == [
        ("name", None, loan[0]),
        ("phone", None, loan[0]),
    ]


async def test_checks_that_an_old_call_confirmed_have_that_result(release: Release, empty_url: str) -> None:
    await release.load(empty_url)
    database = Database(empty_url)
    async with database.transaction() as session:
        await session.exec(update(Call).where(col(Call.purpose) == "income").values(outcome="confirmed"))
    await schema.migrate(database)
    async with database.reading() as session:
        [check] = (await session.exec(select(Check))).all()
        call = await session.get_one(Call, check.call_id)
    await database.close()
    assert (check.purpose, check.state, check.items, check.decision) == ("income", "confirmed", {}, None)
    assert (check.loan_id, check.by_id, check.at) == (call.loan_id, call.caller_id, call.at)


async def test_old_messages_to_managers_are_about_escalations(release: Release, empty_url: str) -> None:
    await release.load(empty_url)
    database = Database(empty_url)
    await schema.migrate(database, "0049")
    async with database.transaction() as session:
        late = (
            await session.exec(
                select(FollowUp.id, FollowUp.loan_id, FollowUp.assignee_id).where(FollowUp.state == "open")
            )
        ).first()
        call = (await session.exec(select(Call.id, Call.loan_id, Call.caller_id))).first()
        workspace_id = (await session.exec(select(Team.workspace_id))).first()
        assert late
        assert call
        ids = [new_id() for _ in range(3)]
        told = {"workspace_id": workspace_id, "urgent": True, "wanted": 1, "sent": 1, "attempts": 0, "fence": 0}
        told |= {"created_at": datetime(2026, 11, 25, 8, tzinfo=UTC), "facts": {}}
        rows = [
            (f"escalation:{late[0]}:3:{late[2]}", "escalation", late),
            (f"snoozes:{late[0]}:2", "escalation", late),
            (f"manager_told:{call[0]}", "manager_told", call),
        ]
        for key_id, (key, kind, about) in zip(ids, rows, strict=True):
            values = {"id": key_id, "key": key, "kind": kind, "about_loan_id": about[1], "about_member_id": about[2]}
            await session.exec(insert(Notice).values(**told, **values))
            if about is late:
                await session.exec(
                    insert(NoticeItem).values(workspace_id=workspace_id, notice_id=key_id, follow_up_id=about[0])
                )
    await schema.migrate(database)
    async with database.reading() as session:
        found = {row.id: row for row in (await session.exec(select(Escalation))).all()}
        notices = {row.id: row for row in (await session.exec(select(Notice).where(col(Notice.id).in_(ids)))).all()}
    await database.close()
    assert [found[each].kind for each in ids] == ["late", "snoozed", "refused"]
    assert [(found[each].state, found[each].settled) for each in ids] == [
        ("open", False),
        ("open", False),
        ("resolved", True),
    ]
    assert {row.kind for row in notices.values()} == {"escalation"}
    assert notices[ids[0]].key == f"escalation:{late[0]}:{ids[0]}:{late[2]}"
    assert all(notices[each].facts == {"escalation": str(each)} for each in ids)


async def test_old_messages_about_what_a_file_did_are_escalations(release: Release, empty_url: str) -> None:
    await release.load(empty_url)
    database = Database(empty_url)
    await schema.migrate(database, "0073")
    ids = [new_id() for _ in range(3)]
    async with database.transaction() as session:
        loan = (await session.exec(select(Loan.id, Loan.workspace_id).where(Loan.stage == "closed"))).first()
        member = (await session.exec(select(Member.id))).first()
        assert loan
        told = {"workspace_id": loan[1], "urgent": True, "wanted": 1, "sent": 1, "attempts": 0, "fence": 0}
        told |= {
            "created_at": datetime(2026, 11, 25, 8, tzinfo=UTC),
            "about_loan_id": loan[0],
            "about_member_id": member,
        }
        passed = {"kind": "check_passed_over", "facts": {"stage": "approved", "purposes": ["income"]}}
        asked = {"kind": "owner_asked", "facts": {"stage": "closed"}}
        await session.exec(insert(Notice).values(id=ids[0], key=f"check_passed_over:{ids[0]}", **passed, **told))
        for each, reader in ((ids[1], member), (ids[2], None)):
            key = f"owner_asked:{loan[0]}:2026-11-25T08:00:00+00:00" + (f":{reader}" if reader else "")
            await session.exec(insert(Notice).values(id=each, key=key, to_id=reader, **asked, **told))
    await schema.migrate(database)
    async with database.reading() as session:
        found = {row.id: row for row in (await session.exec(select(Escalation))).all()}
        notices = {row.id: row for row in (await session.exec(select(Notice).where(col(Notice.id).in_(ids)))).all()}
    await database.close()
    assert (found[ids[0]].kind, found[ids[0]].rule_trigger) == (
        "check_passed_over",
        f"check_passed_over:{loan[0]}:approved",
    )
    assert [(row.kind, row.state, row.settled) for row in found.values() if row.kind == "owner_left"] == [
        ("owner_left", "resolved", True)
    ], "readers of one message share its escalation, and a loan that is closed needs no owner"
    assert {row.kind for row in notices.values()} == {"escalation"}
    assert notices[ids[1]].key == f"{notices[ids[2]].key}:{member}"


async def test_of_old_messages_about_one_loan_without_an_owner_the_last_waits(release: Release, empty_url: str) -> None:
    await release.load(empty_url)
    database = Database(empty_url)
    await schema.migrate(database, "0073")
    ids, first = [new_id(), new_id()], datetime(2026, 11, 25, 8, tzinfo=UTC)
    async with database.transaction() as session:
        loan = (await session.exec(select(Loan.id, Loan.workspace_id).where(Loan.stage == "disbursed"))).first()
        member = (await session.exec(select(Member.id))).first()
        assert loan
        await session.exec(update(Loan).where(col(Loan.id) == loan[0]).values(owner_id=None))
        for nth, each in enumerate(ids):
            at = first + timedelta(days=nth)
            await session.exec(
                insert(Notice).values(
                    id=each,
                    workspace_id=loan[1],
                    kind="owner_asked",
                    key=f"owner_asked:{loan[0]}:{at.isoformat()}",
                    facts={"stage": "disbursed"},
                    about_loan_id=loan[0],
                    about_member_id=member,
                    created_at=at,
                    urgent=True,
                    wanted=1,
                    sent=1,
                    attempts=0,
                    fence=0,
                )
            )
    await schema.migrate(database)
    async with database.reading() as session:
        found = {row.id: (row.state, row.settled) for row in (await session.exec(select(Escalation))).all()}
    await database.close()
    assert [found[each] for each in ids] == [("resolved", True), ("open", False)]


async def test_old_numbers_are_compared_with_hyphens_unless_two_loans_would_have_one(
    release: Release, empty_url: str
) -> None:
    await release.load(empty_url)
    database = Database(empty_url)
    async with database.transaction() as session:
        for old, new in (("L-1043", "HT–1043"), ("L-1", "L–1042")):
            numbers = {"number": new, "number_key": new.casefold()}
            await session.exec(update(Loan).where(col(Loan.number) == old).values(**numbers))
    await schema.migrate(database)
    async with database.reading() as session:
        columns = select(Loan.number, Loan.number_key, Loan.plain_number)
        found = {number: keys for number, *keys in await session.exec(columns)}
    await database.close()
    assert found["HT–1043"] == ["ht-1043", "ht1043"]
    assert found["L–1042"] == ["l–1042", "l1042"]
    assert found["L-1042"] == ["l-1042", "l1042"]
