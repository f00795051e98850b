"""Routes of calls: report one that was made."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StrictBool, StrictInt, StringConstraints

from desk.lender.calls import report_call
from desk.rules.call_records import CallRecord, RecordingRef, Result, in_utc
from handlers.api.routes import Call, Reply, Route
from handlers.api.schemas import Closed, Text

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Seconds = Annotated[StrictInt, Field(ge=-86_400, le=864_000)]
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ].*")


def _written(value: object) -> object:
    if not isinstance(value, str) or not _WRITTEN.fullmatch(value):
        raise ValueError("write it like 2026-11-25T10:00:00+08:00")
    return value


Time = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(in_utc),
    Field(description="An instant with its offset, from 1970 to 2199."),
]


class RecordingReport(Closed):
    """A recording of the call: its address (https), or its name in the phone system."""

    place: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    seconds: Annotated[StrictInt | None, Field(ge=0, le=864_000)] = None


class CallReport(Closed):
    """A call as the phone system recorded it. `source` and `key` name it: the same again, or with more, is the same call.
    `number` is the customer's, the extension or e-mail address the agent's. `result` `pending` is a call that goes on."""

    source: Code
    key: Text
    direction: Literal["out", "in", "internal"]
    number: Annotated[str, StringConstraints(max_length=64)] = ""
    agent_extension: Annotated[str, StringConstraints(max_length=32)] = ""
    agent_email: Annotated[str, StringConstraints(max_length=200)] = ""
    started: Time
    answered: Time | None = None
    ended: Time | None = None
    talk_seconds: Seconds = 0
    ring_seconds: Seconds | None = None
    result: Result
    known_by: Literal["inferred", "signalled", "provider", "recognised"] = "provider"
    ended_by: Literal["", "agent", "customer", "system"] = ""
    sip_code: Annotated[StrictInt | None, Field(ge=100, le=699)] = None
    q850: Annotated[StrictInt | None, Field(ge=0, le=127)] = None
    provider_code: Annotated[str, StringConstraints(max_length=64)] = ""
    click_to_call: StrictBool = False
    sequence: Annotated[StrictInt, Field(ge=0, le=2_147_483_647)] = 0
    token: Annotated[str, StringConstraints(max_length=64)] = ""
    recordings: Annotated[list[RecordingReport], Field(max_length=20)] = Field(default_factory=list[RecordingReport])


class CallTaken(Closed):
    """That the report is kept. `effect`: a `new` call, one that it `changed`, or the `same` again."""

    effect: Literal["new", "changed", "same"]
    key: Text


def record_of(body: CallReport) -> CallRecord:
    """Return a report as the desk takes it."""
    given = body.model_dump(exclude={"recordings"})
    recordings = tuple(RecordingRef(place=each.place, seconds=each.seconds) for each in body.recordings)
    return CallRecord(**given, legs=(body.key,), recordings=recordings)


async def report(call: Call) -> Reply:
    """Keep a report; the worker applies it."""
    effect = await report_call(call.desk, record_of(call.body))
    return Reply(CallTaken(effect=effect, key=call.body.key), status=202)


ROUTES = (
    Route(
        "POST",
        "/calls",
        "Report a call",
        "report_calls",
        report,
        {202: CallTaken},
        body=CallReport,
        problems=(422,),
        description="The call is logged by the worker seconds later, or its agent is asked how it ended: docs/telephony.md.",
    ),
)
