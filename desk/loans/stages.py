"""Move a loan to another stage, with what that closes and plans."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any
from uuid import UUID

from desk.core import drafts
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotAllowed
from desk.core.permissions import require_role, roles_of, sees_unowned
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.documents.expiries import end_unneeded
from desk.documents.steps import set_state
from desk.follow_ups import quiet_periods, rule_plans
from desk.follow_ups.appointments import end_appointments
from desk.follow_ups.checks import decide
from desk.follow_ups.collection_steps import stop_steps
from desk.follow_ups.escalation_rules import escalate_passed_over_check, follow_stage, settle_decided
from desk.follow_ups.lifecycle import PlannedFollowUp, check_note, close
from desk.follow_ups.next_steps import NextSteps, offer_next_steps
from desk.follow_ups.ownerless import revise_ownerless
from desk.follow_ups.verification_notices import report_check
from desk.follow_ups.workspace_cadence import cadence_of
from desk.loans import borrowers, lookup, term_rows
from desk.loans.needs import Lacking, lacking, require_met
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view, slack_ids
from desk.rules.moves import MOVES, Need
from desk.rules.stages import BEFORE_PAYOUT, PAID_OUT, Transition, classify_transition, is_unusual
from storage.engine.types import new_id
from storage.queries.documents import documents
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import terms
from storage.queries.loans.loans import stage_changes
from storage.tables import FollowUp, Loan, Member, StageChange, Undo

APPROVED = "approved"
"""The stage that the lender's approval leads to: with an amount and conditions."""

WRITTEN_OFF = "written_off"
"""The stage that ends a loan with a loss: it needs a reason and a second press."""


@dataclass(frozen=True, slots=True)
class StageChanged:
    """A loan at its new stage (`loan.stage`).

    `ended` are the follow-ups that were closed with the loan, or that a rule had planned for the stage before;
    `ended_documents` counts its documents. `still_open` is what stays open besides `planned` and `also_planned`, which the desk
    planned by rule. `next_steps` offers next steps if nothing is planned.
    `owner_left` is the name of the owner whom a loan that is open again had, and who has left the desk: it has none
    now, or belongs to who opened it, if they would not see a loan of nobody.
    `lacking` is what the loan should have had for the stage; `overridden`: a manager moved it without what is a must. `asked`
    are calls of the stages before that members planned, and that may not be needed any more.
    """

    loan: LoanView
    name: str = field(repr=False)
    from_stage: str
    transition: Transition
    reason: str = field(repr=False)
    ended: tuple[FollowUpView, ...]
    ended_documents: int
    still_open: tuple[FollowUpView, ...]
    planned: PlannedView | None
    next_steps: NextSteps | None
    undo_id: UUID
    owner_left: str | None = None
    lacking: tuple[Need, ...] = ()
    overridden: bool = False
    asked: tuple[FollowUpView, ...] = ()
    also_planned: tuple[PlannedView, ...] = ()

    @property
    def ended_follow_ups(self) -> int:
        """Return how many follow-ups were closed with the loan."""
        return len(self.ended)


@dataclass(frozen=True, slots=True)
class MoveQuestion:
    """A write-off or an unusual move to `stage`, to be confirmed by a second press: what it would close, and what the loan lacks
    for it. `draft_id` is for the button.

    `changed`: the loan has changed since the question was asked first.
    """

    loan: LoanView
    name: str = field(repr=False)
    stage: str
    transition: Transition
    reason: str = field(repr=False)
    follow_ups: int
    documents: int
    draft_id: UUID
    lacking: tuple[Need, ...] = ()
    changed: bool = False

    @property
    def writes_off(self) -> bool:
        """Return whether the loan would be written off."""
        return self.stage == WRITTEN_OFF


