"""Where the Slack app is installed, and installations that have begun in a browser."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete, func, or_, select, update

from storage.engine.work import Work
from storage.tables import InstallState, SlackInstallation, Workspace


async def every(session: Work) -> Sequence[tuple[SlackInstallation, Workspace]]:
    """Return each installation with its workspace, the oldest first, also those that ended."""
    statement = (
        select(SlackInstallation, Workspace)
        .join(Workspace, col(Workspace.id) == SlackInstallation.workspace_id)
        .order_by(col(SlackInstallation.id))
    )
    return (await session.exec(statement)).all()


async def of_workspace(session: Work, workspace_id: UUID) -> SlackInstallation | None:
    """Return the installation of a workspace, locked until the transaction ends."""
    statement = select(SlackInstallation).where(SlackInstallation.workspace_id == workspace_id).with_for_update()
    return (await session.exec(statement.execution_options(populate_existing=True))).first()


async def hold_refresh(session: Work, installation_id: UUID, now: datetime, until: datetime) -> bool:
    """Hold the refresh token of an installation in force until then. Return False if another process holds it, or the app was
    removed."""
    held = col(SlackInstallation.refresh_held_until)
    # One far in the future was held before the clock was set back.
    free = or_(held.is_(None), held <= now, held > until)
    statement = (
        update(SlackInstallation)
        .where(col(SlackInstallation.id) == installation_id, col(SlackInstallation.ended_at).is_(None), free)
        .values(refresh_held_until=until)
        .returning(col(SlackInstallation.id))
    )
    return (await session.execute(statement)).first() is not None


async def take_state(session: Work, state_digest: bytes, browser_digest: bytes, since: datetime) -> bool:
    """Use up the state of an installation that began in this browser after `since`. Return False if there is none."""
    statement = (
        delete(InstallState)
        .where(
            col(InstallState.state_digest) == state_digest,
            col(InstallState.browser_digest) == browser_digest,
            col(InstallState.made_at) > since,
        )
        .returning(col(InstallState.id))
    )
    return (await session.execute(statement)).first() is not None


async def count_states(session: Work) -> int:
    """Return how many installations have begun."""
    return (await session.exec(select(func.count()).select_from(InstallState))).one()


async def delete_states_before(session: Work, instant: datetime) -> None:
    """Delete the states of installations that began before."""
    await session.execute(delete(InstallState).where(col(InstallState.made_at) <= instant))
