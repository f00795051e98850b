"""What the desk asks of PostgreSQL when it connects."""

import pytest
from sqlalchemy import text

from storage.engine.database import Database


@pytest.mark.in_time
@pytest.mark.parametrize(("patient", "limit"), [(False, "10s"), (True, "0")])
async def test_a_transaction_at_rest_ends_unless_the_work_may_take_its_time(
    postgres_url: str, patient: bool, limit: str
) -> None:
    database = Database(postgres_url, patient=patient)
    async with database.engine.connect() as connection:
        assert await connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == limit
    await database.close()
