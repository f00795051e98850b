"""What checks compare, and when a failed one holds a loan up."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.data_files import DataFileError
from desk.core.vocabulary import VOCABULARY
from desk.rules.checks import CHECKS, PURPOSES, latest, load_checks, undecided

TEXT = (resources.files("desk") / "data" / "checks.toml").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Made:
    purpose: str
    state: str
    decision: str | None = None


CHECK = st.builds(
    Made, st.sampled_from(PURPOSES), st.sampled_from(("open", "confirmed", "failed")), st.sampled_from((None, "go_on"))
)


def test_every_check_has_items_in_both_languages():
    assert {*CHECKS} == {purpose.code for purpose in VOCABULARY.purposes if purpose.check}
    for items in CHECKS.values():
        assert len({item.code for item in items}) == len(items) >= 3
        for item in items:
            assert item.zh != item.en
            assert item.source("zh-CN") == item.source_zh
            assert item.source("en-US") == item.source_en


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('zh = "出生日期"\n', "", r"checks.toml, line 1\d, \[identity.birth\]: zh: Field required"),
        ('en = "date of birth"', 'en = ""', r"checks.toml, line 1\d, \[identity.birth\]: en: String should have"),
        (
            "[identity.birth]",
            '[identity.birth]\ncolour = "red"',
            r"line 1\d, \[identity.birth\]: colour: Unexpected keyword",
        ),
        ("[identity.birth]", "[documents.birth]", r"checks.toml.*\[documents\]: this is no check"),
        ("[vehicle.", "[employer.x", r"checks.toml, \[vehicle\]: this check has no items"),
        ("[identity.birth]", "[identity.birth", r"checks.toml: .*line 1\d"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str):
    path = tmp_path / "checks.toml"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new), "utf-8")
    with pytest.raises(DataFileError, match=said):
        load_checks(path)


@pytest.mark.parametrize(
    ("checks", "held"),
    [
        ([], 0),
        ([Made("identity", "confirmed")], 0),
        ([Made("identity", "failed")], 1),
        ([Made("identity", "failed", "go_on")], 0),
        ([Made("identity", "failed"), Made("identity", "confirmed")], 1),
        ([Made("identity", "failed", "again")], 1),
        ([Made("identity", "failed", "again"), Made("income", "confirmed")], 1),
        ([Made("identity", "failed", "again"), Made("identity", "confirmed")], 0),
        ([Made("identity", "failed", "again"), Made("identity", "failed")], 2),
    ],
)
def test_a_failed_check_holds_the_loan_up_until_a_manager_decides(checks: list[Made], held: int):
    assert len(undecided(checks)) == held


@given(st.lists(CHECK, max_size=8))
def test_no_loan_goes_on_with_a_failed_check_of_which_nobody_decided(checks: list[Made]):
    assert undecided(checks) == [each for each in checks if each.state == "failed" and each.decision is None]
    assert all(each.state != "open" for each in latest(checks).values())
