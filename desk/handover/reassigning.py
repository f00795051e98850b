"""Reassign one loan, or everything that a member has, e.g. when the member is removed."""

from collections.abc import Sequence
from dataclasses import field
from uuid import UUID

from desk.core import drafts
from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import CALLERS, require, require_role, roles_of
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.follow_ups import rescheduling
from desk.follow_ups.appointment_clashes import NO_CLASHES, Clashes, clashes_of, given_with_all, given_with_loans
from desk.follow_ups.appointments import attends, hand_over_all_appointments
from desk.follow_ups.collection_steps import hand_over_all_steps, takes_steps
from desk.follow_ups.lifecycle import acts_on, check_note
from desk.follow_ups.locking import lock_follow_up
from desk.handover import batches
from desk.handover.batches import Portion
from desk.handover.moves import HandoverCounts, count, fingerprint_of, hand_over, notify_both
from desk.loans.lookup import lock_by_id
from desk.loans.views import FollowUpView, LoanView, follow_up_view, loan_view
from desk.people import accounts
from desk.people.absences import end_all, forget_cover
from desk.people.members import acting_for, managers_for, require_caller
from desk.people.relations import require_may_act, require_responsible
from desk.people.staffing import require_may_leave
from desk.people.team import require_may_change_roles, require_other_admin, require_settled
from desk.people.views import MemberChange, view_of
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.handover.holdings import FollowUpOutline, LoanOutline
from storage.queries.messages import homes
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member, Undo


@dataclass(frozen=True, slots=True)
class Preview:
    """What `@from @to` would do. The confirm button carries `fingerprint` and `draft_id`, the draft of `why`. `appointments` go
    along, those in `clashes` although `to` has another one then."""

    from_: str
    to: str
    from_id: UUID
    to_id: UUID
    counts: HandoverCounts
    fingerprint: str
    why: str = field(repr=False)
    draft_id: UUID | None
    changed: bool = False
    appointments: int = 0
    clashes: Clashes = NO_CLASHES


@dataclass(frozen=True, slots=True)
class Reassignment:
    """What was handed over, or is being handed over by the worker (`under_way`). `loan` is the number of a single loan."""

    from_: str | None
    to: str
    counts: HandoverCounts
    why: str = field(repr=False)
    undo_id: UUID
    loan: str | None = None
    under_way: bool = False


@dataclass(frozen=True, slots=True)
class ManagerHandover:
    """A follow-up that was handed to the manager. `to` is a Slack id."""

    loan: LoanView
    follow_up: FollowUpView
    to: str
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """A member who was removed, and the appointments of theirs that clash with what the member attends who has them now."""

    change: MemberChange
    clashes: Clashes = NO_CLASHES


async def reassign_loan(desk: Desk, loan: Loan, to: Member, *, why: str) -> Reassignment:
    """Make `to` the owner of a locked loan, and the assignee of the open follow-ups that the outgoing owner has on it.

    Raises NotAllowed (`reassign_not_yours`), Invalid (`cannot_take_calls`, `already_owner`, `note_too_long`).
    """
    check_note(why)
    outgoing = (await members.by_ids(desk.session, [loan.owner_id])).get(loan.owner_id) if loan.owner_id else None
    await require_may_reassign(desk, outgoing)
    require_caller(to)
    if outgoing is not None and outgoing.id == to.id:
        raise Invalid("already_owner", who=to.slack_user_id, loan=loan.number)
    held = await holdings.open_of_loan_held_by(desk.session, loan.id, outgoing.id) if outgoing else []
    batch = new_id()
    counts = await hand_over(desk, [loan], held, outgoing, to, why=why, batch=batch)
    desk.audit("reassign", loan_id=loan.id, to=str(to.id), follow_ups=counts.follow_ups)
    await notify_both(desk, batch, outgoing, to, counts, loan)
    return Reassignment(
        from_=outgoing.slack_user_id if outgoing else None,
        to=to.slack_user_id,
        counts=counts,
        why=why,
        undo_id=offer_undo(desk, "reassign", undo_id=batch),
        loan=loan.number,
    )


async def clashes_with_loan(desk: Desk, loan: Loan, to: Member) -> Clashes:
    """Return the appointments on a loan that clash if `to` takes it over."""
    if loan.owner_id is None or loan.owner_id == to.id:
        return NO_CLASHES
    return await clashes_of(desk, await given_with_loans(desk, {loan.id: (loan.owner_id, to)}))


