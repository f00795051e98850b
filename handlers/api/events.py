"""Routes of events: report one, which is applied at once, or many, which the worker applies; read what became of them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from desk.core.errors import DeskError
from desk.core.transaction import Desk
from desk.lender import events
from desk.lender.events import Accepted, EventReusedError, EventStatus, Kind
from desk.lender.refusals import RowRefused
from handlers.api.cursors import PageQuery, write_cursor
from handlers.api.event_bodies import AnyEvent, pointer_of, reported
from handlers.api.problems import TEXTS, ApiError, FieldError, of_refusal, reason
from handlers.api.requests import fields_of
from handlers.api.routes import BASE, KILOBYTE, Call, Reply, Route
from handlers.api.schemas import Closed, EventId, Instant, ProblemField, Remark

MOST_EVENTS = 10_000
"""The most events of a batch."""


class EventProblem(Closed):
    """Why an event was refused."""

    code: str
    detail: str
    errors: list[ProblemField]


class EventDocument(Closed):
    """What became of an event. `effect` is known once it is applied, `problem` once it is refused."""

    id: str
    type: str
    status: Literal["waiting", "applied", "refused"]
    effect: str | None
    remarks: list[Remark]
    problem: EventProblem | None


class EventsBody(Closed):
    """Events, in the order in which those of a loan are to be applied."""

    events: Annotated[list[AnyEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class LooseEvents(Closed):
    """The same, each to be read by itself: one that is malformed is refused alone."""

    events: Annotated[list[Any], Field(min_length=1, max_length=MOST_EVENTS)]


class AcceptedEvent(Closed):
    """What became of an event when it came: `duplicate` came before, `refused` can come again under the same id, mended. `id` is
    null if it could not be read."""

    id: str | None
    status: Literal["accepted", "duplicate", "refused"]
    problem: EventProblem | None


class AcceptedBatch(Closed):
    """What became of the events of a batch when they came. `batch` is null, and nothing is left to wait for, if none of them is
    new; otherwise `url` says how far the worker is."""

    batch: str | None
    url: str | None
    accepted: int
    duplicates: int
    refused: int
    events: list[AcceptedEvent]


class BatchDocument(Closed):
    """How far a batch is, and some of its events. `next` is the cursor of the following ones."""

    batch: str
    received_at: Instant
    total: int
    waiting: int
    applied: int
    refused: int
    events: list[EventDocument]
    next: str | None


class BatchQuery(PageQuery):
    """Which events of a batch to show."""

    status: Literal["waiting", "applied", "refused"] | None = None


_EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent)
_ID: TypeAdapter[str] = TypeAdapter(EventId)


async def post_one(call: Call) -> Reply:
    """Apply one event."""
    event = reported(call.body)
    try:
        status = await events.report(call.desk, event)
    except EventReusedError:
        raise ApiError(422, "event_reused", errors=[FieldError("/id", "event_reused", TEXTS["event_reused"])]) from None
    except RowRefused as refused:
        raise _refusal(refused, event.kind) from None
    document = _document(status)
    return Reply(document, status=202 if document.status == "waiting" else 200)


async def post_many(call: Call) -> Reply:
    """Accept many events."""
    told: list[AcceptedEvent | None] = []
    good: list[events.Reported] = []
    for given in call.body.events:
        try:
            good.append(reported(_EVENT.validate_python(given)))
            told.append(None)
        except ValidationError as error:
            told.append(_malformed(given, error))
    batch_id, accepted = await events.accept(call.desk, good)
    others = iter(accepted)
    every = [each if each is not None else _accepted(next(others)) for each in told]
    if batch_id is None and all(each.status == "refused" for each in every):
        raise ApiError(422, "no_event_accepted", errors=_errors_of(every))
    count = {status: sum(each.status == status for each in every) for status in ("accepted", "duplicate", "refused")}
    url = f"{BASE}/event-batches/{batch_id}" if batch_id else None
    body = AcceptedBatch(
        batch=str(batch_id) if batch_id else None,
        url=url,
        accepted=count["accepted"],
        duplicates=count["duplicate"],
        refused=count["refused"],
        events=every,
    )
    return Reply(body, status=202, headers={"Location": url} if url else {})


async def read_one(call: Call) -> Reply:
    """Answer with what became of an event."""
    status = await events.status_of(call.desk, call.path["id"])
    if status is None:
        raise ApiError(404, "event_unknown")
    return Reply(_document(status))


async def read_batch(call: Call) -> Reply:
    """Answer with how far a batch is."""
    query: BatchQuery = call.query
    found = await events.batch_of(call.desk, UUID(call.path["batch"]), query.window(), state=query.status)
    if found is None:
        raise ApiError(404, "batch_unknown")
    body = BatchDocument(
        batch=str(found.id),
        received_at=found.at.isoformat(),
        total=found.total,
        waiting=found.counts.get("waiting", 0),
        applied=found.counts.get("applied", 0),
        refused=found.counts.get("refused", 0),
        events=[_document(each) for each in found.events],
        next=write_cursor(found.following),
    )
    return Reply(body)


async def apply_events(desk: Desk, only: Any = None) -> bool:
    """Apply the next events that wait: a chore of the worker."""
    return await events.apply_next(desk, only, _worded)


def _worded(error: DeskError, kind: Kind) -> dict[str, Any]:
    assert isinstance(error, RowRefused)
    refused = _refusal(error, kind)
    return {
        "code": refused.code,
        "detail": refused.detail,
        "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in refused.errors],
    }


def _refusal(error: RowRefused, kind: Kind) -> ApiError:
    """Return the answer to a refused event: each error with its place in the event, and worded with the event's own fields."""
    told: list[DeskError] = []
    errors: list[FieldError] = []
    for each in error.errors:
        params = dict(each.params)
        if column := params.get("column"):
            pointer = pointer_of(kind, str(column), params.get("line"))
            if params.get("heading"):
                params["heading"] = pointer.rpartition("/")[2]
            each = type(each)(each.code, **params)
            errors.append(FieldError(pointer, each.code, reason(each)))
        told.append(each)
    answer = of_refusal(RowRefused(told))
    return ApiError(answer.status, answer.code, detail=answer.detail, errors=errors)


