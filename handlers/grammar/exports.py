"""`… export [xlsx|csv|csv bom]`, behind what lists loans or calls."""

from collections.abc import Mapping

from desk.exports.lists import Format
from handlers.grammar.reader import Reader
from handlers.grammar.terms import Terms, keyword

EXPORT = Terms((keyword("export", "导出", "下载", "导出文件", "导出表格", "download", "as a file"),))

FORMATS = Terms(
    (
        keyword("xlsx", "excel", "表格", "xls", "workbook", "spreadsheet"),
        keyword("csv", "逗号分隔", "csv 文件", "csv file", "as csv"),
        keyword("csv bom", "csv 带bom", "csvbom", "csv with bom", "csv utf-8 bom", "csv for excel"),
    )
)
_FORMAT_OF: Mapping[str, Format] = {"xlsx": "xlsx", "csv": "csv", "csv bom": "csv_bom"}

USUAL: Format = "xlsx"
"""The format where none is named."""


def take_export(reader: Reader) -> Format | None:
    """Take `export`, with a format if one follows. Return the format, or None without moving."""
    if reader.take_word(EXPORT) is None:
        return None
    word = reader.take_word(FORMATS)
    return _FORMAT_OF[word.code] if word is not None else USUAL


def take_words_and_export(reader: Reader) -> tuple[str, Format | None]:
    """Take the rest of the line as words, but for `export` at its end behind a word."""
    ahead = reader.probe(reader.at)
    ahead.take_colon()
    while not ahead.done:
        ahead.take_token()
        at = ahead.at
        behind = reader.probe(at)
        found = take_export(behind)
        if found is not None and behind.done:
            words = reader.take_note(at)
            reader.move(len(reader.norm))
            return words, found
    return reader.take_note(), None
