"""The lines in the README are lines that work."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handlers.grammar import call, documents, follow
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
GRAMMARS = {"/loan-call": call.parse, "/loan-docs": documents.parse, "/loan-follow": follow.parse}
NOW = datetime.fromisoformat("2026-11-25T10:00+08:00")


@pytest.mark.parametrize("line", re.findall(r"^/loan.*$", README, re.MULTILINE))
def test_a_line_of_the_readme_is_understood(line: str) -> None:
    command, _, text = line.partition(" ")

    request = GRAMMARS[command](Line.read(text), NOW, ZoneInfo("Asia/Shanghai"))

    assert not isinstance(request, HelpRequest)
