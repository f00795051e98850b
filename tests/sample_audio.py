"""Recordings as phone systems make them, built from nothing: the headers are right, the audio is silence."""

import struct

PCM, A_LAW, MU_LAW, GSM = 1, 6, 7, 0x31


def wav(
    seconds: float,
    *,
    codec: int = PCM,
    rate: int = 8000,
    channels: int = 1,
    stated: int | None = None,
    before: bytes = b"",
) -> bytes:
    """A RIFF WAVE file. `stated` is the size that its data chunk claims; `before`: chunks between the format and the data."""
    if codec == GSM:
        block, bits, count = 65, 0, int(seconds * rate / 320) * 65
        fmt = struct.pack("<HHIIHHHH", codec, channels, rate, rate * 65 // 320, block, bits, 2, 320)
    else:
        bits = 16 if codec == PCM else 8
        block = bits // 8 * channels
        count = int(seconds * rate) * block
        fmt = struct.pack("<HHIIHH", codec, channels, rate, rate * block, block, bits)
    data = b"data" + struct.pack("<I", count if stated is None else stated) + bytes(count)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + before + data
    return b"RIFF" + struct.pack("<I", len(body) if stated is None else stated) + body


def mp3(frames: int, *, kilobits: int = 32, hertz: int = 16000, info: bool = False, changing: bool = False) -> bytes:
    """A layer III file of MPEG 2 at 16 kHz, or of MPEG 2.5 at telephony's 8 kHz: 576 samples, 36 or 72 ms, a frame. `info`: with
    a first frame that says how many."""
    table = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)

    def frame(rate: int) -> bytes:
        head = bytes((0xFF, 0xF3 if hertz == 16000 else 0xE3, table.index(rate) << 4 | 2 << 2, 0xC0))
        return head + bytes(72 * rate * 1000 // hertz - 4)

    body = b"".join(frame(kilobits if not changing or at % 2 else 64) for at in range(frames))
    if not info:
        return body
    first = bytearray(frame(kilobits))
    first[13:25] = b"Info" + struct.pack(">II", 3, frames)
    first[25:29] = struct.pack(">I", len(body) + len(first))
    return bytes(first) + body


def opus(seconds: int) -> bytes:
    """An Ogg file of Opus with a page a second."""
    head = b"OpusHead\x01\x01" + struct.pack("<HIhB", 312, 16000, 0, 0)
    pages = [_page(0, head, 0), _page(1, b"OpusTags" + bytes(8), 0)]
    pages += [_page(2 + at, bytes(200), 312 + 48000 * (at + 1)) for at in range(seconds)]
    return b"".join(pages)


def _page(number: int, content: bytes, samples: int) -> bytes:
    begin = struct.pack("<4sBBqIII", b"OggS", 0, 0, samples, 77, number, 0)
    return begin + bytes((1, len(content))) + content


def m4a(seconds: int, *, audio: int = 5000) -> bytes:
    """An MPEG-4 audio file whose index comes last, as most recorders write it."""
    mvhd = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000) + bytes(80))
    return _box(b"ftyp", b"M4A \0\0\0\0") + _box(b"mdat", bytes(audio)) + _box(b"moov", mvhd)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content
