"""Move loans and follow-ups to another member, and tell the two."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from desk.core.changes import decode, track
from desk.core.dataclass import dataclass
from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, allow_partial_undo, corrects_after_undo
from desk.follow_ups.appointments import hand_over_appointments
from desk.follow_ups.collection_steps import hand_over_steps
from desk.follow_ups.lifecycle import acts_on, reschedule
from desk.follow_ups.ownerless import revise_ownerless
from desk.follow_ups.workspace_cadence import cadence_of
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.calendars import calendar_of
from desk.people.members import stand_ins_for
from storage.engine.types import new_id
from storage.queries.core.recomputations import REMINDER_TIMES
from storage.queries.follow_ups.follow_ups import open_of_loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Assignment, FollowUp, Loan, Member, Notice, Undo

ACTS = ("reassign", "reassign_all", "remove_member")
"""The acts, by their names in Undo, that hand over many loans."""

allow_partial_undo(*ACTS)


class _Versioned(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...


class _Staged(Protocol):
    @property
    def stage(self) -> str: ...


class _Timed(Protocol):
    @property
    def late_at(self) -> datetime: ...


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


async def hand_over(
    desk: Desk,
    loans: Sequence[Loan],
    follow_ups: Sequence[FollowUp],
    outgoing: Member | None,
    to: Member,
    *,
    why: str,
    batch: UUID,
    keep_going: bool = False,
) -> HandoverCounts:
    """Make `to` the owner of the loans and the assignee of the follow-ups, and of what rules plan for the owner on those that had
    none; the caller checks rights and notifies.

    `keep_going`: a follow-up whose times cannot be computed keeps them and is set aside, so that it holds up no other.
    """
    ownerless = [loan for loan in loans if loan.owner_id is None]
    held = {row.id for row in follow_ups}
    follow_ups = [*follow_ups, *(row for row in await calls_for_an_owner(desk, ownerless) if row.id not in held)]
    counts = count(desk, loans, follow_ups)
    calendar = await calendar_of(desk)
    stand_ins = await stand_ins_for(desk, [to])
    for loan in loans:
        track(desk, loan)
        loan.owner_id, loan.owner_set_at = to.id, desk.now
        desk.add(_assignment(desk, loan.id, None, outgoing, to, why, batch))
    await revise_ownerless(desk, ownerless)
    if outgoing is not None and loans:
        await hand_over_appointments(desk, [loan.id for loan in loans], outgoing, to)
        await hand_over_steps(desk, loans, outgoing, to)
    for follow_up in follow_ups:
        track(desk, follow_up)
        follow_up.assignee_id, follow_up.announced_for = to.id, None
        try:
            acting = stand_ins.acting(to, acts_on(desk, follow_up, to))
            reschedule(desk, follow_up, acting, calendar, announce_again=True)
        except Exception as error:
            if not keep_going:
                raise
            await set_aside(desk, REMINDER_TIMES, follow_up.id, error)
        desk.add(_assignment(desk, follow_up.loan_id, follow_up.id, outgoing, to, "", batch))
    return counts


async def calls_for_an_owner(desk: Desk, loans: Collection[Loan]) -> list[FollowUp]:
    """Return the open calls on these loans without an owner that rules plan for the owner first: another member has them."""
    cadence = cadence_of(desk)
    rows = await open_of_loans(desk.session, [loan.id for loan in loans])
    return [row for row in rows if (rule := cadence.get(row.rule)) is not None and rule.assignee[0] == "owner"]


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


def count(desk: Desk, loans: Sequence[_Staged], follow_ups: Sequence[_Timed]) -> HandoverCounts:
    """Count what is handed over."""
    return HandoverCounts(
        stages=tuple(Counter(loan.stage for loan in loans).most_common()),
        loans=len(loans),
        follow_ups=len(follow_ups),
        late=sum(follow_up.late_at < desk.now for follow_up in follow_ups),
    )


def fingerprint_of(loans: Sequence[_Versioned], follow_ups: Sequence[_Versioned], *more: str) -> str:
    """Return a hash that differs when a row or one of the words in `more` has changed."""
    parts = [*(f"{row.id}:{row.version}" for row in (*loans, *follow_ups)), *more]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@corrects_after_undo(Loan, FollowUp)
async def update_notices(desk: Desk, undo: Undo, rows: Sequence[UndoneRow]) -> None:
    """Update the messages to the members between whom an undone handover moved loans or follow-ups."""
    if undo.act not in ACTS:
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


@corrects_after_undo(FollowUp)
async def announce_again(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Announce a follow-up to the assignee who has it back, if only the one who had it meanwhile was reminded of it."""
    back = [each.row for each in rows if each.before and "assignee_id" in each.before]
    missed = [row for row in back if row.state == "open" and row.announced_for is not None and row.remind_at is None]
    # What was announced before the handover already, Undo restored: that message shows the follow-up again.
    known = {each.row.id for each in rows if each.before and "announced_for" in each.before}
    missed = [row for row in missed if row.id not in known]
    if not missed:
        return
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in missed})
    stand_ins, calendar = await stand_ins_for(desk, assignees.values()), await calendar_of(desk)
    for row in missed:
        assignee = assignees[row.assignee_id]
        row.announced_for = None
        reschedule(desk, row, stand_ins.acting(assignee, acts_on(desk, row, assignee)), calendar, announce_again=True)


def notice_key(batch: UUID, member_id: UUID) -> str:
    """Return the key of the one message about a handover to a member who gave or received."""
    return f"reassigned:{batch}:{member_id}"


async def notify_both(
    desk: Desk, batch: UUID, outgoing: Member | None, to: Member, counts: HandoverCounts, loan: Loan | None = None
) -> None:
    """Send the giver and the receiver of a handover one message each; the acting member gets none."""
    if outgoing is not None:
        await notify_giver(desk, batch, outgoing, {to.id}, counts, loan)
    await notify_taker(desk, batch, outgoing, to, counts, loan)


async def notify_giver(
    desk: Desk,
    batch: UUID,
    outgoing: Member,
    takers: Collection[UUID],
    counts: HandoverCounts,
    loan: Loan | None = None,
) -> None:
    """Send the giver of a handover to one member or several one message about all of it, unless nothing was moved."""
    if not (counts.loans or counts.follow_ups):
        return
    several = len(takers) > 1
    other_id = None if several else next(iter(takers))
    more = {"several": True} if several else None
    await notify(desk, batch, outgoing, counts, gained=False, other_id=other_id, loan=loan, more=more)


async def notify_taker(
    desk: Desk, batch: UUID, outgoing: Member | None, to: Member, counts: HandoverCounts, loan: Loan | None = None
) -> None:
    """Send the receiver of a handover one message, unless nothing was moved."""
    if not (counts.loans or counts.follow_ups):
        return
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
