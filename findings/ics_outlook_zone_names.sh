#!/usr/bin/env bash
# ics reads a time in Outlook's zone "China Standard Time" as UTC, eight hours late, and says nothing.
# 
# Outlook and Exchange name zones with Windows' names and define them in the file's own VTIMEZONE, as RFC 5545 §3.2.19 wants.
# The file below defines +08:00. Expected: 15:00 at +08:00. Seen: 15:00 UTC.
# To read appointments from Outlook, use a reader that follows VTIMEZONE, and refuse a time whose zone is unknown.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check ics==0.7.3
cat >"$room/expected" <<'TEXT'
ics 0.7.3
15:00 at +08:00 is read as 2026-11-27T15:00:00+00:00
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version
from ics import Calendar

FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VTIMEZONE
TZID:China Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0800
TZOFFSETTO:+0800
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1
DTSTAMP:20261125T000000Z
DTSTART;TZID=China Standard Time:20261127T150000
DTEND;TZID=China Standard Time:20261127T153000
SUMMARY:Signing
END:VEVENT
END:VCALENDAR
"""
(event,) = Calendar(FILE.replace("\n", "\r\n")).events
print("ics", version("ics"))
print("15:00 at +08:00 is read as", event.begin.isoformat())
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
