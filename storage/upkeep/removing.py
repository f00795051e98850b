"""Delete a loan that has many rows in steps, each in a transaction of its own that holds nobody up.

First it is taken out of sight, in one transaction: nobody finds or sees it any more, and its number is free. Then its rows go,
the loan itself and its borrower last. What was broken off is taken up where it was, because the loan says so (`removed_at`).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import FollowUp, ImportedValues, Loan, Notice, NoticeItem
from storage.upkeep import demo
from storage.upkeep.erasing import erase_some

_SHOWN_IN = 4
"""In how many messages a follow-up is shown, at a guess."""


async def hide(session: Work, loan: Loan, now: datetime) -> None:
    """Take a locked loan that has ended out of sight, with what it owes people: messages that were to be sent."""
    loan.removed_at = now
    loan.number_key = loan.id.hex
    loan.owner_id = loan.unpaid_since = loan.next_instalment_on = loan.due_day = None
    session.add(loan)
    session.erased.add(loan.id)  # nobody is told that it lost its owner
    await session.exec(delete(ImportedValues).where(col(ImportedValues.loan_id) == loan.id))
    owed = update(Notice).where(col(Notice.about_loan_id) == loan.id, col(Notice.owed_from).is_not(None))
    await session.exec(owed.values(dropped_at=now, owed_from=None))


async def next_hidden(session: Work, workspace_id: UUID) -> UUID | None:
    """Return the next loan that is out of sight and not gone yet, locked; None without one, or where another process has it."""
    statement = select(Loan.id).where(Loan.workspace_id == workspace_id, col(Loan.removed_at).is_not(None))
    return (await session.exec(statement.order_by(col(Loan.id)).limit(1).with_for_update(skip_locked=True))).first()


async def remove_some(session: Work, loan_id: UUID, now: datetime, *, most: int) -> Sequence[UUID] | None:
    """Do the next step, about `most` rows. With the last one the loan goes: return the borrower if they go with it. None: there
    is more to do."""
    if await _withdraw_some(session, loan_id, now, most // _SHOWN_IN) or await erase_some(
        session, "loan", loan_id, most
    ):
        return None
    return await demo.remove(session, [loan_id], now)


async def _withdraw_some(session: Work, loan_id: UUID, now: datetime, most: int) -> bool:
    """Take some follow-ups of the loan out of the messages that show them, and some messages from it. Return whether there were
    any."""
    shown = select(FollowUp.id).where(
        FollowUp.loan_id == loan_id, col(FollowUp.id).in_(select(NoticeItem.follow_up_id))
    )
    follow_ups = (await session.exec(shown.limit(most))).all()
    about = select(Notice.id).where(Notice.about_loan_id == loan_id)
    messages = (await session.exec(about.limit(most))).all()
    await demo.withdraw(session, follow_ups, messages, now)
    await session.exec(update(Notice).where(col(Notice.id).in_(messages)).values(about_loan_id=None))
    return bool(follow_ups or messages)
