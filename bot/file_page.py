"""The page that opens a file, or what the desk makes for a link: `GET /files/<token>` asks for the code, `POST` with the right
one sends the file. A recording gets a page that plays it, whose parts the same browser asks for at
`GET /files/recording/<token>`: a cookie with a secret of that opening says that it is the same, for half an hour.

The address alone opens nothing; `desk.files.links` has the rules. Answers may not be stored, framed or
sniffed, and tell no other site where they came from.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import field
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from desk.core.dataclass import dataclass
from desk.core.languages import LANGUAGES
from desk.core.transaction import Desk, Office, Origin
from desk.files.calendar_links import CALENDAR, open_calendar
from desk.files.links import SESSION, LinkAnswer, SealedFile, follow_link, open_link, play_link, refuse_play
from desk.files.page_links import OpenedLink, follow_page_link, open_page_link
from desk.files.proof_links import PROOF, open_proof
from desk.importing.refused_links import REFUSED_ROWS, as_csv, open_refused
from desk.messages.monthly_proof import MOST_EARLIER, monthly_proof
from desk.rules.file_kinds import KINDS, MADE_KINDS, FileKind
from handlers.door.transaction import new_reference
from handlers.messages.block_kit.translator import Translator
from handlers.messages.file_page import CONTENT_SECURITY_POLICY, RECORDING_SECURITY_POLICY, file_page, recording_page
from handlers.messages.refusals.importing import explain_row
from handlers.reports.monthly_proof import proof_csv, proof_name, proof_pdf
from storage.engine.cipher import UnreadableError
from storage.engine.trouble import log_fields
from storage.files.sealing import DamagedFileError, unseal
from storage.files.store import MissingBytesError, StoreAwayError
from storage.tables import Workspace

log = structlog.get_logger()

FILES = "/files/"
"""The beginning of the paths that it serves: of files, and below it, so that a proxy passes on one, of each kind of `MADE`."""

SIGN = ("X-Loandesk-Page", "files")
"""A header of every answer, by which `loandesk doctor` knows the page."""

_LONGEST_TOKEN, _LARGEST_BODY = 200, 4096
_BODY_SECONDS = 10.0
_SEND_SECONDS = 600.0
"""How long sending one file may take: 20 MB over a poor line."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    SIGN[0]: SIGN[1],
}

