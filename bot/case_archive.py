"""Put a case file together: the records, the pages in each language, the files, and the manifest that is signed."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.cases import exports
from desk.cases.archive import FORMAT, Archive, Source, of_bytes
from desk.cases.contents import Contents, gather, history
from desk.cases.others_numbers import without_others_numbers
from desk.cases.signing import Signer, signer
from desk.core.dataclass import dataclass
from desk.core.languages import LANGUAGES
from desk.core.transaction import Desk, Office
from desk.loans.events import Event
from desk.loans.recordings import RecordingView
from desk.rules.file_kinds import KINDS
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.documents import document
from handlers.reports.case_file import case_reports
from handlers.reports.case_text import CaseFacts
from handlers.reports.page import to_page
from handlers.reports.pdf import to_pdf
from handlers.reports.report import Report
from storage.engine.cipher import UnreadableError
from storage.files.sealing import DamagedFileError, unseal
from storage.files.store import FileStore, MissingBytesError, StoreAwayError
from storage.queries.core.rows import by_ids
from storage.queries.files import files
from storage.tables import Loan, StoredFile, Workspace

SCHEMA = 1
"""The version of what `case.json` consists of: docs/case-file.md describes it."""

MOST_BYTES = 1024**3
"""The most bytes of files in one archive."""

RECORDING = "recording"
"""The code of a file that is a recording and no document."""

_MOST_FILES = 2000
_AWAY, _DAMAGED, _TOO_MUCH = _("it is not in the store"), _("it is damaged"), _("the archive would be too large")
_DISCARDED = _("it was discarded; the list of recordings says why")
_ELSEWHERE = _("the lender's recording system keeps it")


class LoanGoneError(Exception):
    """The loan was removed, with all that belongs to it."""


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """What is asked for: by whom, when, what for, which parts, in which languages."""

    loan_id: UUID
    by: str
    asked_at: datetime
    purpose: str = field(repr=False)
    parts: frozenset[str]
    languages: tuple[str, ...] = tuple(LANGUAGES)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes into the archive: its path there, the document that it is, and what opens its bytes; `missing` says why
    they are not there. `words` of a recording are the time of its call."""

    path: str
    code: str
    words: str = field(repr=False)
    size: int
    sha256: str
    blob_id: UUID | None
    key: str = field(repr=False)
    missing: str = ""


async def assemble(office: Office, workspace: Workspace, order: CaseOrder, store: FileStore | None) -> "Assembled":
    """Read everything of the loan and set its pages.

    Raises LoanGoneError, UnreadableError (no key opens the signing key), TypesettingError.
    """
    async with office.desk(workspace) as desk:
        key = await signer(desk)
    async with office.reading_desk(workspace) as desk:
        loan = await desk.session.get(Loan, order.loan_id)
        if loan is None:
            raise LoanGoneError("the loan is gone")
        contents = without_others_numbers(await gather(desk, loan))
        events = {code: await history(desk, loan, LANGUAGES[code].locale) for code in order.languages}
        found = await attachments_of(desk, contents, order.parts)
    attachments = await checked_files(found, store)
    pages: list[Source] = []
    for code in order.languages:
        pages += await _pages(code, contents, events[code], order, attachments)
    record = await asyncio.to_thread(_json, contents, events, order)
    sources = [*pages, of_bytes("case.json", record)]
    sources += [stored(each, store) for each in attachments if store is not None and not each.missing]
    facts = {
        "loan": contents.number,
        "asked_by": order.by,
        "asked_at": order.asked_at.isoformat(),
        "purpose": order.purpose,
        "parts": sorted(order.parts),
        "audit_head": contents.segments[-1]["head"] if contents.segments else None,
    }
    return Assembled(contents.number, key, facts, sources)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A case file, or an export of one person's data, that is ready to be written."""

    number: str
    signer: Signer
    facts: dict[str, Any]
    sources: Sequence[Source]
    format: str = FORMAT

    def archive(self) -> Archive:
        """Return what writes it."""
        return Archive(self.signer, self.facts, self.format)

    def members(self) -> Iterator[Source]:
        """Return the members in their order."""
        return iter(self.sources)


async def attachments_of(desk: Desk, contents: Contents, parts: frozenset[str]) -> list[Attachment]:
    """Return the files that were asked for: those of documents, and recordings of calls, of which discarded ones and those kept
    elsewhere have no bytes here."""
    items = {each["id"]: each for each in contents.records.get("document_item", ())}
    recorded = {each.file_id for each in contents.recordings}
    found: list[Attachment] = []
    if "files" in parts:
        rows = await files.of_loan(desk.session, contents.loan_id, limit=_MOST_FILES)
        for n, row in enumerate((row for row in rows if row.id not in recorded), start=1):
            item = items.get(str(row.document_item_id), {})
            code = item.get("document", "other")
            found.append(
                _attachment(desk, row, f"files/{n:04}-{exports.safe_name(code)}", code, item.get("words") or "")
            )
    if "recordings" in parts:
        found += await _recordings(desk, contents)
    return found


async def _recordings(desk: Desk, contents: Contents) -> list[Attachment]:
    """Return the recordings of the loan, the earliest first."""
    earliest_first = contents.recordings[::-1]
    rows = await by_ids(desk.session, StoredFile, {each.file_id for each in earliest_first if each.file_id})
    found: list[Attachment] = []
    for n, each in enumerate(earliest_first, start=1):
        call = f"{each.call_at.astimezone(ZoneInfo(contents.zone)):%Y-%m-%d %H:%M:%S}" if each.call_at else ""
        if each.file_id is None or each.discarded_at is not None:
            why = _DISCARDED if each.discarded_at is not None else _ELSEWHERE
            found.append(Attachment("", RECORDING, call, each.size, each.sha256, None, "", why))
        else:
            found.append(_attachment(desk, rows[each.file_id], f"recordings/{n:04}", RECORDING, call))
    return found


