"""The shapes of what the API takes and answers, from which openapi.json is made. Nothing that is not named here is taken or sent.

Amounts and days are texts: `"120000.00"`, `"2026-11-25"`. What they mean is read by the rules that read the lender's files.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

_NO_CONTROL = r"^[^\u0000-\u001f\u007f]*$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_CONTROL)]
LoanNumber = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\s\u0000-\u001f\u007f,;]+$")]
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_CONTROL)]
EventId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]
PageSize = Annotated[int, Field(ge=1, le=200)]
DueDay = Annotated[StrictInt, Field(ge=1, le=31)]


class Closed(BaseModel):
    """A shape with the named fields alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemField(Closed):
    """What is wrong in one place: a JSON pointer into the body, or the name of a parameter."""

    pointer: str
    code: str
    detail: str


class Problem(Closed):
    """Why a request was not done (RFC 9457). `code` does not change between releases; `reference` is the request's in the log."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    reference: str
    errors: list[ProblemField] = Field(default_factory=list[ProblemField])


class Remark(Closed):
    """What the sender should know of what was taken: a correction at the desk was `kept`, or `replaced`, in that field."""

    code: str
    field: str
