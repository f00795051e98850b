"""Write the notices about the desk and its members: set-up, access, overviews of a day, and files that are ready."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.cases.exports import WHAT as CASE
from desk.cases.exports import case_view
from desk.core.transaction import Desk
from desk.exports.asking import WHAT as EXPORT
from desk.exports.asking import export_view
from desk.files.batches import batch_view
from desk.files.slack_uploads import may_be_sent, upload_view
from desk.importing.reports import import_report
from desk.messages import kinds
from desk.messages.compliance import day_report
from desk.messages.digests import digest_of, team_digest_of
from desk.messages.figures import digest_figures
from desk.messages.kinds import NoticeKind
from desk.messages.news import news_of
from desk.messages.notices import accepts_tables
from desk.messages.person_requests import request_notice
from desk.messages.set_aside import set_aside_now
from desk.people import access_requests, accounts
from desk.people.app_manifest import Additions
from desk.people.members import is_at_desk, locale_of, zone_of
from desk.people.onboarding import setup_status
from desk.rules.hours import known_zone
from handlers.messages import (
    archives,
    compliance,
    digests,
    exports,
    file_imports,
    files,
    made_files,
    news,
    person_requests,
    reminders,
    set_aside,
    webhooks,
)
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.composer import Composer, name_in_channel
from handlers.messages.people import access, installing, onboarding
from storage.queries.files import files as stored_files
from storage.tables import Member, Notice


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


async def _files_arrived(desk: Desk, notice: Notice, _t: Translator, _zone: ZoneInfo) -> Message | None:
    sender = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    rows = await stored_files.of_batch(desk.session, desk.workspace.id, UUID(notice.facts["batch"]))
    if sender is None or not rows or (notice.ts is None and not is_at_desk(sender)):
        return None
    # It goes to their direct conversation, never to a channel of theirs.
    desk.actor = sender
    return files.arrived(Translator(locale_of(sender)), await batch_view(desk, rows))


async def _case_ready(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await case_view(desk, UUID(notice.facts["case"]))
    return archives.case_ready(t, view, may_be_sent=may_be_sent(desk, CASE)) if view is not None else None


async def _person_export_ready(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await case_view(desk, UUID(notice.facts["case"]))
    return archives.export_ready(t, view) if view is not None else None


async def _export_ready(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await export_view(desk, UUID(notice.facts["export"]))
    return exports.export_ready(t, view, may_be_sent=may_be_sent(desk, EXPORT)) if view is not None else None


async def _file_not_sent(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    view = await upload_view(desk, UUID(notice.facts["upload"]))
    return made_files.file_not_sent(t, view) if view is not None else None


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
    return digests.digest(t, await digest_of(desk, member), zone, name=name_in_channel(member))


async def _team_digest(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    member = await desk.session.get_one(Member, notice.to_id)
    charts = await accepts_tables(desk)
    view = await team_digest_of(desk, member)
    figures = await digest_figures(desk, member, view.done_on)
    return digests.team_digest(t, view, figures, name=name_in_channel(member), with_charts=charts)


async def _access_asked(desk: Desk, notice: Notice, t: Translator, zone: ZoneInfo) -> Message | None:
    view = await access_requests.view(desk, UUID(notice.facts["request"]))
    if notice.ts is None and view.state != "open":
        return None
    return access.request(t, view, zone)


async def _access_granted(desk: Desk, notice: Notice, t: Translator, _zone: ZoneInfo) -> Message | None:
    reader = await desk.session.get_one(Member, notice.to_id)
    view = await access_requests.view(desk, UUID(notice.facts["request"]))
    return access.granted(t, view, name=name_in_channel(reader))


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
    return news.news(t, view, name=name_in_channel(reader)) if view.changes else None


DESK_COMPOSERS: dict[NoticeKind, Composer] = {
    kinds.FILE_IMPORT: _file_import,
    kinds.FILES_ARRIVED: _files_arrived,
    kinds.CASE_READY: _case_ready,
    kinds.PERSON_EXPORT_READY: _person_export_ready,
    kinds.EXPORT_READY: _export_ready,
    kinds.FILE_NOT_SENT: _file_not_sent,
    kinds.CHANNEL_LOST: _channel_lost,
    kinds.WEBHOOK_DISABLED: _webhook_disabled,
    kinds.ZONE_UNKNOWN: _zone_unknown,
    kinds.SET_ASIDE: _set_aside,
    kinds.COMPLIANCE_DAY: _compliance_day,
    kinds.PERSON_REQUEST: _person_request,
    kinds.DIGEST: _digest,
    kinds.TEAM_DIGEST: _team_digest,
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
"""The function that writes each kind of notice about the desk."""
