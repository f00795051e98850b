"""The file of playbooks: complete in each language, and refused with the entry that is wrong."""

from pathlib import Path

import pytest

from desk.core.languages import LANGUAGES
from desk.core.playbooks import load_playbooks, shipped_playbooks
from desk.core.vocabulary import VOCABULARY, VocabularyError

SHIPPED = Path(__file__).parents[3] / "desk" / "data" / "playbooks.toml"


def test_each_purpose_has_a_script_in_each_language_that_first_makes_sure_who_speaks() -> None:
    books = shipped_playbooks()
    assert [*books.purposes] != []
    assert {purpose.code for purpose in VOCABULARY.purposes} == books.purposes.keys()
    for book in books.purposes.values():
        for language in LANGUAGES:
            script = book.scripts[language]
            assert script.opening
            assert script.identify
            assert script.closing
            assert "{lender}" not in script.opening


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("[purpose.income]", "[purpose.salary]", r"playbooks.toml: \[purpose.salary\] is missing, or no purpose"),
        ('[purpose.plan]\nvoice = "borrower"', '[purpose.plan]\nvoice = "bank"', "there is no voice 'bank'"),
        ("[purpose.plan.zh]", "[purpose.plan.fr]", r"\[purpose.plan.fr\] is missing, or no language"),
        ("May I speak with {borrower}?", "May I speak with {name}?", "nothing stands for {name}"),
        ('name = "Hardship"', 'title = "Hardship"', r"\[situation.hardship\]: a name is missing"),
        ("[situation.death.en]", "[situation.death.en", "playbooks.toml: "),
        ("[voice.borrower.en]", "[words.borrower.en]", "playbooks.toml: "),
    ],
)
def test_a_wrong_entry_is_refused_by_name(tmp_path: Path, old: str, new: str, refusal: str) -> None:
    text = SHIPPED.read_text("utf-8")
    assert old in text
    copy = tmp_path / "playbooks.toml"
    copy.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(VocabularyError, match=refusal):
        load_playbooks(copy)


def test_there_is_what_to_do_when_a_call_takes_another_turn_in_each_language() -> None:
    situations = shipped_playbooks().situations
    assert situations.keys() >= {"upset", "hardship", "wrong_person", "lawyer", "death", "accident", "fraud"}
    for book in situations.values():
        for language in LANGUAGES:
            assert book.name(language)
            assert len(book.scripts[language].questions) >= 3
