"""Undo: take back the last act while nothing has been built on it (COMMANDS: Undo acts for five minutes)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from desk.core import undo_rules
from desk.core.changes import restore, table_name, track
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow
from storage.queries.core import acts, undos
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import (
    FollowUp,
    Loan,
    Undo,
)

UNDO_FOR = timedelta(minutes=5)
"""How long a change can be taken back."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What Undo did: the act, its loan, how many rows were restored, and the loans of the rows that stay as they are."""

    act: str
    loan_number: str | None
    restored: int
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """A later act that depends on the one to undo. `who` is a Slack id, None for the desk itself."""

    act: str
    who: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Step:
    """One row of the act; `before` is what the act remembers of it (None: the act created it)."""

    row: Any
    version: int
    version_before: int
    before: dict[str, Any] | None

    @property
    def is_untouched(self) -> bool:
        return self.row.version == self.version


async def take_back(desk: Desk, undo_id: UUID) -> TakenBack:
    """Restore what the act changed, and correct what follows from it.

    Raises NotFound (`undo_unknown`), NotAllowed (`undo_not_yours`: another member's), Invalid (`undo_too_late`,
    `last_admin`), Conflict (`already_undone`; `undo_leaves_loans`; `undo_built_on`, with the loans and the later acts).
    """
    undo = await _mine(desk, undo_id)
    steps = await _steps(desk, undo)
    moved_on = await _moved_on(desk, undo, steps)
    left = await _loan_numbers(desk, undo, moved_on)
    if moved_on and not _may_stay(undo, moved_on):
        since = await _since(desk, undo, moved_on)
        raise Conflict("undo_built_on", act=undo.act, loans=left, since=since)
    untouched = [step for step in steps if step.is_untouched]
    await undo_rules.correct_after_undo(desk, undo, [await _take_back_row(desk, step) for step in untouched])
    await _let_earlier_acts_be_taken_back(desk, undo, untouched)
    await undo_rules.recompute(desk, [step.row for step in untouched])
    undo.undone_at = desk.now
    desk.add(undo)
    loan = await desk.session.get(Loan, undo.loan_id) if undo.loan_id else None
    desk.audit("undo", loan_id=undo.loan_id, subject_id=undo.id, act_undone=undo.act, restored=len(untouched))
    return TakenBack(act=undo.act, loan_number=loan.number if loan else None, restored=len(untouched), left=left)


async def _mine(desk: Desk, undo_id: UUID) -> Undo:
    # Every change begins with its loan, so the loan is held before the undo.
    loan_id = await undos.loan_of(desk.session, undo_id)
    if loan_id is not None:
        await loans.lock(desk.session, loan_id)
    undo = await desk.session.get(Undo, undo_id, with_for_update=True, populate_existing=True)
    if undo is None or undo.workspace_id != desk.workspace.id:
        raise NotFound("undo_unknown")
    require(desk, "undo", {"own"} if undo.member_id == desk.member.id else ())
    if undo.undone_at is not None:
        raise Conflict("already_undone", act=undo.act, at=undo.undone_at)
    if desk.now - undo.made_at > UNDO_FOR:
        raise Invalid("undo_too_late", act=undo.act, minutes=UNDO_FOR // timedelta(minutes=1))
    return undo


async def _steps(desk: Desk, undo: Undo) -> list[_Step]:
    ids: dict[str, list[UUID]] = defaultdict(list)
    for step in undo.steps:
        ids[step["table"]].append(UUID(step["id"]))
    if undo.loan_id is None:
        on_loans = await undos.loans_of_follow_ups(desk.session, ids[table_name(FollowUp)])
        await loans.lock_all(desk.session, sorted(on_loans.union(ids[table_name(Loan)])))
    rows: dict[UUID, Any] = {}
    for table, wanted in sorted(ids.items()):
        rows.update(await undos.locked_rows(desk.session, undos.table_of(table), wanted))
    return [
        _Step(rows[UUID(step["id"])], step["version"], step["version_before"], step["before"])
        for step in undo.steps
        if UUID(step["id"]) in rows  # a demo loan may have been removed with its rows
    ]


def _may_stay(undo: Undo, moved_on: Sequence[_Step]) -> bool:
    """Whether Undo may leave these rows as they are now: loans and follow-ups of an act on many."""
    return undo_rules.allows_partial_undo(undo.act) and all(isinstance(step.row, (Loan, FollowUp)) for step in moved_on)


async def _moved_on(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> list[_Step]:
    """The rows on which a later act depends."""
    if await undo_rules.has_followers(desk, undo):
        return list(steps)
    return [step for step in steps if not step.is_untouched]


async def _take_back_row(desk: Desk, step: _Step) -> UndoneRow:
    row: SQLModel = track(desk, step.row)
    if step.before is not None:
        restore(row, step.before)
    else:
        await undo_rules.take_back_of(type(row))(desk, row)
    return UndoneRow(row, step.before, desk.changes[id(row)].before or {})


async def _let_earlier_acts_be_taken_back(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> None:
    """Let the acts before this one be undone again: their rows are as those acts left them."""
    if undo.loan_id is None:
        return
    now_at = {(str(step.row.id), step.version_before): step.row.version for step in steps}
    for earlier in await undos.open_on_loan(desk.session, undo.loan_id, desk.now - UNDO_FOR, but=undo.id):
        again = [{**s, "version": now_at.get((s["id"], s["version"]), s["version"])} for s in earlier.steps]
        if again != earlier.steps:
            earlier.steps = again
            desk.add(earlier)


async def _since(desk: Desk, undo: Undo, moved_on: Sequence[_Step]) -> tuple[Since, ...]:
    entries = await acts.latest(
        desk.session, _loan_ids(undo, moved_on), since=undo.made_at, but_not_by=undo.member_id, limit=3
    )
    people = await members.by_ids(desk.session, [entry.actor_id for entry in entries if entry.actor_id])
    return tuple(
        Since(act=entry.act, who=people[entry.actor_id].slack_user_id if entry.actor_id else None, at=entry.at)
        for entry in entries
    )


async def _loan_numbers(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> tuple[str, ...]:
    found = await loans.by_ids(desk.session, _loan_ids(undo, steps) if steps else ())
    return tuple(sorted(loan.number for loan in found.values()))


def _loan_ids(undo: Undo, steps: Sequence[_Step]) -> set[UUID]:
    """The loans of these rows; for a row that belongs to none (a borrower's), the loan of the act."""
    own = {step.row.id if isinstance(step.row, Loan) else getattr(step.row, "loan_id", undo.loan_id) for step in steps}
    return {loan_id for loan_id in own if loan_id is not None}