@dataclass(frozen=True, slots=True)
class Approval:
    """What the lender approved: an amount, if it is not the loan's, and conditions."""

    amount: Decimal | None = None
    conditions: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Move:
    """A move that a member wants."""

    stage: str
    reason: str = field(repr=False)
    approval: Approval

    @classmethod
    def of_draft(cls, draft: Mapping[str, Any]) -> "_Move":
        """Read the move of a draft; one of an earlier release is a write-off."""
        amount = draft.get("amount")
        approval = Approval(Decimal(amount) if amount else None, draft.get("conditions", ""))
        return cls(draft.get("stage", WRITTEN_OFF), draft["reason"], approval)

    def draft_on(self, loan: Loan) -> dict[str, Any]:
        """Return the draft of the move of that loan, as it is now."""
        return {
            "loan": str(loan.id),
            "version": loan.version,
            "stage": self.stage,
            "reason": self.reason,
            "amount": str(self.approval.amount) if self.approval.amount is not None else None,
            "conditions": self.approval.conditions,
        }


async def change_stage(
    desk: Desk,
    *,
    loan: LoanRef,
    stage: str,
    reason: str = "",
    shown: str | None = None,
    approval: Approval | None = None,
) -> StageChanged | MoveQuestion:
    """Move a loan to a stage. A write-off, which needs a reason, and an unusual move are only asked about.

    `shown` is the stage at which a form showed the loan.

    Raises NotAllowed (`role_missing`), Conflict (`stage_changed`), Invalid (`stage_already`, `stage_needs`, `note_too_long`,
    `write_off_reason_missing`), and as `lookup.resolve` does.
    """
    require_role(desk, "write_off" if stage == WRITTEN_OFF else "change_stage")
    _require_mover(desk, stage)
    check_note(reason)
    named = (await lookup.resolve(desk, loan)).loan
    if shown is not None and named.stage != shown:
        raise Conflict("stage_changed", loan=named.number, stage=named.stage, **await _last_move(desk, named))
    await _require_other_stage(desk, named, stage)
    wanted = _Move(stage, reason, approval or Approval())
    if stage == WRITTEN_OFF and not reason.strip():
        raise Invalid("write_off_reason_missing", loan=named.number)
    if stage == WRITTEN_OFF or is_unusual(named.stage, stage):
        return await _ask(desk, named, wanted)
    return await _change(desk, named, wanted)


async def confirm_move(desk: Desk, draft_id: UUID, *, writes_off: bool) -> StageChanged | MoveQuestion:
    """Make the move that was asked about, a write-off or an unusual one, or ask again if the loan has changed since.

    Raises NotAllowed (`role_missing`), NotFound (`draft_gone`, `unknown_loan_pressed`), Invalid (`stage_already`,
    `stage_needs`).
    """
    require_role(desk, "write_off" if writes_off else "change_stage")
    draft = await drafts.take_confirmed(desk, draft_id)
    wanted = _Move.of_draft(draft)
    _require_mover(desk, wanted.stage)
    loan = await lookup.lock_by_id(desk, UUID(draft["loan"]))
    await _require_other_stage(desk, loan, wanted.stage)
    if loan.version != draft["version"]:
        return await _ask(desk, loan, wanted, changed=True)
    return await _change(desk, loan, wanted)


def _require_mover(desk: Desk, stage: str) -> None:
    """Raise NotAllowed (`role_missing`) unless the acting member has a role that makes this move."""
    if not roles_of(desk.member) & {*MOVES[stage].who}:
        raise NotAllowed("role_missing", roles=MOVES[stage].who)


async def _require_other_stage(desk: Desk, loan: Loan, stage: str) -> None:
    if loan.stage == stage:
        last = await _last_move(desk, loan)
        raise Invalid("stage_already", loan=loan.number, stage=stage, at=loan.stage_since, who=last["who"])


async def _last_move(desk: Desk, loan: Loan) -> dict[str, Any]:
    """Return by whom (a Slack id; None: the desk itself or a file) and when the loan got to its stage."""
    last = await stage_changes(desk.session, loan.id, limit=1)
    by_id = last[0].by_id if last else None
    return {"who": (await slack_ids(desk, [by_id])).get(by_id), "at": loan.stage_since}


