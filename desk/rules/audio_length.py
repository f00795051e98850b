"""The length of a recording, read from its beginning and its end where these can be trusted.

Headers are checked against how many bytes there are: a recorder that was killed leaves sizes of 0, one that wrote to a pipe
0xFFFFFFFF, and a copy that broke off keeps the header of the whole. Where header and bytes disagree, the length is unknown.
"""

import io
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

KEPT = 256 * 1024
"""How many bytes of the beginning and of the end are looked at."""

LONGEST = 24 * 3600
"""The longest length in seconds that is believed."""

_PCM, _A_LAW, _MU_LAW, _GSM, _EXTENSIBLE = 1, 6, 7, 0x31, 0xFFFE
_GSM_BLOCK, _GSM_SAMPLES = 65, 320
_UNFINISHED = (0, 0xFFFFFFFF)
_CLOSE = 0.02
"""By what share the bytes that a header implies may differ from those that are there: tags and padding."""


def audio_seconds(kind: str, head: bytes, tail: bytes, size: int) -> int | None:
    """Return the length in whole seconds of a file of that kind (a code of `file_kinds`); None: unknown.

    `head` and `tail` are its first and last `KEPT` bytes, which may overlap; `size` is that of the whole in bytes.
    """
    read = _READERS.get(kind)
    if read is None:
        return None
    try:
        seconds = read(head, tail, size)
    except (struct.error, IndexError, ValueError, OverflowError):
        return None
    return round(seconds) if seconds is not None and 0 < seconds <= LONGEST else None


def wave_codec(head: bytes) -> int | None:
    """Return the format tag of a RIFF WAVE file, None if its beginning has no `fmt ` chunk that can be read."""
    for name, at, length in _chunks(head):
        if name == b"fmt " and length >= 16 and at + 16 <= len(head):
            codec = struct.unpack_from("<H", head, at)[0]
            if codec == _EXTENSIBLE and length >= 26 and at + 26 <= len(head):
                return int(struct.unpack_from("<H", head, at + 24)[0])
            return int(codec)
    return None


def _wave(head: bytes, _tail: bytes, size: int) -> float | None:
    codec, spoken = wave_codec(head), None
    for name, at, length in _chunks(head):
        if name == b"fmt ":
            spoken = struct.unpack_from("<HHIIHH", head, at)
        elif name == b"data" and spoken is not None:
            _tag, channels, rate, _bytes_a_second, block, bits = spoken
            there = size - at
            if length not in _UNFINISHED and length > there:
                return None
            stored = there if length in _UNFINISHED else length
            if codec == _GSM:
                return stored // block * _GSM_SAMPLES / rate if block == _GSM_BLOCK and rate else None
            width = {_PCM: bits // 8, _A_LAW: 1, _MU_LAW: 1}.get(codec or -1, 0)
            fits = width > 0 and channels > 0 and rate > 0 and block == width * channels
            return stored / block / rate if fits else None
    return None


def _chunks(head: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the chunks of a RIFF file as far as they begin in `head`: name, where the content begins, and its stated length."""
    at = 12
    while at + 8 <= len(head):
        name, length = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        yield name, at + 8, length
        at += 8 + length + length % 2


def _ogg(head: bytes, tail: bytes, _size: int) -> float | None:
    if (at := head.find(b"OpusHead", 0, 512)) >= 0:
        skipped, rate = struct.unpack_from("<H", head, at + 10)[0], 48000
    elif (at := head.find(b"\x01vorbis", 0, 512)) >= 0:
        skipped, rate = 0, struct.unpack_from("<I", head, at + 12)[0]
    else:
        return None
    serial, end = head[14:18], len(tail)
    while rate and (end := tail.rfind(b"OggS", 0, end)) >= 0:
        whole = _page_ends(tail, end)
        samples = struct.unpack_from("<q", tail, end + 6)[0] if whole else -1
        if whole and samples >= 0 and tail[end + 14 : end + 18] == serial:
            return (samples - skipped) / rate
    return None


def _page_ends(tail: bytes, at: int) -> bool:
    if at + 27 > len(tail):
        return False
    segments = tail[at + 26]
    return at + 27 + segments + sum(tail[at + 27 : at + 27 + segments]) <= len(tail)


_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KILOBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def mp3_frame(head: bytes, at: int) -> tuple[int, int, int, int] | None:
    """Return of the frame of MPEG audio layer III that begins there: its bytes, samples, sample rate and bits a second."""
    if at + 4 > len(head) or head[at] != 0xFF or head[at + 1] & 0xE6 != 0xE2:
        return None
    version, kilobits, rate = head[at + 1] >> 3 & 3, head[at + 2] >> 4, head[at + 2] >> 2 & 3
    if version == 1 or kilobits in (0, 15) or rate == 3:
        return None
    bits = (_KILOBITS_1 if version == 3 else _KILOBITS_2)[kilobits] * 1000
    samples, hertz = 1152 if version == 3 else 576, _RATES[version][rate]
    return samples // 8 * bits // hertz + (head[at + 2] >> 1 & 1), samples, hertz, bits


def mp3_begins(head: bytes) -> int:
    """Return where the audio of an MP3 begins, behind its ID3 tag."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _mp3(head: bytes, tail: bytes, size: int) -> float | None:
    begin = mp3_begins(head)
    first = mp3_frame(head, begin)
    if first is None:
        return None
    length, samples, rate, bits = first
    audio = size - begin - (128 if tail[-128:-125] == b"TAG" else 0)
    opening = head[begin : begin + min(length, 200)]
    if (at := max(opening.find(b"Xing"), opening.find(b"Info"))) >= 0:
        flags, frames, stated = struct.unpack_from(">III", opening, at + 4)
        return frames * samples / rate if flags & 3 == 3 and _are_close(stated, audio) else None
    at = begin
    while at + 4 <= len(head):
        frame = mp3_frame(head, at)
        if frame is None:
            return audio * 8 / bits if at >= begin + audio else None
        if frame[3] != bits:
            return None
        at += frame[0]
    return audio * 8 / bits


def _are_close(stated: int, there: int) -> bool:
    return abs(stated - there) <= max(_CLOSE * there, 2048)


class _GapError(ValueError):
    """What is asked for lies between the beginning and the end that were kept."""


class _Ends(io.RawIOBase):
    """A file of which only the beginning and the end are known."""

    def __init__(self, head: bytes, tail: bytes, size: int) -> None:
        self._head, self._tail, self._size, self._at = head, tail, size, 0

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        at, self._at, behind = self._at, max(self._at, end), self._size - len(self._tail)
        if at >= end:
            return b""
        if end <= len(self._head):
            return self._head[at:end]
        if at >= behind:
            return self._tail[at - behind : end - behind]
        raise _GapError("not kept")


def _mp4(head: bytes, tail: bytes, size: int) -> float | None:
    file = _Ends(head, tail, size)
    at = 0
    while at < size:
        file.seek(at)
        length, _name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            length = struct.unpack(">Q", file.read(8))[0]
        if length < 8 or at + length > size:
            return None
        at += length
    file.seek(0)
    from tinytag import ParseError, TinyTag, UnsupportedFormatError  # for the first recording

    try:
        return TinyTag.get(file_obj=cast(BinaryIO, file), tags=False).duration
    except (ParseError, UnsupportedFormatError):
        return None


_READERS: dict[str, Callable[[bytes, bytes, int], float | None]] = {
    "wav": _wave,
    "mp3": _mp3,
    "ogg": _ogg,
    "m4a": _mp4,
}
