"""A report as PDF. The same report at the same time gives the same bytes, on every machine: font and time are fixed."""

import asyncio
import json
import sys
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

from handlers.messages.block_kit.translator import Translator
from handlers.reports import typesetting
from handlers.reports.characters import FAMILY, code_point, printable
from handlers.reports.report import Block, Heading, Paragraph, Report, Table

MOST_ROWS = 5000
"""The most rows of tables in one PDF: setting them takes two seconds and a quarter of a gigabyte."""

_SECONDS = 120
_ROWS_AT_ONCE = 200
_REGIONS = {"zh": "cn", "en": "gb"}


class TypesettingError(Exception):
    """A report could not be set; the message says what the typesetter said, which quotes no text of the report."""


async def to_pdf(t: Translator, report: Report, at: datetime) -> bytes:
    """Return the report as PDF; `at` is the time that it carries. Characters that the font lacks are named at its end.

    It is set in another process, so that nobody waits. Raises TypesettingError, and ValueError (more than `MOST_ROWS`).
    """
    if sum(len(block.rows) for block in report.blocks if isinstance(block, Table)) > MOST_ROWS:
        raise ValueError(f"a PDF has at most {MOST_ROWS} rows")
    value = await asyncio.to_thread(_value, t, report, at)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        typesetting.__file__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        cwd=Path(typesetting.__file__).parent,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            pdf, said = await process.communicate(json.dumps(value, ensure_ascii=False).encode())
    except TimeoutError:
        raise TypesettingError(f"it took more than {_SECONDS} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise TypesettingError(f"exit code {process.returncode}: {''.join(last)}")
    return pdf


def _value(t: Translator, report: Report, at: datetime) -> dict[str, Any]:
    lacking: set[str] = set()

    def shown(text: str) -> str:
        return printable(text, lacking)

    blocks = [value for block in report.blocks for value in _values(block, shown)]
    title, header, footer = (shown(each) for each in (report.title, report.header, report.footer))
    watermark = shown(report.watermark)
    if lacking:
        note = t("This document prints characters that its font lacks by their code points:")
        named = "\n".join(f"{code_point(each)} {unicodedata.name(each, '')}".strip() for each in sorted(lacking))
        blocks.append({"kind": "paragraph", "text": f"{note}\n{named}", "small": True})
    return {
        "at": int(at.timestamp()),
        "font": FAMILY,
        "lang": t.language,
        "region": _REGIONS.get(t.language),
        "title": title,
        "header": header,
        "footer": footer,
        "watermark": watermark,
        "blocks": blocks,
    }


def _values(block: Block, shown: Any) -> list[dict[str, Any]]:
    match block:
        case Heading():
            return [{"kind": "heading", "text": shown(block.text), "level": block.level}]
        case Paragraph():
            return [{"kind": "paragraph", "text": shown(block.text), "small": block.small}]
        case Table():
            rows = [[shown(cell) for cell in row] for row in block.rows]
            table = {
                "kind": "table",
                "head": [shown(cell) for cell in block.head],
                "widths": list(block.widths),
                "alignments": ["right" if each in block.right else "left" for each in range(len(block.widths))],
            }
            # Long tables are laid out much more slowly than several short ones.
            return [{**table, "rows": rows[at : at + _ROWS_AT_ONCE]} for at in range(0, len(rows), _ROWS_AT_ONCE)]
