"""The rows of each list: those of the same query as the list in Slack, with the same rights, page after page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, get_args
from uuid import UUID

from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.exports.documents import waiting_documents
from desk.exports.figures import behind_figure
from desk.exports.lists import ListCode
from desk.exports.portfolio import portfolio
from desk.exports.rows import Page, Row, Wanted, is_whole, loan_cells, next_cells, reader_of, viewer_of
from desk.exports.trails import trail
from desk.follow_ups import arrears_queue, due_lists
from desk.follow_ups.arrears_queue import Ranked
from desk.follow_ups.due_lists import Kind, Listed, Period
from desk.loans import lists
from desk.people.members import member_by_id
from storage.queries.core.keyset import Key
from storage.queries.follow_ups import due_lists as due_queries
from storage.queries.follow_ups import follow_ups
from storage.queries.follow_ups.due_lists import Whose, Window
from storage.queries.loans import loans, search
from storage.queries.people.scopes import People
from storage.tables import Loan, Member

Read = Callable[[Desk, Wanted, Any, int], Awaitable[Page]]
"""Reads a page of a list from a place on (None: from the beginning). Raises as the list in Slack does."""

MOST_IN_ARREARS = 1_000_000
"""The most borrowers in arrears that a file has: as many as a lender has loans. Their order needs all of them at once."""

_PERIODS: Mapping[str, Period] = {period: period for period in get_args(Period)}
_KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}


async def read_page(desk: Desk, wanted: Wanted, place: Any = None, *, limit: int) -> Page:
    """Return the rows of a list from a place on, at most `limit`; with 0, only ask whether the
    acting member may have them.

    Raises NotAllowed (`role_missing`; and as the list does), NotFound (`member_gone`), Invalid (`export_needs_member`: the
    operator and programs have no such list).
    """
    if desk.actor is not None:
        require_role(desk, "export_list")
    return await SOURCES[wanted.listed](desk, wanted, place, limit)


async def _due(desk: Desk, wanted: Wanted, place: Key | None, limit: int) -> Page:
    period, kind = _PERIODS.get(wanted.about.get("p", ""), "today"), _KINDS.get(wanted.about.get("k", ""))
    listed, _ = await _people(desk, wanted)
    window = _window(desk, listed.people, period, kind, place)
    found = await due_lists.rows_of(desk, window, limit=limit)
    rows = await follow_ups.by_ids(desk.session, [each.follow_up.id for each in found])
    cells = await loan_cells(desk, list((await loans.by_ids(desk.session, {e.loan_id for e in found})).values()))
    page = [
        cells[each.loan_id].row(
            follow_up=f"{each.follow_up.loan_number}/{each.follow_up.number}",
            purpose=VOCABULARY.purpose(each.follow_up.purpose),
            due=each.follow_up.due,
            late=each.follow_up.late,
            assignee=each.assignee_name,
            attempts=each.follow_up.attempts,
        )
        for each in found
    ]
    last = rows[found[-1].follow_up.id] if found and len(found) == limit else None
    return Page(page, (last.late_at, last.id) if last else None)


def _window(desk: Desk, people: People, period: Period, kind: Kind | None, beyond: Key | None) -> Window:
    if not is_whole(desk):
        window = due_lists.window_of(desk, people, period, kind)
    elif period in ("all", "late"):
        until = desk.now - desk.now.resolution if period == "late" else None
        window = Window(people, None, until, due_lists.purposes_of(kind))
    else:
        raise Invalid("export_needs_member")
    return Window(window.people, window.after, window.until, window.purposes, beyond=beyond)


async def _arrears(desk: Desk, wanted: Wanted, place: list[Ranked] | None, limit: int) -> Page:
    if place is None:
        _, owners = await _people(desk, wanted)
        if not limit:
            return Page(())
        queue = await arrears_queue.arrears_queue(desk, owners, most=MOST_IN_ARREARS)
        place = await queue.rows(desk, 0, queue.total)
    there = await loans.by_ids(desk.session, [each.loan_id for each in place[:limit]])
    ranked = [each for each in place[:limit] if each.loan_id in there]
    listed = await arrears_queue.listed(desk, ranked)
    cells = await loan_cells(desk, [there[each.loan_id] for each in ranked])
    nexts = await next_cells(desk, [there[each.loan_id] for each in ranked])
    page: list[Row] = []
    for each in listed:
        view = each.arrears
        assert view is not None
        promise = view.promise
        page.append(
            cells[each.loan_id].row(
                unpaid_since=each.since,
                bucket=view.bucket,
                days=view.days,
                past_due=view.past_due,
                currency=view.currency,
                promise=promise.state if promise else None,
                promise_day=promise.due_on if promise else None,
                promise_amount=promise.amount if promise else None,
                spoken=view.spoken_on,
                **nexts[each.loan_id],
            )
        )
    return Page(page, place[limit:] or None)


async def _unplanned(desk: Desk, wanted: Wanted, place: Key | None, limit: int) -> Page:
    _, owners = await _people(desk, wanted)
    found = await due_queries.unplanned(desk.session, owners, desk.workspace_today, limit=limit, beyond=place)
    cells = await loan_cells(desk, [loan for loan, _ in found])
    return Page([cells[loan.id].row() for loan, _ in found], _behind([loan for loan, _ in found], limit))


async def _mine(desk: Desk, wanted: Wanted, place: Key | None, limit: int) -> Page:
    owner = await member_by_id(desk, UUID(wanted.about["w"])) if "w" in wanted.about else reader_of(desk)
    if owner.id != desk.member.id:
        await due_lists.people_listed(desk, desk.member, owner)
    stages = (wanted.about["s"],) if "s" in wanted.about else loans.LIVE_STAGES
    found = await loans.of_owner(desk.session, owner.id, stages, limit=limit, beyond=place)
    return Page(await rows_with_next(desk, found), _behind(found, limit))


async def _pool(desk: Desk, _wanted: Wanted, place: Key | None, limit: int) -> Page:
    if not is_whole(desk):
        lists.require_pool(desk)
    found = await loans.of_nobody(desk.session, desk.workspace.id, limit=limit, beyond=place)
    return Page(await rows_with_next(desk, found), _behind_by_age(found, limit))


async def _find(desk: Desk, wanted: Wanted, place: Key | None, limit: int) -> Page:
    found = await search.find_loans(
        desk.session,
        desk.cipher,
        desk.workspace.id,
        lists.asked_words(desk, wanted.words),
        visible=await viewer_of(desk),
        limit=limit,
        related=True,
        beyond=place,
    )
    return Page(await rows_with_next(desk, found), _behind_by_age(found, limit))


async def rows_with_next(desk: Desk, found: Sequence[Loan]) -> list[Row]:
    """Return loans as rows with their most urgent follow-ups."""
    cells, nexts = await loan_cells(desk, found), await next_cells(desk, found)
    return [cells[loan.id].row(**nexts[loan.id]) for loan in found]


async def _people(desk: Desk, wanted: Wanted) -> tuple[Listed, Whose]:
    """Return whose rows a list of follow-ups has, and whose loans one of loans."""
    if is_whole(desk):
        everybody = People("everybody", workspace_id=desk.workspace.id)
        return Listed(everybody), Whose(everybody, desk.workspace.id)
    about = wanted.about
    named, whose = about.get("w"), None
    if named is not None:
        whose: Member | Literal["team"] | None = "team" if named == "team" else await member_by_id(desk, UUID(named))
    reader = await member_by_id(desk, UUID(about["of"])) if "of" in about else desk.member
    listed = await due_lists.people_listed(desk, reader, whose, alone="a" in about)
    return listed, due_lists.owners_of(desk, listed, whose)


def _behind(found: Sequence[Loan], limit: int) -> Key | None:
    return (found[-1].stage_since, found[-1].id) if found and len(found) == limit else None


def _behind_by_age(found: Sequence[Loan], limit: int) -> Key | None:
    return (found[-1].created_at, found[-1].id) if found and len(found) == limit else None


SOURCES: Mapping[ListCode, Read] = {
    "due": _due,
    "arrears": _arrears,
    "unplanned": _unplanned,
    "mine": _mine,
    "pool": _pool,
    "find": _find,
    "documents": waiting_documents,
    "figure": behind_figure,
    "trail": trail,
    "portfolio": portfolio,
}
"""What reads each list."""
