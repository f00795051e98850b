"""The page docs/retention.md, its tables made from `desk/data/retention.toml` and the tables: `python -m tests.retention`."""

from pathlib import Path

from desk.rules.retention import KINDS, RecordKind
from storage.tables.retained import HOWS, all_tables

DOC = Path(__file__).parents[1] / "docs" / "retention.md"

BEGIN, END = "<!-- made by `python -m tests.retention` -->", "<!-- end of the tables -->"


def tables() -> str:
    """Return the table of kinds, and that of how each table is kept."""
    kinds = ["| records | code | kept | from | source |", "|---|---|---|---|---|", *map(_kind, KINDS.values())]
    rows = ["| table | kept |", "|---|---|"]
    rows += [f"| `{name}` | {'; '.join(map(how, table.__retained__))} |" for name, table in all_tables().items()]
    return "\n".join([*kinds, "", *rows])


def how(code: str) -> str:
    """Return what a code of a table means."""
    return HOWS.get(code, f"the period of `{code}`")


def _kind(kind: RecordKind) -> str:
    kept = f"{kind.months} months" if kind.months else "as long as the loan"
    least = f"; at least {kind.least_months} months: {kind.least}" if kind.least_months else ""
    rules = f"; and the rules of chosen packs about {', '.join(kind.keeps)}" if kind.keeps else ""
    return f"| {kind.en} | `{kind.code}` | {kept}{least}{rules} | {kind.since_en} | {kind.source_en} |"


def with_tables(text: str) -> str:
    """Return the page with the present tables."""
    before, _begin, rest = text.partition(BEGIN)
    _tables, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


if __name__ == "__main__":
    DOC.write_text(with_tables(DOC.read_text("utf-8")), "utf-8")