async def _ask(desk: Desk, loan: Loan, wanted: _Move, *, changed: bool = False) -> MoveQuestion:
    """Ask about a move. Raises Invalid (`stage_needs`) for one that would be refused."""
    found = await _lacking(desk, loan, wanted.stage)
    require_met(desk, loan, wanted.stage, found, wanted.reason)
    ends = VOCABULARY.stage(wanted.stage).ended
    return MoveQuestion(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        stage=wanted.stage,
        transition=classify_transition(loan.stage, wanted.stage),
        reason=wanted.reason,
        follow_ups=len(await follow_ups.open_of_loan(desk.session, loan.id)) if ends else 0,
        documents=len(await documents.open_items(desk.session, loan.id)) if ends else 0,
        draft_id=await drafts.save_for_confirmation(desk, wanted.draft_on(loan)),
        lacking=found.needs,
        changed=changed,
    )


async def _lacking(desk: Desk, loan: Loan, stage: str) -> Lacking:
    """Return what the loan lacks for the move; nothing for one back."""
    back = classify_transition(loan.stage, stage).kind == "back"
    return Lacking() if back else await lacking(desk, loan, stage)


async def _change(desk: Desk, named: Loan, wanted: _Move) -> StageChanged:
    from_stage, stage, reason = named.stage, wanted.stage, wanted.reason
    transition = classify_transition(from_stage, stage)
    found = await _lacking(desk, named, stage)
    overridden = require_met(desk, named, stage, found, reason)
    for check in found.held:
        decide(desk, check, "go_on", reason)
        await settle_decided(desk, check)
    change = _enter(desk, named, stage, reason)
    await quiet_periods.end(desk, named)
    if MOVES[stage].decides:
        await _record_decision(desk, named, wanted.approval)
    left = await _release_from_owner_who_left(desk, named, from_stage)
    if left is not None and not sees_unowned(desk.member, desk.workspace):
        named.owner_id, named.owner_set_at = desk.member.id, desk.now  # a loan of nobody would vanish from their sight
    if named.owner_id is None:
        await revise_ownerless(desk, [named])
    ended, ended_documents = await _close_what_is_open(desk, named, from_stage)
    passed, asked = await _end_calls_of_stages_before(desk, named)
    await follow_stage(desk, named, from_stage)
    planned = (await rule_plans.plan_for_stage(desk, named, from_stage)).planned
    views = tuple(planned_view(desk, named, each) for each in planned)
    named.stage_set_at = desk.now
    details = {"without": [need.kind for need in found.musts]} if overridden else {}
    desk.audit("stage", loan_id=named.id, subject_id=change.id, from_stage=from_stage, to_stage=stage, **details)
    undo_id = offer_undo(desk, "stage", loan_id=named.id)
    return StageChanged(
        loan=await loan_view(desk, named),
        name=(await borrowers.contact_of(desk, named.borrower_id)).name,
        from_stage=from_stage,
        transition=transition,
        reason=reason,
        ended=await follow_up_views(desk, named, [*ended, *passed]),
        ended_documents=ended_documents,
        still_open=await _still_open(desk, named, planned),
        planned=views[0] if views else None,
        also_planned=views[1:],
        next_steps=await offer_next_steps(desk, named),
        undo_id=undo_id,
        owner_left=left.name if left else None,
        lacking=found.needs,
        overridden=overridden,
        asked=await follow_up_views(desk, named, asked),
    )


@dataclass(frozen=True, slots=True)
class StageEntered:
    """What became of a loan whose stage a file changed: how many follow-ups were planned and closed, the owner who had left, and
    what the loan should have had for the stage."""

    planned: int
    closed: int
    owner_left: Member | None
    lacking: tuple[Need, ...] = ()


async def enter_by_import(desk: Desk, loan: Loan, stage: str) -> StageEntered:
    """Move a locked loan to the stage that the lender's file says."""
    from_stage = loan.stage
    found = Lacking()
    if classify_transition(from_stage, stage).kind in ("forward", "skips"):
        found = await lacking(desk, loan, stage)
    _enter(desk, loan, stage, "")
    await quiet_periods.end(desk, loan)
    loan.stage_set_at = None
    if found.held:
        await escalate_passed_over_check(desk, loan, stage)
    left = await _release_from_owner_who_left(desk, loan, from_stage)
    if loan.owner_id is None and left is None:  # of an owner who left just now, managers hear by a message of its own
        await revise_ownerless(desk, [loan])
    ended, _ = await _close_what_is_open(desk, loan, from_stage)
    passed, _ = await _end_calls_of_stages_before(desk, loan)
    await follow_stage(desk, loan, from_stage)
    ended += passed
    replanned = await rule_plans.plan_for_stage(desk, loan, from_stage)
    return StageEntered(len(replanned.planned), len(ended) + replanned.cancelled, left, found.needs)


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


