"""Read a gettext catalogue from the text in which translators write it (`.po`), which needs no compiling."""

import gettext
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

_Entry = dict[str, str]
"""The texts of an entry by keyword."""

_KEYWORDS = frozenset({"msgctxt", "msgid", "msgid_plural", "msgstr", *(f"msgstr[{form}]" for form in range(6))})
"""No language has more than six forms of a plural."""


class Catalogue(gettext.GNUTranslations):
    """The texts of a `.po` file. Babel reads one too, checks it for `make check`, and takes 25 ms for what the desk needs at
    its first answer."""

    def _parse(self, fp: Any) -> None:
        """Read the catalogue from a file that is open for reading bytes, as gettext asks of another format.

        Raises ValueError for a line that is none of the format's, and for an entry that lacks a part.
        """
        self._catalog: dict[str | tuple[str, int], str] = {}
        self._charset = "utf-8"
        self.plural = gettext.c2py("n != 1")
        try:
            for entry in _entries(fp.read().decode(self._charset).splitlines()):
                self._add(entry)
        except KeyError as part:
            raise ValueError(f"an entry lacks {part}") from None

    def _add(self, entry: _Entry) -> None:
        key = entry["msgid"]
        if not key:
            self._read_head(entry["msgstr"])
        if context := entry.get("msgctxt"):
            key = self.CONTEXT % (context, key)
        if "msgid_plural" not in entry:
            if entry["msgstr"]:
                self._catalog[key] = entry["msgstr"]
            return
        for name, text in entry.items():
            if name.startswith("msgstr[") and text:
                self._catalog[key, int(name[7:-1])] = text

    def _read_head(self, head: str) -> None:
        if found := re.search(r"^Plural-Forms:.*plural=([^;]+)", head, re.MULTILINE):
            self.plural = gettext.c2py(found[1])


def _entries(lines: Iterable[str]) -> Iterator[_Entry]:
    """Yield the entries that count: not those that are marked as uncertain."""
    entry: _Entry = {}
    keyword, uncertain, uncertain_next = "", False, False
    for line in lines:
        if line.startswith("#,"):
            uncertain_next |= "fuzzy" in line
        elif line.startswith("#~"):  # an entry that is gone: what was said of it is not of the next
            uncertain_next = False
        if not line or line.startswith("#"):
            continue
        if line.startswith('"'):
            entry[keyword] += _unquoted(line)
            continue
        before, (keyword, _, quoted) = keyword, line.partition(" ")
        if keyword not in _KEYWORDS:
            raise ValueError(f"no keyword: {keyword}")
        if keyword == "msgctxt" or (keyword == "msgid" and before != "msgctxt"):
            if entry and not uncertain:
                yield entry
            entry, uncertain, uncertain_next = {}, uncertain_next, False
        entry[keyword] = _unquoted(quoted)
    if entry and not uncertain:
        yield entry


def _unquoted(quoted: str) -> str:
    if len(quoted) < 2 or quoted[0] != '"' or quoted[-1] != '"':
        raise ValueError(f"no text in quotes: {quoted}")
    return json.loads(quoted) if "\\" in quoted else quoted[1:-1]  # JSON has the escapes that gettext's tools write
