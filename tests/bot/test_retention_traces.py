"""What retention deletes on SQLite is no longer in the file, nor in the files beside it."""

from pathlib import Path

import pytest
from sqlmodel import select

from desk.core.transaction import Office
from storage.tables import Borrower, Call, Loan, SearchTerm, Workspace
from tests.bot.test_retention import ended, retention
from tests.builders import make_call, make_member
from tests.clocks import FrozenClock


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def where(database_url: str, traces: dict[str, bytes]) -> list[str]:
    """Return which traces are in which of the database's files."""
    file = Path(database_url.removeprefix("sqlite:///"))
    beside = [each for each in file.parent.glob(f"{file.name}*") if each.is_file()]
    assert file in beside
    contents = {each.name: each.read_bytes() for each in beside}
    return [
        f"{name} in {each}" for name, trace in traces.items() for each, content in contents.items() if trace in content
    ]


async def test_nothing_of_a_deleted_loan_is_left_in_the_files(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str, tmp_path: Path
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    gone = [await ended(office, workspace, lin, f"GONE-{number}", 4) for number in range(30)]
    kept = await ended(office, workspace, lin, "KEPT-1", 1)
    for loan in [*gone, kept] * 3:
        await make_call(office, loan, lin, note="a long note " * 20)
    async with office.database.reading() as session:
        calls = (await session.exec(select(Call).where(Call.loan_id != kept.id))).all()
        people = (await session.exec(select(Borrower).where(Borrower.id != kept.borrower_id))).all()
        notes = {f"note {call.id}": call.note_cipher[-24:] for call in calls if call.note_cipher}
        names = {f"name {row.id}": row.name_cipher[-24:] for row in people}
        entries = (await session.exec(select(SearchTerm))).all()
        kept_note = (await session.exec(select(Call.note_cipher).where(Call.loan_id == kept.id))).first()
    assert kept_note
    traces = {"number": b"GONE-", **notes, **names}
    assert len(entries) > 30
    assert len(where(database_url, traces)) > len(traces) / 2

    assert "deleted: 30" in await retention(database_url, tmp_path, clock, apply=True)

    assert where(database_url, traces) == []
    assert where(database_url, {"a kept note": kept_note})
    async with office.database.reading() as session:
        assert [row.number for row in await session.exec(select(Loan))] == ["KEPT-1"]
