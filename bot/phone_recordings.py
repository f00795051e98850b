"""Where the phone system keeps recordings: a folder that this machine can read, and hosts that may be asked by https."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import aiohttp

from desk.core.dataclass import dataclass
from desk.files.inspection import RefusedFileError

SETTLED_SECONDS = 10
"""How long a file must not have changed: Asterisk writes the sizes in its head only when the call is over."""

_PIECE = 64 * 1024


class UnavailableError(Exception):
    """The recording is not served now. The message is a code for the log."""


@dataclass(frozen=True, slots=True)
class PhoneRecordings:
    """Reads recordings by the place that a record names. Only what is in `folder`, and https addresses of `hosts`, is read; each
    host has the header Authorization that it wants, empty: none."""

    folder: Path | None
    hosts: Mapping[str, str]
    session: aiohttp.ClientSession

    def name_of(self, place: str) -> str:
        """Return the name of a recording: its ending alone, because systems write numbers into names."""
        return f"recording{PurePosixPath(place.partition('?')[0]).suffix[:8]}"

    async def read(self, place: str) -> AsyncGenerator[bytes]:
        """Yield the bytes of a recording. Raises RefusedFileError (`withheld`), UnavailableError, OSError, aiohttp's errors."""
        pieces = self._download(place) if place.startswith("https://") else self._read_file(place)
        async for piece in pieces:
            yield piece

    async def _read_file(self, place: str) -> AsyncGenerator[bytes]:
        path = await asyncio.to_thread(self._path, place)
        with await asyncio.to_thread(path.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

    def _path(self, place: str) -> Path:
        if self.folder is None:
            raise RefusedFileError("withheld")
        folder = self.folder.resolve()
        try:
            path = (folder / place).resolve(strict=True)
        except (OSError, ValueError):
            raise UnavailableError("not_there") from None
        if not path.is_relative_to(folder) or not path.is_file():
            raise RefusedFileError("withheld")
        if time.time() - path.stat().st_mtime < SETTLED_SECONDS:
            raise UnavailableError("still_written")
        return path

    async def _download(self, url: str) -> AsyncGenerator[bytes]:
        try:
            to = urlsplit(url)
            host = (to.hostname or "") if to.port in (None, 443) and "@" not in to.netloc else ""
        except ValueError:
            host = ""
        if host not in self.hosts or not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
            raise RefusedFileError("withheld")
        headers = {"Accept-Encoding": "identity"}
        if login := self.hosts[host]:
            headers["Authorization"] = login
        async with self.session.get(url, allow_redirects=False, headers=headers) as answer:
            if answer.status in (404, 410):
                raise UnavailableError("not_there")
            if answer.status != 200:
                raise UnavailableError(f"http_{answer.status}")
            async for piece in answer.content.iter_chunked(_PIECE):
                yield piece
