"""Validate tables and charts: /reference/block-kit/blocks/table-block, data-table-block, data-visualization-block."""

from typing import Any

from sandbox.model import text_of
from sandbox.validator.rich_text import rich_text
from sandbox.validator.schema import (
    Check,
    Report,
    anything,
    array,
    boolean,
    fields,
    integer,
    number,
    one_of,
    string,
    tagged,
    units,
)

_CELLS: dict[str, Check] = {
    "raw_text": fields({"type": anything, "text": string(1, 20_000)}),
    "raw_number": fields({"type": anything, "value": number(), "text": string(1, 20_000)}),
    "rich_text": rich_text,
}
_CELL = tagged(_CELLS, "a table cell")


def _characters(rows: list[list[dict[str, Any]]]) -> int:
    return sum(units(text_of(cell)) for row in rows for cell in row)


def count_table(block: dict[str, Any], _at: str, report: Report) -> None:
    """Add a table's characters to the total of the message."""
    report.count("table characters", _characters(block["rows"]))


def _column_setting(value: Any, at: str, report: Report) -> None:
    if value is not None:
        fields({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})(value, at, report)


def check_data_table(block: dict[str, Any], at: str, report: Report) -> None:
    """Check that all rows are as long as the header and the header has plain cells; count the characters."""
    rows = block["rows"]
    width = len(rows[0])
    for index, row in enumerate(rows):
        if len(row) != width:
            report.fail(f"{at}/rows/{index}", f"must have {width} cells as the header has")
    for index, cell in enumerate(rows[0]):
        if cell["type"] == "rich_text":
            report.fail(f"{at}/rows/0/{index}", "a header cell can't be rich_text")
    if block.get("row_header_column_index", 0) >= width:
        report.fail(f"{at}/row_header_column_index", "there is no such column")
    report.count("data table characters", _characters(rows) + units(block["caption"]))


TABLE: dict[str, Check] = {"rows": array(array(_CELL, 1, 20), 1, 100)}
TABLE_OPTIONAL: dict[str, Check] = {"column_settings": array(_column_setting, 1, 20)}
DATA_TABLE: dict[str, Check] = {"caption": string(1, 3000), "rows": array(array(_CELL, 1, 20), 2, 201)}
DATA_TABLE_OPTIONAL: dict[str, Check] = {"page_size": integer(1, 100), "row_header_column_index": integer(0, 19)}

_LABEL = string(1, 20)
_SERIES = fields({"name": _LABEL, "data": array(fields({"label": _LABEL, "value": number()}), 1, 20)})
_AXES = fields({"categories": array(_LABEL, 1, 20)}, {"x_label": string(1, 50), "y_label": string(1, 50)})


def _check_series(chart: dict[str, Any], at: str, report: Report) -> None:
    categories = chart["axis_config"]["categories"]
    if len(set(categories)) < len(categories):
        report.fail(f"{at}/axis_config/categories", "categories must be unique")
    names = [series["name"] for series in chart["series"]]
    if len(set(names)) < len(names):
        report.fail(f"{at}/series", "series names must be unique")
    for index, series in enumerate(chart["series"]):
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            report.fail(f"{at}/series/{index}/data", "every series must have every category once")


_XY = fields({"type": anything, "series": array(_SERIES, 1, 12), "axis_config": _AXES}, then=_check_series)
_SEGMENT = fields({"label": _LABEL, "value": number(above=0)})

CHARTS: dict[str, Check] = {
    "pie": fields({"type": anything, "segments": array(_SEGMENT, 1, 12)}),
    "bar": _XY,
    "area": _XY,
    "line": _XY,
}


def count_chart(_block: dict[str, Any], _at: str, report: Report) -> None:
    """Count a chart of the message."""
    report.count("charts")


CHART: dict[str, Check] = {"title": string(1, 50), "chart": tagged(CHARTS, "a chart")}
