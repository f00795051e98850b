"""Keys that do not fit, and files that others can read: refused at start, or said by `loandesk doctor`."""

import io
import stat
from pathlib import Path
from uuid import UUID

import pytest

from bot.commands import doctor
from bot.commands.serving import CannotStartError, migrate_database, run
from bot.service import open_service
from desk.core.transaction import Office
from sandbox.server import Sandbox
from storage.engine.cipher import KeyRing
from storage.engine.database import Database, make_folder, open_to_others
from storage.queries.people import workspaces
from storage.tables import Borrower, Loan
from storage.upkeep.inspection import SAMPLES, spread
from storage.upkeep.rotation import places
from tests.bot.keys import KEY_1, KEY_2, SEARCH
from tests.builders import make_loan
from tests.clocks import FrozenClock
from tests.wire.conftest import install, settings_for
from tests.wire.office_day import Slack, logged

pytestmark = pytest.mark.every_example

OTHER = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="


@pytest.mark.parametrize("keys", [f"1:{KEY_1},1:{KEY_2}", f"1:{KEY_1},01:{KEY_2}", f"2:{KEY_1},1:{KEY_1},2:{KEY_2}"])
def test_an_id_that_is_given_twice_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="given twice"):
        KeyRing.read(keys, SEARCH)


@pytest.mark.parametrize("keys", [f"²:{KEY_1}", f"١:{KEY_1}", f"0:{KEY_1}", f"256:{KEY_1}", f"-1:{KEY_1}", f":{KEY_1}"])
def test_an_id_that_is_no_number_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        KeyRing.read(keys, SEARCH)


@pytest.mark.parametrize("command", ["serve", "socket", "worker"])
@pytest.mark.parametrize(
    ("setting", "value"), [("encryption_keys", f"1:{OTHER}"), ("encryption_keys", f"9:{OTHER}"), ("search_key", OTHER)]
)
async def test_no_process_starts_with_a_key_that_does_not_fit(
    slack: Slack, database_url: str, command: str, setting: str, value: str
) -> None:
    if command == "worker" and slack.service.settings.on_sqlite:
        return
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    settings = settings_for(slack.sandbox, database_url, **{setting: value})

    with pytest.raises(CannotStartError, match=f"LOANDESK_{setting.upper()} does not fit"):
        await run(settings, command)  # pyright: ignore[reportArgumentType]


async def test_one_new_inquiry_with_another_search_key_does_not_hide_that_it_changed(
    slack: Slack, database_url: str
) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    settings = settings_for(slack.sandbox, database_url, search_key=OTHER)
    other = Office(slack.office.database, settings.cipher(), slack.clock)
    await make_loan(other, slack.workspace, "L-2", owner=slack.agent)

    for changed in (settings, slack.service.settings):
        with pytest.raises(CannotStartError, match="LOANDESK_SEARCH_KEY"):
            await run(changed, "serve")
        findings = [each async for each in doctor.examine(changed, slack.clock)]
        assert [each.subject for each in findings if not each.ok and "SEARCH_KEY" in each.words] == ["keys"]


async def test_the_database_is_for_its_owner_alone(sandbox: Sandbox, clock: FrozenClock, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/data/loandesk.db"
    install(sandbox, None)
    settings = settings_for(sandbox, url)
    await migrate_database(settings)
    (tmp_path / "data" / "loandesk.db-engine").touch(0o644)
    make_folder(url)

    database = Database(url)
    async with database.reading() as session:
        await workspaces.every(session)
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "data").iterdir()}
    await database.close()

    assert set(files.values()) == {0o600}
    assert "loandesk.db" in files
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert open_to_others(url) == []


async def test_doctor_says_what_others_can_read(slack: Slack, database_url: str) -> None:
    if not slack.service.settings.on_sqlite:
        return
    path = Path(database_url.removeprefix("sqlite:///"))
    path.chmod(0o644)  # noqa: ASYNC240

    findings = [each async for each in doctor.examine(slack.service.settings, slack.clock)]

    (found,) = [each for each in findings if each.subject == "files"]
    assert not found.ok
    assert str(path) in found.words
    assert "chmod 700" in found.words


@pytest.fixture
async def loans(slack: Slack) -> list[Loan]:
    """Five loans, the oldest first."""
    return [await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent) for n in range(1, 6)]


