"""Hours, absence and the calendar change while the calls that they concern change too."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from desk.calls.calls import log_call
from desk.core.transaction import Office
from desk.core.values import Due, LoanRef
from desk.follow_ups.assigning import move_follow_up
from desk.people import working_time
from storage.queries.loans import loans
from storage.tables import FollowUp, Member, Workspace
from tests.builders import make_follow_up, make_loan, make_member
from tests.servers import until_a_query_waits_for_a_lock


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite has one writer
async def test_hours_that_change_while_a_call_is_moved_are_worked_out_for_its_new_time(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    call = await make_follow_up(office, loan, lin, due_at=office.clock.now())
    december = datetime(2026, 12, 2, 6, tzinfo=UTC)

    async def afternoons() -> None:
        async with office.desk(workspace) as desk:
            desk.actor = await desk.session.get_one(Member, lin.id)
            await working_time.set_hours(desk, desk.actor, start=time(13), end=time(18), days=None)

    async with office.desk(workspace) as desk:
        desk.actor = await desk.session.get_one(Member, lin.id)
        await move_follow_up(desk, loan=LoanRef("L-1", "L-1"), due=Due(december.date(), december))
        await desk.session.flush()
        changing = asyncio.create_task(afternoons())
        await until_a_query_waits_for_a_lock(office.database)
    await changing

    async with office.database.reading() as session:
        row = await session.get_one(FollowUp, call.id)
    assert (row.due_at, row.remind_at) == (december, december)
    assert row.escalate_at is not None
    assert row.escalate_at > december


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_member_who_logs_a_call_when_their_absence_ends_waits_for_nobody_in_a_ring(
    office: Office, workspace: Workspace
) -> None:
    over = office.clock.now().date() - timedelta(days=3)
    lin = await make_member(office, workspace, "ULIN", absent_from=over, absent_until=over)
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    await make_follow_up(office, loan, lin, due_at=office.clock.now())

    async def end() -> int:
        async with office.desk(workspace) as desk:
            return await working_time.end_absences(desk)

    async with office.desk(workspace, lin) as desk:
        await loans.lock(desk.session, loan.id)
        ending = asyncio.create_task(end())
        await until_a_query_waits_for_a_lock(office.database)
        await log_call(desk, loan=LoanRef("L-1", "L-1"), outcome="no_answer")

    assert await ending == 1
