"""Entity tags: what a representation is named, and whether a request's condition holds."""

import re
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import TypeVar

from pydantic import BaseModel

from desk.core import unreadable
from desk.core.transaction import Desk
from handlers.api.problems import ApiError
from handlers.api.routes import Call

T = TypeVar("T")

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def tag_of(content: bytes) -> str:
    """Return the entity tag of a representation. A token without personal data sees another one, with another tag."""
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def read_tags(header: str | None) -> tuple[str, ...]:
    """Return the entity tags of a header If-Match or If-None-Match; `*` stands for any."""
    if header is None:
        return ()
    return ("*",) if header.strip() == "*" else tuple(_TAG.findall(header)) or (header,)


async def require_condition(
    call: Call, present: Callable[[], Awaitable[T | None]], document: Callable[[T], BaseModel]
) -> None:
    """Raise ApiError (412) unless what is there fits the conditions of the request."""
    if not (call.if_match or call.if_none_match):
        return
    there = await present()
    tag = None if there is None else tag_of(content_of(call.desk, document(there)))
    if call.if_match and (tag is None or not {"*", tag}.intersection(call.if_match)):
        raise ApiError(412, "changed_meanwhile")
    if call.if_none_match and tag is not None and {"*", tag}.intersection(call.if_none_match):
        raise ApiError(412, "changed_meanwhile")


def content_of(desk: Desk, body: BaseModel) -> bytes:
    """Return a document as it is sent: of what no key opens it says that it cannot be read."""
    text = body.model_dump_json()
    if desk.shows_unreadable:
        for mark in unreadable.MARKS:
            text = text.replace(mark, "(unreadable)")
    return text.encode()
