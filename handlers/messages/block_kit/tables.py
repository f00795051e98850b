"""Slack's own tables and charts, cut to the limits of one message.

Limits: /reference/block-kit/blocks/data-table-block and data-visualization-block. Cells are raw: Slack does not parse them.
"""

from collections.abc import Sequence
from typing import Any

from handlers.messages.block_kit.writer import clipped, units

ROWS, CHARACTERS = 200, 20_000
"""The most rows of a table below its header, and the most characters including header and caption."""

SEGMENTS, POINTS = 12, 20
"""The most segments of a pie, and the most categories of a bar chart."""

_CAPTION, _CELL, _PAGE, _TITLE, _LABEL = 300, 200, 20, 50, 20
_NOTHING = "–"

Cell = str | int


def table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], *, share: int = 1
) -> tuple[dict[str, Any], int]:
    """Return a table and the number of rows in it: the first rows, as many as fit; `share` tables are in one message."""
    heading, title = [_cell(name) for name in header], clipped(caption, _CAPTION)
    used = units(title) + sum(_size(cell) for cell in heading)
    body: list[list[dict[str, Any]]] = []
    for row in rows[:ROWS]:
        cells = [_cell(cell) for cell in row]
        used += sum(_size(cell) for cell in cells)
        if used > CHARACTERS // share:
            break
        body.append(cells)
    block = {
        "type": "data_table",
        "caption": title,
        "rows": [heading, *body],
        "page_size": _PAGE,
        "row_header_column_index": 0,
    }
    return block, len(body)


def pie(title: str, shares: Sequence[tuple[str, int]], *, rest: str) -> dict[str, Any]:
    """Return a pie chart of shares, largest first; those that do not fit become one share named `rest`."""
    positive = [(label, value) for label, value in shares if value > 0]
    if len(positive) > SEGMENTS:
        positive[SEGMENTS - 1 :] = [(rest, sum(value for _, value in positive[SEGMENTS - 1 :]))]
    labels = _labels([label for label, _ in positive])
    segments = [{"label": label, "value": value} for label, (_, value) in zip(labels, positive, strict=True)]
    return _chart(title, {"type": "pie", "segments": segments})


def bars(title: str, categories: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]) -> dict[str, Any]:
    """Return a bar chart of each series over the categories, the first ones as many as fit."""
    labels = _labels(categories[:POINTS])
    names = _labels([name for name, _ in series])
    rows = [
        {"name": name, "data": [{"label": label, "value": value} for label, value in zip(labels, values, strict=False)]}
        for name, (_, values) in zip(names, series, strict=True)
    ]
    return _chart(title, {"type": "bar", "series": rows, "axis_config": {"categories": labels}})


def _chart(title: str, chart: dict[str, Any]) -> dict[str, Any]:
    return {"type": "data_visualization", "title": clipped(title, _TITLE), "chart": chart}


def _cell(value: Cell) -> dict[str, Any]:
    if isinstance(value, int):
        return {"type": "raw_number", "value": value, "text": str(value)}
    return {"type": "raw_text", "text": clipped(value, _CELL) if value.strip() else _NOTHING}


def _size(cell: dict[str, Any]) -> int:
    return units(cell["text"])


def _labels(words: Sequence[str]) -> list[str]:
    """Return short labels without duplicates: the second of two people with the same name becomes `… 2`."""
    labels: list[str] = []
    taken: set[str] = set()
    for word in words:
        full = word if word.strip() else _NOTHING
        label, count = clipped(full, _LABEL), 1
        while label in taken:
            count += 1
            label = f"{clipped(full, _LABEL - 1 - len(str(count)))} {count}"
        taken.add(label)
        labels.append(label)
    return labels
