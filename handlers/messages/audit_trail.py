"""The audit trail as its readers see it: a line for each entry, with the loans as buttons. It names no borrower."""

from datetime import date
from zoneinfo import ZoneInfo

from desk.messages.audit_trail import PAGE, Kind, Trail, TrailRow
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer
from handlers.messages.exports import export_button
from handlers.messages.undo import act

_SEEN = {
    "card": _("saw the card"),
    "timeline": _("saw the timeline"),
    "list": _("saw a list"),
    "search": _("searched"),
    "home": _("opened the Home"),
    "digest": _("was sent a digest"),
    "form": _("opened a form"),
    "choices": _("was offered loans to choose from"),
    "suggestions": _("searched in a form"),
    "recordings": _("saw which recordings there are"),
    "export": _("had a list made into a file"),
    "answer": _("saw an answer"),
}
"""What was shown, by the code of the entry."""

OTHER_ACTS = {
    "show_number": _("saw the phone number"),
    "ring": _("had the phone system ring the borrower"),
    "set_extension": _("changed the extension of their phone"),
    "set_extensions": _("took whose extension is whose from a file"),
    "assign_phone_call": _("assigned a call of the phone system"),
    "file_link": _("asked for a file"),
    "file_opened": _("opened a file"),
    "ask_file_in_slack": _("asked to have a file sent in Slack"),
    "file_in_slack": _("had a file sent in Slack"),
    "recording_link": _("asked for a recording"),
    "recording_opened": _("listened to a recording"),
    "recording_refused": _("was refused a recording"),
    "calendar_opened": _("opened an appointment"),
    "proof_link": _("asked for a monthly proof"),
    "proof_opened": _("opened a monthly proof"),
    "audit_proof": _("made a monthly proof"),
    "see_audit": _("read the audit trail"),
    "audit_link": _("asked for the audit trail as a table"),
    "audit_opened": _("opened the audit trail as a table"),
    "audit_refused": _("was refused the audit trail as a table"),
    "audit_code_wrong": _("typed a wrong code for the audit trail"),
    "refused": _("was refused"),
    "ask_case": _("asked for a case file"),
    "case_built": _("had a case file made"),
    "case_exported": _("exported a case file"),
    "ask_export": _("asked for a list as a file"),
    "exported": _("exported a list"),
    "ask_person_export": _("asked for an export of one person's data"),
    "person_export_built": _("had an export of one person's data made"),
    "person_exported": _("exported one person's data"),
    "events_accepted": _("had events of the lender's system accepted"),
    "token_issued": _("issued a token of the API"),
    "token_revoked": _("revoked a token of the API"),
    "signing_key": _("made a key that signs case files"),
    "contact_held": _("was held back by contact rules"),
    "explain_contact": _("gave a reason for a call"),
    "override_contact": _("allowed a call against contact rules"),
    "contact_broken": _("entered a call or other contact that broke contact rules"),
    "contact_moved": _("had a call moved by contact rules"),
    "import": _("imported a file"),
    "import_columns": _("said what columns of files are"),
    "forget_import_columns": _("had forgotten what columns of files are"),
    "backup": _("backed the desk up"),
    "restore": _("restored a backup"),
    "add_key": _("added an encryption key"),
    "rotate_keys": _("encrypted everything with the newest key"),
    "remove_key": _("removed an older encryption key"),
    "wrap_keys": _("wrapped the keys in the key store"),
    "rewrap_keys": _("took a new wrapping key"),
    "place_hold": _("placed a legal hold"),
    "lift_hold": _("lifted a legal hold"),
    "change_retention": _("changed how long records are kept"),
    "retention_deleted": _("deleted what was older than its period"),
    "words_entered": _("noted what messages said"),
    "erase_person": _("erased a person's data because they asked"),
    "retention_ended": _("ended a run of retention"),
    "file_refused": _("was refused a file"),
    "file_code_wrong": _("typed a wrong code for a file"),
    "files_sent": _("sent files"),
    "files_filed": _("filed files"),
    "files_discarded": _("discarded files that were not filed"),
    "file_stored": _("stored a file"),
    "file_not_taken": _("did not take a file"),
    "import_call": _("brought a past call by an import"),
    "import_note": _("brought a note by an import"),
    "import_follow_up": _("planned a follow-up by an import"),
    "import_sent": _("sent a file to import"),
    "import_checked": _("tried a file to import"),
    "import_checked_again": _("had a file tried again"),
    "import_asked": _("asked what a file to import has"),
    "import_answered": _("said what a file to import has"),
    "import_started": _("had a file imported"),
    "import_stopped": _("stopped an import"),
    "import_cancelled": _("dropped an import"),
    "import_ended": _("ended an import"),
    "import_refused_link": _("asked for the refused rows of a file"),
    "import_refused_opened": _("opened the refused rows of a file"),
    "import_rows_read": _("read what is said of rows of a file"),
    "import_refused_denied": _("was refused the refused rows of a file"),
    "import_code_wrong": _("typed a wrong code for the refused rows of a file"),
    "calendar_link": _("asked for an appointment as a calendar file"),
    "calendar_refused": _("was refused an appointment"),
    "calendar_code_wrong": _("typed a wrong code for an appointment"),
    "proof_refused": _("was refused a monthly proof"),
    "proof_code_wrong": _("typed a wrong code for a monthly proof"),
    "ask_access": _("asked for access"),
    "decline_access": _("declined a request for access"),
    "account_changed": _("found a member's Slack account changed"),
    "account_lost": _("found a member's Slack account lost"),
    "account_back": _("found a member's Slack account back"),
    "install_app": _("installed the app in Slack"),
    "end_installation": _("heard that the app was removed from Slack"),
    "refresh_refused": _("was refused a new token by Slack"),
    "channel_lost": _("found a channel lost"),
    "set_channel": _("changed a reminder channel"),
    "set_language": _("changed a language"),
    "set_channel_language": _("changed the language of a channel"),
    "set_manager_channel": _("changed the channel of a team's managers"),
    "set_managers": _("changed the managers of a team"),
    "take_next_call": _("took the next call"),
    "give_back": _("gave a loan back that they had taken to call"),
    "escalate": _("escalated a late call"),
    "follow_up_cancelled": _("cancelled a follow-up that a rule had planned"),
    "promise_broken": _("found a promise broken"),
    "end_contact_state": _("ended a state of the borrower"),
    "withdraw_consent": _("entered that a consent was withdrawn"),
    "extend_request": _("put off the answer to a person's request"),
    "refuse_request": _("refused a person's request"),
    "import_change": _("changed a loan by an import"),
    "import_take_over": _("joined an inquiry with an imported loan"),
    "add_webhook": _("added an endpoint of webhooks"),
    "remove_webhook": _("removed an endpoint of webhooks"),
    "subscribe_webhook": _("changed which events an endpoint of webhooks gets"),
    "rotate_webhook": _("gave an endpoint of webhooks a new secret"),
    "enable_webhook": _("had webhooks sent to an endpoint again"),
    "disable_webhook": _("stopped sending webhooks to an endpoint"),
    "replay_webhooks": _("had webhooks sent again"),
    "webhook_disclosed": _("sent a borrower's data to an endpoint of webhooks"),
    "add_demo": _("added the demo"),
    "remove_demo": _("removed the demo"),
}
"""Acts that change nothing, by the code of the entry."""


