#!/usr/bin/env bash
# phonenumbers gives one time zone to numbers of American area codes that lie in two, and often it is that of the smaller part.
#
# Area codes 270 and 364 are western Kentucky: the boundary of 49 CFR 71.5 leaves most of it in the central zone. phonenumbers knows 123
# exchanges of 270 there, says "America/New_York" of each exchange that it does not know, and of all of 364, which has the same places.
# Chattanooga (423) is the other way round. A telemarketing call may begin at 8:00 where the called party is (47 CFR 64.1200(c)(1)): by
# that answer it begins at 7:00. The README of the data says that it "could be used to work out whether it is likely to be a good time to
# ring a user"; the functions return a list, so that several zones can be told (Idaho's 986 has two). Where the answer comes
# from the area code alone, take every zone that occurs in it, and in the codes that overlay it.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
cat >"$room/expected" <<'TEXT'
phonenumbers 9.0.43
+12707822222 Bowling Green, KY ('America/Chicago',)
+12709992222 Kentucky ('America/New_York',)
+13642222222 Kentucky ('America/New_York',)
+14232652222 Chattanooga, TN ('America/New_York',)
+14239992222 Tennessee ('America/Chicago',)
+18504322222 Pensacola, FL ('America/Chicago',)
+18509992222 Florida ('America/New_York',)
+14482222222 Florida ('America/New_York',)
+19862222222 Idaho ('America/Boise', 'America/Los_Angeles')
exchanges of 270 that it knows in America/Chicago: 123
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version

from phonenumbers import is_valid_number, parse
from phonenumbers.geocoder import description_for_number
from phonenumbers.timezone import time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

print("phonenumbers", version("phonenumbers"))
for phone in (
    *("+12707822222", "+12709992222", "+13642222222"),
    *("+14232652222", "+14239992222"),
    *("+18504322222", "+18509992222", "+14482222222"),
    "+19862222222",
):
    number = parse(phone)
    assert is_valid_number(number)
    print(phone, description_for_number(number, "en"), time_zones_for_number(number))
known = [prefix for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith("1270") and zones == ("America/Chicago",)]
print("exchanges of 270 that it knows in America/Chicago:", len(known))
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
