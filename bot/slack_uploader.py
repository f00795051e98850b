"""Send files that the desk made to their members in Slack, where the workspace's setting allows it.

Slack takes a file in three steps (docs.slack.dev/messaging/working-with-files): it names an address for so many bytes, takes
the bytes there, and shows the file in a conversation. A try that was interrupted behind the second step is not repeated blindly:
Slack is asked first whether it shows the file already.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.file_fetcher import serves_files
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.files import slack_uploads
from desk.files.slack_uploads import UploadToDo
from handlers.door.directory import code_of
from handlers.door.retry_after import read_retry_after
from storage.files.sealing import DamagedFileError, unseal
from storage.files.store import MissingBytesError, StoreAwayError
from storage.tables import Workspace

log = structlog.get_logger()

UPLOAD_SECONDS = 540.0
"""Time limit of one file: less than `slack_uploads.HELD_FOR`."""

_WITHHELD = frozenset(
    {"missing_scope", "not_allowed_token_type", "access_denied", "no_permission", "restricted_action"}
)
_REFUSED = frozenset(
    {"file_uploads_disabled", "file_upload_size_restricted", "storage_limit_reached", "blocked_file_type"}
)


class _NotTakenError(Exception):
    """Slack answered the bytes with another status than 200."""


@dataclass(frozen=True, slots=True)
class SlackUploader:
    """Sends what members asked for, one file after the other."""

    office: Office
    workspace: Workspace
    client: AsyncWebClient
    session: aiohttp.ClientSession

    async def round(self) -> bool:
        """Send the next file. Return whether there was one."""
        async with self.office.desk(self.workspace) as desk:
            held = await slack_uploads.hold_next(desk)
        if held is None:
            return False
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                await self._send(held)
        except SlackApiError as error:
            await self._refused(held, error)
        except (
            TimeoutError,
            aiohttp.ClientError,
            OSError,
            StoreAwayError,
            MissingBytesError,
            DamagedFileError,
            _NotTakenError,
        ) as error:
            log.warning("file_not_sent", upload=str(held.id), why=type(error).__name__)
            async with self.office.desk(self.workspace) as desk:
                await slack_uploads.record_unsent(desk, held)
        return True

    async def _send(self, held: UploadToDo) -> None:
        file_id = held.slack_file_id
        if file_id is None or not await self._is_shown(file_id):
            asked: Any = await self.client.api_call(
                "files.getUploadURLExternal", params={"filename": held.name, "length": str(held.size)}
            )
            file_id, url = str(asked["file_id"]), str(asked["upload_url"])
            if not serves_files(url, self.client.base_url):
                raise _NotTakenError
            async with self.office.desk(self.workspace) as desk:
                if not await slack_uploads.note_begun(desk, held, file_id):
                    return
            await self._put(held, url)
            await self.client.api_call(
                "files.completeUploadExternal",
                json={"files": [{"id": file_id, "title": held.name}], "channel_id": held.channel_id},
            )
        async with self.office.desk(self.workspace) as desk:
            await slack_uploads.record_sent(desk, held, file_id)
        log.info("file_sent", upload=str(held.id))

    async def _is_shown(self, slack_file_id: str) -> bool:
        """Return whether a conversation shows the file, which an earlier try may have completed."""
        try:
            answer: Any = await self.client.files_info(file=slack_file_id)
        except SlackApiError as error:
            if code_of(error) in ("file_not_found", "file_deleted"):
                return False
            raise
        file = answer.get("file") or {}
        return any(file.get(places) for places in ("ims", "channels", "groups"))

    async def _put(self, held: UploadToDo, url: str) -> None:
        """Send the bytes, without the bot's token: the address alone is the right to write there."""
        headers = {"Content-Length": str(held.size), "Content-Type": "application/octet-stream"}
        async with (
            contextlib.aclosing(self._plain(held)) as plain,
            self.session.post(url, data=plain, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise _NotTakenError

    async def _plain(self, held: UploadToDo) -> AsyncGenerator[bytes]:
        assert self.office.files is not None
        stored = self.office.files.store.read(held.blob_id)
        async with contextlib.aclosing(unseal(stored, held.key, held.blob_id)) as plain:
            async for piece in plain:
                yield piece

    async def _refused(self, held: UploadToDo, error: SlackApiError) -> None:
        code = code_of(error)
        log.warning("file_not_sent", upload=str(held.id), why=code or "no_answer")
        why = "withheld" if code in _WITHHELD else "failed" if code in _REFUSED else None
        headers = getattr(error.response, "headers", {})
        wait = timedelta(seconds=read_retry_after(headers)) if code in ("ratelimited", "rate_limited") else timedelta()
        async with self.office.desk(self.workspace) as desk:
            await slack_uploads.record_unsent(desk, held, why, desk.now + wait)
