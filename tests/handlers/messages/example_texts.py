"""Example texts, by the names of the fields and parameters that they are for."""

from collections.abc import Collection, Sequence
from typing import Any

from desk.core.vocabulary import VOCABULARY
from desk.rules.checks import CHECKS, DECISIONS
from desk.rules.masking import masked_name
from tests.handlers.messages.choices import LANGUAGES, Choices


def codes(words: Collection[Any]) -> tuple[str, ...]:
    """Return the codes of entries of the vocabulary."""
    return tuple(word.code for word in words)


_CHECKS = tuple(CHECKS)
_FOLLOW_UP_STATES = ("open", "done", "cancelled", "ended", "undone")
_DOCUMENT_STATES = ("requested", "received", "accepted", "rejected", "cancelled", "ended")
CODES: dict[str, Sequence[str]] = {
    "purpose": codes(VOCABULARY.purposes),
    "missing": codes(VOCABULARY.purposes),
    "DocumentList.missing": codes(VOCABULARY.documents),
    "outcome": codes(VOCABULARY.outcomes),
    "outcomes": codes(VOCABULARY.outcomes),
    "share": ("asked", "part", "whole"),
    "stage": codes(VOCABULARY.stages),
    "stages": codes(VOCABULARY.stages),
    "skipped": codes(VOCABULARY.stages),
    "by_stage": codes(VOCABULARY.stages),
    "from_stage": codes(VOCABULARY.stages),
    "FollowUpView.state": _FOLLOW_UP_STATES,
    "TrailRow.act": ("disclosure", "call", "refused", "show_number"),
    "TrailRow.what": ("card", "list", "home"),
    "limits": codes(VOCABULARY.roles),
    "NamedDay.usual": ("20", "10.5"),
    "Unusual.usual": ("20", "10.5"),
    "TrailOffer.url": ("https://desk.example.com/files/audit/x",),
    "TrailOffer.code": ("012345",),
    "Override.loan": ("L-1042",),
    "DayReport.head": ("5f" * 32,),
    "ComplianceSettings.channel_id": ("CDESK",),
    "Trail.member": ("U0LIN",),
    "HoldView.by": ("U0LIN",),
    "HoldView.loan": ("L-1042",),
    "Trail.number": ("L-1042",),
    "TrailRow.who": ("U0LIN",),
    "RecordingView.added_by": ("U0LIN",),
    "RecordingView.kind": ("wav",),
    "RecordingView.sha256": ("5e" * 32,),
    "RecordingView.why": ("Of another borrower",),
    "Listened.who": ("U0LIN",),
    "CallOffer.who": ("U0LIN",),
    "TrailRow.operator": ("",),
    "TrailRow.loans": ("L-1042",),
    "TrailRow.door": ("/loan", "loan.card"),
    "TrailRow.reference": ("7F3K-92QD",),
    "CheckMark.purpose": _CHECKS,
    "CheckMark.state": ("confirmed", "failed", "open"),
    "CheckView.purpose": _CHECKS[:1],
    "CheckView.state": ("failed", "confirmed", "open"),
    "CheckView.decision": DECISIONS,
    "FailedCheck.decision": DECISIONS,
    "FailedCheck.purpose": _CHECKS,
    "ItemView.code": tuple(item.code for item in CHECKS[_CHECKS[0]]),
    "ItemView.answer": ("differs", "matches", "not_asked"),
    "RulesOfStages.required": ("documents", "amount"),
    "RulesOfStages.default_product": ("used_car",),
    "passed_over.to_stage": ("approved",),
    "passed_over.purposes": ("identity", "income"),
    "state": _DOCUMENT_STATES,
    "PastStage.by": ("U0LIN",),
    "code": codes(VOCABULARY.documents),
    "FileView.state": ("waiting", "filed", "refused", "expected"),
    "FileView.why": ("protected", "too_large", ""),
    "FileView.kind": ("pdf", "jpeg"),
    "FilesExpected.too_large": ("scan.pdf",),
    "why_not_taken.why": ("too_large", "kind_program", "gone"),
    "BatchView.wished_loan": ("L-1",),
    "kept_elsewhere.link": ("https://pbx.example.com/r/1",),
    "LinkOffer.url": ("https://desk.example.com/files/x",),
    "PageLink.url": ("https://desk.example.com/files/proof/x",),
    "PageLink.code": ("012345",),
    "ProofOffer.month": ("2026-11",),
    "CalendarOffer.url": ("https://desk.example.com/files/calendar/x",),
    "CalendarOffer.code": ("012345",),
    "CalendarOffer.kind": ("signing",),
    "CalendarOffer.loan": ("L-1042",),
    "LinkOffer.code": ("012345",),
    "CallContent.party": ("spouse",),
    "ShownPlaybook.code": ("documents", "hardship"),
    "situations": ("hardship",),
    "AppointmentView.kind": ("signing", "pickup"),
    "Clash.kind": ("signing", "pickup"),
    "OtherPlan.kind": ("signing",),
    "OtherPlan.what": ("appointment",),
    "AppointmentView.state": ("planned", "confirmed", "kept", "missed", "cancelled"),
    "StayingCall.why": ("agreed", "late"),
    "StepView.kind": ("letter", "visit", "repossession", "court"),
    "StepView.state": ("planned", "done", "cancelled"),
    "StepView.stopped_by": ("payment", "pause", "ended"),
    "step_kind.kind": ("visit",),
    "step_event.kind": ("visit",),
    "step_event.state": ("planned", "done"),
    "ArrearsView.escalated": ("legal", "upset"),
    "EscalationView.kind": ("complaint", "legal", "no_contact"),
    "EscalationView.state": ("open", "taken", "resolved"),
    "EscalationView.step": ("visit",),
    "sounds_like": ("complaint",),
    "escalation_kind.kind": ("complaint",),
    "appointment_kind.kind": ("signing",),
    "appointment_state.state": ("planned",),
    "books": ("income",),
    "playbooks": ("income check",),
    "codes": codes(VOCABULARY.documents),
    "kind": ("verification", "repayment", "service"),
    "PauseView.kind": ("extension", "holiday", "hardship"),
    "pause_kind.kind": ("extension", "holiday", "hardship"),
    "FigureRow.promise": ("kept", "partly_kept", "broken", "open"),
    "LastPromise.state": ("open", "kept", "partly_kept", "broken", "replaced"),
    "promise_state.state": ("open", "kept", "partly_kept", "broken", "replaced"),
    "RepaymentSummary.source": ("computed", "lender"),
    "RepaymentSummary.paused": ("extension", "holiday", "hardship"),
    "PaymentView.source": ("call", "form", "import"),
    "PaymentView.by": ("U0LIN",),
    "Change.zh": ("承诺和还款可写金额。",),
    "Change.en": ("Promises and payments take an amount.",),
    "Change.try_zh": ("/loan-call L-1042 承诺还款 3000 周五",),
    "Change.try_en": ("/loan-call L-1042 promised 3000 fri",),
    "Bucket.zh": ("M1",),
    "Bucket.en": ("M1",),
    "RelatedPhoneView.kind": codes(VOCABULARY.choices["phone_kind"]),
    "role": codes(VOCABULARY.related_roles),
    "check_digit": ("X",),
    "CaseView.sha256": ("3b6a27bc",),
    "CaseView.why": ("", "failed", "forbidden"),
    "CaseAsked.parts": ("files",),
    "PersonSaved.act": ("added", "changed", "removed"),
    "counts": ("verification", "repayment", "service"),
    "roles": codes(VOCABULARY.roles),
    "access_granted.role": codes(VOCABULARY.roles),
    "SetAsideRow.chore": ("reminders", "homes"),
    "SetAsideRow.what": ("A-1/1", "Lin <!channel> *x*"),
    "line_offer.line": ("/loan-call A-1 reached <!channel> *x*",),
    "act": ("call", "move", "undo", "something new"),
    "unanswered.reader": ("U0LIN",),
    "EarlierVersion.by": ("U0LIN",),
    "locale": tuple(LANGUAGES.values()),
    "country": ("CN",),
    "RequestView.state": ("open", "granted", "declined"),
    "RequestView.by": ("Lin",),
    "RevealedNumber.ask": ("U0LIN",),
    "SettingsChange.changed": ("language", "digest_at", "channel", "hours", "absence"),
    "TeamChange.changed": ("managers", "channel", "admins"),
    "zone": ("Asia/Shanghai",),
    "language": tuple(LANGUAGES),
    "reference": ("a1b2c3",),
    "currency": ("CNY",),
    "Additions.commands": ("/loan-note",),
    "Additions.shortcuts": ("Find a loan",),
    "Additions.scopes": ("users:read",),
    "Additions.events": ("app_mention",),
    "WaitingDocuments.waiting": ("open", "received"),
    "error": ("is_archived", "channel_not_found", "no_reason_known_here"),
    "fingerprint": ("0" * 32,),
    "undo_id": ("01a20c7f-0000-7000-8000-0000000000ff",),
    "tail": ("5678",),
    "phone": ("+8613800135678",),
    "dialled": ("138 0013 5678",),
}
_NAMES = (
    *("name", "names", "assignee_name", "about_name", "by", "other", "words", "before", "after", "team", "title"),
    *(
        "relation",
        "hours",
        "owner_left",
        "owner_name",
        "raised_by",
        "taken_by",
        "resolved_by",
        "next_name",
        "giver",
        "taker",
        "zones",
        "teams",
    ),
)
_NOTES = (
    "note",
    "planned_note",
    "why",
    "resolution",
    "reason",
    "line",
    "text",
    "earlier",
    "opening",
    "identify",
    "questions",
    "closing",
    "place",
    "link",
)
_NUMBERS = ("number", "numbers", "loan_number", "left", "stayed", "loan")
_PEOPLE = (
    "managers",
    "admins",
    "still_managers",
    "assignee",
    "owner",
    "caller",
    "acting",
    "reader",
    "of",
    "covers_for",
    "to",
    "from_",
    "who",
    "deciders",
    "changed_by",
    "slack_user_id",
    "cover",
    "decided_by",
)
_BY_NAME = (
    *("FollowUpChange.who", "Item.assignee", "FollowUpNotice.covers_for", "Digest.covers_for", "AgentLoad.acting"),
    *("UnknownWords.given", "OfferedLine.label", "OfferedLine.text"),
)


def example_text(choices: Choices, name: str, owner: str) -> str:
    """Return a text for a field or parameter of that name."""
    qualified = f"{owner}.{name}"
    for each in (qualified, name):
        if each in CODES:
            return choices.one_of(CODES[each])
    if qualified in _BY_NAME or name in _NAMES:
        return choices.name
    if name == "masked":
        return masked_name(choices.name)
    if name in _NOTES:
        return choices.note
    if name in _NUMBERS:
        return choices.number
    if name in _PEOPLE:
        return "U0LIN"
    if name in ("channel", "whose"):
        return "C0DESK" if name == "channel" else choices.one_of(("team", "U0LIN"))
    raise TypeError(f"no example text for {qualified}")
