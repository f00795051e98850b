"""The API of a process that has just started, of which no program has asked anything yet."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from handlers.api.api import Api


class LateApi:
    """The API, made when a program first asks: its routes and shapes take a thirtieth of a start, and most desks have no program.

    `make` is called with the API's modules imported.
    """

    def __init__(self, make: "Callable[[], Api]") -> None:
        self._make = make
        self._made: Api | None = None

    def made(self) -> "Api":
        """Return the API."""
        if self._made is None:
            self._made = self._make()
        return self._made

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve a request of the API."""
        if self._made is None:
            await asyncio.to_thread(import_module, "handlers.api.api")  # others are answered meanwhile
        return await self.made().serve(request)
