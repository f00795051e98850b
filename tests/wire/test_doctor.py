"""`loandesk doctor` against the sandbox: a healthy desk, and each problem that it reports."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.commands import doctor as doctor_command
from bot.commands.doctor import examine
from bot.doctor.slack import clock_finding
from bot.manifest import OPTIONAL_SCOPES, manifest
from bot.settings import Settings
from desk.messages.kinds import ESCALATION
from desk.messages.notices import queue_notice
from storage.engine import schema
from storage.engine.database import Database, make_folder
from storage.engine.types import new_id
from storage.tables import Member
from storage.upkeep import processes
from tests.builders import make_loan
from tests.wire.conftest import settings_for
from tests.wire.office_day import SIGNING_SECRET, TOKEN, Slack

pytestmark = pytest.mark.every_example

OTHER_KEY = base64.b64encode(bytes(range(32))).decode()


@dataclass
class Doctor:
    """A desk with a loan, and the doctor's results for it."""

    slack: Slack
    settings: Settings

    async def findings(self, **changed: object) -> dict[str, str]:
        """Return the findings, by subject."""
        settings = self.settings.model_copy(update=changed)
        return {f.subject: f.words async for f in examine(settings, self.slack.clock) if not f.ok}

    async def words(self, subject: str) -> str:
        """Return the text about a subject without a finding."""
        return next(
            iter([f.words async for f in examine(self.settings, self.slack.clock) if f.subject == subject and f.ok])
        )

    async def runs(self) -> tuple[int, str]:
        """Run the command, and return its exit code and output."""
        printed = StringIO()
        code = await doctor_command.run(
            self.settings, Console(file=printed, markup=False, soft_wrap=True), self.slack.clock
        )
        return code, printed.getvalue()

    def install(self, *, without: tuple[str, ...] = (), withhold: tuple[str, ...] = ()) -> None:
        """Reinstall the app without some of its scopes."""
        written = manifest("http://127.0.0.1:9")
        asked = written["oauth_config"]["scopes"]
        asked["bot"] = [scope for scope in asked["bot"] if scope not in without]
        self.slack.sandbox.install(manifest=written, signing_secret=SIGNING_SECRET, token=TOKEN, withhold=withhold)

    async def agent_reads_in(self, channel_id: str) -> None:
        async with self.slack.office.database.transaction() as session:
            (await session.get_one(Member, self.slack.agent.id)).reminder_channel_id = channel_id


@pytest.fixture
async def doctor(slack: Slack, database_url: str) -> Doctor:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await worked(slack)
    doctor = Doctor(slack, settings_for(slack.sandbox, database_url))
    await doctor.agent_reads_in("CDESK")
    return doctor


async def worked(slack: Slack) -> None:
    """Run a worker's round."""
    incarnation, now = new_id(), slack.clock.now()
    async with slack.office.database.transaction() as session:
        await processes.claim(session, "serve", "desk-1", incarnation, now)
        await processes.beat(session, incarnation, now, now)


async def test_a_worker_that_stopped_is_reported(doctor: Doctor) -> None:
    doctor.slack.clock.advance(seconds=31)
    assert "none has run since 2026-11-25 02:00:00 UTC" in (await doctor.findings())["worker"]


async def test_a_worker_that_never_ran_is_reported(doctor: Doctor) -> None:
    async with doctor.slack.office.database.transaction() as session:
        await processes.delete_before(session, doctor.slack.clock.now() + timedelta(seconds=1))
    assert "start `loandesk serve`" in (await doctor.findings())["worker"]


async def test_a_missing_admin_is_reported(doctor: Doctor) -> None:
    await doctor.slack.change(doctor.slack.admin, roles="agent")
    assert "set LOANDESK_FIRST_ADMIN" in (await doctor.findings())["admins"]


