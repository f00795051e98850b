"""Kinds of files by their first bytes, whatever their names say."""

import pytest

from desk.rules.file_kinds import kind_of, name_of_other
from tests.sample_files import HEIC, JPEG, PNG, TIFF, WEBP, pdf


def test_scans_and_photos_are_taken() -> None:
    found = {kind.code for each in (pdf(1), JPEG, PNG, HEIC, TIFF, WEBP) if (kind := kind_of(each))}
    assert found == {"pdf", "jpeg", "png", "heic", "tiff", "webp"}
    assert kind_of(b"MM\x00*" + bytes(10)) is not None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"MZ\x90\x00", "program"),
        (b"\x7fELF\x02", "program"),
        (b"#!/bin/sh\n", "program"),
        (b"PK\x03\x04\x14\x00[Content_Types].xml", "office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
        (b"PK\x03\x04\x14\x00photo.jpg", "archive"),
        (b"Rar!\x1a\x07", "archive"),
        (b"\x1f\x8b\x08", "archive"),
        (b"<!DOCTYPE html><script>", "page"),
        (b'\xef\xbb\xbf  <svg xmlns="http://www.w3.org/2000/svg">', "page"),
        ("<html>".encode("utf-16"), "page"),
        (b"\x00\x00\x00\x18ftypisom", "video"),
        (b"RIFF\x00\x00\x00\x00AVI ", "video"),
        (b"fLaC", "audio"),
        (b"OggS\x00\x80theora", "audio"),
        (b"plain words", "other"),
        (b" %PDF-1.7", "other"),
        (b"", "other"),
    ],
)
def test_other_files_are_named(head: bytes, name: str) -> None:
    assert (kind_of(head), name_of_other(head)) == (None, name)