def _document(status: EventStatus) -> EventDocument:
    result: Mapping[str, Any] = status.result
    problem = result.get("problem")
    return EventDocument(
        id=status.event_id,
        type=status.kind,
        status=status.state,
        effect=result.get("effect"),
        remarks=[Remark(code=code, field=column) for code, column in result.get("remarks", ())],
        problem=EventProblem(**problem) if problem else None,
    )


_WHY = {"reused": "event_reused", "forbidden": "event_forbidden"}


def _accepted(told: Accepted) -> AcceptedEvent:
    if told.status in _WHY:
        code = _WHY[told.status]
        problem = EventProblem(code=code, detail=TEXTS[code], errors=[])
        return AcceptedEvent(id=told.event_id, status="refused", problem=problem)
    return AcceptedEvent(
        id=told.event_id, status="accepted" if told.status == "accepted" else "duplicate", problem=None
    )


def _malformed(given: Any, error: ValidationError) -> AcceptedEvent:
    errors = [ProblemField(pointer=e.pointer, code=e.code, detail=e.detail) for e in fields_of(error, "/")]
    problem = EventProblem(code="invalid_body", detail=TEXTS["invalid_body"], errors=errors)
    return AcceptedEvent(id=_id_of(given), status="refused", problem=problem)


def _id_of(given: Any) -> str | None:
    try:
        return _ID.validate_python(given.get("id") if isinstance(given, dict) else None)
    except ValidationError:
        return None


def _errors_of(every: list[AcceptedEvent]) -> list[FieldError]:
    return [
        FieldError(f"/events/{place}", each.problem.code, each.problem.detail)
        for place, each in enumerate(every[:100])
        if each.problem is not None
    ]


_RIGHT = "report_events"

ROUTES = (
    Route(
        "POST",
        "/events",
        "Report an event, which is applied at once",
        _RIGHT,
        post_one,
        {200: EventDocument, 202: EventDocument},
        body=AnyEvent,
        problems=(409, 422),
        description="202: other events of the loan wait, and this one waits behind them.",
    ),
    Route(
        "GET",
        "/events/{id}",
        "Read what became of an event",
        _RIGHT,
        read_one,
        {200: EventDocument},
        places={"id": EventId},
    ),
    Route(
        "POST",
        "/event-batches",
        "Report up to 10,000 events, which are applied in their order",
        _RIGHT,
        post_many,
        {202: AcceptedBatch},
        body=EventsBody,
        reads=LooseEvents,
        problems=(422,),
        most_bytes=16 * KILOBYTE * KILOBYTE,
    ),
    Route(
        "GET",
        "/event-batches/{batch}",
        "Read how far a batch of events is",
        _RIGHT,
        read_batch,
        {200: BatchDocument},
        places={"batch": Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]},
        query=BatchQuery,
    ),
)
