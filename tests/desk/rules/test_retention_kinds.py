"""The kinds of records: a file that says what nobody knows is refused, and months are counted by the calendar."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.data_files import DataFileError
from desk.rules.months import months_after, months_before
from desk.rules.retention import KINDS, load_kinds
from storage.queries.core.retention_due import RECORDS

ENTRY = """[inquiry]
zh = "咨询"
en = "inquiries"
since_zh = "结束"
since_en = "the end"
source_zh = "默认"
source_en = "house"
months = 12
"""


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ('colour = "red"\n', r"kinds\.toml, line 9, \[inquiry\].*colour"),
        ("least_months = 6\n", r"\[inquiry\].*least_months and least go together"),
        ('least_months = 24\nleast = "law"\n', r"\[inquiry\].*shorter than its least"),
        ('keeps = ["letters"]\n', r"\[inquiry\].*keeps"),
        ("\n[letters]\nmonths = 12\n", r"\[letters\]: there are no records of this kind"),
    ],
)
def test_a_file_with_what_nobody_knows_is_refused(tmp_path: Path, added: str, says: str) -> None:
    file = tmp_path / "kinds.toml"
    file.write_text(ENTRY + added, "utf-8")
    with pytest.raises(DataFileError, match=says):
        load_kinds(file)


def test_every_kind_is_one_that_retention_deletes() -> None:
    assert set(RECORDS) | {"ended_loan", "application", "inquiry", "audit", "recording"} == set(KINDS)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 600))
def test_a_record_goes_when_its_months_are_over_and_not_a_day_before(day: date, months: int) -> None:
    last = months_before(day, months)
    assert months_after(last, months) <= day
    assert months_after(last + timedelta(days=1), months) >= day
