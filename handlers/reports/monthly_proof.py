"""The proof of a month: what its page says, in one language, and the same as CSV. It names no member and no borrower."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time
from io import StringIO
from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.messages.monthly_proof import (
    CONTACT,
    DAYS_ABOVE,
    DELETED,
    NOT_NOTED,
    SECTIONS,
    MonthlyProof,
    ProofRow,
    Section,
    month_after,
)
from handlers.messages.audit_trail import what_happened
from handlers.messages.block_kit.translator import Translator, _
from handlers.reports.pdf import to_pdf
from handlers.reports.report import Block, Heading, Paragraph, Report, Table

_TITLES: dict[Section, str] = {
    "contact": _("Contact rules"),
    "rules": _("Contact rules, one by one"),
    "disclosed": _("What was disclosed, and to which roles"),
    "refused": _("Refused attempts"),
    "kept": _("Deleted, and kept from deletion"),
    "operated": _("Keys, backups and other acts of the operator"),
    "others": _("All other entries"),
}

_CONTACT = {
    ("call", "kept"): _("Calls logged that kept every rule"),
    ("call", "warned"): _("Calls logged of which a rule warned"),
    ("call", "allowed"): _("Calls logged against a rule, allowed by a manager with a reason"),
    ("call", "broken"): _("Calls logged that broke a rule"),
    ("call", "unchecked"): _("Calls logged that no rule bound, or from before the desk noted it"),
    ("contact_held", "deny"): _("Phone numbers held back because a rule refuses the call"),
    ("contact_held", "warn"): _("Phone numbers held back until a reason was given"),
    ("explain_contact", ""): _("Reasons given for a call of which a rule warns"),
    ("override_contact", ""): _("Refusals of a rule that a manager overrode with a reason"),
    ("contact_broken", ""): _("Notes of which rules a call or other contact broke"),
    ("contact_moved", ""): _("Calls moved to a time that the rules allow"),
}

_RULES = {
    "contact_held": _("held back"),
    "explain_contact": _("reason given"),
    "override_contact": _("overridden"),
    "contact_broken": _("broken"),
    "contact_moved": _("moved"),
}
"""The columns of the table of rules."""

_NAMED_FAULTS = 8
"""How many faults the page names; the others are counted."""


async def proof_pdf(t: Translator, proof: MonthlyProof) -> bytes:
    """Return the page as PDF. Raises as `to_pdf` does."""
    return await to_pdf(t, proof_report(t, proof), proof.last_at or _midnight(proof.month, ZoneInfo(proof.zone)))


def proof_report(t: Translator, proof: MonthlyProof) -> Report:
    """Return the page of a month: what is wrong or missing first, what was counted, the tables, and how to read them."""
    blocks: list[Block] = [Paragraph(each) for each in proof_warnings(t, proof)]
    blocks.append(Paragraph("\n".join(_facts(t, proof)), small=True))
    for section in SECTIONS:
        if rows := proof.of(section):
            blocks += [Heading(t(_TITLES[section]), level=2), _table(t, section, rows)]
    none = [t(_TITLES[section]) for section in SECTIONS if not proof.of(section)]
    if none:
        blocks.append(Paragraph(t("Nothing in this month: {titles}", titles=t(", ").join(none))))
    blocks.append(Paragraph("\n".join(_notes(t)), small=True))
    return Report(_title(t, proof), blocks, footer=_title(t, proof), watermark=_mark(t, proof))


def proof_csv(t: Translator, proof: MonthlyProof) -> bytes:
    """Return the same as CSV: codes as the audit trail has them, the words of the page beside them, and the counts. It begins
    with the mark by which spreadsheets know UTF-8."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["section", "item", "detail", "text", "count"])
    told = {
        "title": [_title(t, proof)],
        "warning": proof_warnings(t, proof),
        "fact": _facts(t, proof),
        "note": _notes(t),
    }
    for item, lines in told.items():
        writer.writerows(["page", item, "", line, ""] for line in lines)
    for row in proof.rows:
        writer.writerow([row.section, row.item, row.detail, _words(t, row), row.count])
    return out.getvalue().encode("utf-8-sig")


def proof_name(proof: MonthlyProof, language: str, ending: str) -> str:
    """Return the name of a file with the proof: `proof-2026-11-T0123.en.pdf`."""
    return f"proof-{proof.month:%Y-%m}-{proof.team}.{language}.{ending}"


def proof_warnings(t: Translator, proof: MonthlyProof) -> list[str]:
    """Return what is wrong with the proof, or missing from it."""
    lines: list[str] = []
    if proof.findings:
        n = len(proof.findings)
        places = t(", ").join(str(each.place or f"#{each.segment}") for each in proof.findings[:_NAMED_FAULTS])
        lines.append(
            t.n(
                "{n} fault: the trail is not as it was sealed, first at {places}. `loandesk audit verify` says more.",
                "{n} faults: the trail is not as it was sealed, first at {places}. `loandesk audit verify` says more.",
                n,
                places=places,
            )
        )
    if not proof.over:
        lines.append(t("The month is not over: this is what was sealed so far."))
    if proof.waiting:
        lines.append(
            t.n(
                "{n} entry of the month is not sealed yet, and not counted. Make the proof again later.",
                "{n} entries of the month are not sealed yet, and not counted. Make the proof again later.",
                proof.waiting,
            )
        )
    if proof.dropped:
        lines.append(
            t.n(
                "Retention has deleted {n} entry that may be of this month; it is not counted. Its hash remains.",
                "Retention has deleted {n} entries that may be of this month; they are not counted. Their hashes remain.",
                proof.dropped,
            )
        )
    if proof.found:
        lines.append(
            t.n(
                "{n} entry is from before the trail was chained: nothing proves that it was not changed before that.",
                "{n} entries are from before the trail was chained: nothing proves that they were not changed before that.",
                proof.found,
            )
        )
    return lines


