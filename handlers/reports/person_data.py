"""What is held of one person, in the words of a language, for that person: it names nobody else, and members by their roles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from desk.cases.contents import Contents
from desk.core.terms import TERM_FIELDS
from desk.core.vocabulary import VOCABULARY
from desk.rights.person_data import WITHHELD, AroundLoan, OwnLoan, PersonData
from desk.rights.shield import Shield
from desk.rules.contacts import format_phone
from desk.rules.person_requests import request_rules
from handlers.messages.audit_trail import what_happened
from handlers.messages.block_kit.elements import outcome, phone, stage
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.related_names import role
from handlers.messages.terms import label, value
from handlers.messages.unreadable import text_in_words
from handlers.reports.case_file import loan_blocks
from handlers.reports.case_text import CaseFacts, CaseText, instant
from handlers.reports.report import Block, Heading, Paragraph, Report, Table

PURPOSES = (
    _("to check and grant a loan that was applied for"),
    _("to remind of instalments, collect arrears and agree on payments"),
    _("to keep the documents of the loan, and to prove what was said and done"),
    _("to keep the rules about when and how a person may be contacted"),
)
"""What the desk uses a person's data for."""

SOURCES = {
    "person": _("the person themselves: applications, calls, documents"),
    "members": _("the lender's staff, who wrote down calls and notes"),
    "file": _("the lender's own records, brought by a file"),
    "borrower": _("the borrower of the loan, who named this person"),
}
"""Where the desk has data from, by code."""

_WHY: Mapping[str, str] = {
    "others": _(
        "Names and phones of other people around a loan are masked: they are those people's data (GDPR art. 15(4))."
    ),
    "members": _("The lender's staff appear by their roles."),
    "third_states": _("What was noted about how other people may be contacted is left out: it is their data."),
    "holds": _("The reasons of legal holds are left out: they protect proceedings."),
    "loan_of_other": _("A loan of another borrower is not described: it is that borrower's data."),
    "notes_of_other": _(
        "Notes of calls about another's loan are only given to who answers for the debt: others must not be told of it."
    ),
    "recordings": _("Recordings of calls have other voices: ask for them by themselves."),
    "messages": _(
        "The words of the desk's messages are left out: they went to the lender's staff, name them, and repeat the records."
    ),
    "keys": _("Encryption keys and the search index are left out: they say nothing of the person."),
    "backups": _("Backups hold earlier copies of the same until they are deleted."),
}
"""Why each of `WITHHELD` is withheld."""

_MOST_ROWS_READ = 5000
"""How many entries of the audit trail the page has, the latest; person.json has all."""


def person_report(t: Translator, data: PersonData, facts: CaseFacts) -> Report:
    """Return the page: who it is about, why the data is held, from where, who gets it, for how long; then all of it."""
    blocks = [*_about(t, data, facts), *_purposes(t, data), *_periods(t, data), *_withheld(t)]
    for own in data.loans:
        blocks += _hidden(own.hides, _loan(t, data, own, facts))
    for around in data.around:
        blocks += _around(t, data, around)
    blocks += [*_requests(t, data), *_files(t, facts)]
    return Report(
        title=t("Data held of one person"),
        blocks=blocks,
        footer=t("Made at the person's request. It names nobody else."),
    )


def sources(data: PersonData) -> list[str]:
    """Return the codes of where the data is from."""
    found = ["person", "members"] if data.loans else ["members"]
    return [*found, *(["file"] if data.imported else []), *(["borrower"] if data.around else [])]


def _about(t: Translator, data: PersonData, facts: CaseFacts) -> Iterable[Block]:
    rows = [(t("Asked at"), instant(facts.asked_at.isoformat(), ZoneInfo(data.zone)))]
    for subject in data.subjects:
        of = t("borrower") if subject.role is None else role(t, subject.role)
        numbers = t(", ").join(subject.numbers) if subject.role is None else t("a loan of another borrower")
        phones = "\n".join(phone(t, format_phone(each)) for each in subject.phones)
        rows.append((f"{of} · {numbers}" if numbers else of, text_in_words(t, f"{subject.name}\n{phones}")))
    yield Table((), rows, (1, 3))
    if not (data.loans or data.around):
        yield Paragraph(t("Nothing is held any more."))
    yield Paragraph(t("person.json beside this page has each record in full."), small=True)


def _purposes(t: Translator, data: PersonData) -> Iterable[Block]:
    yield Heading(t("Why, from where, for whom"), 2)
    yield Table(
        (),
        [
            (t("Used for"), "\n".join(map(t, PURPOSES))),
            (t("Comes from"), "\n".join(t(SOURCES[code]) for code in sources(data))),
            (t("Received by"), _recipients(t, data)),
        ],
        (1, 4),
    )


def _recipients(t: Translator, data: PersonData) -> str:
    seen: set[str] = set()
    for part in (*(own.contents.audit for own in data.loans), *(around.audit for around in data.around)):
        seen |= {data.roles.get(entry["actor_id"] or "", "") for entry in part}
    lines = [t("Slack, as processor: the workspace {name}", name=data.workspace)]
    return "\n".join([*lines, *sorted(_roles(t, codes) for codes in seen if codes)])


