"""The page's own texts, in both languages."""

import re
from pathlib import Path

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


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_every_text_of_the_page_has_a_chinese_translation() -> None:
    assert translated_texts() - CHINESE.keys() == set()


def test_no_translation_is_unused() -> None:
    assert CHINESE
    assert [words for words in CHINESE if f'"{words}"' not in OTHERS] == []


def test_both_languages_have_the_same_placeholders() -> None:
    assert [words for words, chinese in CHINESE.items() if placeholders(words) != placeholders(chinese)] == []


def test_every_error_text_has_a_chinese_translation() -> None:
    table = MODULES["i18n.js"].split("const ERRORS")[1].split("};")[0]
    assert set(re.findall(rf"\w+: {STRING}", table)) <= CHINESE.keys()
