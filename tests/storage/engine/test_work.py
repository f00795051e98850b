"""A unit of work writes what a session would, and its rows behave as rows of a session."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, event, select, text, tuple_, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError, NoResultFound
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col
from sqlmodel import select as sqlmodel_select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.engine.database import Database
from storage.engine.rows import table_of
from storage.engine.work import Work
from storage.tables import AuditEntry, Borrower, Call, Loan, Member, Notice, RateLimit, Team, Workspace
from tests.storage.engine.conftest import NOW, WORKSPACE, limit, notice, team
from tests.storage.engine.mapped import mapped_type

Step = tuple[str, int, str, Any]

MAKE: dict[str, Any] = {"team": team, "notice": notice, "limit": limit}
instants = st.integers(-(10**15), 10**15).map(lambda microseconds: NOW + timedelta(microseconds=microseconds))
changes = st.one_of(
    st.tuples(st.just("team"), st.sampled_from(["name", "manager_channel_id"]), st.sampled_from(["a", "é", "王"])),
    st.tuples(st.just("team"), st.just("channel_lost_at"), st.none() | instants),
    st.tuples(
        st.just("notice"),
        st.just("facts"),
        st.dictionaries(st.sampled_from("ab"), st.integers() | st.none(), max_size=2),
    ),
    st.tuples(st.just("notice"), st.sampled_from(["wanted", "sent"]), st.integers(0, 9)),
    st.tuples(st.just("notice"), st.just("owed_from"), st.none() | instants),
    st.tuples(st.just("limit"), st.just("until"), instants),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 2), st.sampled_from(list(MAKE)), st.none()),
        st.tuples(st.just("delete"), st.integers(0, 2), st.sampled_from(list(MAKE)), st.none()),
        st.tuples(st.just("flush"), st.just(0), st.just("team"), st.none()),
        st.tuples(st.just("change"), st.integers(0, 2), changes),
    ).map(lambda step: step if len(step) == 4 else (step[0], step[1], step[2][0], step[2][1:])),
    max_size=12,
)


async def carry_out(session: Any, new: Any, order: list[Step]) -> list[Any]:
    """Carry out the steps, and return what the tables have then."""
    rows: dict[tuple[str, int], Any] = {}
    for act, number, kind, change in order:
        key = (kind, number)
        if act == "flush":
            await session.flush()
        elif act == "add" and key not in rows:
            rows[key] = new(MAKE[kind](number))
            session.add(rows[key])
        elif act == "delete" and key in rows:
            await session.flush()
            await session.delete(rows.pop(key))
            await session.flush()
        elif act == "change" and key in rows:
            setattr(rows[key], *change)
    await session.flush()
    found: list[Any] = []
    for table in (Team, Notice, RateLimit):
        described = table_of(table)
        execute = session.execute if isinstance(session, Work) else (await session.connection()).execute
        found.append([tuple(row) for row in await execute(select(described).order_by(*described.primary_key))])
    return found


def mapped(row: Any) -> Any:
    """Return the same row as an object of SQLAlchemy's session."""
    return mapped_type(type(row))(**row.__dict__)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(order=steps)
async def test_what_is_written_is_what_a_session_writes(
    database: Database, lender: Workspace, order: list[Step]
) -> None:
    work = Work(database.engine, writing=database.is_sqlite)
    try:
        ours = await carry_out(work, lambda row: row, order)
        await work.rollback()
    finally:
        await work.close()
    async with AsyncSession(database.engine) as session:
        theirs = await carry_out(session, mapped, order)
    assert ours == theirs


async def test_only_the_columns_that_differ_are_updated(database: Database, lender: Workspace) -> None:
    async with database.transaction() as work:
        work.add(team(1))
    async with database.transaction() as work, database.engine.connect() as other:
        row = await work.get_one(Team, team(1).id)
        if not database.is_sqlite:
            await other.execute(update(table_of(Team)).values(language="zh"))
            await other.commit()
        row.name, row.version = "new", row.version
    async with database.reading() as work:
        row = await work.get_one(Team, team(1).id)
        assert (row.name, row.language) == ("new", None if database.is_sqlite else "zh")


