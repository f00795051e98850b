"""Reassign one loan, or everything that a member has, e.g. when the member is removed."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from desk.core import drafts
from desk.core.changes import decode, offer_undo, track
from desk.core.errors import Invalid
from desk.core.permissions import CALLERS, allows, refusal, require, require_role, roles_of
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, allow_partial_undo, corrects_after_undo
from desk.core.values import LoanRef
from desk.follow_ups import rescheduling
from desk.follow_ups.lifecycle import acts_on, check_note, reschedule
from desk.follow_ups.locking import lock_follow_up
from desk.loans.lookup import resolve
from desk.loans.views import FollowUpView, LoanView, follow_up_view, loan_view
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people import accounts
from desk.people.calendars import calendar_of
from desk.people.members import acting_for, managers_for, require_caller, require_may_act, stand_ins_for
from desk.people.team import MemberChange, require_may_change_roles, require_other_admin, view_of
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.messages import homes, notices
from storage.queries.people import members
from storage.tables import Assignment, FollowUp, Loan, Member, Notice, Undo


@dataclass(frozen=True, slots=True)
class HandoverCounts:
    """What is, or would be, handed over: loans (also by stage), open follow-ups, and how many of these are late."""

    stages: tuple[tuple[str, int], ...]
    loans: int
    follow_ups: int
    late: int

    def facts(self) -> dict[str, int]:
        """Return the counts as a notice stores them."""
        return {"loans": self.loans, "follow_ups": self.follow_ups, "late": self.late}


@dataclass(frozen=True, slots=True)
class Preview:
    """What `@from @to` would do. The confirm button carries `fingerprint` and `draft_id`, the draft of `why`."""

    from_: str
    to: str
    from_id: UUID
    to_id: UUID
    counts: HandoverCounts
    fingerprint: str
    why: str = field(repr=False)
    draft_id: UUID | None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Reassignment:
    """What was handed over. `loan` is the number of a single loan."""

    from_: str | None
    to: str
    counts: HandoverCounts
    why: str = field(repr=False)
    undo_id: UUID
    loan: str | None = None


@dataclass(frozen=True, slots=True)
class ManagerHandover:
    """A follow-up that was handed to the manager. `to` is a Slack id."""

    loan: LoanView
    follow_up: FollowUpView
    to: str
    undo_id: UUID


async def reassign_loan(desk: Desk, ref: LoanRef, to: Member, *, why: str) -> Reassignment:
    """Make `to` the owner of a loan, and the assignee of the open follow-ups that the outgoing owner has on it.

    Raises NotAllowed (`reassign_not_yours`), Invalid (`cannot_take_calls`, `already_owner`, `note_too_long`).
    """
    check_note(why)
    loan = (await resolve(desk, ref)).loan
    outgoing = (await members.by_ids(desk.session, [loan.owner_id])).get(loan.owner_id) if loan.owner_id else None
    await require_may_reassign(desk, outgoing)
    require_caller(to)
    if outgoing is not None and outgoing.id == to.id:
        raise Invalid("already_owner", who=to.slack_user_id, loan=loan.number)
    held = await holdings.open_of_loan_held_by(desk.session, loan.id, outgoing.id) if outgoing else []
    batch = new_id()
    counts = await hand_over(desk, [loan], held, outgoing, to, why=why, batch=batch)
    desk.audit("reassign", loan_id=loan.id, to=str(to.id), follow_ups=counts.follow_ups)
    await _notify_both(desk, batch, outgoing, to, counts, loan)
    return Reassignment(
        from_=outgoing.slack_user_id if outgoing else None,
        to=to.slack_user_id,
        counts=counts,
        why=why,
        undo_id=offer_undo(desk, "reassign", undo_id=batch),
        loan=loan.number,
    )


async def preview_all(desk: Desk, outgoing: Member, to: Member, *, why: str = "", changed: bool = False) -> Preview:
    """Return what `reassign_all` would hand over.

    Raises NotAllowed (`role_missing`), Invalid (`same_person`, `cannot_take_calls`, `note_too_long`).
    """
    _require_manager(desk, outgoing, to)
    check_note(why)
    loans, follow_ups = await holdings.of_member(desk.session, outgoing.id, lock=False)
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
    )


async def reassign_all(
    desk: Desk, outgoing: Member, to: Member, *, fingerprint: str, draft_id: UUID | None = None
) -> Reassignment | Preview:
    """Hand over all live loans and open follow-ups, or return a new preview if they changed since `fingerprint`.

    Raises as `preview_all` does, and NotFound (`draft_gone`).
    """
    _require_manager(desk, outgoing, to)
    why = (await drafts.take_confirmed(desk, draft_id))["why"] if draft_id else ""
    loans, follow_ups = await holdings.of_member(desk.session, outgoing.id, lock=True)
    if fingerprint_of(loans, follow_ups) != fingerprint:
        return await preview_all(desk, outgoing, to, why=why, changed=True)
    batch = new_id()
    counts = await hand_over(desk, loans, follow_ups, outgoing, to, why=why, batch=batch)
    desk.audit("reassign_all", subject_id=outgoing.id, to=str(to.id), loans=counts.loans, follow_ups=counts.follow_ups)
    await _notify_both(desk, batch, outgoing, to, counts)
    undo_id = offer_undo(desk, "reassign", undo_id=batch)
    return Reassignment(from_=outgoing.slack_user_id, to=to.slack_user_id, counts=counts, why=why, undo_id=undo_id)


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


async def remove_member(desk: Desk, outgoing: Member, to: Member) -> MemberChange:
    """End a membership, and reassign the member's loans and open follow-ups to `to`.

    Raises NotAllowed (`role_missing`, `admin_only`), Invalid (`same_person`, `last_admin`, `cannot_take_calls`).
    """
    require_role(desk, "remove_member")
    require_may_change_roles(desk, roles_of(outgoing))
    await require_other_admin(desk, outgoing)
    _require_other(outgoing, to)
    loans, follow_ups = await holdings.of_member(desk.session, outgoing.id, lock=True)
    if loans or follow_ups:
        require_caller(to)
    batch = new_id()
    counts = await hand_over(desk, loans, follow_ups, outgoing, to, why="", batch=batch)
    await _notify_both(desk, batch, outgoing, to, counts)
    track(desk, outgoing)
    outgoing.removed_at, outgoing.next_digest_at = desk.now, None
    outgoing.absent_from = outgoing.absent_until = outgoing.cover_id = None
    for covered in await members.away(desk.session, desk.workspace.id):
        if covered.cover_id == outgoing.id:
            track(desk, covered).cover_id = None
    await homes.request_check(desk.session, outgoing.id, desk.now)
    desk.audit("remove_member", subject_id=outgoing.id, to=str(to.id))
    await desk.session.flush()
    await rescheduling.for_members(desk, [outgoing.id])
    if outgoing.account_lost_at is not None:
        await accounts.revise_notices(desk, outgoing)
    return MemberChange(
        member=await view_of(desk, outgoing),
        undo_id=offer_undo(desk, "remove_member", undo_id=batch),
        moved=counts.follow_ups,
        loans=counts.loans,
        acting=to.slack_user_id,
    )


async def hand_over(
    desk: Desk,
    loans: Sequence[Loan],
    follow_ups: Sequence[FollowUp],
    outgoing: Member | None,
    to: Member,
    *,
    why: str,
    batch: UUID,
) -> HandoverCounts:
    """Make `to` the owner of the loans and the assignee of the follow-ups; the caller checks rights and notifies."""
    counts = count(desk, loans, follow_ups)
    calendar = await calendar_of(desk)
    stand_ins = await stand_ins_for(desk, [to])
    for loan in loans:
        track(desk, loan)
        loan.owner_id, loan.owner_set_at = to.id, desk.now
        desk.add(_assignment(desk, loan.id, None, outgoing, to, why, batch))
    for follow_up in follow_ups:
        track(desk, follow_up)
        follow_up.assignee_id, follow_up.announced_for = to.id, None
        acting = stand_ins.acting(to, acts_on(desk, follow_up, to))
        reschedule(desk, follow_up, acting, calendar, announce_again=True)
        desk.add(_assignment(desk, follow_up.loan_id, follow_up.id, outgoing, to, "", batch))
    return counts


def _assignment(
    desk: Desk, loan_id: UUID, follow_up_id: UUID | None, outgoing: Member | None, to: Member, why: str, batch: UUID
) -> Assignment:
    row_id = new_id()
    return Assignment(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan_id,
        follow_up_id=follow_up_id,
        from_id=outgoing.id if outgoing else None,
        to_id=to.id,
        by_id=desk.actor.id if desk.actor else None,
        why_cipher=desk.cipher.encrypt_optional(Assignment.why_cipher, row_id, why),
        batch_id=batch,
        at=desk.now,
    )


def count(desk: Desk, loans: Sequence[Loan], follow_ups: Sequence[FollowUp]) -> HandoverCounts:
    """Count what is handed over."""
    return HandoverCounts(
        stages=tuple(Counter(loan.stage for loan in loans).most_common()),
        loans=len(loans),
        follow_ups=len(follow_ups),
        late=sum(follow_up.late_at < desk.now for follow_up in follow_ups),
    )


def fingerprint_of(loans: Sequence[Loan], follow_ups: Sequence[FollowUp], *more: str) -> str:
    """Return a hash that differs when a row or one of the words in `more` has changed."""
    parts = [*(f"{row.id}:{row.version}" for row in (*loans, *follow_ups)), *more]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


async def require_may_reassign(desk: Desk, outgoing: Member | None) -> None:
    """Raise NotAllowed (`others_may_act`) unless the acting member may reassign what `outgoing` has."""
    if outgoing is None:
        require(desk, "reassign", {"unowned"})
        return
    if allows(desk.member, "reassign", {"own"} if outgoing.id == desk.member.id else ()):
        return
    allowed = (outgoing, *await managers_for(desk, outgoing))
    raise refusal("reassign", who=tuple(each.slack_user_id for each in allowed))


def _require_manager(desk: Desk, outgoing: Member, to: Member) -> None:
    require_role(desk, "reassign_all")
    _require_other(outgoing, to)
    require_caller(to)


def _require_other(outgoing: Member, to: Member) -> None:
    if outgoing.id == to.id:
        raise Invalid("same_person")


allow_partial_undo("reassign", "remove_member")


@corrects_after_undo(Loan, FollowUp)
async def update_notices(desk: Desk, undo: Undo, rows: Sequence[UndoneRow]) -> None:
    """Update the messages to the members between whom an undone handover moved loans or follow-ups."""
    if undo.act not in ("reassign", "remove_member"):
        return
    concerned: set[UUID] = set()
    for each in rows:
        name = "owner_id" if isinstance(each.row, Loan) else "assignee_id"
        if each.before is not None and name in each.before:
            concerned.update(filter(None, (decode(each.replaced[name]), decode(each.before[name]))))
    keys = [notice_key(undo.id, member_id) for member_id in concerned]
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, keys)
    for notice_id in told.values():  # what Undo needed is deleted in minutes, and a message may be rewritten later
        notice = await desk.session.get_one(Notice, notice_id)
        notice.facts = {**notice.facts, "undone": True}
        desk.add(notice)
    await desk.session.flush()
    await notices.touch(desk.session, told.values(), desk.now)


def notice_key(batch: UUID, member_id: UUID) -> str:
    """Return the key of the one message about a handover to a member who gave or received."""
    return f"reassigned:{batch}:{member_id}"


async def _notify_both(
    desk: Desk, batch: UUID, outgoing: Member | None, to: Member, counts: HandoverCounts, loan: Loan | None = None
) -> None:
    if not (counts.loans or counts.follow_ups):
        return
    if outgoing is not None:
        await notify(desk, batch, outgoing, counts, gained=False, other_id=to.id, loan=loan)
    await notify(desk, batch, to, counts, gained=True, other_id=outgoing.id if outgoing else None, loan=loan)


async def notify(
    desk: Desk,
    batch: UUID,
    member: Member,
    counts: HandoverCounts,
    *,
    gained: bool,
    other_id: UUID | None,
    loan: Loan | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Send a member who gave or received one message about a handover, with `more` facts; the acting member gets none."""
    if member.id == desk.member.id:
        return
    await queue_notice(
        desk,
        kind=kinds.REASSIGNED,
        key=notice_key(batch, member.id),
        to=member,
        about_loan_id=loan.id if loan else None,
        about_member_id=other_id,
        facts={"gained": gained, "by": str(desk.member.id), "undo": str(batch), **(more or {}), **counts.facts()},
    )
