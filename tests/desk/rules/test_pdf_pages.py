"""The pages of a PDF, counted while it streams by."""

import zlib

import pytest

from desk.rules.pdf_pages import PdfPages
from tests.sample_files import pdf


def read(content: bytes, piece: int = 4096) -> PdfPages:
    pages = PdfPages()
    for at in range(0, len(content), piece):
        pages.feed(content[at : at + piece])
    pages.end()
    return pages


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("piece", [7, 4096, 1 << 20])
def test_pages_are_counted_in_any_pieces(piece: int, *, compressed: bool) -> None:
    assert read(pdf(12, compressed=compressed, filler=30_000), piece).pages == 12


def test_pages_without_a_tree_are_counted_one_by_one() -> None:
    assert read(b"%PDF-1.4\n" + b"<< /Type/Page /Parent 2 0 R >>\n" * 3).pages == 3
    assert read(b"%PDF-1.4\n" + b"<< /Type/Page /Parent 2 0 R /X (" + bytes(2000) + b") >>\n" * 1).pages == 1


def test_many_objects_without_a_stream_are_counted_once() -> None:
    objects = b"".join(b"%d 0 obj\n<< /Type /Page /Note (%s) >>\nendobj\n" % (n, b"x" * 300) for n in range(3000))
    assert read(b"%PDF-1.4\n" + objects).pages == 3000


def test_what_is_unreadable_has_unknown_pages() -> None:
    assert read(b"%PDF-1.4\n" + bytes(5000)).pages is None
    broken = b"%PDF-1.5\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\nnot compressed\nendstream\n"
    assert read(broken).pages is None


def test_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compress(bytes(50_000_000) + b"/Type /Page ")
    stream = b"%PDF-1.5\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + bomb + b"\nendstream\n"
    assert read(stream).pages is None


def test_an_encrypted_file_is_recognised() -> None:
    assert (read(pdf(2)).protected, read(pdf(2, encrypted=True)).protected) == (False, True)
