"""The request that asks the phone system to ring, as the settings describe it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from desk.core.dataclass import dataclass

if TYPE_CHECKING:
    from desk.telephony.ringing import RingToDo

PLACES = ("{extension}", "{number}", "{digits}", "{token}")
"""What is put into the address and the body: the member's extension, the number in E.164 and without its plus, and a token of
ours that comes back with the record of the call, if the phone system keeps it."""


@dataclass(frozen=True, slots=True)
class RingRequest:
    """The request of the settings: `url` and the strings of `body` (JSON, None: without) have PLACES."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: Any

    def url_for(self, ring: "RingToDo") -> str:
        """Return the address for a ring, each value percent-encoded."""
        return _filled(self.url, {place: quote(value, safe="") for place, value in _values(ring).items()})

    def body_for(self, ring: "RingToDo") -> Any:
        """Return the JSON for a ring."""
        return _filled_in(self.body, _values(ring))


def read_request(url: str, method: str, headers: str, body: str) -> RingRequest | None:
    """Return the request of the settings, None without an address. Raises ValueError: headers or body are no JSON objects."""
    if not url:
        return None
    known = _object(headers) if headers else {}
    given = _object(body) if body else None
    if not any(place in url + body for place in ("{number}", "{digits}")) or "{extension}" not in url + body:
        raise ValueError("address or body need {extension}, and {number} or {digits}")
    return RingRequest(url, method.upper(), {str(name): str(value) for name, value in known.items()}, given)


def _values(ring: "RingToDo") -> dict[str, str]:
    return dict(zip(PLACES, (ring.extension, ring.number, ring.number.lstrip("+"), ring.token), strict=True))


def _filled(text: str, values: Mapping[str, str]) -> str:
    for place, value in values.items():
        text = text.replace(place, value)
    return text


def _filled_in(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _filled(value, values)
    if isinstance(value, dict):
        return {name: _filled_in(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each, values) for each in value]
    return value


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("write a JSON object")
    return found
