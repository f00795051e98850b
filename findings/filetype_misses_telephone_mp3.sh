#!/usr/bin/env bash
# filetype does not know MP3 recordings at the sample rate of telephony, and says that they are of no known kind.
#
# Telephone systems record at 8,000 samples a second, and MP3 has that rate only in MPEG 2.5, whose frames begin with FF E2 or FF E3
# (libmpg123 and libsndfile write and read it; `file` names it). filetype lists MP3 among its kinds and looks for FF FB, FF F3 and FF F2,
# which are MPEG 1 and 2. The same silence at 16,000 samples is found. Who takes uploads by kind refuses each such
# recording of a call: look for eleven set bits and a valid header instead.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check filetype==1.2.0 soundfile==0.14.0 numpy==2.4.6
cat >"$room/expected" <<'TEXT'
filetype 1.2.0
8000 a second: ffe3, 4.0 s, None
12000 a second: ffe3, 4.0 s, None
16000 a second: fff3, 4.0 s, audio/mpeg
44100 a second: fffb, 4.0 s, audio/mpeg
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version
from pathlib import Path

import filetype
import numpy
import soundfile

print("filetype", version("filetype"))
for rate in (8000, 12000, 16000, 44100):
    file = Path(f"{rate}.mp3")
    soundfile.write(file, numpy.zeros(rate * 4), rate, format="MP3")
    begins, found = file.read_bytes()[:2].hex(), filetype.guess_mime(str(file))
    print(f"{rate} a second: {begins}, {soundfile.info(file).duration} s, {found}")
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
