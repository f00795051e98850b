"""Which rows of a file of past calls, notes or planned follow-ups are at the desk already."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.tables import Call, FollowUp, LoanNote


async def known_ids(session: Work, table: type[Call] | type[LoanNote], ids: Collection[UUID]) -> list[UUID]:
    """Return those of these ids that rows of the table have, undone ones too."""
    found: list[UUID] = []
    key: Any = table.id
    for some in chunks(ids):
        found += (await session.exec(select(key).where(col(key).in_(some)))).all()
    return found


async def triggers_of(session: Work, loan_ids: Collection[UUID], begin: str) -> Sequence[str]:
    """Return the triggers of these loans' follow-ups that begin so, closed ones too."""
    found: list[str] = []
    for some in chunks(loan_ids):
        statement = select(FollowUp.rule_trigger).where(
            col(FollowUp.loan_id).in_(some), col(FollowUp.rule_trigger).startswith(begin, autoescape=True)
        )
        found += [each for each in (await session.exec(statement)).all() if each is not None]
    return found
