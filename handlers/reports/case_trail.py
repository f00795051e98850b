"""The parts of a case file about the desk itself: what it posted, and who saw and did what."""

from collections.abc import Iterable
from datetime import datetime

from desk.cases.contents import Record
from handlers.messages.audit_trail import what_happened
from handlers.messages.block_kit.translator import Translator, _
from handlers.reports.case_text import CaseText
from handlers.reports.report import Block, Heading, Paragraph

_MESSAGES = {
    "digest": _("daily digest"),
    "reminder": _("reminder of a call"),
    "reminder_bundle": _("reminder of several calls"),
    "assigned": _("a call was given to the member"),
    "escalation": _("escalation"),
    "escalation_unanswered": _("escalation that nobody took on"),
    "escalation_resolved": _("escalation resolved"),
    "check_ended": _("a check ended"),
    "payment_recorded": _("a payment arrived"),
    "repayment_paused": _("instalments paused"),
    "papers_arrived": _("documents arrived"),
    "reassigned": _("the loan changed hands"),
    "payments_imported": _("payments in a file ended calls"),
    "check_passed_over": _("a loan moved on although a check had failed"),
    "owner_asked": _("the loan has no owner"),
    "phone_call": _("an incoming or finished call to be logged"),
    "missed_call": _("a missed call"),
    "ring_failed": _("the phone system could not ring"),
    "appointment": _("reminder of an appointment"),
    "appointment_on_day_off": _("an appointment on a day off"),
    "collection_step": _("reminder of a step beyond calls"),
    "export_ready": _("a list was made into a file"),
    "case_ready": _("a case file was made"),
    "person_export_ready": _("an export of one person's data was made"),
}
"""What a message was about, by the kind that is stored."""

_OTHER = _("message")


def messages(case: CaseText) -> Iterable[Block]:
    """Yield what the desk posted about the loan."""
    t = case.t
    yield Heading(t("Messages of the desk"))
    yield Paragraph(
        t(
            "Each version that Slack got of a message, with its words but without its buttons; of a message about several "
            "loans, what it says of this one. Where the words are not kept, because an earlier release sent the message or "
            "their time of retention is over, Slack has them under the channel and the time stamp."
        ),
        small=True,
    )
    rows = [row for each in case.contents.notices for row in _versions(case, each)]
    head = (t("Time"), t("About"), t("To"), t("Slack channel and time stamp"), t("Words"))
    yield case.table(head, rows, (3, 3, 2, 3, 7))


def _versions(case: CaseText, notice: Record) -> Iterable[tuple[str, ...]]:
    """Yield what is known of each version of a message: of a first one without words, when it was posted."""
    t = case.t
    about = t(_MESSAGES.get(notice["kind"], _OTHER))
    to = case.member(notice["to_id"]) or t("a channel")
    posted, kept = notice["posted_at"], notice["sent"]
    if not kept or (posted and datetime.fromisoformat(posted) < datetime.fromisoformat(kept[0]["at"])):
        place = "\n".join(filter(None, (notice["channel"], notice["ts"])))
        words = _unkept(t, notice) if notice["ts"] else _unsent(case, notice)
        yield case.instant(posted or notice["queued_at"]), about, to, place, words
        about = t("{about}, rewritten", about=about)
    for each in kept:
        place = f"{each['channel']}\n{each['ts']}"
        yield case.instant(each["at"]), about, to, place, _words(case, each)
        about = t("{about}, rewritten", about=t(_MESSAGES.get(notice["kind"], _OTHER)))


def _unkept(t: Translator, notice: Record) -> str:
    return t("not kept: it lists other borrowers too") if notice["kind"] == "digest" else t("not kept")


def _words(case: CaseText, version: Record) -> str:
    t = case.t
    if version["words"] is None:
        return t("not kept")
    words = case.as_posted(version["words"])
    if version["as_entered"] is not False:
        return words
    return t("(not what was sent: the audit trail has other words)") + "\n" + words


def _unsent(case: CaseText, notice: Record) -> str:
    t = case.t
    if notice["gave_up_at"]:
        return t("not sent: {error}", error=notice["error"] or "?")
    return t("not sent: settled before") if notice["dropped_at"] else t("not sent yet")


def trail(case: CaseText) -> Iterable[Block]:
    """Yield who saw and did what, and the segments that hold the entries."""
    t = case.t
    yield Heading(t("Who saw and did what"))
    yield Paragraph(
        t(
            "The entries of the audit trail that name this loan. Each sealed entry has its place in a chain of hashes over "
            "all entries of the desk; the heads of the segments that hold them are below."
        ),
        small=True,
    )
    rows = [
        (
            str(each["place"] or t("not sealed yet")),
            case.instant(each["at"]),
            case.member(each["actor_id"]) or str(each["details"].get("by") or t("the desk")),
            what_happened(t, each["act"], str(each["details"].get("what", ""))),
            " ".join(str(each["details"].get(name, "")) for name in ("door", "ref")).strip(),
            (each["hash"] or "")[:16],
        )
        for each in case.contents.audit
    ]
    head = (t("Entry"), t("Time"), t("Who"), t("What"), t("Command and reference"), t("Hash"))
    yield case.table(head, rows, (2, 4, 3, 4, 4, 4), right=(0,))
    segments = [
        (
            str(each["number"]),
            f"{each['first']}–{each['last']}",
            case.instant(each["sealed_at"]),
            each["head"],
        )
        for each in case.contents.segments
    ]
    yield Heading(t("Segments"), 2)
    yield case.table((t("No."), t("Entries"), t("Sealed at"), t("Head")), segments, (1, 2, 3, 8), right=(0,))
