"""Handing over: one loan to another owner, or everything that one member has to another."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from desk.core import drafts
from desk.core.changes import offer_undo, remembered, track
from desk.core.errors import Invalid
from desk.core.permissions import allows, refusal, require, require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, allow_partial_undo, corrects_after_undo
from desk.core.values import LoanRef
from desk.follow_ups.follow_ups import acts_on, check_note, retime
from desk.loans.lookup import resolve as resolve_loan
from desk.messages import kinds
from desk.messages.notices import owe_to_member
from desk.people.calendars import calendar_of
from desk.people.members import managers_for, require_caller, stand_ins_for
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Assignment, FollowUp, Loan, Member, Undo


@dataclass(frozen=True, slots=True)
class Handed:
    """What is, or would be, handed over: loans by stage, open follow-ups, and how many of these are overdue."""

    stages: tuple[tuple[str, int], ...]
    loans: int
    follow_ups: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What `@from @to` would do. `mark` is the version of the set: Confirm carries it, and `draft_id`, which keeps `why`."""

    from_: str
    to: str
    from_id: UUID
    to_id: UUID
    handed: Handed
    mark: str
    why: str = field(repr=False)
    draft_id: UUID | None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Reassigned:
    """What was handed over, and to whom. `loan` is set when it was one loan."""

    from_: str | None
    to: str
    handed: Handed
    why: str = field(repr=False)
    undo_id: UUID
    loan: str | None = None


async def reassign_loan(desk: Desk, ref: LoanRef, to: Member, *, why: str) -> Reassigned:
    """Makes `to` the owner of a loan, with the open follow-ups that the outgoing owner held on it.

    Raises NotAllowed (`reassign_not_yours`), Invalid (`cannot_take_calls`, `already_owner`, `note_too_long`).
    """
    check_note(why)
    loan = (await resolve_loan(desk, ref)).loan
    outgoing = (await members.by_ids(desk.session, [loan.owner_id])).get(loan.owner_id) if loan.owner_id else None
    await require_may_reassign(desk, outgoing)
    require_caller(to)
    if outgoing is not None and outgoing.id == to.id:
        raise Invalid("already_owner", who=to.slack_user_id, loan=loan.number)
    held = await holdings.open_of_loan_held_by(desk.session, loan.id, outgoing.id) if outgoing else []
    batch = new_id()
    handed = await hand_over(desk, [loan], held, outgoing, to, why=why, batch=batch)
    desk.audit("reassign", loan_id=loan.id, to=str(to.id), follow_ups=handed.follow_ups)
    await _tell(desk, batch, outgoing, to, handed, loan)
    return Reassigned(
        from_=outgoing.slack_user_id if outgoing else None,
        to=to.slack_user_id,
        handed=handed,
        why=why,
        undo_id=offer_undo(desk, "reassign", undo_id=batch),
        loan=loan.number,
    )


