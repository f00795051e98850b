"""Take records of calls from the phone system: durable at once, one row a call, applied by the worker."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from desk.calls.reported import note_reporting
from desk.core.data_files import validator
from desk.core.phone_site import Site
from desk.core.transaction import Desk
from desk.rules.call_records import CallRecord, merge, with_number_read
from storage.engine.types import new_id
from storage.queries.telephony import phone_calls
from storage.tables import PhoneCall

SETTLE = timedelta(seconds=5)
"""How long the worker waits for the report of a call's other leg, which comes within a second or two."""

AT_ONCE = timedelta()
"""Of a file all is there."""

_LONGEST_KEY = 200


Effect = Literal["new", "changed", "same"]
"""What a record did: it named a new call, changed one, or said what was known."""


def site_of(desk: Desk) -> Site:
    """Return where the phone system is: as the settings say, or else where the workspace is."""
    return desk.phone_site or Site(ZoneInfo(desk.workspace.zone), desk.workspace.country or "CN")


async def take_records(
    desk: Desk, records: Sequence[CallRecord], site: Site, *, settle: timedelta = SETTLE
) -> list[Effect]:
    """Keep these records, each merged with what was reported of its call before. What changed is applied after `settle`.

    Return the effect of each, in the order in which they were given.
    """
    effects: list[Effect] = ["same"] * len(records)
    records = await _whole(desk, records)
    # In the order of their keys, so that two transactions lock calls in the same order.
    for place, given in sorted(enumerate(records), key=lambda each: (each[1].source, each[1].key)):
        record = with_number_read(given, site)
        row_id = new_id()
        row = PhoneCall(
            id=row_id,
            workspace_id=desk.workspace.id,
            source=record.source,
            key=record.key[:_LONGEST_KEY],
            record_cipher=desk.cipher.encrypt(PhoneCall.record_cipher, row_id, written(record)),
            result=record.result,
            apply_at=desk.now + settle if record.result != "pending" else None,
            received_at=desk.now,
            changed_at=desk.now,
        )
        if await phone_calls.insert(desk.session, row):
            effects[place] = "new"
        elif await _merge(desk, record, settle):
            effects[place] = "changed"
    if "new" in effects:
        await note_reporting(desk)
    return effects


async def _whole(desk: Desk, records: Sequence[CallRecord]) -> list[CallRecord]:
    """Return the records, those of a part of a call with the key of that call: whichever part comes first, they are one. A part
    that an earlier release kept under its own key stays there."""
    alone = {(each.source, each.key) for each in records if each.part_of}
    kept = {each for each in alone if await phone_calls.is_known(desk.session, desk.workspace.id, *each)}
    return [
        replace(each, key=each.part_of, part_of="")
        if each.part_of and (each.source, each.key) not in kept
        else replace(each, part_of="")
        for each in records
    ]


async def _merge(desk: Desk, record: CallRecord, settle: timedelta) -> bool:
    """Merge a record into what is known of its call. Return whether it said anything new."""
    row = await phone_calls.lock_of_key(desk.session, desk.workspace.id, record.source, record.key[:_LONGEST_KEY])
    known = record_of(desk, row)
    merged = merge(known, record)
    if merged == known:
        return False
    row.record_cipher = desk.cipher.encrypt(PhoneCall.record_cipher, row.id, written(merged))
    row.result, row.changed_at, row.version = merged.result, desk.now, row.version + 1
    if merged.result != "pending":
        row.apply_at = desk.now + settle
    desk.add(row)
    return True


def written(record: CallRecord) -> str:
    """Return a record as its row keeps it."""
    return validator(CallRecord).dump_json(record, exclude_defaults=True).decode()


def record_of(desk: Desk, row: PhoneCall) -> CallRecord:
    """Return what was reported of a call so far. Raises UnreadableError."""
    return validator(CallRecord).validate_python(json.loads(desk.cipher.decrypt(PhoneCall.record_cipher, row)))
