"""Tokens of programs, and the members as which these act."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select, update

from storage.engine.work import Work
from storage.tables import ApiToken, Member, Workspace
from storage.tables.people import SERVICE_ID

_WITH_MEMBER = (
    select(ApiToken, Member, Workspace)
    .join(Member, col(Member.id) == col(ApiToken.member_id))
    .join(Workspace, col(Workspace.id) == col(ApiToken.workspace_id))
    .where(ApiToken.prefix == bindparam("prefix"))
)


async def with_holder(session: Work, prefix: str) -> tuple[ApiToken, Member, Workspace] | None:
    """Return the token of that prefix, the member as which it acts, and its workspace."""
    return (await session.exec(_WITH_MEMBER, params={"prefix": prefix})).first()


async def service_of_name(session: Work, workspace_id: UUID, name: str) -> Member | None:
    """Return the program of that name, locked."""
    statement = select(Member).where(Member.workspace_id == workspace_id, Member.slack_user_id == SERVICE_ID + name)
    return (await session.exec(statement.with_for_update())).first()


async def of_workspace(session: Work, workspace_id: UUID) -> Sequence[tuple[ApiToken, Member]]:
    """Return the workspace's tokens, also those that expired or were revoked, by name and age."""
    statement = select(ApiToken, Member).join(Member, col(Member.id) == col(ApiToken.member_id))
    of_it = statement.where(ApiToken.workspace_id == workspace_id)
    return (await session.exec(of_it.order_by(col(Member.slack_user_id), col(ApiToken.id)))).all()


async def of_member(session: Work, member_id: UUID) -> Sequence[ApiToken]:
    """Return the tokens with which a program may have acted."""
    return (await session.exec(select(ApiToken).where(ApiToken.member_id == member_id))).all()


async def note_use(session: Work, token_id: UUID, on: date) -> None:
    """Note the date on which a token was used last."""
    await session.exec(update(ApiToken).where(col(ApiToken.id) == token_id).values(used_on=on))
