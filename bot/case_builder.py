"""Make the case files, and the exports of one person's data, that members asked for, one after the other: each is streamed,
encrypted, into the store of files."""

import asyncio
import contextlib

import structlog

from bot.case_archive import Assembled, CaseOrder, LoanGoneError, assemble
from bot.person_archive import PersonOrder, assemble_person
from desk.cases import exports
from desk.cases.exports import CaseToBuild
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from handlers.reports.pdf import TypesettingError
from storage.engine.cipher import UnreadableError
from storage.engine.trouble import log_fields
from storage.files.sealing import DamagedFileError, new_file_key, seal
from storage.files.store import FileStore, MissingBytesError, StoreAwayError
from storage.tables import Workspace

log = structlog.get_logger()

SECONDS = 900.0
"""Time limit of one case file: less than `exports.HELD_FOR`."""


@dataclass(frozen=True, slots=True)
class CaseBuilder:
    """Makes what was asked for, in a task of its own: a case file takes seconds, and must not hold up reminders."""

    office: Office
    workspace: Workspace

    async def round(self) -> bool:
        """Make the next case file. Return whether there was one."""
        async with self.office.desk(self.workspace) as desk:
            held = await exports.hold_next(desk)
        if held is None:
            return False
        try:
            async with asyncio.timeout(SECONDS):
                await self._build(held)
        except LoanGoneError:  # the loan was removed meanwhile, with what was asked of it
            await self._discard(held)
        except (
            TimeoutError,
            OSError,
            TypesettingError,
            UnreadableError,
            StoreAwayError,
            MissingBytesError,
            DamagedFileError,
        ) as error:
            log.warning("case_not_built", case=str(held.id), **log_fields(error))
            await self._discard(held)
            async with self.office.desk(self.workspace) as desk:
                await exports.record_failed(desk, held)
        return True

    async def _build(self, held: CaseToBuild) -> None:
        assert self.office.files is not None
        store, key = self.office.files.store, new_file_key()
        assembled = await self._assemble(held, store)
        archive = assembled.archive()
        async with contextlib.aclosing(archive.stream(assembled.members())) as plain:
            await store.write(held.blob_id, seal(plain, key, held.blob_id))
        async with self.office.desk(self.workspace) as desk:
            kept = await exports.record_built(desk, held, key=key, size=archive.size, sha256=archive.sha256)
        if not kept:
            await self._discard(held)

    async def _assemble(self, held: CaseToBuild, store: FileStore) -> Assembled:
        if held.subjects:
            person = PersonOrder(held.subjects, "compliance", held.asked_at, "files" in held.parts)
            return await assemble_person(self.office, self.workspace, person, store)
        order = CaseOrder(held.loan_id, held.by, held.asked_at, held.purpose, held.parts)
        return await assemble(self.office, self.workspace, order, store)

    async def _discard(self, held: CaseToBuild) -> None:
        """Delete what was written. What the store does not delete now is swept later."""
        assert self.office.files is not None
        with contextlib.suppress(StoreAwayError):
            await self.office.files.store.delete(held.blob_id)
