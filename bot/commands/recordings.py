"""`loandesk recordings add`: attach recordings to calls, from files or as links, one or a list of them."""

import asyncio
import contextlib
import csv
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from bot.offices import open_workspace
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from desk.files import added_recordings
from desk.files.added_recordings import NotAddedError, Wanted
from desk.files.inspection import Inspection, RefusedFileError
from storage.files.places import store_at
from storage.files.sealing import new_file_key, seal
from storage.files.store import FileStore, StoreAwayError
from storage.tables import Workspace

_PIECE = 64 * 1024
_SHOWN = 20

_WHY = {
    "unknown_loan": "there is no such loan",
    "no_call_near": "the loan has no call within 30 minutes of that time",
    "nobody": "the loan has no owner: give the time of its call",
    "bad_link": "a link must be an https address without a user's name",
    "there": "the loan has this recording",
    "gone": "the loan was removed meanwhile",
    "too_large": "it is larger than LOANDESK_RECORDING_MEGABYTES",
    "empty": "it is empty",
    "not_audio": "it is no recording",
    "no_file": "it is no file",
    "outside": "it is not in the folder of the list",
    "bad_time": "the time is not written like 2026-11-25T10:00",
    "away": "the store of files does not answer",
}
"""Why a recording was not added."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A row of the list: where it is in it, the loan's number, a file or link, and the time of the call as it was typed."""

    row: int
    number: str
    what: str
    at: str = ""


class ListError(Exception):
    """The list cannot be read. The message says why."""


def read_list(file: Path) -> list[Asked]:
    """Return the rows of a CSV without headings: loan, file or link, and the time of the call, which may be missing. Raises
    ListError, OSError."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = [(at, [each.strip() for each in row]) for at, row in enumerate(csv.reader(lines), 1) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ListError(f"{file.name} cannot be read: {type(error).__name__}.") from None
    for at, row in rows:
        if any("\0" in each for each in row):
            raise ListError(f"{file.name}, row {at}: it has a character that no name has.")
        if not 2 <= len(row) <= 3 or not row[0] or not row[1]:
            raise ListError(f"{file.name}, row {at}: it must have a loan, a file or link, and a time or nothing.")
    return [Asked(at, *row) for at, row in rows]


async def add(
    settings: Settings,
    asked: Sequence[Asked],
    console: Console,
    *,
    folder: Path | None = None,
    clock: Clock | None = None,
) -> int:
    """Add recordings one by one. With `folder`, files are looked for there, and only there. Return 1 if some were not added.

    It can be run again: what is there is not added twice.
    """
    async with open_workspace(settings, console, clock, patient=True) as found:
        if found is None:
            return 1
        office, workspace = found
        adding = _Adding(
            office, workspace, store_at(settings.files_at(), workspace.id), settings.most_recording_bytes, folder
        )
        added, there, refused = 0, 0, list[tuple[Asked, str]]()
        for each in asked:
            try:
                call_at = await adding.add(each)
            except (NotAddedError, RefusedFileError) as error:
                why = error.why if error.why in _WHY else "not_audio"
                there += why == "there"
                refused += [] if why == "there" else [(each, _WHY[why])]
            except StoreAwayError:
                refused.append((each, _WHY["away"]))
            except OSError as error:
                refused.append((each, error.strerror or type(error).__name__))
            else:
                added += 1
                if len(asked) == 1:
                    console.print(_place(call_at, ZoneInfo(workspace.zone)))
    console.print(f"Recordings: {added} added, {there} known, {len(refused)} refused.")
    for each, why in refused[:_SHOWN]:
        console.print(f"row {each.row}, {each.number}: {why}" if folder else f"{each.number}: {why}")
    if len(refused) > _SHOWN:
        console.print(f"and {len(refused) - _SHOWN} more")
    return 1 if refused else 0


@dataclass(frozen=True, slots=True)
class _Adding:
    office: Office
    workspace: Workspace
    store: FileStore
    most_bytes: int
    folder: Path | None

    async def add(self, asked: Asked) -> datetime | None:
        """Add one. Return when its call was. Raises NotAddedError, RefusedFileError, StoreAwayError, OSError."""
        wanted = Wanted(asked.number, self._time(asked.at))
        if "://" in asked.what:
            async with self.office.desk(self.workspace) as desk:
                return await added_recordings.add_link(desk, wanted, asked.what, operator())
        path = await asyncio.to_thread(self._path, asked.what)
        async with self.office.desk(self.workspace) as desk:
            begun = await added_recordings.begin(desk, wanted, path.name)
        key = new_file_key()
        inspection = Inspection(most_bytes=self.most_bytes, most_audio=self.most_bytes, name=path.name)
        done = False
        try:
            async with contextlib.aclosing(_pieces(path)) as plain:
                await self.store.write(begun.blob_id, seal(inspection.watch(plain), key, begun.blob_id))
            async with self.office.desk(self.workspace) as desk:
                await added_recordings.finish(desk, begun, inspection.facts(), key, operator())
            done = True
        finally:
            if not done:
                await self._forget(begun)
        return begun.call_at

    async def _forget(self, begun: added_recordings.Begun) -> None:
        async with self.office.desk(self.workspace) as desk:
            await added_recordings.forget(desk, begun)
        with contextlib.suppress(StoreAwayError):  # what the store does not delete now is swept later
            await self.store.delete(begun.blob_id)

    def _time(self, text: str) -> datetime | None:
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise RefusedFileError("bad_time") from None
        return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(self.workspace.zone))

    def _path(self, name: str) -> Path:
        path = ((self.folder or Path()) / name).resolve(strict=True)
        if self.folder is not None and not path.is_relative_to(self.folder.resolve()):
            raise RefusedFileError("outside")
        if not path.is_file():
            raise RefusedFileError("no_file")
        if path.stat().st_size > self.most_bytes:
            raise RefusedFileError("too_large")
        return path


async def _pieces(path: Path) -> AsyncGenerator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _place(call_at: datetime | None, zone: ZoneInfo) -> str:
    if call_at is None:
        return "Added to the loan. No call is named: a member says which, at Home under Recordings that wait."
    return f"Added to the call of {call_at.astimezone(zone):%Y-%m-%d %H:%M}."
