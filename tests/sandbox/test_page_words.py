"""The page's own words, in both languages."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent.parent / "sandbox" / "page"
MODULES = {path.name: path.read_text("utf-8") for path in PAGE.glob("*.js")}
STRING = r'"((?:[^"\\]|\\.)*)"'
CHINESE = dict(re.findall(rf"^  {STRING}:\s+{STRING},$", MODULES["i18n.js"].split("const ERRORS")[0], re.MULTILINE))
OTHERS = (
    "\n".join(text for name, text in MODULES.items() if name != "i18n.js") + MODULES["i18n.js"].split("const ERRORS")[1]
)


def said() -> set[str]:
    """What the modules hand to the translator as it stands, on both sides of a choice."""
    calls = re.findall(rf"\bt\(\s*{STRING}", OTHERS)
    return set(calls)


@pytest.mark.parametrize("words", sorted(said()))
def test_what_the_page_says_is_said_in_chinese(words: str) -> None:
    assert words in CHINESE


@pytest.mark.parametrize("words", sorted(CHINESE))
def test_no_chinese_is_left_of_what_the_page_no_longer_says(words: str) -> None:
    assert f'"{words}"' in OTHERS


@pytest.mark.parametrize("words", sorted(CHINESE))
def test_both_languages_have_the_same_placeholders(words: str) -> None:
    assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", CHINESE[words]))


def test_every_code_of_an_error_has_its_words_in_chinese() -> None:
    table = MODULES["i18n.js"].split("const ERRORS")[1].split("};")[0]
    assert set(re.findall(rf"\w+: {STRING}", table)) <= CHINESE.keys()
