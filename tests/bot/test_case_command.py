"""`loandesk case` exports, verifies and prints keys; a long history goes in, and nothing is left of an export that fails."""

import asyncio
import json
import time
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlmodel import select
from typer.testing import CliRunner

from bot import cli
from bot.case_archive import CaseOrder, assemble
from bot.commands import case as case_command
from bot.settings import Settings
from desk.cases import contents
from desk.cases.signing import signer
from desk.cases.verification import verify
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from handlers.reports import case_file
from storage.engine import bulk
from storage.engine.types import new_id
from storage.tables import AuditEntry, Call, SigningKey, Workspace
from tests.bot.keys import settings_with
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock


def printing() -> tuple[StringIO, Console]:
    printed = StringIO()
    return printed, Console(file=printed, markup=False, soft_wrap=True)


async def export(settings: Settings, folder: Path, clock: FrozenClock, **options: Any) -> tuple[int, str]:
    printed, console = printing()
    given = {"number": "A-1", "languages": ("en",), "purpose": "Court", **options}
    code = await case_command.export(settings, console, folder=folder, clock=clock, **given)
    return code, printed.getvalue()


async def test_a_case_file_of_a_loan_with_nothing_is_exported_and_verified(
    office: Office, workspace: Workspace, database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    loan = await make_loan(office, workspace, "A-1")
    settings = settings_with(database_url)
    code, said = await export(settings, tmp_path / "out", clock, languages=("zh",))
    assert code == 0, said
    (file,) = (tmp_path / "out").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    async with office.database.reading() as session:
        entry = (await session.exec(select(AuditEntry).where(AuditEntry.act == "case_exported"))).one()
        key = (await session.exec(select(SigningKey))).one()
    assert (entry.loan_id, entry.details["by"]) == (loan.id, operator())
    assert entry.details["sha256"] in said

    printed, console = printing()
    assert case_command.verify_file(file, console, public_key=key.public.hex()) == 0
    assert "all 3 files are as they were signed" in printed.getvalue()
    (tmp_path / "key.txt").write_text(key.public.hex())
    assert case_command.verify_file(file, console, public_key=str(tmp_path / "key.txt")) == 0
    assert case_command.verify_file(file, console, public_key="nonsense") == 1
    assert case_command.verify_file(tmp_path / "none.zip", console) == 1

    printed, console = printing()
    assert await case_command.keys(settings, console, rotate=True, clock=clock) == 0
    assert "key 2" in printed.getvalue()
    assert "key 1, since 2026-11-25, retired 2026-11-25" in printed.getvalue()
    async with office.database.reading() as session:
        keys = (await session.exec(select(SigningKey))).all()
    assert [row.number for row in keys if row.private_cipher is not None] == [2]
    printed, console = printing()
    assert case_command.verify_file(file, console) == 0  # the old one is still proved by the old key
    clock.advance(seconds=1)
    await export(settings, tmp_path / "out", clock)
    newest = max((tmp_path / "out").iterdir())
    assert verify(newest).facts["key"]["number"] == 2


async def test_two_first_case_files_at_once_are_signed_by_one_key(office: Office, workspace: Workspace) -> None:
    async def number() -> int:
        async with office.desk(workspace) as desk:
            return (await signer(desk)).number

    assert await asyncio.gather(*(number() for _ in range(4))) == [1, 1, 1, 1]


async def test_an_export_that_fails_leaves_nothing(
    office: Office, workspace: Workspace, database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    await make_loan(office, workspace, "A-1")
    settings = settings_with(database_url)
    assert await export(settings, tmp_path, clock, number="A-2") == (1, "There is no loan A-2.\n")
    code, said = await export(settings, tmp_path, clock, purpose="x" * 201)
    assert (code, "at most 200" in said) == (1, True)
    (tmp_path / "file").write_text("")
    code, said = await export(settings, tmp_path / "file", clock)
    assert (code, said.startswith("Nothing was exported")) == (1, True)
    assert list(tmp_path.glob("*.zip*")) == []  # noqa: ASYNC240  # nothing else runs


async def write_long_case(office: Office, workspace: Workspace, clock: FrozenClock, file: Path, count: int) -> None:
    """Write the case file of a loan with so many calls."""
    lin, loan = await make_member(office, workspace, "ULIN"), await make_loan(office, workspace, "A-1")
    async with office.database.transaction() as session:
        given = {
            "id": [new_id() for _ in range(count)],
            "at": [clock.now() - timedelta(minutes=n) for n in range(count)],
        }
        same = {
            "workspace_id": workspace.id,
            "loan_id": loan.id,
            "caller_id": lin.id,
            "outcome": "no_answer",
            "version": 1,
        }
        await bulk.insert(session, Call, given, same)
    order = CaseOrder(loan.id, "Compliance", clock.now(), "", frozenset(), ("en",))
    assembled = await assemble(office, workspace, order, None)
    archive = assembled.archive()
    with file.open("wb") as out:
        async for piece in archive.stream(assembled.members()):
            out.write(piece)
    assert verify(file).findings == ()
    with zipfile.ZipFile(file) as opened:
        pages = [name for name in opened.namelist() if name.endswith(".pdf")]
        assert pages == ["case.en.1.pdf", "case.en.2.pdf", "case.en.3.pdf"]
        assert len(json.loads(opened.read("case.json"))["timeline"]) == count


async def test_a_long_history_goes_on_in_further_volumes(
    office: Office, workspace: Workspace, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_file, "MOST_ROWS", 300)
    monkeypatch.setattr(contents.cases, "BATCH", 100)
    await write_long_case(office, workspace, clock, tmp_path / "case.zip", 600)


@pytest.mark.long
async def test_ten_thousand_calls_fit_into_a_case_file(
    office: Office, workspace: Workspace, clock: FrozenClock, tmp_path: Path
) -> None:
    began = time.monotonic()
    await write_long_case(office, workspace, clock, tmp_path / "case.zip", 10_000)
    assert time.monotonic() - began < 120


def test_the_number_of_a_loan_is_enough_and_words_come_first(tmp_path: Path) -> None:
    runner = CliRunner()
    asked = runner.invoke(cli.app, ["case", "L-1042"])
    assert asked.exit_code == 2
    assert "--out" in asked.output
    assert runner.invoke(cli.app, ["case", "verify", str(tmp_path / "none.zip")]).exit_code == 1
