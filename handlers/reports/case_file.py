"""A case file in the words of a language, for people who know nothing of the desk: a judge, an auditor, the borrower's lawyer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from desk.cases.contents import Contents, Record
from desk.core.dataclass import dataclass
from desk.core.terms import TERM_FIELDS
from desk.core.vocabulary import VOCABULARY
from desk.loans.events import Event
from desk.loans.recordings import RecordingView
from handlers.messages.audit_trail import what_happened
from handlers.messages.block_kit.elements import outcome_and_amount, phone, purpose, stage
from handlers.messages.block_kit.message import Bold, Channel, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.contact import rules_words
from handlers.messages.documents import document, state
from handlers.messages.related import named_role, role
from handlers.messages.repayment import promise_state
from handlers.messages.terms import label, value
from handlers.messages.timelines import event_line
from handlers.messages.unreadable import text_in_words
from handlers.reports.pdf import MOST_ROWS
from handlers.reports.report import Block, Heading, Paragraph, Report, Table

_MESSAGES = {
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
    "appointment": _("reminder of an appointment"),
    "collection_step": _("reminder of a step beyond calls"),
    "case_ready": _("a case file was made"),
    "person_export_ready": _("an export of one person's data was made"),
}
"""What a message was about, by the kind that is stored."""

_OTHER = _("message")

_OPEN_STATES = {
    "open": _("open"),
    "done": _("done"),
    "cancelled": _("cancelled"),
    "ended": _("ended with the loan"),
    "undone": _("undone"),
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Who had a case file made, when and for what. `members` are the files in the archive: path, what it is, size, SHA-256."""

    by: str
    asked_at: datetime
    purpose: str
    members: Sequence[tuple[str, str, int, str]] = ()
    missing: Sequence[tuple[str, str]] = ()


def case_reports(t: Translator, contents: Contents, events: Sequence[Event], facts: CaseFacts) -> list[Report]:
    """Return the case file as reports of at most `MOST_ROWS` rows each: one, but of the longest loans."""
    writer = _CaseWriter(t, contents, facts)
    volumes = list(_volumes(writer.blocks(events)))
    title = t("Case file of loan {number}", number=contents.number)
    asked = _instant(facts.asked_at.isoformat(), writer.zone)
    mark = " · ".join(each for each in (facts.by, asked, facts.purpose) if each)
    report = Report(
        title=title,
        blocks=(),
        header=t("{title} · made for {who} on {when}", title=title, who=facts.by, when=asked),
        footer=t("Confidential. Only the signed archive proves that this page is unaltered."),
        watermark=mark,
    )
    if len(volumes) == 1:
        return [replace(report, blocks=volumes[0])]
    return [
        replace(report, title=t("{title}, part {n} of {of}", title=title, n=n, of=len(volumes)), blocks=blocks)
        for n, blocks in enumerate(volumes, start=1)
    ]


def loan_blocks(t: Translator, contents: Contents, events: Sequence[Event], facts: CaseFacts) -> Iterable[Block]:
    """Yield what happened on a loan, without what is about the desk, other people and the archive."""
    yield from _CaseWriter(t, contents, facts).of_loan(events)


