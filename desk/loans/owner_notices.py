"""Keep the messages that ask for an owner of a loan to what is true now."""

from collections.abc import Iterable
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from storage.queries.messages import notices
from storage.tables import Loan, Undo

_CONCERNS = frozenset({"owner_id", "stage"})
"""The columns of a loan that say whether it needs an owner."""


def owner_asked_key(loan_id: UUID) -> str:
    """Return what the keys of all messages that ask for an owner of this loan begin with."""
    return f"owner_asked:{loan_id}:"


async def revise_owner_asked(desk: Desk, loans: Iterable[Loan]) -> None:
    """Have the messages rewritten that ask for an owner of these loans, which got or lost one, or were closed without one."""
    told = [
        notice_id
        for loan in loans
        for notice_id in await notices.ids_of_family(desk.session, desk.workspace.id, owner_asked_key(loan.id))
    ]
    await notices.touch(desk.session, told, desk.now)


@corrects_after_undo(Loan)
async def revise_after_undo(desk: Desk, _: Undo, rows: Iterable[UndoneRow]) -> None:
    """Have the messages rewritten about loans that an Undo gave an owner, took one from, or opened or closed without one."""
    concerned = [each for each in rows if each.before is not None and not each.before.keys().isdisjoint(_CONCERNS)]
    await revise_owner_asked(
        desk, [each.row for each in concerned if each.row.owner_id is None or each.replaced["owner_id"] is None]
    )
