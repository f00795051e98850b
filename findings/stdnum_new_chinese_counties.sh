#!/usr/bin/env bash
# python-stdnum raises KeyError for Chinese identity numbers of counties that are newer than its list.
# 
# `stdnum.cn.ric.is_valid` should answer True or False. Hangzhou's districts Linping (330113) and Qiantang (330114) date from
# 2021; numbers issued there are valid by GB 11643 (date, check digit). Instead, KeyError('county') comes out of
# `is_valid` and `validate`, so a caller that catches only ValidationError fails on real people. The numbers below are made up.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2
cat >"$room/expected" <<'TEXT'
python-stdnum 2.2
Dongcheng True
Linping raises KeyError('county')
Qiantang raises KeyError('county')
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version
from stdnum.cn import ric


def numbered(county: str) -> str:
    digits = county + "20211107" + "002"
    return digits + ric.calc_check_digit(digits + "0")


print("python-stdnum", version("python-stdnum"))
for county, name in (("110101", "Dongcheng"), ("330113", "Linping"), ("330114", "Qiantang")):
    try:
        print(name, ric.is_valid(numbered(county)))
    except Exception as error:
        print(name, "raises", repr(error))
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
