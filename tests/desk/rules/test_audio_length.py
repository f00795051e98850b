"""The length of a recording is read where header and bytes agree; else it is unknown, never wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.rules.audio_length import KEPT, audio_seconds
from desk.rules.file_kinds import kind_of
from tests.sample_audio import A_LAW, GSM, MU_LAW, PCM, m4a, mp3, opus, wav

_CODECS = st.sampled_from((PCM, A_LAW, MU_LAW, GSM))


def length(content: bytes, name: str = "") -> int | None:
    kind = kind_of(content[:4096], name)
    assert kind is not None
    return audio_seconds(kind.code, content[:KEPT], content[-KEPT:], len(content))


@settings(max_examples=40, deadline=None)
@given(_CODECS, st.integers(2, 90), st.sampled_from((8000, 16000)), st.sampled_from((1, 2)), st.integers(0, 300))
def test_a_wav_says_its_length_with_a_whole_or_unfinished_header(
    codec: int, seconds: int, rate: int, channels: int, extra: int
) -> None:
    channels = 1 if codec == GSM else channels
    before = b"LIST" + (extra * 2).to_bytes(4, "little") + bytes(extra * 2)
    for stated in (None, 0, 0xFFFFFFFF):
        file = wav(seconds, codec=codec, rate=rate, channels=channels, stated=stated, before=before)
        assert abs((length(file) or 0) - seconds) <= 1, stated


@settings(max_examples=30, deadline=None)
@given(_CODECS, st.integers(4, 60), st.floats(0.1, 0.9))
def test_a_wav_that_broke_off_has_no_length(codec: int, seconds: int, kept: float) -> None:
    whole = wav(seconds, codec=codec)
    assert length(whole[: max(200, int(len(whole) * kept))]) is None


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (mp3(2000), 72),
        (mp3(2000, hertz=8000), 144),
        (mp3(2000, info=True), 72),
        (mp3(2000, info=True)[:30_000], None),
        (mp3(2000, changing=True), None),
        (opus(250), 250),
        (opus(250)[: len(opus(250)) // 2], 124),
        (m4a(250), 250),
        (m4a(250)[:-40], None),
        (m4a(250, audio=5000)[:3000], None),
        (wav(0.01), 0),
        (wav(1, stated=0)[:44], None),
        (wav(2, codec=0x55), None),
        (b"\xff\xf1\x50\x80" + bytes(5000), None),
        (b"#!AMR\n" + bytes(5000), None),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value),
)
def test_a_length_is_believed_where_it_can_be_checked(content: bytes, seconds: int | None) -> None:
    assert length(content) == seconds


def test_more_than_a_day_is_no_length() -> None:
    head = wav(1, rate=1)[:44]
    assert audio_seconds("wav", head[:40] + (2 * 90_000).to_bytes(4, "little"), b"", 44 + 2 * 90_000) is None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from((wav(1), mp3(30, info=True), opus(3), m4a(9))), st.data())
def test_no_broken_header_does_more_than_hide_the_length(whole: bytes, data: st.DataObject) -> None:
    broken = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 6))):
        if broken:
            broken[data.draw(st.integers(0, min(len(broken), 200) - 1))] = data.draw(st.integers(0, 255))
    for kind in ("wav", "mp3", "ogg", "m4a"):
        seconds = audio_seconds(kind, bytes(broken), bytes(broken), len(broken))
        assert seconds is None or 0 <= seconds <= 86_400


@pytest.mark.parametrize(
    ("head", "name", "code"),
    [
        (bytes((0xD3, *range(32))) * 40, "call.gsm", "gsm"),
        (bytes(range(128, 256)) * 8, "call.g722", "g722"),
        (bytes(range(128, 256)) * 8, "call.gsm", None),
        (bytes((0xD3, *range(32))) * 40, "call", None),
        (b"#!/bin/sh\nrm -rf /\n", "call.wav", None),
        (b"#!/bin/sh\nrm -rf /\n", "call.g722", None),
        (b"echo hello", "call.g722", None),
        (b"\x00\x00\x00\x18ftypisom" + bytes(100), "call.m4a", None),
        (b"\x1aE\xdf\xa3" + bytes(100), "call.ogg", None),
        (b"RIFF\x24\0\0\0AVI LIST", "call.wav", None),
        (b"OggS" + bytes(24) + b"\x80theora" + bytes(100), "call.ogg", None),
        (b"RIFF\x24\0\0\0WAVE", "call.wav", None),
    ],
)
def test_a_recording_is_known_by_its_content(head: bytes, name: str, code: str | None) -> None:
    found = kind_of(head, name)
    assert (found.code if found else None) == code
