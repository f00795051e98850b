"""Whose the reported calls are, and calls that fit nobody: listed, assigned, forgotten. Now is Wednesday 10:00."""

from datetime import timedelta
from typing import Any

import pytest

from desk.core.errors import Conflict, NotAllowed, NotFound
from desk.core.values import LoanRef
from desk.loans.related import PersonEntry, PhoneEntry, add_person
from desk.telephony import answering
from desk.telephony.applying import FORGOTTEN_AFTER, forget_phone_calls
from storage.engine.types import new_id
from storage.tables import CallParty, Member, PhoneCall, PhoneRing, Team
from tests.builders import make_loan, make_manager, make_member, make_team
from tests.desk.lins_desk import at, desk10
from tests.desk.telephony.phones import NUMBER, Phones, phones

__all__ = ["desk10", "phones"]


async def test_a_person_around_the_loan_is_found(phones: Phones) -> None:
    async with phones.office.desk(phones.workspace, phones.desk10.lin) as desk:
        entry = PersonEntry("spouse", "韩梅梅", phones=(PhoneEntry("mobile", "+8613900000202"),))
        await add_person(desk, loan=LoanRef("L-1042", "L-1042"), entry=entry)
    await phones.report(phones.record("no_answer", number="13900000202"))
    [party] = await phones.desk10.all(CallParty)
    assert party.role == "spouse"


@pytest.mark.parametrize(
    ("given", "state", "why"),
    [
        ({"number": "13900009999"}, "unmatched", "number_unknown"),
        ({"agent_extension": "2999"}, "unmatched", "agent_unknown"),
        ({"result": "unknown"}, "unmatched", "result_unknown"),
        ({"number": "110"}, "aside", "number_short"),
        ({"number": "anonymous"}, "aside", "number_withheld"),
        ({"number": "138****5678"}, "aside", "number_masked"),
        ({"talk_seconds": -1}, "aside", "negative_length"),
        ({"ended": at("2026-11-25 23:00")}, "aside", "from_the_future"),
    ],
)
async def test_what_fits_nobody_is_listed_by_name(phones: Phones, given: dict[str, Any], state: str, why: str) -> None:
    row = await phones.report(phones.record("no_answer", **given) if "result" not in given else phones.record(**given))
    assert (row.state, row.why) == (state, why)
    assert await phones.calls() == []
    team = await make_team(phones.office, phones.workspace, "West")
    manager = await make_manager(phones.office, phones.workspace, team, "UMANAGER")
    async with phones.office.reading_desk(phones.workspace, manager) as desk:
        [listed] = (await answering.list_unmatched(desk)).rows
    assert (listed.why, listed.may_assign) == (why, state == "unmatched" or why.startswith("number_"))
    assert NUMBER not in repr(listed)


@pytest.mark.parametrize(("sees_all", "loan"), [(True, "L-1042"), (False, "")])
async def test_a_listed_call_names_its_loan_to_those_who_may_see_it(phones: Phones, sees_all: bool, loan: str) -> None:
    await phones.report(phones.record("no_answer", agent_extension="2999"))
    of_lin = await phones.desk10.row(Team, phones.desk10.lin.team_id)
    await make_manager(phones.office, phones.workspace, of_lin, "UNEARER")
    team = await make_team(phones.office, phones.workspace, "West")
    manager = await make_manager(phones.office, phones.workspace, team, "UMANAGER")
    async with phones.office.database.transaction() as session:
        workspace = await session.get_one(type(phones.workspace), phones.workspace.id)
        workspace.managers_see_all = phones.workspace.managers_see_all = sees_all
    async with phones.office.reading_desk(phones.workspace, manager) as desk:
        [listed] = (await answering.list_unmatched(desk)).rows
    assert (listed.why, listed.loan) == ("agent_unknown", loan)


async def test_two_borrowers_of_one_number_are_neithers_call(phones: Phones) -> None:
    await make_loan(phones.office, phones.workspace, "L-2", owner=phones.desk10.lin, name="李雷")
    row = await phones.report(phones.record("no_answer"))
    assert (row.state, row.why) == ("unmatched", "several_borrowers")


async def test_of_a_borrowers_loans_the_one_that_is_due_is_meant(phones: Phones) -> None:
    await make_loan(phones.office, phones.workspace, "L-2", owner=phones.desk10.lin)
    await phones.desk10.follow_up()
    await phones.report(phones.record("no_answer"))
    assert [each.loan_id for each in await phones.calls()] == [phones.desk10.loan.id]


async def test_a_manager_assigns_a_call_that_fits_nobody(phones: Phones) -> None:
    await phones.report(phones.record("no_answer", number="13900009999", agent_extension="2999"))
    manager = await make_manager(
        phones.office, phones.workspace, await make_team(phones.office, phones.workspace, "West"), "UBOSS"
    )
    async with phones.office.database.transaction() as session:
        (await session.get_one(Member, manager.id)).team_id = phones.desk10.lin.team_id
        workspace = await session.get_one(type(phones.workspace), phones.workspace.id)
        workspace.managers_see_all = phones.workspace.managers_see_all = True
    assigned = await phones.assign(manager, "L-1042", "ULIN")
    assert (assigned.who, assigned.outcome) == ("ULIN", "no_answer")
    [call] = await phones.calls()
    assert call.caller_id == phones.desk10.lin.id
    with pytest.raises(Conflict, match="phone_call_settled"):
        await phones.assign(manager, "L-1042", "ULIN")


async def test_an_agent_assigns_only_calls_of_their_extension(phones: Phones) -> None:
    await phones.report(phones.record("connected", seconds=60, number="13900009999"))
    other = await make_member(phones.office, phones.workspace, "UOTHER", team_id=phones.desk10.lin.team_id)
    with pytest.raises(NotAllowed, match="phone_call_not_yours"):
        await phones.assign(other, "L-1042", "ULIN")
    assert (await phones.assign(phones.desk10.lin, "L-1042", "ULIN")).outcome is None
    assert (await phones.row()).state == "asks"


async def test_the_token_of_a_call_that_the_desk_asked_for_says_whose_it_is(phones: Phones) -> None:
    ring = PhoneRing(
        id=new_id(), workspace_id=phones.workspace.id, member_id=phones.desk10.lin.id,
        loan_id=phones.desk10.loan.id, state="rung", at=phones.clock.now(),
    )  # fmt: skip
    async with phones.office.database.transaction() as session:
        session.add(ring)
    await phones.report(phones.record("busy", number="02155550000", agent_extension="", token=str(ring.id)))
    assert [each.outcome for each in await phones.calls()] == ["busy"]


async def test_an_agent_who_may_not_see_the_loan_logs_nothing_on_it(phones: Phones) -> None:
    west = await make_team(phones.office, phones.workspace, "West")
    await make_member(phones.office, phones.workspace, "UWEST", team_id=west.id, extension="3001")
    row = await phones.report(phones.record("no_answer", agent_extension="3001"))
    assert (row.state, row.why) == ("unmatched", "agent_sees_no_loan")
    async with phones.office.desk(phones.workspace, phones.desk10.lin) as desk:
        with pytest.raises(NotFound):
            await answering.phone_call_to_assign(desk, new_id())


async def test_calls_that_fit_nobody_are_forgotten_after_a_month(phones: Phones) -> None:
    await phones.report(phones.record("no_answer", number="13900009999"))
    phones.clock.advance(seconds=(FORGOTTEN_AFTER + timedelta(hours=1)).total_seconds())
    async with phones.office.desk(phones.workspace) as desk:
        await forget_phone_calls(desk)
    assert await phones.desk10.all(PhoneCall) == []
