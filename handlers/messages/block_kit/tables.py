"""Slack's own tables and charts, cut to what one message takes.

Limits: /reference/block-kit/blocks/data-table-block and data-visualization-block. Cells are raw: Slack parses nothing in them.
"""

from collections.abc import Sequence
from typing import Any

from handlers.messages.block_kit.writer import clipped, units

ROWS, CHARACTERS = 200, 20_000
"""Of a table: rows below its header, and characters with header and caption."""

SEGMENTS, POINTS = 12, 20
"""Of a chart: segments of a pie, categories of bars."""

_CAPTION, _CELL, _PAGE, _TITLE, _LABEL = 300, 200, 20, 50, 20
_NOTHING = "–"

Cell = str | int


def table(caption: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> tuple[dict[str, Any], int]:
    """A table, and how many of the rows it holds: the first ones, as many as fit."""
    top, named = [_cell(name) for name in header], clipped(caption, _CAPTION)
    used = units(named) + sum(_size(cell) for cell in top)
    shown: list[list[dict[str, Any]]] = []
    for row in rows[:ROWS]:
        cells = [_cell(cell) for cell in row]
        used += sum(_size(cell) for cell in cells)
        if used > CHARACTERS:
            break
        shown.append(cells)
    block = {
        "type": "data_table",
        "caption": named,
        "rows": [top, *shown],
        "page_size": _PAGE,
        "row_header_column_index": 0,
    }
    return block, len(shown)


def pie(title: str, parts: Sequence[tuple[str, int]], *, rest: str) -> dict[str, Any]:
    """Shares of a whole, the largest first; those that do not fit are one share, called `rest`."""
    shown = [part for part in parts if part[1] > 0]
    if len(shown) > SEGMENTS:
        shown[SEGMENTS - 1 :] = [(rest, sum(value for _, value in shown[SEGMENTS - 1 :]))]
    labels = _labels([label for label, _ in shown])
    segments = [{"label": label, "value": value} for label, (_, value) in zip(labels, shown, strict=True)]
    return _chart(title, {"type": "pie", "segments": segments})


def bars(title: str, categories: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]) -> dict[str, Any]:
    """Bars of each series over each category, the first ones as far as they fit."""
    labels = _labels(categories[:POINTS])
    names = _labels([name for name, _ in series])
    drawn = [
        {"name": name, "data": [{"label": label, "value": value} for label, value in zip(labels, values, strict=False)]}
        for name, (_, values) in zip(names, series, strict=True)
    ]
    return _chart(title, {"type": "bar", "series": drawn, "axis_config": {"categories": labels}})


def _chart(title: str, chart: dict[str, Any]) -> dict[str, Any]:
    return {"type": "data_visualization", "title": clipped(title, _TITLE), "chart": chart}


def _cell(value: Cell) -> dict[str, Any]:
    if isinstance(value, int):
        return {"type": "raw_number", "value": value, "text": str(value)}
    return {"type": "raw_text", "text": clipped(value, _CELL) if value.strip() else _NOTHING}


def _size(cell: dict[str, Any]) -> int:
    return units(cell["text"])


def _labels(words: Sequence[str]) -> list[str]:
    """Short labels, each of which occurs once: of people with the same name the second is `… 2`."""
    labels: list[str] = []
    taken: set[str] = set()
    for word in words:
        whole = word if word.strip() else _NOTHING
        label, count = clipped(whole, _LABEL), 1
        while label in taken:
            count += 1
            label = f"{clipped(whole, _LABEL - 1 - len(str(count)))} {count}"
        taken.add(label)
        labels.append(label)
    return labels
