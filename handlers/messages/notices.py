"""Render each kind of notice as it should read now, for its reader."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.cases.exports import case_view
from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.documents.views import arrived
from desk.exports.asking import export_view
from desk.files.batches import batch_view
from desk.follow_ups.appointments import appointment_notice
from desk.follow_ups.collection_steps import step_notice
from desk.follow_ups.escalation_views import escalation_now
from desk.importing.new_loan_notices import new_loans_view
from desk.importing.reports import import_report
from desk.loans.lookup import may_see_as
from desk.loans.views import loan_view
from desk.messages import kinds
from desk.messages.compliance import day_report
from desk.messages.digests import digest_of, team_digest_of
from desk.messages.figures import digest_figures
from desk.messages.kinds import KINDS, NoticeKind
from desk.messages.news import news_of
from desk.messages.notice_views import FollowUpNotice, follow_up_notice
from desk.messages.notices import accepts_tables, locale_for, own_channel
from desk.messages.person_requests import request_notice
from desk.messages.set_aside import set_aside_now
from desk.people import access_requests, accounts
from desk.people.app_manifest import Additions
from desk.people.members import is_at_desk, locale_of, zone_of
from desk.people.onboarding import setup_status
from desk.rules.hours import known_zone
from desk.telephony.answering import question_of
from desk.telephony.missed import missed_call
from desk.telephony.ringing import failed_ring
from handlers.messages import (
    appointments,
    archives,
    checks,
    collection_steps,
    compliance,
    day_moves,
    digests,
    documents,
    erasure,
    escalations,
    exports,
    file_imports,
    files,
    handover,
    importing,
    late_calls,
    news,
    person_requests,
    phone_calls,
    reminders,
    repayment,
    set_aside,
    webhooks,
)
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.people import access, installing, onboarding
from handlers.messages.unreadable import in_words
from storage.queries.files import files as stored_files
from storage.queries.loans import loans
from storage.queries.messages.notices import ERASED
from storage.tables import Loan, Member, Notice, Undo

Composer = Callable[[Desk, Notice, Translator, ZoneInfo], Awaitable[Message | None]]


async def compose(desk: Desk, notice: Notice, composers: Mapping[NoticeKind, Composer] | None = None) -> Message | None:
    """Return the message as it should read now; None for one that was settled before it was ever sent."""
    reader = await desk.session.get(Member, notice.to_id) if notice.to_id else None
    t = Translator(await locale_for(desk, notice, reader))
    kind = KINDS[notice.kind]
    zone = zone_of(desk, reader) if reader else ZoneInfo(desk.workspace.zone)
    if notice.facts.get(ERASED):
        return None if notice.ts is None else erasure.record_deleted(t)
    return in_words(desk, t, await (composers or COMPOSERS)[kind](desk, notice, t, zone))


def _name_in_channel(reader: Member) -> str | None:
    """Return the reader's name if others may read the message too, in their channel; None for a direct message."""
    return reader.name if own_channel(reader) else None


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
    view = await escalation_now(desk, UUID(notice.facts["escalation"]))
    if notice.ts is None and (view is None or view.is_over):
        return None
    if view is None:
        return escalations.undone(t)
    is_second = notice.kind == kinds.ESCALATION_UNANSWERED.name
    reader = await desk.session.get_one(Member, notice.to_id) if is_second else None
    if view.is_late or view.is_snoozed:
        about = await follow_up_notice(desk, notice)
        return late_calls.late_call(t, view, about, zone, reader=reader.slack_user_id if reader else None)
    if reader is None:
        return escalations.raised(t, view, zone)
    with_playbook = has_role_for(reader, "see_playbook")
    return escalations.unanswered(t, view, zone, reader=reader.slack_user_id, with_playbook=with_playbook)


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


async def _file_import(desk: Desk, notice: Notice, _t: Translator, zone: ZoneInfo) -> Message | None:
    sender = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    if sender is None or (notice.ts is None and not is_at_desk(sender)):
        return None
    # It goes to their direct conversation, never to a channel of theirs.
    desk.actor = sender
    report = await import_report(desk, UUID(notice.facts["import"]))
    if report is None:
        return None
    return file_imports.import_told(Translator(locale_of(sender)), report, zone_of(desk, sender))


