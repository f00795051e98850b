"""Arithmetic with dates, which SQLite and PostgreSQL write differently."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


class DaysBetween(FunctionElement[int]):
    """The whole days from a date (the first clause) until a later one (the second)."""

    type = Integer()
    name = "days_between"
    inherit_cache = True


@compiles(DaysBetween, "sqlite")
def _in_sqlite(element: DaysBetween, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(julianday({end}) - julianday({start}) AS INTEGER)"


@compiles(DaysBetween)
def _in_postgresql(element: DaysBetween, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(each, **options) for each in element.clauses)
    return f"({end} - {start})"
