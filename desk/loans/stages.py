"""Move a loan to another stage, with what that closes and plans."""

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
from storage.queries.follow_ups import follow_ups
from storage.tables import Loan, StageChange


@dataclass(frozen=True, slots=True)
class StageChanged:
    """A loan at its new stage (`loan.stage`).

    `ended_follow_ups` and `ended_documents` count what was closed with the loan; `still_open` is what stays open besides
    `planned`, which the desk planned by rule. `unplanned` offers next steps if nothing is planned.
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


async def change_stage(desk: Desk, *, loan: LoanRef, stage: str, reason: str = "") -> StageChanged:
    """Move a loan to a stage.

    Raises NotAllowed (`role_missing`), Invalid (`stage_already`, `note_too_long`), and as `lookup.resolve` does.
    """
    require_role(desk, "write_off" if stage == "written_off" else "change_stage")
    check_note(reason)
    named = (await lookup.resolve(desk, loan)).loan
    from_stage = named.stage
    if from_stage == stage:
        raise Invalid("stage_already", loan=named.number, stage=stage, at=named.stage_since)
    change = _enter(desk, named, stage, reason)
    ended_follow_ups, ended_documents = await _close_what_is_open(desk, named)
    planned = await rule_plans.plan_for_stage(desk, named)
    named.stage_set_at = desk.now
    desk.audit("stage", loan_id=named.id, subject_id=change.id, from_stage=from_stage, to_stage=stage)
    undo_id = offer_undo(desk, "stage", loan_id=named.id)
    return StageChanged(
        loan=await loan_view(desk, named),
        name=(await borrowers.contact_of(desk, named.borrower_id)).name,
        from_stage=from_stage,
        transition=classify_transition(from_stage, stage),
        reason=reason,
        ended_follow_ups=ended_follow_ups,
        ended_documents=ended_documents,
        still_open=await _still_open(desk, named, planned),
        planned=planned_view(desk, named, planned) if planned else None,
        next_steps=await offer_next_steps(desk, named),
        undo_id=undo_id,
    )


async def enter_by_import(desk: Desk, loan: Loan, stage: str) -> int:
    """Move a locked loan to the stage that the lender's file says, and return how many follow-ups that planned."""
    _enter(desk, loan, stage, "")
    loan.stage_set_at = None
    await _close_what_is_open(desk, loan)
    return int(await rule_plans.plan_for_stage(desk, loan) is not None)


def add_stage_change(desk: Desk, loan: Loan, stage: str, reason: str, *, from_stage: str | None) -> StageChange:
    """Write an entry of a loan's stage history, which Undo takes back."""
    row_id = new_id()
    return create(
        desk,
        StageChange(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            from_stage=from_stage,
            to_stage=stage,
            by_id=desk.actor.id if desk.actor else None,
            reason_cipher=desk.cipher.encrypt_optional(StageChange.reason_cipher, row_id, reason),
            at=desk.now,
        ),
    )


def _enter(desk: Desk, loan: Loan, stage: str, reason: str) -> StageChange:
    change = add_stage_change(desk, loan, stage, reason, from_stage=loan.stage)
    track(desk, loan)
    loan.stage, loan.stage_since = stage, desk.now
    return change


async def _close_what_is_open(desk: Desk, loan: Loan) -> tuple[int, int]:
    """If the loan's stage ends it, close its follow-ups and documents. Return how many of each."""
    if not VOCABULARY.stage(loan.stage).ended:
        return 0, 0
    plan = CADENCE.stage.get(loan.stage)
    rows = [
        row
        for row in await follow_ups.open_of_loan(desk.session, loan.id)
        if plan is None or not plan.unless_open or row.purpose != plan.purpose
    ]
    for row in rows:
        close(desk, row, "ended")
    items = await documents.open_items(desk.session, loan.id)
    for item in items:
        set_state(desk, item, "ended")
    return len(rows), len(items)


async def _still_open(desk: Desk, loan: Loan, planned: PlannedFollowUp | None) -> tuple[FollowUpView, ...]:
    rows = await follow_ups.open_of_loan(desk.session, loan.id)
    others = [row for row in rows if planned is None or row.id != planned.follow_up.id]
    return await follow_up_views(desk, loan, others)