def audit_trail(t: Translator, view: Trail, zone: ZoneInfo) -> Message:
    """Render a page of the trail. Only the reader sees it."""
    writer = Writer()
    writer.line(Bold(_title(t, view.about.kind)), *_subject(t, view))
    if not view.rows:
        writer.line(t("There is nothing here."))
    writer.bullets([_row(t, row, zone, view.today) for row in view.rows])
    value = about_value(view)
    kinds = [
        Button(label, "audit.list", {**value, "x": kind})
        for kind, label in (("all", t("Everything")), ("seen", t("Who saw it")), ("refused", t("Refused")))
        if kind != view.about.kind
    ]
    others = [elements.form_button(t("Filter"), "audit_filter")]
    if view.rows and view.exports:
        others.append(export_button(t, "trail", {**value, "x": view.about.kind}))
    pages = elements.pages(
        t,
        "audit.list",
        {**value, "x": view.about.kind},
        offset=view.offset,
        shown=len(view.rows),
        more=int(view.more),
        page=PAGE,
    )
    return writer.buttons(*pages, *kinds, *others).message()


def _title(t: Translator, kind: Kind) -> str:
    return t("Audit trail") if kind == "all" else kind_words(t, kind)


def kind_words(t: Translator, kind: Kind) -> str:
    """Return the words for which acts are shown."""
    return {
        "all": t("Everything"),
        "seen": t("Who saw it"),
        "refused": t("Refused attempts"),
        "revealed": t("Phone numbers shown"),
        "overridden": t("Contact rules overridden"),
    }[kind]


def _subject(t: Translator, view: Trail) -> list[Inline]:
    about, of = view.about, list[Inline]()
    if view.number:
        of += [" · ", Bold(view.number)]
    if view.member is not None:
        of += [" · ", Mention(view.member)]
    if about.since and about.since == about.until:
        of += [" · ", t("today") if about.since == view.today else _day(t, about.since, view.today)]
    elif about.since or about.until:
        days = [_day(t, day, view.today) if day else "" for day in (about.since, about.until)]
        of.append(f" · {days[0]}–{days[1]}")
    return of


def _day(t: Translator, day: date, today: date) -> str:
    return t.short_date(day) if day.year == today.year else t.date(day)


def _row(t: Translator, row: TrailRow, zone: ZoneInfo, today: date) -> list[Inline]:
    at = row.at.astimezone(zone)
    parts: list[Inline] = [f"{_day(t, at.date(), today)} {at:%H:%M:%S} · "]
    parts += [_who(t, row), " · ", what_happened(t, row.act, row.what)]
    if row.loans:
        numbers = ", ".join(number for _id, number in row.loans)
        parts.append(f" · {numbers}")
    if row.more:
        parts.append(f" · {t.n('and {n} more', 'and {n} more', row.more)}")
    if row.door:
        parts += [" · ", Code(row.door)]
    if row.reference:
        parts.append(f" · {row.reference}")
    return parts


def _who(t: Translator, row: TrailRow) -> Inline:
    if row.who:
        return Mention(row.who)
    return t("operator {account}", account=row.operator) if row.operator else t("the desk")


def what_happened(t: Translator, code: str, what: str) -> str:
    """Return the words for an entry, by the code of its act; `what` is the kind of a disclosure."""
    if code == "disclosure":
        return t(_SEEN.get(what, _SEEN["answer"]))
    return t(OTHER_ACTS[code]) if code in OTHER_ACTS else act(t, code)


def about_value(view: Trail) -> dict[str, str]:
    """Return what buttons carry of whose entries a page shows, which kind and which days."""
    about = view.about
    named = {"l": about.loan_id, "m": about.member_id, "a": about.since, "b": about.until}
    office = {"z": "1"} if about.office_days else {}
    return {name: str(value) for name, value in named.items() if value is not None} | office | {"x": about.kind}
