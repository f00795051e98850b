"""Delete from a restored backup what was deleted for good since it was made: by retention, or because a borrower asked for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from storage.engine.cipher import Cipher, UnreadableError
from storage.engine.work import Work
from storage.queries.core import retention_due
from storage.queries.core.rows import chunks
from storage.queries.loans import keeping, related
from storage.queries.rights import erasure
from storage.tables import LoanCorrection, RelatedPerson, Workspace
from storage.upkeep import demo
from storage.upkeep.erased_list import Erased
from storage.upkeep.erasing import erase


async def erase_again(session: Work, erased: Iterable[Erased], now: datetime, cipher: Cipher) -> tuple[int, int]:
    """Delete these rows with all that belongs to them where a restore brought them back, and note them.

    The texts of requests of the same persons go too, and the name of a person around a loan in its corrections. What a legal hold
    of the restored database keeps stays. Return how many rows were there and went, and how many stayed.
    """
    by_table: dict[tuple[UUID, str, str], list[UUID]] = defaultdict(list)
    for row in erased:
        by_table[row.workspace_id, row.table, row.why].append(row.id)
    loans_first = sorted(by_table.items(), key=lambda each: (each[0][1] != "loan", each[0]))
    batches = [(key, ids) for key, all_of in loans_first for ids in chunks(all_of)]
    there = stayed = 0
    going: list[tuple[UUID, str, str, list[UUID]]] = []
    for (workspace_id, table, why), ids in batches:
        present = await retention_due.present(session, table, workspace_id, ids)
        held = await _held(session, workspace_id, table, present, now)
        there, stayed = there + len(present) - len(held), stayed + len(held)
        going.append((workspace_id, table, why, [row_id for row_id in ids if row_id not in held]))
    for workspace_id, table, why, ids in going:
        present = await retention_due.present(session, table, workspace_id, ids)
        await _empty_texts(session, table, present, cipher)
        await (demo.remove(session, present, now) if table == "loan" else erase(session, table, present))
        await retention_due.note_erased(session, workspace_id, table, ids, why, now)
    return there, stayed


async def _empty_texts(session: Work, table: str, ids: Sequence[UUID], cipher: Cipher) -> None:
    """Empty what else names the persons who go with these rows."""
    on_loans, people = (ids if table == "loan" else ()), (ids if table == "related_person" else ())
    if not (on_loans or people):
        return
    requests = await erasure.requests_of(session, on_loans, people)
    await erasure.clear_texts(session, [each.id for each in requests])
    for person in (await related.people_by_ids(session, people)).values():
        name = _read(cipher, RelatedPerson.name_cipher, person)
        for row in await erasure.person_corrections(session, person.loan_id):
            if name and _read(cipher, LoanCorrection.before_cipher, row).endswith(name):
                row.before_cipher = None
                session.add(row)
    await session.flush()


def _read(cipher: Cipher, column: Any, row: Any) -> str:
    """Return a text of a row, empty if it is damaged."""
    try:
        return cipher.decrypt(column, row)
    except UnreadableError:
        return ""


async def _held(session: Work, workspace_id: UUID, table: str, ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """Return which of these rows belong to a loan under a legal hold."""
    loans = await retention_due.loans_of(session, table, ids)
    zone = ZoneInfo((await session.get_one(Workspace, workspace_id)).zone) if loans else UTC
    held = await keeping.held_among(session, {loan_id for _, loan_id in loans}, now.astimezone(zone).date())
    return {row_id for row_id, loan_id in loans if loan_id in held}
