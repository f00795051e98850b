"""What goes into a case file: the records of a loan as they are stored, and its history in the words of a language."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.disclosures import DIGEST, DISCLOSURE
from desk.core.playbooks import shipped_playbooks
from desk.core.sent_words import digest_of, entered_in
from desk.core.transaction import Desk
from desk.follow_ups.contact_choices import Chosen, chosen_for, own_choice
from desk.loans import borrowers, related_views, terms
from desk.loans.borrowers import Contact
from desk.loans.events import Event
from desk.loans.recordings import RecordingView, recordings_of_loan
from desk.loans.related_views import RelatedView
from desk.loans.terms import TermsView
from desk.loans.timelines import last_events
from storage.engine.cipher import CIPHER_SUFFIX, UnreadableError, encrypted_column
from storage.engine.rows import Row, column_values
from storage.queries.cases import cases
from storage.queries.core import audit
from storage.queries.core.rows import by_ids
from storage.queries.loans.terms import details_of
from storage.tables import AuditEntry, Loan, Member

MOST_ROWS = 50_000
"""The most rows of one table in a case file; the file says where there are more."""

_ENTRIES = 1000
_SECRET = frozenset({"key_cipher", "workspace_id"})
"""Columns that are no record: the key of a file's bytes, and what is the same everywhere."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the desk who is named in a case file."""

    name: str
    slack_id: str
    roles: str


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything of one loan. `records` has its rows by table, decrypted, the values as JSON has them; `cut` are the tables
    of which there are more. `notices` are the messages of the desk, each with what its versions said (`sent`). `recordings`
    are those that were not undone, the latest first. `members` are by id. `audit` are the entries of the audit trail that
    name the loan, oldest first; `segments` the sealed ones that hold them. `packs` are the contact rules that bind the loan
    now: code, version, name in Chinese and in English.
    """

    loan_id: UUID
    number: str
    stage: str
    currency: str
    zone: str
    owner_id: UUID | None
    contact: Contact = field(repr=False)
    terms: TermsView = field(repr=False)
    people: tuple[RelatedView, ...] = field(repr=False)
    records: Mapping[str, Sequence[Record]] = field(repr=False)
    recordings: tuple[RecordingView, ...] = field(repr=False)
    members: Mapping[str, Person] = field(repr=False)
    notices: Sequence[Record] = field(repr=False)
    audit: Sequence[Record] = field(repr=False)
    segments: Sequence[Record] = field(repr=False)
    choices: Sequence[Record] = field(repr=False)
    playbooks: Sequence[Record] = field(repr=False)
    packs: tuple[tuple[str, str, str, str], ...]
    cut: tuple[str, ...]


async def gather(desk: Desk, loan: Loan) -> Contents:
    """Return everything of a loan as it is now. Who may have it was asked before."""
    desk.actor = _reader(desk, desk.workspace.locale)
    records, cut = await _records(desk, loan)
    entries = await entries_of(desk, loan)
    notices = await _notices(desk, loan, records.pop("sent_message", ()), entries)
    choices = [_plain(row) for row in await cases.choices_for(desk.session, desk.workspace.id, loan.id)]
    details = await details_of(desk.session, loan.id)
    bound = await _bound_by(desk, loan, choices)
    named = _named_members(loan, records, notices, entries, choices)
    return Contents(
        loan_id=loan.id,
        number=loan.number,
        stage=loan.stage,
        currency=loan.currency,
        zone=desk.workspace.zone,
        owner_id=loan.owner_id,
        contact=await borrowers.contact_of(desk, loan.borrower_id),
        terms=terms.view(desk, loan, details.terms, details.vehicle),
        people=await related_views.people_of(desk, loan.id),
        records=records,
        recordings=await recordings_of_loan(desk, loan, limit=MOST_ROWS),
        members=await _members(desk, named),
        notices=notices,
        audit=entries,
        segments=await _segments(desk, entries),
        choices=choices,
        playbooks=await _playbooks(desk, records.get("playbook_shown", ())),
        packs=tuple((pack.code, pack.version, pack.zh, pack.en) for pack in bound.rows),
        cut=cut,
    )


async def history(desk: Desk, loan: Loan, locale: str) -> list[Event]:
    """Return the events of a loan, oldest first, with what the desk words itself in that language."""
    desk.actor = _reader(desk, locale)
    events = await last_events(desk, loan, limit=MOST_ROWS)
    events.sort(key=lambda event: (event.at, event.id))
    return events


async def _bound_by(desk: Desk, loan: Loan, choices: Sequence[Record]) -> Chosen:
    """Return the contact rules that bind the loan: its own, if it has any, or else those of its team or the workspace."""
    own = [each for each in choices if each["loan_id"] == str(loan.id)]
    if own and own[-1]["packs"]:
        return own_choice(own[-1]["packs"], own[-1]["role"], own[-1]["raised"])
    return await chosen_for(desk, loan)


def _reader(desk: Desk, locale: str) -> Member:
    """Return who reads: nobody in person, with the rights of compliance and that language."""
    return Member(
        workspace_id=desk.workspace.id, slack_user_id="", name="", roles="compliance", locale=locale, language=None
    )


async def _records(desk: Desk, loan: Loan) -> tuple[dict[str, list[Record]], tuple[str, ...]]:
    found: dict[str, list[Record]] = {"loan": [_plain(loan)]}
    cut: list[str] = []
    for table in cases.recorded_tables():
        rows: list[Record] = []
        async for batch in cases.records(desk.session, table, loan.id):
            rows += [record_of(desk, table, values) for values in batch]
            if len(rows) >= MOST_ROWS:
                cut.append(table.name)
                break
        if rows:
            found[table.name] = rows
    return found, tuple(cut)


def record_of(desk: Desk, table: Table, values: Mapping[str, Any]) -> Record:
    """Return a row with its encrypted texts in clear, None where no key opens one, and without digests and keys."""
    record: Record = {}
    for name, value in values.items():
        if name in _SECRET:
            continue
        if name.endswith(CIPHER_SUFFIX):
            record[name.removesuffix(CIPHER_SUFFIX)] = _text(desk, table, name, values["id"], value)
        elif not isinstance(value, bytes):
            record[name] = _value(value)
    return record


def _text(desk: Desk, table: Table, name: str, row_id: UUID, value: bytes | None) -> str | None:
    if not value:
        return None
    place = encrypted_column(table.name, name)
    try:
        return desk.cipher.decrypt_at(place, row_id, value)
    except UnreadableError:
        unreadable.report(desk, place, row_id, subject=row_id)
        return None


def _plain(row: Row) -> Record:
    """Return a row that has no encrypted text."""
    return {name: _value(value) for name, value in column_values(row).items() if name not in _SECRET}


def _value(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case _:
            return value


async def _notices(desk: Desk, loan: Loan, sent: Sequence[Record], entries: Sequence[Record]) -> list[Record]:
    """Return the messages about the loan: what each was about, where it went, which words of it Slack got, and whether these are
    as the audit trail has them."""
    digests: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for id_, digest in entered_in(entry["details"]).items():
            digests[id_] |= {digest} if digest is not None else set()
    versions: defaultdict[str, list[Record]] = defaultdict(list)
    for each in sorted(sent, key=lambda each: (each["at"], each["revision"])):
        version = {name: each[name] for name in ("id", "revision", "at", "ts", "words")}
        proven = _is_proven(desk, each, digests[each["id"]])
        versions[each["notice_id"]].append({**version, "channel": each["channel_id"], "as_entered": proven})
    found: list[Record] = []
    after: UUID | None = None
    digests_sent = [
        UUID(entry["subject_id"])
        for entry in entries
        if entry["act"] == DISCLOSURE and entry["details"].get("what") == DIGEST
    ]
    while rows := await cases.notices_of(desk.session, loan.id, digests_sent, after):
        for row in rows:
            record = {
                "id": row.id,
                "kind": row.kind,
                "to_id": row.to_id,
                "channel": row.channel_id or row.target,
                "ts": row.ts,
                "queued_at": row.created_at,
                "posted_at": row.posted_at,
                "revisions_sent": row.sent,
                "dropped_at": row.dropped_at,
                "gave_up_at": row.gave_up_at,
                "error": row.last_error,
            }
            plain = {name: _value(value) for name, value in record.items()}
            found.append({**plain, "sent": versions[str(row.id)]})
        after = rows[-1].id
        if len(rows) < cases.BATCH or len(found) >= MOST_ROWS:
            break
    return found


def _is_proven(desk: Desk, sent: Record, digests: Set[str]) -> bool | None:
    """Return whether the words of a message are those of which the trail has the digest, and no other; None where it has none,
    or where they are not kept."""
    if not digests or sent["words"] is None:
        return None
    at, place = datetime.fromisoformat(sent["at"]), (sent["channel_id"], sent["ts"])
    ids = UUID(sent["id"]), UUID(sent["notice_id"])
    return digests == {digest_of(desk, *ids, sent["revision"], at, *place, sent["words"])}


async def entries_of(desk: Desk, loan: Loan) -> list[Record]:
    """Return the entries of the audit trail that name the loan, without the other loans that one of them names."""
    found: list[Record] = []
    while True:
        some = await audit.entries(desk.session, desk.workspace.id, loan_id=loan.id, offset=len(found), limit=_ENTRIES)
        found += [_entry(entry, loan.id) for entry in some]
        if len(some) < _ENTRIES or len(found) >= MOST_ROWS:
            return found[::-1]


def _entry(entry: AuditEntry, loan_id: UUID) -> Record:
    details = {name: value for name, value in entry.details.items() if name != "shown"}
    if words := details.get("words"):
        details["words"] = [each for each in words if each[2] == str(loan_id)]
    if shown := entry.details.get("shown"):
        details["other_loans"] = len(shown) - 1
    record = {
        "id": entry.id,
        "place": entry.sequence,
        "at": entry.at,
        "actor_id": entry.actor_id,
        "act": entry.act,
        "subject_id": entry.subject_id,
        "details": details,
        "hash": entry.hash.hex() if entry.hash else None,
    }
    return {name: _value(value) for name, value in record.items()}


async def _segments(desk: Desk, entries: Sequence[Record]) -> list[Record]:
    """Return the segments that hold these entries, and no others."""
    places = sorted(entry["place"] for entry in entries if entry["place"] is not None)
    found: list[Record] = []
    at = 0
    while at < len(places):
        some = await cases.segments_between(desk.session, desk.workspace.id, places[at], places[-1], limit=_ENTRIES)
        if not some:
            break
        for segment in some:
            if at < len(places) and places[at] <= segment.last:
                found.append(
                    {
                        "number": segment.number,
                        "first": segment.first,
                        "last": segment.last,
                        "head": segment.head.hex(),
                        "sealed_at": _value(segment.sealed_at),
                        "found": segment.found,
                    }
                )
            while at < len(places) and places[at] <= segment.last:
                at += 1
    return found


async def _playbooks(desk: Desk, shown: Iterable[Record]) -> list[Record]:
    """Return the versions of playbooks that callers were shown, with their words."""
    wanted = {(each["code"], each["number"]) for each in shown}
    own = await cases.playbook_versions(desk.session, desk.workspace.id, {code for code, _ in wanted})
    found = [
        {"code": row.code, "number": row.number, "at": _value(row.at), "by_id": str(row.by_id), "scripts": row.scripts}
        for row in own
        if (row.code, row.number) in wanted
    ]
    books = shipped_playbooks()
    for code in sorted(code for code, number in wanted if number == 0):
        scripts = {language: asdict(script) for language, script in books.of_code(code).scripts.items()}
        found.append({"code": code, "number": 0, "at": None, "by_id": None, "scripts": scripts})
    return sorted(found, key=lambda each: (each["code"], each["number"]))


def _named_members(loan: Loan, records: Mapping[str, Sequence[Record]], *others: Sequence[Record]) -> set[UUID]:
    """Return the ids in the columns that name members."""
    columns = {table.name: cases.member_columns(table) for table in cases.recorded_tables()}
    found = {row[name] for table, rows in records.items() for row in rows for name in columns.get(table, ())}
    found |= {row.get(name) for rows in others for row in rows for name in ("to_id", "actor_id", "by_id")}
    return {UUID(each) for each in found if each} | ({loan.owner_id} if loan.owner_id else set())


async def _members(desk: Desk, ids: set[UUID]) -> dict[str, Person]:
    people = await by_ids(desk.session, Member, ids)
    return {str(row.id): Person(row.name, row.slack_user_id, row.roles) for row in people.values()}
