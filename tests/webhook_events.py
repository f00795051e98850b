"""The table of events in docs/webhooks.md: `python -m tests.webhook_events` writes it from desk/data/webhook_events.toml."""

from pathlib import Path

from desk.core.webhook_events import EVENT_TYPES, EventType

DOC = Path(__file__).parents[1] / "docs" / "webhooks.md"
BEGIN, END = "<!-- made by `python -m tests.webhook_events` -->", "<!-- end -->"


def table() -> str:
    """Return the table."""
    lines = ["| event | when | fields | with personal data |", "|---|---|---|---|", *map(_row, EVENT_TYPES.values())]
    return "\n".join(lines)


def with_table(text: str) -> str:
    """Return the page with the table as it is now."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _row(kind: EventType) -> str:
    fields, personal = (", ".join(f"`{name}`" for name in names) for names in (kind.fields, kind.personal))
    return f"| `{kind.code}` | {kind.does} | {fields} | {personal} |"


if __name__ == "__main__":
    DOC.write_text(with_table(DOC.read_text("utf-8")), "utf-8")
