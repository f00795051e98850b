"""Write the results: as tables in the docs, and in full to a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results"
DOCS = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- results: written by make bench -->", "<!-- end of the results -->"

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def write(results: dict[str, Any]) -> Path:
    """Write the results file and, except for a quick run, the tables in the docs. Return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / ("quick.json" if results["quick"] else "latest.json")
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if not results["quick"]:
        page = DOCS.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCS.write_text(f"{before}{BEGIN}\n\n{table(results)}\n{END}{after}", encoding="utf-8")
    return path


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown tables."""
    parts = (_machine, _commands, _growth, _scan, _others)
    return "\n".join(line for part in parts for line in part(results)) + "\n"


def _machine(results: dict[str, Any]) -> Iterator[str]:
    machine = results["machine"]
    yield (
        f"{machine['at'][:10]}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_mb']:,} MB, "
        f"{machine['system']}, Python {machine['python']}, SQLite {machine['sqlite']}, "
        f"PostgreSQL {machine['postgresql']}; load {machine['load']} before the run."
    )
    yield ""


def _commands(results: dict[str, Any]) -> Iterator[str]:
    yield "| `/loan-call` | load | answers/s | ratio to no-op | p50 ms | p99 ms | worst ms | failed | no-op p50, p99 ms |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for kind, parts in results["parts"].items():
        for name, point in parts.get("commands", {}).items():
            cells = [
                NAMES[kind],
                name,
                _spread(point["rate"]),
                "–" if name.endswith("a second") else _spread(point["of_noop"], 2),  # the rate is given
                _spread(point["p50_ms"], 1),
                _spread(point["p99_ms"], 1),
                f"{point['worst_ms']:,.0f}",
                str(point["failed"]),
                f"{point['noop_p50_ms']['median']:.1f}, {point['noop_p99_ms']['median']:.1f}",
            ]
            yield f"| {' | '.join(cells)} |"
    yield ""


def _growth(results: dict[str, Any]) -> Iterator[str]:
    """Yield a row for each command and step from one size to the next. One is called growth when every round says so."""
    if not any("growth" in parts for parts in results["parts"].values()):
        return
    yield "| CPU ms per command | of | from | to | ms | ratio | exponent | |"
    yield "|---|---|---|---|---|---|---|---|"
    for kind, parts in results["parts"].items():
        for what, rows in parts.get("growth", {}).items():
            for command, row in rows.items():
                for step in row["steps"]:
                    grows = step["ratio"]["low"] > 1
                    cells = [
                        f"{NAMES[kind]}, `{command}`" if command.startswith("/") else f"{NAMES[kind]}, {command}",
                        what,
                        f"{step['from']:,}",
                        f"{step['to']:,}",
                        ", ".join(f"{row['ms'][str(step[end])]['median']:.1f}" for end in ("from", "to")),
                        _spread(step["ratio"], 2),
                        f"{step['exponent']['median']:.2f}",
                        "grows" if grows else "no clear growth",
                    ]
                    yield f"| {' | '.join(cells)} |"
    yield ""


def _scan(results: dict[str, Any]) -> Iterator[str]:
    yield "| due scan | open follow-ups | ms, some due | ms, nothing due | ratio to the smaller, exponent |"
    yield "|---|---|---|---|---|"
    for kind, parts in results["parts"].items():
        if scan := parts.get("scan"):
            exponent = f", {scan['exponent']['median']:.2f}"
            for size, ratio in (("few", "1"), ("many", _spread(scan["many_of_few"], 2) + exponent)):
                cells = [
                    NAMES[kind],
                    f"{scan[size]:,}",
                    f"{_spread(scan[f'{size}_ms'], 1)}, {scan['due']} due",
                    _spread(scan[f"nothing_due_{size}_ms"], 1),
                    ratio,
                ]
                yield f"| {' | '.join(cells)} |"
    yield ""


def _others(results: dict[str, Any]) -> Iterator[str]:
    kinds = list(results["parts"])
    yield f"| | {' | '.join(NAMES[kind] for kind in kinds)} |"
    yield "|---|" + "---|" * len(kinds)
    for part, label, render in _LINES:
        cells = [render(results["parts"][kind][part]) if part in results["parts"][kind] else "–" for kind in kinds]
        yield f"| {label} | {' | '.join(cells)} |"


def _spread(summary: dict[str, float], digits: int = 0) -> str:
    median, low, high = (f"{summary[name]:,.{digits}f}" for name in ("median", "low", "high"))
    return f"{median} ({low}–{high})"


def _late(part: dict[str, Any]) -> str:
    late = ", ".join(f"{part[name]:.1f}" for name in ("p50_s", "p99_s", "worst_s"))
    when = f"within {part['over_seconds']:.0f} s" if "over_seconds" in part else "at one instant"
    return f"{late} s ({part['due']:,} due {when})"


def _home(part: dict[str, Any]) -> str:
    return f"{_spread(part['few_ms'], 1)}, {_spread(part['many_ms'], 1)}; ratio {_spread(part['many_of_few'], 2)}"


def _imported(part: dict[str, Any]) -> str:
    each = (f"{part[name]:,}" for name in ("loans_per_second", "again_loans_per_second", "changed_loans_per_second"))
    workbook = (
        f"; a workbook takes {part['workbook_of_csv']} × the new file's time" if "workbook_of_csv" in part else ""
    )
    memory = f"; {part['peak_mb']} MB at the peak" if "peak_mb" in part else ""
    return f"{', '.join(each)} ({part['loans']:,} loans){memory}{workbook}"


def _exported(part: dict[str, Any]) -> str:
    each = (
        f"{name.upper()} {part[name]['rows_per_second']:,}, {part[name]['cpu_ms_per_row']} ms, {part[name]['peak_mb']} MB, "
        f"{part[name]['file_mb']} MB"
        for name in ("csv", "xlsx")
    )
    return f"{'; '.join(each)} ({part['rows']:,} rows)"


_LINES = (
    ("homes", "App Home with 10 and with 1,000 open follow-ups, ms", _home),
    ("lateness", "lateness of reminders in 500 channels: median, p99, worst", _late),
    ("burst", "the same, of ten for each channel at once, none bundled", _late),
    (
        "deliveries",
        "deliveries per second without waiting for channel limits",
        lambda part: f"{part['per_second']:.0f}",
    ),
    (
        "import",
        "`loandesk import`, loans per second: new file, same file again, file with every row changed",
        _imported,
    ),
    (
        "million",
        "`loandesk import` of 1,000,000 loans: loans per second, memory at the peak; median, p99 and worst ms of 20 "
        "`/loan-call` a second before, and beside it, and how many failed",
        lambda part: (
            f"{part['loans_per_second']:,}, {part['peak_mb']} MB; {', '.join(map(str, part['alone_ms']))}; "
            f"{', '.join(map(str, part['beside_ms']))}, {part['failed']} ({part['loans']:,} loans)"
        ),
    ),
    (
        "export",
        "`loandesk export portfolio`: rows per second, ms of CPU per row, memory at the peak, size of the file",
        _exported,
    ),
    (
        "webhooks",
        "webhooks delivered per second by one worker to four receivers, ms of CPU each",
        lambda part: f"{part['per_second']:.0f}, {part['cpu_ms']} ({part['delivered']:,} webhooks)",
    ),
    (
        "retention",
        "`loandesk retention --apply`: ms of each transaction in which it deletes, of 95 of 100, and ms of CPU",
        lambda part: (
            f"{_spread(part['ms'], 1)}, {part['p95_ms']}, {_spread(part['cpu_ms'], 1)} "
            f"({part['batches']} for {part['loans']} loans with {part['rows_each']} rows each)"
        ),
    ),
    (
        "retention",
        "the same of one loan with many rows",
        lambda part: (
            f"{_spread(many['ms'], 1)}, {many['p95_ms']}, {_spread(many['cpu_ms'], 1)} "
            f"({many['batches']} for {many['rows_each']:,} rows)"
            if (many := part.get("many"))
            else "–"
        ),
    ),
    (
        "api",
        "API: single payments per second, p99 ms, ms of CPU; a batch of events accepted in s, applied in s; p99 and worst ms of "
        "20 `/loan-call` a second before and meanwhile",
        lambda part: (
            f"{part['single_per_second']}, {part['single_p99_ms']}, {part['single_cpu_ms']}; "
            f"{part['accepted_s']}, {part['applied_s']} ({part['events']:,} events); "
            f"{', '.join(map(str, part['others_ms']))}"
        ),
    ),
    (
        "budget",
        "CPU of `/loan-call` as a multiple of the no-op's, and its budget",
        lambda part: f"{_spread(part['of_noop'], 1)}, {part['budget']:.1f}",
    ),
    (
        "size",
        "bytes on disk per imported loan, per logged call",
        lambda part: f"{part['bytes_per_loan']:,}, {part['bytes_per_call']:,}",
    ),
    (
        "start",
        "start of `loandesk serve` to its first answer, s",
        lambda part: _spread(part["first_answer_s"], 2),
    ),
    (
        "start",
        "memory then, and after thousands of commands, MB",
        lambda part: f"{part['rss_mb']['median']:.0f}, {part['rss_after_load_mb'] or 0:.0f}",
    ),
)
