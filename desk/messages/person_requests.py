"""Requests of persons about their own data as compliance sees them, and what compliance is told of them."""

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.unreadable import NAME, read
from desk.loans.keeping import day_of
from desk.messages import kinds
from desk.messages.notices import queue_notice
from storage.queries.core import compliance
from storage.queries.core.rows import by_ids
from storage.queries.people import members
from storage.queries.rights import person_exports, person_requests
from storage.tables import Loan, Member, PersonRequest

Stage = Literal["entered", "soon", "last_day", "late"]
"""Of what compliance is told: a request was entered, it is due soon, today, or its day is over."""

SOON = 5
"""How many days before its last day compliance is reminded of a request."""


@dataclass(frozen=True, slots=True)
class PersonRequestView:
    """A request; `kind`, `law`, `way`, `proof` and `ground` are codes. `member` and `by` are Slack ids, `number` is the loan's.

    `exported_on` is when the last export of the person's data was made. `of_other` is whether it is of another person around the
    loan than the borrower. `name`, `words`, `answer` and `extension` are texts that members typed, empty where there are none.
    """

    id: UUID
    version: int
    kind: str
    law: str
    way: str
    proof: str
    state: str
    received_on: date
    due_on: date
    days_left: int
    loan_id: UUID | None
    number: str
    of_other: bool
    member: str | None
    by: str
    extended: bool
    closed_on: date | None
    exported_on: date | None
    ground: str | None
    name: str = field(repr=False)
    words: str = field(repr=False)
    answer: str = field(repr=False)
    extension: str = field(repr=False)

    @property
    def is_late(self) -> bool:
        """Return whether the last day for the answer is over."""
        return self.state == "open" and self.days_left < 0


@dataclass(frozen=True, slots=True)
class RequestNotice:
    """A request as a channel may see it: without a name and without what was typed."""

    kind: str
    number: str
    due_on: date
    days_left: int
    stage: Stage


async def request_view(desk: Desk, row: PersonRequest) -> PersonRequestView:
    """Return the request with its texts."""
    return (await request_views(desk, [row]))[0]


async def request_views(desk: Desk, rows: Sequence[PersonRequest]) -> tuple[PersonRequestView, ...]:
    """Return the requests with their texts."""
    named = await by_ids(desk.session, Loan, {row.loan_id for row in rows if row.loan_id})
    people = await members.by_ids(desk.session, {each for row in rows for each in (row.member_id, row.by_id) if each})
    exports = await person_exports.last_exports(desk.session, [row.id for row in rows])
    return tuple(
        _view(
            desk,
            row,
            loan=named.get(row.loan_id) if row.loan_id else None,
            member=people[row.member_id] if row.member_id else None,
            by=people[row.by_id],
            built_at=exports.get(row.id),
        )
        for row in rows
    )


def _view(
    desk: Desk, row: PersonRequest, *, loan: Loan | None, member: Member | None, by: Member, built_at: datetime | None
) -> PersonRequestView:
    return PersonRequestView(
        id=row.id,
        version=row.version,
        kind=row.kind,
        law=row.law,
        way=row.way,
        proof=row.proof,
        state=row.state,
        received_on=row.received_on,
        due_on=row.due_on,
        days_left=(row.due_on - desk.workspace_today).days,
        loan_id=row.loan_id,
        number=loan.number if loan else "",
        of_other=row.person_id is not None,
        member=member.slack_user_id if member else None,
        by=by.slack_user_id,
        extended=row.extended_at is not None,
        closed_on=day_of(desk, row.closed_at) if row.closed_at else None,
        exported_on=day_of(desk, built_at) if built_at else None,
        ground=row.ground,
        name=read(desk, PersonRequest.name_cipher, row, NAME),
        words=read(desk, PersonRequest.words_cipher, row),
        answer=read(desk, PersonRequest.answer_cipher, row),
        extension=read(desk, PersonRequest.extension_cipher, row),
    )


async def tell_compliance(desk: Desk, row: PersonRequest, stage: Stage) -> None:
    """Queue what compliance is told of a request: in its channel, else to each of its members, but for who acts."""
    rules = await compliance.rules(desk.session, desk.workspace.id)
    channel = rules.channel_id if rules is not None else None
    to: Sequence[Member | str] = [channel] if channel else await _officers(desk)
    for each in to:
        name = each if isinstance(each, str) else str(each.id)
        await queue_notice(
            desk,
            kind=kinds.PERSON_REQUEST,
            key=f"person_request:{row.id}:{stage}:{row.due_on}:{name}",
            to=each,
            about_loan_id=row.loan_id,
            facts={"request": str(row.id), "stage": stage},
        )


async def remind_of_requests(desk: Desk) -> int:
    """Remind compliance of the requests that fall due, and return how many are late. It is called once a day."""
    today = desk.workspace_today
    due = await person_requests.due_by(desk.session, desk.workspace.id, today + timedelta(days=SOON))
    for row in due:
        await tell_compliance(desk, row, _stage(row, today))
    return sum(row.due_on < today for row in due)


async def request_notice(desk: Desk, request_id: UUID, stage: Stage) -> RequestNotice | None:
    """Return the request that a notice is about; None once it is answered or gone."""
    row = await desk.session.get(PersonRequest, request_id)
    if row is None or row.state != "open" or row.undone_at is not None:
        return None
    loan = await desk.session.get(Loan, row.loan_id) if row.loan_id else None
    left = (row.due_on - desk.workspace_today).days
    return RequestNotice(row.kind, loan.number if loan else "", row.due_on, left, stage)


async def _officers(desk: Desk) -> list[Member]:
    found = await members.with_role(desk.session, desk.workspace.id, "compliance")
    return [member for member in found if desk.actor is None or member.id != desk.actor.id]


def _stage(row: PersonRequest, today: date) -> Stage:
    if row.due_on < today:
        return "late"
    return "last_day" if row.due_on == today else "soon"
