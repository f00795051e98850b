"""Kinds of files by their first bytes: which the desk takes, and what to call the others. What a name or a sender says of a
file counts for nothing, but for recordings that have no header (`_RAW`)."""

from desk.core.dataclass import dataclass
from desk.rules.audio_length import mp3_begins, mp3_frame, wave_codec

HEAD = 4096
"""How many first bytes tell the kind of a file."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that the desk takes. `inline`: browsers show it by themselves, without a program of its own.
    `audio`: it is a recording, which belongs to a call; `table`: it is a table to import; any other is a document."""

    code: str
    media_type: str
    extension: str
    inline: bool = True
    audio: bool = False
    table: bool = False


KINDS: dict[str, FileKind] = {
    kind.code: kind
    for kind in (
        FileKind("pdf", "application/pdf", "pdf"),
        FileKind("jpeg", "image/jpeg", "jpg"),
        FileKind("png", "image/png", "png"),
        FileKind("webp", "image/webp", "webp"),
        FileKind("heic", "image/heic", "heic", inline=False),
        FileKind("tiff", "image/tiff", "tiff", inline=False),
        FileKind("wav", "audio/wav", "wav", audio=True),
        FileKind("mp3", "audio/mpeg", "mp3", audio=True),
        FileKind("ogg", "audio/ogg", "ogg", audio=True),
        FileKind("m4a", "audio/mp4", "m4a", audio=True),
        FileKind("aac", "audio/aac", "aac", audio=True),
        FileKind("amr", "audio/amr", "amr", inline=False, audio=True),
        FileKind("gsm", "application/octet-stream", "gsm", inline=False, audio=True),
        FileKind("g722", "application/octet-stream", "g722", inline=False, audio=True),
    )
}
"""Every kind that the desk takes, by code: documents on paper as a scanner or a phone makes them, and recordings of calls as
phone systems do."""

TABLE_KINDS: dict[str, FileKind] = {
    kind.code: kind
    for kind in (
        FileKind("csv", "text/csv", "csv", inline=False, table=True),
        FileKind("sheet", "application/octet-stream", "xlsx", inline=False, table=True),
    )
}
"""Kinds of tables that the desk imports for who may, by code."""

_NAMED_AS_TEXT = (".csv", ".tsv", ".txt")
_NAMED_AS_SHEET = (".xlsx", ".xls", ".ods", ".xlsm", ".et")
_SHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

_RAW = {".gsm": "gsm", ".g722": "g722"}
"""Recordings without a header, by the ending of their names."""

_GSM_FRAME = 33
_MP4_AUDIO = frozenset({b"M4A ", b"M4B ", b"F4A "})

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MADE_KINDS: dict[str, FileKind] = {
    kind.code: kind
    for kind in (
        FileKind("zip", "application/zip", "zip", inline=False),
        *TABLE_KINDS.values(),
        FileKind("xlsx", _WORKBOOK, "xlsx", inline=False),
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


def kind_of(head: bytes, name: str = "") -> FileKind | None:
    """Return the kind of a file that begins with these bytes, None for one that the desk does not take. `name` counts only for
    recordings without a header."""
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
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return KINDS["tiff"]
    code = _audio_kind(head) or _raw_kind(head, name)
    return KINDS[code] if code else None


def is_named_as_audio(name: str) -> bool:
    """Return whether a file is named like a recording, before its content is known: a larger one is worth fetching."""
    return any(kind.audio and name.lower().endswith(f".{kind.extension}") for kind in KINDS.values())


def is_named_as_table(name: str) -> bool:
    """Return whether a file is named like a table."""
    return name.lower().endswith(_NAMED_AS_TEXT + _NAMED_AS_SHEET)


def table_kind_of(head: bytes, name: str) -> FileKind | None:
    """Return the kind of table that a file with these first bytes may be, None for what is none: text is one by its name, in
    whatever encoding. Whether it can be read as one is found out when it is read."""
    if not is_named_as_table(name):
        return None
    if head.startswith(_SHEETS):
        return TABLE_KINDS["sheet"]
    if kind_of(head) is not None or name_of_other(head) not in ("other", "page"):
        return None  # a web page that is called .xls is refused by name when it is read
    return TABLE_KINDS["csv"]


def _audio_kind(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav" if wave_codec(head) is not None else None
    if head.startswith(b"OggS"):
        return "ogg" if b"OpusHead" in head[:512] or b"\x01vorbis" in head[:512] else None
    if head.startswith(b"#!AMR"):
        return "amr"
    if head[4:8] == b"ftyp" and head[8:12] in _MP4_AUDIO:
        return "m4a"
    if head[:1] == b"\xff" and head[1:2] in (b"\xf1", b"\xf9"):
        return "aac"
    begin = mp3_begins(head)
    first = mp3_frame(head, begin)
    if first is not None and (begin + first[0] + 4 > len(head) or mp3_frame(head, begin + first[0]) is not None):
        return "mp3"
    return "mp3" if head[:3] == b"ID3" and begin + 4 > len(head) else None


def _raw_kind(head: bytes, name: str) -> str | None:
    code = next((code for ending, code in _RAW.items() if name.lower().endswith(ending)), None)
    if code is None or not head or _is_text(head) or name_of_other(head) != "other":
        return None
    if code == "gsm" and any(byte >> 4 != 0xD for byte in head[::_GSM_FRAME]):
        return None
    return code


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


def _is_text(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character that the end of `head` cuts
    return True


def _text(head: bytes) -> str:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return head.decode(encoding, errors="ignore")
