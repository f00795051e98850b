"""The machine at hand, without its name; and which of its cores does what."""

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SERVER_CORE, LOAD_CORE = 0, 1
"""The desk has one core to itself; whoever asks it, and PostgreSQL, have the other."""


def description() -> dict[str, Any]:
    """What a reader needs to know of where the figures come from."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _first(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mb": int(_first(Path("/proc/meminfo"), r"MemTotal:\s*(\d+)") or 0) // 1024 or None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": round(os.getloadavg()[0], 1),
    }


def pin(core: int, pid: int = 0) -> None:
    """Keeps a process (0: this one, with what it will start) on a core, where there are two and the system can."""
    cores = sorted(os.sched_getaffinity(0) | {0}) if hasattr(os, "sched_setaffinity") else []
    if (os.cpu_count() or 1) >= 2 and cores:
        os.sched_setaffinity(pid, {core})


def resident_mb(pid: int) -> float | None:
    """The memory that a process holds, in MB; None where the system does not say."""
    kilobytes = _first(Path(f"/proc/{pid}/status"), r"VmRSS:\s*(\d+)")
    return round(int(kilobytes) / 1024, 1) if kilobytes else None


def _first(path: Path, pattern: str) -> str | None:
    if not path.exists():
        return None
    found = re.search(pattern, path.read_text("utf-8", errors="replace"))
    return found[1].strip() if found else None
