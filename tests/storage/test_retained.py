"""Every table says how long its rows are kept, and what it says agrees with what deletes them."""

from desk.rules.retention import KINDS
from storage.tables.retained import HOWS, all_tables
from storage.upkeep.erasing import owned_tables
from tests.retention import DOC, with_tables


def test_every_table_says_how_long_its_rows_are_kept() -> None:
    unsaid = [name for name, table in all_tables().items() if not table.__retained__]
    assert unsaid == [], "say with `__retained__` how long their rows are kept (storage/tables/retained.py)"
    unknown = {name for name, table in all_tables().items() if not set(table.__retained__) <= {*HOWS, *KINDS}}
    assert unknown == set(), "neither a way of `HOWS` nor a kind of desk/data/retention.toml"


def test_what_is_deleted_with_a_loan_says_so_and_nothing_else_does() -> None:
    deleted = {name for name, owned in owned_tables("loan").items() if owned.deletes}
    assert {name for name, table in all_tables().items() if "loan" in table.__retained__} == deleted
    with_borrower = {name for name, owned in owned_tables("borrower").items() if owned.deletes} - deleted - {"loan"}
    said = {name for name, table in all_tables().items() if "borrower" in table.__retained__}
    assert said == with_borrower | {"borrower"}


def test_the_docs_show_how_long_everything_is_kept() -> None:
    text = DOC.read_text("utf-8")
    assert text == with_tables(text), "docs/retention.md is out of date: run `python -m tests.retention`"
