"""Use cases of one follow-up: plan it, move it, finish it, cancel it."""

from dataclasses import field
from datetime import date, datetime
from uuid import UUID

from desk.core import drafts
from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Ambiguous, Conflict, Invalid, NotFound
from desk.core.permissions import require_role, roles_of
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef, PersonRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import chasing, lifecycle
from desk.follow_ups.assignees import assignee_of_next
from desk.follow_ups.calls_after_pickup import follow_pickup
from desk.follow_ups.chasing import Paper
from desk.follow_ups.lifecycle import PlannedFollowUp, due_of
from desk.follow_ups.locking import follow_up_name, lock_follow_up, require_open
from desk.follow_ups.next_steps import NextSteps, offer_next_steps
from desk.follow_ups.rule_plans import follow_on
from desk.follow_ups.verification_notices import report_check
from desk.loans import lookup
from desk.loans.views import (
    FollowUpView,
    LoanView,
    PlannedView,
    follow_up_view,
    follow_up_views,
    loan_view,
    planned_view,
)
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import find_member, require_caller, zone_of
from desk.people.relations import require_may_act
from desk.rules.working_time import local_date
from storage.queries.follow_ups import follow_ups
from storage.tables import FollowUp, Loan, Member


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A follow-up that was planned, or moved when `moved`. `others` are what else is open on the loan, most urgent first."""

    loan: LoanView
    planned: PlannedView
    undo_id: UUID
    note: str = field(default="", repr=False)
    moved: bool = False
    others: tuple[FollowUpView, ...] = ()


@dataclass(frozen=True, slots=True)
class SamePlan:
    """A follow-up with the same purpose is open for the same day. `draft_id` is the draft of the one that was not planned."""

    loan: LoanView
    there: FollowUpView
    draft_id: UUID


@dataclass(frozen=True, slots=True)
class CloseResult:
    """A follow-up that was finished or cancelled, and next steps when its live loan has no other.

    `chase` asks for documents that are due later than what was closed; `unasked` are those that no call asks for now.
    `planned` are the calls that rules planned after it.
    """

    loan: LoanView
    follow_up: FollowUpView
    why: str = field(repr=False)
    chase: PlannedView | None
    unasked: tuple[Paper, ...]
    next_steps: NextSteps | None
    undo_id: UUID
    planned: tuple[PlannedView, ...] = ()


async def assign_unless_there(
    desk: Desk, *, loan: LoanRef, who: PersonRef | None, due: Due, purpose: str | None, note: str
) -> PlanResult | SamePlan:
    """Plan a follow-up as `assign_follow_up` does, or ask first when one with the same purpose is open for the same day.

    For people: a rule, a file or another program is not asked. Raises as `assign_follow_up` does.
    """
    require_role(desk, "plan_follow_up")
    row = await _without_follow_up(desk, loan)
    meant = purpose or VOCABULARY.stage(row.stage).purpose
    rows = await follow_ups.open_of_loan(desk.session, row.id)
    same = [each for each in rows if each.purpose == meant and each.due_on == due.on]
    if not same:
        return await _assign(desk, row, who=who, due=due, purpose=meant, note=note)
    lifecycle.check_note(note)
    assignee = await find_member(desk, who) if who else await _default_assignee(desk, row)
    require_caller(assignee)
    draft = {
        "loan": row.number,
        "who": assignee.slack_user_id,
        "on": due.on.isoformat(),
        "at": due.at.isoformat() if due.at else None,
        "purpose": meant,
        "note": note,
    }
    (there,) = await follow_up_views(desk, row, same[:1])
    return SamePlan(await loan_view(desk, row), there, await drafts.save_for_confirmation(desk, draft))


async def assign_another(desk: Desk, draft_id: UUID) -> PlanResult:
    """Plan a follow-up although one with the same purpose is open for that day, once the member has confirmed it.

    Raises as `assign_follow_up` does, and NotFound (`draft_gone`), Invalid (`offer_past`).
    """
    require_role(desk, "plan_follow_up")
    draft = await drafts.take_confirmed(desk, draft_id)
    at = datetime.fromisoformat(draft["at"]) if draft["at"] else None
    if at is not None and at <= desk.now:
        raise Invalid("offer_past", given=at)
    return await assign_follow_up(
        desk,
        loan=LoanRef(whole=draft["loan"], text=draft["loan"]),
        who=PersonRef(slack_id=draft["who"]),
        due=Due(on=date.fromisoformat(draft["on"]), at=at),
        purpose=draft["purpose"],
        note=draft["note"],
    )


async def assign_follow_up(
    desk: Desk, *, loan: LoanRef, who: PersonRef | None, due: Due, purpose: str | None, note: str
) -> PlanResult:
    """Plan a follow-up for `who`: by default the acting member, or the loan's owner when a manager acts.

    Raises NotAllowed (`role_missing`), Invalid (`follow_up_is_there`, `cannot_take_calls`), NotFound, Ambiguous, and what
    `lifecycle.plan` raises.
    """
    require_role(desk, "plan_follow_up")
    row = await _without_follow_up(desk, loan)
    meant = purpose or VOCABULARY.stage(row.stage).purpose
    return await _assign(desk, row, who=who, due=due, purpose=meant, note=note)


async def _without_follow_up(desk: Desk, ref: LoanRef) -> Loan:
    """Return the loan. Raises Invalid (`follow_up_is_there`) if one of its follow-ups is named."""
    target = await lookup.resolve(desk, ref)
    if target.follow_up is not None:
        name = follow_up_name(target.loan, target.follow_up)
        raise Invalid("follow_up_is_there", given=name, number=target.follow_up.number)
    return target.loan


async def _assign(desk: Desk, row: Loan, *, who: PersonRef | None, due: Due, purpose: str, note: str) -> PlanResult:
    assignee = await find_member(desk, who) if who else await _default_assignee(desk, row)
    require_caller(assignee)
    planned = await lifecycle.plan(desk, row, purpose=purpose, assignee=assignee, due=due, note=note)
    follow_up = planned.follow_up
    desk.audit("follow_up", loan_id=row.id, subject_id=follow_up.id, purpose=purpose, assignee=str(assignee.id))
    await desk.session.flush()
    if planned.acting.id != desk.member.id:
        await queue_notice(
            desk,
            kind=kinds.ASSIGNED,
            key=f"assigned:{follow_up.id}",
            to=planned.acting,
            about_loan_id=row.id,
            items=[follow_up],
            facts={"by": str(desk.member.id), "assignee": str(assignee.id)},
        )
    return await _plan_result(desk, row, planned, "follow_up", note=note)


async def plan_offered(desk: Desk, loan_id: UUID, due: Due, purpose: str, *, next_number: int) -> PlanResult:
    """Plan an offered next step, unless something was planned on the loan since the offer (`next_number`).

    Raises NotFound (`unknown_loan_pressed`), NotAllowed (`role_missing`), Conflict (`planned_since`), Invalid
    (`offer_past`), and what `lifecycle.plan` raises.
    """
    require_role(desk, "plan_offered")
    loan = await lookup.lock_by_id(desk, loan_id)
    if loan.next_follow_up_number != next_number:
        raise Conflict("planned_since", loan=loan.number)
    if due.at is not None and due.at <= desk.now:
        raise Invalid("offer_past", given=due.at)
    rows = await follow_ups.open_of_loan(desk.session, loan.id)
    by_rule = next((row for row in rows if row.rule is not None and row.purpose == purpose), None)
    if by_rule is not None:  # a time chosen by a member takes the place of the rule's
        await require_may_act(desk, "close_follow_up", by_rule, loan)
        lifecycle.close(desk, by_rule, "cancelled")
    assignee = await assignee_of_next(desk, loan, by_rule)
    planned = await lifecycle.plan(desk, loan, purpose=purpose, assignee=assignee, due=due)
    desk.audit("follow_up", loan_id=loan.id, subject_id=planned.follow_up.id)
    return await _plan_result(desk, loan, planned, "follow_up")


async def move_follow_up(desk: Desk, *, loan: LoanRef, due: Due) -> PlanResult:
    """Move a follow-up; a date alone keeps the agreed time of day.

    Raises what `close_follow_up` and `lifecycle.move` raise.
    """
    return await _move(desk, *await _find(desk, "move_follow_up", loan), due)


async def move_to_fit(desk: Desk, follow_up_id: UUID, version: int, at: datetime) -> PlanResult:
    """Move a follow-up to the suggested minute, when its assignee works and borrowers may be called.

    Raises NotAllowed (`role_missing`, `others_may_act`), Invalid (`offer_past`), and what `lock_follow_up` and
    `lifecycle.move` raise.
    """
    require_role(desk, "fit_follow_up")
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "fit_follow_up", row, loan)
    if at <= desk.now:
        raise Invalid("offer_past", given=at)
    assignee = await desk.session.get_one(Member, row.assignee_id)
    return await _move(desk, loan, row, Due(on=local_date(at, zone_of(desk, assignee)), at=at))


async def finish_follow_up(desk: Desk, follow_up_id: UUID, version: int) -> CloseResult:
    """Finish a follow-up. Raises NotAllowed (`others_may_act`), and what `lock_follow_up` raises."""
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "close_follow_up", row, loan)
    return await _close(desk, loan, row, "done", "")


async def cancel_follow_up(desk: Desk, follow_up_id: UUID, version: int) -> CloseResult:
    """Cancel a follow-up that is not needed any more. Raises as `finish_follow_up` does."""
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "close_follow_up", row, loan)
    return await _close(desk, loan, row, "cancelled", "")


async def close_follow_up(desk: Desk, *, loan: LoanRef, state: str, why: str) -> CloseResult:
    """Finish (`done`) or cancel (`cancelled`) a follow-up.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`), NotFound (`no_open_follow_up`), Ambiguous.
    """
    return await _close(desk, *await _find(desk, "close_follow_up", loan), state, why)


async def _move(desk: Desk, loan: Loan, row: FollowUp, due: Due) -> PlanResult:
    was = due_of(row)
    planned = await lifecycle.move(desk, row, due, assignee=await desk.session.get_one(Member, row.assignee_id))
    row.rule = None  # a person placed it: no rule moves or cancels it any more
    planned = await lifecycle.with_time_checked(desk, loan, planned)
    desk.audit("move", loan_id=loan.id, subject_id=row.id, was=was.code, to=due_of(row).code)
    await desk.session.flush()
    return await _plan_result(desk, loan, planned, "move")


async def _close(desk: Desk, loan: Loan, row: FollowUp, state: str, why: str) -> CloseResult:
    lifecycle.close(desk, row, state, why=why)
    await report_check(desk, loan, row)
    about_documents = row.purpose == chasing.PURPOSE
    chase = await chasing.continue_after(desk, loan, row, asked_until=due_of(row)) if about_documents else None
    following = await follow_on(desk, loan, row, None) if state == "done" else ()
    following += await follow_pickup(desk, loan, row.purpose)
    desk.audit(state, loan_id=loan.id, subject_id=row.id)
    await desk.session.flush()
    return CloseResult(
        loan=await loan_view(desk, loan),
        follow_up=follow_up_view(desk, loan, row, await desk.session.get_one(Member, row.assignee_id)),
        why=why,
        chase=planned_view(desk, loan, chase) if chase else None,
        unasked=await chasing.papers_of(desk, loan, row) if about_documents else (),
        planned=tuple(planned_view(desk, loan, each) for each in following),
        next_steps=await offer_next_steps(desk, loan),
        undo_id=offer_undo(desk, state, loan_id=loan.id),
    )


async def _plan_result(desk: Desk, loan: Loan, planned: PlannedFollowUp, act: str, note: str = "") -> PlanResult:
    rows = await follow_ups.open_of_loan(desk.session, loan.id)
    return PlanResult(
        loan=await loan_view(desk, loan),
        planned=planned_view(desk, loan, planned),
        undo_id=offer_undo(desk, act, loan_id=loan.id),
        note=note,
        moved=act == "move",
        others=await follow_up_views(desk, loan, [row for row in rows if row.id != planned.follow_up.id]),
    )


async def _default_assignee(desk: Desk, loan: Loan) -> Member:
    if "manager" in roles_of(desk.member) and loan.owner_id is not None:
        owner = await desk.session.get_one(Member, loan.owner_id)
        if owner.removed_at is None:
            return owner
    return desk.member


async def _find(desk: Desk, act: str, ref: LoanRef) -> tuple[Loan, FollowUp]:
    """Return the named follow-up, or the acting member's only open one on the loan, if they may do `act` with it."""
    target = await lookup.resolve(desk, ref)
    row = target.follow_up or await _only_own(desk, target.loan, ref)
    await require_open(desk, target.loan, row)
    await require_may_act(desk, act, row, target.loan)
    return target.loan, row


async def _only_own(desk: Desk, loan: Loan, ref: LoanRef) -> FollowUp:
    rows = await follow_ups.open_of_loan(desk.session, loan.id)
    own = [row for row in rows if row.assignee_id == desk.member.id]
    if len(own) == 1:
        return own[0]
    if not rows:
        raise NotFound("no_open_follow_up", loan=loan.number)
    choices = await follow_up_views(desk, loan, own or rows)
    raise Ambiguous("which_follow_up", given=ref.text, loan=loan.number, choices=choices)
