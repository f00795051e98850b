"""What a route of the API is, and how the one is found that a request means."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel

from desk.core.dataclass import dataclass
from desk.core.permissions import scopes_for
from desk.core.transaction import Desk
from handlers.api.problems import ApiError

BASE = "/api/v1"
"""The beginning of all paths."""

Method = Literal["GET", "POST", "PUT", "DELETE"]

_PLACE = re.compile(r"\{([a-z_]+)\}")

KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a document of the shape that its route names for the status."""

    body: BaseModel
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way: the transaction, and what was sent. `if_match` and `if_none_match` are the entity tags given."""

    desk: Desk
    path: Mapping[str, str]
    query: Any
    body: Any
    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A resource and a method: what it does, for whom (`right`, an act of permissions.toml that only scopes allow), what it takes
    and what it answers by status. Problems that any route answers are not named.

    `places` has the shape of each part of the path in braces, `query` that of the parameters, `body` that of the body.
    `reads` is what a body is read as, if parts of it are read one by one.
    `conditional`: the request may have If-Match and If-None-Match. `most_bytes` is the largest body.
    """

    method: Method
    path: str
    summary: str
    right: str
    handler: Callable[[Call], Awaitable[Reply]]
    answers: Mapping[int, type[BaseModel]]
    places: Mapping[str, Any] = field(default_factory=dict[str, Any])
    query: type[BaseModel] | None = None
    body: Any = None
    reads: Any = None
    problems: tuple[int, ...] = ()
    conditional: bool = False
    most_bytes: int = 64 * KILOBYTE
    description: str = ""

    @property
    def writes(self) -> bool:
        """Return whether it changes something."""
        return self.method != "GET"

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return the scopes, of which a token needs one."""
        return scopes_for(self.right)

    @property
    def name(self) -> str:
        """Return what log, metrics and audit trail call it."""
        return f"{self.method} {self.path}"


class RouteTable:
    """The routes, by path and method."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._by_pattern: dict[re.Pattern[str], dict[str, Route]] = {}
        for route in routes:
            pattern = re.compile(_PLACE.sub(r"(?P<\1>[^/]+)", BASE + route.path))
            self._by_pattern.setdefault(pattern, {})[route.method] = route

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """Return the route of a request, and the parts of its path as they were meant.

        Raises ApiError (`unknown_path`, `unknown_method`).
        """
        for pattern, by_method in self._by_pattern.items():
            found = pattern.fullmatch(raw_path)
            if found is None:
                continue
            route = by_method.get(method)
            if route is None:
                allowed = ", ".join(by_method)
                raise ApiError(405, "unknown_method", method=method, allowed=allowed, headers={"Allow": allowed})
            try:
                return route, {name: unquote_to_bytes(part).decode() for name, part in found.groupdict().items()}
            except UnicodeDecodeError:
                break
        raise ApiError(404, "unknown_path")
