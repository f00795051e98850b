"""Every example in a command's usage is a line that works as written."""

import inspect
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.commands import COMMANDS
from handlers.door.declarations import Command
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import escaped
from handlers.messages.usage import usage

NOW = datetime.fromisoformat("2026-11-25T10:00:00+08:00")
LINES = [
    pytest.param(command, line, id=f"{command.name}-{line}")
    for command in COMMANDS
    for example in command.usage.examples
    for line in dict.fromkeys((example.en, example.zh))
]


def parser_of(command: Command) -> Any:
    """Return the function with which the command's module reads its lines."""
    module: Any = inspect.getmodule(command.handler)
    return module.parse


@pytest.mark.parametrize(("command", "line"), LINES)
def test_an_example_is_understood_as_written(command: Command, line: str) -> None:
    request = parser_of(command)(Line.plain(line), NOW, ZoneInfo("Asia/Shanghai"))
    assert not isinstance(request, HelpRequest)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_both_readers_are_shown_the_forms_and_examples_of_their_language(command: Command) -> None:
    told = command.usage
    english, chinese = usage(Translator("en-US"), told), usage(Translator("zh-CN"), told)
    assert told.about in english.text
    assert told.about not in chinese.text
    for example in told.examples:
        assert escaped(f"{command.name} {example.en}".rstrip()) in english.text
        assert escaped(f"{command.name} {example.zh}".rstrip()) in chinese.text
