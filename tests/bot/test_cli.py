"""The command line, as an operator types it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli import app

NOW = ["--now", "2026-11-25T10:00+08:00", "--zone", "Asia/Shanghai"]


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_what_a_command_writes_is_for_its_owner_alone() -> None:
    CliRunner().invoke(app, ["when", "fri", *NOW])

    assert os.umask(0o022) == 0o077


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [("明天下午3点", "2026-11-26 15:00"), ("fri", "2026-11-27"), ("１５：００", "2026-11-25 15:00")],
)
def test_when_prints_what_was_understood_on_its_last_line(phrase: str, expected: str) -> None:
    result = CliRunner().invoke(app, ["when", phrase, *NOW])

    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == expected


@pytest.mark.parametrize("phrase", ["3点", "下周", "abc", "2月30日", "today 9:00"])
def test_when_exits_with_1_and_the_reason_on_a_refusal(phrase: str) -> None:
    result = CliRunner().invoke(app, ["when", phrase, *NOW])

    assert result.exit_code == 1
    assert phrase in result.output


@pytest.mark.parametrize(
    "wrong", [["--zone", "Mars/Olympus"], ["--now", "yesterday"], ["--now", "2026-11-25T10:00"], ["--what"]]
)
def test_wrong_usage_exits_with_2(wrong: list[str]) -> None:
    assert CliRunner().invoke(app, ["when", "fri", *wrong]).exit_code == 2


@pytest.mark.parametrize(
    "arguments", [[], ["--url", ""], ["--url", "desk.example.com"], ["--url", "https://d", "--socket"]]
)
def test_the_manifest_needs_an_address_or_socket_mode(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["manifest", *arguments]).exit_code == 2


def test_the_manifest_asks_for_no_command_twice_and_escapes_every_line() -> None:
    result = CliRunner().invoke(app, ["manifest", "--url", "https://desk.example.com/"])

    assert result.exit_code == 0
    assert '"should_escape": false' not in result.output
    assert "https://desk.example.com/slack/events" in result.output


def test_each_command_that_a_text_of_the_desk_or_a_document_names_is_there() -> None:
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    there = command.commands
    groups = {name: group.commands for name, group in there.items() if isinstance(group, TyperGroup)}
    folders = ("bot", "desk", "handlers", "storage", "sandbox", "deploy")
    sources = [file for folder in folders for file in Path(folder).rglob("*.py")]
    named = {
        (one, two)
        for file in (*sources, *Path("docs").glob("*.md"), Path("README.md"), Path("CHANGELOG.md"))
        for one, two in re.findall(r"`loandesk ([a-z]+)(?: ([a-z]+))?", file.read_text("utf-8"))
    }
    assert len(named) > 10
    wrong = [(one, two) for one, two in named if one not in there or (two and one in groups and two not in groups[one])]
    assert wrong == []
