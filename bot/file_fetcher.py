"""Fetch from Slack the files that members sent, check them while they stream, and store them encrypted.

Nothing of a file is trusted: Slack says whose it is, its content says what it is, and reading stops at the limit. The bot's token
goes only to the hosts that serve Slack's files, or to the host of SLACK_API_URL.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.phone_recordings import PhoneRecordings, UnavailableError
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.transaction import Office
from desk.files import intake
from desk.files.call_recordings import settle_expected
from desk.files.inspection import Inspection, RefusedFileError
from desk.files.intake import FileToFetch
from handlers.door.directory import code_of
from storage.files.sealing import new_file_key, seal
from storage.files.store import MissingBytesError, StoreAwayError
from storage.tables import Workspace

log = structlog.get_logger()

AT_ONCE = 3
"""Files of one round, one after the other."""

FETCH_SECONDS = 240.0
"""Time limit of one file: less than `intake.HELD_FOR`."""

_PIECE = 64 * 1024
_REDIRECTS = 3
_HOSTS = ("files.slack.com", "files.slack-gov.com")

_GONE = frozenset({"file_not_found", "file_deleted"})
_WITHHELD = frozenset({"missing_scope", "not_allowed_token_type", "access_denied", "no_permission"})


@dataclass(frozen=True, slots=True)
class FileFetcher:
    """Fetches what is expected, a few files a round, in a task of its own: a large file must not hold up reminders."""

    office: Office
    workspace: Workspace
    client: AsyncWebClient
    session: aiohttp.ClientSession
    phone: PhoneRecordings | None = None

    async def round(self) -> bool:
        """Fetch the next files. Return whether there was one."""
        for number in range(AT_ONCE):
            async with self.office.desk(self.workspace) as desk:
                held = await intake.hold_next(desk)
            if held is None:
                return number > 0
            await self._fetch(held)
        return True

    async def _fetch(self, held: FileToFetch) -> None:
        assert self.office.files is not None
        store = self.office.files.store
        key, name = new_file_key(), ""
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                name, size, plain_bytes = await self._source(held)
                inspection = Inspection(
                    most_bytes=held.most_bytes,
                    most_audio=held.most_audio,
                    name=name,
                    tables=held.tables,
                    documents=held.documents,
                )
                async with contextlib.aclosing(plain_bytes) as plain:
                    await store.write(held.blob_id, seal(inspection.watch(plain), key, held.blob_id))
                if size is not None and inspection.facts().size != size:
                    raise UnavailableError("cut_off")
        except RefusedFileError as refused:
            log.info("file_not_taken", file=str(held.id), why=refused.why)
            await self._discard(held)
            async with self.office.desk(self.workspace) as desk:
                await intake.record_refused(desk, held, refused.why, name=name or refused.name)
        except (
            UnavailableError,
            TimeoutError,
            aiohttp.ClientError,
            OSError,
            StoreAwayError,
            MissingBytesError,
        ) as error:
            log.warning("file_not_fetched", file=str(held.id), why=_why(error))
            await self._discard(held)
            async with self.office.desk(self.workspace) as desk:
                await intake.record_failed(desk, held)
        else:
            async with self.office.desk(self.workspace) as desk:
                kept = await intake.record_stored(desk, held, name, inspection.facts(), key)
            if not kept:
                await self._discard(held)
        await self._file(held)

    async def _discard(self, held: FileToFetch) -> None:
        """Delete what was written of the file. What the store does not delete now is swept later."""
        assert self.office.files is not None
        with contextlib.suppress(StoreAwayError):
            await self.office.files.store.delete(held.blob_id)

    async def _file(self, held: FileToFetch) -> None:
        """File what its form said where to file. Where that is refused, its sender was asked already."""
        with contextlib.suppress(DeskError):
            async with self.office.desk(self.workspace) as desk:
                await intake.file_where_form_said(desk, held.id)
        async with self.office.desk(self.workspace) as desk:
            await settle_expected(desk, held.id)

    async def _source(self, held: FileToFetch) -> tuple[str, int | None, AsyncGenerator[bytes]]:
        """Return the name of a file, its size if that is known, and its bytes to come. Raises as `_describe` does."""
        if held.place:
            if self.phone is None:
                raise RefusedFileError("withheld")
            return self.phone.name_of(held.place), None, self.phone.read(held.place)
        described = await self._describe(held)
        return str(described.get("name") or ""), int(described.get("size") or 0), self._download(described)

    async def _describe(self, held: FileToFetch) -> dict[str, Any]:
        """Return what Slack says of the file. Raises RefusedFileError and UnavailableError."""
        try:
            answer = await self.client.files_info(file=held.slack_file_id)
        except SlackApiError as error:
            code = code_of(error)
            if code in _GONE or code in _WITHHELD:
                raise RefusedFileError("gone" if code in _GONE else "withheld") from None
            raise UnavailableError(code or "no_answer") from None
        file: dict[str, Any] = answer.get("file") or {}
        if file.get("is_external") or file.get("mode") == "external":
            raise RefusedFileError("external", str(file.get("name") or ""))
        if file.get("user") != held.slack_user_id:
            raise RefusedFileError("withheld")
        if int(file.get("size") or 0) > max(held.most_bytes, held.most_audio):
            raise RefusedFileError("too_large", str(file.get("name") or ""))
        return file

    async def _download(self, file: dict[str, Any]) -> AsyncGenerator[bytes]:
        """Yield the bytes of a file as they come. Raises RefusedFileError, UnavailableError, and aiohttp's errors."""
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        headers = {"Authorization": f"Bearer {self.client.token}", "Accept-Encoding": "identity"}
        for _ in range(1 + _REDIRECTS):
            if not serves_files(url, self.client.base_url):
                raise RefusedFileError("withheld")
            async with self.session.get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url = urljoin(url, answer.headers.get("Location", ""))
                    continue
                if answer.status in (404, 410):
                    raise RefusedFileError("gone")
                if answer.status != 200:
                    raise UnavailableError(f"http_{answer.status}")
                if answer.content_type == "text/html" and file.get("mimetype") != "text/html":
                    raise RefusedFileError("withheld")  # Slack's page for signing in
                async for piece in answer.content.iter_chunked(_PIECE):
                    yield piece
                return
        raise UnavailableError("too_many_redirects")


def serves_files(url: str, api_url: str) -> bool:
    """Return whether an address may be sent the bot's token: of Slack's files, or where the Web API is (the sandbox's is).

    An address that another program could read differently, with a user name or a backslash, may not.
    """
    if not (url.isascii() and url.isprintable()) or "\\" in url or " " in url:
        return False
    try:
        to, api = urlsplit(url), urlsplit(api_url)
        place, slacks = (to.scheme, to.hostname, to.port), (api.scheme, api.hostname, api.port)
    except ValueError:
        return False
    if "@" in to.netloc:
        return False
    return place == slacks or (to.scheme == "https" and to.hostname in _HOSTS and to.port in (None, 443))


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, UnavailableError | StoreAwayError) else type(error).__name__
