#!/usr/bin/env bash
# mutagen reports a four-second WAV recording in GSM 6.10 as 0.0125 s long, without an error.
# 
# Telephone systems record calls in GSM 6.10 (format 0x31: 65 bytes hold 320 samples) because the files are small.
# Such a file has 0 bits per sample and its number of samples in the chunk `fact`. mutagen counts blocks as samples; tinytag and
# soundfile read 4.0 s. Take the length of a recording from a reader that knows blocks.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check mutagen==1.48.1 tinytag==2.3.2
cat >"$room/expected" <<'TEXT'
mutagen 1.48.1 0.0125 s
tinytag 2.3.2 4.0 s
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
import struct
from importlib.metadata import version

from mutagen.wave import WAVE
from tinytag import TinyTag

BLOCKS = 100  # of 320 samples, at 8,000 a second: four seconds
data = (b"\xd2" * 33 + b"\x00" * 32) * BLOCKS
chunks = b"WAVE"
for name, body in (
    (b"fmt ", struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)),
    (b"fact", struct.pack("<I", BLOCKS * 320)),
    (b"data", data),
):
    chunks += name + struct.pack("<I", len(body)) + body
with open("call.wav", "wb") as file:
    file.write(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
print("mutagen", version("mutagen"), WAVE("call.wav").info.length, "s")
print("tinytag", version("tinytag"), TinyTag.get("call.wav").duration, "s")
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
