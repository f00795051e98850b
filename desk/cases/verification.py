"""Prove that the archive of a case file is as it was signed: without the database, the settings and the network.

Nothing of the archive is trusted before its signature holds, nothing is unpacked, and no more is read than the manifest says.
"""

import base64
import hashlib
import json
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from desk.cases.archive import FORMAT, MANIFEST, PERSON_FORMAT, SIGNATURE, VERSION
from desk.core.dataclass import dataclass

_MOST_MEMBERS = 20_000
_MOST_MANIFEST = 16 * 1024 * 1024
_MOST_SIGNATURE = 200
_MOST_BYTES = 8 * 1024**3
_PIECE = 64 * 1024
_END_RECORD = 22
_LOCAL_HEADER = 30
_DESCRIPTOR, _DESCRIPTOR_BYTES = b"PK\x07\x08", (16, 24)
"""What may follow the bytes of a member: its sums, which were not known when its header was written."""


class BadArchiveError(Exception):
    """It is no archive of a case file, or not one that may be read. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a member: `changed`, `missing`, or `added` (the manifest does not name it)."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Verified:
    """An archive whose signature holds: the facts of its manifest, the key that signed it, how many members it has, and what is
    wrong with them."""

    facts: Mapping[str, Any]
    public: bytes
    members: int
    findings: tuple[Finding, ...]


def verify(file: Path, public: bytes | None = None) -> Verified:
    """Return what is found of an archive. Without `public`, the key that the manifest names is taken: then it only proves that
    who has that key made it. Raises BadArchiveError, OSError."""
    with file.open("rb") as raw:
        try:
            with zipfile.ZipFile(raw) as archive:
                return _verified(raw, archive, public)
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,  # a compression or a version of ZIP that zipfile does not know
            RuntimeError,  # a password is asked for
            EOFError,
            UnicodeError,  # in the name of an entry
            struct.error,
        ) as error:
            raise BadArchiveError(f"it cannot be read as an archive ({type(error).__name__})") from None


def _verified(raw: BinaryIO, archive: zipfile.ZipFile, public: bytes | None) -> Verified:
    entries = archive.infolist()
    _check_entries(entries)
    _check_layout(raw, archive, entries)
    by_path = {entry.filename: entry for entry in entries}
    if MANIFEST not in by_path or SIGNATURE not in by_path:
        raise BadArchiveError(f"it has no {MANIFEST} or no {SIGNATURE}: it is no case file, or they were removed")
    manifest = _whole(archive, by_path[MANIFEST], _MOST_MANIFEST)
    value = _read(manifest)
    key = public or _key_of(value)
    try:
        signature = base64.b64decode(_whole(archive, by_path[SIGNATURE], _MOST_SIGNATURE).strip(), validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, manifest)
    except (InvalidSignature, ValueError):
        raise BadArchiveError(
            "the signature does not fit the manifest and the key: it was changed, or is of another key"
        ) from None
    listed = _members(value)
    if sum(size for size, _ in listed.values()) > _MOST_BYTES:
        raise BadArchiveError("its manifest lists more bytes than any case file has")
    findings = [Finding("missing", path) for path in listed if path not in by_path]
    findings += [Finding("added", path) for path in by_path if path not in listed and path not in (MANIFEST, SIGNATURE)]
    findings += [
        Finding("changed", path)
        for path, (size, digest) in listed.items()
        if path in by_path and not _is_same(archive, by_path[path], size, digest)
    ]
    facts = {name: each for name, each in value.items() if name != "members"}
    return Verified(facts, key, len(listed), tuple(findings))


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Raise BadArchiveError for what no case file has, before anything is read."""
    if len(entries) > _MOST_MEMBERS:
        raise BadArchiveError(f"it has {len(entries)} members; a case file has at most {_MOST_MEMBERS}")
    for name, count in Counter(entry.filename.casefold() for entry in entries).items():
        if count > 1:
            raise BadArchiveError(f"it has {name!r} more than once")
    if (size := sum(entry.file_size for entry in entries)) > _MOST_BYTES:
        raise BadArchiveError(f"it says that it unpacks to {size} bytes; no case file is that large")
    for entry in entries:
        name = entry.filename
        if not is_safe(name) or entry.orig_filename != name:
            raise BadArchiveError(f"it has a path that leads out of it, or is no path of a case file: {name!r}")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.is_dir() or (kind and not stat.S_ISREG(kind)):
            raise BadArchiveError(f"it has something else than a file: {name!r}")
        if entry.flag_bits & 0x1:
            raise BadArchiveError(f"it has an encrypted member: {name!r}")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadArchiveError(f"it has a member that is packed as in no case file: {name!r}")


