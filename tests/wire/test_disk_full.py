"""The disk is full: members are told, nothing is half done, and the desk recovers once there is space."""

import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool
from sqlmodel import select

from storage.tables import Call
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack

MEGABYTE = 1024 * 1024
NO_LIMIT = 2**31
LONG_LINE = "/loan-call L-1/1 busy " + "x" * 2000
"""Text that needs a new page of the database file."""


@dataclass
class Disk:
    """The directory of the desk's files, with functions that fill the disk and free space."""

    path: Path
    fill: Callable[[], None]
    make_room: Callable[[], None]


@pytest.fixture
def disk(sqlite_template: Path, tmp_path: Path) -> Iterator[Disk]:
    """A small file system; where none can be mounted, the database files are limited to their current pages."""
    room = tmp_path / "disk"
    room.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(room)], check=False, capture_output=True
    )
    shutil.copy(sqlite_template, room / "desk.db")
    if mounted.returncode != 0:
        with limited_pages() as pages:
            yield Disk(room / "desk.db", lambda: pages.update(most=1), lambda: pages.update(most=NO_LIMIT))
        return
    ballast = room / "ballast"
    try:
        yield Disk(room / "desk.db", lambda: fill_with(ballast), ballast.unlink)
    finally:
        subprocess.run(["umount", str(room)], check=True)


@contextlib.contextmanager
def limited_pages() -> Iterator[dict[str, int]]:
    """Limit SQLite files to `most` pages; a larger file can't grow further."""
    pages = {"most": NO_LIMIT}

    def limit(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count={pages['most']}")
        cursor.close()

    event.listen(Pool, "checkout", limit)
    try:
        yield pages
    finally:
        event.remove(Pool, "checkout", limit)


def fill_with(ballast: Path) -> None:
    """Fill the free space to the last byte."""
    with ballast.open("ab", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass


@pytest.fixture
def database_url(disk: Disk) -> str:
    return f"sqlite:///{disk.path}"


async def test_a_full_disk_is_reported_and_the_desk_recovers(slack: Slack, disk: Disk) -> None:
    await slack.service.work()
    box = slack.sandbox
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.at)
    await box.wait_for(lambda: len(box.messages(box.dm("UAGENT"))) == 1)

    disk.fill()
    full = await until_full(slack)
    said = "There is no space left to save anything. Nothing was changed. Please tell the people who run the desk, and try "
    assert full.startswith(said + "again once there is space.")
    assert full.endswith("Your line:\n" + LONG_LINE)
    before = await calls(slack)
    slack.clock.advance(hours=3)
    for _ in range(20):
        answer = await slack.command(slack.agent, LONG_LINE)
        assert "no space left" in answer.text
    assert await calls(slack) == before
    assert soundness(disk.path) == ["ok"]

    disk.make_room()
    assert "reached" in (await slack.command(slack.manager, "/loan-call L-1 reached")).text
    assert await calls(slack) == before + 1
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.at)
    await box.wait_for(lambda: len(box.messages(box.dm("UAGENT"))) >= 2, timeout=60)
    assert soundness(disk.path) == ["ok"]


async def until_full(slack: Slack) -> str:
    """Log calls until the file has no free pages, and return the answer that says so."""
    for _ in range(1000):
        answer = await slack.command(slack.agent, LONG_LINE)
        if ", logged at" not in answer.text:
            return answer.text
        slack.clock.advance(minutes=3)
    raise AssertionError("the disk was never full")


async def calls(slack: Slack) -> int:
    async with slack.office.database.reading() as session:
        return len((await session.exec(select(Call))).all())


def soundness(path: Path) -> list[str]:
    """Return the results of SQLite's integrity check."""
    connection = sqlite3.connect(path)
    try:
        return [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    finally:
        connection.close()
