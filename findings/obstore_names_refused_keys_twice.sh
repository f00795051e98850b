#!/usr/bin/env bash
# obstore raises two kinds of error for keys that the object storage refuses.
#
# Every request below is answered as S3 answers refused keys: status 403 and an Error document with the code AccessDenied
# (S3 API reference, "Error responses"). Reading, asking for the head and writing raise PermissionDeniedError.
# Listing raises GenericError, which is also what a broken connection is: who catches PermissionDeniedError alone
# takes refused keys for an outage and tries again.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1
cat >"$room/expected" <<'TEXT'
obstore 0.12.1
get raises PermissionDeniedError
head raises PermissionDeniedError
put in one piece raises PermissionDeniedError
list raises GenericError
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from obstore.store import S3Store

REFUSED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Refusing(BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(REFUSED)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(REFUSED)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
threading.Thread(target=server.serve_forever, daemon=True).start()
store = S3Store(
    "papers",
    endpoint=f"http://127.0.0.1:{server.server_port}",
    region="us-east-1",
    access_key_id="key",
    secret_access_key="secret",
    client_options={"allow_http": True},
    retry_config={"max_retries": 0},
)
print("obstore", version("obstore"))
for what, act in {
    "get": lambda: store.get("a"),
    "head": lambda: store.head("a"),
    "put in one piece": lambda: store.put("a", b"scan"),
    "list": lambda: list(store.list()),
}.items():
    try:
        act()
    except Exception as error:
        print(what, "raises", type(error).__name__)
server.shutdown()
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
