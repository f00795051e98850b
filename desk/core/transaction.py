"""The desk at work: one transaction in which somebody does one thing."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from desk.core.clock import Clock
from desk.core.errors import NotAllowed
from desk.rules.calendar import Calendar
from desk.rules.working_time import local_date
from storage.engine.cipher import Cipher
from storage.engine.database import Database
from storage.queries.messages import notices
from storage.queries.people import workspaces
from storage.tables import AuditEntry, Member, Workspace


@dataclass(frozen=True, slots=True)
class Change:
    """A row that this transaction makes (`before` None) or changes (`before` has its columns as they were)."""

    row: SQLModel
    before: dict[str, Any] | None


@dataclass(slots=True)
class Desk:
    """What a use case works with. `actor` None is the desk itself; `now` is one instant for the whole transaction.

    `changes` collects what Undo would need, by the identity of the row; `touched` the follow-ups whose messages are to be
    rewritten. Both are kept by `desk.core.changes`.
    """

    session: AsyncSession
    cipher: Cipher
    workspace: Workspace
    actor: Member | None
    now: datetime
    changes: dict[int, Change] = field(default_factory=dict[int, Change])
    touched: set[UUID] = field(default_factory=set[UUID])
    _calendar: Calendar | None = None

    @property
    def member(self) -> Member:
        """The acting member. Raises NotAllowed when somebody who is no member acts."""
        if self.actor is None:
            raise NotAllowed("not_a_member")
        return self.actor

    @property
    def workspace_today(self) -> date:
        """The date where the lender is: instalments fall due there, whoever calls about them."""
        return local_date(self.now, ZoneInfo(self.workspace.zone))

    async def calendar(self) -> Calendar:
        """The workspace's calendar: public holidays and its own days."""
        if self._calendar is None:
            overrides = await workspaces.calendar_overrides(self.session, self.workspace.id)
            self._calendar = Calendar(country=self.workspace.country, overrides=overrides)
        return self._calendar

    def calendar_changed(self) -> None:
        """Forgets the calendar, so that the next look reads it anew."""
        self._calendar = None

    def add(self, row: SQLModel) -> None:
        """Writes a new row, or a changed one, with the transaction."""
        self.session.add(row)

    def audit(self, act: str, *, loan_id: UUID | None = None, subject_id: UUID | None = None, **details: Any) -> None:
        """Writes who did `act`. `details` are codes, numbers and ids, never personal data."""
        self.session.add(
            AuditEntry(
                workspace_id=self.workspace.id,
                at=self.now,
                actor_id=self.actor.id if self.actor else None,
                act=act,
                loan_id=loan_id,
                subject_id=subject_id,
                details=details,
            )
        )


@dataclass(frozen=True, slots=True)
class Office:
    """What every desk of the process shares: the database, the keys, the clock."""

    database: Database
    cipher: Cipher
    clock: Clock

    @contextlib.asynccontextmanager
    async def desk(self, workspace: Workspace, actor: Member | None = None) -> AsyncGenerator[Desk]:
        """A desk at which things change: committed at the end of the block, undone when it raises.

        Where the workspace itself was changed, the process goes on with what was committed.
        """
        async with self.database.transaction() as session:
            desk = Desk(session=session, cipher=self.cipher, workspace=workspace, actor=actor, now=self.clock.now())
            yield desk
            # Written first: a reminder that the due scan is making of a row changed here is then there to be touched.
            await session.flush()
            await notices.touch_for_follow_ups(session, desk.touched, desk.now)
        if desk.workspace is not workspace:
            workspaces.copy_onto(workspace, desk.workspace)

    @contextlib.asynccontextmanager
    async def reading_desk(self, workspace: Workspace, actor: Member | None = None) -> AsyncGenerator[Desk]:
        """A desk at which one only looks."""
        async with self.database.reading() as session:
            yield Desk(session=session, cipher=self.cipher, workspace=workspace, actor=actor, now=self.clock.now())
