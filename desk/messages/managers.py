"""Telling the managers: in their team's channel, or each of them where it has none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.vocabulary import VOCABULARY
from desk.messages import kinds
from desk.messages.notices import owe_to_channel, owe_to_member
from desk.people.members import managers_for
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Call, FollowUp, Loan, Member, Team, Undo


async def tell_of_call(desk: Desk, loan: Loan, call: Call, answered: FollowUp | None) -> bool:
    """Tells the managers of the loan's owner, or of the caller where nobody owns it, how a call ended."""
    return await tell_managers(
        desk,
        await _whose_managers(desk, loan, call),
        kind=kinds.MANAGER_TOLD,
        key=_key_of_call(call),
        loan=loan,
        items=[answered] if answered else [],
        facts={"why": call.outcome, "call": str(call.id)},
    )


async def call_has_changed(desk: Desk, loan: Loan, call: Call) -> None:
    """Has rewritten what the managers were told of a call, because it was taken back or corrected."""
    key = _key_of_call(call)
    managers = await managers_for(desk, await _whose_managers(desk, loan, call))
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, [key, *(f"{key}:{m.id}" for m in managers)])
    await notices.touch(desk.session, told.values(), desk.now)


@corrects_after_undo(Call)
async def correct_after_undone_calls(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Rewrite what the managers were told of calls that were undone, or got their earlier outcome back."""
    for each in rows:
        call: Call = each.row
        if VOCABULARY.outcome(call.outcome).tells_manager and (each.before is None or "outcome" in each.before):
            await call_has_changed(desk, await desk.session.get_one(Loan, call.loan_id), call)


async def tell_managers(
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
    """Owes the managers of that member one message about a loan; `key` is unique for what it announces.

    Whoever acts needs no message from themselves. False when nobody is told.
    """
    team = await desk.session.get(Team, member.team_id) if member.team_id else None
    if team is not None and team.manager_channel_id is not None:
        channel = team.manager_channel_id
        told = await owe_to_channel(
            desk,
            kind=kind,
            key=key,
            channel=channel,
            about_loan_id=loan.id,
            about_member_id=member.id,
            items=items,
            facts=facts,
            arose_at=arose_at,
        )
        return told is not None
    told_any = False
    for manager in await managers_for(desk, member):
        if desk.actor is not None and manager.id == desk.actor.id:
            continue
        told = await owe_to_member(
            desk,
            kind=kind,
            key=f"{key}:{manager.id}",
            member=manager,
            about_loan_id=loan.id,
            about_member_id=member.id,
            items=items,
            facts=facts,
            arose_at=arose_at,
        )
        told_any = told_any or told is not None
    return told_any


def _key_of_call(call: Call) -> str:
    return f"manager_told:{call.id}"


async def _whose_managers(desk: Desk, loan: Loan, call: Call) -> Member:
    key = loan.owner_id or call.caller_id
    return (await members.by_ids(desk.session, [key]))[key]
