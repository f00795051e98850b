"""A program of the lender's that uses the API of the desk in the fixture `slack`."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
from jsonschema import Draft202012Validator
from multidict import CIMultiDictProxy
from yarl import URL

from desk.core.permissions import SCOPES
from desk.people import tokens
from handlers.api.openapi import openapi
from handlers.api.problems import ApiError
from handlers.api.registry import ROUTES
from handlers.api.routes import RouteTable
from tests.wire.office_day import Slack


@dataclass(slots=True)
class ApiAnswer:
    """An answer: its status, headers, and document, if there is one."""

    status: int
    headers: CIMultiDictProxy[str]
    body: Any

    @property
    def code(self) -> str:
        """The code of a problem."""
        return self.body["code"]

    @property
    def pointers(self) -> dict[str, str]:
        """What is wrong, by place."""
        return {each["pointer"]: each["code"] for each in self.body.get("errors", ())}


_DOCUMENT: Any = json.loads(json.dumps(openapi(ROUTES)))
_ROUTES = RouteTable(ROUTES)


def check_documented(method: str, url: str, status: int, body: Any) -> None:
    """Fail unless openapi.json has an answer of this status and shape for the request."""
    try:
        route, _ = _ROUTES.find(method, URL(url).raw_path)
    except ApiError:
        return
    operation = _DOCUMENT["paths"][route.path][method.lower()]
    assert str(status) in operation["responses"], f"{route.name} does not document {status}"
    content = operation["responses"][str(status)].get("content")
    if content is None:
        assert body is None
        return
    (schema,) = (each["schema"] for each in content.values())
    Draft202012Validator({**schema, "components": _DOCUMENT["components"]}).validate(body)


@dataclass(slots=True)
class Program:
    """A program with a token."""

    slack: Slack
    session: aiohttp.ClientSession
    token: str

    async def get(self, path: str, **headers: str) -> ApiAnswer:
        return await self.send("GET", path, **headers)

    async def put(self, path: str, body: Any, **headers: str) -> ApiAnswer:
        return await self.send("PUT", path, body, **headers)

    async def post(self, path: str, body: Any, **headers: str) -> ApiAnswer:
        return await self.send("POST", path, body, **headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """Send a request; `body` is JSON, or bytes as they are. `_` in the name of a header stands for `-`."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.slack.service.port}/api/v1{path}"
        async with self.session.request(method, url, data=data, headers=sent) as answer:
            text = await answer.text()
            check_documented(method, url, answer.status, json.loads(text) if text else None)
            return ApiAnswer(answer.status, answer.headers, json.loads(text) if text else None)


async def issue(slack: Slack, name: str = "core", scopes: tuple[str, ...] = tuple(SCOPES), days: int = 90) -> str:
    """Issue a token to a program."""
    async with slack.office.desk(slack.workspace) as desk:
        made = await tokens.issue(desk, name=name, scopes=scopes, lifetime=timedelta(days=days), by="op")
    return made.text


@asynccontextmanager
async def program(
    slack: Slack, name: str = "core", scopes: tuple[str, ...] = tuple(SCOPES), token: str | None = None
) -> AsyncIterator[Program]:
    """A program with a token of these scopes, or with that token."""
    async with aiohttp.ClientSession() as session:
        yield Program(slack, session, await issue(slack, name, scopes) if token is None else token)
