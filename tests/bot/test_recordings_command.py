"""`loandesk recordings add` attaches recordings to calls: one, or those of a list. In Shanghai, it is 25 November 2026, 10:00."""

from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console
from sqlmodel import col, select
from typer.testing import CliRunner

from bot import cli
from bot.commands import recordings as command
from bot.commands.recordings import Asked, ListError, read_list
from bot.settings import Settings
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from desk.files import added_recordings
from desk.files.upkeep import forget_unfiled
from desk.loans.recordings import recordings_of_loan
from storage.files.places import store_at
from storage.files.sealing import unseal
from storage.files.store import FileStore, StoreAwayError
from storage.tables import AuditEntry, Call, Loan, Member, Recording, StoredFile, Workspace
from tests.bot.keys import settings_with
from tests.builders import make_call, make_loan, make_member
from tests.clocks import FrozenClock
from tests.sample_audio import wav
from tests.sample_files import joined, pdf

AUDIO = wav(12)


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN")


@pytest.fixture
async def loan(office: Office, workspace: Workspace, lin: Member) -> Loan:
    return await make_loan(office, workspace, "A-1", owner=lin)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_with(database_url, files=str(tmp_path / "store"), recording_megabytes="1")


async def add(
    settings: Settings, clock: FrozenClock, *asked: Asked, folder: Path | None = None
) -> tuple[int, list[str]]:
    printed = StringIO()
    console = Console(file=printed, markup=False, soft_wrap=True)
    code = await command.add(settings, asked, console, folder=folder, clock=clock)
    return code, printed.getvalue().splitlines()


async def rows(office: Office, table: type[Recording]) -> list[Recording]:
    async with office.database.reading() as session:
        return list((await session.exec(select(table).order_by(col(table.id)))).all())


async def test_a_file_becomes_the_recording_of_the_call_of_that_time(
    office: Office, workspace: Workspace, loan: Loan, settings: Settings, clock: FrozenClock, tmp_path: Path
) -> None:
    other = await make_member(office, workspace, "UOTHER")
    call = await make_call(office, loan, other)
    clock.advance(hours=2)
    await make_call(office, loan, other)
    (file := tmp_path / "a.wav").write_bytes(AUDIO)
    code, said = await add(settings, clock, Asked(1, "a-1", str(file), "2026-11-25T09:50"))
    assert (code, said) == (0, ["Added to the call of 2026-11-25 10:00.", "Recordings: 1 added, 0 known, 0 refused."])
    [row] = await rows(office, Recording)
    assert (row.call_id, row.seconds, row.added_by_id, row.loan_id) == (call.id, 12, other.id, loan.id)
    async with office.database.reading() as session:
        stored = await session.get_one(StoredFile, row.file_id)
        entry = (await session.exec(select(AuditEntry).where(AuditEntry.act == "add_recording"))).one()
    assert (stored.state, stored.kind, stored.size) == ("filed", "wav", len(AUDIO))
    assert office.cipher.decrypt(StoredFile.name_cipher, stored) == "a.wav"
    assert (entry.actor_id, entry.loan_id, entry.details["by"]) == (None, loan.id, operator())
    assert stored.blob_id is not None
    key = office.cipher.decrypt(StoredFile.key_cipher, stored)
    store = store_at(settings.files_at(), workspace.id)
    assert await joined(unseal(store.read(stored.blob_id), key, stored.blob_id)) == AUDIO


