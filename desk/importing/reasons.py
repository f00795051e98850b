"""Why rows were refused, as text that is stored encrypted: codes with the values that their texts show."""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, cast

from desk.core.errors import DeskError, Invalid
from desk.core.vocabulary import Word
from desk.importing.updating import Remark

_HIDDEN = "•••"
"""Shown in place of a value that a reader may not see."""

_SHOWN_TO_ALL = frozenset(
    {"column", "heading", "headings", "line", "lines", "length", "limit", "cells", "columns", "nearest", "most"}
    | {"stage", "currency", "encoding", "propose"}
)
"""The values that say nothing of a borrower: of the file's form, and of the desk's own words."""


def reasons_as_text(errors: Iterable[DeskError]) -> str:
    """Return reasons as text."""
    said = [
        {"code": error.code, "params": {name: _plain(value) for name, value in error.params.items()}}
        for error in errors
    ]
    return json.dumps(said, separators=(",", ":"))


def reasons_of(text: str) -> tuple[Invalid, ...]:
    """Return the reasons in a text that `reasons_as_text` made."""
    return tuple(
        Invalid(said["code"], **{name: _value(value) for name, value in said["params"].items()})
        for said in json.loads(text)
    )


def remarks_as_text(remarks: Iterable[Remark]) -> str:
    """Return remarks about rows as text."""
    said = [
        [
            *(each.line, each.number, each.code, each.column, each.heading),
            [[n, _plain(v)] for n, v in each.params.items()],
        ]
        for each in remarks
    ]
    return json.dumps(said, separators=(",", ":"))


def remarks_of(text: str) -> tuple[Remark, ...]:
    """Return the remarks in a text that `remarks_as_text` made."""
    return tuple(
        Remark(line, number, code, column, heading, {name: _value(value) for name, value in params})
        for line, number, code, column, heading, params in json.loads(text)
    )


def without_values(error: DeskError) -> Invalid:
    """Return a reason for who may not see names and numbers: what the file has in a cell is hidden."""
    return Invalid(
        error.code,
        **{name: value if name in _SHOWN_TO_ALL else _hidden(value) for name, value in error.params.items()},
    )


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return _HIDDEN
    return tuple(_hidden(each) for each in cast(tuple[Any, ...], value)) if isinstance(value, tuple) else value


def _plain(value: Any) -> Any:
    match value:
        case Word():
            return {"word": [value.code, value.zh, value.en]}
        case Decimal():
            return {"decimal": str(value)}
        case date():
            return {"date": value.isoformat()}
        case tuple() | list() | frozenset() | set():
            return [_plain(one) for one in cast(Iterable[Any], value)]
        case _:
            return value


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_value(one) for one in cast(list[Any], value))
    if not isinstance(value, dict):
        return value
    marked = cast(dict[str, Any], value)
    if "word" in marked:
        code, zh, en = marked["word"]
        return Word(code=code, zh=zh, en=en)
    return Decimal(marked["decimal"]) if "decimal" in marked else date.fromisoformat(marked["date"])
