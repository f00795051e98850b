"""A desk whose keys are wrapped in a KMS: it needs the KMS to start and for nothing else, and says when it is away."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pkcs11
import pytest

from bot import key_watch
from bot.commands.doctor import examine
from bot.key_watch import KeyWatch
from bot.monitoring import Health
from bot.private_file import private_file
from bot.service import open_service
from storage.engine.cipher import KeyRing
from storage.keys.key_file import wrap
from tests.bot.keys import KEY_1, SEARCH, settings_with
from tests.builders import make_loan
from tests.softhsm import SoftToken, soft_token
from tests.wire.conftest import install, settings_for
from tests.wire.office_day import Slack


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    return soft_token(tmp_path, monkeypatch)


def wrapped_file(folder: Path, token: SoftToken, ring: KeyRing | None = None) -> str:
    kms = token.kms()
    with private_file(folder / "wrapped") as out:
        out.write(wrap(ring or KeyRing.read(f"1:{KEY_1}", SEARCH), kms, kms.make_key()).written().encode())
    return str(folder / "wrapped")


def executable(file: Path, script: str) -> str:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)
    return str(file)


@pytest.fixture
async def wrapped_slack(slack: Slack, token: SoftToken, database_url: str, tmp_path: Path) -> AsyncIterator[Slack]:
    """The desk, started again with the same keys from a file that the token wrapped."""
    file = wrapped_file(tmp_path, token, slack.office.cipher.ring)
    await slack.service.close()
    named = token.settings | {"encryption_keys": "", "search_key": "", "key_file": file}
    slack.service = await open_service(settings_for(slack.sandbox, database_url, **named), slack.clock)
    await slack.service.serve()
    install(slack.sandbox, f"http://127.0.0.1:{slack.service.port}")
    yield slack
    await slack.service.close()


async def test_people_work_on_without_the_token_and_the_operator_hears_of_it(
    wrapped_slack: Slack, token: SoftToken, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = wrapped_slack
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    watch = KeyWatch(slack.service.settings)
    await watch.start()
    health = Health(slack.office, lambda: [slack.workspace.id], timedelta(minutes=5), key_store=lambda: watch.trouble)
    await watch.ask()
    assert ((await health.report())["key_store"], log.getvalue()) == ("ok", "")

    with token.away(), monkeypatch.context() as patch:
        patch.setattr(pkcs11, "lib", _never)
        assert "王小明" in (await slack.command(slack.agent, "/loan L-1")).text
        assert "L-1" in (await slack.command(slack.agent, "/loan-call L-1 reached 明天下午三点再打")).text
    with token.away():
        await watch.ask()
        said = (await health.report())["key_store"]
        assert (token.label in str(said), "Connect it" in str(said)) == (True, True)
        await watch.ask()
        found = [each async for each in examine(slack.service.settings, slack.clock) if each.subject == "key store"]
        assert [each.ok for each in found] == [False]
        assert "What runs goes on" in found[0].words
    await watch.ask()
    await watch.stop()

    assert (await health.report())["key_store"] == "ok"
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert [event for event in events if "key_store" in event] == ["key_store_away", "key_store_back"]


def _never(*_: Any) -> None:
    raise AssertionError("a command asks the token")


async def test_a_library_that_hangs_or_crashes_is_said_and_holds_nothing_up(
    sqlite_url: str, token: SoftToken, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_with(sqlite_url, keys="", search="", key_file=wrapped_file(tmp_path, token), **token.settings)
    for script, seconds, said in (("exec sleep 60", 0.1, "has not answered for"), ("kill -SEGV $$", 60, "has crashed")):
        python = executable(tmp_path / "python", script)
        monkeypatch.setattr(key_watch.sys, "executable", python)
        watch = KeyWatch(settings, answer_seconds=seconds)
        await watch.ask()
        assert said in str(watch.trouble)


async def test_a_desk_without_a_key_store_asks_for_none(slack: Slack) -> None:
    watch = KeyWatch(slack.service.settings)
    await watch.start()
    await watch.stop()
    health = Health(slack.office, lambda: [slack.workspace.id], timedelta(minutes=5), key_store=lambda: watch.trouble)
    assert "key_store" not in await health.report()