def _facts(t: Translator, proof: MonthlyProof) -> list[str]:
    zone = ZoneInfo(proof.zone)
    begin, end = (t.instant(_midnight(day, zone), zone) for day in (proof.month, month_after(proof.month)))
    lines = [t("From {begin} to {end}", begin=begin, end=end)]
    if not proof.entries:
        return [*lines, t("The audit trail has no sealed entry of this month.")]
    assert proof.last_at is not None
    values = {"first": proof.first, "last": proof.last, "at": t.instant(proof.last_at, zone)}
    lines.append(
        t.n(
            "{n} entry of the audit trail, between entry {first} and entry {last} of {at}",
            "{n} entries of the audit trail, between entry {first} and entry {last} of {at}",
            proof.entries,
            **values,
        )
    )
    first, last = proof.segments
    if not proof.findings:
        lines.append(
            t(
                "Verified: segments {first} to {last} with {n} entries are as they were sealed.",
                first=proof.since,
                last=last,
                n=proof.verified,
            )
        )
    if proof.dropped_before:
        lines.append(
            t.n(
                "Retention has deleted {n} entry of them, from before this month; its hash remains in the chain.",
                "Retention has deleted {n} entries of them, from before this month; their hashes remain in the chain.",
                proof.dropped_before,
            )
        )
    if proof.since > 1:
        lines.append(t("Earlier segments were not verified for this page: `loandesk audit proof` verifies them too."))
    lines.append(t("Hash before segment {segment}: {hash}", segment=first, hash=proof.before.hex()))
    lines.append(t("Hash after segment {segment}: {hash}", segment=last, hash=proof.head.hash.hex()))
    return lines


def _mark(t: Translator, proof: MonthlyProof) -> str:
    if proof.findings:
        return t("not as sealed")
    return "" if proof.is_whole else t("incomplete")


def _table(t: Translator, section: Section, rows: Sequence[ProofRow]) -> Table:
    if section == "rules":
        counts = {(row.item, row.detail): str(row.count) for row in rows}
        rules = sorted({row.item for row in rows})
        lines = [(rule, *(counts.get((rule, act), "0") for act in CONTACT)) for rule in rules]
        return Table(
            (t("Rule"), *(t(_RULES[act]) for act in CONTACT)), lines, (2, 1, 1, 1, 1, 1), right=(1, 2, 3, 4, 5)
        )
    told = [(_words(t, row), str(row.count)) for row in rows]
    return Table((t("What"), t("How often")), told, (5, 1), right=(1,))


def _words(t: Translator, row: ProofRow) -> str:
    """Return what a row counts, in words."""
    if row.section == "contact":
        return t(_CONTACT.get((row.item, row.detail), _CONTACT["call", "unchecked"]))
    if row.section == "rules":
        return t("{rule}: {what}", rule=row.item, what=t(_RULES[row.detail]))
    if row.section == "disclosed":
        return _disclosed(t, row)
    if row.section == "refused":
        over = row.detail == "reveal_limit"
        return t("More phone numbers than the role may look at in a day") if over else row.detail
    if row.item == DELETED:
        return t("Records deleted at the end of their period: {kind}", kind=row.detail)
    words = what_happened(t, row.item, "")
    return t("{what} ({code})", what=words, code=f"{row.item} {row.detail}".strip())


def _disclosed(t: Translator, row: ProofRow) -> str:
    if row.item == DAYS_ABOVE:
        return t("Days on which one member looked at more than 30 phone numbers")
    opened = row.item in ("show_number", "file_opened", "file_in_slack", "recording_opened", "calendar_opened")
    what = what_happened(t, row.item if opened else "disclosure", row.item)
    return t("{roles} {what}", roles=_roles(t, row.detail), what=what)


def _roles(t: Translator, codes: str) -> str:
    if codes == NOT_NOTED:
        return t("Role not noted:")
    return t("{roles}:", roles=t(", ").join(VOCABULARY.role(code).word(t.language) for code in codes.split()))


def _notes(t: Translator) -> list[str]:
    return [
        t("Every number counts entries of the sealed audit trail, also of acts that were undone later."),
        t(
            "A call's contact rules and the roles of who saw something are noted from the release on that makes this page."
        ),
        t(
            "Reasons are encrypted and not on this page; the desk shows them on the loan. Codes are those of the audit trail."
        ),
    ]


def _title(t: Translator, proof: MonthlyProof) -> str:
    workspace = proof.workspace or proof.team
    return t("Monthly proof {month} · {workspace}", month=f"{proof.month:%Y-%m}", workspace=workspace)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
