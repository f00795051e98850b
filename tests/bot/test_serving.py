"""What prevents a process from starting, and its name."""

import pytest

from bot.commands.serving import CannotStartError, run
from bot.heartbeat import Identity, identity
from bot.settings import Settings
from tests.bot.test_settings import GOOD


def settings(**more: object) -> Settings:
    keys = {"encryption_keys": GOOD["LOANDESK_ENCRYPTION_KEYS"], "search_key": GOOD["LOANDESK_SEARCH_KEY"]}
    return Settings.model_validate(GOOD | keys | {"DATABASE_URL": "postgresql://db/desk"} | more)


async def test_on_sqlite_there_is_no_worker_of_its_own() -> None:
    with pytest.raises(CannotStartError, match="loandesk serve"):
        await run(settings(DATABASE_URL="sqlite:///x.db"), "worker")


async def test_socket_mode_needs_its_token() -> None:
    with pytest.raises(CannotStartError, match="SLACK_APP_TOKEN"):
        await run(settings(), "socket")


def test_two_doors_of_one_machine_have_different_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "box")

    assert identity(settings(PORT=3000), "serve") == Identity("web", "box-web-3000")
    assert identity(settings(PORT=3001), "serve") == Identity("web", "box-web-3001")
    assert identity(settings(), "worker") == Identity("worker", "box-worker")
    assert identity(settings(executor_id="worker.2"), "worker") == Identity("worker", "worker.2")


def test_on_sqlite_both_doors_are_the_one_process_that_there_is() -> None:
    here = settings(DATABASE_URL="sqlite:///x.db", executor_id="mine")

    assert identity(here, "serve") == identity(here, "socket") == Identity("desk", "desk-1")
