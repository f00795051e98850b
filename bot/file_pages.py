"""The page that opens files, of each workspace: a link belongs to one of them."""

from uuid import UUID

import structlog
from aiohttp import web

from bot.file_page import FILES, RECORDING, FilePage, answer_trouble, answer_unknown
from bot.served_workspaces import ServedWorkspaces
from desk.core.transaction import Office
from storage.engine.trouble import log_fields
from storage.queries.files import files

log = structlog.get_logger()


class FilePages:
    """Hands a request whose path begins with `FILES` to the page of the workspace whose link it is."""

    def __init__(self, office: Office, workspaces: ServedWorkspaces, locale: str) -> None:
        self._office = office
        self._workspaces = workspaces
        self._locale = locale

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request. A link that is nobody's is answered in the language of new workspaces."""
        try:
            page = await self._page_of(request.path)
        except Exception as error:
            log.error("file_page_failed", **log_fields(error))
            return answer_trouble(self._locale)
        return await page.serve(request) if page is not None else answer_unknown(self._locale)

    async def _page_of(self, path: str) -> FilePage | None:
        present = self._workspaces.present()
        if not self._workspaces.several:
            return present[0].file_page
        kind, _, address = path.removeprefix(FILES).rpartition("/")
        async with self._office.database.reading() as session:
            if kind in ("", RECORDING):
                digest = self._office.cipher.digest("file_token", address)
                owner = await files.workspace_of_link(session, digest)
            else:
                draft_id = _id(address.partition(".")[0])
                owner = await files.workspace_of_page_link(session, draft_id) if draft_id is not None else None
        return next((served.file_page for served in present if served.workspace.id == owner), None)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
