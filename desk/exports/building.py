"""The worker's part of an export: take the next one, keep it while its rows are read, record that it is made or is not.

A worker that dies loses its hold after `HELD_FOR`. Then the file is made again from the beginning: of what was begun, nothing
counts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.disclosures import record_exported, record_refusal
from desk.core.languages import LANGUAGES
from desk.core.transaction import Desk
from desk.exports.asking import WHAT, format_of, may_have, wanted_of
from desk.exports.lists import Format, layout
from desk.exports.rows import Wanted, in_full, zone_here
from desk.files import made
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import is_at_desk, locale_of
from storage.engine.cipher import UnreadableError
from storage.queries.exports import exports
from storage.queries.loans import loans
from storage.tables import ListExport, Member, StoredFile

HELD_FOR = timedelta(minutes=2)
"""How long a worker may go on without a page; then another begins."""

KEPT_FOR = timedelta(days=8)
"""How long it is known what became of an export: a day longer than its file is kept."""

_BATCH = 100


class LostHoldError(Exception):
    """Another worker has begun the export meanwhile, or it is gone."""


class LoansGoneError(Exception):
    """Loans that were read were deleted meanwhile."""


@dataclass(frozen=True, slots=True)
class ExportToBuild:
    """An export whose turn it is. `at` is the instant as of which its list is read, `blob_id` where its bytes go. `in_full`: its
    member may have names in full."""

    id: UUID
    member_id: UUID
    wanted: Wanted
    format: Format
    locale: str
    zone: str
    at: datetime
    in_full: bool
    file_id: UUID
    blob_id: UUID


@dataclass(frozen=True, slots=True)
class Built:
    """What was made: the key that seals it, its size and SHA-256, its rows, and the loans that they name: whether its member saw
    each."""

    key: str = field(repr=False)
    size: int
    sha256: str
    rows: int
    loans: Mapping[UUID, bool]


async def is_waiting(desk: Desk) -> bool:
    """Return whether there is an export that is to be made now."""
    return desk.files is not None and await exports.is_waiting(desk.session, desk.workspace.id, desk.now)


async def hold_next(desk: Desk) -> ExportToBuild | None:
    """Take the next export that is to be made, for `HELD_FOR`; None if there is none, or if there is no store of files."""
    row = await made.next_to_build(desk, ListExport)
    if row is None:
        return None
    member = await desk.session.get_one(Member, row.member_id)
    await exports.forget_loans(desk.session, row.id)
    if row.tries > made.TRIES:
        await _give_up(desk, row, "failed")
        return None
    desk.actor = member
    try:
        wanted = wanted_of(desk, row)
    except UnreadableError:  # it must not hold up the others
        await _give_up(desk, row, "failed")
        return None
    zone = zone_here(desk)
    chosen = LANGUAGES.get(wanted.about.get("language", ""))
    locale = chosen.locale if chosen else locale_of(member)
    kind = "xlsx" if row.format == "xlsx" else "csv"
    name = f"{layout().lists[wanted.listed].word(locale)}-{row.asked_at.astimezone(zone):%Y%m%d-%H%M%S}.{kind}"
    file = made.begin(desk, member, WHAT, name, kind)
    assert file.blob_id is not None
    row.file_id, row.build_at, row.in_full = file.id, desk.now + HELD_FOR, in_full(desk)
    desk.add(row)
    return ExportToBuild(
        id=row.id,
        member_id=member.id,
        wanted=wanted,
        format=format_of(row),
        locale=locale,
        zone=zone.key,
        at=desk.now,
        in_full=row.in_full,
        file_id=file.id,
        blob_id=file.blob_id,
    )


async def keep_hold(desk: Desk, held: ExportToBuild, named: Mapping[UUID, bool]) -> None:
    """Note the loans that a page names for the first time, and keep the export for `HELD_FOR` from now on.

    Raises LostHoldError, LoansGoneError.
    """
    row = await _still_held(desk, held)
    if row is None:
        raise LostHoldError(str(held.id))
    if len(await loans.by_ids(desk.session, named)) < len(named):
        raise LoansGoneError(str(held.id))
    await exports.name_loans(desk.session, row, named)
    row.build_at = desk.now + HELD_FOR
    desk.add(row)


async def record_built(desk: Desk, held: ExportToBuild, built: Built) -> bool:
    """Record that the file is stored, and have its asker told. Return whether it is kept: its asker may have lost the right or a
    loan, and a loan may be gone. Raises LoansGoneError."""
    row = await _still_held(desk, held)
    if row is None:
        return False
    member = await desk.session.get_one(Member, row.member_id)
    desk.actor, file = member, await desk.session.get_one(StoredFile, held.file_id)
    row.rows, row.loans = built.rows, len(built.loans)
    if not is_at_desk(member) or not await may_have(desk, row):
        await record_refusal(desk, "export_lost")
        await _discard(desk, row)
        await _give_up(desk, row, "forbidden")
        return False
    made.finish(desk, file, key=built.key, size=built.size, sha256=built.sha256)
    row.build_at, row.built_at, row.size, row.sha256 = None, desk.now, built.size, built.sha256
    desk.add(row)
    record_exported(desk, [loan_id for loan_id, seen in built.loans.items() if seen], row.id)
    audit_exported(desk, held.wanted, held.format, built, row.id, whole=held.in_full)
    await _tell(desk, row)
    return True


def audit_exported(
    desk: Desk,
    wanted: Wanted,
    file_format: Format,
    built: Built,
    export_id: UUID | None,
    *,
    whole: bool,
    **more: Any,
) -> None:
    """Record that a list was made into a file: which, of what, how many rows, the file's SHA-256, and whether names are in full
    (`whole`)."""
    desk.audit(
        "exported",
        subject_id=export_id,
        list=wanted.listed,
        of=dict(wanted.about),
        searched=len(wanted.words.split()),
        format=file_format,
        rows=built.rows,
        loans=len(built.loans),
        in_full=whole,
        sha256=built.sha256,
        **more,
    )


async def record_failed(desk: Desk, held: ExportToBuild, why: str | None = None) -> None:
    """Have it tried again in a minute; with `why`, tell its asker why there will be none."""
    row = await _still_held(desk, held)
    if row is None:
        return
    await _discard(desk, row)
    if why is not None:
        await _give_up(desk, row, why)
    else:
        row.build_at = desk.now + timedelta(minutes=1)
        desk.add(row)


async def forget_exports(desk: Desk) -> bool:
    """Delete the next exports of which no file is kept any more. Return whether there may be more."""
    before = desk.now - KEPT_FOR
    return await exports.delete_before(desk.session, desk.workspace.id, before, limit=_BATCH) == _BATCH


async def _still_held(desk: Desk, held: ExportToBuild) -> ListExport | None:
    row = await desk.session.get(ListExport, held.id, with_for_update=True)
    return row if row is not None and row.file_id == held.file_id and row.built_at is None else None


async def _discard(desk: Desk, row: ListExport) -> None:
    """Delete the row of a file that was begun, and which loans it names."""
    await made.discard(desk, row)
    await exports.forget_loans(desk.session, row.id)


async def _give_up(desk: Desk, row: ListExport, why: str) -> None:
    row.build_at, row.why = None, why
    desk.add(row)
    await _tell(desk, row)


async def _tell(desk: Desk, row: ListExport) -> None:
    member = await desk.session.get_one(Member, row.member_id)
    if member.kind == "service":  # a program asks whether it is there
        return
    facts = {"export": str(row.id)}
    await queue_notice(desk, kind=kinds.EXPORT_READY, key=f"export:{row.id}", to=member, facts=facts)