@corrects_after_undo(StageChange)
async def check_may_write_off(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Raise NotAllowed (`role_missing`) if the acting member may no longer write off the loan whose write-off they undo."""
    if any(each.row.to_stage == WRITTEN_OFF for each in rows):
        require_role(desk, "write_off")


@corrects_after_undo(Loan)
async def release_after_undo(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Take loans that an Undo opened again from owners who have left meanwhile."""
    for each in rows:
        if each.before is not None and "stage" in each.before:
            await _release_from_owner_who_left(desk, each.row, each.replaced["stage"])


async def _release_from_owner_who_left(desk: Desk, loan: Loan, from_stage: str) -> Member | None:
    """Take a loan that is open again from an owner who has left the desk, and return that owner.

    A removed member keeps the loans that had ended. Open again, such a loan would be in nobody's lists.
    """
    if loan.owner_id is None or VOCABULARY.stage(from_stage).live or VOCABULARY.stage(loan.stage).ended:
        return None
    owner = await desk.session.get_one(Member, loan.owner_id)
    if owner.removed_at is None:
        return None
    loan.owner_id = loan.owner_set_at = None
    return owner


async def _close_what_is_open(desk: Desk, loan: Loan, from_stage: str) -> tuple[list[FollowUp], int]:
    """Cancel the calls that rules planned for the stage before; if the loan's stage ends it, close its follow-ups and documents.
    Return these follow-ups and how many documents."""
    open_rows = await follow_ups.open_of_loan(desk.session, loan.id)
    rows = rule_plans.cancel_of_stage(desk, open_rows, from_stage)
    if from_stage in BEFORE_PAYOUT and loan.stage == PAID_OUT:
        rows += await end_unneeded(desk, loan)
    if not VOCABULARY.stage(loan.stage).ended:
        return rows, 0
    kept = {rule.purpose for rule in cadence_of(desk).of_stage(loan.stage, from_stage) if rule.unless_open}
    ended = [row for row in open_rows if row.state == "open" and row.purpose not in kept]
    for row in ended:
        close(desk, row, "ended")
        await report_check(desk, loan, row)
    await end_appointments(desk, loan)
    if loan.stage != "written_off":  # a lender goes on to collect what it has written off
        await stop_steps(desk, loan, "ended")
    items = await documents.open_items(desk.session, loan.id)
    for item in items:
        set_state(desk, item, "ended")
    return rows + ended, len(items)


async def _end_calls_of_stages_before(desk: Desk, loan: Loan) -> tuple[list[FollowUp], list[FollowUp]]:
    """Cancel the calls of the stages before that the desk planned. Return them, and those that members planned: they stay."""
    ends = MOVES[loan.stage].ends
    if not ends or loan.next_follow_up_number == 1:
        return [], []
    rows = [row for row in await follow_ups.open_of_loan(desk.session, loan.id) if row.purpose in ends]
    ended = [row for row in rows if row.rule is not None]
    for row in ended:
        close(desk, row, "cancelled")
        await report_check(desk, loan, row)
    return ended, [row for row in rows if row.rule is None]


async def _record_decision(desk: Desk, loan: Loan, approval: Approval) -> None:
    """Write down the amount and the conditions of an approval; a refusal clears those of an earlier one."""
    approved = loan.stage == APPROVED
    amount = (approval.amount or loan.amount) if approved else None
    conditions = (approval.conditions or None) if approved else None
    known = await terms.of_loan(desk.session, loan.id)
    term_rows.write(desk, loan, *known, {"approved_amount": amount, "conditions": conditions})


async def _still_open(desk: Desk, loan: Loan, planned: Sequence[PlannedFollowUp]) -> tuple[FollowUpView, ...]:
    rows = await follow_ups.open_of_loan(desk.session, loan.id)
    new = {each.follow_up.id for each in planned}
    others = [row for row in rows if row.id not in new]
    return await follow_up_views(desk, loan, others)
