"""Calls that the phone system reported: upsert by their key, find what is to be applied, list what fits nobody."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import SQLModel, col, delete, select

from storage.engine.database import insert_into
from storage.engine.rows import also
from storage.engine.work import Work
from storage.queries.core.due_rows import are_due, waits_for
from storage.queries.loans.visibility import IS_THERE
from storage.queries.people.members import AT_DESK
from storage.tables import Call, Loan, Member, PhoneCall, RelatedPerson, RelatedTerm

PHONE_CALLS = "phone_calls"

_TABLE = SQLModel.metadata.tables["phone_call"]
_APPLY_AT = waits_for(PHONE_CALLS, _TABLE.c.apply_at)


@cache
def _insert_unless_there(dialect: str) -> Any:
    return insert_into(dialect, _TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)


async def insert(session: Work, row: PhoneCall) -> bool:
    """Insert a call. Return False when its source has reported one of that key: the row that is there stays as it is."""
    return (await session.exec(_insert_unless_there(session.dialect.name), params=vars(row))).first() is not None


async def lock_of_key(session: Work, workspace_id: UUID, source: str, key: str) -> PhoneCall:
    """Return the call of that key, locked until the transaction ends."""
    statement = select(PhoneCall).where(
        PhoneCall.workspace_id == workspace_id, PhoneCall.source == source, PhoneCall.key == key
    )
    return (await session.exec(_locked(statement))).one()


async def is_known(session: Work, workspace_id: UUID, source: str, key: str) -> bool:
    """Return whether its source has reported a call of that key."""
    statement = select(PhoneCall.id).where(
        PhoneCall.workspace_id == workspace_id, PhoneCall.source == source, PhoneCall.key == key
    )
    return (await session.exec(statement)).first() is not None


async def lock(session: Work, workspace_id: UUID, row_id: UUID) -> PhoneCall | None:
    """Return a call, locked until the transaction ends."""
    statement = select(PhoneCall).where(PhoneCall.id == row_id, PhoneCall.workspace_id == workspace_id)
    return (await session.exec(_locked(statement))).first()


def _locked(statement: Any) -> Any:
    return statement.with_for_update().execution_options(populate_existing=True)


async def take_next(
    session: Work, workspace_id: UUID, now: datetime, *, only: Collection[UUID] | None = None
) -> PhoneCall | None:
    """Return the next call of which a report is to be applied, locked; another transaction's is skipped."""
    statement = select(PhoneCall).where(*are_due(_APPLY_AT, workspace_id, PHONE_CALLS, now, only))
    statement = statement.order_by(col(PhoneCall.apply_at), col(PhoneCall.id)).limit(1)
    return (await session.exec(statement.with_for_update(skip_locked=True))).first()