async def test_a_row_is_one_object_and_keeps_its_values_until_it_is_read_again(
    database: Database, lender: Workspace
) -> None:
    statement = sqlmodel_select(Team).where(Team.workspace_id == WORKSPACE)
    async with database.transaction() as work:
        work.add(team(1))
        row = (await work.exec(statement)).one()  # written before the statement reads
        await work.execute(text("UPDATE team SET name = 'other'"))
        assert (await work.exec(statement)).one() is row
        assert (await work.get(Team, row.id)) is row
        assert row.name == "T1"
        again = (await work.exec(statement.execution_options(populate_existing=True))).one()
        assert again is row
        assert row.name == "other"
        await work.execute(text("UPDATE team SET name = 'third', language = 'zh'"))
        await work.refresh(row, ["language"])
        assert (row.name, row.language) == ("other", "zh")


async def test_rows_follow_a_statement_that_writes_their_table(database: Database, lender: Workspace) -> None:
    async with database.transaction() as work:
        work.add_all([team(1), team(2)])
        rows = (await work.exec(sqlmodel_select(Team).order_by(Team.name))).all()
        changed = update(Team).where(col(Team.name) == "T1").values(language="en").returning(col(Team.id))
        assert [row[0] for row in await work.exec(changed)] == [rows[0].id]
        assert [row.language for row in rows] == ["en", None]


async def test_a_row_of_an_earlier_transaction_is_changed_in_a_later_one(database: Database, lender: Workspace) -> None:
    async with database.reading() as work:
        held = await work.get_one(Workspace, WORKSPACE)
    held.name = "Lender"
    async with database.transaction() as work:
        work.add(held)
    async with database.reading() as work:
        assert (await work.get_one(Workspace, WORKSPACE)).name == "Lender"


async def test_a_row_that_another_transaction_deleted_is_not_updated(database: Database, lender: Workspace) -> None:
    row = team(1)
    async with database.transaction() as work:
        work.add(row)
    async with database.transaction() as work:
        await work.execute(text("DELETE FROM team"))
    row.name = "new"
    with pytest.raises(StaleDataError):
        async with database.transaction() as work:
            work.add(row)
    async with database.reading() as work:
        with pytest.raises(InvalidRequestError):
            await work.refresh(row)
        with pytest.raises(NoResultFound):
            await work.get_one(Team, row.id)
        assert (await work.exec(sqlmodel_select(Team))).all() == []


async def test_no_row_that_another_transaction_deleted_is_missed_among_several(
    database: Database, lender: Workspace
) -> None:
    rows = [team(1), team(2)]
    async with database.transaction() as work:
        work.add_all(rows)
    async with database.transaction() as work:
        await work.execute(text("DELETE FROM team WHERE name = 'T1'"))
    for row in rows:
        row.name += " new"
    with pytest.raises(StaleDataError):
        async with database.transaction() as work:
            work.add_all(rows)
    async with database.reading() as work:
        assert (await work.exec(sqlmodel_select(Team.name))).all() == ["T2"]


async def test_what_differs_of_several_tables_takes_one_statement_on_postgresql(
    database: Database, lender: Workspace
) -> None:
    kept = team(1)
    async with database.transaction() as work:
        work.add_all([kept, limit(1)])
    sent: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    async with database.transaction() as work:
        kept.name = "third"
        work.add_all([kept, notice(1), notice(2), team(2)])
    assert len(sent) == (3 if database.is_sqlite else 1)
    async with database.reading() as work:
        assert set((await work.exec(sqlmodel_select(Team.name))).all()) == {"third", "T2"}
        assert len((await work.exec(sqlmodel_select(Notice))).all()) == 2


async def test_nothing_is_written_beside_a_row_that_is_gone(database: Database, lender: Workspace) -> None:
    gone = team(1)
    async with database.transaction() as work:
        work.add(gone)
    async with database.transaction() as work:
        await work.execute(text("DELETE FROM team"))
    gone.name = "new"
    with pytest.raises(StaleDataError):
        async with database.transaction() as work:
            work.add_all([gone, notice(1), team(2)])
    async with database.reading() as work:
        assert (await work.exec(sqlmodel_select(Notice))).first() is None
        assert (await work.exec(sqlmodel_select(Team))).first() is None


async def test_many_rows_are_written_although_one_statement_takes_only_a_few(
    database: Database, lender: Workspace
) -> None:
    async with database.transaction() as work:
        work.add_all([team(number) for number in range(30)] + [notice(number) for number in range(30)])
    async with database.reading() as work:
        assert len((await work.exec(sqlmodel_select(Team))).all()) == 30
        assert len((await work.exec(sqlmodel_select(Notice))).all()) == 30


