"""The rows behind a figure, as a list for a file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.exports.rows import Page, Value, Wanted, loan_cells, reader_of
from desk.messages.figure_lists import (
    BY_DAYS,
    FIGURES,
    OF_CALLS,
    OF_FOLLOW_UPS,
    OF_PROMISES,
    OF_STEPS,
    Figure,
    rows_of_one,
    whose_rows,
)
from desk.messages.figures import read_asked
from desk.rules.collection_steps import STEPS
from storage.queries.messages.figures import Behind
from storage.queries.people import members
from storage.tables import Member

_PEOPLE = 20
"""The most members whose rows are looked for in one transaction: they may have none."""

_FIGURES: Mapping[str, Figure] = {figure: figure for figure in FIGURES}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a list goes on: rows of a member that were read already, then those of others."""

    rows: Sequence[Behind]
    whose: Sequence[UUID | None]


async def behind_figure(desk: Desk, wanted: Wanted, place: _Place | None, limit: int) -> Page:
    """Return the next rows that a figure counts, member after member."""
    about = wanted.about
    figure = _FIGURES.get(about.get("x", ""), "calls")
    first_day = int(about["b"]) if "b" in about else None
    asked = read_asked(about, reader_of(desk))
    if place is None:
        place = _Place((), await whose_rows(desk, asked, figure))
    if not limit:
        return Page(())
    found, whose = list(place.rows), list(place.whose)
    for _ in range(_PEOPLE):
        if len(found) >= limit or not whose:
            break
        found += await rows_of_one(desk, asked, figure, first_day, whose.pop(0))
    page = found[:limit]
    cells = await loan_cells(desk, [each.loan for each in page])
    people = await members.by_ids(desk.session, {each.member_id for each in page if each.member_id})
    rows = [cells[each.loan.id].row(**_of_figure(figure, each, people)) for each in page]
    following = _Place(found[limit:], whose)
    return Page(rows, following if following.rows or following.whose else None)


def _of_figure(figure: Figure, each: Behind, people: Mapping[UUID, Member]) -> dict[str, Value]:
    what: Any = None
    if figure in OF_CALLS:
        what = VOCABULARY.outcome(each.word)
    elif figure in OF_FOLLOW_UPS:
        what = VOCABULARY.purpose(each.word)
    elif figure in OF_STEPS:
        what = STEPS.get(each.word)
    promised, paid = each.amounts or (None, None)
    return {
        "what": what,
        "promise": each.word if figure in OF_PROMISES or each.amounts else None,
        "taken": each.state == "done" if figure in OF_STEPS else None,
        "at": each.at,
        "days": int(each.word) if figure in BY_DAYS else None,
        "currency": each.loan.currency if each.amounts else None,
        "promised": promised,
        "paid": paid,
        "who": people[each.member_id].name if each.member_id else "",
    }