async def _loans_imported(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    return importing.loans_imported(t, await new_loans_view(desk, notice), name=_name_in_channel(reader))


async def _check_passed_over(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    loan = await desk.session.get(Loan, notice.about_loan_id) if notice.about_loan_id else None
    if loan is None:
        return None
    return checks.passed_over(t, await loan_view(desk, loan), notice.facts["stage"], notice.facts["purposes"])


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


async def _files_arrived(desk: Desk, notice: Notice, _t: Translator, _zone: ZoneInfo) -> Message | None:
    sender = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    rows = await stored_files.of_batch(desk.session, desk.workspace.id, UUID(notice.facts["batch"]))
    if sender is None or not rows or (notice.ts is None and not is_at_desk(sender)):
        return None
    # It goes to their direct conversation, never to a channel of theirs.
    desk.actor = sender
    return files.arrived(Translator(locale_of(sender)), await batch_view(desk, rows))


async def _owner_asked(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    loan = await desk.session.get(Loan, notice.about_loan_id) if notice.about_loan_id else None
    left = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    if loan is None or left is None:
        return None
    asks = loan.owner_id is None and not VOCABULARY.stage(loan.stage).ended
    if notice.ts is None and not asks:
        return None
    owner = await desk.session.get(Member, loan.owner_id) if loan.owner_id else None
    view = await loan_view(desk, loan)
    return handover.owner_asked(t, view, owner_left=left.name, owner=owner.name if owner else None, asks=asks)


async def _channel_lost(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    about = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    count = int(notice.facts.get("members", 0))
    several = t.n("{n} member", "{n} members", count) if count > 1 else t("the managers")
    return reminders.channel_lost(
        t, channel=notice.facts["channel"], error=notice.facts["error"], name=about.name if about else several
    )


async def _webhook_disabled(_desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    facts = notice.facts
    return webhooks.webhook_disabled(
        t, host=facts["host"], why=facts["why"], error=facts["error"], count=facts["count"], endpoint=facts["id"]
    )


async def _set_aside(desk: Desk, _notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    return set_aside.set_aside(t, await set_aside_now(desk))


async def _person_request(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await request_notice(desk, UUID(notice.facts["request"]), notice.facts["stage"])
    if view is None:
        return None if notice.ts is None else person_requests.request_settled(t)
    return person_requests.request_told(t, view)


async def _compliance_day(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    return compliance.compliance_day(t, await day_report(desk, notice.facts))


async def _zone_unknown(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    if notice.ts is None and known_zone(reader.zone) is not None:
        return None
    return set_aside.zone_unknown(t, zone=reader.zone, workspace_zone=zone)


async def _digest(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    member = await desk.session.get_one(Member, notice.to_id)
    return digests.digest(t, await digest_of(desk, member), zone, name=_name_in_channel(member))


async def _team_digest(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    member = await desk.session.get_one(Member, notice.to_id)
    charts = await accepts_tables(desk)
    view = await team_digest_of(desk, member)
    figures = await digest_figures(desk, member, view.done_on)
    return digests.team_digest(t, view, figures, name=_name_in_channel(member), with_charts=charts)


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
        name=_name_in_channel(reader),
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
    name = _name_in_channel(await desk.session.get_one(Member, notice.to_id))
    return handover.report(t, notice.facts, name=name, giver=giver.name, taker=taker, stayed=numbers, undone=undone)


async def _calls_moved(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    if notice.ts is None and notice.facts.get("undone"):
        return None
    by = await desk.session.get_one(Member, UUID(notice.facts["by"]))
    reader = await desk.session.get_one(Member, notice.to_id)
    return day_moves.moved_notice(t, notice.facts, name=reader.name, by=by.name)


async def _access_asked(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    view = await access_requests.view(desk, UUID(notice.facts["request"]))
    if notice.ts is None and view.state != "open":
        return None
    return access.request(t, view, zone)


async def _access_granted(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await access_requests.view(desk, UUID(notice.facts["request"]))
    return access.granted(t, view, name=_name_in_channel(reader))


async def _access_declined(desk: Desk, notice: Notice, _t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await access_requests.view(desk, UUID(notice.facts["request"]))
    return access.declined(Translator(view.locale), view)


async def _account_lost(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    assert notice.about_member_id is not None
    view = await accounts.lost_account(desk, notice.about_member_id)
    return None if notice.ts is None and (view.why is None or not view.is_member) else access.account_lost(t, view)


async def _welcome(desk: Desk, _notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    return onboarding.welcome(t, await setup_status(desk))


async def _app_manifest(_desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    return onboarding.app_manifest(t, Additions.read(notice.facts))


async def _installed_again(_desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    return installing.installed_again(t, zone, datetime.fromisoformat(notice.facts["since"]))


async def _install_needed(_desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    return installing.install_needed(t, zone, datetime.fromisoformat(notice.facts["until"]), notice.facts["url"])


async def _news(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = news_of(notice, reader)
    return news.news(t, view, name=_name_in_channel(reader)) if view.changes else None


async def _case_ready(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await case_view(desk, UUID(notice.facts["case"]))
    return archives.case_ready(t, view) if view is not None else None


async def _person_export_ready(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await case_view(desk, UUID(notice.facts["case"]))
    return archives.export_ready(t, view) if view is not None else None


async def _export_ready(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await export_view(desk, UUID(notice.facts["export"]))
    return exports.export_ready(t, view) if view is not None else None


async def _appointment(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await appointment_notice(desk, UUID(notice.facts["appointment"]), reader)
    if view is None or (notice.ts is None and view.appointment.state not in ("planned", "confirmed")):
        return None
    return appointments.appointment_reminder(t, view, zone)


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


COMPOSERS: dict[NoticeKind, Composer] = {
    kinds.REMINDER: _due(reminders.reminder),
    kinds.REMINDER_BUNDLE: _due(reminders.bundle),
    kinds.ASSIGNED: _assigned,
    kinds.ESCALATION: _escalation,
    kinds.ESCALATION_UNANSWERED: _escalation,
    kinds.ESCALATION_RESOLVED: _escalation_resolved,
    kinds.CHECK_ENDED: _check_ended,
    kinds.PAYMENT_RECORDED: _payment_told,
    kinds.FILE_IMPORT: _file_import,
    kinds.LOANS_IMPORTED: _loans_imported,
    kinds.PAYMENTS_IMPORTED: _payments_imported,
    kinds.REPAYMENT_PAUSED: _payment_told,
    kinds.CHECK_PASSED_OVER: _check_passed_over,
    kinds.PAPERS_ARRIVED: _papers_arrived,
    kinds.FILES_ARRIVED: _files_arrived,
    kinds.OWNER_ASKED: _owner_asked,
    kinds.CASE_READY: _case_ready,
    kinds.PERSON_EXPORT_READY: _person_export_ready,
    kinds.EXPORT_READY: _export_ready,
    kinds.APPOINTMENT: _appointment,
    kinds.APPOINTMENT_ON_DAY_OFF: _appointment_on_day_off,
    kinds.COLLECTION_STEP: _collection_step,
    kinds.PHONE_CALL: _phone_call,
    kinds.MISSED_CALL: _missed_call,
    kinds.RING_FAILED: _ring_failed,
    kinds.CHANNEL_LOST: _channel_lost,
    kinds.WEBHOOK_DISABLED: _webhook_disabled,
    kinds.ZONE_UNKNOWN: _zone_unknown,
    kinds.SET_ASIDE: _set_aside,
    kinds.COMPLIANCE_DAY: _compliance_day,
    kinds.PERSON_REQUEST: _person_request,
    kinds.DIGEST: _digest,
    kinds.TEAM_DIGEST: _team_digest,
    kinds.REASSIGNED: _reassigned,
    kinds.CALLS_MOVED: _calls_moved,
    kinds.ACCOUNT_LOST: _account_lost,
    kinds.WELCOME: _welcome,
    kinds.APP_MANIFEST: _app_manifest,
    kinds.INSTALLED_AGAIN: _installed_again,
    kinds.INSTALL_NEEDED: _install_needed,
    kinds.NEWS: _news,
    kinds.ACCESS_ASKED: _access_asked,
    kinds.ACCESS_GRANTED: _access_granted,
    kinds.ACCESS_DECLINED: _access_declined,
}
"""The function that writes each kind of notice."""
