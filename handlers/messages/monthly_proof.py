"""The proof of a month: what its page says, in one language, and the same as CSV. It names no member and no borrower."""

import csv
from datetime import date, datetime, time
from io import StringIO
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY
from desk.messages.monthly_proof import (
    CONTACT,
    DAYS_ABOVE,
    NOT_NOTED,
    SECTIONS,
    MonthlyProof,
    ProofRow,
    Section,
    month_after,
)
from handlers.messages.audit_trail import what_happened
from handlers.messages.block_kit.translator import Translator, _

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
    ("contact_broken", ""): _("Notes of which rules a logged call broke"),
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

_OPERATED = {
    "backup": _("Backups made"),
    "restore": _("Backups restored"),
    "rotate_keys": _("Encryption keys rotated"),
    "import": _("Files imported"),
    "audit_proof": _("Proofs made"),
}

_NAMED_FAULTS = 8
"""How many faults the page names; the others are counted."""


@dataclass(frozen=True, slots=True)
class ProofTable:
    """A table of the page: its title, the heads of its columns, and its rows. All but the first column are numbers."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ProofPage:
    """What the page says. `warnings`: what is wrong or missing; `facts`: what was counted; `notes`: how to read them."""

    title: str
    warnings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    tables: tuple[ProofTable, ...] = ()
    notes: tuple[str, ...] = ()


def proof_page(t: Translator, proof: MonthlyProof) -> ProofPage:
    """Return what the page of a month says."""
    title = t("Monthly proof {month} · {workspace}", month=f"{proof.month:%Y-%m}", workspace=_workspace(proof))
    return ProofPage(title, tuple(_warnings(t, proof)), tuple(_facts(t, proof)), tuple(_tables(t, proof)), _notes(t))


def proof_csv(t: Translator, proof: MonthlyProof) -> str:
    """Return the same as CSV: codes as the audit trail has them, the words of the page beside them, and the counts."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["section", "item", "detail", "text", "count"])
    page = proof_page(t, proof)
    for item, lines in (
        ("title", (page.title,)),
        ("warning", page.warnings),
        ("fact", page.facts),
        ("note", page.notes),
    ):
        writer.writerows(["page", item, "", line, ""] for line in lines)
    for row in proof.rows:
        writer.writerow([row.section, row.item, row.detail, _words(t, row), row.count])
    return out.getvalue()


def proof_name(proof: MonthlyProof, language: str, ending: str) -> str:
    """Return the name of a file with the proof: `proof-2026-11-T0123.en.pdf`."""
    return f"proof-{proof.month:%Y-%m}-{proof.team}.{language}.{ending}"


def _warnings(t: Translator, proof: MonthlyProof) -> list[str]:
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
                first=first,
                last=last,
                n=proof.verified,
            )
        )
    lines.append(t("Hash before segment {segment}: {hash}", segment=first, hash=proof.before.hex()))
    lines.append(t("Hash after segment {segment}: {hash}", segment=last, hash=proof.head.hash.hex()))
    return lines


def _tables(t: Translator, proof: MonthlyProof) -> list[ProofTable]:
    return [_table(t, proof, section) for section in SECTIONS]


def _table(t: Translator, proof: MonthlyProof, section: Section) -> ProofTable:
    rows = proof.of(section)
    if section == "rules":
        counts = {(row.item, row.detail): row.count for row in rows}
        lines = [
            (rule, *(str(counts.get((rule, act), 0)) for act in CONTACT)) for rule in sorted({r.item for r in rows})
        ]
        return ProofTable(t(_TITLES[section]), (t("Rule"), *(t(_RULES[act]) for act in CONTACT)), tuple(lines))
    told = tuple((_words(t, row), str(row.count)) for row in rows)
    return ProofTable(t(_TITLES[section]), (t("What"), t("How often")), told or ((t("None"), "0"),))


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
    if row.item in _OPERATED:
        return t(_OPERATED[row.item])
    words = what_happened(t, row.item, "")
    return t("{what} ({code})", what=words, code=f"{row.item} {row.detail}".strip())


def _disclosed(t: Translator, row: ProofRow) -> str:
    if row.item == DAYS_ABOVE:
        return t("Days on which one member looked at more than 30 phone numbers")
    opened = row.item in ("show_number", "file_opened", "calendar_opened")
    what = what_happened(t, row.item if opened else "disclosure", row.item)
    return t("{roles} {what}", roles=_roles(t, row.detail), what=what)


def _roles(t: Translator, codes: str) -> str:
    if codes == NOT_NOTED:
        return t("Role not noted:")
    return t("{roles}:", roles=t(", ").join(VOCABULARY.role(code).word(t.language) for code in codes.split()))


def _notes(t: Translator) -> tuple[str, ...]:
    return (
        t("Every number counts entries of the sealed audit trail, also of acts that were undone later."),
        t(
            "A call's contact rules and the roles of who saw something are noted from the release on that makes this page."
        ),
        t(
            "Reasons are encrypted and not on this page; the desk shows them on the loan. Codes are those of the audit trail."
        ),
    )


def _workspace(proof: MonthlyProof) -> str:
    return proof.workspace or proof.team


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
