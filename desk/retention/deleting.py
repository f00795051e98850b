"""Delete loans for good, with all that hangs on them: because their time is over, or because their borrower asked for it."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from desk.core.transaction import Desk
from desk.loans.keeping import kind_of, known_of
from storage.queries.core import retention_due
from storage.tables import ErasedRecord, Loan
from storage.upkeep import demo, removing
from storage.upkeep.erased_list import Erased


async def kinds_of(desk: Desk, loan_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return which kind of record each of these loans is; one that has not ended is none."""
    known = await known_of(desk, loan_ids)
    found = {loan_id: kind_of(each.loan, each.facts) for loan_id, each in known.items()}
    return {loan_id: kind.code for loan_id, kind in found.items() if kind is not None}


async def delete_loans(
    desk: Desk, kinds: Mapping[UUID, str], *, why: str = "", rewrites: bool = False, **details: Any
) -> tuple[Erased, ...]:
    """Delete these locked loans, by their kind of record, and borrowers who have no other; return what restored backups may not
    bring back.

    `why` is noted for these, the kind by default; `details` go into the audit entry of each kind. With `rewrites` messages that
    were posted about the loans are rewritten, and otherwise left as they are.
    """
    erased: list[Erased] = []
    for code in dict.fromkeys(kinds.values()):
        ids = [loan_id for loan_id, kind in kinds.items() if kind == code]
        people = await demo.remove(desk.session, ids, desk.now, rewrites=rewrites)
        erased += await note_erased(desk, "loan", ids, why or code)
        erased += await note_erased(desk, "borrower", people, why or code)
        record_deleted(desk, code, ids, **details)
    return tuple(erased)


async def begin_deleting(desk: Desk, loan_id: UUID, code: str, **details: Any) -> tuple[Erased, ...]:
    """Take a locked loan that has more rows than one transaction deletes out of sight; `delete_some` deletes them. The proof is
    left now: nobody sees it any more. Return and note the same as `delete_loans`."""
    await removing.hide(desk.session, await desk.session.get_one(Loan, loan_id), desk.now)
    record_deleted(desk, code, [loan_id], **details)
    return tuple(await note_erased(desk, "loan", [loan_id], code))


async def delete_some(desk: Desk, most: int) -> tuple[Erased, ...] | None:
    """Delete about `most` rows of a loan that is out of sight. Return its borrower, if they went with it in the last step; None
    when no loan is left to delete."""
    loan_id = await removing.next_hidden(desk.session, desk.workspace.id)
    if loan_id is None:
        return None
    people = await removing.remove_some(desk.session, loan_id, desk.now, most=most)
    if not people:
        return ()
    noted = await desk.session.get_one(ErasedRecord, loan_id)
    return tuple(await note_erased(desk, "borrower", people, noted.why))


async def note_erased(desk: Desk, table: str, ids: Collection[UUID], why: str) -> list[Erased]:
    """Note that these rows were deleted for good, and return them."""
    await retention_due.note_erased(desk.session, desk.workspace.id, table, ids, why, desk.now)
    return [Erased(desk.now, desk.workspace.id, table, row_id, why) for row_id in ids]


def record_deleted(desk: Desk, code: str, ids: Collection[UUID], **details: Any) -> None:
    """Leave the entry in the audit trail that proves a deletion: its kind, count and ids."""
    named = [str(each) for each in sorted(ids)]
    desk.audit("retention_deleted", kind=code, count=len(ids), ids=named, **details)