_FILE_POLICY = (
    "default-src 'none'; img-src 'self' data:; object-src 'self'; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""For the file itself: what browsers' own viewers of images and PDFs need, and no script."""

_STATUS = {"ask": 200, "wrong": 403, "forbidden": 403, "spent": 410, "expired": 410, "used": 410, "unknown": 404}

_NOT_OPENED = (MissingBytesError, StoreAwayError, DamagedFileError, UnreadableError)


@dataclass(frozen=True, slots=True)
class Download:
    """What the desk has made for a link, as a file to keep. `media_type` is complete, with the text's encoding."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


_DOOR = "page"
"""By which door what the page shows was reached, as the audit trail names it; the kind of what was made follows."""

Make = Callable[[Office, Workspace, OpenedLink], Awaitable[Download]]
"""Makes what a link was opened for, after the transaction that opened it."""

Open = Callable[[Desk, OpenedLink], Awaitable[Make | None]]
"""Checks that the member may still have it, and records either. Returns how it is made; None: they may not."""


async def _open_calendar(desk: Desk, opened: OpenedLink) -> Make | None:
    text = await open_calendar(desk, opened)

    async def made(_office: Office, _workspace: Workspace, _opened: OpenedLink) -> Download:
        return Download("appointment.ics", "text/calendar; charset=utf-8", (text or "").encode())

    return None if text is None else made


async def _open_proof(desk: Desk, opened: OpenedLink) -> Make | None:
    wanted = await open_proof(desk, opened)

    async def made(office: Office, workspace: Workspace, _opened: OpenedLink) -> Download:
        assert wanted is not None
        async with office.reading_desk(workspace) as reading:
            proof = await monthly_proof(reading, wanted.month, most_earlier=MOST_EARLIER)
        t = Translator(LANGUAGES[wanted.language].locale)
        is_pdf = wanted.ending == "pdf"
        content = await proof_pdf(t, proof) if is_pdf else proof_csv(t, proof)
        name = proof_name(proof, wanted.language, wanted.ending)
        return Download(name, "application/pdf" if is_pdf else "text/csv; charset=utf-8", content)

    return None if wanted is None else made


async def _open_refused(desk: Desk, opened: OpenedLink) -> Make | None:
    table = await open_refused(desk, opened)

    async def made(_office: Office, _workspace: Workspace, opened: OpenedLink) -> Download:
        assert table is not None
        t = Translator(opened.locale)
        reasons = [t("; ").join(explain_row(t, each) for each in errors) for _, _, errors in table.rows]
        return Download(
            "refused-rows.csv", "text/csv; charset=utf-8", as_csv(table, reasons, (t("row of the file"), t("reasons")))
        )

    return None if table is None else made


RECORDING = "recording"
"""The kind below `FILES` of an opened recording."""

_COOKIE = "loandesk_recording"

MADE: Mapping[str, Open] = {CALENDAR: _open_calendar, PROOF: _open_proof, REFUSED_ROWS: _open_refused}
"""What the desk makes for a link, by the kind of its page."""


class FilePage:
    """Serves the page of one workspace."""

    def __init__(self, office: Office, workspace: Workspace) -> None:
        self._office = office
        self._workspace = workspace

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request whose path begins with `FILES`."""
        kind, _, address = request.path.removeprefix(FILES).rpartition("/")
        if kind == RECORDING and request.method in ("GET", "HEAD") and 0 < len(address) <= _LONGEST_TOKEN:
            return await self._play(request, address)
        if request.method not in ("GET", "HEAD", "POST"):
            return web.Response(status=405, headers={**_HEADERS, "Allow": "GET, HEAD, POST"})
        try:
            if not address or len(address) > _LONGEST_TOKEN or (kind and kind not in MADE):
                return self._page(LinkAnswer("unknown", self._workspace.locale))
            if request.method != "POST":
                async with self._office.reading_desk(self._workspace) as desk:
                    answer = await (follow_page_link(desk, kind, address) if kind else follow_link(desk, address))
                return self._page(answer)
            typed = await _typed_code(request)
            if kind:
                return await self._make(kind, address, typed)
            async with self._office.desk(self._workspace) as desk:
                desk.origin = Origin(_DOOR, new_reference())
                answer = await open_link(desk, address, typed)
        except _BrokenRequestError as broken:
            return web.Response(status=broken.status, headers=_HEADERS)
        except Exception as error:
            log.error("file_page_failed", **log_fields(error))
            return answer_trouble(self._workspace.locale)
        if answer.file is None:
            return self._page(answer)
        if answer.session:
            return self._player(address, answer, answer.file)
        return await self._send(request, answer.file, answer.locale)

    def _player(self, token: str, answer: LinkAnswer, file: SealedFile) -> web.Response:
        assert self._office.files is not None
        # A proxy may serve the desk below a path of its own, which the browser has to name.
        path = f"{urlsplit(self._office.files.page_url).path}{FILES}{RECORDING}/{token}"
        kind = KINDS[file.view.kind]
        text = recording_page(
            Translator(answer.locale), path, name=file.view.name, seconds=file.view.seconds, plays=kind.inline
        )
        response = web.Response(text=text, content_type="text/html", charset="utf-8", headers=_HEADERS)
        response.headers["Content-Security-Policy"] = RECORDING_SECURITY_POLICY
        response.set_cookie(
            _COOKIE,
            answer.session,
            path=path,
            max_age=int(SESSION.total_seconds()),
            httponly=True,
            samesite="Strict",
            secure=self._office.files.page_url.startswith("https:"),
        )
        return response

    async def _play(self, request: web.BaseRequest, token: str) -> web.StreamResponse:
        """Send the part of an opened recording that the browser asks for."""
        try:
            # A browser asks for one part after another: none may wait for those who write.
            async with self._office.reading_desk(self._workspace) as desk:
                answer = await play_link(desk, token, request.cookies.get(_COOKIE, ""))
            if answer.outcome == "forbidden":
                async with self._office.desk(self._workspace) as desk:
                    await refuse_play(desk, token)
        except Exception as error:
            log.error("file_page_failed", **log_fields(error))
            return answer_trouble(self._workspace.locale)
        if answer.file is None:
            return self._page(answer)
        try:
            asked = part_of(request, answer.file.view.size)
        except ValueError:
            headers = {**_HEADERS, "Content-Range": f"bytes */{answer.file.view.size}"}
            return web.Response(status=416, headers=headers)
        return await self._send(request, answer.file, answer.locale, asked)

    async def _make(self, kind: str, address: str, typed: str) -> web.Response:
        async with self._office.desk(self._workspace) as desk:
            desk.origin = Origin(f"{_DOOR} {kind}", new_reference())
            opened = await open_page_link(desk, kind, address, typed)
            if isinstance(opened, LinkAnswer):
                return self._page(opened)
            make = await MADE[kind](desk, opened)
        if make is None:
            return self._page(LinkAnswer("forbidden", opened.locale))
        made = await make(self._office, self._workspace, opened)
        headers = {
            **_HEADERS,
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Content-Type": made.media_type,
        }
        return web.Response(body=made.content, headers=headers)

    async def _send(
        self, request: web.BaseRequest, file: SealedFile, locale: str, part: range | None = None
    ) -> web.StreamResponse:
        """Send the file, of which the link is used up by now, or a part of it."""
        assert self._office.files is not None
        stored = self._office.files.store.read(file.blob_id)
        async with aclosing(unseal(stored, file.key, file.blob_id)) as plain:
            if part is None:
                return await self._stream(request, file, plain, locale, None)
            async with aclosing(_cut(plain, part)) as cut:
                return await self._stream(request, file, cut, locale, part)

    async def _stream(
        self,
        request: web.BaseRequest,
        file: SealedFile,
        plain: AsyncGenerator[bytes],
        locale: str,
        part: range | None,
    ) -> web.StreamResponse:
        try:
            first = await anext(plain)
        except _NOT_OPENED as error:
            log.error("file_not_opened", file=str(file.view.id), error=type(error).__name__)
            return answer_trouble(locale)
        response = web.StreamResponse(headers=_headers_of(file))
        response.content_length = file.view.size
        if _kind_of(file).audio:
            response.headers["Accept-Ranges"] = "bytes"
        if part is not None:
            response.set_status(206)
            response.content_length = len(part)
            response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.view.size}"
        await response.prepare(request)
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await response.write(first)
                async for chunk in plain:
                    await response.write(chunk)
                await response.write_eof()
        except (*_NOT_OPENED, TimeoutError) as error:
            # What is sent cannot be taken back: a connection that ends early tells the browser that the file is not whole.
            log.error("file_not_opened", file=str(file.view.id), error=type(error).__name__)
            if request.transport is not None:
                request.transport.abort()
        except (ConnectionError, ClientError):
            log.info("file_page_left", file=str(file.view.id))
        return response

    def _page(self, answer: LinkAnswer) -> web.Response:
        text = file_page(Translator(answer.locale), answer.outcome, tries_left=answer.tries_left)
        return _html(text, _STATUS[answer.outcome])


