#!/usr/bin/env bash
# python-stdnum refuses American taxpayer numbers (ITIN) of the ranges that were opened last.
#
# Borrowers without a social security number give an ITIN. Its fourth and fifth digits are 50 to 65, 70 to 88, 90 to 92 or 94 to 99
# (IRS, Publication 1915). `stdnum.us.itin` knows those from 70 on, and raises InvalidComponent for the others: the same error as
# for 89 and 93, which no ITIN has, and as for a typing mistake. The numbers below are made up.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2
cat >"$room/expected" <<'TEXT'
python-stdnum 2.2
refuses 00 to 69, 89, 93
912-50-1234 False
912-65-1234 False
912-70-1234 True
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version

from stdnum.us import itin

print("python-stdnum", version("python-stdnum"))
refused = [group for group in range(100) if not itin.is_valid(f"912-{group:02}-1234")]
print("refuses 00 to 69, 89, 93" if refused == [*range(70), 89, 93] else f"refuses {refused}")
for number in ("912-50-1234", "912-65-1234", "912-70-1234"):
    print(number, itin.is_valid(number))
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
