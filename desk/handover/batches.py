"""Handovers of many loans: noted at once, and carried out and undone by the worker, in batches."""

from collections.abc import Sequence
from uuid import UUID

from desk.core import recomputations, unreadable
from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.recomputations import computes
from desk.core.transaction import Desk
from desk.core.undo import take_back_part
from desk.core.undo_rules import leaves_undo_to_worker
from desk.handover.moves import HandoverCounts, hand_over, notice_key, notify_giver, notify_taker
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.relations import require_responsible
from storage.engine.types import new_id
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


GIVES = frozenset({"reassign", "reassign_all", "move_calls"})
"""The acts on what members have whose Undo asks whether who presses it may still do them."""


def are_many(loans: Sequence[LoanOutline], follow_ups: Sequence[FollowUpOutline]) -> bool:
    """Return whether these are too many to hand over at once."""
    return max(len(loans), len(follow_ups)) > recomputations.AT_ONCE


@dataclass(frozen=True, slots=True)
class Portion:
    """What one member gets of a large handover, in outline."""

    to: Member
    loans: Sequence[LoanOutline]
    follow_ups: Sequence[FollowUpOutline]

    @property
    def loan_ids(self) -> list[UUID]:
        """Return the loans that are concerned, in the order in which they are moved."""
        return sorted({*(loan.id for loan in self.loans), *(row.loan_id for row in self.follow_ups)})


def leave_to_worker(
    desk: Desk, act: str, outgoing: Member, portions: Sequence[Portion], *, why: str, batch: UUID
) -> None:
    """Have the worker hand these over in the name of the acting member, who is told when all is done.

    From the commit on none of the follow-ups is announced to `outgoing`.
    """
    for portion in portions:
        handover_id = new_id()
        handover = Handover(
            id=handover_id,
            batch_id=batch,
            workspace_id=desk.workspace.id,
            act=act,
            from_id=outgoing.id,
            to_id=portion.to.id,
            by_id=desk.member.id,
            why_cipher=desk.cipher.encrypt_optional(Handover.why_cipher, handover_id, why),
            loan_ids=[loan_id.hex for loan_id in portion.loan_ids],
            at=desk.now,
        )
        desk.add(handover)
        desk.add(_work(desk, handover, HANDOVER, outgoing.id))


@computes(HANDOVER)
async def hand_over_batch(desk: Desk, work: Recomputation) -> bool:
    """Hand over the next loans of a handover, and return whether those were the last."""
    under_way = await _taken_up(desk, work)
    handover, outgoing, to = under_way.handover, under_way.outgoing, under_way.to
    ahead = [UUID(loan_id) for loan_id in handover.loan_ids[handover.done : handover.done + BATCH]]
    loans, follow_ups = await holdings.still_held(desk.session, outgoing.id, ahead)
    why = unreadable.read(desk, Handover.why_cipher, handover)
    moved = await hand_over(desk, loans, follow_ups, outgoing, to, why=why, batch=handover.batch_id, keep_going=True)
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
    await notify_taker(desk, handover.batch_id, outgoing, to, _counts([handover]))
    if await under_way.is_last(desk):
        await _notify_giver(desk, under_way)
        await _report(desk, under_way, undone=False)
    return True


@leaves_undo_to_worker("reassign")
@leaves_undo_to_worker("reassign_all")
@leaves_undo_to_worker("remove_member")
async def leave_undo_to_worker(desk: Desk, undo: Undo) -> bool:
    """Have the worker take back what it handed over, and hand over no more of it. Raises NotAllowed (`others_may_act`)."""
    # A worker locks what is left to it before the handovers, so lock in that order too.
    ids = await holdings.ids_of_batch(desk.session, undo.id)
    left = {handover_id: await queries.of_id(desk.session, handover_id) for handover_id in ids}
    for handover in await holdings.of_batch(desk.session, undo.id):
        if undo.act in GIVES:
            await require_responsible(desk, undo.act, await desk.session.get_one(Member, handover.from_id))
        handover.stayed = []
        desk.add(handover)
        work = left[handover.id] or _work(desk, handover, HANDOVER_UNDO, handover.to_id)
        work.kind, work.member_id = HANDOVER_UNDO, handover.to_id
        desk.add(work)
    return bool(ids)


