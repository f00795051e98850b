"""A desk of an earlier release is migrated, and goes on working. Its data: `tests/storage/fixtures`. Now is Wednesday 16:02."""

import contextlib
import gzip
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import col, insert, select, update

from bot.service import open_service
from sandbox.model import Message
from sandbox.server import Sandbox
from sandbox.workspace import Draft
from storage.engine import schema
from storage.engine.database import Database, make_folder
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
from tests.clocks import FrozenClock
from tests.imports import bring_rows, remarks
from tests.wire.conftest import PEOPLE, install, settings_for
from tests.wire.office_day import Slack, shown

pytestmark = pytest.mark.every_example

FIXTURES = Path(__file__).parent.parent / "storage" / "fixtures"
RELEASES = ("0012",)
"""The newest migration of each release whose data is kept."""


@dataclass(frozen=True)
class Release:
    """The data of a release on one kind of database."""

    number: str
    kind: str

    @property
    def notes(self) -> dict[str, Any]:
        """The time at which it ended, and messages with buttons."""
        return json.loads((FIXTURES / f"release_{self.number}.json").read_text("utf-8"))[self.kind]

    async def load(self, url: str) -> None:
        """Fill the empty database."""
        make_folder(url)
        if self.kind == "sqlite":
            self._load_sqlite(make_url(url).database or "")
        else:
            await self._load_postgres(url)

    def _load_sqlite(self, path: str) -> None:
        text = gzip.decompress((FIXTURES / f"release_{self.number}.sqlite.sql.gz").read_bytes()).decode()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(text)

    async def _load_postgres(self, url: str) -> None:
        database = Database(url)
        await schema.migrate(database, self.number)
        await database.close()
        rows = json.loads(gzip.decompress((FIXTURES / f"release_{self.number}.postgres.json.gz").read_bytes()))
        connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string())
        try:
            async with connection.transaction():
                for table, found in rows.items():
                    insert = f'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", $1::json)'
                    await connection.execute(insert, json.dumps(found))
        finally:
            await connection.close()


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, database_url: str) -> Release:
    return Release(request.param, "sqlite" if database_url.startswith("sqlite") else "postgres")


@pytest.fixture
async def slack(sandbox: Sandbox, release: Release, empty_url: str, clock: FrozenClock) -> AsyncIterator[Slack]:
    """The desk with that data, migrated to this release."""
    clock.set(datetime.fromisoformat(release.notes["now"]))
    await release.load(empty_url)
    async with migrated(sandbox, empty_url, clock) as slack:
        yield slack


@contextlib.asynccontextmanager
async def migrated(sandbox: Sandbox, url: str, clock: FrozenClock) -> AsyncIterator[Slack]:
    """The desk at work on what is at `url`, migrated to this release."""
    install(sandbox, "http://127.0.0.1:9")
    service = await open_service(settings_for(sandbox, url), clock, migrate=True)
    await service.serve()
    install(sandbox, f"http://127.0.0.1:{service.port}")
    async with service.office.database.reading() as session:
        team = (await session.exec(select(Team).where(Team.name == "East"))).one()
        members = {member.slack_user_id: member for member in await session.exec(select(Member))}
    people = {name: members[user_id] for name, user_id in PEOPLE.items() if user_id in members}
    yield Slack(
        sandbox=sandbox,
        service=service,
        clock=clock,
        desk_channel="CDESK",
        manager_channel="CMANAGERS",
        team=team,
        people=people,
    )
    await service.close()


def earlier(slack: Slack, release: Release, name: str) -> Message:
    """Put a message of the earlier release, with its buttons, before the agent again."""
    message = release.notes["messages"][name]
    draft = Draft(**message, is_bot=True, ephemeral_to="UAGENT")
    return slack.sandbox.workspace.post(draft)


async def test_the_schema_is_the_present_one(slack: Slack) -> None:
    assert await schema.is_current(slack.office.database)
    assert await schema.differences(slack.office.database) == []


