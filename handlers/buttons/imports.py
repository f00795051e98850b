"""Buttons about imports: import a file, stop, go on, drop it, and open its refused rows. The message shows what becomes of it."""

from uuid import UUID

from desk.importing import decisions
from desk.importing.refused_links import offer_refused
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.file_imports import refused_offered


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
    },
)
