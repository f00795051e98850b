"""Settings of a connection to PostgreSQL, and a transaction that loses its connection."""

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


async def lose_the_connection(database: Database) -> None:
    """Work in a transaction whose connection the server ends, and fail for another reason."""
    async with database.transaction() as session:
        number = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with database.engine.connect() as other:
            await other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
        raise ValueError("the reason")


async def test_a_connection_that_is_lost_meanwhile_does_not_hide_why_the_work_ended(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(ValueError, match="the reason"):
        await lose_the_connection(database)
    async with database.reading() as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()
