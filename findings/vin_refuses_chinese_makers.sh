#!/usr/bin/env bash
# vin raises DecodingError for well-formed VINs of Chinese makers.
# 
# ISO 3779 asks for 17 characters without I, O and Q; ISO 3780 gives L to China; GB 16735 has the check digit at place 9, as in
# North America. The VINs below have the right check digit and the makers' codes of SAIC Volkswagen (LSV), FAW-VW (LFV) and SAIC-GM
# (LSG). vin accepts the American one and raises an exception without a message for the others: it takes an unknown maker for an invalid VIN.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check vin==0.6.2
cat >"$room/expected" <<'TEXT'
vin 0.6.2
1HGCM82633A004352 is read as 1HGCM82633A004352
LSVAM4187C2184847 raises DecodingError
LFV3A23CXA3000012 raises DecodingError
LSGJA52U3AH000001 raises DecodingError
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version
from vin import VIN

print("vin", version("vin"))
for number in ("1HGCM82633A004352", "LSVAM4187C2184847", "LFV3A23CXA3000012", "LSGJA52U3AH000001"):
    try:
        print(number, "is read as", VIN(number))
    except Exception as error:
        print(number, "raises", type(error).__name__)
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
