"""What becomes of the calls that the phone system reports. Now is Wednesday 10:00; Lin's extension is 2001."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.worker import do_chores
from desk.calls.calls import log_call
from desk.calls.corrections import CallCorrected
from desk.calls.views import CallLogged
from desk.core.errors import Conflict, NotAllowed, NotFound
from desk.core.phone_site import Site
from desk.core.values import LoanRef
from desk.follow_ups.contact_limits import limits_of
from desk.loans.related import PersonEntry, PhoneEntry, add_person
from desk.rules.call_records import CallRecord
from desk.telephony import answering
from desk.telephony.applying import FORGOTTEN_AFTER, apply_phone_calls, forget_phone_calls
from desk.telephony.missed import missed_call
from desk.telephony.records import SETTLE, Taken, take_records
from storage.engine.types import new_id
from storage.tables import (
    AuditEntry,
    Borrower,
    Call,
    CallContact,
    CallCorrection,
    CallParty,
    FollowUp,
    Loan,
    Member,
    Notice,
    PhoneCall,
    PhoneRing,
    SetAside,
    Workspace,
)
from tests.builders import SHANGHAI, make_loan, make_manager, make_member, make_team
from tests.desk.lins_desk import LinsDesk, at, desk10

__all__ = ["desk10"]

SITE = Site(SHANGHAI, "CN", ("9",))
NUMBER = "013800135678"


class Phones:
    """Reports calls of Lin's to L-1042 and has the worker apply them."""

    def __init__(self, desk10: LinsDesk) -> None:
        self.desk10 = desk10
        self.office, self.workspace, self.clock = desk10.office, desk10.workspace, desk10.clock

    def record(
        self, result: str = "no_answer", *, seconds: int = 0, began: datetime | None = None, **given: Any
    ) -> Any:
        start = began or self.clock.now() - timedelta(minutes=5)
        values: dict[str, Any] = {
            "source": "pbx",
            "key": "call-1",
            "direction": "out",
            "agent_extension": "2001",
            "number": NUMBER,
            "started": start,
            "ended": start + timedelta(seconds=20 + seconds),
            "talk_seconds": seconds,
            "result": result,
            "known_by": "signalled",
        }
        return CallRecord(**(values | given))

    async def take(self, *records: CallRecord) -> Taken:
        async with self.office.desk(self.workspace) as desk:
            return await take_records(desk, records, SITE)

    async def apply(self) -> None:
        self.clock.advance(seconds=SETTLE.total_seconds())
        while True:
            async with self.office.desk(self.workspace) as desk:
                if not await apply_phone_calls(desk):
                    return

    async def worker(self) -> None:
        """Apply what came by another worker, some seconds later."""
        self.clock.advance(seconds=SETTLE.total_seconds())
        async with self.office.desk(self.workspace) as desk:
            await apply_phone_calls(desk)

    async def report(self, *records: CallRecord) -> PhoneCall:
        for record in records:
            await self.take(record)
        await self.apply()
        [row] = await self.desk10.all(PhoneCall)
        return row

    async def row(self) -> PhoneCall:
        [row] = await self.desk10.all(PhoneCall)
        return row

    async def calls(self) -> list[Call]:
        return sorted(await self.desk10.all(Call), key=lambda each: each.at)

    async def counted(self) -> list[tuple[datetime, bool]]:
        """Return the calls that contact rules know, and whether each was a conversation."""
        async with self.office.reading_desk(self.workspace, self.desk10.lin) as desk:
            limits = await limits_of(desk, await desk.session.get_one(Loan, self.desk10.loan.id))
            assert limits is not None
            return [(each.at, each.spoke) for each in limits.known.history]

    async def answer(self, outcome: str, who: Member | None = None) -> CallLogged | CallCorrected | None:
        row = await self.row()
        async with self.office.desk(self.workspace, who or self.desk10.lin) as desk:
            return await answering.answer_phone_call(desk, row.id, row.version, outcome)

    async def assign(self, who: Member, loan: str, agent: str) -> answering.PhoneCallAssigned:
        row = await self.row()
        async with self.office.desk(self.workspace, who) as desk:
            return await answering.assign_phone_call(
                desk, row.id, row.version, loan=LoanRef(loan, loan), agent_slack_id=agent
            )


@pytest.fixture
async def phones(desk10: LinsDesk) -> Phones:
    async with desk10.office.database.transaction() as session:
        (await session.get_one(Member, desk10.lin.id)).extension = "2001"
    return Phones(desk10)


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


async def test_an_earlier_call_by_hand_is_another_one(phones: Phones) -> None:
    await phones.desk10.says("no_answer")
    phones.clock.advance(minutes=20)
    await phones.report(phones.record("busy"))
    assert [each.outcome for each in await phones.calls()] == ["no_answer", "busy"]


async def test_the_same_record_twice_late_and_out_of_order_is_one_call(phones: Phones) -> None:
    ringing, ended = phones.record("pending", ended=None), phones.record("busy")
    assert await phones.take(ended) == Taken(new=1)
    assert await phones.take(ringing, ended) == Taken(same=2)
    await phones.apply()
    phones.clock.advance(hours=5)
    assert await phones.take(ended) == Taken(same=1)
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


async def _missed(phones: Phones) -> list[Notice]:
    return [each for each in await phones.desk10.all(Notice) if each.kind == "missed_call"]


async def test_an_incoming_call_that_nobody_took_reaches_the_owner_once_an_hour(phones: Phones) -> None:
    missed = phones.record("abandoned_in", direction="in", agent_extension="")
    for key in ("call-1", "call-1", "call-2"):
        await phones.take(replace(missed, key=key))
    await phones.apply()
    [told] = await _missed(phones)
    assert (told.to_id, told.about_loan_id) == (phones.desk10.lin.id, phones.desk10.loan.id)
    assert await phones.calls() == []
    later = phones.clock.now() + timedelta(hours=1)
    phones.clock.advance(hours=1)
    await phones.take(replace(missed, key="call-3", started=later, ended=later))
    await phones.apply()
    assert len(await _missed(phones)) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"number": "13900009999"},
        {"direction": "out", "result": "cancelled_by_agent"},
        {"result": "blocked_policy"},
        {"hours": 13},
    ],
)
async def test_an_incoming_call_that_is_old_or_of_nobody_is_told_to_nobody(
    phones: Phones, given: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"result": "abandoned_in", "direction": "in"} | given
    began = phones.clock.now() - timedelta(hours=values.pop("hours", 0))
    row = await phones.report(phones.record(values.pop("result"), began=began, **values))
    assert (await _missed(phones), row.state == "logged") == ([], False)


async def test_an_incoming_call_that_was_taken_after_all_says_so(phones: Phones) -> None:
    await phones.report(phones.record("abandoned_in", direction="in"))
    [told] = await _missed(phones)
    row = await phones.report(phones.record("connected", direction="in", seconds=40))
    [again] = await _missed(phones)
    assert (row.state, again.wanted > told.wanted) == ("asks", True)
    async with phones.office.reading_desk(phones.workspace) as desk:
        view = await missed_call(desk, row.id, phones.desk10.lin)
    assert view is not None
    assert view.over


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
    assert sum(each.new for each in taken) == 1
    await asyncio.gather(*(phones.worker() for _ in range(3)))
    assert [each.outcome for each in await phones.calls()] == ["busy"]
