"""What is found of a file while it streams by, and what is not taken."""

import hashlib

import pytest

from desk.files.inspection import MOST_PAGES, FileFacts, Inspection, RefusedFileError
from tests.sample_files import HEIC, JPEG, TIFF, joined, pdf, pieces, stream

MOST = 1_000_000


async def inspect(content: bytes, piece: int = 1000) -> FileFacts:
    inspection = Inspection(most_bytes=MOST)
    assert await joined(inspection.watch(pieces(content, piece))) == content
    return inspection.facts()


@pytest.mark.parametrize(("content", "code", "pages"), [(JPEG, "jpeg", 1), (HEIC, "heic", 1), (TIFF, "tiff", None)])
async def test_a_picture_is_described(content: bytes, code: str, pages: int | None) -> None:
    facts = await inspect(content, 3)
    assert (facts.kind.code, facts.size, facts.pages) == (code, len(content), pages)
    assert facts.sha256 == hashlib.sha256(content).hexdigest()


async def test_a_pdf_is_described_and_a_protected_one_is_pointed_out() -> None:
    facts = await inspect(pdf(7, compressed=True, filler=20_000))
    assert (facts.kind.code, facts.pages, facts.protected) == ("pdf", 7, False)
    assert (await inspect(pdf(7, encrypted=True))).protected


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"MZ" + bytes(5000), "kind_program"),
        (b"<svg onload=alert(1)>", "kind_page"),
        (JPEG + bytes(MOST), "too_large"),
        (b"%PDF-1.4\n<< /Type /Pages /Count " + str(MOST_PAGES + 1).encode() + b" >>", "too_many_pages"),
    ],
)
async def test_what_the_desk_does_not_take_is_named(content: bytes, why: str) -> None:
    with pytest.raises(RefusedFileError) as refused:
        await inspect(content)
    assert refused.value.why == why


async def test_nothing_of_a_refused_file_is_passed_on_and_reading_stops() -> None:
    read: list[int] = []

    async def endless():
        while True:
            read.append(1)
            yield bytes(10_000)

    passed = Inspection(most_bytes=MOST).watch(endless())
    with pytest.raises(RefusedFileError):
        await anext(passed)
    assert len(read) == 1
    with pytest.raises(RefusedFileError):
        await joined(Inspection(most_bytes=10).watch(stream([JPEG])))
