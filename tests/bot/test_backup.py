"""`loandesk backup` and `loandesk restore`: every row comes back, into either database, or nothing is written."""

import asyncio
import base64
import gzip
import json
import os
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import select
from sqlmodel import SQLModel
from sqlmodel import select as sqlmodel_select

from bot.commands import backup as backup_command
from bot.commands import restore as restore_command
from bot.settings import Settings
from desk.core.transaction import Office
from storage.engine import schema
from storage.engine.database import Database
from storage.engine.types import new_id
from storage.tables import Borrower, Member, StoredFile, Workspace
from storage.upkeep import archive
from tests.bot.keys import KEY_1, KEY_2, SEARCH, settings_with
from tests.builders import make_follow_up, make_loan, make_member

pytestmark = pytest.mark.every_example

IN_DOUBT = ("notice", "workspace")
"""Tables of which a restore changes rows: what may have been sent since is looked for."""


class Run:
    """A command with what it printed."""

    def __init__(self) -> None:
        self.printed = StringIO()
        self.console = Console(file=self.printed, markup=False, soft_wrap=True)

    async def backup(self, settings: Settings, file: Path) -> int:
        return await backup_command.run(settings, file, self.console)

    async def restore(self, settings: Settings, file: Path, *, unsigned: bool = False) -> int:
        return await restore_command.run(settings, file, self.console, unsigned=unsigned)


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
async def filled(office: Office, workspace: Workspace) -> None:
    """Add a member with an open follow-up on a loan."""
    member = await make_member(office, workspace, "ULIN", name='Lin "<b" 林')
    loan = await make_loan(office, workspace, "L-1", owner=member)
    await make_follow_up(office, loan, member, due_at=office.clock.now())


@pytest.fixture
async def sent_file(office: Office, workspace: Workspace, filled: None) -> None:
    """Add a file that the member has sent."""
    async with office.database.reading() as session:
        member = (await session.exec(sqlmodel_select(Member))).one()
    row_id = new_id()
    file = StoredFile(
        id=row_id,
        workspace_id=workspace.id,
        batch_id=new_id(),
        member_id=member.id,
        slack_file_id="F1",
        name_cipher=office.cipher.encrypt(StoredFile.name_cipher, row_id, "scan.pdf"),
        key_cipher=office.cipher.encrypt(StoredFile.key_cipher, row_id, "key"),
        made_at=office.clock.now(),
    )
    async with office.database.transaction() as session:
        session.add(file)


@pytest.fixture(params=["sqlite", "postgres"])
def other_url(request: pytest.FixtureRequest) -> str:
    """Return a database without tables, of each kind."""
    return request.getfixturevalue(f"empty_{request.param}_url")


