"""Put together what is held of one person: the records as JSON, a page in each language, files, and a signed manifest."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from bot.case_archive import Assembled, Attachment, attachments_of, checked_files, facts_of, page_of, stored
from desk.cases.archive import PERSON_FORMAT, Source, of_bytes
from desk.cases.contents import Record
from desk.cases.signing import signer
from desk.core.dataclass import dataclass
from desk.core.languages import LANGUAGES
from desk.core.transaction import Office
from desk.messages.person_requests import PersonRequestView
from desk.rights.person_data import WITHHELD, PersonData, gather_person, without_members
from handlers.messages.block_kit.translator import Translator
from handlers.reports.person_data import PURPOSES, person_report, sources
from storage.files.store import FileStore
from storage.tables import Workspace

SCHEMA = 1
"""The version of what `person.json` consists of: docs/privacy.md describes it."""


@dataclass(frozen=True, slots=True)
class PersonOrder:
    """What is asked for: the rows of one person (keys of `Subject`), when, with files or not. `by` is the role of who asked."""

    subjects: tuple[str, ...]
    by: str
    asked_at: datetime
    files: bool


async def assemble_person(
    office: Office, workspace: Workspace, order: PersonOrder, store: FileStore | None
) -> Assembled:
    """Read everything of the person and set its pages. Raises UnreadableError: no key opens the signing key."""
    async with office.desk(workspace) as desk:
        key = await signer(desk)
    async with office.reading_desk(workspace) as desk:
        locales = {code: language.locale for code, language in LANGUAGES.items()}
        data = await gather_person(desk, order.subjects, locales)
        found: list[Attachment] = []
        for n, own in enumerate(data.loans, start=1):
            parts = frozenset({"files"} if order.files else ())
            each_file = await attachments_of(desk, own.contents, parts)
            found += [
                replace(each, path=f"loan-{n}/{each.path}", words=own.hides.text(each.words)) for each in each_file
            ]
    attachments = await checked_files(found, store)
    members: list[Source] = []
    for code in LANGUAGES:
        page = await asyncio.to_thread(_page, Translator(LANGUAGES[code].locale), data, order, attachments)
        members.append(of_bytes(f"person.{code}.html", page))
    members.append(of_bytes("person.json", await asyncio.to_thread(_json, data, order)))
    members += [stored(each, store) for each in attachments if store is not None and not each.missing]
    facts: dict[str, Any] = {"asked_by": order.by, "asked_at": order.asked_at.isoformat()}
    return Assembled("person", key, facts, members, PERSON_FORMAT)


def _page(t: Translator, data: PersonData, order: PersonOrder, attachments: Sequence[Attachment]) -> bytes:
    return page_of(t, person_report(t, data, facts_of(t, order.by, order.asked_at, attachments)))


def _json(data: PersonData, order: PersonOrder) -> bytes:
    value = {
        "format": PERSON_FORMAT,
        "schema": SCHEMA,
        "asked": {"by": order.by, "at": order.asked_at},
        "person": [
            {
                "as": each.kind,
                "role": each.role,
                "loans": each.numbers if each.kind == "borrower" else (),
                "name": each.name,
                "phones": each.phones,
            }
            for each in data.subjects
        ],
        "used_for": PURPOSES,
        "sources": sources(data),
        "received_by": {"slack_workspace": data.workspace, "roles": _roles(data)},
        "kept": [
            {"what": each.kind.code, "months": each.months, "since": each.kind.since_en, "source": each.source("en-US")}
            for each in data.periods
        ],
        "withheld": WITHHELD,
        "zone": data.zone,
        "loans": [
            {
                "number": own.contents.number,
                "records": own.contents.records,
                "messages": own.contents.notices,
                "audit": own.contents.audit,
                "contact_rules": own.contents.packs,
                "cut": own.contents.cut,
            }
            for own in data.loans
        ],
        "around_loans_of_others": [
            {"role": each.role, "records": each.records, "audit": each.audit} for each in data.around
        ],
        "requests": [_request(each) for each in data.requests],
    }
    plain = without_members(value, data.roles)
    return json.dumps(plain, ensure_ascii=False, indent=1, default=str).encode() + b"\n"


def _roles(data: PersonData) -> list[str]:
    parts: list[Sequence[Record]] = [own.contents.audit for own in data.loans]
    parts += [around.audit for around in data.around]
    return sorted({data.roles.get(entry["actor_id"] or "", "") for part in parts for entry in part} - {""})


def _request(view: PersonRequestView) -> dict[str, Any]:
    left_out = {"id", "version", "loan_id", "member", "by", "days_left"}
    return {name: value for name, value in asdict(view).items() if name not in left_out}
