"""What all parts of a case file are written with: names, times and tables in the words of one language."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from desk.cases.contents import Contents, Record
from desk.cases.others_numbers import MASKED
from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY
from desk.rules.contacts import format_phone
from handlers.messages.block_kit.elements import phone, phone_ending
from handlers.messages.block_kit.message import Bold, Channel, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import unescaped
from handlers.messages.unreadable import text_in_words
from handlers.reports.report import Block, Paragraph, Table


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Who had a case file made, when and for what. `members` are the files in the archive: path, what it is, size, SHA-256."""

    by: str
    asked_at: datetime
    purpose: str
    members: Sequence[tuple[str, str, int, str]] = ()
    missing: Sequence[tuple[str, str]] = ()


_MENTION = re.compile(r"<[@#]([A-Z0-9]+)>")


class CaseText:
    """One case file in one language."""

    def __init__(self, t: Translator, contents: Contents, facts: CaseFacts) -> None:
        self.t = t
        self.contents = contents
        self.facts = facts
        self.zone = ZoneInfo(contents.zone)
        self._by_slack_id = {person.slack_id: person.name for person in contents.members.values()}

    def table(
        self,
        head: tuple[str, ...],
        rows: Sequence[tuple[str, ...]],
        widths: tuple[int, ...],
        right: tuple[int, ...] = (),
    ) -> Block:
        t = self.t
        return Table(head, rows, widths, right) if rows else Paragraph(t("None."))

    def rows(self, table: str) -> Sequence[Record]:
        """Return the records of a table of the loan."""
        return self.contents.records.get(table, ())

    def number_of(self, follow_up: str | None) -> str:
        """Return a planned call by its number, `/2`; empty if it is gone."""
        return next((f"/{each['number']}" for each in self.rows("follow_up") if each["id"] == follow_up), "")

    def phones(self, person: str) -> str:
        """Return the phones of a person around the loan, one a line."""
        numbers = [each["phone"] or "" for each in self.rows("related_phone") if each["person_id"] == person]
        return self.words("\n".join(self._phone(number) for number in numbers if number))

    def _phone(self, number: str) -> str:
        tail = number.removeprefix(MASKED)
        return phone(self.t, format_phone(number)) if tail == number else phone_ending(self.t, tail)

    def member(self, member_id: str | None) -> str:
        """Return the name of a member by their id; empty for none."""
        person = self.contents.members.get(member_id) if member_id else None
        return person.name if person else ""

    def named(self, slack_id: str) -> str:
        """Return the name of a member by their Slack id, or the id."""
        return self._by_slack_id.get(slack_id, slack_id)

    def roles(self, codes: str) -> str:
        """Return roles, by their codes, in words."""
        return self.t(", ").join(VOCABULARY.role(code).word(self.t.language) for code in codes.split())

    def money(self, amount: str | None) -> str:
        """Return an amount in the currency of the loan; empty without one."""
        return self.t.money(Decimal(amount), self.contents.currency) if amount else ""

    def words(self, text: str) -> str:
        """Return a text that a member typed, also one that no key opens."""
        return text_in_words(self.t, text)

    def as_posted(self, text: str) -> str:
        """Return the text of a message as people read it in Slack, with names for members."""
        return unescaped(_MENTION.sub(lambda found: self.named(found[1]), self.words(text)))

    def plain(self, line: Sequence[Inline]) -> str:
        """Return a line of a message as text."""
        return "".join(map(self._piece, line))

    def _piece(self, piece: Inline) -> str:
        match piece:
            case str():
                return piece
            case Bold(words) | Code(words):
                return words
            case Mention(slack_id):
                return self.named(slack_id)
            case Channel(channel_id):
                return channel_id

    def at(self, at: datetime) -> str:
        """Return an instant in the zone of the case file."""
        return self.instant(at.isoformat())

    def instant(self, text: str) -> str:
        """Return an instant, as JSON has it."""
        return instant(text, self.zone)

    def moment(self, text: str) -> str:
        """Return an instant in the zone; a date as it is."""
        return self.instant(text) if "T" in text else text


def instant(text: str, zone: ZoneInfo) -> str:
    """Return an instant, as JSON has it, in a zone."""
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"
