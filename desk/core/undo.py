"""Taking back what was just done, while nothing has built on it (COMMANDS: Undo acts for five minutes)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from desk.core.changes import changing, remembered, restore, table_name
from desk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.handover.reassigning import notice_key
from desk.loans import borrowers
from desk.messages.managers import call_has_changed
from desk.people.derived import work_out_anew
from storage.queries.core import audit, undos
from storage.queries.follow_ups import follow_ups
from storage.queries.handover import holdings
from storage.queries.loans import loans
from storage.queries.messages import homes, notices
from storage.queries.people import members
from storage.tables import (
    Borrower,
    CalendarOverride,
    Call,
    CallCorrection,
    DocumentItem,
    DocumentRequest,
    DocumentStep,
    FollowUp,
    Loan,
    LoanNote,
    Member,
    StageChange,
    Team,
    TeamManager,
    Undo,
    Workspace,
)

UNDO_FOR = timedelta(minutes=5)
"""How long a change can be taken back."""

_PARTLY = frozenset({"reassign", "remove_member", "away", "back", "set_hours", "set_day", "settings"})
"""Acts that touch many loans: Undo restores those that nobody touched since, and names the rest."""

_TABLES: dict[str, type[SQLModel]] = {
    table_name(table): table
    for table in (
        Borrower,
        CalendarOverride,
        Call,
        CallCorrection,
        DocumentItem,
        DocumentRequest,
        DocumentStep,
        FollowUp,
        Loan,
        LoanNote,
        Member,
        StageChange,
        Team,
        TeamManager,
        Workspace,
    )
}


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What Undo did: the act, its loan, how many rows were restored, and the loans of those that had moved on."""

    act: str
    loan_number: str | None
    restored: int
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """Something that happened after an act and built on it. `who` is a Slack id, None for the desk itself."""

    act: str
    who: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Step:
    """One row of the act, with what it remembers of it (None: the act made it)."""

    row: Any
    version: int
    version_before: int
    before: dict[str, Any] | None

    @property
    def is_untouched(self) -> bool:
        return self.row.version == self.version


async def take_back(desk: Desk, undo_id: UUID) -> TakenBack:
    """Restores what the act changed.

    Raises NotFound (`undo_unknown`), NotAllowed (`undo_not_yours`: somebody else's), Invalid (`undo_too_late`,
    `last_admin`), Conflict (`already_undone`; `undo_leaves_loans`; `undo_built_on`, with the loans and what was done to
    them since).
    """
    undo = await _mine(desk, undo_id)
    steps = await _steps(desk, undo)
    moved_on = await _moved_on(desk, undo, steps)
    left = await _loan_numbers(desk, undo, moved_on)
    if moved_on and not _may_stay(undo, moved_on):
        since = await _since(desk, undo, moved_on)
        raise Conflict("undo_built_on", act=undo.act, loans=left, since=since)
    untouched = [step for step in steps if step.is_untouched]
    concerned = _concerned(untouched)
    await _take_back_rows(desk, untouched)
    await _correct_what_managers_heard(desk, untouched)
    await _correct_what_they_heard(desk, undo, concerned)
    await _remind_of_reopened(desk, untouched)
    await _let_earlier_acts_be_taken_back(desk, undo, untouched)
    await work_out_anew(desk, [step.row for step in untouched])
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
    undo = await undos.by_id(desk.session, undo_id)
    if undo is None or undo.workspace_id != desk.workspace.id:
        raise NotFound("undo_unknown")
    if undo.member_id != desk.member.id:
        raise NotAllowed("undo_not_yours")
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
        rows.update(await undos.locked_rows(desk.session, _TABLES[table], wanted))
    return [
        _Step(rows[UUID(step["id"])], step["version"], step["version_before"], step["before"])
        for step in undo.steps
        if UUID(step["id"]) in rows  # a demo loan may have been removed with its rows
    ]


def _may_stay(undo: Undo, moved_on: Sequence[_Step]) -> bool:
    """Whether Undo may leave these rows as they are now: loans and follow-ups of an act on many."""
    return undo.act in _PARTLY and all(isinstance(step.row, (Loan, FollowUp)) for step in moved_on)


