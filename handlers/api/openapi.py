"""The OpenAPI 3.1 document of the API, made from its routes and the shapes that they name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from desk.core.permissions import SCOPES
from handlers.api.routes import BASE, Route
from handlers.api.schemas import Problem

_REF = "#/components/schemas/{model}"

ANY_ROUTE = (400, 401, 403, 429, 500, 503)
"""The problems that every route may answer with."""

WITH_BODY = (408, 413, 415)
"""Those that a route with a body may answer with besides."""

_HEADERS = {
    "RateLimit": {"description": "How many requests are left, and when there are more.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "How many requests a token may make.", "schema": {"type": "string"}},
}


def openapi(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document of these routes."""
    inputs = [(route.name, "validation", TypeAdapter(route.body)) for route in routes if route.body is not None]
    outputs = [
        ((route.name, status), "serialization", TypeAdapter(model))
        for route in routes
        for status, model in route.answers.items()
    ]
    problem: Any = [("problem", "serialization", TypeAdapter(Problem))]
    found, definitions = TypeAdapter.json_schemas([*inputs, *outputs, *problem], ref_template=_REF)  # pyright: ignore[reportArgumentType]
    schemas = {key[0]: plain(schema) for key, schema in found.items()}
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loan Desk", "version": "1", "description": "What a lender's systems report and read."},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": plain(definitions.get("$defs", {})),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _scopes()}},
        },
    }


def plain(schema: Any) -> Any:
    """Return a schema without what pydantic adds and nobody needs, and with `type: [x, "null"]` for what may be null."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    given: Mapping[str, Any] = schema
    names = "properties" in given or "type" in given or "anyOf" in given or "$ref" in given
    found = {name: plain(each) for name, each in given.items() if not (names and _is_noise(name, each))}
    options = found.get("anyOf")
    if isinstance(options, list) and len(options) == 2 and {"type": "null"} in options:
        other = next(each for each in options if each != {"type": "null"})
        if isinstance(other.get("type"), str):
            del found["anyOf"]
            found = {**other, **found, "type": [other["type"], "null"]}
            if "enum" in found:
                found["enum"] = [*found["enum"], None]
    return found


def _is_noise(name: str, value: Any) -> bool:
    return (name == "title" and isinstance(value, str)) or (name == "default" and value is None)


def _operation(route: Route, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": re.sub(r"[^a-z0-9]+", "_", f"{route.method} {route.path}".lower()).strip("_"),
        "summary": route.summary,
        "description": f"{route.description} Scope: {' or '.join(route.scopes)}.".strip(),
        "tags": [route.path.split("/")[1]],
    }
    if parameters := list(_parameters(route)):
        found["parameters"] = parameters
    if route.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[route.name]}}}
    answers = {str(status): _answer(status, schemas[route.name, status], route) for status in route.answers}
    problems = [*ANY_ROUTE, *route.problems, *(WITH_BODY if route.body is not None else ())]
    if route.places:
        problems.append(404)
    if route.writes:  # the idempotency key was used, or is in use
        problems += [409, 422]
    for status in sorted(set(problems)):
        answers[str(status)] = _answer(status, schemas["problem"], route, kind="application/problem+json")
    if not route.writes:
        answers["304"] = {"description": HTTPStatus(304).phrase}
    found["responses"] = dict(sorted(answers.items()))
    return found


def _answer(status: int, schema: Any, route: Route, *, kind: str = "application/json") -> dict[str, Any]:
    headers = dict(_HEADERS)
    if status in route.answers and not route.writes:
        headers["ETag"] = {"description": "The entity tag of the document.", "schema": {"type": "string"}}
    if status == 429:
        headers["Retry-After"] = {"description": "Seconds to wait.", "schema": {"type": "string"}}
    return {"description": HTTPStatus(status).phrase, "headers": headers, "content": {kind: {"schema": schema}}}


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    for name, shape in route.places.items():
        yield _parameter(name, "path", plain(TypeAdapter(shape).json_schema()), required=True)
    if route.query is not None:
        schema = TypeAdapter(route.query).json_schema()
        for name, each in schema.get("properties", {}).items():
            yield _parameter(name, "query", _not_null(plain(each)), required=name in schema.get("required", ()))
    if route.writes:
        key = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[\\x21-\\x7e]+$"}
        yield _parameter("Idempotency-Key", "header", key)
    if route.conditional:
        for name in ("If-Match", "If-None-Match") if route.writes else ("If-None-Match",):
            yield _parameter(name, "header", {"type": "string"})


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter: it is given or not, and never null."""
    if isinstance(schema.get("type"), list):
        return schema | {"type": schema["type"][0]}
    return schema


def _parameter(name: str, place: str, schema: Any, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _scopes() -> str:
    lines = "; ".join(f"{name}: {scope.does}" for name, scope in SCOPES.items())
    return f"A token of `loandesk tokens new`. Scopes: {lines}."
