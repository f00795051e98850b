"""Where tests keep their databases and files."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 4 << 30
"""Bytes: a run leaves nothing but the files of failed tests, and needs a quarter of this for each of four workers."""


def keep_in_memory() -> None:
    """Keep temporary files in memory, when it has room, so that no test waits for a disk. Workers inherit it."""
    if "PYTEST_XDIST_WORKER" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)
