"""Ask for a list as a file, which the worker makes, and say who may open it.

What a member may is asked when they ask, when the file is finished, and when they open it: a file in which there is a loan that
they do not see any more, or one that is gone, opens no more.
"""

from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid, NotFound
from desk.core.permissions import allows, require_role
from desk.core.transaction import Desk
from desk.exports.lists import Format, ListCode
from desk.exports.rows import Wanted, in_full
from desk.exports.sources import read_page
from desk.files import made
from desk.files.links import LinkOffer, offer_link
from desk.loans import lookup
from storage.engine.types import new_id
from storage.queries.exports import exports
from storage.tables import ListExport, StoredFile

WHAT = "export"
"""What the file is, by which `desk.files.made` asks who may open it."""

MOST_WAITING = 5
"""How many exports of one member may wait to be made."""


@dataclass(frozen=True, slots=True)
class ExportAsked:
    """An export that is being made. `in_full`: with names and numbers in full."""

    id: UUID
    wanted: Wanted
    format: Format
    in_full: bool


@dataclass(frozen=True, slots=True)
class ExportView:
    """What became of an export. `file_id` None: the file is kept no more, or there is none; `why` is the code of why."""

    id: UUID
    listed: ListCode
    format: Format
    rows: int
    size: int
    sha256: str
    in_full: bool
    file_id: UUID | None
    why: str
    is_built: bool


async def ask_export(desk: Desk, wanted: Wanted, file_format: Format) -> ExportAsked:
    """Have a list made into a file, and its asker told when it is there.

    Raises Invalid (`files_stay_out`, `exports_waiting`), and as `read_page` does.
    """
    require_role(desk, "export_list")
    if desk.files is None:
        raise Invalid("files_stay_out")
    if await exports.count_waiting(desk.session, desk.member.id) >= MOST_WAITING:
        raise Invalid("exports_waiting", limit=MOST_WAITING)
    await read_page(desk, wanted, limit=0)
    row_id = new_id()
    desk.add(
        ListExport(
            id=row_id,
            workspace_id=desk.workspace.id,
            member_id=desk.member.id,
            listed=wanted.listed,
            about=dict(wanted.about),
            words_cipher=desk.cipher.encrypt_optional(ListExport.words_cipher, row_id, wanted.words),
            format=file_format,
            asked_at=desk.now,
            build_at=desk.now,
        )
    )
    desk.audit("ask_export", subject_id=row_id, list=wanted.listed, of=dict(wanted.about), format=file_format)
    return ExportAsked(row_id, wanted, file_format, in_full(desk))


async def export_view(desk: Desk, export_id: UUID) -> ExportView | None:
    """Return what became of an export; None when it is forgotten."""
    row = await desk.session.get(ListExport, export_id)
    if row is None:
        return None
    return ExportView(
        id=row.id,
        listed=list_of(row),
        format=format_of(row),
        rows=row.rows,
        size=row.size or 0,
        sha256=row.sha256 or "",
        in_full=row.in_full,
        file_id=row.file_id,
        why=row.why or "",
        is_built=row.built_at is not None,
    )


async def own_export(desk: Desk, export_id: UUID) -> ExportView:
    """Return what became of an export of the acting member. Raises NotFound (`unknown_file`)."""
    row = await desk.session.get(ListExport, export_id)
    view = await export_view(desk, export_id)
    if row is None or view is None or row.member_id != desk.member.id:
        raise NotFound("unknown_file")
    return view


async def link_to_export(desk: Desk, export_id: UUID) -> LinkOffer:
    """Make a link to the file of an export of the acting member. Raises NotFound (`unknown_file`), and as `offer_link` does."""
    view = await own_export(desk, export_id)
    if view.file_id is None or not view.is_built:
        raise NotFound("unknown_file")
    return await offer_link(desk, view.file_id)


@made.opens(WHAT)
async def may_open_export(desk: Desk, file: StoredFile) -> bool:
    """Return whether the acting member may still have the file of an export."""
    row = await exports.of_file(desk.session, file.id)
    return row is not None and await may_have(desk, row)


async def may_have(desk: Desk, row: ListExport) -> bool:
    """Return whether the acting member may have an export that was made: they may still see the list, and each loan of it that
    they saw; none of them is gone; and they may still have names in full, if it has them so."""
    try:
        await read_page(desk, wanted_of(desk, row), limit=0)
    except DeskError:
        return False
    if row.in_full and not allows(desk.member, "export_in_full"):
        return False
    there, lost = await exports.counts_of_loans(desk.session, row.id, await lookup.visible_today(desk))
    return there == row.loans and not lost


def wanted_of(desk: Desk, row: ListExport) -> Wanted:
    """Return which list a row is about, and of what. Raises UnreadableError for the words of a search that no key opens."""
    return Wanted(list_of(row), row.about, desk.cipher.decrypt(ListExport.words_cipher, row))


def list_of(row: ListExport) -> ListCode:
    """Return which list a row is about."""
    return row.listed  # pyright: ignore[reportReturnType]


def format_of(row: ListExport) -> Format:
    """Return the format of a row's file."""
    return row.format  # pyright: ignore[reportReturnType]