async def test_a_healthy_desk_has_no_findings(doctor: Doctor) -> None:
    code, printed = await doctor.runs()

    assert code == 0, printed
    lines = printed.splitlines()
    on_sqlite = doctor.slack.office.database.is_sqlite
    # The tests serve as the owner, who could lift what keeps the audit trail on PostgreSQL.
    warned = (
        [] if on_sqlite else [next(line for line in lines if line.startswith("WARN audit trail: one role does all"))]
    )
    assert all(line.startswith("ok   ") for line in lines if line not in warned)
    subjects = [line[5:].partition(":")[0] for line in lines]
    assert subjects == [
        *(
            "settings",
            "database",
            "migrations",
            "audit trail",
            "keys",
            "token",
            "scopes",
            "clock",
            "channels",
            "manifest",
            "search",
            "admins",
            "worker",
            "backlog",
            "retention",
            "file page",
        ),
    ]
    assert TOKEN not in printed


async def test_doctor_exits_with_1_when_there_are_findings(doctor: Doctor) -> None:
    doctor.slack.sandbox.archive("CDESK")

    code, printed = await doctor.runs()

    assert code == 1
    assert "FIX  channels: CDESK (reminders of UAGENT): it is archived" in printed


async def test_doctor_does_not_create_a_missing_database_file(doctor: Doctor, empty_sqlite_url: str) -> None:
    settings = Settings.model_validate(doctor.settings.model_dump() | {"database_url": empty_sqlite_url})

    for _ in range(2):
        found = {f.subject: f.words async for f in examine(settings, doctor.slack.clock) if not f.ok}
        assert list(found) == ["database"]
        assert "run `loandesk migrate`" in found["database"]


@pytest.mark.parametrize(
    "url",
    ["sqlite:////etc", "postgresql://desk:hunter2@127.0.0.1:9/desk"],
    ids=["sqlite", "postgres"],
)
async def test_a_database_that_cannot_be_opened_is_reported(doctor: Doctor, url: str) -> None:
    settings = Settings.model_validate(doctor.settings.model_dump() | {"database_url": url})

    found = {f.subject: f.words async for f in examine(settings, doctor.slack.clock) if not f.ok}

    assert list(found) == ["database"]
    assert "cannot be opened" in found["database"]
    assert "hunter2" not in found["database"]


async def test_a_database_without_tables_is_reported(doctor: Doctor, empty_url: str) -> None:
    make_folder(empty_url)
    database = Database(empty_url)
    await schema.revision(database)
    await database.close()
    settings = Settings.model_validate(doctor.settings.model_dump() | {"database_url": empty_url})

    found = {f.subject: f.words async for f in examine(settings, doctor.slack.clock) if not f.ok}

    assert found == {"migrations": "the database has no tables yet: run `loandesk migrate`"}


async def test_a_database_without_a_workspace_is_reported(doctor: Doctor, empty_url: str) -> None:
    make_folder(empty_url)
    database = Database(empty_url)
    await schema.migrate(database)
    await database.close()
    settings = Settings.model_validate(doctor.settings.model_dump() | {"database_url": empty_url})

    found = {f.subject: f.words async for f in examine(settings, doctor.slack.clock) if not f.ok}

    assert list(found) == ["workspace"]


@pytest.mark.parametrize(("stands_at", "said"), [("0001", "run `loandesk migrate`"), ("9999", "newer release")])
async def test_a_database_of_another_release_is_reported(doctor: Doctor, stands_at: str, said: str) -> None:
    async with doctor.slack.office.database.engine.begin() as connection:
        newest = (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).scalar_one()
        await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{stands_at}'")

    found = await doctor.findings()

    async with doctor.slack.office.database.engine.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest}'")
    assert said in found["migrations"]


@pytest.mark.parametrize(
    ("setting", "named"), [("encryption_keys", "borrower.name_cipher"), ("search_key", "SEARCH_KEY")]
)
async def test_a_changed_key_is_reported(doctor: Doctor, setting: str, named: str) -> None:
    value = f"1:{OTHER_KEY}" if setting == "encryption_keys" else OTHER_KEY
    settings = Settings.model_validate(doctor.settings.model_dump() | {setting: value})

    found = {f.subject: f.words async for f in examine(settings, doctor.slack.clock) if not f.ok}

    assert list(found) == ["keys"]
    assert named in found["keys"]


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive"])
async def test_a_token_refused_by_slack_is_reported(doctor: Doctor, error: str) -> None:
    doctor.slack.sandbox.uninstall(error)

    assert error in (await doctor.findings())["token"]


