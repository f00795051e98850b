"""Lists that the lender's systems read: loans, follow-ups, calls, promises, documents. Only loans show anything personal."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.permissions import require
from desk.core.transaction import Desk
from desk.lender.loans import LoanRecord, find, records_of
from desk.loans.views import slack_ids
from storage.engine.pages import Mark, Page, Updates, Window
from storage.queries.lender import listings
from storage.queries.lender.settled import settled_until
from storage.queries.loans import loans
from storage.queries.people import members


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list is wanted: at most `limit` rows behind the mark `after`; of what was `updated_since`, if given."""

    after: Mark | None
    limit: int
    updated_since: datetime | None


@dataclass(frozen=True, slots=True)
class FollowUpRecord:
    """A follow-up. `assignee` is a Slack id."""

    id: UUID
    loan: str
    number: int
    version: int
    purpose: str
    state: str
    assignee: str
    due_on: date
    due_at: datetime | None
    attempts: int
    instalment_on: date | None
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A call. `caller` is a Slack id; `undone` ones are among the updated ones alone."""

    id: UUID
    loan: str
    version: int
    caller: str
    outcome: str
    purpose: str | None
    minutes: int | None
    amount: Decimal | None = field(repr=False)
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class PromiseRecord:
    """A promise to pay. `call` is the id of the call in which it was made; `undone` ones are among the updated ones alone."""

    id: UUID
    loan: str
    version: int
    call: UUID
    amount: Decimal | None = field(repr=False)
    due_on: date
    state: str
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document that was asked for."""

    id: UUID
    loan: str
    version: int
    document: str
    state: str
    valid_until: date | None
    changed_at: datetime


async def list_loans(desk: Desk, part: Part, *, stage: str | None, owner: str | None) -> Page[LoanRecord]:
    """Return loans. Raises NotAllowed (`scope_missing`), NotFound (`not_a_member_named`)."""
    require(desk, "read_loans")
    owner_id = await _member_id(desk, owner)
    page = await listings.loans(
        desk.session, desk.workspace.id, await _window(desk, part), stage=stage, owner_id=owner_id
    )
    return page.of(await records_of(desk, page.rows))


async def list_follow_ups(
    desk: Desk,
    part: Part,
    *,
    loan: str | None,
    assignee: str | None,
    state: str | None,
    due_from: date | None,
    due_to: date | None,
) -> Page[FollowUpRecord]:
    """Return follow-ups. Raises NotAllowed (`scope_missing`), NotFound (`import_loan_unknown`, `not_a_member_named`)."""
    require(desk, "read_follow_ups")
    page = await listings.follow_ups(
        desk.session,
        desk.workspace.id,
        await _window(desk, part),
        loan_id=await _loan_id(desk, loan),
        assignee_id=await _member_id(desk, assignee),
        state=state,
        due_from=due_from,
        due_to=due_to,
    )
    numbers, people = await _numbers(desk, page.rows), await slack_ids(desk, (row.assignee_id for row in page.rows))
    return page.of(
        FollowUpRecord(
            id=row.id,
            loan=numbers[row.loan_id],
            number=row.number,
            version=row.version,
            purpose=row.purpose,
            state=row.state,
            assignee=people[row.assignee_id],
            due_on=row.due_on,
            due_at=row.due_at,
            attempts=row.attempts,
            instalment_on=row.instalment_on,
            created_at=row.created_at,
            closed_at=row.closed_at,
        )
        for row in page.rows
    )


async def list_calls(
    desk: Desk, part: Part, *, loan: str | None, caller: str | None, since: datetime | None
) -> Page[LoggedCall]:
    """Return calls. Raises NotAllowed (`scope_missing`), NotFound (`import_loan_unknown`, `not_a_member_named`)."""
    require(desk, "read_calls")
    page = await listings.calls(
        desk.session,
        desk.workspace.id,
        await _window(desk, part),
        loan_id=await _loan_id(desk, loan),
        caller_id=await _member_id(desk, caller),
        since=since,
    )
    numbers, people = await _numbers(desk, page.rows), await slack_ids(desk, (row.caller_id for row in page.rows))
    return page.of(
        LoggedCall(
            id=row.id,
            loan=numbers[row.loan_id],
            version=row.version,
            caller=people[row.caller_id],
            outcome=row.outcome,
            purpose=row.purpose,
            minutes=row.minutes,
            amount=row.amount,
            at=row.at,
            undone=row.undone_at is not None,
        )
        for row in page.rows
    )


async def list_promises(
    desk: Desk, part: Part, *, loan: str | None, state: str | None, due_from: date | None, due_to: date | None
) -> Page[PromiseRecord]:
    """Return promises. Raises NotAllowed (`scope_missing`), NotFound (`import_loan_unknown`)."""
    require(desk, "read_promises")
    page = await listings.promises(
        desk.session,
        desk.workspace.id,
        await _window(desk, part),
        loan_id=await _loan_id(desk, loan),
        state=state,
        due_from=due_from,
        due_to=due_to,
    )
    numbers = await _numbers(desk, page.rows)
    return page.of(
        PromiseRecord(
            id=row.id,
            loan=numbers[row.loan_id],
            version=row.version,
            call=row.call_id,
            amount=row.amount,
            due_on=row.due_on,
            state=row.state,
            at=row.at,
            undone=row.undone_at is not None,
        )
        for row in page.rows
    )


async def list_documents(desk: Desk, part: Part, *, loan: str | None, state: str | None) -> Page[DocumentRecord]:
    """Return documents that were asked for. Raises NotAllowed (`scope_missing`), NotFound (`import_loan_unknown`)."""
    require(desk, "read_documents")
    page = await listings.documents(
        desk.session,
        desk.workspace.id,
        await _window(desk, part),
        loan_id=await _loan_id(desk, loan),
        state=state,
    )
    numbers = await _numbers(desk, page.rows)
    return page.of(
        DocumentRecord(
            row.id, numbers[row.loan_id], row.version, row.document, row.state, row.valid_until, row.changed_at
        )
        for row in page.rows
    )


async def _window(desk: Desk, part: Part) -> Window:
    """Return which part of a list is wanted. What was updated ends where nothing is still to be committed."""
    if part.updated_since is None:
        return Window(part.after, part.limit)
    return Updates(part.after, part.limit, part.updated_since, await settled_until(desk.session, desk.now))


class _OfLoan(Protocol):
    loan_id: UUID


async def _numbers(desk: Desk, rows: Iterable[_OfLoan]) -> Mapping[UUID, str]:
    found = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    return {loan_id: loan.number for loan_id, loan in found.items()}


async def _loan_id(desk: Desk, number: str | None) -> UUID | None:
    return None if number is None else (await find(desk, number)).id


async def _member_id(desk: Desk, slack_id: str | None) -> UUID | None:
    if slack_id is None:
        return None
    found = await members.by_slack_id(desk.session, desk.workspace.id, slack_id)
    if found is None:
        raise NotFound("not_a_member_named", slack_id=slack_id)
    return found.id
