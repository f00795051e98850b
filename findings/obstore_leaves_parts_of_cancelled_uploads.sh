#!/usr/bin/env bash
# obstore never removes the parts of an upload that is cancelled.
#
# The server below speaks the multipart part of the S3 API and keeps what it was asked. An upload whose stream raises an error has its
# parts removed (DELETE with uploadId, AbortMultipartUpload), as the S3 user guide asks, because parts are stored and paid for until
# then. One whose task is cancelled sends no such request, also not while the program goes on for some seconds.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1
cat >"$room/expected" <<'TEXT'
obstore 0.12.1
the stream raises: parts removed True
the task is cancelled: parts removed False
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
import asyncio
import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from obstore.store import S3Store

BEGUN = b"<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>a</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
PART = 5 * 1024 * 1024
asked = []


class Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        asked.append(self.command)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = BEGUN if self.command == "POST" else b""
        self.send_response(204 if self.command == "DELETE" else 200)
        self.send_header("ETag", '"part"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
server.handle_error = lambda *_: None  # a connection that ends with its request
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


async def failing():
    for _ in range(3):
        yield bytes(PART)
    raise ValueError("the scan is damaged")


async def upload(stream):
    await store.put_async("a", stream, chunk_size=PART, max_concurrency=1)


async def main():
    with contextlib.suppress(Exception):
        await upload(failing())
    print("the stream raises: parts removed", "DELETE" in asked)

    asked.clear()
    third = asyncio.Event()

    async def waiting():
        for number in range(6):
            if number == 3:
                third.set()
                await asyncio.Event().wait()
            yield bytes(PART)

    task = asyncio.create_task(upload(waiting()))
    await third.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await asyncio.sleep(5)
    print("the task is cancelled: parts removed", "DELETE" in asked)


print("obstore", version("obstore"))
asyncio.run(main())
server.shutdown()
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"
