"""docs/messages.md lists every message that the desk sends."""

import re
from pathlib import Path

import pytest

from bot.demo.messages import DEMO_BUTTONS
from desk.messages.kinds import KINDS, NoticeKind
from handlers.commands import COMMANDS
from handlers.door.registry import FAMILIES
from handlers.messages.notices import COMPOSERS

PAGE = (Path(__file__).parents[3] / "docs" / "messages.md").read_text("utf-8")
FAMILY_NAMES = [f"{family.name}.…" for family in (*FAMILIES, DEMO_BUTTONS) if family.presses]
COMMAND_NAMES = [command.name for command in COMMANDS]
NAMED = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_notice_has_its_row(kind: str) -> None:
    assert kind in NAMED


@pytest.mark.parametrize("family", [*COMMAND_NAMES, *FAMILY_NAMES])
def test_every_family_of_answers_has_its_row(family: str) -> None:
    assert family in NAMED


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_row_of_a_notice_says_whether_it_mentions_its_reader(kind: NoticeKind) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind.name}` |")]
    mentions = row.split("|")[4].strip()

    assert (mentions != "nobody") is kind.mentions


def test_every_kind_of_notice_is_written() -> None:
    assert set(COMPOSERS) == set(KINDS.values())


def test_a_message_that_is_no_longer_sent_has_no_row() -> None:
    assert sorted(NAMED) == sorted([*KINDS, *COMMAND_NAMES, *FAMILY_NAMES])
