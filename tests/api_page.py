"""The table of scopes in docs/api.md, made from `desk/data/scopes.toml`: `python -m tests.api_page` writes it."""

import re
from pathlib import Path

from desk.core.permissions import SCOPES

DOC = Path(__file__).parents[1] / "docs" / "api.md"
_TABLE = re.compile(
    r"(?<=<!-- scopes: made by `python -m tests.api_page` -->\n).*?(?=<!-- end of scopes -->)", re.DOTALL
)


def in_doc() -> str:
    """Return the rows as the document has them."""
    found = _TABLE.search(DOC.read_text("utf-8"))
    assert found is not None, f"{DOC.name} has lost the comments around the table of scopes"
    return found[0]


def rows() -> str:
    """Return the rows of the table in Markdown."""
    return "| scope | what a program with it does |\n|---|---|\n" + "".join(
        f"| `{name}` | {scope.does} |\n" for name, scope in SCOPES.items()
    )


if __name__ == "__main__":
    DOC.write_text(_TABLE.sub(lambda _: rows(), DOC.read_text("utf-8")), "utf-8")
