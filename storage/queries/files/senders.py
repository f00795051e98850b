"""Whose files are asked for."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from storage.queries.people.members import MANAGES
from storage.tables import Member, TeamManager


@dataclass(frozen=True, slots=True)
class Senders:
    """The member `member_id`; with `managed` also the members of the teams they manage, removed ones too, or if they manage none
    those without a team; or `everybody`."""

    member_id: UUID
    everybody: bool = False
    managed: bool = False

    def sent(self, column: Mapped[UUID], workspace_id: UUID) -> ColumnElement[bool]:
        """Return the condition that one of them is in the column."""
        if self.everybody:
            return true()
        if not self.managed:
            return column == self.member_id
        teams = select(TeamManager.team_id).where(TeamManager.member_id == self.member_id, MANAGES)
        team_less = and_(col(Member.team_id).is_(None), ~teams.exists())
        whose = or_(col(Member.team_id).in_(teams), team_less)
        return or_(
            column == self.member_id, column.in_(select(Member.id).where(Member.workspace_id == workspace_id, whose))
        )
