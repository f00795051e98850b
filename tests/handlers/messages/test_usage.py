"""Usage: every example is a line that works as it stands."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.grammar import call, digest, documents, due_list, follow, loan, reassign, stage, team
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import escaped
from handlers.messages.usage import USAGES, usage

GRAMMARS: dict[str, Any] = {
    "/loan": loan,
    "/loan-call": call,
    "/loan-follow": follow,
    "/loan-docs": documents,
    "/loan-stage": stage,
    "/loan-due": due_list,
    "/loan-reassign": reassign,
    "/loan-digest": digest,
    "/loan-team": team,
}
NOW = datetime.fromisoformat("2026-11-25T10:00:00+08:00")
LINES = [
    (command, line)
    for command, told in USAGES.items()
    for example in told.examples
    for line in dict.fromkeys((example.en, example.zh))
]


@pytest.mark.parametrize(("command", "line"), LINES)
def test_an_example_is_understood_as_it_stands(command: str, line: str) -> None:
    request = GRAMMARS[command].parse(Line.plain(line), NOW, ZoneInfo("Asia/Shanghai"))
    assert not isinstance(request, HelpRequest)


@pytest.mark.parametrize("command", GRAMMARS)
def test_both_readers_are_shown_the_forms_and_examples_of_their_language(command: str) -> None:
    english, chinese = usage(Translator("en-US"), command), usage(Translator("zh-CN"), command)
    told = USAGES[command]
    assert told.about in english.text
    assert told.about not in chinese.text
    for example in told.examples:
        assert escaped(f"{command} {example.en}".rstrip()) in english.text
        assert escaped(f"{command} {example.zh}".rstrip()) in chinese.text
