"""Undo an act while no later act depends on it (COMMANDS: Undo acts for five minutes)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from desk.core import undo_rules
from desk.core.changes import encode_columns, restore, table_name, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role, sight_of
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow
from storage.queries.core import acts, undos
from storage.queries.loans import loans
from storage.queries.loans.visibility import viewer
from storage.queries.people import members
from storage.tables import Borrower, FollowUp, Loan, Undo

UNDO_FOR = timedelta(minutes=5)
"""How long an act can be undone."""


@dataclass(frozen=True, slots=True)
class UndoResult:
    """An undone act: its loan, how many rows were restored, and the numbers of the loans that stay as they are.

    `under_way`: the worker is still to recompute what follows. `continues`: it is still to restore the rows of loans, and
    names then what stays as it is.
    """

    act: str
    loan_number: str | None
    restored: int
    left: tuple[str, ...] = ()
    under_way: bool = False
    continues: bool = False


@dataclass(frozen=True, slots=True)
class OpenUndo:
    """An act that its member can still undo, until that instant."""

    act: str
    until: datetime


async def open_undo(desk: Desk, undo_id: UUID) -> OpenUndo | None:
    """Return an act of the acting member that is not undone and not too old to be; None for any other."""
    undo = await desk.session.get(Undo, undo_id)
    if undo is None or undo.member_id != desk.member.id or undo.undone_at is not None:
        return None
    until = undo.made_at + UNDO_FOR
    return OpenUndo(undo.act, until) if desk.now <= until else None


@dataclass(frozen=True, slots=True)
class LaterAct:
    """A later act that depends on the one to undo. `who` is a Slack id, None for the desk itself."""

    act: str
    who: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Step:
    """A row of the act; `before` holds the columns that the act changed (None: the act created the row)."""

    row: Any
    version: int
    version_before: int
    before: dict[str, Any] | None

    @property
    def is_untouched(self) -> bool:
        return self.row.version == self.version


async def take_back(desk: Desk, undo_id: UUID) -> UndoResult:
    """Restore what the act changed, and correct what follows from it.

    Raises NotFound (`undo_unknown`; `unknown_loan_pressed`: the loan was lost since), NotAllowed (`undo_not_yours`;
    `role_missing`, `admin_only`, `team_only`, `others_may_act`: the right was lost since), Invalid (`undo_too_late`),
    Conflict (`already_undone`, `undo_leaves_loans`, `handover_under_way`; `undo_built_on`, with the loans and the later acts).
    """
    undo = await _own_undo(desk, undo_id)
    await undo_rules.check_before_undo(desk, undo)
    steps = await _steps(desk, undo)
    has_followers = await undo_rules.has_followers(desk, undo)
    changed_since = [step for step in steps if has_followers or not step.is_untouched]
    left = await _loan_numbers(desk, undo, changed_since)
    if not await _may_stay(desk, undo, changed_since):
        later = await _later_acts(desk, undo, changed_since)
        raise Conflict("undo_built_on", act=undo.act, loans=left, since=later)
    untouched = [step for step in steps if step.is_untouched]
    await undo_rules.correct_after_undo(desk, undo, [await _take_back_row(desk, step) for step in untouched])
    await _allow_earlier_undos(desk, undo, untouched)
    under_way = await undo_rules.recompute(desk, [step.row for step in untouched])
    undo.undone_at = desk.now
    desk.add(undo)
    loan = await desk.session.get(Loan, undo.loan_id) if undo.loan_id else None
    desk.audit("undo", loan_id=undo.loan_id, subject_id=undo.id, act_undone=undo.act, restored=len(untouched))
    return UndoResult(
        act=undo.act,
        loan_number=loan.number if loan else None,
        restored=len(untouched),
        left=left,
        under_way=under_way,
        continues=await undo_rules.leave_undo_to_worker(desk, undo),
    )


async def take_back_part(desk: Desk, undo: Undo, part: Undo) -> set[UUID]:
    """Restore what one batch of an undone act changed, and return the loans of the rows that changed since and stay."""
    steps = await _steps(desk, part)
    left = _loan_ids(part, [step for step in steps if not step.is_untouched])
    untouched = [step for step in steps if step.is_untouched]
    await undo_rules.correct_after_undo(desk, undo, [await _take_back_row(desk, step) for step in untouched])
    await undo_rules.recompute(desk, [step.row for step in untouched])
    part.undone_at = desk.now
    desk.add(part)
    return left


async def _own_undo(desk: Desk, undo_id: UUID) -> Undo:
    # Every change locks its loan first, so lock the loan before the undo.
    loan_id = await undos.loan_of(desk.session, undo_id)
    if loan_id is not None:
        await loans.lock(desk.session, loan_id)
    undo = await desk.session.get(Undo, undo_id, with_for_update=True, populate_existing=True)
    if undo is None or undo.workspace_id != desk.workspace.id:
        raise NotFound("undo_unknown")
    require(desk, "undo", {"own"} if undo.member_id == desk.member.id else ())
    require_role(desk, undo_rules.RIGHTS[undo.act])
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


async def _may_stay(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> bool:
    """Return whether Undo may leave these rows as they are: loans and follow-ups of an act on many loans; borrowers of other
    loans than the act's, whose phone it marked as wrong too."""
    own = await _borrower_of(desk, undo)
    partial = undo_rules.allows_partial_undo(undo.act)
    return all(
        step.row.id != own if isinstance(step.row, Borrower) else partial and isinstance(step.row, (Loan, FollowUp))
        for step in steps
    )


