"""What counts as an outage of the database, for each driver in use."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage.engine.trouble import is_outage


def test_the_delivery_engines_driver_finds_no_server(tmp_path: Path) -> None:
    engine = create_engine(f"postgresql+psycopg://postgres@/desk?host={tmp_path}")

    with pytest.raises(OperationalError) as raised:
        engine.connect()

    assert is_outage(raised.value)


def test_a_mistake_in_sql_is_no_outage_for_that_driver(postgres_url: str) -> None:
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))

    with engine.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.execute(text("SELECT nothing"))

    engine.dispose()
    assert not is_outage(raised.value)
