"""Whether the cells of a column say that an unsure heading is meant as a certain column."""

from collections.abc import Sequence
from datetime import date

from desk.core.errors import DeskError
from desk.core.vocabulary import term_key
from desk.importing.cells import NO, YES, clean, read_cell
from desk.importing.person_cells import NAME_COLUMNS
from desk.importing.reading.headings import Unsure

_FIRMS = ("公司", "中心", "银行", "有限", "company", "ltd", "inc")


def is_proved(unsure: Unsure, texts: Sequence[str]) -> bool:
    """Return whether the filled cells of a column say that it is what its heading may mean."""
    fitting = [_fits(unsure.column, text) for text in texts]
    return any(fitting) if unsure.proof == "some" else bool(fitting) and all(fitting)


def _fits(column: str, text: str) -> bool:
    if column in NAME_COLUMNS and not _may_be_a_name(text):
        return False
    try:
        return read_cell(column, text, today=date.max, region="CN") is not None
    except DeskError:
        return False


def _may_be_a_name(text: str) -> bool:
    key = term_key(clean(text))
    return key not in YES | NO and not any(firm in key for firm in _FIRMS) and not any(c.isdecimal() for c in key)