async def rows(url: str, *, but: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            return {
                name: [
                    dict(row)
                    for row in (await connection.execute(select(table))).mappings()
                    if row.get("act") not in ("backup", "restore")  # the operator's own acts
                ]
                for name, table in SQLModel.metadata.tables.items()
                if name not in but
            }
    finally:
        await database.close()


@pytest.mark.usefixtures("filled", "sent_file")
async def test_every_row_comes_back_in_either_database(
    run: Run, database_url: str, other_url: str, tmp_path: Path
) -> None:
    before = await rows(database_url, but=IN_DOUBT)

    assert await run.backup(settings_with(database_url), tmp_path) == 0
    file = tmp_path / next(name for name in os.listdir(tmp_path) if name.startswith("loandesk-"))
    assert await run.restore(settings_with(other_url), file) == 0

    assert await rows(other_url, but=IN_DOUBT) == before
    assert before["borrower"]
    printed = run.printed.getvalue()
    assert "The bytes of files are not in it: copy the folder data/files now, too." in printed
    assert "The bytes of files were not in it: put their copy at data/files." in printed
    database = Database(other_url)
    assert await schema.is_current(database)
    await database.close()


@pytest.mark.usefixtures("filled")
async def test_a_damaged_row_keeps_no_backup_from_being_made(
    run: Run, office: Office, database_url: str, empty_sqlite_url: str, tmp_path: Path
) -> None:
    async with office.database.transaction() as session:
        for borrower in (await session.exec(sqlmodel_select(Borrower))).all():
            borrower.name_cipher = b""
    before = await rows(database_url, but=IN_DOUBT)

    file = tmp_path / "backup.gz"
    assert await run.backup(settings_with(database_url), file) == 0
    assert await run.restore(settings_with(empty_sqlite_url), file) == 0

    assert await rows(empty_sqlite_url, but=IN_DOUBT) == before


@pytest.mark.usefixtures("filled")
async def test_a_backup_holds_no_key_and_nothing_readable_about_a_borrower(
    run: Run, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "b.gz"
    assert await run.backup(settings_with(database_url), file) == 0

    text = "".join(_read(file))
    assert "L-1" in text
    for secret in (KEY_1, "王小明", "13800135678"):
        assert secret not in text
    assert file.stat().st_mode & 0o077 == 0
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


@pytest.mark.usefixtures("filled")
async def test_as_an_operator_types_it(database_url: str, empty_url: str, tmp_path: Path) -> None:
    """In their own processes, which have imported nothing else."""
    file = str(tmp_path / "b.gz")
    for url, words in (
        (database_url, ["backup", file]),
        (empty_url, ["restore", file]),
        (empty_url, ["keys", "rotate"]),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.cli", *words),
            env=os.environ
            | {
                "DATABASE_URL": url,
                "SLACK_BOT_TOKEN": "xoxb-1",
                "SLACK_SIGNING_SECRET": "secret",
                "LOANDESK_ENCRYPTION_KEYS": f"1:{KEY_1},2:{KEY_2}",
                "LOANDESK_SEARCH_KEY": SEARCH,
            },
        )
        assert await process.wait() == 0

    restored = await rows(empty_url)
    assert len(restored["member"]) == 1
    assert [row["late_at"] for row in restored["follow_up"]] == [row["due_at"] for row in restored["follow_up"]]
    assert (await rows(empty_url))["borrower"][0]["name_cipher"][0] == 2


@pytest.mark.usefixtures("filled")
async def test_others_write_while_a_backup_is_made(
    run: Run, office: Office, workspace: Workspace, tmp_path: Path
) -> None:
    seen: list[str] = []
    async for line in archive.dump(office.database, office.cipher.ring, office.clock.now()):
        if not seen:
            await make_member(office, workspace, "ULATE")
        seen.append(line)

    assert "ULIN" in "".join(seen)
    assert "ULATE" not in "".join(seen)
    assert archive.read(seen).rows["member"] == 1


@pytest.mark.usefixtures("filled")
async def test_a_database_that_is_not_empty_is_left_alone(run: Run, database_url: str, tmp_path: Path) -> None:
    await run.backup(settings_with(database_url), tmp_path / "b.gz")
    before = await rows(database_url)

    assert await run.restore(settings_with(database_url), tmp_path / "b.gz") == 1

    assert "not empty" in run.printed.getvalue()
    assert await rows(database_url) == before


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("keys", "search", "said"),
    [
        (f"1:{KEY_2}", SEARCH, "encryption key 1"),
        (f"2:{KEY_1}", SEARCH, "encryption key 1"),
        (f"1:{KEY_1}", KEY_2, "LOANDESK_SEARCH_KEY"),
    ],
)
async def test_keys_that_do_not_open_it_are_named_and_nothing_is_written(
    run: Run, database_url: str, empty_url: str, tmp_path: Path, keys: str, search: str, said: str
) -> None:
    await run.backup(settings_with(database_url), tmp_path / "b.gz")

    assert await run.restore(settings_with(empty_url, keys=keys, search=search), tmp_path / "b.gz") == 1

    assert said in run.printed.getvalue()
    database = Database(empty_url)
    assert await schema.revision(database) is None
    await database.close()


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("spoil", ["torn", "row_gone", "no_backup", "missing", "newer"])
async def test_what_is_not_a_whole_backup_is_refused(
    run: Run, database_url: str, empty_url: str, tmp_path: Path, spoil: str
) -> None:
    file = tmp_path / "b.gz"
    await run.backup(settings_with(database_url), file)
    lines = _read(file)
    match spoil:
        case "torn":
            file.write_bytes(file.read_bytes()[:-40])
        case "row_gone":
            lines.remove(next(line for line in lines if "ULIN" in line))
            _write(file, lines)
        case "no_backup":
            file.write_text("Dear Sir")
        case "newer":
            _write(file, [json.dumps(json.loads(lines[0]) | {"revision": "9999"}) + "\n", *lines[1:]])
        case _:
            file.unlink()

    assert await run.restore(settings_with(empty_url), file) == 1

    assert "Nothing was restored" in run.printed.getvalue()


def _without(lines: list[Any], table: str, *columns: str) -> None:
    """Remove columns from a table's heading and from its rows."""
    at = next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == table)
    end = next((n for n in range(at + 1, len(lines)) if isinstance(lines[n], dict)), len(lines))
    for name in columns:
        place = lines[at]["columns"].index(name)
        for row in lines[at:end]:
            (row["columns"] if isinstance(row, dict) else row).pop(place)


