"""All that is held of one person, without the data of others: the content of an export for their request."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, cast
from uuid import UUID

from desk.cases.contents import MOST_ROWS, Contents, Record, entries_of, gather, history, record_of
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.importing.person_cells import PERSON_COLUMNS
from desk.loans.events import Event
from desk.messages.person_requests import PersonRequestView, request_views
from desk.retention.policies import periods
from desk.rights.shield import Shield, shield
from desk.rights.subjects import Subject, subject_of
from desk.rules.masking import masked_name, phone_tail
from desk.rules.retention import Period
from storage.engine.rows import column_values, table_of
from storage.queries.rights import person_exports
from storage.tables import Call, Loan, RelatedPerson

WITHHELD = (
    "others",
    "members",
    "third_states",
    "holds",
    "loan_of_other",
    "notes_of_other",
    "recordings",
    "messages",
    "keys",
    "backups",
)
"""Codes of what an export leaves out; docs/privacy.md and the page say why."""

_OTHERS = ("related_person", "related_phone")
_CALL = ("id", "at", "outcome", "minutes", "undone_at")


@dataclass(frozen=True, slots=True)
class OwnLoan:
    """A loan of the person as a borrower. `hides` masks others in its texts; those of `contents` are masked already, those of
    `events` (by language) are not."""

    contents: Contents = field(repr=False)
    events: Mapping[str, Sequence[Event]] = field(repr=False)
    hides: Shield = field(repr=False)


@dataclass(frozen=True, slots=True)
class AroundLoan:
    """What is held of the person as one around another's loan, in a `role`: rows by table, and who saw their number."""

    role: str
    records: Mapping[str, Sequence[Record]] = field(repr=False)
    audit: Sequence[Record] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonData:
    """All that is held of one person. `roles` are those of members by id; `imported` is whether a lender's file told of them."""

    subjects: tuple[Subject, ...] = field(repr=False)
    loans: tuple[OwnLoan, ...] = field(repr=False)
    around: tuple[AroundLoan, ...] = field(repr=False)
    requests: tuple[PersonRequestView, ...] = field(repr=False)
    roles: Mapping[str, str]
    periods: tuple[Period, ...]
    workspace: str
    zone: str
    imported: bool


async def gather_person(desk: Desk, keys: Sequence[str], locales: Mapping[str, str]) -> PersonData:
    """Return what is held under these keys of `Subject`, with events in the languages of `locales`. Rows that are gone are left
    out. Who may have it was asked before."""
    members = await person_exports.roles_of_members(desk.session, desk.workspace.id)
    slack_ids = frozenset(slack_id for slack_id, _ in members.values())
    found = [subject for key in keys if (subject := await subject_of(desk, key)) is not None]
    loans: list[OwnLoan] = []
    around: list[AroundLoan] = []
    ids: list[UUID] = []
    for subject in found:
        if subject.kind == "borrower":
            for loan in await person_exports.loans_of(desk.session, subject.id):
                loans.append(await _own_loan(desk, loan, found, locales, slack_ids))
                ids.append(loan.id)
        else:
            around.append(await _around(desk, subject, found, slack_ids))
    people = [subject.id for subject in found if subject.kind == "person"]
    requests = await person_exports.requests_about(desk.session, ids, people)
    return PersonData(
        subjects=tuple(found),
        loans=tuple(loans),
        around=tuple(around),
        requests=await request_views(desk, requests),
        roles={str(row_id): roles for row_id, (_, roles) in members.items()},
        periods=await periods(desk),
        workspace=desk.workspace.name,
        zone=desk.workspace.zone,
        imported=any("imported_values" in loan.contents.records for loan in loans),
    )


async def _own_loan(
    desk: Desk, loan: Loan, own: Sequence[Subject], locales: Mapping[str, str], members: Collection[str]
) -> OwnLoan:
    contents = await gather(desk, loan)
    events = {code: await history(desk, loan, locale) for code, locale in locales.items()}
    hides = _hiding(own, *_named_in(contents.records), members)
    own_ids = {str(subject.id) for subject in own}
    records = {
        table: [each for row in rows if (each := _without_others(table, row, own_ids)) is not None]
        for table, rows in contents.records.items()
    }
    shown = replace(
        contents,
        people=(),
        records=hides.value({table: rows for table, rows in records.items() if rows}),
        audit=[_seen(each) for each in contents.audit],
        segments=(),
        notices=[_sent(each) for each in contents.notices],
    )
    return OwnLoan(shown, events, hides)