def list_in(tmp_path: Path) -> Path:
    """Write a list with recordings that can be added, and others that cannot."""
    folder = tmp_path / "list"
    folder.mkdir()
    (tmp_path / "secret.wav").write_bytes(wav(3))
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "out-2026-11-25-09-58-00.wav").write_bytes(AUDIO)
    (folder / "old-2026-11-20-09-58-00.wav").write_bytes(wav(5))
    (folder / "empty.wav").write_bytes(b"")
    (folder / "paper.pdf").write_bytes(pdf(1))
    (folder / "head.wav").write_bytes(b"RIFF\x00")
    with (folder / "large.wav").open("wb") as large:
        large.write(AUDIO)
        large.truncate(5 * 1024**3)  # sparse: nothing of it is read
    listed = folder / "list.csv"
    listed.write_text(
        "\ufeffA-1,out-2026-11-25-09-58-00.wav\n"
        "A-1,old-2026-11-20-09-58-00.wav,\n"
        "A-1,https://pbx.example.com/r/77,2026-11-25T10:05\n"
        "A-1,http://pbx.example.com/r/78\n"
        "A-1,../secret.wav\nA-1,link.wav\nA-1,empty.wav\nA-1,paper.pdf\nA-1,head.wav\nA-1,large.wav\nA-1,none.wav\nA-1,.\n"
        "A-9,old-2026-11-20-09-58-00.wav\n"
        "B-2,old-2026-11-20-09-58-00.wav\n"
        "A-1,old-2026-11-20-09-58-00.wav,2026-11-20T10:00\n"
        "A-1,old-2026-11-20-09-58-00.wav,yesterday\n",
        "utf-8",
    )
    return listed


async def test_a_list_is_added_once_and_what_cannot_be_is_named(
    office: Office,
    workspace: Workspace,
    lin: Member,
    loan: Loan,
    settings: Settings,
    clock: FrozenClock,
    tmp_path: Path,
) -> None:
    await make_loan(office, workspace, "B-2")
    call = await make_call(office, loan, lin)
    listed = list_in(tmp_path)
    code, said = await add(settings, clock, *read_list(listed), folder=listed.parent)
    assert (code, said) == (
        1,
        [
            "Recordings: 3 added, 0 known, 13 refused.",
            "row 4, A-1: a link must be an https address without a user's name",
            "row 5, A-1: it is not in the folder of the list",
            "row 6, A-1: it is not in the folder of the list",
            "row 7, A-1: it is empty",
            "row 8, A-1: it is no recording",
            "row 9, A-1: it is no recording",
            "row 10, A-1: it is larger than LOANDESK_RECORDING_MEGABYTES",
            "row 11, A-1: No such file or directory",
            "row 12, A-1: it is no file",
            "row 13, A-9: there is no such loan",
            "row 14, B-2: the loan has no owner: give the time of its call",
            "row 15, A-1: the loan has no call within 30 minutes of that time",
            "row 16, A-1: the time is not written like 2026-11-25T10:00",
        ],
    )
    found = await rows(office, Recording)
    assert [(row.call_id, row.seconds) for row in found] == [(call.id, 12), (None, 5), (call.id, None)]
    async with office.database.reading() as session:
        files = (await session.exec(select(StoredFile))).all()
    assert [file.state for file in files] == ["filed", "filed"]
    assert await blobs(settings, workspace) == {file.blob_id for file in files}

    again = await add(settings, clock, *read_list(listed), folder=listed.parent)
    assert again[1][0] == "Recordings: 0 added, 3 known, 13 refused."
    assert len(await rows(office, Recording)) == 3


async def test_of_two_calls_near_the_time_in_a_name_none_is_taken_for_it(
    office: Office, lin: Member, loan: Loan, settings: Settings, clock: FrozenClock, tmp_path: Path
) -> None:
    await make_call(office, loan, lin)
    clock.advance(minutes=4)
    await make_call(office, loan, lin)
    (file := tmp_path / "20261125-095800.wav").write_bytes(AUDIO)
    assert (await add(settings, clock, Asked(1, "A-1", str(file))))[1][0].startswith("Added to the loan. No call is")
    assert [row.call_id for row in await rows(office, Recording)] == [None]


async def test_a_call_that_was_undone_is_not_taken(
    office: Office, lin: Member, loan: Loan, settings: Settings, clock: FrozenClock, tmp_path: Path
) -> None:
    call = await make_call(office, loan, lin)
    async with office.database.transaction() as session:
        (await session.get_one(Call, call.id)).undone_at = clock.now()
    (file := tmp_path / "a.wav").write_bytes(AUDIO)
    code, said = await add(settings, clock, Asked(1, "A-1", str(file), "2026-11-25T10:00"))
    assert (code, said[1]) == (1, "A-1: the loan has no call within 30 minutes of that time")


