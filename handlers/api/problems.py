"""Answers to requests that are not done: `application/problem+json` (RFC 9457), which names what is wrong and where."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Ambiguous, Conflict, DeskError, NotAllowed, NotFound
from desk.lender.refusals import RowRefused
from handlers.api.people import place_of
from handlers.messages.block_kit.message import Bold, Channel, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.importing import ROW, explain_row
from handlers.messages.refusals.refusals import explain

_UTC = ZoneInfo("UTC")

TEXTS: Mapping[str, str] = {
    "malformed_json": "The body is not JSON: {why}.",
    "invalid_body": "The body does not have the form that openapi.json describes.",
    "invalid_parameter": "A parameter does not have the form that openapi.json describes.",
    "unknown_path": "There is no such resource. The paths are in /api/v1/openapi.json.",
    "unknown_method": "This resource does not know {method}. It knows {allowed}.",
    "token_missing": "Send the token in the header: Authorization: Bearer ld_…",
    "token_in_url": "A token in a URL ends up in logs. This one is to be considered known to others: revoke it, "
    "and send the new one in the header Authorization: Bearer ld_…",
    "token_unknown": "This desk issued no such token.",
    "token_expired": "The token has expired. Issue another one: loandesk tokens new.",
    "token_revoked": "The token was revoked.",
    "token_of_another_workspace": "The token belongs to a workspace that this desk does not serve.",
    "scope_missing": "The token lacks the scope {scope}.",
    "too_many_requests": "More requests than the token may make. Try again in {seconds} s.",
    "too_large": "The body is larger than {most} bytes.",
    "slow_body": "The body did not arrive in time.",
    "broken_body": "The body did not arrive completely.",
    "unsupported_media_type": "Send the body as application/json, in UTF-8 and not compressed.",
    "key_reused": "This idempotency key was used for another request. Choose a new one for each request.",
    "key_in_progress": "A request with this idempotency key is being handled. Wait for its answer, or try again.",
    "key_malformed": "An idempotency key has 1 to 100 printable ASCII characters.",
    "changed_meanwhile": "The resource is not as If-Match or If-None-Match says. Read it again.",
    "event_reused": "Another event came under this id before. Give each event an id of its own.",
    "event_forbidden": "The token lacks the scope for this kind of event.",
    "event_unknown": "No event of this id came in the last 90 days.",
    "batch_unknown": "No batch of this id came in the last 90 days.",
    "no_event_accepted": "None of the events can be taken.",
    "cursor_unknown": "This cursor was not made by this list. Begin without one.",
    "database_away": "The database cannot be reached. Nothing was changed.",
    "database_late": "This took too long. Nothing was changed.",
    "database_full": "There is no space left to save anything. Nothing was changed.",
    "outcome_unknown": "It is not known whether this was saved. Repeat the request with the same idempotency key.",
    "internal": "Something went wrong in the desk itself, and nothing was changed. Its log has the reference.",
}
"""The detail per code of what concerns the API itself; those of the desk are worded in `handlers.messages.refusals`."""

_STATUS: Mapping[type[DeskError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409, Ambiguous: 409}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong in one place of the body (`pointer`, a JSON pointer) or in a parameter."""

    pointer: str
    code: str
    detail: str = field(repr=False)


class ApiError(Exception):
    """A request that is refused. `headers` go with the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        detail: str = "",
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **params: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail or TEXTS[code].format(**params)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self, reference: str) -> dict[str, Any]:
        """Return the problem as it is sent. `reference` is the request's in the log."""
        found: dict[str, Any] = {
            "type": f"urn:loandesk:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "reference": reference,
        }
        if self.errors:
            found["errors"] = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in self.errors]
        return found


def of_refusal(error: DeskError, prefix: str = "") -> ApiError:
    """Return the answer to a refusal of the desk. `prefix` is the pointer to what the refused row was made of."""
    every = error.errors if isinstance(error, RowRefused) else (error,)
    errors = [
        FieldError(f"{prefix}/{place_of(_column(each))}", each.code, reason(each)) for each in every if _column(each)
    ]
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)
    return ApiError(status, error.code, detail=reason(error), errors=errors)


def reason(error: DeskError) -> str:
    """Return why something is refused, in English."""
    t = Translator("en-US")
    if error.code in ROW:
        return explain_row(t, error)
    return " ".join(_plain(paragraph) for paragraph in explain(t, error, _UTC))


def _column(error: DeskError) -> str:
    return str(error.params.get("column") or "")


def _plain(inlines: Iterable[Inline]) -> str:
    return "".join(map(_words, inlines))


def _words(inline: Inline) -> str:
    match inline:
        case str():
            return inline
        case Bold() | Code():
            return inline.words
        case Mention():
            return inline.slack_user_id
        case Channel():
            return inline.channel_id