def _periods(t: Translator, data: PersonData) -> Iterable[Block]:
    yield Heading(t("How long it is kept"), 2)
    rows = [
        (
            period.kind.word(t.language),
            t("as long as the loan")
            if period.months is None
            else t.n(
                "{n} month after: {since}",
                "{n} months after: {since}",
                period.months,
                since=period.kind.since(t.language),
            ),
            period.source(t.language) or t("set by the lender"),
        )
        for period in data.periods
    ]
    yield Table((t("What"), t("How long"), t("Source")), rows, (4, 4, 4))
    yield Paragraph(t("A legal hold, an open dispute or a rule of law can keep it longer."), small=True)


def _withheld(t: Translator) -> Iterable[Block]:
    yield Heading(t("What is withheld, and why"), 2)
    yield Paragraph("\n".join(t(_WHY[code]) for code in WITHHELD))


def _loan(t: Translator, data: PersonData, own: OwnLoan, facts: CaseFacts) -> Iterable[Block]:
    contents = own.contents
    by_role = {key: replace(each, name=_roles(t, each.roles)) for key, each in contents.members.items()}
    shown: Contents = replace(contents, members=by_role)
    yield Heading(t("Loan {number}", number=contents.number))
    rows = [(t("Stage"), stage(t, contents.stage))]
    rows += [
        (label(t, name), text_in_words(t, value(t, name, given, contents.currency)))
        for name, given in contents.terms.values.items()
        if name in TERM_FIELDS
    ]
    yield Table((), rows, (1, 3))
    yield from loan_blocks(CaseText(t, shown, facts), own.events[t.language])
    yield from _seen(t, data, contents.audit)


def _around(t: Translator, data: PersonData, around: AroundLoan) -> Iterable[Block]:
    zone = ZoneInfo(data.zone)
    yield Heading(t("As {role} around another's loan", role=role(t, around.role)))
    for row in around.records.get("related_person", ()):
        rows = [(t("Relation"), row["relation"] or ""), (t("When best called"), row["hours"] or "")]
        yield Table((), [(name, text_in_words(t, words)) for name, words in rows if words], (1, 3))
    calls = [
        (instant(row["at"], zone), outcome(t, row["outcome"]), text_in_words(t, row.get("note") or ""))
        for row in around.records.get("call", ())
    ]
    if calls:
        yield Table((t("Time"), t("Phone call"), t("Note")), calls, (3, 3, 6))
    states = [
        (instant(row["at"], zone), row["code"], text_in_words(t, row["note"] or ""))
        for row in around.records.get("contact_state", ())
    ]
    if states:
        yield Table((t("Time"), t("State"), t("Note")), states, (3, 3, 6))
    yield from _seen(t, data, around.audit)


def _seen(t: Translator, data: PersonData, entries: Sequence[Mapping[str, object]]) -> Iterable[Block]:
    zone = ZoneInfo(data.zone)
    rows = [
        (
            instant(str(entry["at"]), zone),
            _roles(t, data.roles.get(str(entry["actor_id"] or ""), "")) or t("the desk"),
            what_happened(t, str(entry["act"]), _what(entry)),
        )
        for entry in entries[-_MOST_ROWS_READ:]
    ]
    if rows:
        yield Heading(t("Who saw and did what"), 2)
        yield Table((t("Time"), t("Who"), t("What")), rows, (3, 3, 5))


def _what(entry: Mapping[str, object]) -> str:
    details = entry["details"]
    return str(details.get("what", "")) if isinstance(details, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # JSON


def _requests(t: Translator, data: PersonData) -> Iterable[Block]:
    if not data.requests:
        return
    rules = request_rules()
    yield Heading(t("Requests about this data"))
    rows = [
        (
            t.date(each.received_on),
            rules.kinds[each.kind].word(t.language),
            text_in_words(t, "\n".join(filter(None, (each.words, each.extension, each.answer)))),
        )
        for each in data.requests
    ]
    yield Table((t("Received on"), t("What was asked"), t("Words")), rows, (3, 3, 6))


def _files(t: Translator, facts: CaseFacts) -> Iterable[Block]:
    if facts.members:
        yield Heading(t("Files in this archive"))
        rows = [(path, what, str(size), digest) for path, what, size, digest in facts.members]
        yield Table((t("Path"), t("What it is"), t("Bytes"), "SHA-256"), rows, (4, 3, 2, 5), right=(2,))
    if facts.missing:
        yield Heading(t("Files that are not in it"), 2)
        yield Table((t("What it is"), t("Why not")), list(facts.missing), (3, 4))


def _hidden(hides: Shield, blocks: Iterable[Block]) -> Iterable[Block]:
    """Yield the blocks with others masked, also where a renderer put them."""
    for block in blocks:
        match block:
            case Table():
                yield replace(block, rows=[tuple(map(hides.text, row)) for row in block.rows])
            case Paragraph():
                yield replace(block, text=hides.text(block.text))
            case Heading():
                yield block


def _roles(t: Translator, codes: str) -> str:
    return t(", ").join(VOCABULARY.role(code).word(t.language) for code in codes.split())