async def preview_all(desk: Desk, outgoing: Member, to: Member, *, why: str = "", changed: bool = False) -> Preview:
    """What would be handed over.

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
        handed=_counted(desk, loans, follow_ups),
        mark=mark_of(loans, follow_ups),
        why=why,
        draft_id=await drafts.save_for_confirmation(desk, {"why": why}),
        changed=changed,
    )


async def reassign_all(
    desk: Desk, outgoing: Member, to: Member, *, mark: str, draft_id: UUID | None = None
) -> Reassigned | Preview:
    """Hands over every live loan and open follow-up. Gives the preview again when the set has changed since `mark`.

    Raises as `preview_all` does, and NotFound (`draft_gone`).
    """
    _require_manager(desk, outgoing, to)
    why = (await drafts.take_confirmed(desk, draft_id))["why"] if draft_id else ""
    loans, follow_ups = await holdings.of_member(desk.session, outgoing.id, lock=True)
    if mark_of(loans, follow_ups) != mark:
        return await preview_all(desk, outgoing, to, why=why, changed=True)
    batch = new_id()
    handed = await hand_over(desk, loans, follow_ups, outgoing, to, why=why, batch=batch)
    desk.audit("reassign_all", subject_id=outgoing.id, to=str(to.id), loans=handed.loans, follow_ups=handed.follow_ups)
    await _tell(desk, batch, outgoing, to, handed, None)
    undo_id = offer_undo(desk, "reassign", undo_id=batch)
    return Reassigned(from_=outgoing.slack_user_id, to=to.slack_user_id, handed=handed, why=why, undo_id=undo_id)


async def hand_over_all(desk: Desk, outgoing: Member, to: Member, *, undo_id: UUID) -> Handed:
    """Hands everything over without asking, for a member who is being removed by the act that `undo_id` takes back.

    Raises Invalid (`same_person`, `cannot_take_calls`).
    """
    _require_other(outgoing, to)
    loans, follow_ups = await holdings.of_member(desk.session, outgoing.id, lock=True)
    if loans or follow_ups:
        require_caller(to)
    handed = await hand_over(desk, loans, follow_ups, outgoing, to, why="", batch=undo_id)
    await _tell(desk, undo_id, outgoing, to, handed, None)
    return handed


async def hand_over(
    desk: Desk,
    loans: Sequence[Loan],
    follow_ups: Sequence[FollowUp],
    outgoing: Member | None,
    to: Member,
    *,
    why: str,
    batch: UUID,
) -> Handed:
    """Makes `to` the owner of the loans and the assignee of the follow-ups. Asks nothing and tells nobody."""
    handed = _counted(desk, loans, follow_ups)
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
        retime(desk, follow_up, acting, calendar, announce_again=True)
        desk.add(_assignment(desk, follow_up.loan_id, follow_up.id, outgoing, to, "", batch))
    return handed


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


def _counted(desk: Desk, loans: Sequence[Loan], follow_ups: Sequence[FollowUp]) -> Handed:
    stages = Counter(loan.stage for loan in loans)
    return Handed(
        stages=tuple(stages.most_common()),
        loans=len(loans),
        follow_ups=len(follow_ups),
        overdue=sum(follow_up.overdue_at < desk.now for follow_up in follow_ups),
    )


def mark_of(loans: Sequence[Loan], follow_ups: Sequence[FollowUp], *more: str) -> str:
    """The version of a set: another one when anything in it, or what is said `more` of it, has changed."""
    parts = [*(f"{row.id}:{row.version}" for row in (*loans, *follow_ups)), *more]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


async def require_may_reassign(desk: Desk, outgoing: Member | None) -> None:
    """Raises NotAllowed (`others_may_act`) unless the acting member may give away what `outgoing` has."""
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


allow_partial_undo("reassign")


@corrects_after_undo(Loan, FollowUp)
async def correct_what_they_read(desk: Desk, undo: Undo, rows: Sequence[UndoneRow]) -> None:
    """Rewrite the messages to the members who gave or got a loan or a follow-up by a handover that is undone."""
    if undo.act not in ("reassign", "remove_member"):
        return
    concerned: set[UUID] = set()
    for each in rows:
        name = "owner_id" if isinstance(each.row, Loan) else "assignee_id"
        if each.before is not None and name in each.before:
            concerned.update(filter(None, (remembered(each.replaced[name]), remembered(each.before[name]))))
    keys = [notice_key(undo.id, member_id) for member_id in concerned]
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, keys)
    await notices.touch(desk.session, told.values(), desk.now)


def notice_key(batch: UUID, member_id: UUID) -> str:
    """The key of the one message about a handover to somebody who gave or got."""
    return f"reassigned:{batch}:{member_id}"


async def _tell(
    desk: Desk, batch: UUID, outgoing: Member | None, to: Member, handed: Handed, loan: Loan | None
) -> None:
    # One message to each of the two, not one per loan; nobody is told what they have just done themselves.
    for member, other in ((outgoing, to), (to, outgoing)):
        if member is None or member.id == desk.member.id or not (handed.loans or handed.follow_ups):
            continue
        await owe_to_member(
            desk,
            kind=kinds.REASSIGNED,
            key=notice_key(batch, member.id),
            member=member,
            about_loan_id=loan.id if loan else None,
            about_member_id=other.id if other else None,
            facts={
                "gained": member is to,
                "by": str(desk.member.id),
                "undo": str(batch),
                "loans": handed.loans,
                "follow_ups": handed.follow_ups,
                "overdue": handed.overdue,
            },
        )
