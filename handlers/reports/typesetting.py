"""Set a report to PDF: read it as JSON from standard input and write the bytes to standard output.

It is run as a process of its own, by its path: setting a long report takes seconds and some hundred megabytes, which come back
when the process ends. It imports nothing of the desk, and its environment has no keys.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TEMPLATE = Path(__file__).with_name("report.typ")


def main() -> None:
    """Set one report."""
    import typst  # 80 MB, which the process that starts this one does without

    value: dict[str, Any] = json.load(sys.stdin.buffer)
    at = datetime.fromtimestamp(value.pop("at"), UTC)
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(Path(__file__).with_name("fonts"))]
    )
    compiler = typst.Compiler(
        input=_TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs={"report": json.dumps(value, ensure_ascii=False)}
    )
    # Tags make the file fourteen times as large; the page beside it is what a screen reader reads.
    pdf = compiler.compile(format="pdf", timestamp=at, pdf_tags=False)
    assert isinstance(pdf, bytes)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