class _CaseWriter:
    """Writes the parts of one case file in one language."""

    def __init__(self, t: Translator, contents: Contents, facts: CaseFacts) -> None:
        self.t = t
        self.contents = contents
        self.facts = facts
        self.zone = ZoneInfo(contents.zone)
        self._by_slack_id = {person.slack_id: person.name for person in contents.members.values()}

    def blocks(self, events: Sequence[Event]) -> Iterable[Block]:
        """Return all parts, in the order in which a reader needs them."""
        yield from self._summary()
        yield from self._people()
        yield from self._timeline(events)
        yield from self._follow_ups()
        yield from self._messages()
        yield from self._documents()
        yield from self._money()
        yield from self._contact()
        yield from self._playbooks()
        yield from self._recordings()
        yield from self._files()
        yield from self._audit()

    def of_loan(self, events: Sequence[Event]) -> Iterable[Block]:
        """Return the parts about the loan itself."""
        yield from self._timeline(events)
        yield from self._follow_ups()
        yield from self._documents()
        yield from self._money()
        yield from self._contact()
        yield from self._recordings()

    def _summary(self) -> Iterable[Block]:
        t, contents = self.t, self.contents
        rows = [
            (t("Loan"), contents.number),
            (t("Stage"), stage(t, contents.stage)),
            (t("Borrower"), self._words(contents.contact.name)),
            (t("Phone"), self._words(phone(t, contents.contact.formatted_phone))),
            (t("Owner"), self._member(str(contents.owner_id) if contents.owner_id else None) or t("nobody")),
            (t("Asked for by"), self.facts.by),
            (t("Asked at"), _instant(self.facts.asked_at.isoformat(), self.zone)),
            (t("Made for"), self.facts.purpose or t("not said")),
        ]
        rows += [
            (label(t, name), self._words(value(t, name, given, contents.currency)))
            for name, given in contents.terms.values.items()
            if name in TERM_FIELDS
        ]
        yield Table((), rows, (1, 3))
        yield Paragraph(t("All times are those of {zone}.", zone=t.zone(self.zone)) + f" ({contents.zone})", small=True)
        yield Paragraph(
            t(
                "This file has what the desk has recorded of this loan, and nothing of other borrowers. case.json beside "
                "it has each record in full, also what was undone. manifest.json has the SHA-256 of each file, and is "
                "signed: the command loandesk case verify shows whether anything was changed, added or removed."
            ),
            small=True,
        )
        if contents.cut:
            yield Paragraph(
                t("Only the first records are given of: {tables}.", tables=", ".join(contents.cut)), small=True
            )

    def _people(self) -> Iterable[Block]:
        t = self.t
        yield Heading(t("People"))
        yield Heading(t("Around the loan"), 2)
        yield self._table(
            (t("Role"), t("Name"), t("Relation"), t("Phones")),
            [
                (role(t, each.role), self._words(each.name), self._words(each.relation), self._phones(str(each.id)))
                for each in self.contents.people
            ],
            (2, 3, 3, 4),
        )
        yield Heading(t("At the desk"), 2)
        yield self._table(
            (t("Name"), t("Slack id"), t("Roles now")),
            sorted((each.name, each.slack_id, self._roles(each.roles)) for each in self.contents.members.values()),
            (3, 3, 4),
        )

    def _timeline(self, events: Sequence[Event]) -> Iterable[Block]:
        t = self.t
        yield Heading(t("Timeline"))
        yield self._table((t("Time"), t("Who"), t("What"), t("Words")), list(map(self._event, events)), (3, 2, 5, 6))

    def _event(self, event: Event) -> tuple[str, ...]:
        t, currency = self.t, self.contents.currency
        # The line begins with the time and ends with who: both have columns of their own here.
        line = event_line(t, replace(event, who=None), currency, self.zone)[2:]
        words = [self._words(event.note)] if event.note else []
        for earlier in event.earlier:
            before = "" if earlier.outcome is None else outcome_and_amount(t, earlier.outcome, earlier.amount, currency)
            if earlier.party is not None:
                before += f" · {named_role(t, earlier.party)}"
            if earlier.minutes is not None:
                before += " · " + t.n("{n} minute", "{n} minutes", earlier.minutes)
            when = _instant(earlier.at.isoformat(), self.zone)
            said = t("corrected {when} by {who}; before:", when=when, who=self._named(earlier.by))
            words.append(" ".join(each for each in (said, before, self._words(earlier.note)) if each))
        who = self._named(event.who) if event.who else t("the desk")
        return _instant(event.at.isoformat(), self.zone), who, self._words(self._plain(line)), "\n".join(words)

    def _follow_ups(self) -> Iterable[Block]:
        t = self.t
        yield Heading(t("Planned calls"))
        rows: list[tuple[str, ...]] = []
        for each in self._rows("follow_up"):
            by = self._member(each["created_by_id"]) or t("the desk")
            if each["rule_trigger"]:
                by = t("the desk, by rule")
            due = _instant(each["due_at"], self.zone) if each["due_at"] else each["due_on"]
            closed = [t(_OPEN_STATES[each["state"]])]
            if each["closed_at"]:
                closed += [_instant(each["closed_at"], self.zone), self._member(each["closed_by_id"])]
                closed.append(self._words(each["closed_why"] or ""))
            rows.append(
                (
                    f"/{each['number']}",
                    purpose(t, each["purpose"]),
                    f"{_instant(each['created_at'], self.zone)}\n{by}",
                    due,
                    self._member(each["assignee_id"]),
                    "\n".join(filter(None, closed)),
                    self._words(each["note"] or ""),
                )
            )
        head = (t("No."), t("Purpose"), t("Planned"), t("Due"), t("Assignee"), t("What became of it"), t("Note"))
        yield self._table(head, rows, (2, 3, 4, 4, 3, 4, 5))
        moved = [
            (
                _instant(each["at"], self.zone),
                self._number_of(each["subject_id"]),
                what_happened(t, each["act"], ""),
                self._member(each["actor_id"]) or t("the desk"),
                self._change(each["details"]),
            )
            for each in self.contents.audit
            if each["act"] in ("move", "snooze", "hold", "take_up", "contact_moved")
        ]
        if moved:
            yield Heading(t("Changes of planned calls"), 2)
            yield self._table((t("Time"), t("No."), t("What"), t("Who"), t("From and to")), moved, (4, 1, 4, 3, 5))

    def _change(self, details: Mapping[str, object]) -> str:
        """Return from when to when a call was moved; empty for moves before the audit trail said so."""
        parts = [str(details.get(name) or "") for name in ("was", "to", "until")]
        return " → ".join(_moment(each, self.zone) for each in parts if each)

    def _messages(self) -> Iterable[Block]:
        t = self.t
        yield Heading(t("Messages of the desk"))
        yield Paragraph(
            t(
                "The desk records what each message was about, where and when it was posted, and how often it was rewritten; not "
                "its words. Slack keeps those, under the channel and the time stamp that are given here."
            ),
            small=True,
        )
        rows = [
            (
                _instant(each["posted_at"] or each["queued_at"], self.zone),
                t(_MESSAGES.get(each["kind"], _OTHER)),
                self._member(each["to_id"]) or t("a channel"),
                each["channel"] or "",
                each["ts"] or self._unsent(each),
                str(each["revisions_sent"]),
            )
            for each in self.contents.notices
        ]
        head = (t("Time"), t("About"), t("To"), t("Channel"), t("Slack time stamp"), t("Versions"))
        yield self._table(head, rows, (4, 4, 3, 3, 4, 1), right=(5,))

    def _unsent(self, notice: Record) -> str:
        t = self.t
        if notice["gave_up_at"]:
            return t("not sent: {error}", error=notice["error"] or "?")
        return t("not sent: settled before") if notice["dropped_at"] else t("not sent yet")

    def _documents(self) -> Iterable[Block]:
        t = self.t
        yield Heading(t("Documents"))
        rows = [
            (
                document(t, each["document"], each["words"] or ""),
                state(t, each["state"]),
                _instant(each["changed_at"], self.zone),
                self._member(each["changed_by_id"]),
                self._words(each["reason"] or ""),
                each["valid_until"] or "",
            )
            for each in self._rows("document_item")
        ]
        head = (t("Document"), t("State"), t("Since"), t("Who"), t("Why"), t("Valid until"))
        yield self._table(head, rows, (4, 2, 4, 3, 4, 2))

    def _money(self) -> Iterable[Block]:
        t = self.t
        yield Heading(t("Promises and payments"))
        promises = [
            (
                _instant(each["at"], self.zone),
                self._money_of(each["amount"]),
                each["due_on"],
                promise_state(t, each["state"]),
            )
            for each in self._rows("promise")
            if each["undone_at"] is None
        ]
        yield Heading(t("Promises"), 2)
        yield self._table((t("Made at"), t("Amount"), t("For the day"), t("State")), promises, (3, 3, 2, 2), right=(1,))
        payments = [
            (
                each["paid_on"],
                self._money_of(each["amount"]),
                self._member(each["by_id"]) or t("the lender's file"),
                _instant(each["at"], self.zone),
                t("reversed {when}", when=_instant(each["reversed_at"], self.zone)) if each["reversed_at"] else "",
            )
            for each in self._rows("payment")
            if each["undone_at"] is None
        ]
        yield Heading(t("Payments"), 2)
        head = (t("Paid on"), t("Amount"), t("Recorded by"), t("Recorded at"), t("Reversed"))
        yield self._table(head, payments, (2, 3, 3, 4, 4), right=(1,))

    def _contact(self) -> Iterable[Block]:
        t = self.t
        yield Heading(t("Contact rules"))
        names = [
            f"{zh if t.language == 'zh' else en} ({code} {version})" for code, version, zh, en in self.contents.packs
        ]
        yield Paragraph(t("Rules that bind this loan now: {packs}.", packs=t(", ").join(names) or t("none chosen")))
        chosen = [
            (
                _instant(each["at"], self.zone),
                self._member(each["by_id"]),
                t("this loan") if each["loan_id"] else t("a team") if each["team_id"] else t("the workspace"),
                each["packs"] or t("none"),
                str(each["number"]),
            )
            for each in self.contents.choices
        ]
        yield Heading(t("What was chosen"), 2)
        yield self._table(
            (t("Time"), t("Who"), t("Binds"), t("Rules"), t("Version")), chosen, (4, 3, 3, 5, 1), right=(4,)
        )
        decided = [
            (
                _instant(each["at"], self.zone),
                self._member(each["by_id"]) or t("the desk"),
                self._decision(each["kind"]),
                rules_words(t, each["rules"]),
                self._words(each["reason"] or ""),
            )
            for each in self._rows("contact_decision")
            if each["undone_at"] is None
        ]
        decided += [
            (
                _instant(each["at"], self.zone),
                self._member(each["actor_id"]) or t("the desk"),
                t("held back"),
                rules_words(t, " ".join(map(str, each["details"].get("rules", ())))),
                "",
            )
            for each in self.contents.audit
            if each["act"] == "contact_held"
        ]
        yield Heading(t("What the rules decided, and who decided otherwise"), 2)
        head = (t("Time"), t("Who"), t("Decision"), t("Rules"), t("Reason"))
        yield self._table(head, sorted(decided), (4, 3, 3, 6, 4))

    def _decision(self, kind: str) -> str:
        t = self.t
        words = {
            "moved": t("moved to an allowed time"),
            "explained": t("called with a reason"),
            "overridden": t("allowed by a manager"),
            "broken": t("logged against a rule"),
        }
        return words.get(kind, kind)

    def _playbooks(self) -> Iterable[Block]:
        t = self.t
        shown = [
            (_instant(each["at"], self.zone), self._member(each["member_id"]), f"{each['code']} · {each['number']}")
            for each in self._rows("playbook_shown")
        ]
        if not shown:
            return
        yield Heading(t("What callers were shown to say"))
        yield self._table((t("Time"), t("Who"), t("Playbook and version")), shown, (4, 4, 4))
        for book in self.contents.playbooks:
            yield Heading(t("Playbook {code}, version {number}", code=book["code"], number=book["number"]), 2)
            script = book["scripts"].get(t.language) or next(iter(book["scripts"].values()), {})
            parts = ("\n".join(text) if isinstance(text, list | tuple) else str(text) for text in script.values())
            yield Paragraph("\n\n".join(filter(None, parts)))

    def _recordings(self) -> Iterable[Block]:
        t = self.t
        rows = self.contents.recordings[::-1]
        if not rows:
            return
        yield Heading(t("Recordings of calls"))
        listed = [
            (
                self._at(each.call_at) if each.call_at else t("no call named"),
                _length(each.seconds) or t("unknown"),
                f"{self._at(each.at)}\n{self._named(each.added_by)}",
                self._recording_state(each),
                "\n".join(f"{self._at(play.at)} {self._named(play.who)}" for play in each.listened),
                each.sha256,
            )
            for each in rows
        ]
        head = (t("Call"), t("Length"), t("Added"), t("State"), t("Who listened"), "SHA-256")
        yield self._table(head, listed, (3, 2, 3, 3, 4, 4), right=(1,))

    def _recording_state(self, each: RecordingView) -> str:
        t = self.t
        if each.discarded_at is not None:
            return t("discarded: {why}", why=self._words(each.why))
        return t("kept by the lender's recording system") if each.is_link else ""

    def _at(self, at: datetime) -> str:
        return _instant(at.isoformat(), self.zone)

    def _files(self) -> Iterable[Block]:
        t = self.t
        yield Heading(t("Files in this archive"))
        rows = [(path, what, str(size), digest) for path, what, size, digest in self.facts.members]
        yield self._table((t("Path"), t("What it is"), t("Bytes"), "SHA-256"), rows, (4, 3, 2, 5), right=(2,))
        if self.facts.missing:
            yield Heading(t("Files that are not in it"), 2)
            yield self._table((t("What it is"), t("Why not")), list(self.facts.missing), (3, 4))

    def _audit(self) -> Iterable[Block]:
        t = self.t
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
                _instant(each["at"], self.zone),
                self._member(each["actor_id"]) or str(each["details"].get("by") or t("the desk")),
                what_happened(t, each["act"], str(each["details"].get("what", ""))),
                " ".join(str(each["details"].get(name, "")) for name in ("door", "ref")).strip(),
                (each["hash"] or "")[:16],
            )
            for each in self.contents.audit
        ]
        head = (t("Entry"), t("Time"), t("Who"), t("What"), t("Command and reference"), t("Hash"))
        yield self._table(head, rows, (2, 4, 3, 5, 4, 3), right=(0,))
        segments = [
            (
                str(each["number"]),
                f"{each['first']}–{each['last']}",
                _instant(each["sealed_at"], self.zone),
                each["head"],
            )
            for each in self.contents.segments
        ]
        yield Heading(t("Segments"), 2)
        yield self._table((t("No."), t("Entries"), t("Sealed at"), t("Head")), segments, (1, 2, 3, 8), right=(0,))

    def _table(
        self,
        head: tuple[str, ...],
        rows: Sequence[tuple[str, ...]],
        widths: tuple[int, ...],
        right: tuple[int, ...] = (),
    ) -> Block:
        t = self.t
        return Table(head, rows, widths, right) if rows else Paragraph(t("None."))

    def _rows(self, table: str) -> Sequence[Record]:
        return self.contents.records.get(table, ())

    def _number_of(self, follow_up: str | None) -> str:
        return next((f"/{each['number']}" for each in self._rows("follow_up") if each["id"] == follow_up), "")

    def _phones(self, person: str) -> str:
        numbers = [each["phone"] or "" for each in self._rows("related_phone") if each["person_id"] == person]
        return self._words("\n".join(phone(self.t, number) for number in numbers if number))

    def _member(self, member_id: str | None) -> str:
        person = self.contents.members.get(member_id) if member_id else None
        return person.name if person else ""

    def _named(self, slack_id: str) -> str:
        return self._by_slack_id.get(slack_id, slack_id)

    def _roles(self, codes: str) -> str:
        return self.t(", ").join(VOCABULARY.role(code).word(self.t.language) for code in codes.split())

    def _money_of(self, amount: str | None) -> str:
        return self.t.money(Decimal(amount), self.contents.currency) if amount else ""

    def _words(self, text: str) -> str:
        return text_in_words(self.t, text)

    def _plain(self, line: Sequence[Inline]) -> str:
        return "".join(map(self._piece, line))

    def _piece(self, piece: Inline) -> str:
        match piece:
            case str():
                return piece
            case Bold(words) | Code(words):
                return words
            case Mention(slack_id):
                return self._named(slack_id)
            case Channel(channel_id):
                return channel_id


def _volumes(blocks: Iterable[Block]) -> Iterable[list[Block]]:
    """Yield the blocks in lists with at most `MOST_ROWS` rows of tables each; a table that does not fit is parted."""
    volume: list[Block] = []
    room = MOST_ROWS
    for block in blocks:
        if not isinstance(block, Table):
            volume.append(block)
            continue
        at = 0
        while at < len(block.rows):
            some = block.rows[at : at + room]
            volume.append(replace(block, rows=some))
            at, room = at + len(some), room - len(some)
            if room == 0:
                yield volume
                volume, room = [], MOST_ROWS
    if volume:
        yield volume


def _length(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02}"


def _instant(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _moment(text: str, zone: ZoneInfo) -> str:
    """Return an instant in the zone; a date as it is."""
    return _instant(text, zone) if "T" in text else text
