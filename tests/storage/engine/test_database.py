"""Settings of a connection to PostgreSQL."""

import pytest
from sqlalchemy import text

from storage.engine.database import Database


@pytest.mark.in_time
@pytest.mark.parametrize(("patient", "limit"), [(False, "10s"), (True, "0")])
async def test_an_idle_transaction_is_ended_unless_the_database_is_patient(
    postgres_url: str, patient: bool, limit: str
) -> None:
    database = Database(postgres_url, patient=patient)
    async with database.engine.connect() as connection:
        assert await connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == limit
    await database.close()
