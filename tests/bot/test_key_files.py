"""The file of the keys and its commands: made, widened, narrowed and wrapped, each act recorded, and no key shown."""

import asyncio
import json
import re
import resource
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.cli import app
from bot.commands import key_files
from bot.commands import keys as keys_command
from bot.commands.doctor import examine
from bot.reading_settings import WrongSettingsError, read_settings
from bot.settings import CannotStartError, Settings
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from storage.engine.cipher import Cipher, KeyRing
from storage.keys.key_file import read_keys, written
from storage.queries.core import audit
from storage.tables import Borrower, Workspace
from tests.bot.keys import KEY_1, KEY_2, SEARCH, settings_with
from tests.bot.test_settings import GOOD
from tests.builders import make_loan, make_member
from tests.softhsm import PIN, SoftToken, soft_token

SECRETS = (KEY_1, KEY_2, SEARCH, PIN)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    return soft_token(tmp_path, monkeypatch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of the keys of the fixture `cipher`."""
    file = tmp_path / "keys"
    file.write_text(written(KeyRing.read(f"1:{KEY_1}", SEARCH)))
    file.chmod(0o600)
    return file


class Operator:
    """Runs commands on a desk with these settings, and keeps what was printed, which never shows a key or the PIN."""

    def __init__(self, database_url: str, **settings: str) -> None:
        self.database_url, self.settings = database_url, settings

    def now(self) -> Settings:
        """Return the settings as a process reads them that starts now."""
        if "key_file" in self.settings:
            return settings_with(self.database_url, keys="", search="", **self.settings)
        return settings_with(self.database_url, **self.settings)

    async def run(self, command: Any, *arguments: Any) -> tuple[int, str]:
        printed = StringIO()
        code = await command(self.now(), *arguments, Console(file=printed, markup=False, soft_wrap=True))
        assert not any(secret in printed.getvalue() for secret in SECRETS)
        return code, printed.getvalue()


def ring_in(file: Path) -> KeyRing:
    found = read_keys(file)
    assert isinstance(found, KeyRing)
    return found


async def acts(office: Office, workspace: Workspace, *names: str) -> list[tuple[str, dict[str, Any]]]:
    async with office.reading_desk(workspace) as desk:
        found = await audit.entries(desk.session, workspace.id, acts=list(names), limit=9)
    assert all(entry.details.pop("by") == operator() for entry in found)
    return [(entry.act, dict(entry.details)) for entry in reversed(found)]


async def test_a_key_is_added_to_the_file_used_and_the_old_one_removed(
    office: Office, workspace: Workspace, database_url: str, file: Path
) -> None:
    loan = await make_loan(office, workspace, "L-1", owner=await make_member(office, workspace, "ULIN"))
    clerk = Operator(database_url, key_file=str(file))

    code, said = await clerk.run(key_files.add)
    assert (code, "then run `loandesk keys rotate`" in said) == (0, True)
    assert (sorted(ring_in(file).keys), ring_in(file).current) == ([1, 2], 2)  # read: so it is its owner's alone
    assert "need an older key" in (await clerk.run(key_files.remove, 1))[1]
    assert (await clerk.run(keys_command.run))[0] == 0
    for number, why in ((2, "encrypts"), (7, "is not in")):
        code, said = await clerk.run(key_files.remove, number)
        assert (code, f"key {number} {why}" in said) == (1, True)
    code, said = await clerk.run(key_files.remove, 1)

    assert (code, f"{file}.with-1" in said) == (0, True)
    ring = ring_in(file)
    assert sorted(ring.keys) == [2]
    assert sorted(ring_in(file.with_name("keys.with-1")).keys) == [1, 2]
    async with office.database.reading() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
    assert Cipher(ring).decrypt(Borrower.name_cipher, borrower) == "王小明"
    assert await acts(office, workspace, "add_key", "remove_key", "rotate_keys") == [
        ("add_key", {"file": "keys", "key": 2}),
        ("rotate_keys", {"key": 2}),
        ("remove_key", {"file": "keys", "key": 1}),
    ]
    assert not list(file.parent.glob("*.new"))


async def test_keys_are_wrapped_and_wrapped_again_without_touching_a_row(
    office: Office, workspace: Workspace, database_url: str, token: SoftToken, tmp_path: Path
) -> None:
    loan = await make_loan(office, workspace, "L-1", owner=await make_member(office, workspace, "ULIN"))
    target = tmp_path / "wrapped"
    clerk = Operator(database_url, **token.settings)

    assert "are not wrapped" in (await clerk.run(key_files.rewrap))[1]
    code, said = await clerk.run(key_files.wrap_keys, target)
    assert (code, token.label in said, target.stat().st_mode & 0o777) == (0, True, 0o600)
    assert (await clerk.run(key_files.wrap_keys, target))[0] == 1
    first = json.loads(target.read_text())["wrapping_key"]

    clerk.settings["key_file"] = str(target)
    assert clerk.now().key_ring() == office.cipher.ring
    assert "are wrapped" in (await clerk.run(key_files.wrap_keys, tmp_path / "again"))[1]
    assert (await clerk.run(key_files.rewrap))[0] == 0
    second = json.loads(target.read_text())["wrapping_key"]
    assert {first, second} == set(token.keys())
    assert clerk.now().key_ring() == office.cipher.ring
    _, said = await clerk.run(key_files.list_keys)
    assert re.search(f"Wrapped by the key {second} in .*{token.label}.*\n +1  [0-9a-f]{{16}}  encrypts\n", said)

    assert (await clerk.run(key_files.add))[0] == 0
    assert sorted(clerk.now().key_ring().keys) == [1, 2]
    assert (await clerk.run(keys_command.run))[0] == 0
    async with office.database.reading() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
    assert clerk.now().cipher().decrypt(Borrower.name_cipher, borrower) == "王小明"
    assert await acts(office, workspace, "wrap_keys", "rewrap_keys") == [
        ("wrap_keys", {"file": "wrapped", "wrapping_key": first}),
        ("rewrap_keys", {"file": "wrapped", "wrapping_key": second}),
    ]


async def test_what_cannot_be_done_changes_nothing(sqlite_url: str, token: SoftToken, file: Path) -> None:
    clerk = Operator(sqlite_url, **token.settings, key_file=str(file))
    before = ring_in(file)
    with token.away():
        code, said = await clerk.run(key_files.wrap_keys, file.with_name("wrapped"))
    assert (code, said.startswith("Nothing was changed: "), token.label in said) == (1, True, True)
    code, said = await clerk.run(key_files.wrap_keys, file.parent / "none" / "wrapped")
    assert (code, "No such file" in said) == (1, True)
    assert token.keys() == []
    lost = Operator("postgresql://127.0.0.1:9/none", key_file=str(file))
    code, said = await lost.run(key_files.add)
    assert (code, said.startswith("Nothing was changed: ")) == (1, True)
    assert ring_in(file) == before
    assert not [*file.parent.glob("wrapped*"), *file.parent.glob("keys.*")]


async def test_keys_of_the_environment_are_left_to_the_operator(sqlite_url: str) -> None:
    clerk = Operator(sqlite_url)
    _, said = await clerk.run(key_files.add)
    assert re.search("LOANDESK_ENCRYPTION_KEYS, behind a comma: 2:[A-Za-z0-9+/=]{44}\n", said)
    code, said = await clerk.run(key_files.remove, 1)
    assert (code, "from LOANDESK_ENCRYPTION_KEYS" in said) == (1, True)
    assert "From the environment." in (await clerk.run(key_files.list_keys))[1]


@pytest.fixture
def undumped() -> Iterator[None]:
    """Put back what the command line does to the process."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    yield
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0  # no dump of the memory, which has the keys
    resource.setrlimit(resource.RLIMIT_CORE, (0, before[1])) if before[1] == 0 else None


@pytest.mark.usefixtures("undumped")
def test_new_keys_are_written_to_a_file_of_their_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "keys"
    done = CliRunner().invoke(app, ["keys", "new", "--file", str(target)])
    assert (done.exit_code, target.stat().st_mode & 0o777) == (0, 0o600)
    made = written(ring_in(target))
    assert made == target.read_text()
    again = CliRunner().invoke(app, ["keys", "new", "--file", str(target)])
    assert (again.exit_code, target.read_text()) == (1, made)
    printed = CliRunner().invoke(app, ["keys", "new"]).output
    assert re.fullmatch("LOANDESK_ENCRYPTION_KEYS=1:[^\n]{44}\nLOANDESK_SEARCH_KEY=[^\n]{44}\n", printed)


def test_the_setting_names_the_file_as_every_process_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["keys", "new", "--file", "keys"])
    assert done.output.startswith(f"Set LOANDESK_KEY_FILE={tmp_path / 'keys'}. ")


