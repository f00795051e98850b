"""Routes of lists as files: have one made, ask whether it is there, get a link to it."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from desk.core.permissions import require
from desk.core.webhook_events import plain
from desk.exports.asking import ExportView, ask_export, link_to_export, own_export
from desk.exports.rows import Wanted
from handlers.api.routes import BASE, Call, Reply, Route
from handlers.api.schemas import Closed, Instant

ListName = Literal["portfolio", "due", "arrears", "unplanned", "pool"]
FormatName = Literal["xlsx", "csv", "csv_bom"]


class ExportBody(Closed):
    """The list that is wanted, of the whole workspace, and the format. `late`: of the follow-ups due only the late ones.
    `language` is that of headings and words."""

    list: ListName
    format: FormatName = "csv"
    late: StrictBool = False
    language: Literal["en", "zh"] = "en"


class ExportDocument(Closed):
    """A list as a file. `state` waiting: it is being made; ready: ask for a link; failed: ask again; forbidden: the token lost a
    scope meanwhile; gone: it is kept no more."""

    id: str
    list: ListName
    format: FormatName
    state: Literal["waiting", "ready", "failed", "forbidden", "gone"]
    rows: int | None
    bytes: int | None = Field(description="The size of the file.")
    sha256: str | None
    in_full: bool


class LinkDocument(Closed):
    """A link to the file, for one use: POST the form `code=…` to `url` before `until`."""

    url: str
    code: str
    until: Instant


async def ask(call: Call) -> Reply:
    """Have a list made into a file."""
    require(call.desk, "export_by_program")
    body: ExportBody = call.body
    about: dict[str, str] = {"language": body.language}
    if body.list == "due":
        about["p"] = "late" if body.late else "all"
    asked = await ask_export(call.desk, Wanted(body.list, about), body.format)
    await call.desk.session.flush()
    return Reply(_document(await own_export(call.desk, asked.id)), 202, {"Location": f"{BASE}/exports/{asked.id}"})


async def read(call: Call) -> Reply:
    """Answer with what has become of an export of the program."""
    return Reply(_document(await own_export(call.desk, UUID(call.path["export"]))))


async def make_link(call: Call) -> Reply:
    """Answer with a link to the file of an export of the program."""
    offer = await link_to_export(call.desk, UUID(call.path["export"]))
    return Reply(LinkDocument.model_validate({"url": offer.url, "code": offer.code, "until": plain(offer.until)}), 201)


def _document(view: ExportView) -> ExportDocument:
    state = "waiting"
    if view.is_built:
        state = "ready" if view.file_id is not None else "gone"
    elif view.why:
        state = view.why
    made = view.is_built
    return ExportDocument.model_validate(
        {
            "id": str(view.id),
            "list": view.listed,
            "format": view.format,
            "state": state,
            "rows": view.rows if made else None,
            "bytes": view.size if made else None,
            "sha256": view.sha256 if made else None,
            "in_full": view.in_full,
        }
    )


ROUTES = (
    Route(
        "POST",
        "/exports",
        "Have a list made into a file",
        "export_by_program",
        ask,
        {202: ExportDocument},
        body=ExportBody,
        description="docs/exports.md says what is in it. Names and numbers are in full with personal:read.",
    ),
    Route(
        "GET",
        "/exports/{export}",
        "Ask whether the file is there",
        "export_by_program",
        read,
        {200: ExportDocument},
        places={"export": UUID},
    ),
    Route(
        "POST",
        "/exports/{export}/links",
        "Get a link to the file, for one use",
        "export_by_program",
        make_link,
        {201: LinkDocument},
        places={"export": UUID},
    ),
)
