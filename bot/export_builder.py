"""Make the lists that members asked for as files, one after the other: each is streamed, encrypted, into the store of files."""

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial
from uuid import UUID

import structlog

from bot.holding import renewing
from bot.list_files import ListFile, ListOrder, remove_abandoned
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.transaction import Office
from desk.exports import building
from desk.exports.building import ExportToBuild, LoansGoneError, LostHoldError
from storage.engine.trouble import log_fields
from storage.files.sealing import new_file_key, seal
from storage.files.store import StoreAwayError
from storage.tables import Workspace

log = structlog.get_logger()

RENEWED_EVERY = 30.0
"""Seconds between two renewals of what a worker holds: a quarter of `building.HELD_FOR`."""

SECONDS = 3600.0
"""Time limit of one export."""


@dataclass(frozen=True, slots=True)
class ExportBuilder:
    """Makes what was asked for, in a task of its own: a long list takes minutes, and must hold up neither reminders nor files."""

    office: Office
    workspace: Workspace

    async def round(self) -> bool:
        """Make the next export. Return whether there was one."""
        async with self.office.reading_desk(self.workspace) as desk:
            if not await building.is_waiting(desk):
                return False
        async with self.office.desk(self.workspace) as desk:
            held = await building.hold_next(desk)
        if held is None:
            return False
        await asyncio.to_thread(remove_abandoned, self.office.clock.now())
        try:
            # Between its last page and the store's answer there may be minutes.
            renewal = renewing(partial(self._note, held, {}), every=RENEWED_EVERY, lost=LostHoldError)
            async with asyncio.timeout(SECONDS), renewal:
                await self._build(held)
        except LostHoldError:
            await self._discard(held)
        except DeskError as error:  # the member may not have the list any more
            log.info("export_refused", export=str(held.id), code=error.code)
            await self._discard(held)
            await self._failed(held, "forbidden")
        except (TimeoutError, OSError, LoansGoneError, StoreAwayError) as error:
            log.warning("export_not_built", export=str(held.id), **log_fields(error))
            await self._discard(held)
            await self._failed(held)
        return True

    async def _build(self, held: ExportToBuild) -> None:
        assert self.office.files is not None
        store, key = self.office.files.store, new_file_key()
        order = ListOrder(held.wanted, held.format, held.locale, held.zone, held.at, held.member_id)

        file = ListFile(self.office, self.workspace, order, partial(self._note, held))
        async with contextlib.aclosing(file.stream()) as plain:
            await store.write(held.blob_id, seal(plain, key, held.blob_id))
        async with self.office.desk(self.workspace) as desk:
            kept = await building.record_built(desk, held, file.built(key))
        if not kept:
            await self._discard(held)

    async def _note(self, held: ExportToBuild, named: Mapping[UUID, bool]) -> None:
        async with self.office.desk(self.workspace) as desk:
            await building.keep_hold(desk, held, named)

    async def _failed(self, held: ExportToBuild, why: str | None = None) -> None:
        async with self.office.desk(self.workspace) as desk:
            await building.record_failed(desk, held, why)

    async def _discard(self, held: ExportToBuild) -> None:
        """Delete what was written. What the store does not delete now is swept later."""
        assert self.office.files is not None
        with contextlib.suppress(StoreAwayError):
            await self.office.files.store.delete(held.blob_id)
