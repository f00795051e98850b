"""The kinds of notices: every message that the desk sends on its own and keeps up to date."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice; `handlers/messages/notices.py` says what it reads, `docs/messages.md` who gets it and when.

    `mentions`: it mentions its reader, so Slack notifies them. `urgent`: it is delivered before what is not.
    """

    name: str
    mentions: bool = False
    urgent: bool = True


REMINDER = NoticeKind("reminder", mentions=True)
REMINDER_BUNDLE = NoticeKind("reminder_bundle", mentions=True)
ASSIGNED = NoticeKind("assigned", mentions=True)
ESCALATION = NoticeKind("escalation")
MANAGER_TOLD = NoticeKind("manager_told")
REASSIGNED = NoticeKind("reassigned")
DIGEST = NoticeKind("digest", urgent=False)
TEAM_DIGEST = NoticeKind("team_digest", urgent=False)
CHANNEL_LOST = NoticeKind("channel_lost")
WELCOME = NoticeKind("welcome")
APP_MANIFEST = NoticeKind("app_manifest")
ACCESS_ASKED = NoticeKind("access_asked")
ACCESS_GRANTED = NoticeKind("access_granted")
ACCESS_DECLINED = NoticeKind("access_declined")

KINDS: dict[str, NoticeKind] = {
    kind.name: kind
    for kind in (
        REMINDER,
        REMINDER_BUNDLE,
        ASSIGNED,
        ESCALATION,
        MANAGER_TOLD,
        REASSIGNED,
        DIGEST,
        TEAM_DIGEST,
        CHANNEL_LOST,
        WELCOME,
        APP_MANIFEST,
        ACCESS_ASKED,
        ACCESS_GRANTED,
        ACCESS_DECLINED,
    )
}
"""Every kind by the name under which it is stored."""
