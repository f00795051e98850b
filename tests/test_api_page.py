"""docs/api.md is as the code says."""

from tests.api_page import in_doc, rows


def test_the_page_of_the_api_has_every_scope() -> None:
    assert in_doc() == rows(), "docs/api.md is out of date: run `python -m tests.api_page`"
