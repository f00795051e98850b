"""What becomes of the calls that the phone system reports. Now is Wednesday 10:00; Lin's extension is 2001."""

import asyncio

import pytest
from sqlmodel import select

from bot.worker import do_chores
from desk.calls.calls import log_call
from desk.calls.corrections import CallCorrected
from desk.calls.views import CallLogged
from desk.core.errors import Conflict, NotAllowed
from desk.core.values import LoanRef
from desk.telephony.records import SETTLE
from storage.tables import (
    AuditEntry,
    Borrower,
    CallContact,
    CallCorrection,
    FollowUp,
    Notice,
    PhoneCall,
    SetAside,
    Workspace,
)
from tests.builders import make_member
from tests.desk.lins_desk import at, desk10
from tests.desk.telephony.phones import Phones, phones

__all__ = ["desk10", "phones"]


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ("no_answer", "no_answer"),
        ("rejected", "no_answer"),
        ("busy", "busy"),
        ("voicemail", "voicemail"),
        ("powered_off", "unreachable"),
        ("suspended", "unreachable"),
    ],
)
async def test_a_call_that_nobody_answered_is_an_attempt(phones: Phones, result: str, outcome: str) -> None:
    follow_up = await phones.desk10.follow_up()
    row = await phones.report(phones.record(result))
    [call] = await phones.calls()
    assert (call.outcome, call.caller_id, call.at) == (outcome, phones.desk10.lin.id, at("2026-11-25 09:55"))
    assert (row.state, row.call_id) == ("logged", call.id)
    moved = await phones.desk10.row(FollowUp, follow_up.id)
    assert (moved.state, moved.attempts, moved.due_at > at("2026-11-25 12:00")) == ("open", 1, True)
    [entry] = [each for each in await phones.desk10.all(AuditEntry) if each.act == "call"]
    assert (entry.actor_id, entry.details["door"]) == (phones.desk10.lin.id, "phone")
    assert await phones.desk10.all(Notice) == []


async def test_a_number_that_nobody_has_is_marked(phones: Phones) -> None:
    await phones.report(phones.record("invalid_number"))
    [call] = await phones.calls()
    borrower = await phones.desk10.row(Borrower, phones.desk10.loan.borrower_id)
    assert (call.outcome, borrower.phone_wrong_at) == ("wrong_number", call.at)


@pytest.mark.parametrize("result", ["cancelled_by_agent", "network_failure", "agent_leg_failed", "blocked_policy"])
async def test_what_did_not_ring_the_borrower_is_no_attempt(phones: Phones, result: str) -> None:
    follow_up = await phones.desk10.follow_up()
    row = await phones.report(phones.record(result))
    assert (row.state, row.why, await phones.calls()) == ("none", result, [])
    assert (await phones.desk10.row(FollowUp, follow_up.id)).attempts == 0


async def test_of_a_conversation_its_agent_is_asked_once_and_one_tap_logs_it(phones: Phones) -> None:
    follow_up = await phones.desk10.follow_up()
    record = phones.record("connected", seconds=250)
    row = await phones.report(record, record, record)
    [notice] = await phones.desk10.all(Notice)
    assert (row.state, notice.kind, notice.to_id) == ("asks", "phone_call", phones.desk10.lin.id)
    assert await phones.calls() == []
    wanted = notice.wanted
    answer = await phones.answer("reached")
    assert isinstance(answer, CallLogged)
    [call] = await phones.calls()
    assert (call.outcome, call.minutes, call.at) == ("reached", 5, at("2026-11-25 09:55"))
    assert await phones.desk10.state(follow_up) == "done"
    assert (await phones.desk10.all(Notice))[0].wanted == wanted + 1
    with pytest.raises(Conflict, match="phone_call_settled"):
        await phones.answer("refused")


async def test_contact_rules_count_a_conversation_before_its_agent_says_the_outcome(phones: Phones) -> None:
    rules = {"workspace": {"packs": ["CN"], "role": "own", "raised": {}}}
    async with phones.office.database.transaction() as session:
        workspace = await session.get_one(Workspace, phones.workspace.id)
        workspace.contact_rules = phones.workspace.contact_rules = rules
    await phones.report(phones.record("connected", seconds=60))
    assert await phones.counted() == [(at("2026-11-25 09:55"), True)]
    await phones.answer("reached")
    assert await phones.counted() == [(at("2026-11-25 09:55"), True)]


async def test_undo_asks_again(phones: Phones) -> None:
    await phones.report(phones.record("connected", seconds=60))
    answer = await phones.answer("reached")
    assert isinstance(answer, CallLogged)
    await phones.desk10.undo(answer)
    assert (await phones.row()).state == "asks"
    assert isinstance(await phones.answer("refused"), CallLogged)


async def test_the_agent_alone_says_the_outcome(phones: Phones) -> None:
    await phones.report(phones.record("connected", seconds=60))
    other = await make_member(phones.office, phones.workspace, "UOTHER", team_id=phones.desk10.lin.team_id)
    with pytest.raises(NotAllowed, match="call_not_yours"):
        await phones.answer("reached", other)


async def test_a_call_that_its_agent_logs_by_hand_is_the_reported_one(phones: Phones) -> None:
    await phones.report(phones.record("connected", seconds=250))
    async with phones.office.desk(phones.workspace, phones.desk10.lin) as desk:
        await log_call(desk, loan=LoanRef("L-1042", "L-1042"), outcome="reached")
    [call] = await phones.calls()
    assert (call.minutes, call.at) == (5, at("2026-11-25 09:55"))
    assert ((await phones.row()).state, (await phones.row()).call_id) == ("logged", call.id)


