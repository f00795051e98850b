"""A bucket that is away, refuses or breaks off, on a small server of our own; lists and uploads in parts, on moto's."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from aiohttp import web

from storage.engine.types import new_id
from storage.files.bucket import PIECE, Bucket, BucketStore
from storage.files.store import StoreAwayError, shard_of
from tests.buckets import MotoBucket
from tests.sample_files import joined, pieces, stream

CONTENT = bytes(range(256)) * 4096 * 3


@dataclass
class Server:
    """Keeps objects by path, and does what object storage does now and then."""

    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[str] = field(default_factory=list[str])
    answers: int = 0
    """The status that it answers everything with; 0: it does its work."""
    code: str = "Denied"
    cut_at: int = 0
    """Where the next download breaks off."""
    stumbles: int = 0
    """How many requests fail first."""

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.headers.get('Range', '')}".strip())
        body = await request.content.read()
        if self.stumbles:
            self.stumbles -= 1
            return web.Response(status=500)
        if self.answers:
            return web.Response(status=self.answers, text=f"<Error><Code>{self.code}</Code></Error>")
        if request.method == "PUT":
            self.objects[request.path] = body
            return web.Response(headers={"ETag": '"ours"'})
        if request.method == "DELETE":
            self.objects.pop(request.path, None)
            return web.Response(status=204)
        if request.path not in self.objects:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        return await self._download(request, self.objects[request.path])

    async def _download(self, request: web.BaseRequest, content: bytes) -> web.StreamResponse:
        asked = request.http_range
        start, stop = asked.start or 0, min(asked.stop or len(content), len(content))
        response = web.StreamResponse(
            status=206, headers={"ETag": '"ours"', "Last-Modified": "Wed, 25 Nov 2026 02:00:00 GMT"}
        )
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        response.content_length = stop - start
        await response.prepare(request)
        if self.cut_at:
            await response.write(content[start : start + self.cut_at])
            self.cut_at = 0
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(content[start:stop])
        return response


@pytest.fixture
async def kept() -> AsyncIterator[tuple[Server, str]]:
    server = Server()
    runner = web.ServerRunner(web.Server(server.serve), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield server, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def server(kept: tuple[Server, str]) -> Server:
    return kept[0]


@pytest.fixture
def address(kept: tuple[Server, str]) -> str:
    return kept[1]


@pytest.fixture
def store(address: str) -> BucketStore:
    return BucketStore(Bucket("scans", "", address, "us-east-1", "key", "secret"), new_id())


async def test_a_download_that_breaks_off_goes_on_where_it_ended(server: Server, store: BucketStore) -> None:
    blob = new_id()
    await store.write(blob, pieces(CONTENT))
    for cut_at in (1000, 0):
        server.cut_at, server.asked = cut_at, []
        assert await joined(store.read(blob)) == CONTENT
        ranges = [f"GET bytes={start}-{start + PIECE - 1}" for start in range(0, len(CONTENT), PIECE)]
        assert server.asked == [ranges[0], *([f"GET bytes={cut_at}-{PIECE - 1}"] if cut_at else []), *ranges[1:]]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "InvalidAccessKeyId", "it refuses the keys (InvalidAccessKeyId)"),
        (401, "Unauthorized", "it refuses the keys (Unauthorized)"),
        (404, "NoSuchBucket", "there is no such bucket"),
        (400, "InvalidRequest", "it answers 400 (InvalidRequest)"),
        (503, "SlowDown", "it answers 503 (SlowDown)"),
    ],
)
async def test_what_it_refuses_is_named_without_the_file(
    server: Server, store: BucketStore, status: int, code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.files.bucket._RETRIES", 0)
    server.answers, server.code, blob = status, code, new_id()
    for act in (
        store.write(blob, stream([b"one"])),
        store.write(blob, pieces(CONTENT * 2, 100_000)),
        joined(store.read(blob)),
        store.delete(blob),
        store.ids(shard_of(blob)),
        store.check(),
    ):
        with pytest.raises(StoreAwayError) as refused:
            await act
        assert str(refused.value) == words


async def test_who_is_not_there_is_tried_again_and_then_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.files.bucket._RETRIES_FOR", timedelta(milliseconds=100))
    store = BucketStore(Bucket("scans", "", "http://127.0.0.1:9", "us-east-1", "key", "secret"), new_id())
    for act in (store.write(new_id(), stream([b"one"])), store.has(new_id()), store.ids(0)):
        with pytest.raises(StoreAwayError, match="it cannot be reached"):
            await act


async def test_a_server_that_stumbles_is_asked_again(server: Server, store: BucketStore) -> None:
    server.stumbles, blob = 2, new_id()
    await store.write(blob, stream([b"one"]))
    assert await joined(store.read(blob)) == b"one"


async def test_a_bucket_whose_name_begins_the_address_is_not_in_the_path(
    server: Server, store: BucketStore, address: str
) -> None:
    await store.write(new_id(), stream([b"one"]))
    workspace_id = new_id()
    named = BucketStore(Bucket("127", "desk", address, "us-east-1", "key", "secret"), workspace_id)
    await named.write(new_id(), stream([b"one"]))
    first, second = server.objects
    assert first.startswith("/scans/")
    assert second.startswith(f"/desk/{workspace_id}/")


async def test_an_upload_in_parts_that_breaks_off_has_its_parts_removed(bucket: MotoBucket) -> None:
    async def broken() -> AsyncGenerator[bytes]:
        async for piece in pieces(CONTENT * 3, 100_000):
            yield piece
        raise ValueError("too large")

    with pytest.raises(ValueError, match="too large"):
        await BucketStore(bucket.at(), new_id()).write(new_id(), broken())
    assert bucket.unfinished == 0


async def test_a_list_of_many_pages_is_read_to_its_end(bucket: MotoBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    store = BucketStore(bucket.at(), new_id())
    blobs = [UUID(bytes=new_id().bytes[:-1] + b"\x07") for _ in range(5)]
    for blob in blobs:
        await store.write(blob, stream([b"one"]))
    assert list(await store.ids(7)) == sorted(blobs)


async def test_a_bucket_that_is_not_there_is_named(bucket: MotoBucket) -> None:
    store = BucketStore(bucket.at("elsewhere"), new_id())
    for act in (store.check(), store.ids(0), joined(store.read(new_id())), store.delete(new_id())):
        with pytest.raises(StoreAwayError, match="there is no such bucket"):
            await act
