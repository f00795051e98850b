"""`loandesk export` writes a list as a member sees it, or of the whole workspace; nothing is left of one that fails."""

import csv
import io
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlmodel import col, select
from typer.testing import CliRunner

from bot.cli import app
from bot.commands import exporting
from bot.commands.exporting import Typed
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from desk.exports.lists import Format
from storage.tables import AuditEntry, Workspace
from tests.bot.keys import settings_with
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.clocks import FrozenClock
from tests.wire.exporting import rows_of_xlsx


@pytest.fixture
async def desk(office: Office, workspace: Workspace) -> None:
    for team, name, number in (("East", "Lin", "A-1"), ("West", "Kim", "B-2")):
        row = await make_team(office, workspace, team)
        member = await make_member(office, workspace, f"U{name.upper()}", name=name, team_id=row.id)
        loan = await make_loan(office, workspace, number, owner=member, name="王小明")
        await make_follow_up(office, loan, member)


async def export(
    database_url: str, clock: FrozenClock, folder: Path, typed: Typed, file_format: Format = "csv"
) -> tuple[int, str, list[list[str]]]:
    printed = StringIO()
    console = Console(file=printed, markup=False, soft_wrap=True)
    code = await exporting.export(
        settings_with(database_url), console, typed, folder=folder, file_format=file_format, clock=clock
    )
    files = sorted(folder.iterdir()) if folder.exists() else []  # noqa: ASYNC240
    if code or not files:
        return code, printed.getvalue(), []
    content = files[-1].read_bytes()
    assert files[-1].stat().st_mode & 0o077 == 0
    found = (
        rows_of_xlsx(content) if file_format == "xlsx" else list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    )
    return code, printed.getvalue(), found


@pytest.mark.usefixtures("desk")
async def test_the_operator_has_all_in_full_and_a_member_what_they_see(
    office: Office, workspace: Workspace, database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    code, printed, rows = await export(database_url, clock, tmp_path / "all", Typed("portfolio"))
    assert code == 0, printed
    assert [row[:2] for row in rows[1:]] == [["A-1", "王小明"], ["B-2", "王小明"]]
    assert "2 rows" in printed
    _, printed, rows = await export(database_url, clock, tmp_path / "lin", Typed("全部贷款", "@lin"), "xlsx")
    assert [row[:2] for row in rows[1:]] == [["A-1", "王*"]]
    assert "masked" in printed
    _, _, rows = await export(database_url, clock, tmp_path / "due", Typed("due"))
    assert len(rows) == 3
    _, _, rows = await export(database_url, clock, tmp_path / "own", Typed("mine", "Kim", about={"s": "application"}))
    assert [row[0] for row in rows[1:]] == ["B-2"]
    async with office.database.reading() as session:
        entries = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all()
    done = [entry for entry in entries if entry.act == "exported"]
    assert [
        (e.actor_id, e.details["list"], e.details["rows"], e.details["in_full"], e.details["by"]) for e in done
    ] == [
        (None, "portfolio", 2, True, operator()),
        (None, "portfolio", 1, False, operator()),
        (None, "due", 2, True, operator()),
        (None, "mine", 1, False, operator()),
    ]
    assert len([entry for entry in entries if entry.act == "disclosure"]) == 4


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (Typed("nothing"), "There is no list nothing."),
        (Typed("mine"), "The list mine is of a member"),
        (Typed("portfolio", "@nobody"), "Nobody at this desk is called"),
        (Typed("mine", "@lin", about={"s": "moon"}), "There is no stage moon."),
        (Typed("due", "@lin", "@kim"), "Only the people responsible"),
        (Typed("due", about={"p": "today"}), "This list is of a member"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_what_names_nothing_or_is_not_theirs_writes_nothing(
    database_url: str, clock: FrozenClock, tmp_path: Path, typed: Typed, said: str
) -> None:
    code, printed, _ = await export(database_url, clock, tmp_path / "none", typed)
    assert code == 1
    assert said in printed
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("desk")
async def test_a_file_that_is_there_is_left_as_it_is(database_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    await export(database_url, clock, tmp_path, Typed("portfolio"))
    code, printed, _ = await export(database_url, clock, tmp_path, Typed("portfolio"))
    assert (code, "already exists" in printed) == (1, True)
    assert len(list(tmp_path.glob("portfolio-*"))) == 1  # noqa: ASYNC240


def test_the_help_names_the_lists() -> None:
    said = CliRunner().invoke(app, ["export", "--help"], env={"COLUMNS": "200"}).output
    assert "portfolio" in said
    assert "--as" in said