async def test_rows_are_deleted_before_those_that_they_refer_to(database: Database, lender: Workspace) -> None:
    member = Member(
        id=UUID(int=300),
        workspace_id=WORKSPACE,
        team_id=UUID(int=101),
        slack_user_id="U1",
        name="A",
        name_key="a",
        roles="agent",
        zone="Asia/Shanghai",
        locale="en-US",
        work_start=time(9),
        work_end=time(18),
        working_days="01234",
        created_at=NOW,
    )
    rows = [team(1), team(2), member, limit(1), notice(1), notice(2)]
    async with database.transaction() as work:
        work.add_all(rows)
    sent: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    async with database.transaction() as work:
        for row in rows:
            await work.delete(row)
    assert len(sent) == (4 if database.is_sqlite else 1)
    async with database.reading() as work:
        for table in (Team, Member, RateLimit, Notice):
            assert (await work.exec(sqlmodel_select(table))).all() == []


BY_NUMBER = sqlmodel_select(Team.name).where(
    col(Team.name).in_(bindparam("names", expanding=True)), Team.workspace_id == bindparam("of")
)
BY_PAIR = select(table_of(Team).c.name).where(
    tuple_(table_of(Team).c.name, table_of(Team).c.id).in_(bindparam("pairs", expanding=True))
)


async def test_a_statement_takes_lists_of_any_length_again_and_again(database: Database, lender: Workspace) -> None:
    async with database.transaction() as work:
        work.add_all([team(number) for number in range(4)])
    async with database.reading() as work:
        for names in ([], ["T1"], {"T1", "T2"}, ("T3", "T0"), [], ["T2"], [f"T{number}" for number in range(90)]):
            found = await work.exec(BY_NUMBER, params={"names": names, "of": WORKSPACE})
            assert set(found) == {name for name in names if name in {"T0", "T1", "T2", "T3"}}
        for numbers in ([1], [1, 2], [], [3, 1]):
            pairs = [(f"T{number}", team(number).id) for number in numbers]
            assert {row[0] for row in await work.execute(BY_PAIR, {"pairs": pairs})} == {name for name, _ in pairs}


async def test_a_loan_gets_its_number_without_dashes_with_each_write(database: Database, lender: Workspace) -> None:
    borrower = Borrower(workspace_id=WORKSPACE, name_cipher=b"1", phone_cipher=b"1", created_at=NOW)
    loan = Loan(
        workspace_id=WORKSPACE, borrower_id=borrower.id, number="A-1", number_key="a-1", stage="signed",
        stage_since=NOW, created_at=NOW, amount=Decimal("1.50"),
    )  # fmt: skip
    async with database.transaction() as work:
        work.add_all([loan, borrower])
    async with database.transaction() as work:
        there = await work.get_one(Loan, loan.id)
        assert (there.plain_number, there.amount) == ("a1", Decimal("1.50"))
        there.number_key = "a-2"
    async with database.reading() as work:
        assert (await work.get_one(Loan, loan.id)).plain_number == "a2"


async def test_rows_are_equal_by_their_values(database: Database, lender: Workspace) -> None:
    async with database.transaction() as work:
        work.add_all([team(1), team(2)])
    async with database.reading() as work, database.reading() as other:
        mine, others = await work.get_one(Team, team(1).id), await other.get_one(Team, team(1).id)
        assert mine == others == team(1)
        assert mine != await work.get_one(Team, team(2).id)
        others.name = "changed"
        assert mine != others
        assert mine in [team(2), team(1)]
        assert mine.model_dump(exclude={"name"}) == others.model_dump(exclude={"name"})


async def test_an_unknown_column_is_refused(database: Database, lender: Workspace) -> None:
    with pytest.raises(TypeError, match="colour"):
        AuditEntry(workspace_id=WORKSPACE, at=NOW, act="x", colour="red")  # pyright: ignore[reportCallIssue]
    row = AuditEntry(workspace_id=WORKSPACE, at=NOW, act="x")
    with pytest.raises(ValueError, match="colour"):
        row.colour = "red"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(IntegrityError):
        async with database.transaction() as work:
            work.add(Call(workspace_id=WORKSPACE, at=NOW))  # pyright: ignore[reportCallIssue]
