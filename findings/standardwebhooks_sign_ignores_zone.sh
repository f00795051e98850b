#!/usr/bin/env bash
# standardwebhooks signs the wrong time stamp when the datetime it is given is not in UTC.
# 
# `Webhook.sign` takes an aware datetime, but replaces its zone by UTC instead of converting. One instant, given in UTC and in
# Asia/Shanghai, gets two signatures, and the receiver refuses the second. Give it UTC only.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0 tzdata==2025.2
cat >"$room/expected" <<'TEXT'
standardwebhooks 1.1.0
one instant: True
one signature: False
signed as if it were eight hours later: True
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
import base64
from datetime import UTC, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from standardwebhooks.webhooks import Webhook

webhook = Webhook(base64.b64encode(b"k" * 24).decode())
utc = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
shanghai = utc.astimezone(ZoneInfo("Asia/Shanghai"))
print("standardwebhooks", version("standardwebhooks"))
print("one instant:", utc == shanghai)
print("one signature:", webhook.sign("msg_1", utc, "{}") == webhook.sign("msg_1", shanghai, "{}"))
as_if_utc = shanghai.replace(tzinfo=UTC)
print("signed as if it were eight hours later:", webhook.sign("msg_1", shanghai, "{}") == webhook.sign("msg_1", as_if_utc, "{}"))
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
