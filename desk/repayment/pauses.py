"""Extensions, payment holidays and hardship: days on which nobody asks for instalments and none is past due."""

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import assignees, lifecycle, rule_plans, standing
from desk.follow_ups.collection_steps import stop_steps
from desk.follow_ups.lifecycle import PlannedFollowUp, check_note
from desk.loans import borrowers, lookup
from desk.loans.views import LoanView, PlannedView, loan_view, planned_view
from desk.people.calendars import calendar_of
from desk.people.members import hours_of
from desk.repayment.payment_notices import report_pause
from storage.engine.types import new_id
from storage.queries.follow_ups import follow_ups
from storage.tables import Loan, RepaymentPause

PauseKind = Literal["extension", "holiday", "hardship"]

KINDS: tuple[PauseKind, ...] = get_args(PauseKind)

LONGEST = 366
"""The most days of a pause."""

RULE = "pause"
"""The rule that plans the call at the end of a pause."""


@dataclass(frozen=True, slots=True)
class PauseView:
    """A pause. The day `ends_on` is the first on which instalments are asked for again. `can_end`: it is under way or ahead."""

    id: UUID
    version: int
    kind: str
    starts_on: date
    ends_on: date
    reason: str = field(repr=False)
    at: datetime
    ended: bool
    can_end: bool


@dataclass(frozen=True, slots=True)
class PauseSet:
    """A pause that was entered or ended, how many planned calls it cancelled, and the one planned for its end."""

    loan: LoanView
    name: str = field(repr=False)
    pause: PauseView
    days_past_due: int
    cancelled: int
    planned: PlannedView | None
    undo_id: UUID


async def enter_pause(desk: Desk, *, loan: LoanRef, kind: str, starts_on: date, ends_on: date, reason: str) -> PauseSet:
    """Pause a loan's instalments: cancel the calls that rules planned about them, and plan one for the end.

    Raises NotAllowed (`role_missing`), Invalid (`pause_kind`, `pause_order`, `pause_long`, `pause_past`, `pause_reason_missing`,
    `note_too_long`), Conflict (`loan_ended`, `pause_there`), and as `lookup.resolve` does.
    """
    require_role(desk, "pause_repayment")
    _check(desk, kind, starts_on, ends_on, reason)
    named = (await lookup.resolve(desk, loan)).loan
    if VOCABULARY.stage(named.stage).ended:
        raise Conflict("loan_ended", loan=named.number, stage=named.stage)
    there = (await standing.full_standing(desk, named)).pauses
    lasting = [row for row in there if row.starts_on < row.ends_on]  # others were cancelled before they began
    if any(row.starts_on < ends_on and starts_on < row.ends_on for row in lasting):
        raise Conflict("pause_there", loan=named.number)
    row_id = new_id()
    row = create(
        desk,
        RepaymentPause(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=named.id,
            kind=kind,
            starts_on=starts_on,
            ends_on=ends_on,
            reason_cipher=desk.cipher.encrypt(RepaymentPause.reason_cipher, row_id, reason),
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    desk.audit("pause", loan_id=named.id, subject_id=row.id, kind=kind)
    return await _follow(desk, named, row, plans_end=True)


async def end_pause(desk: Desk, pause_id: UUID, version: int) -> PauseSet:
    """End a pause today, or cancel one that has not begun. What the rules ask for is planned again.

    Raises NotFound (`pause_unknown`), NotAllowed (`role_missing`), Conflict (`pause_over`).
    """
    require_role(desk, "pause_repayment")
    there, loan = await lookup.lock_with_loan(desk, RepaymentPause, pause_id, "pause_unknown")
    if there.undone_at is not None or there.version != version or not _can_end(desk, there):
        raise Conflict("pause_over", loan=loan.number)
    track(desk, there).ends_on = max(desk.workspace_today, there.starts_on)
    there.ended_at = desk.now
    for row in await follow_ups.open_of_loan(desk.session, loan.id):
        if row.rule == RULE:
            rule_plans.cancel(desk, row)
    desk.audit("end_pause", loan_id=loan.id, subject_id=there.id)
    return await _follow(desk, loan, there, plans_end=False)


async def _follow(desk: Desk, loan: Loan, row: RepaymentPause, *, plans_end: bool) -> PauseSet:
    now = await standing.refresh(desk, loan)
    before = await follow_ups.open_of_loan(desk.session, loan.id)
    replanned = await rule_plans.replan_instalment(desk, loan)
    planned = replanned.planned[0] if replanned.planned else None
    if plans_end and planned is None and loan.stage == "disbursed":
        planned = await _plan_end(desk, loan, row)
    if plans_end and now.pause is not None:
        await stop_steps(desk, loan, "pause")
    await report_pause(desk, loan, row, [each for each in before if each.state == "cancelled"])
    await desk.session.flush()
    undo_id = (
        offer_undo(desk, "pause", loan_id=loan.id) if plans_end else offer_undo(desk, "end_pause", loan_id=loan.id)
    )
    return PauseSet(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        pause=view_of(desk, row),
        days_past_due=now.arrears.days,
        cancelled=replanned.cancelled,
        planned=planned_view(desk, loan, planned) if planned else None,
        undo_id=undo_id,
    )


async def _plan_end(desk: Desk, loan: Loan, row: RepaymentPause) -> PlannedFollowUp | None:
    """Plan the call that asks how the instalments go on, on the first working day after the pause."""
    if row.ends_on <= desk.workspace_today:
        return None
    assignee = await assignees.assignee_of(desk, loan, ("owner",))
    if assignee is None:
        return None
    day = (await calendar_of(desk)).working_day_on_or_after(row.ends_on, hours_of(desk, assignee))
    return await lifecycle.plan(desk, loan, purpose="repayment", assignee=assignee, due=Due(day), rule=RULE)


def _check(desk: Desk, kind: str, starts_on: date, ends_on: date, reason: str) -> None:
    if kind not in KINDS:
        raise Invalid("pause_kind", given=kind)
    if ends_on <= starts_on:
        raise Invalid("pause_order", given=ends_on, first=starts_on)
    if (ends_on - starts_on).days > LONGEST:
        raise Invalid("pause_long", most=LONGEST)
    if ends_on <= desk.workspace_today:
        raise Invalid("pause_past", given=ends_on)
    if not reason.strip():
        raise Invalid("pause_reason_missing")
    check_note(reason)


def view_of(desk: Desk, row: RepaymentPause) -> PauseView:
    """Return a pause as it is shown."""
    return PauseView(
        id=row.id,
        version=row.version,
        kind=row.kind,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        reason=unreadable.read(desk, RepaymentPause.reason_cipher, row),
        at=row.at,
        ended=row.ended_at is not None,
        can_end=_can_end(desk, row),
    )


def _can_end(desk: Desk, row: RepaymentPause) -> bool:
    return row.ended_at is None and row.ends_on > desk.workspace_today


def views_of(desk: Desk, rows: Sequence[RepaymentPause]) -> tuple[PauseView, ...]:
    """Return pauses as they are shown."""
    return tuple(view_of(desk, row) for row in rows)