async def _around(desk: Desk, subject: Subject, own: Sequence[Subject], members: Collection[str]) -> AroundLoan:
    person = await desk.session.get_one(RelatedPerson, subject.id)
    loan = await desk.session.get_one(Loan, person.loan_id)
    contents = await gather(desk, loan)
    names, phones = _named_in(contents.records)
    other = contents.contact
    hides = _hiding(own, [*names, other.name, contents.number], [*phones, other.phone], members)
    records: dict[str, Sequence[Record]] = {
        "related_person": [record_of(desk, table_of(RelatedPerson), column_values(person))]
    }
    for table, column in person_exports.tables_about_people():
        rows = await person_exports.rows_about(desk.session, table, column, person.id, limit=MOST_ROWS)
        records[table.name] = [record_of(desk, table, row) for row in rows]
    liable = VOCABULARY.related_role(person.role).liable
    if not liable and "other_contact" in records:
        records["other_contact"] = [_without_note(row) for row in records["other_contact"]]
    calls = await person_exports.calls_with(desk.session, person.id, limit=MOST_ROWS)
    records["call"] = [_call(record_of(desk, table_of(Call), column_values(row)), with_note=liable) for row in calls]
    phone_ids = {row["id"] for row in records.get("related_phone", ())}
    seen = [each for each in await entries_of(desk, loan) if each["subject_id"] in {str(person.id), *phone_ids}]
    kept = {table: [_without_loan(row) for row in rows] for table, rows in records.items() if rows}
    return AroundLoan(person.role, hides.value(kept), [_seen(each) for each in seen])


def _hiding(own: Sequence[Subject], names: Iterable[str], phones: Iterable[str], members: Collection[str]) -> Shield:
    return shield(
        names,
        phones,
        own_names=[subject.name for subject in own],
        own_phones=[phone for subject in own for phone in subject.phones],
        members=members,
    )


def _named_in(records: Mapping[str, Sequence[Record]]) -> tuple[list[str], list[str]]:
    """Return names and phones of the people around a loan: as they are, were, and stand in the lender's file."""
    names = [str(row["name"] or "") for row in records.get("related_person", ())]
    phones = [str(row["phone"] or "") for row in records.get("related_phone", ())]
    corrected = [row for row in records.get("loan_correction", ()) if _is_of_person(row)]
    names += [str(row["before"] or "").partition(" ")[2] for row in corrected]
    for row in records.get("imported_values", ()):
        for column, value in _imported(row).items():
            if column in PERSON_COLUMNS:
                (phones if column.endswith("_phone") else names).append(str(value or ""))
    return names, phones


def _is_of_person(row: Record) -> bool:
    return str(row["field"]).startswith("person.")


def _imported(row: Record) -> Mapping[str, Any]:
    return json.loads(row["values"]) if row["values"] else {}


def _without_others(table: str, row: Record, own: set[str]) -> Record | None:
    """Return a row of a loan of the person without what is about others; None if it is about another alone."""
    if table in _OTHERS:
        return _masked(table, row, own)
    if table == "contact_state" and row["person_id"] and row["person_id"] not in own:
        return None
    if table == "stored_file" and row["state"] in ("making", "made"):
        return None
    if table == "loan_correction" and _is_of_person(row):
        return {**row, "before": None}
    if table == "imported_values":
        return {**row, "values": {name: value for name, value in _imported(row).items() if name not in PERSON_COLUMNS}}
    if table == "recording":
        return {name: value for name, value in row.items() if name != "link"}
    return row


def _masked(table: str, row: Record, own: set[str]) -> Record:
    if table == "related_person" and row["id"] not in own:
        kept = {name: row[name] for name in ("id", "role", "created_at", "removed_at")}
        return {**kept, "name": masked_name(row["name"] or "")}
    if table == "related_phone" and row["person_id"] not in own:
        kept = {name: row[name] for name in ("id", "person_id", "kind", "removed_at")}
        return {**kept, "phone": f"*{phone_tail((row['phone'] or '').partition(';')[0])}"}
    return row


def _without_loan(row: Record) -> Record:
    return {name: value for name, value in row.items() if name != "loan_id"}


def _without_note(row: Record) -> Record:
    return {name: value for name, value in row.items() if name != "note"}


def _call(row: Record, *, with_note: bool) -> Record:
    """Return a call about another's loan: a note only to who answers for the debt, for others must not be told of it."""
    kept = {name: row[name] for name in _CALL if name in row}
    return {**kept, "note": row["note"]} if with_note else kept


def _seen(entry: Record) -> Record:
    """Return an entry of the audit trail as the person may see it: when, which act, what was shown, by whom."""
    details = {name: entry["details"][name] for name in ("what", "door") if name in entry["details"]}
    kept = {name: entry[name] for name in ("id", "at", "act", "actor_id", "subject_id")}
    return {**kept, "details": details}


def _sent(notice: Record) -> Record:
    return {name: notice[name] for name in ("id", "kind", "to_id", "queued_at", "posted_at")}


def without_members(value: Any, roles: Mapping[str, str]) -> Any:
    """Return a value of JSON in which the id of each member is their roles."""
    match value:
        case str():
            return roles.get(value, value)
        case Mapping():
            return {name: without_members(each, roles) for name, each in cast("Mapping[str, Any]", value).items()}
        case list() | tuple():
            return [without_members(each, roles) for each in cast("Iterable[Any]", value)]
        case _:
            return value