def _search_terms_as_bytes(lines: list[Any]) -> None:
    """Write the entries of search as they were before they were numbers: 16 bytes each, and with their workspace."""
    at = next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == "search_term")
    end = next((n for n in range(at + 1, len(lines)) if isinstance(lines[n], dict)), len(lines))
    place = next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == "workspace")
    workspace_id = lines[place + 1][lines[place]["columns"].index("id")]
    assert lines[at]["columns"] == ["digest", "borrower_id"]
    lines[at]["columns"].append("workspace_id")
    for row in lines[at + 1 : end]:
        row[0] = base64.b64encode(row[0].to_bytes(8, "big", signed=True) + bytes(8)).decode()
        row.append(workspace_id)


@pytest.mark.usefixtures("filled")
async def test_a_backup_of_an_older_release_is_migrated(
    run: Run, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    """As the release before 0007 made it: without the columns that came since, and with the earlier name of one."""
    file = tmp_path / "b.gz"
    await run.backup(settings_with(database_url), file)
    lines = [json.loads(line) for line in _read(file)]
    assert lines.pop().keys() == {"signature"}
    lines[0]["revision"] = "0006"
    _without(
        lines,
        "workspace",
        "restored_from",
        "restored_at",
        "native_refused_at",
        "work_objects",
        "phone_calls_at",
        "managers_see_all",
        "callers_see_unowned",
        "files_in_slack",
        "contact_rules",
        "entities_refused_at",
        "version",
        "app_manifest",
        "app_manifest_at",
        "looked_at",
        "cadence",
        "payments_at",
        "release",
        "webhooks",
    )
    _without(lines, "team", "channel_lost_at")
    _without(lines, "notice", "shown_digest")
    since = ("demo_at", "plain_number", "next_instalment_on", "paused_from", "paused_until", "removed_at", "updated_at")
    _without(lines, "loan", *since)
    _without(lines, "follow_up", "rule_trigger", "holds", "updated_at")
    for table in ("call", "document_item"):
        _without(lines, table, "updated_at")
    _without(lines, "borrower", "search_version", "zone")
    since = ("kind", "language", "account_lost_at", "account_lost_why", "absence_begins_at", "extension")
    _without(lines, "member", *since)
    _search_terms_as_bytes(lines)
    follow_ups = next(line["columns"] for line in lines if isinstance(line, dict) and line.get("table") == "follow_up")
    follow_ups[follow_ups.index("late_at")] = "overdue_at"
    later = {"process", "access_request", "call_correction", "loan_correction", "loan_note"}
    _write(
        file, [json.dumps(line) + "\n" for line in lines if not (isinstance(line, dict) and line.get("table") in later)]
    )

    assert await run.restore(settings_with(empty_url), file) == 1
    assert "--unsigned" in run.printed.getvalue()
    assert await run.restore(settings_with(empty_url), file, unsigned=True) == 0, run.printed.getvalue()

    assert len((await rows(empty_url))["member"]) == 1


@pytest.mark.usefixtures("filled")
async def test_a_backup_that_was_changed_is_refused(
    run: Run, database_url: str, empty_sqlite_url: str, tmp_path: Path
) -> None:
    """A person who can write to the file could otherwise make themselves an admin."""
    file = tmp_path / "b.gz"
    await run.backup(settings_with(database_url), file)
    whole = _read(file)
    for changed in (
        [line.replace('"agent"', '"admin"') for line in whole],
        [*whole, whole[-1]],
        [*whole, '["a row"]\n'],
        [*whole[:-1], json.dumps({"signature": "0" * 64}) + "\n"],
        [*whole[:-1], json.dumps({"signature": ""}) + "\n"],
        [line.replace('"agent"', '"admin"') for line in whole[:-1]],
    ):
        _write(file, changed)
        assert await run.restore(settings_with(empty_sqlite_url), file) == 1
    assert (await rows(empty_sqlite_url))["member"] == []

    _write(file, whole)
    assert await run.restore(settings_with(empty_sqlite_url), file) == 0


@pytest.mark.usefixtures("filled")
async def test_a_backup_follows_no_link(run: Run, database_url: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "b.gz.part").symlink_to(victim)
    (tmp_path / "taken.gz").symlink_to(tmp_path / "nowhere")

    assert await run.backup(settings_with(database_url), tmp_path / "b.gz") == 0
    assert await run.backup(settings_with(database_url), tmp_path / "taken.gz") == 1

    assert victim.read_text() == "precious"
    assert not (tmp_path / "b.gz").is_symlink()
    assert not (tmp_path / "nowhere").exists()


async def test_a_database_without_tables_gives_no_backup(run: Run, empty_sqlite_url: str, tmp_path: Path) -> None:
    assert await run.backup(settings_with(empty_sqlite_url), tmp_path / "b.gz") == 1
    assert "b.gz" not in "".join(os.listdir(tmp_path))


def _read(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return lines.readlines()


def _write(file: Path, lines: list[str]) -> None:
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(lines)
