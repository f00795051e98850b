"""Compare three values: what a loan has at the desk, what the lender's last file said, and what this file says.

Only then can a correction at the desk be told from a new value of the lender.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.terms import value_text
from desk.core.transaction import Desk
from desk.importing.person_cells import PersonCells
from desk.importing.rows import ImportRow
from storage.engine.cipher import UnreadableError, encrypted_column
from storage.queries.importing.imports import StoredValues
from storage.queries.loans.loans import number_key
from storage.tables import AuditEntry

Verdict = Literal["same", "take", "replace", "keep", "keep_unsaid"]
"""What becomes of a file's value: it is the desk's already; it is taken; it is taken in place of a correction; the desk's
correction stays and differs from something new; or it stays because the file only repeats itself."""

COMPARED = ("name", "phone", "stage", "owner", "amount", "due_day", "autopay", "unpaid_since")
"""The columns of which the last value is kept."""

VALUES = encrypted_column("imported_values", "values_cipher")

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_DOTS_AND_BLANKS = re.compile(r"[\s·•‧∙⋅・･᛫ꞏ]+")
"""What files and people write differently in one name."""


@dataclass(frozen=True, slots=True)
class LastSaid:
    """What is known of earlier files: the last value of each column, and the fields that members corrected.

    `corrected` counts only where no last value is known: the loan was imported before these were kept.
    """

    values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    corrected: frozenset[str] = frozenset()


def spelling_key(name: str) -> str:
    """Return a name as it is compared with one of a file: without regard to case, width, blanks and middle dots.

    `names.name_key`, by which search compares, drops every separator; a hyphen or an apostrophe that a file changes is a
    correction of the lender's.
    """
    return _DOTS_AND_BLANKS.sub("", unicodedata.normalize("NFKC", name).casefold())


def as_text(value: object) -> str:
    """Return a value as it is stored and compared."""
    if type(value) is str:
        return value
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:.2f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def weigh(column: str, present: object, new: object, said: LastSaid) -> Verdict:
    """Return what becomes of a file's value for a column that the file gives."""
    have, brought, last = as_text(present), as_text(new), said.values.get(column)
    if brought == have:
        return "same"
    alike = _alike(column)
    if alike(brought) == alike(have):
        respelled = last is not None and have == last != brought
        return "take" if respelled else "same"
    if last is None:
        return "keep" if column in said.corrected else "take"
    if alike(brought) == alike(last):
        return "keep_unsaid"
    return "take" if alike(have) == alike(last) else "replace"


def values_of(row: ImportRow, earlier: Mapping[str, str]) -> dict[str, str]:
    """Return what the files have said after this row; a column that it does not give keeps its earlier value."""
    given = {column: as_text(getattr(row, column)) for column in COMPARED if column in row.given}
    if "owner" in given:
        given["owner"] = given["owner"].casefold()
    given |= {column: value_text(value) for column, value in row.terms.items()}
    given |= {role: person_text(person, earlier.get(role, "")) for role, person in row.people.items()}
    return {**earlier, **given}


def person_text(person: PersonCells, earlier: str) -> str:
    """Return a person around a loan as it is stored and compared. Without a phone, they keep that of the same name in the
    `earlier` text."""
    known = person_of(earlier)
    same = known is not None and spelling_key(known.name) == spelling_key(person.name)
    return f"{person.name}\t{person.phone or (known.phone if known is not None and same else '')}"


def person_of(text: str) -> PersonCells | None:
    """Return the person of a text that `person_text` wrote, None for an empty one."""
    name, _, phone = text.partition("\t")
    return PersonCells(name, phone) if name else None


def read_values(desk: Desk, stored: StoredValues) -> dict[str, str] | None:
    """Decrypt what the last file said. None if no key opens it: then the loan is as one that no file brought values for."""
    try:
        return json.loads(desk.cipher.decrypt_at(VALUES, stored.id, stored.values_cipher))
    except UnreadableError:
        unreadable.report(desk, VALUES, stored.id, subject=stored.loan_id)
        return None


def write_values(desk: Desk, loan_id: UUID, number: str, values: Mapping[str, str], *, row_id: UUID) -> StoredValues:
    """Return what a file says, encrypted for the row of that id."""
    cipher = desk.cipher.encrypt_at(VALUES, row_id, spelled_out(values))
    return StoredValues(row_id, loan_id, number_key(number), cipher)


def spelled_out(values: Mapping[str, str]) -> str:
    """Return what a file says as the text that is encrypted."""
    return _JSON.encode(values)


def corrected_fields(entries: Iterable[AuditEntry]) -> frozenset[str]:
    """Return the fields that members corrected, from the audit entries of a loan; a correction that was undone is none."""
    edits: list[tuple[object, set[str]]] = []
    for entry in entries:
        if entry.act == "edit":
            moment = (entry.at, entry.actor_id)
            if not edits or edits[-1][0] != moment:
                edits.append((moment, set()))
            edits[-1][1].add(entry.details["field"])
        elif entry.details.get("act_undone") == "edit" and edits:
            edits.pop()
    return frozenset(name for _, fields in edits for name in fields)


def _alike(column: str):
    return spelling_key if column == "name" else str
