"""Workspaces and their calendars."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlmodel import col, select, update

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.queries.loans import loans
from storage.tables import CalendarOverride, Workspace

_OVERRIDES = select(col(CalendarOverride.day), col(CalendarOverride.working)).where(
    CalendarOverride.workspace_id == bindparam("workspace")
)


async def of_slack_team(session: Work, new: Workspace) -> Workspace:
    """Return the workspace of the Slack team, locked until the transaction ends; insert `new` if there is none.

    Of two processes that do this at once, the second gets the row of the first.
    """
    statement = insert_into(session, Workspace).values(column_values(new))
    await session.exec(statement.on_conflict_do_nothing(index_elements=["slack_team_id"]))
    statement = select(Workspace).where(Workspace.slack_team_id == new.slack_team_id).with_for_update()
    return (await session.exec(statement.execution_options(populate_existing=True))).one()


async def lock_table(session: Work) -> None:
    """Let no other transaction write a workspace until this one ends. On SQLite a writing transaction does that anyway."""
    if session.dialect.name != "sqlite":
        await session.execute(text("LOCK TABLE workspace IN SHARE ROW EXCLUSIVE MODE"))


async def locked(session: Work, workspace_id: UUID) -> Workspace:
    """Return the current row of the workspace, locked until the transaction ends."""
    return await session.get_one(Workspace, workspace_id, with_for_update=True, populate_existing=True)


async def keep_holds_out(session: Work, workspace_id: UUID) -> None:
    """Let no legal hold be placed until the transaction ends, or wait until what deletes has ended: both begin with this, before
    they lock loans. Others write meanwhile: the row keeps its key."""
    lock = select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    await session.exec(lock)


async def current(session: Work, workspace_id: UUID) -> Workspace:
    """Return the row of the workspace as it is now."""
    return await session.get_one(Workspace, workspace_id, populate_existing=True)


def copy_onto(held: Workspace, row: Workspace) -> None:
    """Copy the values of a row that was read onto the workspace that a process holds."""
    for name in column_values(row):
        if getattr(held, name) != getattr(row, name):
            setattr(held, name, getattr(row, name))


async def every(session: Work) -> list[Workspace]:
    """Return all workspaces, oldest first."""
    return list((await session.exec(select(Workspace).order_by(col(Workspace.created_at)))).all())


async def tables_refused_at(session: Work, workspace_id: UUID) -> datetime | None:
    """Return when Slack last refused a table or chart in the workspace."""
    return (await session.exec(select(Workspace.native_refused_at).where(Workspace.id == workspace_id))).one()


async def remember_tables_refused(session: Work, workspace_id: UUID, now: datetime) -> None:
    """Record that Slack refused a table or chart in the workspace."""
    statement = update(Workspace).where(col(Workspace.id) == workspace_id).values(native_refused_at=now)
    await session.exec(statement)


async def work_objects(session: Work, workspace_id: UUID) -> tuple[bool, datetime | None]:
    """Return whether links to loans are to be shown as Work Objects, and when Slack last refused one."""
    asked = select(Workspace.work_objects, Workspace.entities_refused_at).where(Workspace.id == workspace_id)
    return (await session.exec(asked)).one()


async def remember_entities_refused(session: Work, workspace_id: UUID, now: datetime) -> None:
    """Record that Slack refused a Work Object in the workspace."""
    statement = update(Workspace).where(col(Workspace.id) == workspace_id).values(entities_refused_at=now)
    await session.exec(statement)


async def remember_phone_calls(session: Work, workspace_id: UUID, now: datetime) -> Workspace:
    """Record that the phone system reports calls; return the row of the workspace as it is then."""
    statement = update(Workspace).where(col(Workspace.id) == workspace_id).values(phone_calls_at=now)
    await session.exec(statement)
    return await current(session, workspace_id)


async def calendar_overrides(session: Work, workspace_id: UUID) -> Mapping[date, bool]:
    """Return the days that the workspace itself declares working (True) or off (False)."""
    rows = await session.exec(_OVERRIDES, params={"workspace": workspace_id})
    return dict(rows.all())


async def calendar_override(session: Work, workspace_id: UUID, day: date) -> CalendarOverride | None:
    """Return the workspace's own entry for `day`, or None."""
    statement = select(CalendarOverride).where(
        CalendarOverride.workspace_id == workspace_id, CalendarOverride.day == day
    )
    return (await session.exec(statement)).first()


async def take_loan_number(session: Work, workspace: Workspace) -> str:
    """Return the next number for a new inquiry (`L-7`) that no loan has, not even an imported one.

    Concurrent transactions get different numbers: the row is locked until the transaction ends.
    """
    row = (await session.exec(select(Workspace).where(Workspace.id == workspace.id).with_for_update())).one()
    await session.refresh(row, ["next_loan_number"])
    number, step = row.next_loan_number, 1
    # If a lender's own numbers look like ours, very many in a row may be taken: the steps grow.
    while await loans.by_number(session, workspace.id, _minted(number)) is not None:
        number, step = number + step, step * 2
    row.next_loan_number = number + 1
    session.add(row)
    return _minted(number)


def _minted(number: int) -> str:
    return f"L-{number}"
