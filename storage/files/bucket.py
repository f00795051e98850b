"""A store of files in a bucket that speaks Amazon S3's protocol.

`obstore` is imported when it is first used: a desk with a folder needs none of it.
"""

import asyncio
import contextlib
import functools
import re
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from storage.files.store import MissingBytesError, StoreAwayError, check_store, shard_of

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

PART = 5 * 1024 * 1024
"""Bytes of a part of an upload: the fewest that S3 takes. What is smaller is uploaded at once, and leaves no parts."""

PIECE = 1024 * 1024
"""Bytes that one request reads: a reader who is slow holds no connection, and a request that breaks off is repeated from where
it ended."""

_PARTS_AT_ONCE = 2
_CONNECT, _REQUEST, _RETRIES_FOR = timedelta(seconds=5), timedelta(seconds=60), timedelta(seconds=60)
_RETRIES = 3
_ROLES = "//169.254.169.254/"
"""The machine's own service, which is asked for keys where none are set."""

_REFUSED = ("401", "403")
"""Statuses by which a store refuses keys, or what is asked with them."""

_ABORT_SECONDS = 10
"""How long an upload that was cut off may take to have its parts removed."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is, and the keys that open it.

    An empty `endpoint` is Amazon's. One whose host begins with the bucket's name is asked in that style, any other with the
    bucket in the path. Without keys, those of the environment or of the machine's role are taken.
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"s3://{self.name}/{self.prefix}".rstrip("/")


class BucketStore:
    """Keeps each file as one object below a prefix of the workspace.

    An object is there when all of it was uploaded. An upload that breaks off has its parts removed; what a killed process leaves
    of a file larger than `PART` is no object and not listed: the bucket's own rule for unfinished uploads removes it.
    """

    def __init__(self, bucket: Bucket, workspace_id: UUID) -> None:
        self._bucket = bucket
        self._workspace_id = workspace_id

    @property
    def place(self) -> str:
        """Return the address of the workspace's part of the bucket."""
        return f"{self._bucket}/{self._workspace_id}"

    async def write(self, blob_id: UUID, sealed: AsyncIterator[bytes]) -> None:
        """Store a stream under a fresh id, whole or not at all. Raises StoreAwayError and what the stream raises."""
        beginning, ended = await _beginning(sealed)
        if ended:
            with _explained():
                await self._store.put_async(_path(blob_id), beginning, use_multipart=False)
            return
        await self._upload(_path(blob_id), _Reading(beginning, sealed))

    async def read(self, blob_id: UUID) -> AsyncGenerator[bytes]:
        """Yield the bytes of that id. Raises MissingBytesError and StoreAwayError."""
        path = _path(blob_id)
        try:
            with _explained(object_named=True):
                first = await self._store.get_async(path, options={"range": (0, PIECE)})
                size, piece = first.meta["size"], bytes(await first.bytes_async())
        except _EmptyError:
            return
        yield piece
        for start in range(PIECE, size, PIECE):
            with _explained(object_named=True):
                piece = bytes(await self._store.get_range_async(path, start=start, end=min(start + PIECE, size)))
            yield piece

    async def has(self, blob_id: UUID) -> bool:
        """Return whether bytes are stored under that id."""
        try:
            with _explained(object_named=True):
                await self._store.head_async(_path(blob_id))
        except MissingBytesError:
            return False
        return True

    async def delete(self, blob_id: UUID) -> None:
        """Delete what is stored under that id; nothing if there is nothing."""
        with contextlib.suppress(MissingBytesError), _explained(object_named=True):
            await self._store.delete_async(_path(blob_id))

    async def ids(self, shard: int) -> Sequence[UUID]:
        """Return the ids of a shard."""
        found: list[UUID] = []
        with _explained():
            # The other kind of its answer needs pyarrow.
            pages = self._store.list(f"{shard:02x}")  # pyright: ignore[reportUnknownMemberType]
            async for page in pages:
                for listed in page:
                    with contextlib.suppress(ValueError):  # not an object of ours: it is left alone
                        found.append(UUID(listed["path"].rpartition("/")[2]))
        return sorted(found)

    async def check(self) -> None:
        """Try to write, to read and to delete something small."""
        await check_store(self)

    @functools.cached_property
    def _store(self) -> "S3Store":
        from obstore.store import S3Store

        bucket = self._bucket
        config: S3Config = {
            "virtual_hosted_style_request": f"//{bucket.name}." in bucket.endpoint,
            "disable_bulk_delete": True,  # not every store has it
        }
        if bucket.endpoint:
            config["endpoint"] = bucket.endpoint
        if bucket.region:
            config["region"] = bucket.region
        if bucket.access_key_id:
            config["access_key_id"] = bucket.access_key_id
            config["secret_access_key"] = bucket.secret_access_key
        if bucket.session_token:
            config["session_token"] = bucket.session_token
        return S3Store(
            bucket.name,
            prefix=f"{bucket.prefix}/{self._workspace_id}".lstrip("/"),
            config=config,
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "connect_timeout": _CONNECT,
                "timeout": _REQUEST,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRIES_FOR},
        )

    async def _upload(self, path: str, reading: "_Reading") -> None:
        """Upload in parts, two at a time. Where this is cancelled or the stream breaks off, the parts are removed first."""
        put = self._store.put_async(path, reading, chunk_size=PART, max_concurrency=_PARTS_AT_ONCE)
        upload = asyncio.ensure_future(put)
        try:
            with _explained():
                await asyncio.shield(upload)
        except BaseException:
            await reading.cut_off()
            with contextlib.suppress(BaseException):
                await asyncio.wait_for(upload, _ABORT_SECONDS)
            if reading.error is not None:
                raise reading.error from None
            raise


