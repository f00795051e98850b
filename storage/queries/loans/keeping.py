"""What decides whether loans may be deleted: holds, disputes, open work, the last contact, packs of rules, how far they came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, Uuid, bindparam, cast, func, literal_column, null, or_, union_all
from sqlalchemy import select as core_select
from sqlmodel import col, select

from storage.engine.rows import also
from storage.engine.types import UtcDateTime
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.tables import (
    Call,
    CollectionStep,
    ContactChoice,
    ContactState,
    Escalation,
    FollowUp,
    LegalHold,
    Loan,
    OtherContact,
    RetentionPolicy,
    StageChange,
)

_columns: Any = core_select  # the parts of a union have more columns than its types know
_ALSO = also(Loan)


@dataclass(slots=True)
class Facts:
    """What bears on whether a loan may be deleted.

    `called_at`: the last call or other contact on it; `disputed_at`: the last dispute that was recorded, `dispute_is_open`: one
    was not ended; `packs`: the codes of its own packs of contact rules, None where it has none; `applied`: it was more than an
    inquiry.
    """

    called_at: datetime | None = None
    acted_at: datetime | None = None
    disputed_at: datetime | None = None
    dispute_is_open: bool = False
    is_escalated: bool = False
    has_plans: bool = False
    applied: bool = False
    packs: str | None = None
    holds: list[LegalHold] = field(default_factory=list[LegalHold])


def _part(kind: str, table: Any, at: Any = None, code: Any = None, until_on: Any = None) -> Any:
    """Return the part for a kind of fact: its loan, when, a code and a last day, as far as given."""
    return _columns(
        literal_column(f"'{kind}'", String()),
        cast(table.loan_id, Uuid()),
        cast(null(), UtcDateTime()) if at is None else at,
        cast(null(), String()) if code is None else code,
        cast(null(), Date()) if until_on is None else until_on,
    ).where(col(table.loan_id).in_(bindparam("loans", expanding=True)))


_INQUIRING = ("inquiry", "withdrawn")

_FACTS = union_all(
    _part("called", Call, func.max(Call.at)).where(col(Call.undone_at).is_(None)).group_by(Call.loan_id),
    _part("called", OtherContact, func.max(OtherContact.contacted_at))
    .where(col(OtherContact.undone_at).is_(None))
    .group_by(OtherContact.loan_id),
    _part("acted", CollectionStep, func.max(CollectionStep.at))
    .where(col(CollectionStep.undone_at).is_(None))
    .group_by(CollectionStep.loan_id),
    _part("over", ContactState, ContactState.at).where(
        col(ContactState.undone_at).is_(None), ContactState.code == "dispute", col(ContactState.ended_at).is_not(None)
    ),
    _part("dispute", ContactState, ContactState.at, until_on=ContactState.until_on).where(
        col(ContactState.undone_at).is_(None), ContactState.code == "dispute", col(ContactState.ended_at).is_(None)
    ),
    _part("escalated", Escalation)
    .where(Escalation.state != "resolved", col(Escalation.undone_at).is_(None))
    .distinct(),
    _part("planned", FollowUp).where(FollowUp.state == "open").distinct(),
    _part("applied", StageChange)
    .where(
        col(StageChange.undone_at).is_(None),
        or_(col(StageChange.to_stage).not_in(_INQUIRING), col(StageChange.from_stage).not_in(_INQUIRING)),
    )
    .distinct(),
    _part("packs", ContactChoice, ContactChoice.at, ContactChoice.packs).where(col(ContactChoice.undone_at).is_(None)),
)


async def facts_of(session: Work, loan_ids: Collection[UUID], today: date) -> dict[UUID, Facts]:
    """Return by loan what bears on whether it may be deleted today; holds on any loan of its borrower count."""
    await session.flush()
    found = {loan_id: Facts() for loan_id in loan_ids}
    chosen_at: dict[UUID, datetime] = {}
    for ids in chunks(loan_ids):
        for kind, loan_id, at, code, until_on in (await session.execute(_FACTS, {"loans": list(ids)})).all():
            facts = found[loan_id]
            match kind:
                case "called":
                    facts.called_at = max(at, facts.called_at or at)
                case "acted":
                    facts.acted_at = at
                case "over" | "dispute":
                    facts.disputed_at = max(at, facts.disputed_at or at)
                    facts.dispute_is_open |= kind == "dispute" and (until_on is None or until_on >= today)
                case "escalated":
                    facts.is_escalated = True
                case "planned":
                    facts.has_plans = True
                case "applied":
                    facts.applied = True
                case _:
                    if loan_id not in chosen_at or at > chosen_at[loan_id]:
                        chosen_at[loan_id], facts.packs = at, code
        for loan_id, hold in await _holds_of(session, ids, today):
            found[loan_id].holds.append(hold)
    return found


async def _holds_of(session: Work, loan_ids: Collection[UUID], today: date) -> Sequence[tuple[UUID, LegalHold]]:
    statement = (
        select(_ALSO.id, LegalHold)
        .join(Loan, col(Loan.borrower_id) == col(_ALSO.borrower_id))
        .join(LegalHold, col(LegalHold.loan_id) == col(Loan.id))
        .where(col(_ALSO.id).in_(loan_ids), *_present(today))
    )
    return (await session.exec(statement)).all()


async def held_among(session: Work, loan_ids: Collection[UUID], today: date) -> set[UUID]:
    """Return which of these loans are under a legal hold, by one on any loan of their borrowers."""
    await session.flush()
    found: set[UUID] = set()
    for ids in chunks(loan_ids):
        found |= {loan_id for loan_id, _ in await _holds_of(session, ids, today)}
    return found


def held_loans(workspace_id: UUID, today: date) -> Any:
    """Return the selection of the loans of a workspace that are under a legal hold, by one on any loan of their borrowers."""
    return (
        select(_ALSO.id)
        .join(Loan, col(Loan.borrower_id) == col(_ALSO.borrower_id))
        .join(LegalHold, col(LegalHold.loan_id) == col(Loan.id))
        .where(LegalHold.workspace_id == workspace_id, *_present(today))
    )


async def holds_on(session: Work, loan_id: UUID, today: date) -> list[LegalHold]:
    """Return the holds that are in force on a loan, by one on any loan of its borrower, the earliest first."""
    await session.flush()
    return sorted((hold for _, hold in await _holds_of(session, [loan_id], today)), key=lambda hold: (hold.at, hold.id))


async def holds_in_force(
    session: Work, workspace_id: UUID, today: date, *, offset: int, limit: int
) -> Sequence[tuple[LegalHold, Loan]]:
    """Return the holds of a workspace that are in force, and their loans; those that end first come first."""
    statement = (
        select(LegalHold, Loan)
        .join(Loan, col(Loan.id) == col(LegalHold.loan_id))
        .where(LegalHold.workspace_id == workspace_id, *_present(today))
        .order_by(col(LegalHold.until_on).is_(None), col(LegalHold.until_on), col(LegalHold.at), col(LegalHold.id))
    )
    return (await session.exec(statement.offset(offset).limit(limit))).all()


async def policies(session: Work, workspace_id: UUID) -> dict[str, RetentionPolicy]:
    """Return the last policy of each kind of record that the workspace has set, by the kind's code."""
    statement = select(RetentionPolicy).where(
        RetentionPolicy.workspace_id == workspace_id, col(RetentionPolicy.undone_at).is_(None)
    )
    rows = (await session.exec(statement.order_by(col(RetentionPolicy.kind), col(RetentionPolicy.number)))).all()
    return {row.kind: row for row in rows}


async def last_number(session: Work, workspace_id: UUID, kind: str) -> int:
    """Return the number of the last version of a policy, also of one that was undone; 0 without any."""
    statement = select(func.max(RetentionPolicy.number)).where(
        RetentionPolicy.workspace_id == workspace_id, RetentionPolicy.kind == kind
    )
    return (await session.exec(statement)).one() or 0


def _present(today: date) -> tuple[Any, ...]:
    lasts = or_(col(LegalHold.until_on).is_(None), col(LegalHold.until_on) >= today)
    return (col(LegalHold.lifted_at).is_(None), lasts)
