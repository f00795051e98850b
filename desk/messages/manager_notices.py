"""Notify managers: in their team's channel, or each of them when it has none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.vocabulary import VOCABULARY
from desk.loans.owner_notices import owner_asked_key
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import managers_for
from storage.queries.messages import notices
from storage.tables import Call, Check, FollowUp, Loan, Member, Team, Undo


async def report_call(desk: Desk, loan: Loan, call: Call, answered: FollowUp | None) -> bool:
    """Tell the managers of the loan's owner, or of the caller if it has none, how a call ended; return whether any was told."""
    return await notify_managers(
        desk,
        await _whose_managers(desk, loan, call),
        kind=kinds.MANAGER_TOLD,
        key=_key_of_call(call),
        loan=loan,
        items=[answered] if answered else [],
        facts={"why": call.outcome, "call": str(call.id)},
    )


async def revise_call_report(desk: Desk, loan: Loan, call: Call) -> None:
    """Have the report of an undone or corrected call rewritten."""
    key = _key_of_call(call)
    managers = await managers_for(desk, await _whose_managers(desk, loan, call))
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, [key, *(f"{key}:{m.id}" for m in managers)])
    await notices.touch(desk.session, told.values(), desk.now)


async def ask_for_owner(desk: Desk, loan: Loan, left: Member) -> None:
    """Ask the managers of an owner who has left for another one: a file opened the loan again."""
    key = f"{owner_asked_key(loan.id)}{desk.now.isoformat()}"
    await notify_managers(desk, left, kind=kinds.OWNER_ASKED, key=key, loan=loan, facts={"stage": loan.stage})


@corrects_after_undo(Call)
async def correct_after_undone_calls(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Have the reports of calls rewritten that were undone or got an earlier outcome back."""
    for each in rows:
        call: Call = each.row
        told = VOCABULARY.outcome(call.outcome).tells_manager
        if each.before is not None and "outcome" in each.before:
            told = told or VOCABULARY.outcome(each.replaced["outcome"]).tells_manager
        if told and (each.before is None or "outcome" in each.before):
            await revise_call_report(desk, await desk.session.get_one(Loan, call.loan_id), call)


@corrects_after_undo(Check)
async def correct_after_undone_decisions(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Have the reports of failed checks rewritten about which a decision was undone."""
    for each in rows:
        if each.before is not None and "decision" in each.before:
            await revise_check_report(desk, each.row)


async def revise_check_report(desk: Desk, check: Check) -> None:
    """Have the report of a failed check rewritten: a manager has decided about it."""
    call = await desk.session.get(Call, check.call_id) if check.call_id else None
    if call is not None:
        await revise_call_report(desk, await desk.session.get_one(Loan, call.loan_id), call)


async def notify_managers(
    desk: Desk,
    member: Member,
    *,
    kind: kinds.NoticeKind,
    key: str,
    loan: Loan,
    items: Sequence[FollowUp] = (),
    facts: dict[str, Any] | None = None,
    arose_at: datetime | None = None,
) -> bool:
    """Queue one message about a loan to the member's managers, except the acting one; return whether any was queued.

    `key` is unique for what it announces.
    """
    team = await desk.session.get(Team, member.team_id) if member.team_id else None
    if team is not None and team.manager_channel_id is not None and team.channel_lost_at is None:
        readers: dict[str, Member | str] = {key: team.manager_channel_id}
    else:
        acting_id = desk.actor.id if desk.actor else None
        readers = {f"{key}:{m.id}": m for m in await managers_for(desk, member) if m.id != acting_id}
    queued = [
        await queue_notice(
            desk,
            kind=kind,
            key=each,
            to=reader,
            about_loan_id=loan.id,
            about_member_id=member.id,
            items=items,
            facts=facts,
            arose_at=arose_at,
        )
        for each, reader in readers.items()
    ]
    return any(queued)


def _key_of_call(call: Call) -> str:
    return f"manager_told:{call.id}"


async def _whose_managers(desk: Desk, loan: Loan, call: Call) -> Member:
    return await desk.session.get_one(Member, loan.owner_id or call.caller_id)
