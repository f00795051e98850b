#!/usr/bin/env bash
# python-stdnum refuses the unified social credit codes of Chinese villages, of the army and of "others": their first sign is a letter.
#
# GB 32100-2015 gives the first sign to the authority that registers: 1 to 9, A (the military commission's office), N (agriculture) and
# Y (others); N2 is the economic collective of a village. `stdnum.cn.uscc` asks for eight digits at the beginning and raises
# InvalidFormat for an employer or a surety that is one, although the check sign is right. The codes below are made up.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2
cat >"$room/expected" <<'TEXT'
python-stdnum 2.2
company 91330109MF1234567G valid
association 52330109MF1234567H valid
village N2330109MF12345670 InvalidFormat
army A1110000MF1234567J InvalidFormat
other Y1330109MF1234567T InvalidFormat
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

print("python-stdnum", version("python-stdnum"))
for what, first in (
    *(("company", "91330109"), ("association", "52330109")),
    *(("village", "N2330109"), ("army", "A1110000"), ("other", "Y1330109")),
):
    code = first + "MF1234567"
    code += uscc.calc_check_digit(code)
    try:
        uscc.validate(code)
        print(what, code, "valid")
    except ValidationError as error:
        print(what, code, type(error).__name__)
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
