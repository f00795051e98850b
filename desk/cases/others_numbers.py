"""Whose phone numbers a case file shows: the borrower's and those of who answers for the debt, who are its parties.

Other people around the loan are named, because a court must know who was called, and their numbers end in the last four digits:
these tell one number from another, and who needs the whole one asks the desk, which records that.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from desk.cases.contents import Contents, Record
from desk.core.vocabulary import VOCABULARY
from desk.rules.contacts import without_extension
from desk.rules.masking import phone_tail

MASKED = "*"
"""What a number begins with of which only the last digits are shown."""

_LAST_DIGITS = 8
"""How many of its last digits make a number known, however a phone system writes it."""

_OTHERS_PHONES = frozenset(f"{role.code}_phone" for role in VOCABULARY.related_roles if not role.liable)
"""The columns of a lender's file with phones of people who do not answer for the debt."""


def without_others_numbers(contents: Contents) -> Contents:
    """Return the contents of a case file with the last digits alone of numbers of people who do not answer for the debt."""
    records = contents.records
    others = {row["id"] for row in records.get("related_person", ()) if not VOCABULARY.related_role(row["role"]).liable}
    parties = {contents.contact.phone, *_phones(records, lambda row: row["person_id"] not in others)}
    hidden = {_last(each) for each in _phones(records, lambda row: row["person_id"] in others)}
    hidden -= {_last(each) for each in parties}
    masks: dict[str, Callable[[Record], Record]] = {
        "related_phone": lambda row: _phone(row, others),
        "imported_values": _imported,
        "phone_call": lambda row: _reported(row, hidden),
    }
    shown = {table: [masks[table](row) for row in rows] if table in masks else rows for table, rows in records.items()}
    return replace(contents, records=shown)


def _phones(records: Mapping[str, Sequence[Record]], of: Callable[[Record], bool]) -> list[str]:
    return [row["phone"] or "" for row in records.get("related_phone", ()) if of(row)]


def _phone(row: Record, others: Collection[str]) -> Record:
    return {**row, "phone": _masked(row["phone"])} if row["person_id"] in others and row["phone"] else row


def _imported(row: Record) -> Record:
    """Return what a lender's file said of the loan, which is kept as JSON."""
    values: dict[str, Any] = json.loads(row["values"]) if row["values"] else {}
    if not _OTHERS_PHONES & values.keys():
        return row
    shown = {name: _masked(str(each)) if name in _OTHERS_PHONES and each else each for name, each in values.items()}
    return {**row, "values": json.dumps(shown, ensure_ascii=False)}


def _reported(row: Record, hidden: Collection[str]) -> Record:
    """Return what a phone system reported of a call."""
    text = row["record"] or ""
    for last in sorted(hidden):
        if len(last) > len(phone_tail(last)):
            text = re.sub(rf"\+?\d*{last}(?!\d)", MASKED + phone_tail(last), text)
    return {**row, "record": text or row["record"]}


def _masked(phone: str) -> str:
    return MASKED + phone_tail(without_extension(phone))


def _last(phone: str) -> str:
    return "".join(each for each in without_extension(phone) if each.isdecimal())[-_LAST_DIGITS:]
