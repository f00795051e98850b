"""What a file is, told by its content and not by its name: text, or a workbook; or refused by name."""

import re
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from desk.core.errors import Invalid
from desk.importing.reading.source import LARGEST_WORKBOOK, Source

Form = Literal["text", "xlsx", "xls", "ods"]

LARGEST_UNPACKED = 512 * 1024**2
"""The most bytes that the parts of a workbook may have unpacked, together."""

_MOST_PARTS = 5_000
_CHUNK = 1024**2

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ZIP = b"PK\x03\x04"
_OTHERS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3", "SQLite"),
)
_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*(?:<!doctype html|<html|<head|<body|<table|<meta)", re.IGNORECASE | re.DOTALL
)
_SPREADSHEET_XML = re.compile(rb"\s*<\?xml[^>]*>.{0,400}(?:Excel\.Sheet|office:spreadsheet)", re.DOTALL)
_XML = re.compile(rb"\s*<\?xml")


def form_of(source: Source) -> Form:
    """Return what a file is.

    Raise Invalid: `import_empty_file`, `import_other_form` (a picture, a web page, another program's file), `import_password`,
    `import_macros`, `import_broken` (a workbook that cannot be opened), `import_unpacked` (it unpacks to too much),
    `import_too_big`.
    """
    head = source.head(4096)
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        raise Invalid("import_empty_file", given=source.given)
    if head.startswith(_OLE):
        _check_workbook_size(source)
        return _form_of_ole(source)
    if head.startswith(_ZIP):
        _check_workbook_size(source)
        return _form_of_zip(source)
    for start, name in _OTHERS:
        if head.startswith(start):
            raise Invalid("import_other_form", given=source.given, form=name)
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(plain):
        raise Invalid("import_other_form", given=source.given, form="HTML")
    if _SPREADSHEET_XML.match(plain) or _XML.match(plain):
        raise Invalid("import_other_form", given=source.given, form="XML")
    return "text"


def _check_workbook_size(source: Source) -> None:
    if source.size > LARGEST_WORKBOOK:
        raise Invalid("import_too_big", given=source.given, limit=LARGEST_WORKBOOK)


def _form_of_ole(source: Source) -> Form:
    content = source.read()

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        raise Invalid("import_password", given=source.given)
    if has("_VBA_PROJECT"):
        raise Invalid("import_macros", given=source.given)
    if has("Workbook") or has("Book"):
        return "xls"
    raise Invalid("import_other_form", given=source.given, form="Word" if has("WordDocument") else "OLE")


def _form_of_zip(source: Source) -> Form:
    with opened_parts(source) as packed:
        names = {each.filename.lower(): each for each in packed.infolist()}
        if len(names) < len(packed.infolist()):  # what one reader finds under a name, another may not
            raise zipfile.BadZipFile
        if len(names) > _MOST_PARTS:
            raise Invalid("import_unpacked", given=source.given, limit=LARGEST_UNPACKED)
        if any(each.flag_bits & 1 for each in packed.infolist()):
            raise Invalid("import_password", given=source.given)
        form = _form_of_parts(source, packed, names)
        parts = packed.infolist()  # all of them: calamine tells parts by their places, not by their endings
        if sum(each.file_size for each in parts) > LARGEST_UNPACKED:
            raise Invalid("import_unpacked", given=source.given, limit=LARGEST_UNPACKED)
        for each in parts:
            for _ in unpacked(source, packed, each):
                pass
        return form


def _form_of_parts(source: Source, packed: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo]) -> Form:
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        raise Invalid("import_macros", given=source.given)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if any(name.startswith("xl/") and name.endswith(".bin") for name in names):
        raise Invalid("import_other_form", given=source.given, form="XLSB")

    def head(name: str) -> bytes:
        return next(unpacked(source, packed, names[name]), b"") if name in names else b""

    if head("mimetype").startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        if b"encryption-data" in head("meta-inf/manifest.xml"):
            raise Invalid("import_password", given=source.given)
        return "ods"
    for folder, form in (("word/", "Word"), ("ppt/", "PowerPoint"), ("index/", "Numbers")):
        if any(name.startswith(folder) for name in names):
            raise Invalid("import_other_form", given=source.given, form=form)
    raise Invalid("import_other_form", given=source.given, form="ZIP")


@contextmanager
def opened_parts(source: Source) -> Generator[zipfile.ZipFile]:
    """Open a workbook as the ZIP file that it is. Raise Invalid `import_broken`, also for what is found while it is read."""
    try:
        with source.open() as opened, zipfile.ZipFile(opened) as packed:
            yield packed
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,  # zipfile does not know so late a version of ZIP
        OSError,  # a place before the beginning of a file on disk
        ValueError,  # the same of one in memory, a name that is no UTF-8, or what a part says twice
    ):
        raise Invalid("import_broken", given=source.given) from None


def unpacked(source: Source, packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a part, as many as there are, whatever the directory of the file says.

    Raise Invalid: `import_broken`, if they are others than the directory of the file says.
    """
    left = part.file_size
    for chunk in _inflated(packed, part):
        left -= len(chunk)
        if left < 0:
            raise Invalid("import_broken", given=source.given)
        yield chunk
    if left:
        raise Invalid("import_broken", given=source.given)


def _inflated(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    opened = packed.fp
    if opened is None or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    opened.seek(part.header_offset)
    header = opened.read(30)
    if len(header) < 30 or not header.startswith(_ZIP):
        raise zipfile.BadZipFile
    opened.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left, inflate = part.compress_size, zlib.decompressobj(-15)
    while left > 0 and (chunk := opened.read(min(left, _CHUNK))):
        left -= len(chunk)
        if part.compress_type == zipfile.ZIP_STORED:
            yield chunk
            continue
        while chunk:
            yield inflate.decompress(chunk, _CHUNK)
            chunk = inflate.unconsumed_tail
    yield inflate.flush()
