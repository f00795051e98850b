"""Cells of refused rows are read as they were, whatever is put around them for spreadsheets."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desk.core.csv_cells import is_like_formula, kept_as_text
from desk.importing.cells import clean


@pytest.mark.parametrize("text", ["=1", " =1", "\u3000＝1", "\u2003-1", "\ufeff@x", "\tx", "\r\nx", "\u200b+1"])
def test_what_a_spreadsheet_may_calculate_is_known(text: str) -> None:
    assert is_like_formula(text)


@given(st.text(st.sampled_from("=+-@'\"`0123456789 \t\n\u3000\u200b\ufeff＝－王A."), max_size=14))
@example('="00123"')
@example('="="1""')
@example("\tA-1")
@example("'=1")
def test_a_refused_cell_is_read_as_it_was(text: str) -> None:
    cell = kept_as_text(text)
    assert clean(cell) == clean(text)
    assert not is_like_formula(cell) or cell == "-" or cell.startswith('="')