def environment(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    for name in ("LOANDESK_ENCRYPTION_KEYS", "LOANDESK_SEARCH_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {name: value for name, value in GOOD.items() if "LOANDESK" not in name}.items():
        monkeypatch.setenv(name, value)
    for name, value in given.items():
        monkeypatch.setenv(f"LOANDESK_{name.upper()}", value)


def test_the_keys_come_from_the_file_alone(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    environment(monkeypatch, key_file=str(file))
    assert read_settings(env_file=None).key_ring() == KeyRing.read(f"1:{KEY_1}", SEARCH)
    assert not any(secret in repr(read_settings(env_file=None)) for secret in SECRETS)
    environment(monkeypatch, key_file=str(file), search_key=SEARCH)
    with pytest.raises(WrongSettingsError, match="LOANDESK_KEY_FILE and also LOANDESK_SEARCH_KEY are given"):
        read_settings(env_file=None)
    file.chmod(0o644)
    environment(monkeypatch, key_file=str(file))
    with pytest.raises(WrongSettingsError, match=r"^LOANDESK_KEY_FILE: .*chmod 600"):
        read_settings(env_file=None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"encryption_keys": f"1:{KEY_1}"}, "LOANDESK_SEARCH_KEY is missing"),
        ({"search_key": SEARCH}, "LOANDESK_ENCRYPTION_KEYS is missing"),
        ({"encryption_keys": f"1:{KEY_1}", "search_key": "short"}, "LOANDESK_SEARCH_KEY: the search key is not base64"),
        ({"encryption_keys": KEY_1, "search_key": SEARCH}, "LOANDESK_ENCRYPTION_KEYS: each key is written id:base64"),
        ({"key_file": "/nowhere"}, "LOANDESK_KEY_FILE: /nowhere cannot be read"),
    ],
)
def test_what_is_wrong_with_the_keys_names_the_setting_that_is(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    environment(monkeypatch, **given)
    with pytest.raises(WrongSettingsError, match=f"^{said}"):
        read_settings(env_file=None)


def test_a_process_does_not_start_without_the_token_and_says_which(
    monkeypatch: pytest.MonkeyPatch, token: SoftToken, file: Path, tmp_path: Path
) -> None:
    settings = settings_with("sqlite:///none.db", keys="", search="", key_file=str(file), **token.settings)
    wrapped, pin = tmp_path / "wrapped", tmp_path / "pin"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_files, "record", _unrecorded)
        asyncio.run(key_files.wrap_keys(settings, wrapped, Console(file=StringIO())))
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)
    named = {name: value for name, value in token.settings.items() if name != "pkcs11_pin"} | {"key_file": str(wrapped)}
    environment(monkeypatch, **named, pkcs11_pin_file=str(pin))
    assert read_settings(env_file=None).key_ring() == settings.key_ring()
    with token.away():
        with pytest.raises(CannotStartError, match=f"cannot be unwrapped: .*{token.label}.*Connect it"):
            read_settings(env_file=None)
        refused = CliRunner().invoke(app, ["serve"])
        assert (refused.exit_code, token.label in refused.output) == (2, True)
        (finding,) = asyncio.run(_first_wrong(read_settings(env_file=None, with_keys=False)))
        assert finding.startswith("key store: ")
        assert token.label in finding
    for changed, said in (
        ({"pkcs11_pin": PIN}, "not both"),
        ({"pkcs11_token": ""}, "LOANDESK_PKCS11_TOKEN"),
    ):
        environment(monkeypatch, **named | {"pkcs11_pin_file": str(pin)} | changed)
        with pytest.raises(WrongSettingsError, match=said):
            read_settings(env_file=None)
        monkeypatch.delenv("LOANDESK_PKCS11_PIN", raising=False)
    environment(monkeypatch, **named)
    pin.chmod(0o644)
    environment(monkeypatch, **named, pkcs11_pin_file=str(pin))
    with pytest.raises(WrongSettingsError, match=r"^LOANDESK_PKCS11_PIN_FILE: .*chmod 600"):
        read_settings(env_file=None)


async def _unrecorded(*_: object, **__: object) -> None:
    """There is no database in this test."""


async def _first_wrong(settings: Settings) -> list[str]:
    async for finding in examine(settings):
        if not finding.ok:
            return [f"{finding.subject}: {finding.words}"]
    return []
