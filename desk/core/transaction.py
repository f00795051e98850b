"""`Desk` is one transaction in which one member, or the desk itself, does one thing; `Office` opens them."""

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

    `changes` holds what Undo would need, by the identity of the row, and `touched` the follow-ups whose messages must be
    rewritten; `desk.core.changes` fills both. `cache` holds values that a folder reads once per transaction, by type.
    """

    session: AsyncSession
    cipher: Cipher
    workspace: Workspace
    actor: Member | None
    now: datetime
    changes: dict[int, Change] = field(default_factory=dict[int, Change])
    touched: set[UUID] = field(default_factory=set[UUID])
    cache: dict[type[Any], Any] = field(default_factory=dict[type[Any], Any], repr=False)

    @property
    def member(self) -> Member:
        """The acting member. Raises NotAllowed (`not_a_member`) when nobody with a membership acts."""
        if self.actor is None:
            raise NotAllowed("not_a_member")
        return self.actor

    @property
    def workspace_today(self) -> date:
        """The date where the lender is, by which instalments fall due."""
        return self.now.astimezone(ZoneInfo(self.workspace.zone)).date()

    def add(self, row: SQLModel) -> None:
        """Write a new or changed row with the transaction."""
        self.session.add(row)

    def audit(self, act: str, *, loan_id: UUID | None = None, subject_id: UUID | None = None, **details: Any) -> None:
        """Record who did `act`. `details` are codes, numbers and ids, never personal data."""
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
    """What all transactions of the process share: the database, the keys, the clock."""

    database: Database
    cipher: Cipher
    clock: Clock

    @contextlib.asynccontextmanager
    async def desk(self, workspace: Workspace, actor: Member | None = None) -> AsyncGenerator[Desk]:
        """Open a writing transaction: committed at the end of the block, rolled back when the block raises.

        If the transaction changed the workspace itself, copy the committed values onto the process's `workspace`.
        """
        async with self.database.transaction() as session:
            desk = Desk(session=session, cipher=self.cipher, workspace=workspace, actor=actor, now=self.clock.now())
            yield desk
            # Flush first: a reminder that the due scan is writing for a row changed here can then be touched.
            await session.flush()
            await notices.touch_for_follow_ups(session, desk.touched, desk.now)
        if desk.workspace is not workspace:
            workspaces.copy_onto(workspace, desk.workspace)

    @contextlib.asynccontextmanager
    async def reading_desk(self, workspace: Workspace, actor: Member | None = None) -> AsyncGenerator[Desk]:
        """Open a transaction that only reads."""
        async with self.database.reading() as session:
            yield Desk(session=session, cipher=self.cipher, workspace=workspace, actor=actor, now=self.clock.now())
