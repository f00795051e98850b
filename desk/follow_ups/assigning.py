"""Follow-ups by hand: assigned, moved, finished, cancelled."""

from dataclasses import dataclass, field
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.errors import Ambiguous, Invalid, NotFound
from desk.core.permissions import require_role, roles_of
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef, PersonRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import follow_ups
from desk.follow_ups.locking import name_of, pressed, require_open
from desk.follow_ups.next_steps import Unplanned, unplanned
from desk.loans.lookup import LoanMatch, resolve
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_view, loan_view, planned_view
from desk.messages import kinds
from desk.messages.notices import owe_to_member
from desk.people.members import find_member, require_caller, require_may_act
from storage.queries.follow_ups import follow_ups as stored
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member


@dataclass(frozen=True, slots=True)
class Assigned:
    """A follow-up that was planned, or moved when `moved`."""

    loan: LoanView
    planned: PlannedView
    note: str = field(repr=False)
    undo_id: UUID
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """A follow-up that was finished or cancelled. `unplanned` has next steps where its loan, a live one, has no other."""

    loan: LoanView
    follow_up: FollowUpView
    why: str = field(repr=False)
    unplanned: Unplanned | None
    undo_id: UUID


async def assign_follow_up(
    desk: Desk, *, loan: LoanRef, who: PersonRef | None, due: Due, purpose: str | None, note: str
) -> Assigned:
    """Plans a call. Left out, `who` is whoever types; in a manager's or admin's line the loan's owner.

    Raises NotAllowed (`role_missing`), Invalid (`follow_up_is_there`, `cannot_take_calls`, and what
    `desk.follow_ups.follow_ups.plan` refuses), NotFound, Ambiguous.
    """
    require_role(desk, "plan_follow_up")
    meant = await resolve(desk, loan)
    if meant.follow_up is not None:
        raise Invalid("follow_up_is_there", given=name_of(meant.loan, meant.follow_up), number=meant.follow_up.number)
    named = meant.loan
    assignee = await find_member(desk, who) if who else await _default_assignee(desk, named)
    require_caller(assignee)
    about = purpose or VOCABULARY.stage(named.stage).purpose
    planned = await follow_ups.plan(desk, named, purpose=about, assignee=assignee, due=due, note=note)
    row = planned.follow_up
    desk.audit("follow_up", loan_id=named.id, subject_id=row.id, purpose=about, assignee=str(assignee.id))
    await desk.session.flush()
    if planned.acting.id != desk.member.id:
        await owe_to_member(
            desk,
            kind=kinds.ASSIGNED,
            key=f"assigned:{row.id}",
            member=planned.acting,
            about_loan_id=named.id,
            items=[row],
            facts={"by": str(desk.member.id), "assignee": str(assignee.id)},
        )
    return Assigned(
        loan=await loan_view(desk, named),
        planned=planned_view(desk, named, planned),
        note=note,
        undo_id=offer_undo(desk, "follow_up", loan_id=named.id),
    )


async def done_pressed(desk: Desk, follow_up_id: UUID, version: int) -> Closed:
    """Finishes the follow-up of a button. Raises NotAllowed (`others_may_act`), and as `desk.follow_ups.locking.pressed` does."""
    shown = await pressed(desk, follow_up_id, version)
    await require_may_act(desk, "close_follow_up", shown.follow_up, shown.loan)
    return await _closed(desk, shown.loan, shown.follow_up, "done", "")


async def close_follow_up(desk: Desk, *, loan: LoanRef, state: str, why: str) -> Closed:
    """Finishes (`done`) or cancels (`cancelled`) a follow-up.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`), NotFound (`no_open_follow_up`), Ambiguous.
    """
    named, row = await _meant(desk, "close_follow_up", loan)
    return await _closed(desk, named, row, state, why)


async def _closed(desk: Desk, named: Loan, row: FollowUp, state: str, why: str) -> Closed:
    follow_ups.close(desk, row, state, why=why)
    desk.audit(state, loan_id=named.id, subject_id=row.id)
    await desk.session.flush()
    assignee = (await members.by_ids(desk.session, [row.assignee_id]))[row.assignee_id]
    return Closed(
        loan=await loan_view(desk, named),
        follow_up=follow_up_view(desk, named, row, assignee),
        why=why,
        unplanned=await unplanned(desk, named),
        undo_id=offer_undo(desk, state, loan_id=named.id),
    )


async def move_follow_up(desk: Desk, *, loan: LoanRef, due: Due) -> Assigned:
    """Moves a follow-up; a date alone keeps the time of day that was agreed.

    Raises what `close_follow_up` raises, and what `desk.follow_ups.follow_ups.move` refuses.
    """
    named, row = await _meant(desk, "move_follow_up", loan)
    assignee = (await members.by_ids(desk.session, [row.assignee_id]))[row.assignee_id]
    planned = await follow_ups.move(desk, row, due, assignee=assignee)
    desk.audit("move", loan_id=named.id, subject_id=row.id)
    await desk.session.flush()
    return Assigned(
        loan=await loan_view(desk, named),
        planned=planned_view(desk, named, planned),
        note="",
        undo_id=offer_undo(desk, "move", loan_id=named.id),
        moved=True,
    )


async def _default_assignee(desk: Desk, loan: Loan) -> Member:
    if roles_of(desk.member) & {"manager", "admin"} and loan.owner_id is not None:
        owner = (await members.by_ids(desk.session, [loan.owner_id]))[loan.owner_id]
        if owner.removed_at is None:
            return owner
    return desk.member


async def _meant(desk: Desk, act: str, ref: LoanRef) -> tuple[Loan, FollowUp]:
    """The follow-up that was named, or the only open one that the acting member holds."""
    named: LoanMatch = await resolve(desk, ref)
    row = named.follow_up or await _only_mine(desk, named.loan)
    await require_open(desk, named.loan, row)
    await require_may_act(desk, act, row, named.loan)
    return named.loan, row


async def _only_mine(desk: Desk, loan: Loan) -> FollowUp:
    rows = await stored.open_of_loan(desk.session, loan.id)
    mine = [row for row in rows if row.assignee_id == desk.member.id]
    if len(mine) == 1:
        return mine[0]
    names = tuple(f"{loan.number}/{row.number}" for row in mine or rows)
    if not names:
        raise NotFound("no_open_follow_up", loan=loan.number)
    raise Ambiguous("which_follow_up", loan=loan.number, nearest=names)
