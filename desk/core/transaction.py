"""`Desk`: one transaction in which a member, or the desk itself, does one thing. `Office` opens desks."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

from desk.core import outbox
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.core.errors import NotAllowed
from desk.core.file_storage import FileStorage
from desk.core.phone_site import Site
from storage.engine.cipher import Cipher
from storage.engine.database import Database
from storage.engine.work import Work
from storage.queries.core import set_aside
from storage.queries.follow_ups import escalations
from storage.queries.loans import updated_loans
from storage.queries.messages import notices
from storage.queries.people import workspaces
from storage.tables import AuditEntry, FollowUp, Member, Workspace
from storage.upkeep.audit_journal import AuditJournal


@dataclass(frozen=True, slots=True)
class Change:
    """A row that this transaction creates (`before` None) or changes (`before`: its columns as they were)."""

    row: SQLModel
    before: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where what is done in a transaction came in: by which door (a command, button, form …), with which reference."""

    door: str
    reference: str


@dataclass(slots=True)
class Desk:
    """The context of a use case. `actor` None is the desk itself; `now` is one instant for the whole transaction.

    `desk.core.changes` fills `changes` (what Undo needs, by `id(row)`) and `touched` (the follow-ups whose messages must
    be rewritten). `unknown_zones`: the members met whose time zone this machine does not know; they and the admins are told
    after the commit. `unreadable`: the loans and other rows met of which a text does not open, which the admins are told of too;
    `shows_unreadable`: a result has a mark for such a text. `cache` holds values that are read once per transaction, by type.
    `files` is where files are kept; without it the desk takes none. `rings`: the phone system rings for members;
    `phone_site` is where it is. `journal` is where a read on SQLite leaves its audit entries.

    `origin` is set for what a member asked for; `seen` and `seen_borrowers` then collect the loans and borrowers whose encrypted
    texts were read for the answer, and `acted` the loans that an audit entry names already: see `desk.core.disclosures`.
    """

    session: Work
    cipher: Cipher
    workspace: Workspace
    actor: Member | None
    now: datetime
    changes: dict[int, Change] = field(default_factory=dict[int, Change])
    touched: set[UUID] = field(default_factory=set[UUID])
    unknown_zones: set[UUID] = field(default_factory=set[UUID])
    unreadable: set[UUID] = field(default_factory=set[UUID])
    shows_unreadable: bool = False
    cache: dict[type[Any], Any] = field(default_factory=dict[type[Any], Any], repr=False)
    files: FileStorage | None = None
    rings: bool = False
    phone_site: Site | None = None
    journal: AuditJournal | None = None
    origin: Origin | None = None
    discloses: str = ""
    seen: set[UUID] = field(default_factory=set[UUID])
    seen_borrowers: set[UUID] = field(default_factory=set[UUID])
    acted: set[UUID] = field(default_factory=set[UUID])

    @property
    def member(self) -> Member:
        """The acting member. Raises NotAllowed (`not_a_member`) if the actor is not a member."""
        if self.actor is None:
            raise NotAllowed("not_a_member")
        return self.actor

    @property
    def workspace_today(self) -> date:
        """The date in the workspace's time zone, by which instalments fall due."""
        return self.now.astimezone(ZoneInfo(self.workspace.zone)).date()

    def add(self, row: SQLModel) -> None:
        """Write a new or changed row with the transaction."""
        self.session.add(row)

    def audit(self, act: str, *, loan_id: UUID | None = None, subject_id: UUID | None = None, **details: Any) -> None:
        """Record who did `act`. `details` are codes, numbers and ids, never personal data."""
        if loan_id is not None:
            self.acted.add(loan_id)
        if self.origin is not None:
            details |= {"door": self.origin.door, "ref": self.origin.reference}
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
    """What all transactions of a process share: the database, the keys, the clock, the store of files if there is one, on
    SQLite the journal of disclosures, whether the phone system rings for members, and where it is."""

    database: Database
    cipher: Cipher
    clock: Clock
    files: FileStorage | None = None
    journal: AuditJournal | None = None
    rings: bool = False
    phone_site: Site | None = None

    @contextlib.asynccontextmanager
    async def desk(self, workspace: Workspace, actor: Member | None = None) -> AsyncGenerator[Desk]:
        """Open a writing transaction: committed at the end of the block, rolled back if the block raises.

        After a commit that changed the workspace itself, copy the new values onto the process's `workspace`.
        """
        async with self.database.transaction() as session:
            desk = self._desk(session, workspace, actor)
            outbox.watch(desk)
            yield desk
            # Flush first, so that a reminder that the due scan is writing for a row changed here is also touched.
            await session.flush()
            if escalated := _escalated(desk):
                await escalations.settle(session, escalated, actor.id if actor else None, desk.now)
            await notices.touch_for_follow_ups(session, desk.touched, desk.now)
            await updated_loans.touch(session, desk.now)
            await outbox.write_events(desk)
            await _report(session, desk)
        if desk.workspace is not workspace:
            workspaces.copy_onto(workspace, desk.workspace)

    @contextlib.asynccontextmanager
    async def reading_desk(self, workspace: Workspace, actor: Member | None = None) -> AsyncGenerator[Desk]:
        """Open a read-only transaction. The damaged rows that it met are reported behind it."""
        async with self.database.reading() as session:
            desk = self._desk(session, workspace, actor)
            yield desk
        if desk.unreadable:
            async with self.database.transaction() as session:
                await set_aside.save_unreadable(session, workspace.id, desk.unreadable, desk.now)

    @contextlib.asynccontextmanager
    async def disclosing_desk(self, workspace: Workspace) -> AsyncGenerator[Desk]:
        """Open a transaction that reads and records what it discloses: in the same transaction on PostgreSQL, and on SQLite,
        where it waits for no writer, in the journal."""
        by_journal = self.database.is_sqlite and self.journal is not None
        async with (self.reading_desk if by_journal else self.desk)(workspace) as desk:
            yield desk

    def _desk(self, session: Work, workspace: Workspace, actor: Member | None) -> Desk:
        now = self.clock.now()
        session.workspace_id, session.now = workspace.id, now
        return Desk(
            session=session,
            cipher=self.cipher,
            workspace=workspace,
            actor=actor,
            now=now,
            files=self.files,
            rings=self.rings,
            phone_site=self.phone_site,
            journal=self.journal,
        )


def _escalated(desk: Desk) -> list[UUID]:
    """Return the changed follow-ups of which managers may have been told: that nobody acted, or that they were snoozed often."""
    found: list[UUID] = []
    for change in desk.changes.values():
        row = change.row
        if isinstance(row, FollowUp) and change.before is not None:
            then = change.before
            if row.escalated_at or row.snoozes or then["escalated_at"] or then["snoozes"]:
                found.append(row.id)
    return found


async def _report(session: Work, desk: Desk) -> None:
    await set_aside.save_unknown_zones(session, desk.workspace.id, desk.unknown_zones, desk.now)
    await set_aside.save_unreadable(session, desk.workspace.id, desk.unreadable, desk.now)