class _Reading:
    """A stream that an upload beside this task reads, until it ends, breaks off, or is cut off.

    Each step is a task of its own, because a stream that is left in the middle of a step cannot be closed.
    """

    def __init__(self, beginning: bytes, rest: AsyncIterator[bytes]) -> None:
        self.error: BaseException | None = None
        self._beginning, self._rest = beginning, rest
        self._step: asyncio.Task[bytes] | None = None
        self._cut = False

    def __aiter__(self) -> "_Reading":
        return self

    async def __anext__(self) -> bytes:
        if self._cut:
            raise _CutOffError
        if self._beginning:
            beginning, self._beginning = self._beginning, b""
            return beginning
        self._step = asyncio.create_task(self._next())
        try:
            return await self._step
        except StopAsyncIteration:
            raise
        except BaseException as error:
            if not self._cut:
                self.error = error
            raise

    async def cut_off(self) -> None:
        """Have the upload fail at its next step, and wait until the stream is in none."""
        self._cut = True
        if self._step is not None:
            self._step.cancel()
            await asyncio.wait({self._step})

    async def _next(self) -> bytes:
        return await anext(self._rest)


class _CutOffError(Exception):
    """The upload is to end without an object."""


class _EmptyError(Exception):
    """The object has no bytes: it was damaged."""


async def _beginning(sealed: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """Return the first bytes of a stream, about a part at most, and whether these are all."""
    beginning = bytearray()
    async for piece in sealed:
        beginning += piece
        if len(beginning) > PART:
            return bytes(beginning), False
    return bytes(beginning), True


@contextlib.contextmanager
def _explained(*, object_named: bool = False) -> Generator[None]:
    """Turn errors of the client into those of a store. `object_named`: what is not found may be the object alone."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise _trouble(error, object_named=object_named) from None


def _trouble(error: Exception, *, object_named: bool) -> Exception:
    text = str(error)  # it names the object: only codes of it go into a message
    code = re.search(r"<Code>([A-Za-z]+)</Code>", text)
    status = re.search(r"status code: (\d+)", text)
    if code and code[1] == "NoSuchBucket":
        return StoreAwayError("there is no such bucket")
    if isinstance(error, FileNotFoundError):
        return MissingBytesError() if object_named else StoreAwayError("there is no such bucket")
    if code and code[1] == "InvalidRange":
        return _EmptyError()
    said = f" ({code[1]})" if code else ""
    if _ROLES in text:
        return StoreAwayError("there are no keys for it")
    if status:
        return StoreAwayError(f"{'it refuses the keys' if status[1] in _REFUSED else f'it answers {status[1]}'}{said}")
    return StoreAwayError("it cannot be reached" if "error sending request" in text else type(error).__name__)


def _path(blob_id: UUID) -> str:
    return f"{shard_of(blob_id):02x}/{blob_id}"