async def due_ids(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[UUID]:
    """Return the calls of which reports are to be applied, without taking them."""
    statement = select(PhoneCall.id).where(*are_due(_APPLY_AT, workspace_id, PHONE_CALLS, now, None))
    return list((await session.exec(statement.order_by(col(PhoneCall.apply_at)).limit(limit))).all())


async def asked_of(session: Work, loan_id: UUID, agent_id: UUID, since: datetime) -> PhoneCall | None:
    """Return the last call on the loan, begun since then, of which this agent is asked the outcome, locked."""
    statement = select(PhoneCall).where(
        PhoneCall.loan_id == loan_id,
        PhoneCall.agent_id == agent_id,
        PhoneCall.state == "asks",
        col(PhoneCall.began_at) >= since,
    )
    return (await session.exec(_locked(statement.order_by(col(PhoneCall.began_at).desc()).limit(1)))).first()


async def logged_by_hand(session: Work, loan_id: UUID, caller_id: UUID, start: datetime, end: datetime) -> Call | None:
    """Return the first call on the loan that this member logged in that time and that no report belongs to."""
    reported = select(PhoneCall.call_id).where(PhoneCall.loan_id == loan_id, col(PhoneCall.call_id).is_not(None))
    statement = select(Call).where(
        Call.loan_id == loan_id,
        Call.caller_id == caller_id,
        col(Call.at) >= start,
        col(Call.at) <= end,
        col(Call.undone_at).is_(None),
        col(Call.id).not_in(reported),
    )
    return (await session.exec(statement.order_by(col(Call.at)).limit(1))).first()


async def reported_attempt(session: Work, loan_id: UUID, caller_id: UUID, since: datetime) -> Call | None:
    """Return the last attempt of this member on the loan, begun since then, that a report logged and nobody changed."""
    statement = select(Call).join(PhoneCall, col(PhoneCall.call_id) == col(Call.id))
    statement = statement.where(
        PhoneCall.loan_id == loan_id,
        PhoneCall.why == Call.outcome,
        Call.caller_id == caller_id,
        col(Call.at) >= since,
        col(Call.undone_at).is_(None),
    )
    return (await session.exec(statement.order_by(col(Call.at).desc()).limit(1))).first()


async def has_later_call(session: Work, loan_id: UUID, since: datetime) -> bool:
    """Return whether a call on the loan that began later was logged."""
    statement = select(Call.id).where(Call.loan_id == loan_id, col(Call.at) > since, col(Call.undone_at).is_(None))
    return (await session.exec(statement.limit(1))).first() is not None


async def missed_before(session: Work, made: Collection[Call]) -> list[PhoneCall]:
    """Return the calls about the loans of these calls that nobody took, begun before one of these, and after which there was no
    other than it."""
    later, other = also(Call), also(Call)
    another = exists().where(
        col(other.loan_id) == col(PhoneCall.loan_id),
        col(other.id) != col(later.id),
        col(other.at) > col(PhoneCall.began_at),
        col(other.undone_at).is_(None),
    )
    followed = exists().where(
        col(later.id).in_([call.id for call in made]),
        col(later.loan_id) == col(PhoneCall.loan_id),
        col(later.at) > col(PhoneCall.began_at),
        ~another.correlate(PhoneCall, later),
    )
    statement = select(PhoneCall).where(
        col(PhoneCall.loan_id).in_({call.loan_id for call in made}),
        PhoneCall.state == "none",
        col(PhoneCall.inbound).is_(True),
        followed.correlate(PhoneCall),
    )
    return list((await session.exec(statement)).all())


async def members_of(session: Work, workspace_id: UUID, *, extension: str, email: str) -> list[Member]:
    """Return the members who may use the desk with that extension or e-mail address (case folded), where either is given."""
    found: list[Member] = []
    base = select(Member).where(Member.workspace_id == workspace_id, *AT_DESK)
    if extension:
        found += (await session.exec(base.where(Member.extension == extension).limit(2))).all()
    if email and not found:
        found += (await session.exec(base.where(Member.email == email).limit(2))).all()
    return found


async def loans_of_borrowers(session: Work, borrower_ids: Collection[UUID]) -> list[Loan]:
    """Return all loans of these borrowers, the newest first."""
    statement = select(Loan).where(col(Loan.borrower_id).in_(borrower_ids), IS_THERE)
    return list((await session.exec(statement.order_by(col(Loan.created_at).desc()))).all())


async def people_with(session: Work, workspace_id: UUID, digest: int) -> list[RelatedPerson]:
    """Return the present people around loans whom search finds by that digest."""
    found = select(RelatedTerm.person_id).where(RelatedTerm.digest == digest)
    around = select(RelatedPerson).join(Loan, col(Loan.id) == col(RelatedPerson.loan_id))
    statement = around.where(
        RelatedPerson.workspace_id == workspace_id,
        IS_THERE,
        col(RelatedPerson.id).in_(found),
        col(RelatedPerson.removed_at).is_(None),
        col(RelatedPerson.undone_at).is_(None),
    )
    return list((await session.exec(statement.order_by(col(RelatedPerson.id)))).all())


async def in_states(
    session: Work, workspace_id: UUID, states: Collection[str], *, whose: UUID | None, offset: int, limit: int
) -> Sequence[PhoneCall]:
    """Return the calls in one of these states, of one agent or of all, those that changed last first."""
    statement = select(PhoneCall).where(PhoneCall.workspace_id == workspace_id, col(PhoneCall.state).in_(states))
    if whose is not None:
        statement = statement.where(PhoneCall.agent_id == whose)
    ordered = statement.order_by(col(PhoneCall.changed_at).desc(), col(PhoneCall.id).desc())
    return (await session.exec(ordered.offset(offset).limit(limit))).all()


async def of_calls(session: Work, call_ids: Collection[UUID]) -> dict[UUID, PhoneCall]:
    """Return what was reported of these calls, by the id of the call."""
    if not call_ids:
        return {}
    statement = select(PhoneCall).where(col(PhoneCall.call_id).in_(call_ids))
    return {row.call_id: row for row in await session.exec(statement) if row.call_id is not None}


async def forget(session: Work, workspace_id: UUID, states: Collection[str], before: datetime, *, limit: int) -> int:
    """Delete the next calls in these states that changed last before then; return how many."""
    statement = select(PhoneCall.id).where(
        PhoneCall.workspace_id == workspace_id, col(PhoneCall.state).in_(states), PhoneCall.changed_at < before
    )
    ids = (await session.exec(statement.limit(limit).with_for_update(skip_locked=True))).all()
    if ids:
        await session.exec(delete(PhoneCall).where(col(PhoneCall.id).in_(ids)))
    return len(ids)
