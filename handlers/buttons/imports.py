"""Buttons about imports: import a file, stop, go on, drop it, and see what is said of its rows. A message is kept current."""

from uuid import UUID

from desk.importing import decisions
from desk.importing.refused_links import offer_refused
from desk.importing.row_pages import What, row_page
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.file_imports import refused_offered, rows_listed


async def start(request: Request) -> None:
    """Import all rows of a file, or go on."""
    await decisions.start(request.desk, *_which(request), good_rows=False)


async def start_good(request: Request) -> None:
    """Import the good rows of a file, or go on."""
    await decisions.start(request.desk, *_which(request), good_rows=True)


async def stop(request: Request) -> None:
    """Stop an import."""
    await decisions.stop(request.desk, *_which(request))


async def cancel(request: Request) -> None:
    """Drop an import."""
    await decisions.cancel(request.desk, *_which(request))


async def check(request: Request) -> None:
    """Have a file tried that was imported before."""
    await decisions.check_again(request.desk, *_which(request))


async def refused(request: Request) -> Reply:
    """Show the presser a link to the refused rows, with its code."""
    offer = await offer_refused(request.desk, UUID(request.value["i"]))
    return Reply(refused_offered(request.t, offer, request.zone))


async def rows(request: Request) -> Reply:
    """Show the presser a page of the refused rows of a file, or of the remarks about others."""
    value = request.value
    what: What = "remarks" if value.get("w") == "remarks" else "refused"
    page = await row_page(request.desk, UUID(value["i"]), what, int(value.get("o", 0)))
    return Reply(rows_listed(request.t, page), replaces="o" in value)


def _which(request: Request) -> tuple[UUID, int]:
    return UUID(request.value["i"]), int(request.value["v"])


FAMILY = ButtonFamily(
    "import",
    {
        "start": start,
        "start_good": start_good,
        "stop": stop,
        "cancel": cancel,
        "check": check,
        "refused": refused,
        "rows": rows,
    },
)
