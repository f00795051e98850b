"""What a request brings, read strictly: its token, its parameters, its body and its conditions."""

import re
from asyncio import timeout
from typing import Any

from aiohttp import ClientError, HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import ValidationError

from desk.core.data_files import validator
from handlers.api.problems import ApiError, FieldError
from handlers.api.routes import Route

BODY_SECONDS = 30.0
"""How long a body may take to arrive."""

_KEY = re.compile(r"[\x21-\x7e]{1,100}")
_TOKEN_NAMES = frozenset({"access_token", "token", "bearer", "api_key", "apikey", "authorization", "key"})
_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE)


def token_of(request: web.BaseRequest) -> str:
    """Return the token of a request.

    Raises ApiError (`token_in_url`, `token_missing`).
    """
    for name, value in request.rel_url.query.items():
        if name.casefold() in _TOKEN_NAMES or value.startswith("ld_"):
            raise ApiError(401, "token_in_url", headers=_CHALLENGE)
    given = request.headers.getall("Authorization", [])
    found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise ApiError(401, "token_missing", headers=_CHALLENGE)
    return found[1]


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="loandesk"'}


def refused_token(code: str) -> ApiError:
    """Return the answer to a token that is not taken."""
    return ApiError(401, code, headers={"WWW-Authenticate": 'Bearer realm="loandesk", error="invalid_token"'})


def key_of(request: web.BaseRequest) -> str | None:
    """Return the idempotency key of a request. Raises ApiError (`key_malformed`)."""
    given = request.headers.getall("Idempotency-Key", [])
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise ApiError(400, "key_malformed")
    return given[0]


def path_of(route: Route, parts: dict[str, str]) -> dict[str, str]:
    """Return the checked parts of a path. Raises ApiError (404): what is not written so does not exist."""
    for name, value in parts.items():
        try:
            validator(route.places.get(name, str)).validate_python(value)
        except ValidationError:
            raise ApiError(404, "unknown_path") from None
    return parts


def query_of(route: Route, request: web.BaseRequest) -> Any:
    """Return the checked parameters. Raises ApiError (`invalid_parameter`)."""
    given = request.rel_url.query
    names = [name for name, _ in given.items()]
    repeated = sorted({name for name in names if names.count(name) > 1})
    known = route.query.model_fields if route.query else {}
    errors = [FieldError(name, "repeated", "given more than once") for name in repeated]
    errors += [FieldError(name, "unknown", "no parameter of this resource") for name in names if name not in known]
    if errors:
        raise ApiError(400, "invalid_parameter", errors=errors)
    if route.query is None:
        return None
    try:
        return route.query.model_validate(dict(given))
    except ValidationError as error:
        raise ApiError(400, "invalid_parameter", errors=fields_of(error, "")) from None


async def read_body(request: web.BaseRequest, most: int) -> bytes:
    """Return the bytes of the body, of which no more is read than is allowed.

    Raises ApiError (`unsupported_media_type`, `too_large`, `slow_body`, `broken_body`).
    """
    kind = request.headers.get("Content-Type", "").split(";")
    charset = "".join(kind[1:]).strip().casefold()
    if kind[0].strip().casefold() != "application/json" or charset not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise ApiError(415, "unsupported_media_type")
    if request.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise ApiError(415, "unsupported_media_type")
    if (request.content_length or 0) > most:
        raise ApiError(413, "too_large", most=most)
    content = bytearray()
    try:
        async with timeout(BODY_SECONDS):
            await invite_body(request)
            async for part in request.content.iter_any():
                content += part
                if len(content) > most:
                    raise ApiError(413, "too_large", most=most)
    except TimeoutError:
        raise ApiError(408, "slow_body") from None
    except (web.RequestPayloadError, HttpProcessingError, ClientError, ConnectionError):
        raise ApiError(400, "broken_body") from None
    return bytes(content)


async def invite_body(request: web.BaseRequest) -> None:
    """Tell a sender that waits for it (`Expect: 100-continue`, as curl does before a large body) that the body may come."""
    if request.version == HttpVersion11 and request.headers.get("Expect", "").casefold() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


def body_of(model: Any, content: bytes) -> Any:
    """Return the checked body. Raises ApiError (`malformed_json`, `invalid_body`)."""
    try:
        return validator(model).validate_json(content)
    except ValidationError as error:
        raise refused_body(error) from None


def refused_body(error: ValidationError, prefix: str = "") -> ApiError:
    """Return the answer to a body that is not JSON, or has not the form that is asked for."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return ApiError(400, "malformed_json", why=first["ctx"]["error"] if "ctx" in first else "unreadable")
    return ApiError(422, "invalid_body", errors=fields_of(error, prefix or "/"))


def fields_of(error: ValidationError, prefix: str) -> list[FieldError]:
    """Return what is wrong in each place, without what was given: that may be personal."""
    found: list[FieldError] = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        place = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in each["loc"])
        pointer = f"{prefix.rstrip('/')}/{place}" if prefix else place
        found.append(FieldError(pointer, each["type"], each["msg"]))
    return found