async def damage(slack: Slack, *rows: Loan, column: str = "name_cipher", value: bytes | None = None) -> None:
    """Change a byte of a column of these borrowers, or set its value."""
    async with slack.office.database.transaction() as session:
        for row in rows:
            borrower = await session.get_one(Borrower, row.borrower_id)
            kept = getattr(borrower, column)
            setattr(borrower, column, kept[:-1] + bytes([kept[-1] ^ 1]) if value is None else value)


DAMAGES = {
    "the first": ([0], {}),
    "the last": ([4], {}),
    "the first and the last": ([0, 4], {}),
    "a phone": ([4], {"column": "phone_cipher"}),
    "not even a key's number": ([0], {"value": b"\0\0\0"}),
    "nothing left": ([4], {"value": b""}),
    "the number of another key": ([4], {"value": b"\x07" + bytes(40)}),
}


@pytest.mark.parametrize("which", DAMAGES)
async def test_a_damaged_borrower_among_good_ones_stops_no_start_and_is_named(
    slack: Slack, loans: list[Loan], log: io.StringIO, which: str
) -> None:
    at, how = DAMAGES[which]
    await damage(slack, *(loans[each] for each in at), **how)  # pyright: ignore[reportArgumentType]

    service = await open_service(slack.service.settings, slack.clock)
    await service.close()

    names = {str(loans[each].borrower_id) for each in at}
    assert {row for line in logged(log, "borrowers_unreadable") for row in line["borrowers"]} == names
    findings = [each async for each in doctor.examine(slack.service.settings, slack.clock)]
    (found,) = [each for each in findings if each.subject == "damaged rows"]
    assert not found.ok
    assert all(name in found.words for name in names)
    assert [each.ok for each in findings if each.subject == "keys"] == [True]


@pytest.mark.parametrize("command", ["serve", "socket", "worker"])
@pytest.mark.parametrize("at", [0, 4])
async def test_a_wrong_key_is_refused_though_a_borrower_is_damaged(
    slack: Slack, loans: list[Loan], database_url: str, command: str, at: int
) -> None:
    if command == "worker" and slack.service.settings.on_sqlite:
        return
    await damage(slack, loans[at])

    for setting, value in (("encryption_keys", f"1:{OTHER}"), ("encryption_keys", f"9:{OTHER}"), ("search_key", OTHER)):
        settings = settings_for(slack.sandbox, database_url, **{setting: value})
        with pytest.raises(CannotStartError, match=f"LOANDESK_{setting.upper()} does not fit"):
            await run(settings, command)  # pyright: ignore[reportArgumentType]


async def test_the_lost_key_of_half_the_borrowers_is_refused(slack: Slack, database_url: str) -> None:
    own = slack.service.settings
    key = own.encryption_keys.get_secret_value()
    later = Office(
        slack.office.database,
        settings_for(slack.sandbox, database_url, encryption_keys=f"{key},2:{OTHER}").cipher(),
        slack.clock,
    )
    for n in range(1, 9):
        await make_loan(slack.office if n < 5 else later, slack.workspace, f"L-{n}", owner=slack.agent)

    for keys in (key, f"{key},2:{SEARCH}", f"2:{OTHER}"):
        with pytest.raises(CannotStartError, match="LOANDESK_ENCRYPTION_KEYS does not fit"):
            await run(settings_for(slack.sandbox, database_url, encryption_keys=keys), "serve")


async def test_the_only_borrower_that_does_not_open_is_refused(slack: Slack) -> None:
    await damage(slack, await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent))

    with pytest.raises(CannotStartError, match="LOANDESK_ENCRYPTION_KEYS does not fit"):
        await run(slack.service.settings, "serve")


async def test_samples_are_spread_over_a_table_that_was_filled_in_bursts(slack: Slack) -> None:
    ids = [UUID(int=n) for n in range(100, 200)] + [UUID(int=2**120 + n) for n in range(2)]
    async with slack.office.database.transaction() as session:
        for row_id in ids:
            name = slack.office.cipher.encrypt(Borrower.name_cipher, row_id, "王小明")
            session.add(
                Borrower(
                    id=row_id,
                    workspace_id=slack.workspace.id,
                    name_cipher=name,
                    phone_cipher=name,
                    created_at=slack.clock.now(),
                )
            )
    place = next(each for each in places() if each.name == "borrower.name_cipher")
    async with slack.office.database.reading() as session:
        found = [row_id for row_id, _ in await spread(session, place)]

    assert len(set(found)) == len(found) == SAMPLES
    assert {ids[0], ids[-1]} <= set(found)
    assert len([row_id for row_id in found if row_id < UUID(int=2**100)]) > SAMPLES // 2
