"""A report as one page of HTML that needs nothing else: no script, no font, no picture. Its policy allows its own style only."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape

from handlers.messages.block_kit.translator import Translator
from handlers.reports.characters import visible
from handlers.reports.report import Block, Heading, Paragraph, Report, Table

_STYLE = (
    "body{font:15px/1.5 'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif;"
    "margin:0 auto;max-width:60rem;padding:1.5rem;color:#1d1c1d;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #999}h3{font-size:1rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{border:1px solid #bbb;padding:.25rem .4rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere;white-space:pre-line}th{background:#f0f0f0}"
    ".n{text-align:right}p{white-space:pre-line}.s,header,footer{font-size:.8rem;color:#555}"
    ".w{position:fixed;top:45%;left:0;right:0;text-align:center;transform:rotate(-35deg);font-size:1.6rem;"
    "color:rgba(0,0,0,.09);pointer-events:none}"
    "@media print{body{max-width:none;padding:0;font-size:10pt}thead{display:table-header-group}tr{break-inside:avoid}}"
)

_SMALL, _RIGHT = ' class="s"', ' class="n"'

_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def to_page(t: Translator, report: Report) -> str:
    """Return the report as a page. All texts are escaped, and what would be invisible is shown by its code point."""
    return "".join(_pieces(t, report))


def _pieces(t: Translator, report: Report) -> Iterator[str]:
    policy = f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; base-uri 'none'; form-action 'none'"
    yield (
        f'<!doctype html>\n<html lang="{t.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{_text(report.title)}</title><style>{_STYLE}</style></head><body>\n"
    )
    if report.watermark:
        yield f'<div class="w" aria-hidden="true">{_text(report.watermark)}</div>\n'
    if report.header:
        yield f"<header>{_text(report.header)}</header>\n"
    yield f"<h1>{_text(report.title)}</h1>\n"
    for block in report.blocks:
        yield from _block(block)
    if report.footer:
        yield f"<footer>{_text(report.footer)}</footer>\n"
    yield "</body></html>\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"<h{block.level + 1}>{_text(block.text)}</h{block.level + 1}>\n"
        case Paragraph():
            yield f"<p{_SMALL if block.small else ''}>{_text(block.text)}</p>\n"
        case Table():
            head = "".join(_cell("th", block, at, cell) for at, cell in enumerate(block.head))
            yield f"<table><thead><tr>{head}</tr></thead><tbody>\n"
            for row in block.rows:
                yield f"<tr>{''.join(_cell('td', block, at, cell) for at, cell in enumerate(row))}</tr>\n"
            yield "</tbody></table>\n"


def _cell(tag: str, table: Table, at: int, text: str) -> str:
    return f"<{tag}{_RIGHT if at in table.right else ''}>{_text(text)}</{tag}>"


def _text(text: str) -> str:
    return escape(visible(text))
