"""Catalogues of texts: read as gettext's own tools read them."""

import gettext
import io
from collections.abc import Callable

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from desk.core.languages import LANGUAGES
from handlers.messages.block_kit.catalogue import Catalogue
from handlers.messages.block_kit.translator import catalogue_file

POLISH = r"""
msgid ""
msgstr ""
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"

# said by a person
#, python-brace-format
msgid "Say \"{words}\"\n"
"on two lines.\\"
msgstr "Powiedz „{words}”\n\tdwa.\\"
msgctxt "verb"
msgid "Call"
msgstr "Zadzwoń"

msgctxt "noun"
msgid "Call"
msgstr "Rozmowa"

msgid "{n} call"
msgid_plural "{n} calls"
msgstr[0] "{n} rozmowa"
msgstr[1] "{n} rozmowy"
msgstr[2] "{n} rozmów"

#, fuzzy
#, python-brace-format
msgid "Uncertain"
msgstr "Niepewne"

msgid "Not translated"
msgstr ""

#~ msgid "Gone"
#~ msgstr "Nie ma"

#, fuzzy
#~ msgid "Gone and uncertain"
#~ msgstr "Nie ma"

#, python-brace-format
msgid "Certain"
msgstr "Pewne"
"""


def compiled(text: bytes) -> gettext.GNUTranslations:
    """Return the catalogue as Babel compiles it."""
    file = io.BytesIO()
    write_mo(file, read_po(io.BytesIO(text), locale="pl" if b"nplurals=3" in text else "zh_Hans_CN"))
    file.seek(0)
    return gettext.GNUTranslations(file)


def read(text: bytes) -> gettext.GNUTranslations:
    """Return the catalogue as the desk reads it."""
    return Catalogue(io.BytesIO(text))


@pytest.mark.parametrize("reader", [compiled, read])
def test_a_catalogue_with_everything_that_the_format_has(reader: Callable[[bytes], gettext.GNUTranslations]) -> None:
    texts = reader(POLISH.encode())

    assert texts.gettext('Say "{words}"\non two lines.\\') == "Powiedz „{words}”\n\tdwa.\\"
    assert [texts.pgettext(what, "Call") for what in ("verb", "noun")] == ["Zadzwoń", "Rozmowa"]
    assert [texts.ngettext("{n} call", "{n} calls", n)[4:] for n in (1, 3, 5, 22)] == [
        "rozmowa",
        "rozmowy",
        "rozmów",
        "rozmowy",
    ]
    assert texts.gettext("Certain") == "Pewne"
    unknown = ["Uncertain", "Not translated", "Gone", "Gone and uncertain"]
    assert list(map(texts.gettext, unknown)) == unknown


@pytest.mark.parametrize("name", [one.catalogue for one in LANGUAGES.values() if one.fallback])
def test_every_text_of_the_desk_is_the_one_that_babel_reads(name: str) -> None:
    text = catalogue_file(name).read_bytes()
    ours, theirs = read(text), compiled(text)

    for message in read_po(io.BytesIO(text), locale=name):
        if isinstance(message.id, str):
            assert ours.gettext(message.id) == theirs.gettext(message.id)
        else:
            singular, plural = message.id
            assert [ours.ngettext(singular, plural, n) for n in (0, 1, 2)] == [
                theirs.ngettext(singular, plural, n) for n in (0, 1, 2)
            ]


@pytest.mark.parametrize(
    "line",
    ["msgid without quotes", 'msgid "half', "nonsense", 'msgstt "c"', 'msgid "c"\nmsgid_plural "cs"\nmsgstr{0} "d"'],
)
def test_a_line_that_is_none_of_the_format(line: str) -> None:
    with pytest.raises(ValueError, match=r"quotes|no keyword"):
        read(f'msgid "a"\nmsgstr "b"\n\n{line}\n'.encode())


@pytest.mark.parametrize("rest", ['"on its own"', 'msgid "c"', 'msgstr "d"', 'msgctxt "e"\nmsgstr "d"'])
def test_an_entry_that_lacks_a_part(rest: str) -> None:
    with pytest.raises(ValueError, match="an entry lacks"):
        read(f'{rest}\n\nmsgid "a"\nmsgstr "b"\n'.encode())
