"""Types of webhook events, and which of them a written row is: by its values before the transaction and after it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ConfigDict

from desk.core.data_files import DataFile, Loaded
from desk.core.dataclass import dataclass
from storage.engine.cipher import CIPHER_SUFFIX
from storage.engine.rows import Row, Values, table_of
from storage.tables.retained import all_tables

UNDONE = "undone"
"""The last word of the type of an event that tells of an Undo: `call.undone`."""

TEST = "webhook.test"
"""The type of the event that the operator sends to try an endpoint."""


@dataclass(frozen=True)
class EventType:
    """A type of event; the head of `desk/data/webhook_events.toml` explains the fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    code: str
    does: str
    table: str
    fields: tuple[str, ...]
    columns: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    set: bool = False
    only: Mapping[str, tuple[str, ...]] | None = None
    empty: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()

    @property
    def undone(self) -> str:
        """The type of the event that tells that one of this type was taken back."""
        return f"{self.code.partition('.')[0]}.{UNDONE}"

    @cached_property
    def row(self) -> type[Row]:
        """The class of the table."""
        return all_tables()[self.table]

    @cached_property
    def member_fields(self) -> frozenset[str]:
        """Those of the fields that name a member."""
        columns = table_of(self.row).columns
        keys = {name: columns[name].foreign_keys for name in self.fields}
        return frozenset(name for name, found in keys.items() if any(k.column.table.name == "member" for k in found))

    def happened(self, before: Values | None, after: Values | None) -> bool:
        """Return whether a row that had those values and has these tells of this event."""
        if after is None or not _is_there(after):
            return False
        was = before if before is not None and _is_there(before) else None
        if any(after[name] is not None for name in self.empty):
            return False
        if not self.columns:
            return was is None
        if self.only and any(after[name] not in allowed for name, allowed in self.only.items()):
            return False
        changed = was is not None and any(was[name] != after[name] for name in self.columns)
        value = after[self.columns[0]]
        if self.to:
            return value in self.to and (was is None or changed)
        if self.set:
            return value is not None and (was is None or was[self.columns[0]] is None)
        return changed


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a type (`of`), or with `undoes` that one of this type was taken back."""

    of: EventType
    undoes: bool = False

    @property
    def code(self) -> str:
        """The type that receivers read."""
        return self.of.undone if self.undoes else self.of.code


def load_event_types(source: Traversable) -> Mapping[str, EventType]:
    """Read the types. Raises DataFileError for an unknown field, table or column, or one that is encrypted."""
    file, found = DataFile(source), dict[str, EventType]()
    tables = all_tables()
    for code, entry in file.tables.items():
        kind = file.read(EventType, {"code": code, **entry}, code)
        if kind.table not in tables:
            raise file.error(f"there is no table {kind.table!r}", code, field="table")
        columns = table_of(tables[kind.table]).columns
        sent = (*kind.fields, *kind.personal)
        if unknown := {*sent, *kind.columns, *kind.empty, *(kind.only or ())} - {column.name for column in columns}:
            raise file.error(f"the table has no column {min(unknown)!r}", code)
        if hidden := [name for name in sent if name.endswith(CIPHER_SUFFIX)]:
            raise file.error(f"{hidden[0]!r} is encrypted, and is not sent", code)
        if (kind.to or kind.set) and len(kind.columns) != 1:
            raise file.error("`to` and `set` are about one column", code)
        found[code] = kind
    return found


EVENT_TYPES = Loaded(lambda: load_event_types(resources.files("desk") / "data" / "webhook_events.toml"))
"""The types by code, in the order in which they are documented."""


@cache
def types_of_tables(wanted: tuple[str, ...]) -> Mapping[type[Row], Sequence[EventType]]:
    """Return the types that are wanted, by the table whose rows tell of them."""
    found: dict[type[Row], list[EventType]] = {}
    for code in wanted:
        if code in EVENT_TYPES:  # an endpoint may want a type that an earlier release had
            found.setdefault(EVENT_TYPES[code].row, []).append(EVENT_TYPES[code])
    return found


def happenings(
    types: Sequence[EventType], before: Values | None, after: Values, *, undoing: bool
) -> Iterator[Happening]:
    """Yield what a written row tells. `undoing`: an Undo wrote it, so what the way back would tell is taken back."""
    gone = before is not None and _is_there(before) and not _is_there(after)
    undone = [kind for kind in types if kind.happened(after, before)] if undoing or gone else []
    for kind in undone:
        yield Happening(kind, undoes=True)
    if not undone:
        for kind in types:
            if kind.happened(before, after):
                yield Happening(kind)


def data_of(kind: EventType, before: Values | None, after: Values) -> dict[str, Any]:
    """Return what is stored of an event: the fields, and of a change the columns before it."""
    data: dict[str, Any] = {name: plain(after[name]) for name in kind.fields}
    if before is not None and kind.columns:
        told = [name for name in kind.columns if name in kind.fields and before[name] != after[name]]
        if told:
            data["before"] = {name: plain(before[name]) for name in told}
    return data


def plain(value: Any) -> Any:
    """Return a value of a column as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID | Decimal) else value


def _is_there(values: Values) -> bool:
    return values.get("undone_at") is None and values.get("state") != "undone"