async def claim(desk: Desk, loan_id: UUID, version: int) -> Reassignment:
    """Make the acting member the owner of a loan that was nobody's at that version.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_loan_pressed`), Invalid (`cannot_take_calls`), Conflict
    (`claimed_already`: with who has it; `loan_changed`).
    """
    require(desk, "reassign", {"unowned"})
    require_caller(desk.member)
    loan = await lock_by_id(desk, loan_id)
    if loan.owner_id is not None:
        owner = await desk.session.get_one(Member, loan.owner_id)
        raise Conflict("claimed_already", who=owner.slack_user_id, loan=loan.number)
    if loan.version != version:
        raise Conflict("loan_changed", loan=loan.number)
    batch = new_id()
    counts = await hand_over(desk, [loan], [], None, desk.member, why="", batch=batch)
    desk.audit("reassign", loan_id=loan.id, to=str(desk.member.id), follow_ups=counts.follow_ups)
    undo_id = offer_undo(desk, "reassign", undo_id=batch)
    return Reassignment(None, desk.member.slack_user_id, counts, "", undo_id, loan=loan.number)


async def preview_all(desk: Desk, outgoing: Member, to: Member, *, why: str = "", changed: bool = False) -> Preview:
    """Return what `reassign_all` would hand over.

    Raises NotAllowed (`role_missing`), Invalid (`same_person`, `cannot_take_calls`, `note_too_long`), Conflict
    (`handover_under_way`).
    """
    await _require_manager(desk, outgoing, to)
    check_note(why)
    await require_settled(desk, outgoing)
    loans, follow_ups = await holdings.outline_of_member(desk.session, outgoing.id)
    given = await given_with_all(desk, outgoing, to)
    return Preview(
        from_=outgoing.slack_user_id,
        to=to.slack_user_id,
        from_id=outgoing.id,
        to_id=to.id,
        counts=count(desk, loans, follow_ups),
        fingerprint=fingerprint_of(loans, follow_ups),
        why=why,
        draft_id=await drafts.save_for_confirmation(desk, {"why": why}),
        changed=changed,
        appointments=len(given),
        clashes=await clashes_of(desk, given),
    )


async def reassign_all(
    desk: Desk, outgoing: Member, to: Member, *, fingerprint: str, draft_id: UUID | None = None
) -> Reassignment | Preview:
    """Hand over all live loans and open follow-ups, or return a new preview if they changed since `fingerprint`.

    Many are left to the worker. Raises as `preview_all` does, and NotFound (`draft_gone`).
    """
    await _require_manager(desk, outgoing, to)
    why = (await drafts.take_confirmed(desk, draft_id))["why"] if draft_id else ""
    holding = await _held_by(desk, outgoing)
    if fingerprint_of(holding.loans, holding.follow_ups) != fingerprint:
        return await preview_all(desk, outgoing, to, why=why, changed=True)
    batch = new_id()
    counts = await _hand_over_all(desk, "reassign_all", holding, outgoing, to, why=why, batch=batch)
    desk.audit("reassign_all", subject_id=outgoing.id, to=str(to.id), loans=counts.loans, follow_ups=counts.follow_ups)
    return Reassignment(
        from_=outgoing.slack_user_id,
        to=to.slack_user_id,
        counts=counts,
        why=why,
        undo_id=offer_undo(desk, "reassign_all", undo_id=batch),
        under_way=isinstance(holding, _Many),
    )


async def hand_to_manager(desk: Desk, follow_up_id: UUID, version: int) -> ManagerHandover:
    """Make the assignee's manager the assignee, who is reminded at once or when their work begins.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`, `follow_up_changed`), Invalid (`nobody_to_assign`;
    `acts_already`: the acting member acts for the absent assignee, who has the call again when they are back).
    """
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "hand_to_manager", row, loan)
    assignee = (await members.by_ids(desk.session, [row.assignee_id]))[row.assignee_id]
    acting = await acting_for(desk, assignee, acts_on(desk, row, assignee))
    if desk.member.id == acting.id != assignee.id:
        raise Invalid("acts_already", who=assignee.slack_user_id)
    managers = [m for m in await managers_for(desk, assignee) if m.id != assignee.id and roles_of(m) & set(CALLERS)]
    if not managers:
        raise Invalid("nobody_to_assign")
    manager = managers[0]
    undo_id = new_id()
    await hand_over(desk, [], [row], assignee, manager, why="", batch=undo_id)
    desk.audit("hand_over", loan_id=loan.id, subject_id=row.id, to=str(manager.id))
    await desk.session.flush()
    return ManagerHandover(
        loan=await loan_view(desk, loan),
        follow_up=follow_up_view(desk, loan, row, manager),
        to=manager.slack_user_id,
        undo_id=offer_undo(desk, "hand_over", loan_id=loan.id, undo_id=undo_id),
    )


