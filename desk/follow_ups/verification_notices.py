"""Tell those around a verification: the loan's owner when it ends, the verifier when documents arrive for which it waits."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import chasing
from desk.follow_ups.assignees import present_owner
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import acting_for, stand_ins_for, today_of
from desk.rules.queues import is_awaited
from storage.queries.follow_ups import follow_ups
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import DocumentItem, FollowUp, Loan, Member, Undo


async def report_check(desk: Desk, loan: Loan, row: FollowUp) -> None:
    """Tell the loan's owner, or who acts for them, that a verification has ended; not the one who ended it."""
    if not _is_check(row) or row.state == "open":
        return
    owner = await present_owner(desk, loan)
    if owner is None or (desk.actor is not None and owner.id == desk.actor.id):
        return
    reader = await acting_for(desk, owner, today_of(desk, owner))
    if desk.actor is None or reader.id != desk.actor.id:
        key = f"check_ended:{row.id}:{row.version}:{reader.id}"
        await queue_notice(desk, kind=kinds.CHECK_ENDED, key=key, to=reader, about_loan_id=loan.id, items=[row])


async def report_papers(desk: Desk, loan: Loan, items: Sequence[DocumentItem]) -> None:
    """Tell those who have a verification open on the loan, or who act for them, that documents it waits for have arrived."""
    checks = [row for row in await follow_ups.open_of_loan(desk.session, loan.id) if _is_check(row)]
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in checks})
    stand_ins = await stand_ins_for(desk, assignees.values())
    readers: dict[UUID, Member] = {}
    purposes: defaultdict[UUID, set[str]] = defaultdict(set)
    for row in checks:
        member = assignees[row.assignee_id]
        reader = stand_ins.acting(member, today_of(desk, member))
        readers[reader.id] = reader
        purposes[reader.id].add(row.purpose)
    readers.pop(desk.member.id, None)
    for reader in readers.values():
        awaited = [item for item in items if any(is_awaited(each, item.document) for each in purposes[reader.id])]
        if awaited:
            await queue_notice(
                desk,
                kind=kinds.PAPERS_ARRIVED,
                key=f"{_key_of(awaited[0])}{awaited[0].version}:{reader.id}",
                to=reader,
                about_loan_id=loan.id,
                facts={"by": str(desk.member.id), "items": [str(item.id) for item in awaited]},
            )


@corrects_after_undo(DocumentItem)
async def correct_papers(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Have the messages about documents rewritten whose arrival was undone."""
    told = await notices.ids_with_prefixes(desk.session, desk.workspace.id, [_key_of(each.row) for each in rows])
    await notices.touch(desk.session, told, desk.now)


def _is_check(row: FollowUp) -> bool:
    return row.purpose != chasing.PURPOSE and VOCABULARY.purpose(row.purpose).kind == "verification"


def _key_of(item: DocumentItem) -> str:
    return f"papers_arrived:{item.id}:"
