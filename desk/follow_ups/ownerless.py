"""Loans that the lender's data opened again and whose owner has left the desk: escalated until they have one or have ended."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from desk.core.changes import track
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.escalation_rules import reopen, settle
from desk.follow_ups.escalations import family_of, raise_on, rewrite
from desk.rules.escalations import raised_by_event
from storage.queries.follow_ups import escalations
from storage.queries.messages import notices
from storage.tables import Escalation, Loan, Member, Undo

_CONCERNS = frozenset({"owner_id", "stage"})
"""The columns of a loan that say whether it needs an owner."""


async def escalate_ownerless(desk: Desk, loan: Loan, left: Member) -> None:
    """Escalate to the managers of an owner who has left that the lender's data opened a locked loan again."""
    kind = raised_by_event("owner_left")
    if not any(row.kind == kind for row in await escalations.unresolved_of_loan(desk.session, loan.id)):
        await raise_on(desk, loan, kind, left, trigger=f"{kind}:{loan.id}")


async def revise_ownerless(desk: Desk, loans: Sequence[Loan]) -> None:
    """Settle what was escalated of loans without an owner that have one now or have ended, and bring it back for those that need
    one again."""
    raised = await _of_owner(desk, loans)
    for loan in loans:
        row = raised.get(loan.id)
        if row is None:
            continue
        asks = loan.owner_id is None and not VOCABULARY.stage(loan.stage).ended
        if asks:
            await reopen(desk, row)
        else:
            await settle(desk, row)


async def move_ownerless(desk: Desk, loan: Loan, to: Loan) -> None:
    """Have what was escalated of a loan without an owner be about another one, which it is joined with."""
    row = (await _of_owner(desk, [loan])).get(loan.id)
    if row is None:
        return
    old = family_of(row)
    track(desk, row).loan_id = to.id
    await desk.session.flush()
    told = await notices.ids_of_family(desk.session, desk.workspace.id, old)
    await notices.move_to_loan(desk.session, told, to.id, old=old, new=family_of(row))
    await rewrite(desk, row)


async def _of_owner(desk: Desk, loans: Sequence[Loan]) -> dict[UUID, Escalation]:
    """Return by loan the last escalation of one that its owner has left."""
    return await escalations.latest_of_kind(desk.session, [loan.id for loan in loans], raised_by_event("owner_left"))


@corrects_after_undo(Loan)
async def revise_after_undo(desk: Desk, _: Undo, rows: Iterable[UndoneRow]) -> None:
    """Follow an Undo that gave loans an owner, took one from them, or opened or closed one without an owner."""
    concerned = [each for each in rows if each.before is not None and not each.before.keys().isdisjoint(_CONCERNS)]
    await revise_ownerless(
        desk, [each.row for each in concerned if each.row.owner_id is None or each.replaced["owner_id"] is None]
    )
