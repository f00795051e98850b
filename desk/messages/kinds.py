"""Kinds of notices: every message that the desk sends on its own and keeps up to date."""

from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice; `handlers/messages/notices.py` renders it, `docs/messages.md` says who gets it and when.

    `mentions`: it mentions its reader, so Slack notifies them. `urgent`: it is delivered before others. `directly`: it comes as a
    direct message even to those whose notices come in a channel, because others may read that.
    """

    name: str
    mentions: bool = False
    urgent: bool = True
    directly: bool = False


KINDS: dict[str, NoticeKind] = {}
"""Every kind by its stored name."""


def is_direct(name: str) -> bool:
    """Return whether notices of this kind always come as direct messages. Those of a kind that this release lacks do not."""
    return name in KINDS and KINDS[name].directly


def _kind(name: str, *, mentions: bool = False, urgent: bool = True, directly: bool = False) -> NoticeKind:
    KINDS[name] = NoticeKind(name, mentions, urgent, directly)
    return KINDS[name]


REMINDER = _kind("reminder", mentions=True)
REMINDER_BUNDLE = _kind("reminder_bundle", mentions=True)
ASSIGNED = _kind("assigned", mentions=True)
PHONE_CALL = _kind("phone_call", mentions=True)
MISSED_CALL = _kind("missed_call", mentions=True)
RING_FAILED = _kind("ring_failed", mentions=True)
ESCALATION = _kind("escalation")
ESCALATION_UNANSWERED = _kind("escalation_unanswered", mentions=True)
ESCALATION_RESOLVED = _kind("escalation_resolved")
CHECK_ENDED = _kind("check_ended")
PAYMENT_RECORDED = _kind("payment_recorded")
FILE_IMPORT = _kind("file_import")
LOANS_IMPORTED = _kind("loans_imported")
PAYMENTS_IMPORTED = _kind("payments_imported")
REPAYMENT_PAUSED = _kind("repayment_paused")
PAPERS_ARRIVED = _kind("papers_arrived")
FILES_ARRIVED = _kind("files_arrived")
REASSIGNED = _kind("reassigned")
CALLS_MOVED = _kind("calls_moved")
DIGEST = _kind("digest", urgent=False)
TEAM_DIGEST = _kind("team_digest", urgent=False)
NEWS = _kind("news", urgent=False)
CASE_READY = _kind("case_ready", directly=True)
EXPORT_READY = _kind("export_ready", directly=True)
PERSON_EXPORT_READY = _kind("person_export_ready", directly=True)
FILE_NOT_SENT = _kind("file_not_sent", directly=True)
APPOINTMENT = _kind("appointment", mentions=True)
APPOINTMENT_TOLD = _kind("appointment_told", mentions=True)
APPOINTMENT_ON_DAY_OFF = _kind("appointment_on_day_off", mentions=True)
COLLECTION_STEP = _kind("collection_step", mentions=True)
CHANNEL_LOST = _kind("channel_lost")
WEBHOOK_DISABLED = _kind("webhook_disabled", urgent=False)
ZONE_UNKNOWN = _kind("zone_unknown", urgent=False)
SET_ASIDE = _kind("set_aside", urgent=False)
COMPLIANCE_DAY = _kind("compliance_day", urgent=False)
PERSON_REQUEST = _kind("person_request", urgent=False)
ACCOUNT_LOST = _kind("account_lost")
WELCOME = _kind("welcome")
APP_MANIFEST = _kind("app_manifest")
INSTALLED_AGAIN = _kind("installed_again")
INSTALL_NEEDED = _kind("install_needed")
ACCESS_ASKED = _kind("access_asked")
ACCESS_GRANTED = _kind("access_granted")
ACCESS_DECLINED = _kind("access_declined")