def _attachment(desk: Desk, row: StoredFile, path: str, code: str, words: str) -> Attachment:
    kind = KINDS.get(row.kind or "")
    extension = kind.extension if kind else exports.safe_name(row.kind or "bin")
    try:
        key, missing = desk.cipher.decrypt(StoredFile.key_cipher, row), ""
    except UnreadableError:
        key, missing = "", _DAMAGED
    return Attachment(f"{path}.{extension}", code, words, row.size or 0, row.sha256 or "", row.blob_id, key, missing)


async def checked_files(found: Sequence[Attachment], store: FileStore | None) -> list[Attachment]:
    """Return the files, with why one cannot be in the archive: one that is damaged must not cost the others."""
    checked: list[Attachment] = []
    room = MOST_BYTES
    for each in found:
        missing = each.missing or (_TOO_MUCH if each.size > room else await _fault(each, store))
        room -= 0 if missing else each.size
        checked.append(
            Attachment(each.path, each.code, each.words, each.size, each.sha256, each.blob_id, each.key, missing)
        )
    return checked


async def _fault(each: Attachment, store: FileStore | None) -> str:
    """Return why the bytes of a file are not those that were stored; empty if they are."""
    if store is None or each.blob_id is None:
        return _AWAY
    digest = hashlib.sha256()
    try:
        async with aclosing(unseal(store.read(each.blob_id), each.key, each.blob_id)) as plain:
            async for piece in plain:
                digest.update(piece)
    except (MissingBytesError, StoreAwayError):
        return _AWAY
    except DamagedFileError:
        return _DAMAGED
    return "" if digest.hexdigest() == each.sha256 else _DAMAGED


def stored(each: Attachment, store: FileStore) -> Source:
    """Return the member of the archive with the bytes of a file."""

    async def pieces() -> AsyncIterator[bytes]:
        assert each.blob_id is not None
        async with aclosing(unseal(store.read(each.blob_id), each.key, each.blob_id)) as plain:
            async for piece in plain:
                yield piece

    return Source(each.path, pieces)


async def _pages(
    code: str, contents: Contents, events: Sequence[Event], order: CaseOrder, attachments: Sequence[Attachment]
) -> list[Source]:
    t = Translator(LANGUAGES[code].locale)
    facts = facts_of(t, order.by, order.asked_at, attachments, purpose=order.purpose)
    reports = await asyncio.to_thread(case_reports, t, contents, events, facts)
    found: list[Source] = []
    for n, report in enumerate(reports, start=1):
        part = f".{n}" if len(reports) > 1 else ""
        found.append(of_bytes(f"case.{code}{part}.pdf", await to_pdf(t, report, order.asked_at)))
        found.append(of_bytes(f"case.{code}{part}.html", await asyncio.to_thread(page_of, t, report)))
    return found


def what(t: Translator, each: Attachment) -> str:
    """Return what a file is, in words."""
    if each.code != RECORDING:
        return document(t, each.code, each.words)
    return t("recording of the call of {when}", when=each.words) if each.words else t("recording of a call")


def facts_of(
    t: Translator, by: str, asked_at: datetime, attachments: Sequence[Attachment], *, purpose: str = ""
) -> CaseFacts:
    """Return what the pages say of the archive: who asked for it, when and for what, and which files it has and lacks."""
    return CaseFacts(
        by=by,
        asked_at=asked_at,
        purpose=purpose,
        members=[(each.path, what(t, each), each.size, each.sha256) for each in attachments if not each.missing],
        missing=[(what(t, each), t(each.missing)) for each in attachments if each.missing],
    )


def page_of(t: Translator, report: Report) -> bytes:
    """Return a report as a page of HTML."""
    return to_page(t, report).encode()


def _json(contents: Contents, events: dict[str, list[Event]], order: CaseOrder) -> bytes:
    first = next(iter(events.values()), [])
    value = {
        "format": "loandesk-case-records",
        "schema": SCHEMA,
        "asked": {"by": order.by, "at": order.asked_at, "purpose": order.purpose, "parts": sorted(order.parts)},
        "loan": {
            "id": contents.loan_id,
            "number": contents.number,
            "stage": contents.stage,
            "currency": contents.currency,
        },
        "borrower": {"name": contents.contact.name, "phone": contents.contact.phone},
        "zone": contents.zone,
        "timeline": [_event(event) for event in first],
        "records": contents.records,
        "recordings": [_recording(each) for each in contents.recordings],
        "messages": contents.notices,
        "audit": {"entries": contents.audit, "segments": contents.segments},
        "contact_rules": {"bound_by": contents.packs, "choices": contents.choices},
        "playbooks": contents.playbooks,
        "members": {member_id: asdict(person) for member_id, person in contents.members.items()},
        "cut": contents.cut,
    }
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).encode() + b"\n"


def _recording(each: RecordingView) -> dict[str, Any]:
    """Return a recording as it is named in `case.json`. Who listened is named by their Slack id."""
    return {
        "id": each.id,
        "call_id": each.call_id,
        "call_at": each.call_at,
        "added_at": each.at,
        "added_by": each.added_by,
        "name": each.name,
        "seconds": each.seconds,
        "is_link": each.is_link,
        "size": each.size,
        "sha256": each.sha256,
        "discarded_at": each.discarded_at,
        "why": each.why,
        "listened": [asdict(play) for play in each.listened],
    }


def _event(event: Event) -> dict[str, Any]:
    return {name: value for name, value in asdict(event).items() if value not in (None, "", (), False)}