async def _moved_on(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> list[_Step]:
    """The rows on which something was built since. On a new loan it is whatever was planned, which leaves the row as it is."""
    if undo.act == "new_loan" and undo.loan_id and await follow_ups.open_of_loan(desk.session, undo.loan_id):
        return list(steps)
    return [step for step in steps if not step.is_untouched]


async def _take_back_rows(desk: Desk, steps: Sequence[_Step]) -> None:
    people = [step.row for step in steps if isinstance(step.row, Member)]
    had_admins = people and await members.with_role(desk.session, desk.workspace.id, "admin")
    for step in steps:
        await _take_back_row(desk, step)
    await _check_who_left(desk, people)
    if had_admins:
        await desk.session.flush()
        if not await members.with_role(desk.session, desk.workspace.id, "admin"):
            raise Invalid("last_admin")


async def _take_back_row(desk: Desk, step: _Step) -> None:
    row = changing(desk, step.row)
    if step.before is not None:
        restore(row, step.before)
        if isinstance(row, Borrower):
            await borrowers.index(desk, row)
        return
    match row:
        case FollowUp():
            row.state, row.closed_at, row.closed_by_id = "undone", desk.now, desk.member.id
            row.remind_at = row.escalate_at = None
        case DocumentItem():
            row.state, row.changed_at = "undone", desk.now
        case Call() | CallCorrection() | DocumentRequest() | DocumentStep() | LoanNote() | StageChange():
            row.undone_at = desk.now
        case Loan():
            row.stage, row.stage_since = "withdrawn", desk.now
        case Member():
            row.removed_at = desk.now
            row.next_digest_at = None
        case TeamManager():
            row.removed_at = desk.now
        case CalendarOverride():
            await desk.session.delete(row)
        case _:
            pass


async def _check_who_left(desk: Desk, people: Sequence[Member]) -> None:
    """Nobody leaves the desk with loans or calls that are then in no list, and their home shows nothing any more."""
    for member in people:
        if member.removed_at is None:
            continue
        held_loans, held_follow_ups = await holdings.held(desk.session, member.id, lock=False)
        if held_loans or held_follow_ups:
            raise Conflict("undo_leaves_loans", who=member.slack_user_id)
        await homes.look_again(desk.session, member.id, desk.now)


async def _correct_what_managers_heard(desk: Desk, steps: Sequence[_Step]) -> None:
    for step in steps:
        if not isinstance(step.row, Call) or not VOCABULARY.outcome(step.row.outcome).tells_manager:
            continue
        if step.before is None or "outcome" in step.before:
            await call_has_changed(desk, await desk.session.get_one(Loan, step.row.loan_id), step.row)


def _concerned(steps: Sequence[_Step]) -> set[UUID]:
    """Who gave or got a loan or a follow-up by the act, read before the rows are as they were."""
    people: set[UUID] = set()
    for step in steps:
        name = "owner_id" if isinstance(step.row, Loan) else "assignee_id"
        if step.before is not None and name in step.before:
            people.update(filter(None, (getattr(step.row, name), remembered(step.before[name]))))
    return people


async def _correct_what_they_heard(desk: Desk, undo: Undo, concerned: Iterable[UUID]) -> None:
    if undo.act in ("reassign", "remove_member"):
        keys = [notice_key(undo.id, member_id) for member_id in concerned]
        told = await undos.notice_ids(desk.session, desk.workspace.id, keys)
        await notices.touch(desk.session, told, desk.now)


async def _remind_of_reopened(desk: Desk, steps: Sequence[_Step]) -> None:
    """A follow-up that is open again, and whose reminder was withheld because it was closed, is reminded of now."""
    silent = {
        step.row.id: step.row
        for step in steps
        if isinstance(step.row, FollowUp)
        and step.row.state == "open"
        and step.row.announced_for is not None
        and step.row.remind_at is None
    }
    shown = await undos.shown_in_messages(desk.session, silent)
    for row_id, row in silent.items():
        if row_id not in shown:
            row.remind_at = desk.now


async def _let_earlier_acts_be_taken_back(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> None:
    """Nothing builds any longer on the acts before this one: the rows are again as those left them."""
    if undo.loan_id is None:
        return
    now_at = {(str(step.row.id), step.version_before): step.row.version for step in steps}
    for earlier in await undos.open_on_loan(desk.session, undo.loan_id, desk.now - UNDO_FOR, but=undo.id):
        again = [{**s, "version": now_at.get((s["id"], s["version"]), s["version"])} for s in earlier.steps]
        if again != earlier.steps:
            earlier.steps = again
            desk.add(earlier)


async def _since(desk: Desk, undo: Undo, moved_on: Sequence[_Step]) -> tuple[Since, ...]:
    entries = await audit.latest(
        desk.session, _loan_ids(undo, moved_on), since=undo.made_at, but_not_by=undo.member_id, limit=3
    )
    people = await members.by_ids(desk.session, [entry.actor_id for entry in entries if entry.actor_id])
    return tuple(
        Since(act=entry.act, who=people[entry.actor_id].slack_user_id if entry.actor_id else None, at=entry.at)
        for entry in entries
    )


async def _loan_numbers(desk: Desk, undo: Undo, steps: Sequence[_Step]) -> tuple[str, ...]:
    numbers = await undos.loan_numbers(desk.session, _loan_ids(undo, steps) if steps else ())
    return tuple(sorted(numbers.values()))


def _loan_ids(undo: Undo, steps: Sequence[_Step]) -> set[UUID]:
    """The loans of these rows; for a row that belongs to none (a borrower's), the loan of the act."""
    own = {step.row.id if isinstance(step.row, Loan) else getattr(step.row, "loan_id", undo.loan_id) for step in steps}
    return {loan_id for loan_id in own if loan_id is not None}