async def test_an_old_loan_shows_its_borrower_and_its_notes(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan L-1042")
    assert "王小明" in reply.text
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Open")
    card = slack.sandbox.modal_of("UAGENT")
    await card.press("Timeline")
    assert {"his wife answered", "rings back 下午", "brings the payslip"} <= set(card.text.splitlines())


async def test_old_buttons_still_work(slack: Slack, release: Release) -> None:
    await slack.press(slack.agent, earlier(slack, release, "card"), "Open")
    assert "王小明" in slack.sandbox.modal_of("UAGENT").text


async def test_an_old_change_is_undone_in_time(slack: Slack, release: Release) -> None:
    assert "agrees to the rate" in await timeline(slack, "L-1043")
    pressed = await slack.press(slack.agent, earlier(slack, release, "undo"), "Undo")
    assert "Everything is as it was before" in shown(pressed).text
    assert "agrees to the rate" not in await timeline(slack, "L-1043")
    assert "income check" in (await slack.command(slack.agent, "/loan L-1043")).text


async def timeline(slack: Slack, loan: str) -> str:
    reply = await slack.command(slack.agent, f"/loan {loan}")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Open")
    card = slack.sandbox.modal_of("UAGENT")
    await card.press("Timeline")
    return card.text


async def test_a_new_call_answers_an_old_follow_up(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042/2 reached : sends it today")
    assert "L-1042/2" in reply.text
    assert "done" in reply.text


async def test_calls_that_a_rule_planned_keep_their_rule_though_it_has_another_name(
    release: Release, sandbox: Sandbox, empty_url: str, clock: FrozenClock
) -> None:
    clock.set(datetime.fromisoformat(release.notes["now"]))
    await release.load(empty_url)
    database = Database(empty_url)
    async with database.transaction() as session:
        for purpose, new, rule in (
            ("employer", "identity", "stage.application"),
            ("documents", "decision", "stage.declined"),
        ):
            there = update(FollowUp).where(col(FollowUp.purpose) == purpose, col(FollowUp.state) == "open")
            await session.exec(there.values(purpose=new, rule=rule))
    await database.close()
    async with migrated(sandbox, empty_url, clock) as slack:
        assert (
            "By rule: an application gets an identity check" in (await slack.command(slack.agent, "/loan L-1043")).text
        )
        assert (
            "By rule: a decision is told within 4 working hours"
            in (await slack.command(slack.agent, "/loan L-1042")).text
        )
        async with slack.office.database.reading() as session:
            rules = (await session.exec(select(FollowUp.rule).where(col(FollowUp.rule).is_not(None)))).all()
        assert {*rules} == {"application", "declined"}


async def test_an_old_desk_keeps_its_calls_and_plans_and_takes_what_is_new(slack: Slack) -> None:
    async with slack.office.database.reading() as session:
        planned = select(Loan.number, FollowUp.number, FollowUp.purpose, FollowUp.state).join(
            FollowUp, col(FollowUp.loan_id) == col(Loan.id)
        )
        assert sorted((await session.exec(planned)).all()) == [
            ("L-1042", 1, "documents", "open"),
            ("L-1042", 2, "documents", "open"),
            ("L-1043", 1, "income", "done"),
            ("L-1043", 2, "employer", "open"),
            ("L-1044", 1, "promise", "open"),
        ]
        assert len((await session.exec(select(Call.id))).all()) == 5
    for line, said in (
        ("/loan edit L-1044 term 36", "36"),
        ("/loan-call L-1044 promised 3000 fri", "3,000"),
        ("/loan-call L-1044 spouse no answer", "L-1044"),
        ("/loan-docs L-1042 got bank", "bank"),
        ("/loan-stage L-1043 signed", "approved → signed"),
        ("/loan-due arrears", "In arrears"),
    ):
        assert said in (await slack.command(slack.agent, line)).text, line


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


async def test_members_of_an_old_desk_hear_once_what_changed(slack: Slack) -> None:
    await slack.deliver()
    await slack.later(hours=18)
    assert sum(text.startswith("New at the desk for") for text in slack.texts(slack.agent)) == 1


async def test_old_follow_ups_are_due(slack: Slack) -> None:
    listed = (await slack.command(slack.agent, "/loan-due")).text
    assert "L-1042" in listed
    assert "L-1043" in (await slack.command(slack.verifier, "/loan-due")).text


@pytest.mark.parametrize(("words", "number"), [("王小明", "L-1042"), ("quartermaine", "L-1043"), ("0000", "L-1")])
async def test_old_borrowers_are_found(slack: Slack, words: str, number: str) -> None:
    assert number in (await slack.command(slack.agent, f"/loan find {words}")).text


async def test_what_the_earlier_release_had_queued_is_delivered(slack: Slack) -> None:
    assert slack.texts(slack.agent) == []
    await slack.deliver()
    assert any("L-1042" in text and "16:00" in text for text in slack.texts(slack.agent))


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


@pytest.mark.parametrize("words", ["wangxiaoming", "王小明", "5678"])
async def test_old_borrowers_are_found_by_old_and_new_entries(slack: Slack, words: str) -> None:
    before = (await slack.command(slack.agent, f"/loan find {words}")).text
    await slack.deliver()
    assert (await slack.command(slack.agent, f"/loan find {words}")).text == before
    assert "L-1042" in before


async def test_documents_absences_and_settings_are_as_they_were(slack: Slack) -> None:
    documents = (await slack.command(slack.agent, "/loan-docs L-1042")).text
    assert "2 open documents" in documents
    assert "ID card · accepted" in documents
    team = (await slack.command(slack.admin, "/loan-team")).text
    assert "until Fri 27 Nov" in team
    assert "09:30" in (await slack.command(slack.agent, "/loan-digest")).text


async def test_what_was_begun_in_a_form_is_offered_again(slack: Slack) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.press("Continue where I left off")
    await form.submit()
    assert "他妻子接的电话" in form.text


async def test_the_first_file_of_the_lender_takes_no_correction_back(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan edit L-1042 phone 13900139000")
    rows = ("L-1042,王晓明,13800138000,application,", "L-1043,Quartermaine,13800138001,application,")
    outcome = await bring_rows(slack.office, slack.workspace, *rows)
    assert outcome.refused == []
    said = remarks(outcome)
    assert "L-1042 phone: was corrected here to +86 139 0013 9000, and the file says +86 138 0013 8000." in said[0]
    assert "L-1043 stage: is approved here, and the file says application." in said[1]
    assert "L-1042" in (await slack.command(slack.agent, "/loan find 13900139000")).text
    assert "王晓明" in (await slack.command(slack.agent, "/loan L-1042")).text
    again = await bring_rows(slack.office, slack.workspace, *rows)
    assert dict(again.effects) == {"same": 2}
