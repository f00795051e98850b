"""Write the notices about loans: their calls, checks, payments, papers, and who looks after them."""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.transaction import Desk
from desk.documents.views import arrived
from desk.follow_ups.appointments import appointment_notice
from desk.follow_ups.collection_steps import step_notice
from desk.follow_ups.escalation_views import escalation_now
from desk.importing.new_loan_notices import new_loans_view
from desk.loans.lookup import may_see_as
from desk.loans.views import loan_view
from desk.messages import kinds
from desk.messages.kinds import NoticeKind
from desk.messages.notice_views import FollowUpNotice, follow_up_notice
from desk.telephony.answering import question_of
from desk.telephony.missed import missed_call
from desk.telephony.ringing import failed_ring
from handlers.messages import (
    appointments,
    collection_steps,
    day_moves,
    documents,
    escalations,
    handover,
    importing,
    late_calls,
    phone_calls,
    reminders,
    repayment,
)
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.composer import Composer, name_in_channel
from storage.queries.loans import loans
from storage.tables import Loan, Member, Notice, Undo


def _due(render: Callable[[Translator, FollowUpNotice, ZoneInfo], Message]) -> Composer:
    """Return the composer of a notice about due follow-ups."""

    async def due(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
        view = await follow_up_notice(desk, notice)
        return None if notice.ts is None and not view.waiting else render(t, view, zone)

    return due


async def _assigned(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    view = await follow_up_notice(desk, notice)
    if notice.ts is None and not view.waiting:
        return None
    by = await desk.session.get_one(Member, UUID(notice.facts["by"]))
    return reminders.assigned(t, view, zone, by.name)


async def _escalation(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    is_second = notice.kind == kinds.ESCALATION_UNANSWERED.name
    reader = await desk.session.get_one(Member, notice.to_id) if is_second else None
    view = await escalation_now(desk, UUID(notice.facts["escalation"]), reader)
    if notice.ts is None and (view is None or view.is_over):
        return None
    if view is None:
        return escalations.undone(t)
    if view.is_late or view.is_snoozed:
        about = await follow_up_notice(desk, notice)
        return late_calls.late_call(t, view, about, zone, reader=reader.slack_user_id if reader else None)
    if reader is None:
        return escalations.raised(t, view, zone)
    return escalations.unanswered(t, view, zone, reader=reader.slack_user_id)


async def _escalation_resolved(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    view = await escalation_now(desk, UUID(notice.facts["escalation"]))
    if notice.ts is None and (view is None or view.state != "resolved"):
        return None
    return escalations.undone(t) if view is None else escalations.resolved(t, view, zone)


async def _check_ended(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    view = await follow_up_notice(desk, notice)
    if notice.ts is None and view.items[0].follow_up.state == "open":
        return None
    reader = await desk.session.get_one(Member, notice.to_id)
    return reminders.check_ended(t, view, zone, name=reader.name)


async def _payment_told(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await follow_up_notice(desk, notice)
    if notice.ts is None and all(item.follow_up.state == "open" for item in view.items):
        return None
    reader = await desk.session.get_one(Member, notice.to_id)
    paused = notice.kind == kinds.REPAYMENT_PAUSED.name
    return repayment.payment_told(t, view, name=reader.name, paused=paused)


async def _payments_imported(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    return repayment.payments_imported(
        t, await follow_up_notice(desk, notice), name=reader.name, n=notice.facts["ended"]
    )


async def _loans_imported(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    return importing.loans_imported(t, await new_loans_view(desk, notice), name=name_in_channel(reader))


async def _papers_arrived(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    loan = await desk.session.get(Loan, notice.about_loan_id) if notice.about_loan_id else None
    if loan is None:
        return None
    there = await arrived(desk, [UUID(each) for each in notice.facts["items"]])
    if notice.ts is None and not there:
        return None
    by = await desk.session.get_one(Member, UUID(notice.facts["by"]))
    reader = await desk.session.get_one(Member, notice.to_id)
    return documents.papers_arrived(t, await loan_view(desk, loan), there, name=reader.name, by=by.name)


async def _reassigned(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    undo = await desk.session.get(Undo, UUID(notice.facts["undo"]))
    undone = bool(notice.facts.get("undone")) or (undo is not None and undo.undone_at is not None)
    if notice.facts.get("report"):
        return await _handover_report(desk, notice, t, undone=undone)
    if undone and notice.ts is None:
        return None
    by = await desk.session.get_one(Member, UUID(notice.facts["by"]))
    reader = await desk.session.get_one(Member, notice.to_id)
    other = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    loan = await desk.session.get(Loan, notice.about_loan_id) if notice.about_loan_id else None
    return handover.notice(
        t,
        notice.facts,
        name=name_in_channel(reader),
        by=by.name,
        other=other.name if other else None,
        loan=await loan_view(desk, loan) if loan else None,
        opens=loan is not None and await may_see_as(desk, reader, loan.id),
        undone=undone,
    )


async def _handover_report(desk: Desk, notice: Notice, t: Translator, *, undone: bool) -> Message | None:
    if undone and notice.ts is None and not notice.facts["undone"]:
        return None
    giver = await desk.session.get_one(Member, notice.about_member_id)
    to = await desk.session.get_one(Member, UUID(notice.facts["to"]))
    taker = t("several members") if notice.facts.get("several") else to.name
    stayed = await loans.by_ids(desk.session, [UUID(each) for each in notice.facts["stayed"]])
    numbers = sorted(loan.number for loan in stayed.values())
    name = name_in_channel(await desk.session.get_one(Member, notice.to_id))
    return handover.report(t, notice.facts, name=name, giver=giver.name, taker=taker, stayed=numbers, undone=undone)


async def _calls_moved(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    if notice.ts is None and notice.facts.get("undone"):
        return None
    by = await desk.session.get_one(Member, UUID(notice.facts["by"]))
    reader = await desk.session.get_one(Member, notice.to_id)
    return day_moves.moved_notice(t, notice.facts, name=reader.name, by=by.name)


async def _appointment(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await appointment_notice(desk, UUID(notice.facts["appointment"]), reader)
    if view is None or (notice.ts is None and view.appointment.state not in ("planned", "confirmed")):
        return None
    return appointments.appointment_reminder(t, view, zone)


async def _appointment_told(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await appointment_notice(desk, UUID(notice.facts["appointment"]), reader)
    if view is None:
        return None
    by = await desk.session.get_one(Member, UUID(notice.facts["by"]))
    is_over = view.appointment.state not in ("planned", "confirmed")
    if notice.ts is None and is_over != (notice.facts["act"] == "cancelled"):
        return None
    return appointments.appointment_told(t, view, zone, act=notice.facts["act"], by=by.name)


async def _appointment_on_day_off(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await appointment_notice(desk, UUID(notice.facts["appointment"]), reader)
    if view is None or (notice.ts is None and not view.on_day_off):
        return None
    return appointments.appointment_on_day_off(t, view, zone)


async def _phone_call(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await question_of(desk, UUID(notice.facts["phone_call"]), reader)
    if view is None or (notice.ts is None and view.over):
        return None
    return phone_calls.question(t, view)


async def _missed_call(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await missed_call(desk, UUID(notice.facts["phone_call"]), reader)
    if view is None or (notice.ts is None and view.over):
        return None
    return phone_calls.missed(t, view, zone)


async def _ring_failed(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await failed_ring(desk, UUID(notice.facts["ring"]), reader)
    return phone_calls.ring_failed(t, view) if view is not None else None


async def _collection_step(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await step_notice(desk, UUID(notice.facts["step"]), reader)
    if view is None or (notice.ts is None and view.step.state != "planned" and view.step.stopped_by is None):
        return None
    return collection_steps.step_reminder(t, view)


LOAN_COMPOSERS: dict[NoticeKind, Composer] = {
    kinds.REMINDER: _due(reminders.reminder),
    kinds.REMINDER_BUNDLE: _due(reminders.bundle),
    kinds.ASSIGNED: _assigned,
    kinds.ESCALATION: _escalation,
    kinds.ESCALATION_UNANSWERED: _escalation,
    kinds.ESCALATION_RESOLVED: _escalation_resolved,
    kinds.CHECK_ENDED: _check_ended,
    kinds.PAYMENT_RECORDED: _payment_told,
    kinds.LOANS_IMPORTED: _loans_imported,
    kinds.PAYMENTS_IMPORTED: _payments_imported,
    kinds.REPAYMENT_PAUSED: _payment_told,
    kinds.PAPERS_ARRIVED: _papers_arrived,
    kinds.APPOINTMENT: _appointment,
    kinds.APPOINTMENT_TOLD: _appointment_told,
    kinds.APPOINTMENT_ON_DAY_OFF: _appointment_on_day_off,
    kinds.COLLECTION_STEP: _collection_step,
    kinds.PHONE_CALL: _phone_call,
    kinds.MISSED_CALL: _missed_call,
    kinds.RING_FAILED: _ring_failed,
    kinds.REASSIGNED: _reassigned,
    kinds.CALLS_MOVED: _calls_moved,
}
"""The function that writes each kind of notice about loans."""
