"""What calamine does not show of an XLSX workbook (ECMA-376 part 1, §18)."""

import posixpath
from collections.abc import Mapping

from desk.core.errors import Invalid
from desk.importing.reading.cell_texts import percent_text
from desk.importing.reading.forms import opened_parts
from desk.importing.reading.hidden import Change, Hidden, padded
from desk.importing.reading.number_formats import PERCENTAGES, digits_of, is_percentage
from desk.importing.reading.source import Source
from desk.importing.reading.xlsx_sheets import Shown, hidden_of_sheet
from desk.importing.reading.xml_parts import Reader


class _Names(Reader):
    """The sheets of a workbook and their parts' ids, and whether its days are counted from 1904 or its formulas are to be
    calculated when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}
        self.is_1904 = self.recalculated = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note what an element says."""
        if name == "sheet":
            if attributes["name"] in self.ids:
                raise ValueError("two sheets have one name")
            found = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.ids[attributes["name"]] = found
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "calcPr":
            self.recalculated = attributes.get("fullCalcOnLoad") in ("1", "true")


class _Relations(Reader):
    """Where the parts of a workbook are, by their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a relation."""
        if name == "Relationship":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            if self.targets.setdefault(attributes.get("Id", ""), path) != path:
                raise ValueError("two parts have one id")


class _Styles(Reader):
    """How numbers are shown, by the number of a cell's style."""

    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[str, str] = {}
        self._in_cells = False
        self._count = 0
        self.changes: dict[str, Change] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a format or a style."""
        if name == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            change = self._change(attributes.get("numFmtId", ""))
            if change is not None:
                self.changes[str(self._count)] = change
            self._count += 1

    def end(self, name: str) -> None:
        """Leave the list of styles."""
        if name == "cellXfs":
            self._in_cells = False

    def _change(self, number: str) -> Change | None:
        code = self._formats.get(number, "")
        if (number.isdecimal() and int(number) in PERCENTAGES) or is_percentage(code):
            return percent_text
        return padded(digits) if (digits := digits_of(code)) else None


def hidden_of_xlsx(source: Source) -> tuple[Mapping[str, Hidden], bool]:
    """Return what calamine does not show of each sheet by its name, and whether days are counted from 1904.

    Raise Invalid: `import_broken`. A sheet that reaches too far is `Hidden.too_far`: it may not be the one that is meant.
    """
    with opened_parts(source) as packed:
        names, relations, styles = _Names(), _Relations(), _Styles()
        names.read(source, packed, "xl/workbook.xml")
        relations.read(source, packed, "xl/_rels/workbook.xml.rels")
        there = {name.lower(): name for name in packed.namelist()}  # as calamine finds them, and OPC
        if "xl/styles.xml" in there:
            styles.read(source, packed, there["xl/styles.xml"])
        found: dict[str, Hidden] = {}
        for name, part in names.ids.items():
            path = relations.targets.get(part, "").lower()
            if path in there and "/worksheets/" in path:
                shown = Shown(styles.changes, recalculated=names.recalculated)
                try:
                    found[name] = hidden_of_sheet(source, packed, there[path], shown)
                except Invalid as error:
                    if error.code not in ("import_rows", "import_columns"):
                        raise
                    found[name] = Hidden(too_far=error)
        return found, names.is_1904
