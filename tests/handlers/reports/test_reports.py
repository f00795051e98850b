"""A report as PDF and as a page: texts stay texts, no character is dropped, and the same report gives the same bytes."""

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.messages.block_kit.translator import Translator
from handlers.reports.characters import in_font, printable, visible
from handlers.reports.page import to_page
from handlers.reports.pdf import MOST_ROWS, to_pdf
from handlers.reports.report import Heading, Paragraph, Report, Table

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
HOSTILE = '#panic("x") $y$ <script>alert(1)</script> @a *b* _c_ \\ "q" // end'
REPORT = Report(
    f"案卷 {HOSTILE}",
    [Heading(HOSTILE), Paragraph(HOSTILE), Table((HOSTILE, "数"), [(HOSTILE, "12.00")] * 80, (4, 1), right=(1,))],
    header=HOSTILE,
    footer=HOSTILE,
    watermark=HOSTILE,
)


async def test_what_looks_like_markup_is_printed_as_it_is_and_the_bytes_repeat() -> None:
    t = Translator("zh_CN")
    pdf = await to_pdf(t, REPORT, AT)
    assert pdf.startswith(b"%PDF-")
    assert int(re.findall(rb"/Count (\d+)", pdf)[0]) > 1  # the table goes on over pages
    assert await to_pdf(t, REPORT, AT) == pdf
    assert await to_pdf(t, Report("另一份", REPORT.blocks), AT) != pdf


async def test_a_report_without_anything_and_one_with_too_much() -> None:
    assert (await to_pdf(Translator("en"), Report("", [Table(("a",), [], (1,))]), AT)).startswith(b"%PDF-")
    with pytest.raises(ValueError, match="rows"):
        await to_pdf(Translator("en"), Report("", [Table(("a",), [("b",)] * (MOST_ROWS + 1), (1,))]), AT)


def test_a_page_escapes_every_text_and_loads_nothing() -> None:
    page = to_page(Translator("zh_CN"), REPORT)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == page.count("#panic") == 8 + 80
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href|url)\s*[=(]""", page)
    assert '<html lang="zh">' in page


@pytest.mark.parametrize("name", ["王𬭚田", "𠮷野", "㐂乐", "䶮", "José Ñandú", "Жанна", "ひろ"])
def test_the_font_has_the_characters_of_rare_names(name: str) -> None:
    lacking = set[str]()
    assert printable(name, lacking) == name
    assert lacking == set()


def test_what_the_font_lacks_and_what_nobody_sees_are_printed_by_their_code_points() -> None:
    lacking = set[str]()
    assert printable("Łukasz 😀", lacking) == "[U+0141]ukasz [U+1F600]"
    assert lacking == {"Ł", "😀"}
    assert visible("a\u202eb\ud800\x00\u200b") == "a[U+202E]b[U+D800][U+0000][U+200B]"
    assert "[U+202E]" in to_page(Translator("en"), Report("a\u202eb", []))


@given(st.text())
@settings(max_examples=200)
def test_no_character_is_dropped(text: str) -> None:
    shown = visible(text)
    printed = printable(text, set())
    assert all(each == "\n" or each.isprintable() or unicodedata.category(each) == "Zs" for each in shown)
    assert all(each in "\n\u200b" or in_font(each) for each in printed)
    back = re.sub(r"\[U\+([0-9A-F]{4,6})\]", lambda found: chr(int(found[1], 16)), printed.replace("\u200b", ""))
    assert visible(back) == visible(shown)