async def remove_member(desk: Desk, outgoing: Member, to: Member) -> MemberRemoved:
    """End a membership, and reassign the member's loans and open follow-ups to `to`; many are left to the worker.

    Raises NotAllowed (`role_missing`, `admin_only`, `member_of_others`, `team_of_others`), Invalid (`same_person`, `last_admin`,
    `cannot_take_calls`), Conflict (`handover_under_way`).
    """
    require_role(desk, "remove_member")
    require_may_change_roles(desk, roles_of(outgoing))
    await require_may_leave(desk, outgoing)
    await require_other_admin(desk, outgoing)
    _require_other(outgoing, to)
    holding = await _held_by(desk, outgoing)
    has_any = holding.loans or holding.follow_ups
    if has_any or await attends(desk, outgoing) or await takes_steps(desk, outgoing):
        require_caller(to)
    clashes = await clashes_of(desk, await given_with_all(desk, outgoing, to))
    batch = new_id()
    counts = await _hand_over_all(desk, "remove_member", holding, outgoing, to, why="", batch=batch)
    track(desk, outgoing)
    outgoing.removed_at, outgoing.next_digest_at = desk.now, None
    await end_all(desk, outgoing)
    await forget_cover(desk, outgoing)
    await homes.request_check(desk.session, outgoing.id, desk.now)
    desk.audit("remove_member", subject_id=outgoing.id, to=str(to.id))
    await desk.session.flush()
    await rescheduling.for_members(desk, [outgoing.id])
    if outgoing.account_lost_at is not None:
        await accounts.revise_notices(desk, outgoing)
    change = MemberChange(
        member=await view_of(desk, outgoing),
        undo_id=offer_undo(desk, "remove_member", undo_id=batch),
        moved=counts.follow_ups,
        loans=counts.loans,
        acting=to.slack_user_id,
        moving=isinstance(holding, _Many),
    )
    return MemberRemoved(change, clashes)


@dataclass(frozen=True, slots=True)
class _Few:
    """What a member has, locked."""

    loans: Sequence[Loan]
    follow_ups: Sequence[FollowUp]


@dataclass(frozen=True, slots=True)
class _Many:
    """In outline, what a member has that is too much to hand over at once."""

    loans: Sequence[LoanOutline]
    follow_ups: Sequence[FollowUpOutline]


async def _held_by(desk: Desk, outgoing: Member) -> _Few | _Many:
    outline = await holdings.outline_of_member(desk.session, outgoing.id)
    if batches.are_many(*outline):
        # No loan is locked: of two handovers that are confirmed at once, the second waits here for the first.
        await members.lock(desk.session, outgoing.id)
        await require_settled(desk, outgoing)
        return _Many(*outline)
    await require_settled(desk, outgoing)
    return _Few(*await holdings.of_member(desk.session, outgoing.id, lock=True))


async def _hand_over_all(
    desk: Desk, act: str, holding: _Few | _Many, outgoing: Member, to: Member, *, why: str, batch: UUID
) -> HandoverCounts:
    await hand_over_all_appointments(desk, outgoing, to)
    await hand_over_all_steps(desk, outgoing, [(to, ())])
    if isinstance(holding, _Many):
        portion = Portion(to, holding.loans, holding.follow_ups)
        batches.leave_to_worker(desk, act, outgoing, [portion], why=why, batch=batch)
        return count(desk, holding.loans, holding.follow_ups)
    counts = await hand_over(desk, holding.loans, holding.follow_ups, outgoing, to, why=why, batch=batch)
    await notify_both(desk, batch, outgoing, to, counts)
    return counts


@corrects_after_undo(Loan, FollowUp)
async def require_may_take_back(desk: Desk, undo: Undo, rows: Sequence[UndoneRow]) -> None:
    """Raise NotAllowed (`others_may_act`) unless the acting member may still do the act whose Undo gives these back.

    What the worker gave in batches `batches` asks about.
    """
    if undo.act not in batches.GIVES or undo.undone_at is not None:
        return
    ids: set[UUID | None] = {each.row.owner_id if isinstance(each.row, Loan) else each.row.assignee_id for each in rows}
    for member in (await members.by_ids(desk.session, filter(None, ids))).values():
        await require_responsible(desk, undo.act, member)


async def require_may_reassign(desk: Desk, outgoing: Member | None) -> None:
    """Raise NotAllowed (`others_may_act`) unless the acting member may reassign what `outgoing` has."""
    if outgoing is None:
        require(desk, "reassign", {"unowned"})
        return
    await require_responsible(desk, "reassign", outgoing)


async def _require_manager(desk: Desk, outgoing: Member, to: Member) -> None:
    await require_responsible(desk, "reassign_all", outgoing)
    _require_other(outgoing, to)
    require_caller(to)


def _require_other(outgoing: Member, to: Member) -> None:
    if outgoing.id == to.id:
        raise Invalid("same_person")
