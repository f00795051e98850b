"""The machine the benchmark runs on, without its name, and the use of its cores."""

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SERVER_CORE, LOAD_CORE = 0, 1
"""The core of the desk alone, and the core shared by the load generator and PostgreSQL."""


def description() -> dict[str, Any]:
    """Return what a reader needs to know about the machine behind the results."""
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
    """Pin a process (0: this one and its future children) to a core, if there are two and the system supports it."""
    cores = sorted(os.sched_getaffinity(0) | {0}) if hasattr(os, "sched_setaffinity") else []
    if (os.cpu_count() or 1) >= 2 and cores:
        os.sched_setaffinity(pid, {core})


def resident_mb(pid: int) -> float | None:
    """Return the resident memory of a process in MB, or None if the system does not report it."""
    kilobytes = _first(Path(f"/proc/{pid}/status"), r"VmRSS:\s*(\d+)")
    return round(int(kilobytes) / 1024, 1) if kilobytes else None


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process with all its threads has used, as Linux counts it (proc(5), `stat`)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _first(path: Path, pattern: str) -> str | None:
    if not path.exists():
        return None
    found = re.search(pattern, path.read_text("utf-8", errors="replace"))
    return found[1].strip() if found else None
