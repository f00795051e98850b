"""The check of the catalogues finds what it is for."""

import ast

import pytest
from babel.messages.catalog import Catalog

from desk.core.languages import LANGUAGES, Language
from desk.core.vocabulary import Word
from tests.translations import limits, problems, repeated, wrong_in


def found(code: str, **chinese: str) -> list[str]:
    known = Catalog(locale="zh_Hans_CN")
    for english, translated in chinese.items():
        known.add(english, translated)
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    return list(wrong_in(call, [known]))


def test_the_catalogue_is_in_order() -> None:
    assert problems() + limits() == []


@pytest.mark.parametrize(
    "code",
    [
        f'Button(t("{"x" * 76}"), "a.b")',
        f'Option(t("{"x" * 76}"), "a")',
        f'Form(name="a", title=_("{"x" * 25}"))',
        f'form.text("a", t("A"), placeholder=t("{"x" * 151}"))',
        f'Confirm(t("a"), t("{"x" * 301}"), t("b"), t("c"))',
        f'writer.heading(t("{"x" * 151}"))',
    ],
)
def test_a_text_over_its_limit(code: str) -> None:
    assert len(found(code)) == 1
    assert found(code.replace("xx", "x", 1)) == []


def test_a_chinese_text_over_its_limit() -> None:
    assert found('Button(t("Done"), "a.b")', Done="完" * 76)


@pytest.mark.parametrize(
    "code", ['Button("Done", "a.b")', 'writer.line("Done")', 'writer.small("Done")', 'form.text("a", "Done")']
)
def test_words_outside_the_catalogue(code: str) -> None:
    assert found(code) == ["not in the catalogue: 'Done'"]


@pytest.mark.parametrize("code", ['writer.line(" · ")', 'Button(t("Done"), "a.b")', 'Code("/loan-due")'])
def test_signs_and_commands_are_no_words(code: str) -> None:
    assert found(code) == []


def test_a_text_with_two_translations() -> None:
    twice = 'msgid "Open"\nmsgstr "未完成"\n\nmsgid ""\n"O"\n"pen"\nmsgstr "打开"\n\nmsgid "Due"\nmsgstr "到期"\n'
    assert repeated(twice) == ["translated more than once: 'Open'"]


def test_a_listed_language_without_a_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "fr", Language("fr", "Français", "fr-FR", "fr", fallback="en"))
    assert problems() == ["no catalogue: fr"]


def test_a_word_that_a_language_lacks_is_shown_in_its_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "yue", Language("yue", "粵語", "yue-HK", "yue", fallback="zh"))
    word = Word(code="busy", zh="占线", en="busy")
    assert (word.word("yue-HK"), word.word("zh-TW"), word.word("fr-FR")) == ("占线", "占线", "busy")
