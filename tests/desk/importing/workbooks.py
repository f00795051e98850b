"""Make workbooks as spreadsheet programs do, in the ways in which lenders' files differ."""

import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from html import escape
from io import BytesIO
from typing import Any

import openpyxl
import xlsxwriter
import xlwt

HEADINGS = ("合同号", "姓名", "手机号", "阶段")
ROW = ("A-1", "王小明", 13800138000, "申请")
TABLE = (HEADINGS, ROW)


def openpyxl_file(rows: Iterable[Sequence[Any]], change: Callable[[Any, Any], object] | None = None) -> bytes:
    """Return a workbook as openpyxl writes one; `change` gets the book and its sheet."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(book, sheet)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def xlsxwriter_file(fill: Callable[[Any, Any], object], **options: Any) -> bytes:
    """Return a workbook as XlsxWriter writes one; `fill` gets the book and a sheet."""
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, **options}) as book:
        fill(book, book.add_worksheet("贷款"))
    return written.getvalue()


def xls_file(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a workbook of Excel 97."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("贷款")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for at, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, date):
                sheet.write(at, place, value, day)
            else:
                sheet.write(at, place, value)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def xls_book(fill: Callable[[Any, Any], object]) -> bytes:
    """Return a workbook of Excel 97; `fill` gets the book and its sheet."""
    book = xlwt.Workbook()
    fill(book, book.add_sheet("贷款", cell_overwrite_ok=True))
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def xls_row(sheet: Any, at: int, values: Sequence[Any], shown: str = "General") -> None:
    """Write a row of a sheet of Excel 97, its numbers in a format."""
    style = xlwt.easyxf(num_format_str=shown)
    for place, value in enumerate(values):
        sheet.write(at, place, value, style)


def ods_cell(value: Any, **attributes: str) -> str:
    """Return a cell of OpenDocument; attributes as `formula` or `value_type` say otherwise what it is."""
    if isinstance(value, int | float):
        said = {"office:value-type": "float", "office:value": str(value)}
    elif isinstance(value, date):
        said = {"office:value-type": "date", "office:date-value": value.isoformat()}
    elif value:
        said = {"office:value-type": "string", "calcext:value-type": "string"}
    else:
        said = {}
    said |= {name.replace("__", ":").replace("_", "-"): text for name, text in attributes.items()}
    listed = " ".join(f'{name}="{escape(text)}"' for name, text in said.items())
    return f"<table:table-cell {listed}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def ods_row(cells: Iterable[str], **attributes: str) -> str:
    """Return a row of OpenDocument."""
    listed = " ".join(f'{name.replace("__", ":").replace("_", "-")}="{text}"' for name, text in attributes.items())
    return f"<table:table-row {listed}>{''.join(cells)}</table:table-row>"


def ods_file(*rows: str, name: str = "贷款") -> bytes:
    """Return an OpenDocument spreadsheet of rows from `ods_row`."""
    spaces = " ".join(
        f'xmlns:{prefix}="{space}"'
        for prefix, space in {
            "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
            "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
            "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
            "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
        }.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="{name}">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": b'<?xml version="1.0"?><manifest/>',
        }
    )


def indented(content: bytes) -> bytes:
    """Return an OpenDocument spreadsheet with each row and cell on a line of its own, as SheetJS writes it."""
    for tag in (b"<table:table-row", b"<table:table-cell", b"</table:table-row"):
        content = changed(content, "content.xml", tag, b"\n        " + tag)
    return content


def ods_table(rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return rows of plain values."""
    return [ods_row(map(ods_cell, row)) for row in rows]


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return parts as a ZIP file."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    """Return the parts of a ZIP file."""
    with zipfile.ZipFile(BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def changed(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """Return a workbook with a text in one of its parts replaced."""
    parts = parts_of(content)
    assert old in parts[part]
    return packed({**parts, part: parts[part].replace(old, new)})
