"""Column types that behave the same on SQLite and PostgreSQL."""

import os
import struct
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import BigInteger, DateTime, Numeric
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware and in UTC on both databases. SQLite drops zones, so it stores microseconds."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return _stored_microseconds(value) if dialect.name == "sqlite" else _stored_instant(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return _maybe_instant(value) if dialect.name == "sqlite" else _maybe_utc(value)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Return `process_bind_param`, without asking for the dialect with each value."""
        return _stored_microseconds if dialect.name == "sqlite" else _stored_instant

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return the same for `process_result_value`: a command reads some fifty instants."""
        return _maybe_instant if dialect.name == "sqlite" else _maybe_utc


class Money(TypeDecorator[Decimal]):
    """An amount with two places. SQLite has no decimals, so it stores cents."""

    impl = Numeric(14, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(14, 2))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        cents = value.scaleb(2)
        if cents != cents.to_integral_value():
            raise ValueError("an amount has two places at most")
        return int(cents) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-2).quantize(Decimal("0.01"))
        return Decimal(value)


class Rate(TypeDecorator[Decimal]):
    """A rate in percent with six places. SQLite has no decimals, so it stores millionths."""

    impl = Numeric(9, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(9, 6))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        millionths = value.scaleb(6)
        if millionths != millionths.to_integral_value():
            raise ValueError("a rate has six places at most")
        return int(millionths) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-6)
        return Decimal(value)


_EIGHT_BYTES = struct.Struct(">Q")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _stored_microseconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    delta = _aware(value) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def _stored_instant(value: datetime | None) -> datetime | None:
    return None if value is None else _aware(value).astimezone(UTC)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return value


def _maybe_instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(0, 0, microseconds)


def _maybe_utc(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7). It begins with the milliseconds since 1970, so new rows are close in an index.

    The next twelve bits are fractions of the millisecond (§6.2, method 3), so successive ids are in order.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (rest << 12) // 1_000_000 << 64
    return UUID(int=value | 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2)


def new_ids(count: int) -> list[UUID]:
    """Return that many UUIDv7 of this moment, in order: their random parts are sorted."""
    return [UUID(int=number) for number in new_id_numbers(count)]


def new_id_numbers(count: int) -> list[int]:
    """Return `new_ids` as numbers of 128 bits."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    begin = milliseconds << 80 | 0x7 << 76 | (rest << 12) // 1_000_000 << 64 | 0x2 << 62
    return sorted(begin | part >> 2 for (part,) in _EIGHT_BYTES.iter_unpack(os.urandom(8 * count)))


UUID_RANDOM_BYTES = 10
"""How many bytes `id_of_moment` takes besides the moment."""


def id_of_moment(at: datetime, given: bytes) -> UUID:
    """Return a UUIDv7 of that moment whose other bits are of these `UUID_RANDOM_BYTES`: the same for the same."""
    value = int(at.timestamp() * 1000) << 80 | int.from_bytes(given, "big")
    value = value & ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | 0x7 << 76 | 0x2 << 62)


def mark_of(workspace_id: UUID, key: str) -> UUID:
    """Return the id of a notice in its message's metadata. It depends only on the key, so it survives the loss of the row."""
    return uuid5(workspace_id, key)