async def test_an_unreachable_slack_is_reported(doctor: Doctor) -> None:
    found = await doctor.findings(slack_api_url="http://127.0.0.1:9/api/")

    assert list(found) == ["token"]
    assert "cannot be reached" in found["token"]


async def test_a_token_of_another_workspace_is_reported(doctor: Doctor) -> None:
    doctor.slack.sandbox.workspace.team_id = "T0ANOTHER"

    assert "T0ANOTHER" in (await doctor.findings())["workspace"]


async def test_a_missing_scope_is_reported(doctor: Doctor) -> None:
    doctor.install(without=("groups:read",))

    found = await doctor.findings()

    assert "groups:read (the same for private channels)" in found["scopes"]
    assert "missing_scope" in found["channels"]


async def test_withheld_optional_scopes_are_not_findings(doctor: Doctor) -> None:
    doctor.install(withhold=tuple(OPTIONAL_SCOPES))

    assert await doctor.findings() == {}
    assert "may be sent twice" in await doctor.words("scopes")


async def test_channels_in_which_the_bot_cannot_post_are_reported(doctor: Doctor) -> None:
    box = doctor.slack.sandbox
    box.add_channel("shared", channel_id="CSHARED", members=["UAGENT"], is_ext_shared=True)
    box.add_channel("secret", channel_id="CSECRET", kind="private", members=["UAGENT"], with_bot=False)
    box.add_channel("open", channel_id="COPEN", members=["UAGENT"], with_bot=False)
    for channel_id, said in (
        ("CSHARED", "shared with another company"),
        ("CSECRET", "cannot see it"),
        ("COPEN", "/invite"),
    ):
        await doctor.agent_reads_in(channel_id)
        assert said in (await doctor.findings())["channels"]


async def test_the_managers_channel_and_a_lost_channel_are_checked(doctor: Doctor) -> None:
    doctor.slack.sandbox.archive("CMANAGERS")
    assert "managers of team East" in (await doctor.findings())["channels"]
    doctor.slack.sandbox.unarchive("CMANAGERS")

    async with doctor.slack.office.database.transaction() as session:
        (await session.get_one(Member, doctor.slack.agent.id)).channel_lost_at = doctor.slack.clock.now()
    assert "gets direct messages" in (await doctor.findings())["channels"]


@pytest.mark.parametrize(("seconds", "said"), [(3600, "3600 s ahead of"), (-61, "61 s behind")])
def test_a_wrong_clock_is_reported(seconds: int, said: str) -> None:
    date = datetime(2026, 11, 25, 2, tzinfo=UTC)

    found = clock_finding("Wed, 25 Nov 2026 02:00:00 GMT", date + timedelta(seconds=seconds))

    assert not found.ok
    assert said in found.words
    assert clock_finding("Wed, 25 Nov 2026 02:00:00 GMT", date + timedelta(seconds=59)).ok


async def test_a_notice_that_waits_too_long_is_reported(doctor: Doctor) -> None:
    async with doctor.slack.office.desk(doctor.slack.workspace) as desk:
        await queue_notice(desk, kind=ESCALATION, key="late", to="CMANAGERS")
    assert "1 pending" in await doctor.words("backlog")

    doctor.slack.clock.advance(minutes=6)

    assert "the oldest has waited for 6 min" in (await doctor.findings())["backlog"]


async def test_a_time_zone_that_the_machine_does_not_know_is_reported(doctor: Doctor) -> None:
    await doctor.slack.change(doctor.slack.agent, zone="Mars/Phobos")

    assert "UAGENT ('Mars/Phobos')" in (await doctor.findings())["time zones"]


def test_each_problem_that_it_reports_has_a_row_in_the_table_for_operators() -> None:
    sources = "".join(file.read_text("utf-8") for file in Path("bot/doctor").glob("*.py"))
    reported = set(re.findall(r'\bfix\(\s*"([a-z ]+)"', sources))
    rows = set(re.findall(r"^\| `([a-z ]+)` \|", Path("docs/operating.md").read_text("utf-8"), re.MULTILINE))
    assert len(reported) > 10
    assert reported - rows == set()
