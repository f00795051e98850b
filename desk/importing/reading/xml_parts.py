"""The XML of a workbook's parts, read as a stream."""

import zipfile
from typing import Any
from xml.parsers import expat

from desk.core.errors import Invalid
from desk.importing.reading.forms import unpacked
from desk.importing.reading.source import Source


class Reader:
    """Parses one part of a workbook. Subclasses say what to do with its elements, named without their namespace."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self.text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, source: Source, packed: zipfile.ZipFile, name: str) -> None:
        """Read a part of a workbook. Raise Invalid `import_broken` for one that is not there or is no XML."""
        try:
            for chunk in unpacked(source, packed, packed.getinfo(name)):
                self._parser.Parse(chunk)
            self._parser.Parse(b"", True)
        except (expat.ExpatError, LookupError):  # LookupError: no such part, attribute or encoding
            raise Invalid("import_broken", given=source.given) from None

    def _refuse(self, *_: Any) -> None:
        raise ValueError("a part of a workbook declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.start(name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        self.end(name.rpartition(":")[2])

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End an element."""

    def text(self, text: str) -> None:
        """Take text within an element."""
