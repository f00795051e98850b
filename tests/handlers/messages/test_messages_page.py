"""docs/messages.md lists every message that the desk sends."""

import re
from pathlib import Path

import pytest

from handlers.door.registry import COMMANDS, PRESSES
from handlers.messages.notices import KINDS

PAGE = (Path(__file__).parents[3] / "docs" / "messages.md").read_text("utf-8")
NAMED = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_notice_has_its_row(kind: str) -> None:
    assert kind in NAMED


@pytest.mark.parametrize("family", [*COMMANDS, *sorted({f"{act.partition('.')[0]}.…" for act in PRESSES})])
def test_every_family_of_answers_has_its_row(family: str) -> None:
    assert family in NAMED


def test_a_message_that_is_no_longer_sent_has_no_row() -> None:
    families = {f"{act.partition('.')[0]}.…" for act in PRESSES}
    assert sorted(NAMED) == sorted({*KINDS, *COMMANDS, *families})
