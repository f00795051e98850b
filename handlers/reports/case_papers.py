"""The parts of a case file about documents, money and the files beside it."""

from collections.abc import Iterable

from handlers.messages.documents import document, state
from handlers.messages.repayment import promise_state
from handlers.reports.case_text import CaseText
from handlers.reports.report import Block, Heading


def documents(case: CaseText) -> Iterable[Block]:
    """Yield the documents."""
    t = case.t
    yield Heading(t("Documents"))
    rows = [
        (
            document(t, each["document"], each["words"] or ""),
            state(t, each["state"]),
            case.instant(each["changed_at"]),
            case.member(each["changed_by_id"]),
            case.words(each["reason"] or ""),
            each["valid_until"] or "",
        )
        for each in case.rows("document_item")
    ]
    head = (t("Document"), t("State"), t("Since"), t("Who"), t("Why"), t("Valid until"))
    yield case.table(head, rows, (4, 2, 4, 3, 4, 2))


def money(case: CaseText) -> Iterable[Block]:
    """Yield promises and payments."""
    t = case.t
    yield Heading(t("Promises and payments"))
    promises = [
        (
            case.instant(each["at"]),
            case.money(each["amount"]),
            each["due_on"],
            promise_state(t, each["state"]),
        )
        for each in case.rows("promise")
        if each["undone_at"] is None
    ]
    yield Heading(t("Promises"), 2)
    yield case.table((t("Made at"), t("Amount"), t("For the day"), t("State")), promises, (3, 3, 2, 2), right=(1,))
    payments = [
        (
            each["paid_on"],
            case.money(each["amount"]),
            case.member(each["by_id"]) or t("the lender's file"),
            case.instant(each["at"]),
            t("reversed {when}", when=case.instant(each["reversed_at"])) if each["reversed_at"] else "",
        )
        for each in case.rows("payment")
        if each["undone_at"] is None
    ]
    yield Heading(t("Payments"), 2)
    head = (t("Paid on"), t("Amount"), t("Recorded by"), t("Recorded at"), t("Reversed"))
    yield case.table(head, payments, (2, 3, 3, 4, 4), right=(1,))


def files(case: CaseText) -> Iterable[Block]:
    """Yield the files in the archive, and those that are not in it."""
    t = case.t
    yield Heading(t("Files in this archive"))
    rows = [(path, what, str(size), digest) for path, what, size, digest in case.facts.members]
    yield case.table((t("Path"), t("What it is"), t("Bytes"), "SHA-256"), rows, (4, 3, 2, 5), right=(2,))
    if case.facts.missing:
        yield Heading(t("Files that are not in it"), 2)
        yield case.table((t("What it is"), t("Why not")), list(case.facts.missing), (3, 4))
