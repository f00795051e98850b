"""The parts of a case file about the loan as a whole: what it is, who had the file made, and who is concerned."""

from collections.abc import Iterable

from desk.core.terms import TERM_FIELDS
from handlers.messages.block_kit.elements import phone, stage
from handlers.messages.related_names import role
from handlers.messages.terms import label, value
from handlers.reports.case_text import CaseText
from handlers.reports.report import Block, Heading, Paragraph, Table


def summary(case: CaseText) -> Iterable[Block]:
    """Yield what the loan is, who had the file made, and how to prove it."""
    t, contents = case.t, case.contents
    rows = [
        (t("Loan"), contents.number),
        (t("Stage"), stage(t, contents.stage)),
        (t("Borrower"), case.words(contents.contact.name)),
        (t("Phone"), case.words(phone(t, contents.contact.formatted_phone))),
        (t("Owner"), case.member(str(contents.owner_id) if contents.owner_id else None) or t("nobody")),
        (t("Asked for by"), case.facts.by),
        (t("Asked at"), case.instant(case.facts.asked_at.isoformat())),
        (t("Made for"), case.facts.purpose or t("not said")),
    ]
    rows += [
        (label(t, name), case.words(value(t, name, given, contents.currency)))
        for name, given in contents.terms.values.items()
        if name in TERM_FIELDS
    ]
    yield Table((), rows, (1, 3))
    yield Paragraph(t("All times are those of {zone}.", zone=t.zone(case.zone)) + f" ({contents.zone})", small=True)
    yield Paragraph(
        t(
            "This file has what the desk has recorded of this loan, and nothing of other borrowers. case.json beside "
            "it has each record, also what was undone. manifest.json has the SHA-256 of each file, and is "
            "signed: the command loandesk case verify shows whether anything was changed, added or removed."
        ),
        small=True,
    )
    if contents.cut:
        yield Paragraph(t("Only the first records are given of: {tables}.", tables=", ".join(contents.cut)), small=True)


def people(case: CaseText) -> Iterable[Block]:
    """Yield the people around the loan, and those of the desk."""
    t = case.t
    yield Heading(t("People"))
    yield Heading(t("Around the loan"), 2)
    yield case.table(
        (t("Role"), t("Name"), t("Relation"), t("Phones")),
        [
            (role(t, each.role), case.words(each.name), case.words(each.relation), case.phones(str(each.id)))
            for each in case.contents.people
        ],
        (2, 3, 3, 4),
    )
    if case.contents.people:
        yield Paragraph(
            t("Of people who do not answer for the debt, phone numbers show their last four digits."), small=True
        )
    yield Heading(t("At the desk"), 2)
    yield case.table(
        (t("Name"), t("Slack id"), t("Roles now")),
        sorted((each.name, each.slack_id, case.roles(each.roles)) for each in case.contents.members.values()),
        (3, 3, 4),
    )


def assignments(case: CaseText) -> Iterable[Block]:
    """Yield who had the loan and its planned calls, and by whom they changed hands; nothing if they never did."""
    t = case.t
    rows = [
        (
            case.instant(each["at"]),
            t("planned call {number}", number=case.number_of(each["follow_up_id"]))
            if each["follow_up_id"]
            else t("Loan"),
            f"{case.member(each['from_id']) or t('nobody')} → {case.member(each['to_id']) or t('nobody')}",
            case.member(each["by_id"]) or t("the desk"),
            case.words(each["why"] or ""),
        )
        for each in case.rows("assignment")
    ]
    if rows:
        yield Heading(t("Who was responsible"))
        yield case.table((t("Time"), t("What"), t("From whom to whom"), t("Who"), t("Why")), rows, (3, 3, 4, 3, 4))
