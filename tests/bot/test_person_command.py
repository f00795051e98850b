"""`loandesk person` exports what is held of one person; nothing is left of an export that fails."""

import json
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlmodel import select

from bot.commands import case as case_command
from bot.commands import person as command
from desk.cases.verification import verify
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from storage.tables import AuditEntry, Workspace
from tests.bot.keys import settings_with
from tests.builders import make_loan
from tests.clocks import FrozenClock


async def test_a_person_with_nothing_but_a_loan_is_exported_and_others_are_listed(
    office: Office, workspace: Workspace, database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    loan = await make_loan(office, workspace, "A-1")
    await make_loan(office, workspace, "A-2")
    settings = settings_with(database_url)

    async def export(folder: Path, **options: Any) -> tuple[int, str]:
        printed = StringIO()
        console = Console(file=printed, markup=False, soft_wrap=True)
        code = await command.export(settings, console, folder=folder, clock=clock, **{"number": "A-1", **options})
        return code, printed.getvalue()

    for options, said in (
        ({"number": "A-9"}, "There is no loan A-9."),
        ({"person": 1}, "There is no person 1 around loan A-1."),
        ({"also": [2]}, "There is no other 2"),
    ):
        code, printed = await export(tmp_path / "none", **options)
        assert (code, printed.startswith(said)) == (1, True), printed
    assert not (tmp_path / "none").exists()
    code, printed = await export(tmp_path / "one")
    assert code == 0, printed
    assert "Same name and phone: 1. borrower of A-2: not exported" in printed
    (file,) = (tmp_path / "one").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert verify(file).findings == ()
    read = StringIO()
    assert case_command.verify_file(file, Console(file=read, markup=False, soft_wrap=True)) == 0
    assert "Export of one person's data, asked for by operator" in read.getvalue()
    async with office.database.reading() as session:
        entry = (await session.exec(select(AuditEntry).where(AuditEntry.act == "person_exported"))).one()
    assert (entry.loan_id, entry.details["by"], entry.details["sha256"] in printed) == (loan.id, operator(), True)
    await export(tmp_path / "both", also=[1])
    (file,) = (tmp_path / "both").iterdir()
    with zipfile.ZipFile(file) as opened:
        record = json.loads(opened.read("person.json"))
    assert [each["number"] for each in record["loans"]] == ["A-1", "A-2"]