@computes(HANDOVER_UNDO)
async def take_back_batch(desk: Desk, work: Recomputation) -> bool:
    """Take back the next batch of an undone handover, and return whether there was none left."""
    under_way = await _taken_up(desk, work)
    handover = under_way.handover
    part = await undos.next_part(desk.session, handover.id)
    if part is not None:
        undo = await desk.session.get_one(Undo, handover.batch_id)
        left = await take_back_part(desk, undo, part)
        handover.stayed = [*handover.stayed, *(loan_id.hex for loan_id in sorted(left))]
        desk.add(handover)
        return False
    if await under_way.is_last(desk):
        people = {handover.from_id, handover.by_id, *(each.to_id for each in under_way.batch)}
        told = [notice_key(handover.batch_id, member_id) for member_id in people]
        shown = await notices.ids_of_keys(desk.session, desk.workspace.id, told)
        await notices.touch(desk.session, shown.values(), desk.now)
        await _report(desk, under_way, undone=True)
    return True


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A handover that the worker has in hand, the others that were confirmed with it (`batch`, itself among them), and its
    two members."""

    handover: Handover
    batch: Sequence[Handover]
    outgoing: Member
    to: Member

    async def is_last(self, desk: Desk) -> bool:
        """Return whether nothing of the others is left to the worker."""
        others = [each.id for each in self.batch if each is not self.handover]
        return not await queries.are_left(desk.session, others)


async def _taken_up(desk: Desk, work: Recomputation) -> _UnderWay:
    """Return the handover, and act for the member who confirmed it.

    Locks all that were confirmed with it: of two workers that finish the last two at once, one sees that it is the last.
    """
    confirmed = (await desk.session.get_one(Handover, work.id)).batch_id
    batch = await holdings.of_batch(desk.session, confirmed)
    (handover,) = [each for each in batch if each.id == work.id]
    people = await members.by_ids(desk.session, {handover.from_id, handover.to_id, handover.by_id})
    desk.actor = people[handover.by_id]
    return _UnderWay(handover, batch, people[handover.from_id], people[handover.to_id])


async def _notify_giver(desk: Desk, under_way: _UnderWay) -> None:
    takers = {each.to_id for each in under_way.batch if each.loans or each.follow_ups}
    await notify_giver(desk, under_way.handover.batch_id, under_way.outgoing, takers, _counts(under_way.batch))


async def _report(desk: Desk, under_way: _UnderWay, *, undone: bool) -> None:
    handover, batch = under_way.handover, under_way.batch
    key = notice_key(handover.batch_id, handover.by_id)
    await queue_notice(
        desk,
        kind=kinds.REASSIGNED,
        key=f"{key}:undone" if undone else key,
        to=desk.member,
        about_member_id=handover.from_id,
        facts={
            "report": True,
            "to": str(handover.to_id),
            "several": len(batch) > 1,
            "by": str(handover.by_id),
            "undo": str(handover.batch_id),
            "undone": undone,
            "stayed": [loan_id for each in batch for loan_id in each.stayed],
            **_counts(batch).facts(),
        },
    )


def _counts(batch: Sequence[Handover]) -> HandoverCounts:
    return HandoverCounts(
        stages=(),
        loans=sum(each.loans for each in batch),
        follow_ups=sum(each.follow_ups for each in batch),
        late=sum(each.late for each in batch),
    )


def _work(desk: Desk, handover: Handover, kind: str, member_id: UUID) -> Recomputation:
    return Recomputation(
        id=handover.id, workspace_id=desk.workspace.id, kind=kind, member_id=member_id, requested_at=desk.now
    )
