"""Files that users upload, and the download of one with the app's token.

Follows Slack's pages on files: `files.info` and `url_private_download` need the scope `files:read`; a request without a token
that may see the file is led to the sign-in page, which answers 200 with HTML. The app may see files in conversations with
its bot, files that a user chose in one of its own forms, and its own.

An app uploads in three steps: `files.getUploadURLExternal` names an address for so many bytes, the bytes are posted there, and
`files.completeUploadExternal` shows the file in a conversation.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from aiohttp import web

from sandbox.manifest import Installation
from sandbox.model import TEAM_ID, Json

_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "heic": "image/heic",
    "zip": "application/zip",
    "html": "text/html",
}

Serving = Literal["whole", "cut", "elsewhere", "broken", "encoded", "longer"]
"""How a download is answered: whole, cut off in the middle, with a redirect to another host, with a 500, whole after a
redirect within the host, or with `LONGER` bytes more than its size says."""

LONGER = 200 * 1024**2


@dataclass(slots=True)
class SlackFile:
    """A file of a user. `channels` are the conversations in which it is shared; `given`: its user chose it in the app's form.
    One that an app uploads has `expected` bytes, and is not `shown` until the upload is completed."""

    id: str
    user: str
    name: str
    content: bytes = field(repr=False)
    created: int
    base_url: str
    channels: list[str] = field(default_factory=list)
    given: bool = False
    deleted: bool = False
    expected: int = 0
    shown: bool = True
    external: bool = False
    serving: Serving = "whole"
    sent: int = 0
    """How many bytes a `longer` download has sent."""
    team_id: str = TEAM_ID

    def json(self) -> Json:
        """Return the file as Slack writes it."""
        ending = self.name.rpartition(".")[2].lower()
        place = f"{self.base_url}/files-pri/{self.team_id}-{self.id}"
        name = quote(self.name.lower().replace(" ", "_"), safe="")
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.name,
            "mimetype": _MEDIA_TYPES.get(ending, "application/octet-stream"),
            "filetype": ending,
            "user": self.user,
            "user_team": self.team_id,
            "size": len(self.content),
            "mode": "external" if self.external else "hosted",
            "is_external": self.external,
            "is_public": False,
            "channels": [each for each in self.channels if each.startswith("C")],
            "groups": [each for each in self.channels if each.startswith("G")],
            "ims": [each for each in self.channels if each.startswith("D")],
            "url_private": f"{place}/{name}",
            "url_private_download": f"{place}/download/{name}",
        }


@dataclass(frozen=True, slots=True)
class FileDownloads:
    """Serves `/files-pri/…`. `sees` says whether the app may see a file."""

    files: dict[str, SlackFile]
    installed: Callable[[], Installation | None]
    sees: Callable[[SlackFile], bool]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/files-pri/{file}/download/{name}", self.download),
            web.get("/files-pri/{file}/{name}", self.download),
            web.get("/signin", _sign_in),
        ]

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Answer with the bytes, for the app's token with the scope."""
        app = self.installed()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        file = self.files.get(request.match_info["file"].rpartition("-")[2])
        allowed = app is not None and app.knows(token) and not app.revoked and "files:read" in app.scopes
        if file is None or not allowed or not self.sees(file):
            raise web.HTTPFound("/signin")
        if file.deleted:
            raise web.HTTPNotFound
        match file.serving:
            case "elsewhere":
                raise web.HTTPFound("http://127.0.0.1:9/stolen")
            case "broken":
                raise web.HTTPInternalServerError
            case "encoded" if "again" not in request.query:
                raise web.HTTPFound(f"{request.path}?again=1")
            case "cut":
                return await _cut(request, file)
            case "longer":
                return await _longer(request, file)
            case _:
                return web.Response(body=file.content, content_type=file.json()["mimetype"])


@dataclass(frozen=True, slots=True)
class FileUploads:
    """Takes the bytes of files that the app uploads, at `/upload/v1/<id>`: the address is the right to write there. `touch` tells
    who waits that something changed."""

    files: dict[str, SlackFile]
    touch: Callable[[], None]
    status: list[int] = field(default_factory=list)
    """What the next uploads are answered with instead; the bytes are lost then."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/upload/v1/{file}", self.upload)]

    async def upload(self, request: web.Request) -> web.Response:
        """Keep the bytes: as many as were announced, once."""
        file = self.files.get(request.match_info["file"])
        content = await request.read()
        if self.status:
            return web.Response(status=self.status.pop(0))
        if file is None or file.shown or file.content or len(content) != file.expected:
            return web.Response(status=400)
        file.content = content
        self.touch()
        return web.Response(text=f"OK - {len(content)}")


async def _cut(request: web.Request, file: SlackFile) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = len(file.content)
    await response.prepare(request)
    await response.write(file.content[: len(file.content) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _longer(request: web.Request, file: SlackFile) -> web.StreamResponse:
    response, more = web.StreamResponse(), bytes(1024**2)
    await response.prepare(request)
    await response.write(file.content)
    with contextlib.suppress(ConnectionError):  # who downloads it has had enough
        for _ in range(LONGER // len(more)):
            await response.write(more)
            file.sent += len(more)
        await response.write_eof()
    return response


async def _sign_in(_request: web.Request) -> web.Response:
    return web.Response(text="<!DOCTYPE html><title>Slack</title>Sign in", content_type="text/html")
