"""A loan comes to another stage, and what that ends and plans."""

from dataclasses import dataclass, field
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.documents.steps import set_state
from desk.follow_ups import rule_plans
from desk.follow_ups.lifecycle import PlannedFollowUp, check_note, close
from desk.follow_ups.next_steps import NextSteps, offer_next_steps
from desk.loans import borrowers, lookup
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view
from desk.rules.cadence import CADENCE
from desk.rules.stages import Transition, classify_transition
from storage.engine.types import new_id
from storage.queries.documents import documents
from storage.queries.follow_ups import follow_ups as stored
from storage.tables import FollowUp, Loan, StageChange


@dataclass(frozen=True, slots=True)
class StageChanged:
    """A loan at its new stage (`loan.stage`), and how it came there.

    `ended_follow_ups` and `ended_documents` count what was open and ended with the loan; `still_open` is what stays open
    besides `planned`, which the desk planned by rule. `unplanned` has next steps where nothing is planned.
    """

    loan: LoanView
    name: str = field(repr=False)
    from_stage: str
    transition: Transition
    reason: str = field(repr=False)
    ended_follow_ups: int
    ended_documents: int
    still_open: tuple[FollowUpView, ...]
    planned: PlannedView | None
    next_steps: NextSteps | None
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class _Ended:
    follow_ups: int = 0
    documents: int = 0


async def change_stage(desk: Desk, *, loan: LoanRef, stage: str, reason: str = "") -> StageChanged:
    """Brings the loan that is meant to a stage.

    Whoever makes calls may, and an admin; only a manager writes a loan off. Raises NotAllowed (`role_missing`), Invalid
    (`stage_already`, `note_too_long`), and whatever names no one loan.
    """
    _require_may(desk, stage)
    check_note(reason)
    return await _change(desk, (await lookup.resolve(desk, loan)).loan, stage, reason)


async def enter_by_import(desk: Desk, loan: Loan, stage: str) -> int:
    """Brings a locked loan to the stage that the lender's file gives, and says how many follow-ups that planned."""
    _, _, planned = await _enter(desk, loan, stage, "")
    return int(planned is not None)


def _require_may(desk: Desk, stage: str) -> None:
    require_role(desk, "write_off" if stage == "written_off" else "change_stage")


async def _change(desk: Desk, loan: Loan, stage: str, reason: str) -> StageChanged:
    from_stage = loan.stage
    if from_stage == stage:
        raise Invalid("stage_already", loan=loan.number, stage=stage, at=loan.stage_since)
    change, ended, planned = await _enter(desk, loan, stage, reason)
    loan.stage_set_at = desk.now
    desk.audit("stage", loan_id=loan.id, subject_id=change.id, from_stage=from_stage, to_stage=stage)
    undo_id = offer_undo(desk, "stage", loan_id=loan.id)
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    return StageChanged(
        loan=await loan_view(desk, loan),
        name=contact.name,
        from_stage=from_stage,
        transition=classify_transition(from_stage, stage),
        reason=reason,
        ended_follow_ups=ended.follow_ups,
        ended_documents=ended.documents,
        still_open=await _still_open(desk, loan, planned),
        planned=planned_view(desk, loan, planned) if planned else None,
        next_steps=await offer_next_steps(desk, loan),
        undo_id=undo_id,
    )


async def _enter(desk: Desk, loan: Loan, stage: str, reason: str) -> tuple[StageChange, _Ended, PlannedFollowUp | None]:
    change = create(desk, _record(desk, loan, stage, reason))
    track(desk, loan)
    loan.stage, loan.stage_since = stage, desk.now
    ended = await _end_what_is_open(desk, loan) if VOCABULARY.stage(stage).ended else _Ended()
    return change, ended, await rule_plans.plan_for_stage(desk, loan)


def _record(desk: Desk, loan: Loan, stage: str, reason: str) -> StageChange:
    row_id = new_id()
    return StageChange(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        from_stage=loan.stage,
        to_stage=stage,
        by_id=desk.actor.id if desk.actor else None,
        reason_cipher=desk.cipher.encrypt_optional(StageChange.reason_cipher, row_id, reason),
        at=desk.now,
    )


async def _end_what_is_open(desk: Desk, loan: Loan) -> _Ended:
    kept = CADENCE.stage.get(loan.stage)
    rows = [
        row
        for row in await stored.open_of_loan(desk.session, loan.id)
        if kept is None or not kept.unless_open or row.purpose != kept.purpose
    ]
    for row in rows:
        close(desk, row, "ended")
    items = await documents.open_items(desk.session, loan.id)
    for item in items:
        set_state(desk, item, "ended")
    return _Ended(follow_ups=len(rows), documents=len(items))


async def _still_open(desk: Desk, loan: Loan, planned: PlannedFollowUp | None) -> tuple[FollowUpView, ...]:
    rows: list[FollowUp] = await stored.open_of_loan(desk.session, loan.id)
    others = [row for row in rows if planned is None or row.id != planned.follow_up.id]
    return await follow_up_views(desk, loan, others)
