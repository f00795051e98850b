"""docs/security.md says what the code does."""

import re
from pathlib import Path

import pytest

from tests.security_page import DOC, TABLES, in_doc

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_the_code_has(name: str) -> None:
    assert in_doc(name) == TABLES[name](), f"{DOC.name} is out of date: run `python -m tests.security_page`"


def test_the_tables_know_what_is_written_by_a_variable_and_by_a_command() -> None:
    acts = TABLES["acts"]()
    assert {"`account_lost`", "`account_back`", "`backup`", "`disclosure`", "`refused`"} <= set(
        re.findall(r"`\w+`", acts)
    )
    assert "| `borrower` | `name_cipher`, `phone_cipher` |" in TABLES["columns"]()
    assert "| `LOANDESK_SEARCH_KEY` | " in TABLES["secrets"]()


@pytest.mark.parametrize("page", ["SECURITY.md", "README.md", "docs/security.md", "docs/dependencies.md"])
def test_its_links_lead_somewhere(page: str) -> None:
    file = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text("utf-8")):
        assert (file.parent / target).exists(), target


def test_every_act_of_the_audit_trail_is_read_in_words() -> None:
    assert [line for line in TABLES["acts"]().splitlines() if line.endswith("| |")] == []
