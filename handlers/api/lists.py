"""Routes of lists, a page at a time: loans, follow-ups, calls, promises, documents."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from desk.core.errors import NotFound
from desk.core.vocabulary import VOCABULARY
from desk.lender import listings
from handlers.api.cursors import UpdatedQuery, write_cursor
from handlers.api.instants import read_day, read_instant
from handlers.api.loans import LoanDocument, loan_document
from handlers.api.problems import ApiError, FieldError, reason
from handlers.api.routes import Call, Reply, Route
from handlers.api.schemas import Closed, Day, Instant, LoanNumber
from storage.engine.pages import Page

_STAGES: list[Any] = [stage.code for stage in VOCABULARY.stages]


def _known_stage(code: str) -> str:
    if code not in _STAGES:
        raise ValueError(f"one of {', '.join(_STAGES)}")
    return code


Stage = Annotated[str, AfterValidator(_known_stage), Field(json_schema_extra={"enum": _STAGES})]
SlackId = Annotated[str, Field(pattern=r"^[A-Za-z0-9:._-]{1,60}$", description="A Slack user id.")]


class LoansQuery(UpdatedQuery):
    """Which loans."""

    stage: Stage | None = None
    owner: SlackId | None = None


class OfLoanQuery(UpdatedQuery):
    """Rows of which loan."""

    loan: LoanNumber | None = None


class FollowUpsQuery(OfLoanQuery):
    """Which follow-ups. Both days are included."""

    assignee: SlackId | None = None
    state: Literal["open", "done", "cancelled", "ended", "undone"] | None = None
    due_from: Day | None = None
    due_to: Day | None = None


class CallsQuery(OfLoanQuery):
    """Which calls. `since` is an instant with its offset, in which + is written %2B."""

    caller: SlackId | None = None
    since: Annotated[str | None, Field(max_length=40, json_schema_extra={"format": "date-time"})] = None


class PromisesQuery(OfLoanQuery):
    """Which promises. Both days are included."""

    state: Literal["open", "kept", "partly_kept", "broken"] | None = None
    due_from: Day | None = None
    due_to: Day | None = None


class DocumentsQuery(OfLoanQuery):
    """Which documents."""

    state: Literal["requested", "received", "accepted", "rejected", "cancelled", "ended"] | None = None


class FollowUpDocument(Closed):
    """A planned call. `assignee` is a Slack user id."""

    id: str
    loan: str
    number: int
    version: int
    purpose: str
    state: str
    assignee: str
    due_on: Day
    due_at: Instant | None
    attempts: int
    instalment_on: Day | None
    created_at: Instant
    closed_at: Instant | None


class CallDocument(Closed):
    """A call that was made, without its note. `caller` is a Slack user id. Of the updated ones alone some were `undone`."""

    id: str
    loan: str
    version: int
    caller: str
    outcome: str
    purpose: str | None
    minutes: int | None
    amount: str | None
    at: Instant
    undone: bool


class PromiseDocument(Closed):
    """A promise to pay; `call` is the id of the call in which it was made. Of the updated ones alone some were `undone`."""

    id: str
    loan: str
    version: int
    call: str
    amount: str | None
    due_on: Day
    state: str
    at: Instant
    undone: bool


class RequestedDocument(Closed):
    """A document that was asked for. Of the updated ones alone the `state` of some is `undone`."""

    id: str
    loan: str
    version: int
    document: str
    state: str
    valid_until: Day | None
    changed_at: Instant


class LoansPage(Closed):
    """Some loans."""

    items: list[LoanDocument]
    next: str | None
    updated_until: Instant | None


class FollowUpsPage(Closed):
    """Some follow-ups."""

    items: list[FollowUpDocument]
    next: str | None
    updated_until: Instant | None


class CallsPage(Closed):
    """Some calls."""

    items: list[CallDocument]
    next: str | None
    updated_until: Instant | None


class PromisesPage(Closed):
    """Some promises."""

    items: list[PromiseDocument]
    next: str | None
    updated_until: Instant | None


class DocumentsPage(Closed):
    """Some documents."""

    items: list[RequestedDocument]
    next: str | None
    updated_until: Instant | None


async def loans(call: Call) -> Reply:
    """Answer with loans."""
    query: LoansQuery = call.query
    page = await listings.list_loans(call.desk, query.part(), stage=query.stage, owner=query.owner)
    items = [loan_document(row) for row in page.rows]
    return Reply(LoansPage(items=items, next=write_cursor(page.following), updated_until=_until(page)))


async def follow_ups(call: Call) -> Reply:
    """Answer with follow-ups."""
    query: FollowUpsQuery = call.query
    page = await listings.list_follow_ups(
        call.desk,
        query.part(),
        loan=query.loan,
        assignee=query.assignee,
        state=query.state,
        due_from=read_day("due_from", query.due_from),
        due_to=read_day("due_to", query.due_to),
    )
    return _reply(FollowUpsPage, page)


async def calls(call: Call) -> Reply:
    """Answer with calls."""
    query: CallsQuery = call.query
    since = read_instant("since", query.since)
    page = await listings.list_calls(call.desk, query.part(), loan=query.loan, caller=query.caller, since=since)
    return _reply(CallsPage, page)


async def promises(call: Call) -> Reply:
    """Answer with promises."""
    query: PromisesQuery = call.query
    page = await listings.list_promises(
        call.desk,
        query.part(),
        loan=query.loan,
        state=query.state,
        due_from=read_day("due_from", query.due_from),
        due_to=read_day("due_to", query.due_to),
    )
    return _reply(PromisesPage, page)


async def documents(call: Call) -> Reply:
    """Answer with documents."""
    query: DocumentsQuery = call.query
    page = await listings.list_documents(call.desk, query.part(), loan=query.loan, state=query.state)
    return _reply(DocumentsPage, page)


def _reply(model: type[BaseModel], page: Page[Any]) -> Reply:
    items = [{name: _sent(getattr(row, name)) for name in type(row).__dataclass_fields__} for row in page.rows]
    following = {"next": write_cursor(page.following), "updated_until": _until(page)}
    return Reply(model.model_validate({"items": items, **following}))


def _until(page: Page[Any]) -> str | None:
    return None if page.until is None else page.until.isoformat()


def _sent(value: Any) -> Any:
    match value:
        case None | int() | str():
            return value
        case Decimal():
            return f"{value:.2f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)


_PARAMETERS = {"import_loan_unknown": ("loan",), "not_a_member_named": ("owner", "assignee", "caller")}
"""The parameters that name what there is none of, by the code of the refusal."""


async def _listed(handler: Callable[[Call], Awaitable[Reply]], call: Call) -> Reply:
    """Answer with a list, or name the parameter by which nobody and nothing is found."""
    try:
        return await handler(call)
    except NotFound as refused:
        given = [name for name in _PARAMETERS.get(refused.code, ()) if getattr(call.query, name, None) is not None]
        detail = reason(refused)
        errors = [FieldError(name, refused.code, detail) for name in given]
        raise ApiError(404, refused.code, detail=detail, errors=errors) from None


def _list(
    path: str,
    what: str,
    right: str,
    handler: Callable[[Call], Awaitable[Reply]],
    page: type[BaseModel],
    query: type[BaseModel],
) -> Route:
    return Route(
        "GET",
        path,
        f"List {what}",
        right,
        partial(_listed, handler),
        {200: page},
        query=query,
        problems=(404,),
        conditional=True,
    )


ROUTES = (
    _list("/loans", "loans", "read_loans", loans, LoansPage, LoansQuery),
    _list("/follow-ups", "follow-ups", "read_follow_ups", follow_ups, FollowUpsPage, FollowUpsQuery),
    _list("/calls", "calls", "read_calls", calls, CallsPage, CallsQuery),
    _list("/promises", "promises to pay", "read_promises", promises, PromisesPage, PromisesQuery),
    _list("/documents", "documents that were asked for", "read_documents", documents, DocumentsPage, DocumentsQuery),
)