def answer_unknown(locale: str) -> web.Response:
    """Return the answer to a link that is nobody's."""
    return _html(file_page(Translator(locale), "unknown", tries_left=0), _STATUS["unknown"])


def answer_trouble(locale: str) -> web.Response:
    """Return the answer while the database is away."""
    return _html(file_page(Translator(locale), "ask", trouble=True), 503)


class _BrokenRequestError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _typed_code(request: web.BaseRequest) -> str:
    """Return what was typed as the code. Raises _BrokenRequestError for what the page's form does not send."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise _BrokenRequestError(415)
    raw = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.content.iter_chunked(_LARGEST_BODY):
                raw += piece
                if len(raw) > _LARGEST_BODY:
                    raise _BrokenRequestError(413)
        fields: Mapping[str, str] = dict(parse_qsl(raw.decode(), errors="strict", max_num_fields=10))
    except TimeoutError:
        raise _BrokenRequestError(408) from None
    except (ValueError, web.RequestPayloadError, HttpProcessingError, ClientError, ConnectionError):
        raise _BrokenRequestError(400) from None
    return fields.get("code", "")


def part_of(request: web.BaseRequest, size: int) -> range | None:
    """Return which bytes of a file of that size are asked for, None: all. Of several ranges, all (RFC 9110, section 14.2).

    Raises ValueError for a range that the file does not have.
    """
    asked = request.headers.get("Range", "")
    found = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", asked.replace(" ", ""), re.ASCII)
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < int(first):
        return None
    if start >= size:
        raise ValueError("not in the file")
    return range(start, stop)


async def _cut(plain: AsyncGenerator[bytes], part: range) -> AsyncGenerator[bytes]:
    """Yield those bytes of a stream. Those before are opened too: each chunk of a file is checked in its place."""
    at = 0
    async for chunk in plain:
        piece = chunk[max(0, part.start - at) : max(0, part.stop - at)]
        at += len(chunk)
        if piece:
            yield piece
        if at >= part.stop:
            return


def _html(text: str, status: int) -> web.Response:
    headers = {**_HEADERS, "Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)


def _headers_of(file: SealedFile) -> dict[str, str]:
    kind = _kind_of(file)
    shown = "inline" if kind.inline else "attachment"
    name = _file_name(file.view.name, kind)
    disposition = f"{shown}; filename=\"document.{kind.extension}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        **_HEADERS,
        "Content-Security-Policy": _FILE_POLICY,
        "Content-Type": kind.media_type,
        "Content-Disposition": disposition,
    }


def _kind_of(file: SealedFile) -> FileKind:
    return (KINDS | MADE_KINDS)[file.view.kind]


def _file_name(name: str, kind: FileKind) -> str:
    """Return the sender's name of a file without what a file's name cannot have, with the ending of its real kind."""
    clean = "".join(each for each in name if each.isprintable() and each not in '\\/:*?"<>|').strip(". ")
    stem = clean.rpartition(".")[0] or clean or "document"
    return f"{stem[:100]}.{kind.extension}"
