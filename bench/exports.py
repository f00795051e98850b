"""`loandesk export` of every loan, run as an operator does: CSV and an Excel workbook, their time and memory."""

from typing import Any

from bench import imports
from bench.environment import Environment


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return for each format the rows per second over the run time of the command, its CPU ms per row, its memory at the peak and
    the size of the file."""
    count = 2_000 if env.quick else 100_000
    loans = env.folder / "exported-loans.csv"
    imports.write(loans, count)
    url = await imports.empty_desk(env, kind)
    env.loandesk(url, "import", str(loans))
    found: dict[str, Any] = {"rows": count}
    for file_format in ("csv", "xlsx"):
        folder = env.folder / f"exports-{kind}-{file_format}"
        folder.mkdir()
        took = env.loandesk(url, "export", "portfolio", "--out", str(folder), "--format", file_format)
        (file,) = folder.iterdir()
        found[file_format] = {
            "seconds": round(took.seconds, 1),
            "rows_per_second": round(count / took.seconds),
            "cpu_ms_per_row": round(1000 * took.cpu_seconds / count, 3),
            "peak_mb": round(took.peak_mb),
            "file_mb": round(file.stat().st_size / 1e6, 1),
        }
        file.unlink()
    return found