async def test_when_the_store_is_away_nothing_counts_and_it_can_be_run_again(
    office: Office,
    workspace: Workspace,
    loan: Loan,
    settings: Settings,
    clock: FrozenClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (file := tmp_path / "a.wav").write_bytes(AUDIO)
    real = type(store_at(settings.files_at(), workspace.id)).write

    async def failing(self: FileStore, blob_id: UUID, sealed: object) -> None:
        await real(self, blob_id, sealed)  # pyright: ignore[reportArgumentType]
        raise StoreAwayError("full")

    asked = Asked(1, "A-1", str(file))
    with monkeypatch.context() as patch:
        patch.setattr(type(store_at(settings.files_at(), workspace.id)), "write", failing)
        assert (await add(settings, clock, asked))[1][1:] == ["A-1: the store of files does not answer"]
    assert (await rows(office, Recording), await blobs(settings, workspace)) == ([], set())
    assert (await add(settings, clock, asked))[0] == 0
    assert len(await rows(office, Recording)) == 1


async def test_a_damaged_link_keeps_no_other_from_being_added(
    office: Office, workspace: Workspace, loan: Loan, settings: Settings, clock: FrozenClock
) -> None:
    assert (await add(settings, clock, Asked(1, "A-1", "https://pbx.example.com/r/1")))[0] == 0
    [row] = await rows(office, Recording)
    async with office.database.transaction() as session:
        damaged = await session.get_one(Recording, row.id)
        damaged.link_cipher = bytes(40)
        session.add(damaged)
    assert (await add(settings, clock, Asked(1, "A-1", "https://pbx.example.com/r/2")))[0] == 0
    assert len(await rows(office, Recording)) == 2


async def test_what_a_killed_command_began_counts_for_nothing_and_goes_after_a_week(
    office: Office,
    workspace: Workspace,
    lin: Member,
    loan: Loan,
    settings: Settings,
    clock: FrozenClock,
    tmp_path: Path,
) -> None:
    async with office.desk(workspace) as desk:
        begun = await added_recordings.begin(desk, added_recordings.Wanted("A-1"), "a.wav")
    (file := tmp_path / "a.wav").write_bytes(AUDIO)
    assert (await add(settings, clock, Asked(1, "A-1", str(file))))[0] == 0
    async with office.reading_desk(workspace, lin) as desk:
        assert len(await recordings_of_loan(desk, loan)) == 1
    clock.advance(days=7, seconds=1)
    async with office.desk(workspace) as desk:
        await forget_unfiled(desk)
    async with office.database.reading() as session:
        left = (await session.exec(select(StoredFile.id))).all()
    assert begun.file_id not in left
    assert len(left) == 1


def test_lists_and_options_that_say_nothing_are_refused(tmp_path: Path) -> None:
    for content in (b"A-1\n", b"A-1,a.wav,2026-11-25T10:00,more\n", b",a.wav\n", b"A-1,a\0.wav\n", b"A-1,\xff\xfe\n"):
        (tmp_path / "list.csv").write_bytes(content)
        with pytest.raises(ListError):
            read_list(tmp_path / "list.csv")
    runner = CliRunner()
    for arguments in (
        ["A-1"],
        [],
        ["A-1", "a.wav", "--list", "x.csv"],
        ["--list", "x.csv", "--call", "2026-11-25T10:00"],
    ):
        assert runner.invoke(cli.app, ["recordings", "add", *arguments]).exit_code == 2
    result = runner.invoke(cli.app, ["recordings", "add", "--list", str(tmp_path / "list.csv")])
    assert (result.exit_code, "cannot be read" in result.output) == (1, True)


async def blobs(settings: Settings, workspace: Workspace) -> set[UUID]:
    """Return what is in the store."""
    from storage.files.store import SHARDS

    store = store_at(settings.files_at(), workspace.id)
    return {blob_id for shard in range(SHARDS) for blob_id in await store.ids(shard)}
