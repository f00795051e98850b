"""The part of a case file about contact rules: which bound the loan, and what was decided."""

from collections.abc import Iterable

from handlers.messages.contact import rules_words
from handlers.reports.case_text import CaseText
from handlers.reports.report import Block, Heading, Paragraph


def contact_rules(case: CaseText) -> Iterable[Block]:
    """Yield the contact rules that bound the loan, and what was decided by them and otherwise."""
    t = case.t
    yield Heading(t("Contact rules"))
    names = [f"{zh if t.language == 'zh' else en} ({code} {version})" for code, version, zh, en in case.contents.packs]
    yield Paragraph(t("Rules that bind this loan now: {packs}.", packs=t(", ").join(names) or t("none chosen")))
    chosen = [
        (
            case.instant(each["at"]),
            case.member(each["by_id"]),
            t("this loan") if each["loan_id"] else t("a team") if each["team_id"] else t("the workspace"),
            each["packs"] or t("none"),
            str(each["number"]),
        )
        for each in case.contents.choices
    ]
    yield Heading(t("What was chosen"), 2)
    yield case.table((t("Time"), t("Who"), t("Binds"), t("Rules"), t("Version")), chosen, (4, 3, 3, 5, 1), right=(4,))
    decided = [
        (
            case.instant(each["at"]),
            case.member(each["by_id"]) or t("the desk"),
            _decision(case, each["kind"]),
            rules_words(t, each["rules"]),
            case.words(each["reason"] or ""),
        )
        for each in case.rows("contact_decision")
        if each["undone_at"] is None
    ]
    decided += [
        (
            case.instant(each["at"]),
            case.member(each["actor_id"]) or t("the desk"),
            t("held back"),
            rules_words(t, " ".join(map(str, each["details"].get("rules", ())))),
            "",
        )
        for each in case.contents.audit
        if each["act"] == "contact_held"
    ]
    yield Heading(t("What the rules decided, and who decided otherwise"), 2)
    head = (t("Time"), t("Who"), t("Decision"), t("Rules"), t("Reason"))
    yield case.table(head, sorted(decided), (4, 3, 3, 6, 4))


def _decision(case: CaseText, kind: str) -> str:
    t = case.t
    words = {
        "moved": t("moved to an allowed time"),
        "explained": t("called with a reason"),
        "overridden": t("allowed by a manager"),
        "broken": t("logged against a rule"),
    }
    return words.get(kind, kind)