def is_safe(path: str) -> bool:
    """Return whether a path stays within the folder into which people unpack it, on every system."""
    parts = path.split("/")
    plain = path.isprintable() and not any(each in path for each in '\\:*?"<>|')
    return plain and not PurePosixPath(path).is_absolute() and all(part.strip(" .") for part in parts)


def _check_layout(raw: BinaryIO, archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Raise BadArchiveError if something is before, behind or between the members: another reader could take that for one."""
    if archive.comment or not entries or min(entry.header_offset for entry in entries) != 0:
        raise BadArchiveError("something was put before or behind the archive")
    raw.seek(-_END_RECORD, 2)
    if raw.read(4) != b"PK\x05\x06":
        raise BadArchiveError("something was put behind the archive")
    begins = [*sorted(entry.header_offset for entry in entries)[1:], archive.start_dir]
    for entry, begin in zip(sorted(entries, key=lambda each: each.header_offset), begins, strict=True):
        raw.seek(entry.header_offset)
        header = raw.read(_LOCAL_HEADER)
        end = entry.header_offset + len(header) + sum(struct.unpack("<HH", header[26:])) + entry.compress_size
        raw.seek(end)
        between = raw.read(min(max(begin - end, 0), max(_DESCRIPTOR_BYTES) + 1))
        is_descriptor = between.startswith(_DESCRIPTOR) and len(between) in _DESCRIPTOR_BYTES
        if begin < end or (between and not is_descriptor):
            raise BadArchiveError("something was put between the files of the archive")


def _whole(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(entry) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise BadArchiveError(f"{entry.filename} is larger than that of any case file")
    return content


def _is_same(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, size: int, digest: str) -> bool:
    """Return whether a member has this size and digest; read no more than that size."""
    found, read = hashlib.sha256(), 0
    try:
        with archive.open(entry) as member:
            while piece := member.read(min(_PIECE, max(size - read, 0) + 1)):
                read += len(piece)
                if read > size:
                    return False
                found.update(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):  # as in `verify`: an altered entry
        return False
    return read == size and found.hexdigest() == digest


def _read(manifest: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(manifest.decode("utf-8"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadArchiveError(f"{MANIFEST} is not JSON as a case file has it")
    named = cast(dict[str, Any], value)
    if named.get("format") not in (FORMAT, PERSON_FORMAT):
        raise BadArchiveError(f"{MANIFEST} is not that of a case file")
    if named.get("version") != VERSION:
        raise BadArchiveError(f"it is of version {named.get('version')!r}; this release reads version {VERSION}")
    return named


def _key_of(value: Mapping[str, Any]) -> bytes:
    try:
        key = bytes.fromhex(value["key"]["ed25519"])
    except (LookupError, TypeError, ValueError):
        key = b""
    if len(key) != 32:
        raise BadArchiveError(f"{MANIFEST} names no key")
    return key


def _members(value: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Return size and digest of each member by path, as the signed manifest says."""
    found: dict[str, tuple[int, str]] = {}
    try:
        for each in value["members"]:
            path, size, digest = each["path"], each["size"], each["sha256"]
            if not (isinstance(path, str) and isinstance(size, int) and isinstance(digest, str)) or path in found:
                raise ValueError(path)
            found[path] = (size, digest)
    except (LookupError, TypeError, ValueError):
        raise BadArchiveError(f"{MANIFEST} does not list the members as a case file does") from None
    return found
