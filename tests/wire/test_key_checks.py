"""Keys that do not fit, and files that others can read: refused at start, or said by `loandesk doctor`."""

import stat
from pathlib import Path

import pytest

from bot.commands import doctor
from bot.commands.serving import CannotStartError, migrate_database, run
from desk.core.transaction import Office
from sandbox.server import Sandbox
from storage.engine.cipher import KeyRing
from storage.engine.database import Database, make_folder, open_to_others
from storage.queries.people import workspaces
from tests.bot.keys import KEY_1, KEY_2, SEARCH
from tests.builders import make_loan
from tests.clocks import FrozenClock
from tests.wire.conftest import install, settings_for
from tests.wire.office_day import Slack

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
