"""Handovers of many loans: noted at once, and carried out and undone by the worker, in batches."""

from collections.abc import Sequence
from uuid import UUID

from desk.core import recomputations
from desk.core.changes import offer_undo
from desk.core.recomputations import computes
from desk.core.transaction import Desk
from desk.core.undo import take_back_part
from desk.core.undo_rules import leaves_undo_to_worker
from desk.handover.moves import HandoverCounts, hand_over, notice_key, notify_both
from desk.messages import kinds
from desk.messages.notices import queue_notice
from storage.queries.core import recomputations as queries
from storage.queries.core import undos
from storage.queries.core.recomputations import HANDOVER, HANDOVER_UNDO
from storage.queries.handover import holdings
from storage.queries.handover.holdings import FollowUpOutline, LoanOutline
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Handover, Member, Recomputation, Undo

BATCH = 40
"""How many loans, with their follow-ups, the worker moves in one transaction, which holds up others for less than 0.2 s."""


def are_many(loans: Sequence[LoanOutline], follow_ups: Sequence[FollowUpOutline]) -> bool:
    """Return whether these are too many to hand over at once."""
    return max(len(loans), len(follow_ups)) > recomputations.AT_ONCE


def leave_to_worker(
    desk: Desk,
    act: str,
    loans: Sequence[LoanOutline],
    follow_ups: Sequence[FollowUpOutline],
    outgoing: Member,
    to: Member,
    *,
    why: str,
    batch: UUID,
) -> None:
    """Have the worker hand these over in the name of the acting member, who is told when all is done.

    From the commit on none of the follow-ups is announced to `outgoing`.
    """
    loan_ids = sorted({*(loan.id for loan in loans), *(row.loan_id for row in follow_ups)})
    handover = Handover(
        id=batch,
        workspace_id=desk.workspace.id,
        act=act,
        from_id=outgoing.id,
        to_id=to.id,
        by_id=desk.member.id,
        why_cipher=desk.cipher.encrypt_optional(Handover.why_cipher, batch, why),
        loan_ids=[loan_id.hex for loan_id in loan_ids],
        at=desk.now,
    )
    desk.add(handover)
    desk.add(_work(desk, handover, HANDOVER, outgoing.id))


@computes(HANDOVER)
async def hand_over_batch(desk: Desk, work: Recomputation) -> bool:
    """Hand over the next loans of a handover, and return whether those were the last."""
    handover, outgoing, to = await _taken_up(desk, work)
    ahead = [UUID(loan_id) for loan_id in handover.loan_ids[handover.done : handover.done + BATCH]]
    loans, follow_ups = await holdings.still_held(desk.session, outgoing.id, ahead)
    why = desk.cipher.decrypt(Handover.why_cipher, handover)
    moved = await hand_over(desk, loans, follow_ups, outgoing, to, why=why, batch=handover.id, keep_going=True)
    await desk.session.flush()
    offer_undo(desk, handover.act, part_of=handover.id)
    gone = set(ahead).difference((loan.id for loan in loans), (row.loan_id for row in follow_ups))
    handover.stayed = [*handover.stayed, *(loan_id.hex for loan_id in sorted(gone))]
    handover.done += len(ahead)
    handover.loans += moved.loans
    handover.follow_ups += moved.follow_ups
    handover.late += moved.late
    desk.add(handover)
    if handover.done < len(handover.loan_ids):
        return False
    await notify_both(desk, handover.id, outgoing, to, _counts(handover))
    await _report(desk, handover, undone=False)
    return True


@leaves_undo_to_worker("reassign")
@leaves_undo_to_worker("remove_member")
async def leave_undo_to_worker(desk: Desk, undo: Undo) -> bool:
    """Have the worker take back what it handed over, and hand over no more of it."""
    handover = await desk.session.get(Handover, undo.id, with_for_update=True)
    if handover is None:
        return False
    handover.stayed = []
    desk.add(handover)
    work = await queries.of_id(desk.session, handover.id)
    if work is None:
        desk.add(_work(desk, handover, HANDOVER_UNDO, handover.to_id))
    else:
        work.kind, work.member_id = HANDOVER_UNDO, handover.to_id
        desk.add(work)
    return True


@computes(HANDOVER_UNDO)
async def take_back_batch(desk: Desk, work: Recomputation) -> bool:
    """Take back the next batch of an undone handover, and return whether there was none left."""
    handover, _, _ = await _taken_up(desk, work)
    part = await undos.next_part(desk.session, handover.id)
    if part is not None:
        undo = await desk.session.get_one(Undo, handover.id)
        left = await take_back_part(desk, undo, part)
        handover.stayed = [*handover.stayed, *(loan_id.hex for loan_id in sorted(left))]
        desk.add(handover)
        return False
    told = [notice_key(handover.id, member_id) for member_id in (handover.from_id, handover.to_id, handover.by_id)]
    shown = await notices.ids_of_keys(desk.session, desk.workspace.id, told)
    await notices.touch(desk.session, shown.values(), desk.now)
    await _report(desk, handover, undone=True)
    return True


async def _taken_up(desk: Desk, work: Recomputation) -> tuple[Handover, Member, Member]:
    """Return the handover and the two members, and act for the member who confirmed it."""
    handover = await desk.session.get_one(Handover, work.id)
    people = await members.by_ids(desk.session, {handover.from_id, handover.to_id, handover.by_id})
    desk.actor = people[handover.by_id]
    return handover, people[handover.from_id], people[handover.to_id]


async def _report(desk: Desk, handover: Handover, *, undone: bool) -> None:
    key = notice_key(handover.id, handover.by_id)
    await queue_notice(
        desk,
        kind=kinds.REASSIGNED,
        key=f"{key}:undone" if undone else key,
        to=desk.member,
        about_member_id=handover.from_id,
        facts={
            "report": True,
            "to": str(handover.to_id),
            "by": str(handover.by_id),
            "undo": str(handover.id),
            "undone": undone,
            "stayed": handover.stayed,
            **_counts(handover).facts(),
        },
    )


def _counts(handover: Handover) -> HandoverCounts:
    return HandoverCounts(stages=(), loans=handover.loans, follow_ups=handover.follow_ups, late=handover.late)


def _work(desk: Desk, handover: Handover, kind: str, member_id: UUID) -> Recomputation:
    return Recomputation(
        id=handover.id, workspace_id=desk.workspace.id, kind=kind, member_id=member_id, requested_at=desk.now
    )
