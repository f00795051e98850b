"""The file of an exported list, piece by piece: its rows are read page by page, each page in a transaction of its own, and none
of it is held in memory whole."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.exports import rows
from desk.exports.building import Built
from desk.exports.lists import Format, layout
from desk.exports.rows import Page, Wanted
from desk.exports.sources import read_page
from handlers.messages.block_kit.translator import Translator
from handlers.reports.spreadsheets import CsvWriter, Table, WorkbookWriter
from storage.tables import Member, Workspace

_PIECE = 256 * 1024
_FOLDER = "loandesk-export-"

ABANDONED = timedelta(hours=1)
"""How old the folder of a workbook is when nobody writes in it any more: the process that did has died."""

Note = Callable[[Mapping[UUID, bool]], Awaitable[None]]
"""Called after each page with the loans that it names for the first time, and whether its reader sees each."""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """Which list, in which format, language and zone, as of which instant; and whose: `member_id` None is the operator."""

    wanted: Wanted
    format: Format
    locale: str
    zone: str
    at: datetime
    member_id: UUID | None


@dataclass(slots=True)
class ListFile:
    """Makes one file. When all was read of it, `built` says what it is."""

    office: Office
    workspace: Workspace
    order: ListOrder
    note: Note | None = None
    rows: int = 0
    size: int = 0
    loans: dict[UUID, bool] = field(default_factory=dict[UUID, bool])
    _digest: Any = field(default_factory=hashlib.sha256)

    def built(self, key: str = "") -> Built:
        """Return what was made, sealed with that key."""
        return Built(key, self.size, self._digest.hexdigest(), self.rows, self.loans)

    async def stream(self) -> AsyncGenerator[bytes]:
        """Yield the bytes of the file. Raises what reading the list raises."""
        listed = layout().lists[self.order.wanted.listed]
        translator = Translator(self.order.locale)
        table = Table(translator, layout().columns_of(listed.code), ZoneInfo(self.order.zone))
        make = (
            self._workbook(table, listed.word(translator.language)) if self.order.format == "xlsx" else self._csv(table)
        )
        async with aclosing(make) as pieces:
            async for piece in pieces:
                self.size += len(piece)
                self._digest.update(piece)
                yield piece

    async def _csv(self, table: Table) -> AsyncGenerator[bytes]:
        writer = CsvWriter(table, mark=self.order.format == "csv_bom")
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                yield await asyncio.to_thread(writer.add, page.rows)

    async def _workbook(self, table: Table, name: str) -> AsyncGenerator[bytes]:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_FOLDER))  # its owner's alone
        try:
            path = folder / "list.xlsx"
            writer = await asyncio.to_thread(WorkbookWriter, table, path, folder, name)
            async with aclosing(self._pages()) as pages:
                async for page in pages:
                    await asyncio.to_thread(writer.add, page.rows)
            await asyncio.to_thread(writer.finish)
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    yield piece
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _pages(self) -> AsyncGenerator[Page]:
        place: Any = None
        while True:
            page = await self._page(place)
            self.rows += len(page.rows)
            fresh = {key: seen for row in page.rows for key, seen in row.loans if key not in self.loans}
            self.loans |= fresh
            if self.note is not None:
                await self.note(fresh)
            yield page
            place = page.following
            if place is None:
                return

    async def _page(self, place: Any) -> Page:
        async with self.office.reading_desk(self.workspace) as desk:
            desk.now = self.order.at
            if self.order.member_id is not None:
                desk.actor = await desk.session.get_one(Member, self.order.member_id)
            return await read_page(desk, self.order.wanted, place, limit=rows.PAGE)


def remove_abandoned(now: datetime) -> None:
    """Remove what processes that died have left of workbooks in the folder for temporary files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        try:
            if datetime.fromtimestamp(folder.lstat().st_mtime, now.tzinfo) < now - ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
