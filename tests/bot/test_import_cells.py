"""A cell that is read in a quick way is what the strict way makes of it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.importing import cells
from desk.importing.rows import Header, RowReader

TODAY = date(2026, 11, 25)

NUMBERS = st.text(st.sampled_from("A9z-e+._ Ａ–'") | st.characters(codec="ascii"), max_size=66)
NAMES = st.text(
    st.sampled_from("王㐀鿿𠀀·? �a") | st.characters(min_codepoint=0x33F0, max_codepoint=0xA010), max_size=102
)


def read(column: str, cell: str) -> object:
    try:
        return cells.read_cell(column, cell, today=TODAY, region="CN")
    except Invalid as error:
        return error.code, error.params


@given(st.tuples(st.just("number"), NUMBERS) | st.tuples(st.just("name"), NAMES))
def test_an_ordinary_number_or_name_is_its_own_value(given_cell: tuple[str, str]) -> None:
    quick = read(*given_cell)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "_ORDINARY", {})
        assert quick == read(*given_cell)


def test_a_text_that_repeats_itself_is_read_as_the_first_time() -> None:
    columns = ["number", "name", "phone", "stage", "amount", "due_day", "autopay", "unpaid_since"]
    header = Header(
        {column: place for place, column in enumerate(columns)}, dict(zip(columns, columns, strict=True)), {}
    )
    reader = RowReader(header, today=TODAY, region="CN")
    texts = ["A-1", "王小明", "13800135678", "disbursed", "1.5", "15日", "no", "2026-11-15"]
    faulty = ["A-1", "王小明", "13800135678", "nowhere", "1,5", "32", "", "2027-01-01"]

    first, again = reader.read(2, texts), reader.read(2, texts)
    wrong, wrong_again = reader.read(3, faulty), reader.read(3, faulty)

    assert first == again
    assert first.given == {"number", "name", "phone", "stage", "amount", "due_day", "autopay", "unpaid_since"}
    assert [fault.code for fault in wrong.faults] == [fault.code for fault in wrong_again.faults]
    assert [fault.params["column"] for fault in wrong.faults] == ["stage", "amount", "due_day", "unpaid_since"]
    assert wrong.given == {"number", "name", "phone"}
