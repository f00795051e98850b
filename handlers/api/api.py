"""Serve a request of the API: who asks, whether they may, one transaction, and the answer that it commits."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import field
from datetime import UTC
from functools import cache
from time import perf_counter
from typing import Any, TypeVar
from uuid import UUID

import structlog
from aiohttp import web

from desk.core import disclosures
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.permissions import has_role_for
from desk.core.transaction import Desk, Office, Origin
from desk.lender import answers
from desk.people import tokens
from desk.people.tokens import Holder
from handlers.api import requests
from handlers.api.conditions import content_of, read_tags, tag_of
from handlers.api.limits import Allowance, RateLimits, SharedRateLimits
from handlers.api.openapi import openapi
from handlers.api.problems import ApiError, of_refusal
from handlers.api.registry import ROUTES
from handlers.api.routes import BASE, Call, Route, RouteTable
from handlers.door.timed_tasks import TimedTasks
from handlers.door.transaction import new_reference
from storage.engine import trouble
from storage.engine.trouble import Trouble, is_outage, is_overtaken, log_fields
from storage.engine.work import Work
from storage.tables import ApiToken, Member, Workspace

log = structlog.get_logger()

REQUEST_SECONDS = 10.0
"""Time limit of the transaction of a request, after which the program is told what is known."""

NOTE_SECONDS = 1.0
"""Time limit of what the answer does not depend on: a refusal in the audit trail, the day on which a token was used."""

OPENAPI = f"{BASE}/openapi.json"

_FAILED_PER_SECOND, _FAILED_WINDOW = 5, 20
"""How many requests without a good token an address may make; more are told to wait, and not logged."""

_TROUBLES = {
    Trouble.AWAY: (503, "database_away"),
    Trouble.LATE: (503, "database_late"),
    Trouble.FULL: (503, "database_full"),
    Trouble.UNKNOWN: (503, "outcome_unknown"),
}

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

T = TypeVar("T")

Served = Callable[[UUID], tuple[Office, Workspace] | None]
"""Returns a workspace with the office that serves it, None if this process serves none of that id."""

Measure = Callable[[str, int, float], None]
"""Records a request in the metrics: its route, the status of the answer, and the seconds it took."""


@cache
def openapi_document() -> bytes:
    """Return openapi.json, made when it is first asked for."""
    return json.dumps(openapi(ROUTES), ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(slots=True)
class _Progress:
    """What is known of a request while it is served."""

    reference: str
    name: str = "unknown"
    session: Work | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes = field(repr=False)
    headers: dict[str, str]


class Api:
    """Answers requests below `/api/v1`. `office` is the deployment's, by which it is found whose a token is."""

    def __init__(
        self,
        office: Office,
        served: Served,
        *,
        per_second: float,
        measure: Measure = lambda name, status, seconds: None,
        limits: RateLimits | SharedRateLimits | None = None,
    ) -> None:
        self._office = office
        self._served = served
        self._measure = measure
        self._routes = RouteTable(ROUTES)
        self._limits = limits or (RateLimits if office.database.is_sqlite else SharedRateLimits)(per_second)
        self._failures = RateLimits(_FAILED_PER_SECOND, window=_FAILED_WINDOW)
        self._keys: set[tuple[UUID, str]] = set()
        self._tasks = TimedTasks()

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request. Raises nothing but what the connection raises."""
        progress, began = _Progress(new_reference()), perf_counter()
        with structlog.contextvars.bound_contextvars(reference=progress.reference):
            try:
                answer = await self._answer(request, progress)
                response = web.Response(
                    status=answer.status,
                    body=answer.content if answer.status != 304 else None,
                    content_type="application/json",
                    headers=_HEADERS | progress.headers | answer.headers,
                )
            except ApiError as refused:
                response = self._problem(refused, progress)
            except DeskError as refused:
                response = self._problem(of_refusal(refused), progress)
            except Exception as error:  # without an answer, the program would not know what to do
                response = self._problem(_failure(progress, error), progress)
        if response.status in (408, 413) or (response.status >= 400 and not request.content.at_eof()):
            response.force_close()
        self._measure(progress.name, response.status, perf_counter() - began)
        return response

    async def _answer(self, request: web.BaseRequest, progress: _Progress) -> _Answer:
        if request.rel_url.raw_path == OPENAPI and request.method == "GET":
            progress.name = "GET /openapi.json"
            document = openapi_document()
            return self._conditional(_Answer(200, document, {"ETag": tag_of(document)}), request)
        route, parts = self._routes.find(request.method, request.rel_url.raw_path)
        progress.name = route.name
        asker = await self._admit(request, route, progress)
        path, query = requests.path_of(route, parts), requests.query_of(route, request)
        content, body = b"", None
        if route.body is not None:
            content = await requests.read_body(request, route.most_bytes)
            body = requests.body_of(route.reads or route.body, content)
        conditions = (
            read_tags(request.headers.get("If-Match")) if route.conditional else (),
            read_tags(request.headers.get("If-None-Match")) if route.conditional else (),
        )
        work = _Work(route, path, query, body, *conditions)
        if not route.writes:
            answer = await self._in_time(self._read(asker, work, progress), progress)
            return self._conditional(answer, request)
        key = requests.key_of(request)
        if key is None:
            return await self._in_time(self._write(asker, work, progress, None, b""), progress)
        digest = hashlib.sha256(b"\0".join((route.name.encode(), str(request.rel_url).encode(), content))).digest()
        mine = (asker.member.id, key)
        if mine in self._keys:
            raise ApiError(409, "key_in_progress")
        self._keys.add(mine)
        try:
            return await self._in_time(self._write(asker, work, progress, key, digest), progress)
        finally:
            self._keys.discard(mine)

    def _conditional(self, answer: _Answer, request: web.BaseRequest) -> _Answer:
        tags = read_tags(request.headers.get("If-None-Match"))
        if {"*", answer.headers.get("ETag")}.intersection(tags):
            return _Answer(304, b"", answer.headers)
        return answer

    async def _admit(self, request: web.BaseRequest, route: Route, progress: _Progress) -> "_Asker":
        """Return who asks, if they may. Refused attempts are logged, and recorded in the audit trail where it is known whose."""
        try:
            text = requests.token_of(request)
            found = await self._in_time(self._holder_of(text), progress)
            if found is None:
                raise requests.refused_token("token_unknown")
        except ApiError as refused:
            if refused.status != 401:
                raise
            if not self._failures.take(request.remote).allowed:
                raise ApiError(429, "too_many_requests", seconds=1, headers={"Retry-After": "1"}) from None
            log.warning("api_refused", code=refused.code, route=route.name)
            raise
        holder, allowance = found
        progress.headers |= allowance.headers
        if not allowance.allowed:
            log.warning("api_refused", code="too_many_requests", token=holder.token.prefix)
            raise ApiError(429, "too_many_requests", seconds=allowance.headers["Retry-After"])
        served = self._served(holder.workspace.id)
        if served is None:
            log.warning("api_refused", code="token_of_another_workspace", token=holder.token.prefix)
            raise ApiError(403, "token_of_another_workspace")
        asker = _Asker(*served, holder.member, holder.token)
        if holder.refused is not None:
            await self._record_refusal(asker, route, progress, holder.refused)
            raise requests.refused_token(holder.refused)
        if not has_role_for(holder.member, route.right):
            await self._record_refusal(asker, route, progress, "scope_missing")
            raise ApiError(403, "scope_missing", scope=" or ".join(route.scopes))
        await self._note_use(asker)
        return asker

    async def _holder_of(self, text: str) -> tuple[Holder, Allowance] | None:
        """Return whose a token is, and how many requests it has left with this one taken."""
        limits, database, now = self._limits, self._office.database, self._office.clock.now()
        async with database.reading() if isinstance(limits, RateLimits) else database.transaction() as session:
            holder = await tokens.holder_of(session, text, now)
            if holder is None:
                return None
            if isinstance(limits, RateLimits):
                return holder, limits.take(holder.token.id)
            return holder, await limits.take(session, holder.token)

    async def _record_refusal(self, asker: "_Asker", route: Route, progress: _Progress, code: str) -> None:
        log.warning("api_refused", code=code, token=asker.token.prefix, route=route.name)

        async def record(desk: Desk) -> None:
            desk.actor, desk.origin = asker.member, Origin(route.name, progress.reference)
            await disclosures.record_refusal(desk, code)

        await self._note(asker, record, "refusal_not_recorded")

    async def _note_use(self, asker: "_Asker") -> None:
        if asker.token.used_on != self._office.clock.now().astimezone(UTC).date():
            await self._note(asker, lambda desk: tokens.note_use(desk, asker.token), "token_use_not_noted")

    async def _note(self, asker: "_Asker", note: Callable[[Desk], Any], failure: str) -> None:
        """Write what the answer does not depend on."""

        async def attempt() -> None:
            try:
                async with asker.office.desk(asker.workspace) as desk:
                    await note(desk)
            except Exception as error:
                log.warning(failure, **log_fields(error))

        await self._tasks.ended(asyncio.create_task(attempt()), NOTE_SECONDS)

    async def _read(self, asker: "_Asker", work: "_Work", progress: _Progress) -> _Answer:
        async with asker.office.disclosing_desk(asker.workspace) as desk:
            progress.session = desk.session
            desk.actor, desk.origin = asker.member, Origin(work.route.name, progress.reference)
            return await self._handled(desk, work)

    async def _write(
        self, asker: "_Asker", work: "_Work", progress: _Progress, key: str | None, digest: bytes
    ) -> _Answer:
        try:
            return await self._try_to_write(asker, work, progress, key, digest)
        except Exception as error:
            if not is_overtaken(error):  # by another request that creates the same loan
                raise
        return await self._try_to_write(asker, work, progress, key, digest)

    async def _try_to_write(
        self, asker: "_Asker", work: "_Work", progress: _Progress, key: str | None, digest: bytes
    ) -> _Answer:
        async with asker.office.desk(asker.workspace) as desk:
            progress.session = desk.session
            desk.actor, desk.origin = asker.member, Origin(work.route.name, progress.reference)
            claimed = None
            if key is not None:
                claimed = await answers.claim(desk, key, digest)
                if claimed.refused == "key_in_progress":
                    raise ApiError(409, "key_in_progress")
                if claimed.refused == "key_reused":
                    raise ApiError(422, "key_reused")
                if claimed.answer is not None and claimed.row is not None:
                    stored = json.loads(claimed.answer)
                    headers = stored["headers"] | {"Idempotency-Replayed": "true"}
                    return _Answer(claimed.row.status, stored["content"].encode(), headers)
            answer = await self._handled(desk, work)
            if claimed is not None and claimed.row is not None:
                stored = {"headers": answer.headers, "content": answer.content.decode()}
                answers.store(desk, claimed.row, answer.status, json.dumps(stored, ensure_ascii=False))
        return answer

    async def _handled(self, desk: Desk, work: "_Work") -> _Answer:
        route = work.route
        reply = await route.handler(Call(desk, work.path, work.query, work.body, work.if_match, work.if_none_match))
        assert isinstance(reply.body, route.answers[reply.status]), f"{route.name} does not document this answer"
        content = content_of(desk, reply.body)
        await disclosures.record_disclosure(desk, "answer")
        headers = dict(reply.headers)
        if reply.status == 200 and not route.writes:
            headers["ETag"] = tag_of(content)
        return _Answer(reply.status, content, headers)

    async def _in_time(self, work: Coroutine[Any, Any, T], progress: _Progress) -> T:
        task = asyncio.create_task(work)
        if await self._tasks.ended(task, REQUEST_SECONDS):
            return task.result()
        log.error("database_trouble", error="too_slow")
        status, code = _TROUBLES[trouble.trouble(progress.session, None)]
        raise ApiError(status, code, headers={"Retry-After": "5"})

    def _problem(self, error: ApiError, progress: _Progress) -> web.Response:
        content = json.dumps(error.document(progress.reference), ensure_ascii=False).encode()
        return web.Response(
            status=error.status,
            body=content,
            content_type="application/problem+json",
            headers=_HEADERS | progress.headers | error.headers,
        )


@dataclass(frozen=True, slots=True)
class _Asker:
    """A program whose request is admitted: the service member of its token, in its workspace."""

    office: Office
    workspace: Workspace
    member: Member
    token: ApiToken


@dataclass(frozen=True, slots=True)
class _Work:
    """A request that was read: the route, and what it takes."""

    route: Route
    path: dict[str, str]
    query: Any
    body: Any = field(repr=False)
    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()


def _failure(progress: _Progress, error: Exception) -> ApiError:
    kind = trouble.trouble(progress.session, error)
    log.error("database_trouble" if is_outage(error) else "mishap", **log_fields(error))
    if kind is None:
        return ApiError(500, "internal")
    status, code = _TROUBLES[kind]
    return ApiError(status, code, headers={"Retry-After": "5"})
