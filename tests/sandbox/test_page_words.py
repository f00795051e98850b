"""The page's own texts, in both languages."""

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


def translated_texts() -> set[str]:
    """Return the string literals that the modules pass to the translator."""
    return set(re.findall(rf"\bt\(\s*{STRING}", OTHERS))


@pytest.mark.parametrize("words", sorted(translated_texts()))
def test_every_text_of_the_page_has_a_chinese_translation(words: str) -> None:
    assert words in CHINESE


@pytest.mark.parametrize("words", sorted(CHINESE))
def test_no_translation_is_unused(words: str) -> None:
    assert f'"{words}"' in OTHERS


@pytest.mark.parametrize("words", sorted(CHINESE))
def test_both_languages_have_the_same_placeholders(words: str) -> None:
    assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", CHINESE[words]))


def test_every_error_text_has_a_chinese_translation() -> None:
    table = MODULES["i18n.js"].split("const ERRORS")[1].split("};")[0]
    assert set(re.findall(rf"\w+: {STRING}", table)) <= CHINESE.keys()
