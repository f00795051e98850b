"""Kinds of files by their first bytes: which the desk takes, and what to call the others. What a name or a sender says of a
file counts for nothing."""

from desk.core.dataclass import dataclass

HEAD = 4096
"""How many first bytes tell the kind of a file."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that the desk takes. `inline`: browsers show it by themselves, without a program of its own."""

    code: str
    media_type: str
    extension: str
    inline: bool = True


KINDS: dict[str, FileKind] = {
    kind.code: kind
    for kind in (
        FileKind("pdf", "application/pdf", "pdf"),
        FileKind("jpeg", "image/jpeg", "jpg"),
        FileKind("png", "image/png", "png"),
        FileKind("webp", "image/webp", "webp"),
        FileKind("heic", "image/heic", "heic", inline=False),
        FileKind("tiff", "image/tiff", "tiff", inline=False),
    )
}
"""Every kind that the desk takes, by code: documents on paper as a scanner or a phone makes them."""

MADE_KINDS: dict[str, FileKind] = {
    kind.code: kind
    for kind in (
        FileKind("zip", "application/zip", "zip", inline=False),
        FileKind("csv", "text/csv", "csv", inline=False),
    )
}
"""Kinds that the desk makes and does not take, by code."""

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

_OTHERS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    (
        "program",
        (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    ),
    ("office", (b"\xd0\xcf\x11\xe0",)),
    ("archive", (b"PK", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")),
    ("audio", (b"ID3", b"OggS", b"#!AMR", b"fLaC")),
)


def kind_of(head: bytes) -> FileKind | None:
    """Return the kind of a file that begins with these bytes, None for one that the desk does not take."""
    if head.startswith(b"%PDF-"):
        return KINDS["pdf"]
    if head.startswith(b"\xff\xd8\xff"):
        return KINDS["jpeg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return KINDS["png"]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return KINDS["webp"]
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return KINDS["heic"]
    return KINDS["tiff"] if head.startswith((b"II*\x00", b"MM\x00*")) else None


def name_of_other(head: bytes) -> str:
    """Return what a file that the desk does not take seems to be: program, office, archive, page, audio, video or other."""
    if head[:4] == b"PK\x03\x04" and (b"[Content_Types].xml" in head or b"mimetypeapplication/" in head):
        return "office"
    if head.startswith(b"#!AMR"):
        return "audio"
    for name, beginnings in _OTHERS:
        if head.startswith(beginnings):
            return name
    if head[4:8] == b"ftyp" or head[:4] == b"RIFF" or head.startswith(b"\x1aE\xdf\xa3"):
        return "audio" if head[8:12] in (b"M4A ", b"WAVE") else "video"
    return "page" if _text(head).lstrip().startswith("<") else "other"


def _text(head: bytes) -> str:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return head.decode(encoding, errors="ignore")
