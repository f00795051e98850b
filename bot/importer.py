"""Import the files that members sent: read one from the store, try it, and import it when a member has said so."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.holding import renewing
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.transaction import Office
from desk.importing import working
from desk.importing.file_contents import Content, read_content
from desk.importing.progress import Held, OvertakenError, RefusedMeanwhileError
from desk.importing.reading.how_far import Tell
from desk.importing.reading.tables import read_file
from desk.importing.working import HeldFile
from storage.engine.cipher import UnreadableError
from storage.engine.trouble import log_fields
from storage.files.sealing import DamagedFileError, unseal
from storage.files.store import MissingBytesError, StoreAwayError
from storage.tables import Workspace

log = structlog.get_logger()

RENEWED_EVERY = 15.0
"""Seconds between two renewals of what a worker holds: a quarter of `progress.HELD_FOR`."""


TOLD_EVERY = 3.0
"""Seconds between two looks at how much of a file is read, for the message about it."""


@dataclass(frozen=True, slots=True)
class Importer:
    """Tries and imports files, one after the other, in a task of its own: a file may take minutes, and holds up no reminder."""

    office: Office
    workspace: Workspace

    async def round(self) -> bool:
        """Work on the next import until it waits for a word, or is over. Return whether there was one."""
        async with self.office.desk(self.workspace) as desk:
            await working.take_tables(desk)
        async with self.office.desk(self.workspace) as desk:
            file = await working.hold_next(desk)
        if file is None:
            return False
        with contextlib.suppress(OvertakenError):  # who holds it now, or has stopped it, goes on
            async with renewing(partial(self._renew, file.held), every=RENEWED_EVERY, lost=OvertakenError):
                await self._work(file)
        return True

    async def _work(self, file: HeldFile) -> None:
        held = file.held
        try:
            async with self._telling(held) as tell:
                content = await self._read(file, tell)
            if held.checks:
                await working.try_out(self.office, self.workspace, held, content)
            else:
                await working.carry_out(self.office, self.workspace, held, content)
        except RefusedMeanwhileError:
            log.info("import_stopped", file_import=str(held.id))
        except DeskError as error:
            log.info("import_unreadable", file_import=str(held.id), why=error.code)
            async with self.office.desk(self.workspace) as desk:
                await working.record_unreadable(desk, held, error)
        except (OSError, StoreAwayError, MissingBytesError, DamagedFileError, UnreadableError) as error:
            log.warning("import_failed", file_import=str(held.id), **log_fields(error))
            async with self.office.desk(self.workspace) as desk:
                await working.record_failed(desk, held)

    @contextlib.asynccontextmanager
    async def _telling(self, held: Held) -> AsyncGenerator[Tell]:
        """Have the message about an import say how much of its file is read, as who reads it in a thread tells."""
        read = said = 0

        def tell(percent: int) -> None:
            nonlocal read
            read = percent

        async def say() -> None:
            nonlocal said
            if held.checks and read > said:
                said = read
                async with self.office.desk(self.workspace) as desk:
                    await working.note_read(desk, held, said)

        async with renewing(say, every=TOLD_EVERY, lost=OvertakenError):
            yield tell

    async def _read(self, file: HeldFile, tell: Tell) -> Content:
        """Return the rows of a file. Raises DeskError with why it is no table, and what the store raises."""
        assert self.office.files is not None
        pieces: list[bytes] = []
        stored = self.office.files.store.read(file.blob_id)
        async with contextlib.aclosing(unseal(stored, file.key, file.blob_id)) as plain:
            pieces += [piece async for piece in plain]
        zone = ZoneInfo(self.workspace.zone)
        today = self.office.clock.now().astimezone(zone).date()

        def read() -> Content:
            table = read_file(b"".join(pieces), file.name, file.how, tell)
            return read_content(table, today=today, region=self.workspace.country or "CN", zone=zone)

        return await asyncio.to_thread(read)

    async def _renew(self, held: Held) -> None:
        async with self.office.desk(self.workspace) as desk:
            await working.renew(desk, held)
