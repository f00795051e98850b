"""Tell those who hold a call that a payment or a pause has ended."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import stand_ins_for, today_of
from storage.queries.follow_ups import follow_ups
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member, Notice, Payment, RepaymentPause

SHOWN = 10
"""How many ended calls the notice about a file names."""


async def report_payment(desk: Desk, loan: Loan, payment: Payment, ended: Sequence[FollowUp]) -> None:
    """Tell the assignees of these follow-ups, or who acts for them, that a payment has ended them; not the acting member."""
    await _report(desk, loan, kinds.PAYMENT_RECORDED, payment.id, ended)


async def report_pause(desk: Desk, loan: Loan, pause: RepaymentPause, ended: Sequence[FollowUp]) -> None:
    """Tell likewise that a pause has ended them."""
    await _report(desk, loan, kinds.REPAYMENT_PAUSED, pause.id, ended)


async def report_file(desk: Desk, file_id: UUID, ended: Mapping[UUID, Sequence[UUID]]) -> None:
    """Tell each of these members which of their calls the payments of a file have ended, in one message for all its batches."""
    readers = await members.by_ids(desk.session, ended)
    found = await follow_ups.by_ids(desk.session, {row_id for rows in ended.values() for row_id in rows[:SHOWN]})
    keys = {reader_id: f"{kinds.PAYMENTS_IMPORTED.name}:{file_id}:{reader_id}" for reader_id in ended}
    known = await notices.ids_of_keys(desk.session, desk.workspace.id, keys.values())
    for reader_id, rows in ended.items():
        shown = [found[row_id] for row_id in rows[:SHOWN]]
        notice_id = known.get(keys[reader_id])
        if notice_id is not None:
            await _add(desk, notice_id, len(rows), shown)
            continue
        await queue_notice(
            desk,
            kind=kinds.PAYMENTS_IMPORTED,
            key=keys[reader_id],
            to=readers[reader_id],
            facts={"ended": len(rows)},
            items=shown,
        )
    await desk.session.flush()
    await notices.touch(desk.session, known.values(), desk.now)


async def _add(desk: Desk, notice_id: UUID, ended: int, shown: Sequence[FollowUp]) -> None:
    """Add calls that a later batch has ended to the notice about its file."""
    notice = await desk.session.get_one(Notice, notice_id)
    before = notice.facts["ended"]
    notice.facts = {**notice.facts, "ended": before + ended}
    desk.add(notice)
    await notices.link_more(desk.session, desk.workspace.id, notice_id, shown[: max(SHOWN - before, 0)])


async def _report(desk: Desk, loan: Loan, kind: kinds.NoticeKind, about: UUID, ended: Sequence[FollowUp]) -> None:
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in ended})
    stand_ins = await stand_ins_for(desk, assignees.values())
    held: dict[UUID, tuple[Member, list[FollowUp]]] = {}
    for row in ended:
        assignee = assignees[row.assignee_id]
        reader = stand_ins.acting(assignee, today_of(desk, assignee))
        held.setdefault(reader.id, (reader, []))[1].append(row)
    if desk.actor is not None:
        held.pop(desk.actor.id, None)
    for reader, rows in held.values():
        key = f"{kind.name}:{about}:{reader.id}"
        await queue_notice(desk, kind=kind, key=key, to=reader, about_loan_id=loan.id, items=rows)