async def test_a_call_that_was_logged_by_hand_before_its_report_is_the_same(phones: Phones) -> None:
    began = phones.clock.now()
    phones.clock.advance(minutes=6)
    await phones.desk10.says("reached")
    row = await phones.report(phones.record("connected", seconds=250, began=began))
    [call] = await phones.calls()
    assert (row.state, row.call_id, call.minutes) == ("logged", call.id, 5)
    assert await phones.desk10.all(Notice) == []


async def test_what_each_record_did_is_told_in_their_order(phones: Phones) -> None:
    known = phones.record("busy", key="call-1")
    await phones.take(known)
    assert await phones.take(phones.record("busy", key="call-2"), known) == ["new", "same"]


async def test_an_earlier_call_by_hand_is_another_one(phones: Phones) -> None:
    await phones.desk10.says("no_answer")
    phones.clock.advance(minutes=20)
    await phones.report(phones.record("busy"))
    assert [each.outcome for each in await phones.calls()] == ["no_answer", "busy"]


async def test_the_same_record_twice_late_and_out_of_order_is_one_call(phones: Phones) -> None:
    ringing, ended = phones.record("pending", ended=None), phones.record("busy")
    assert await phones.take(ended) == ["new"]
    assert await phones.take(ringing, ended) == ["same", "same"]
    await phones.apply()
    phones.clock.advance(hours=5)
    assert await phones.take(ended) == ["same"]
    await phones.apply()
    assert [each.outcome for each in await phones.calls()] == ["busy"]


async def test_what_is_learnt_later_corrects_the_call_visibly(phones: Phones) -> None:
    await phones.report(phones.record("no_answer", known_by="inferred"))
    await phones.take(phones.record("powered_off", known_by="recognised"))
    await phones.apply()
    [call] = await phones.calls()
    [correction] = await phones.desk10.all(CallCorrection)
    assert (call.outcome, correction.outcome) == ("unreachable", "no_answer")


async def test_an_attempt_that_was_a_conversation_is_asked_about_and_corrected(phones: Phones) -> None:
    await phones.report(phones.record("no_answer", known_by="inferred"))
    await phones.take(phones.record("connected", seconds=70, customer_leg=True, legs=("b",)))
    await phones.apply()
    assert (await phones.row()).state == "asks"
    assert isinstance(await phones.answer("promised"), CallCorrected)
    [call] = await phones.calls()
    assert (call.outcome, call.minutes) == ("promised", 2)


async def test_a_later_length_of_a_logged_conversation_corrects_it(phones: Phones) -> None:
    await phones.report(phones.record("connected", seconds=60, sequence=1))
    await phones.answer("reached")
    await phones.take(phones.record("connected", seconds=250, sequence=2))
    await phones.apply()
    [call] = await phones.calls()
    assert (call.outcome, call.minutes) == ("reached", 5)


async def test_a_report_of_yesterday_is_counted_and_moves_nothing(phones: Phones) -> None:
    follow_up = await phones.desk10.follow_up()
    await phones.report(phones.record("no_answer", began=at("2026-11-24 15:00")))
    row = await phones.desk10.row(FollowUp, follow_up.id)
    assert [each.at for each in await phones.calls()] == [at("2026-11-24 15:00")]
    assert (row.due_at, row.attempts) == (at("2026-11-25 12:00"), 0)


async def test_an_incoming_call_is_known_as_such(phones: Phones) -> None:
    await phones.report(phones.record("connected", seconds=30, direction="in"))
    await phones.answer("reached")
    [contact] = await phones.desk10.all(CallContact)
    assert contact.inbound


async def test_the_worker_applies_what_came(phones: Phones) -> None:
    await phones.take(phones.record("busy"))
    assert await do_chores(phones.office, phones.workspace)
    assert await phones.calls() == []
    phones.clock.advance(seconds=SETTLE.total_seconds())
    assert await do_chores(phones.office, phones.workspace)
    assert [each.outcome for each in await phones.calls()] == ["busy"]
    async with phones.office.database.reading() as session:
        assert (await session.exec(select(PhoneCall.apply_at))).all() == [None]


async def test_a_record_that_does_not_open_holds_up_no_other(phones: Phones) -> None:
    await phones.take(phones.record("busy"))
    async with phones.office.database.transaction() as session:
        [row] = (await session.exec(select(PhoneCall))).all()
        row.record_cipher = b"damaged"
        session.add(row)
    await phones.take(phones.record("busy", key="call-2"))
    phones.clock.advance(seconds=SETTLE.total_seconds())
    for _ in range(2):
        assert await do_chores(phones.office, phones.workspace)
    assert [each.outcome for each in await phones.calls()] == ["busy"]
    assert [each.subject_id for each in await phones.desk10.all(SetAside)] == [row.id]


async def test_the_same_report_at_two_doors_at_once_is_one_call(phones: Phones) -> None:
    record = phones.record("busy")
    taken = await asyncio.gather(*(phones.take(record) for _ in range(5)))
    assert taken.count(["new"]) == 1
    await asyncio.gather(*(phones.worker() for _ in range(3)))
    assert [each.outcome for each in await phones.calls()] == ["busy"]