async def _borrower_of(desk: Desk, undo: Undo) -> UUID | None:
    loan = await desk.session.get(Loan, undo.loan_id) if undo.loan_id else None
    return loan.borrower_id if loan else None


async def _take_back_row(desk: Desk, step: _Step) -> UndoneRow:
    row: SQLModel = track(desk, step.row)
    if step.before is not None:
        restore(row, step.before)
    else:
        await undo_rules.take_back_of(type(row))(desk, row)
    return UndoneRow(row, step.before, encode_columns(desk.changes[id(row)].before or {}))


async def _allow_earlier_undos(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> None:
    """Allow Undo of the loan's earlier acts again, because their rows are now as those acts left them."""
    if undo.loan_id is None:
        return
    now_at = {(str(step.row.id), step.version_before): step.row.version for step in steps}
    for earlier in await undos.open_on_loan(desk.session, undo.loan_id, desk.now - UNDO_FOR, but=undo.id):
        again = [{**s, "version": now_at.get((s["id"], s["version"]), s["version"])} for s in earlier.steps]
        if again != earlier.steps:
            earlier.steps = again
            desk.add(earlier)


async def _later_acts(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> tuple[LaterAct, ...]:
    loan_ids = _loan_ids(undo, steps)
    entries = await acts.latest(desk.session, loan_ids, since=undo.made_at, but_not_by=undo.member_id, limit=3)
    people = await members.by_ids(desk.session, [entry.actor_id for entry in entries if entry.actor_id])
    return tuple(
        LaterAct(act=entry.act, who=people[entry.actor_id].slack_user_id if entry.actor_id else None, at=entry.at)
        for entry in entries
    )


async def _loan_numbers(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> tuple[str, ...]:
    """Return the numbers of the loans of these rows; of the other loans of a phone, those that the acting member sees."""
    if not steps:
        return ()
    own = await _borrower_of(desk, undo)
    others = {step.row.id for step in steps if isinstance(step.row, Borrower) and step.row.id != own}
    found = await loans.by_ids(desk.session, _loan_ids(undo, [step for step in steps if step.row.id not in others]))
    visible = viewer(desk.member, sight_of(desk.member, desk.workspace))
    seen = await loans.of_borrowers(desk.session, others, visible=visible)
    return tuple(sorted(loan.number for loan in [*found.values(), *seen]))


def _loan_ids(undo: Undo, steps: Sequence[_Step]) -> set[UUID]:
    """Return the loans of these rows; for a row without a loan (a borrower), the loan of the act."""
    own = {step.row.id if isinstance(step.row, Loan) else getattr(step.row, "loan_id", undo.loan_id) for step in steps}
    return {loan_id for loan_id in own if loan_id is not None}
