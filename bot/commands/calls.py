"""`loandesk calls`: take the calls in a file of the phone system. `loandesk extensions`: take whose extension is whose."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console

from bot.offices import open_workspace
from bot.phone_place import site_of
from bot.phone_records import keep_records
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.operator_acts import operator
from desk.core.phone_site import Site
from desk.rules.call_records import Reading
from desk.telephony import extensions
from desk.telephony.adapters.asterisk import read_asterisk_csv
from desk.telephony.adapters.freeswitch import read_freeswitch_csv
from desk.telephony.adapters.mapped import System, read_mapped_csv
from desk.telephony.records import AT_ONCE

_SHOWN = 20


async def run(settings: Settings, file: Path, console: Console, *, source: str, clock: Clock | None = None) -> int:
    """Take the calls of a file, in batches; the worker applies them. Return 1 if rows were refused or the file cannot be read.

    It can be run again on the same file, or one that has grown: a call that is known changes only where the file says more.
    """
    async with open_workspace(settings, console, clock) as found:
        if found is None:
            return 1
        office, workspace = found
        try:
            reading = _read(file, source, site_of(settings, workspace), settings.known_phone_systems())
        except UnknownSystemError as unknown:
            console.print(str(unknown))
            return 1
        except (OSError, UnicodeDecodeError) as error:
            console.print(f"{file.name} cannot be read: {error.__class__.__name__}.")
            return 1
        taken = await keep_records(office, workspace, reading.records, site_of(settings, workspace), settle=AT_ONCE)
    console.print(
        f"Calls: {taken['new']} new, {taken['changed']} changed, {taken['same']} known. The worker applies them."
    )
    for each in reading.refused[:_SHOWN]:
        console.print(f"row {each.at}: {each.why}" if each.at else f"a call: {each.why}")
    if len(reading.refused) > _SHOWN:
        console.print(f"and {len(reading.refused) - _SHOWN} more")
    return 1 if reading.refused else 0


class UnknownSystemError(Exception):
    """No system of that name writes a CSV. The message lists those that do."""


def _read(file: Path, source: str, site: Site, systems: Mapping[str, System]) -> Reading:
    csvs = {name: each for name, each in systems.items() if each.said.format == "csv"}
    if source not in ("asterisk", "freeswitch", *csvs):
        raise UnknownSystemError(f"--from is one of: {', '.join(['asterisk', 'freeswitch', *csvs])}.")
    with file.open(encoding="utf-8-sig", errors="strict", newline="") as lines:
        if source == "asterisk":
            return read_asterisk_csv(lines, site)
        if source == "freeswitch":
            return read_freeswitch_csv(lines, site)
        return read_mapped_csv(csvs[source], lines, site)


async def take_extensions(settings: Settings, file: Path, console: Console, *, clock: Clock | None = None) -> int:
    """Take a CSV of members (e-mail address or Slack id) and their extensions, all or none. Return 1 if a row is refused."""
    try:
        rows = list(_rows(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        console.print(f"{file.name} cannot be read: {error.__class__.__name__}.")
        return 1
    async with open_workspace(settings, console, clock) as found:
        if found is None:
            return 1
        office, workspace = found
        try:
            async with office.desk(workspace) as desk:
                count = await extensions.take_extensions(desk, rows, by=operator())
        except extensions.RowsRefusedError as error:
            for at, why in error.rows:
                console.print(f"row {at}: {why}")
            console.print("Nothing was changed.")
            return 1
    console.print(f"Extensions: {count} changed.")
    return 0


def _rows(file: Path) -> Iterator[tuple[int, str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for at, values in enumerate(csv.reader(lines), 1):
            if any(values):
                yield at, values[0].strip(), values[1].strip() if len(values) > 1 else ""
