"""Buttons of the figures of a team: the page for a period, a team or a member, and the list behind a number."""

from collections.abc import Mapping

from desk.messages.figure_lists import FIGURES, Figure, figure_list
from desk.messages.figures import Asked, figures_of, read_asked
from handlers.door.declarations import ButtonFamily
from handlers.door.request import OpenModal, Reply, Request, UpdateModal
from handlers.messages.figure_lists import listed
from handlers.messages.figures import FIGURES_VIEW, figures_message, figures_view

_FIGURES: Mapping[str, Figure] = {figure: figure for figure in FIGURES}


async def show(request: Request) -> OpenModal | UpdateModal:
    """Show the figures in a modal; in that modal, those of another period, team or member."""
    found = await figures_of(request.desk, _asked(request))
    view = figures_view(request.t, found)
    return UpdateModal(view) if request.form == FIGURES_VIEW else OpenModal(view, figures_message(request.t, found))


async def list_rows(request: Request) -> Reply:
    """Show a page of the rows behind a number."""
    value = request.value
    first_day = int(value["b"]) if "b" in value else None
    found = await figure_list(
        request.desk,
        _asked(request),
        _FIGURES.get(str(value.get("x")), "calls"),
        first_day=first_day,
        offset=int(value.get("o", 0)),
    )
    return Reply(listed(request.t, found, request.zone), replaces="o" in value)


def _asked(request: Request) -> Asked:
    return read_asked(request.value, request.desk.member)


FAMILY = ButtonFamily("figures", {"show": show, "list": list_rows}, opens_modal=frozenset({"show"}))
