"""`/loan`: cards, lists, new inquiries, corrections. Now is Wednesday 10:00."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from desk.calls.matching import CallDetails
from desk.core.errors import Ambiguous, Conflict, DeskError, Invalid, NotAllowed, NotFound
from desk.core.retention import forget_old
from desk.core.undo import take_back
from desk.core.values import LoanRef
from desk.documents.documents import request_documents
from desk.documents.names import DocumentName
from desk.follow_ups.assigning import plan_offered
from desk.follow_ups.quiet_periods import record_usual_quiet
from desk.loans import cards, edits, inquiries, lists
from desk.loans.cards import LoanCard
from desk.loans.edits import LoanCorrected
from desk.loans.inquiries import KnownPhone, NewInquiry
from desk.loans.lists import LoanList, search_words
from storage.tables import AuditEntry, Borrower, Draft, Loan, Member
from tests.builders import make_loan, make_loan_in_arrears, make_member, make_team
from tests.clocks import FrozenClock
from tests.desk.lins_desk import LinsDesk, at, desk10

__all__ = ["desk10"]

WANG, PHONE = "王芳", "+8613900139000"


class Counter:
    """Performs Lin's actions on loans."""

    def __init__(self, desk10: LinsDesk) -> None:
        self.office, self.workspace, self.lin, self.loan = desk10.office, desk10.workspace, desk10.lin, desk10.loan

    async def new(self, name: str = WANG, phone: str = PHONE, note: str = "", who: Member | None = None) -> Any:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await inquiries.open_inquiry(desk, name=name, phone=phone, note=note)

    async def opened(
        self, name: str = WANG, phone: str = PHONE, note: str = "", who: Member | None = None
    ) -> NewInquiry:
        answer = await self.new(name, phone, note, who)
        assert isinstance(answer, NewInquiry)
        return answer

    async def all_the_same(self, draft_id: UUID, who: Member | None = None) -> NewInquiry:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await inquiries.confirm_inquiry(desk, draft_id)

    async def edit(self, what: Any, value: str, number: str = "L-1042", who: Member | None = None) -> LoanCorrected:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            (corrected,) = await edits.edit_loan(desk, loan=LoanRef(number, number), changes={what: value})
            return corrected

    async def refuses_edit(self, what: Any, value: str, who: Member | None = None) -> DeskError:
        with pytest.raises(DeskError) as refused:
            await self.edit(what, value, who=who)
        return refused.value

    async def card(self, word: str = "L-1042", who: Member | None = None) -> LoanCard:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await cards.loan_card(desk, LoanRef(word, word))

    async def finds(self, words: str, who: Member | None = None) -> list[str]:
        return [row.number for row in (await self.found(words, who)).rows]

    async def found(self, words: str, who: Member | None = None) -> LoanList:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await lists.find(desk, words)

    async def mine(self, stage: str | None = None, offset: int = 0) -> LoanList:
        async with self.office.desk(self.workspace, self.lin) as desk:
            return await lists.mine(desk, stage, offset=offset)

    async def undo(self, undo_id: UUID) -> None:
        async with self.office.desk(self.workspace, self.lin) as desk:
            await take_back(desk, undo_id)

    async def row(self, loan_id: UUID) -> Loan:
        async with self.office.database.reading() as session:
            return await session.get_one(Loan, loan_id)


@pytest.fixture
def counter(desk10: LinsDesk) -> Counter:
    return Counter(desk10)


# A new inquiry.


async def test_an_inquiry_gets_a_number_and_its_owner_and_offers_next_steps(counter: Counter) -> None:
    answer = await counter.opened(note="问利率, <!channel>")
    assert (answer.loan.number, answer.loan.stage, answer.loan.owner) == ("L-1", "inquiry", "ULIN")
    assert answer.next_steps is not None
    assert [offer.due.at for offer in answer.next_steps.offers] == [
        at("2026-11-25 12:00"),
        at("2026-11-26 09:00"),
        at("2026-11-27 10:00"),
    ]
    row = await counter.row(answer.loan.id)
    assert (row.minted, row.stage_set_at, row.owner_set_at) == (True, None, counter.office.clock.now())
    card = await counter.card("L-1")
    assert (card.name, card.stages[0].reason) == (WANG, "问利率, <!channel>")
    assert await counter.finds("王芳") == ["L-1"]


async def test_an_inquiry_never_gets_the_number_of_an_existing_loan(counter: Counter) -> None:
    for number in ("L-1", "l-2", "L-4"):
        await make_loan(counter.office, counter.workspace, number, owner=counter.lin, phone="+8613100001111")
    first = await counter.opened()
    second = await counter.opened(name="李雷", phone="+8613900139001")
    numbers = {first.loan.number, second.loan.number}
    assert len(numbers) == 2
    assert not {number.casefold() for number in numbers} & {"l-1", "l-2", "l-4"}


@pytest.mark.parametrize("role", ["compliance", "admin"])
async def test_who_makes_no_calls_cannot_open_an_inquiry(counter: Counter, role: str) -> None:
    other = await make_member(counter.office, counter.workspace, "UOTHER", roles=role)
    with pytest.raises(NotAllowed):
        await counter.new(who=other)


async def test_an_inquiry_with_a_known_phone_shows_its_loans_and_needs_a_confirmation(counter: Counter) -> None:
    answer = await counter.new(name="王晓明", phone="+8613800135678", note="wants another car")
    assert isinstance(answer, KnownPhone)
    assert [row.number for row in answer.loans] == ["L-1042"]
    assert await counter.finds("王晓明") == []
    opened = await counter.all_the_same(answer.draft_id)
    assert (opened.name, opened.note) == ("王晓明", "wants another car")
    assert sorted(await counter.finds("13800135678")) == ["L-1", "L-1042"]
    with pytest.raises(NotFound):
        await counter.all_the_same(answer.draft_id)


async def test_an_unconfirmed_inquiry_is_encrypted_private_and_valid_for_an_hour(
    counter: Counter, clock: FrozenClock
) -> None:
    other = await make_member(counter.office, counter.workspace, "UOTHER", team_id=counter.lin.team_id)
    answer = await counter.new(name="王晓明", phone="+8613800135678")
    async with counter.office.database.reading() as session:
        (draft,) = (await session.exec(select(Draft))).all()
    assert b"13800135678" not in draft.body_cipher
    with pytest.raises(NotFound):
        await counter.all_the_same(answer.draft_id, who=other)
    clock.advance(hours=1, seconds=1)
    with pytest.raises(NotFound):
        await counter.all_the_same(answer.draft_id)
    async with counter.office.desk(counter.workspace) as desk:
        await forget_old(desk)
        assert (await desk.session.exec(select(Draft))).all() == []


async def test_a_phone_known_only_to_another_team_is_not_mentioned(counter: Counter) -> None:
    west = await make_team(counter.office, counter.workspace, "West")
    stranger = await make_member(counter.office, counter.workspace, "USTRANGE", team_id=west.id)
    assert isinstance(await counter.new(phone="+8613800135678", who=stranger), NewInquiry)


async def test_a_name_over_the_limit_is_refused_with_its_length(counter: Counter) -> None:
    with pytest.raises(Invalid) as refused:
        await counter.new(name="王" * 101)
    assert (refused.value.code, refused.value.params["length"]) == ("name_too_long", 101)


async def test_an_undone_inquiry_is_no_longer_an_active_loan(counter: Counter) -> None:
    answer = await counter.opened()
    await counter.undo(answer.undo_id)
    assert (await counter.row(answer.loan.id)).stage == "withdrawn"
    assert answer.loan.number not in [row.number for row in (await counter.mine()).rows]


async def test_a_press_plans_the_next_step_once(counter: Counter) -> None:
    answer = await counter.opened()
    assert answer.next_steps is not None
    offer, number = answer.next_steps.offers[0], answer.next_steps.next_number

    async def press() -> Any:
        async with counter.office.desk(counter.workspace, counter.lin) as desk:
            return await plan_offered(desk, answer.loan.id, offer.due, offer.purpose, next_number=number)

    planned = await press()
    assert (planned.planned.follow_up.purpose, planned.planned.follow_up.due) == ("conditions", offer.due)
    with pytest.raises(Conflict):
        await press()
    counter.office.clock.advance(days=2)  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(Invalid):
        async with counter.office.desk(counter.workspace, counter.lin) as desk:
            await plan_offered(desk, answer.loan.id, offer.due, offer.purpose, next_number=number + 1)


async def test_nothing_needed_is_recorded(counter: Counter) -> None:
    answer = await counter.opened()
    async with counter.office.desk(counter.workspace, counter.lin) as desk:
        assert (await record_usual_quiet(desk, answer.loan.id)).number == answer.loan.number
    assert "nothing_needed" in await acts(counter, answer.loan.id)


# Corrections.


async def test_a_loan_is_found_by_its_corrected_name_only(counter: Counter) -> None:
    answer = await counter.edit("name", "汪小明")
    assert (answer.before, answer.after) == ("王小明", "汪小明")
    assert (await counter.finds("汪小明"), await counter.finds("王小明")) == (["L-1042"], [])
    await counter.undo(answer.undo_id)
    assert (await counter.finds("汪小明"), await counter.finds("王小明")) == ([], ["L-1042"])


async def test_a_corrected_phone_is_no_longer_marked_as_wrong(counter: Counter) -> None:
    await mark_wrong(counter)
    answer = await counter.edit("phone", "+8613900139000")
    assert (answer.before, answer.after) == ("+86 138 0013 5678", "+86 139 0013 9000")
    assert not (await counter.card()).phone_is_wrong
    assert await counter.finds("尾号9000") == ["L-1042"]


async def test_entering_the_same_phone_again_marks_it_as_right(counter: Counter) -> None:
    assert (await counter.refuses_edit("phone", "+8613800135678")).code == "nothing_changed"
    await mark_wrong(counter)
    await counter.edit("phone", "+8613800135678")
    assert not (await counter.card()).phone_is_wrong


async def test_an_inquiry_can_be_given_the_lenders_number(counter: Counter) -> None:
    opened = await counter.opened()
    answer = await counter.edit("number", "ＨＴ-2026/77", number=opened.loan.number)
    assert (answer.before, answer.loan.number) == ("L-1", "HT-2026/77")
    row = await counter.row(opened.loan.id)
    assert (row.number_key, row.minted) == ("ht-2026/77", False)
    assert (await counter.card("ht-2026/77")).name == WANG


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("l-7", "number_taken"),
        ("L 8", "number_separated"),
        ("L-1042", "nothing_changed"),
        ("9" * 65, "number_too_long"),
    ],
)
async def test_an_invalid_loan_number_is_refused(counter: Counter, value: str, code: str) -> None:
    west = await make_team(counter.office, counter.workspace, "West")
    stranger = await make_member(counter.office, counter.workspace, "USTRANGE", team_id=west.id)
    await make_loan(counter.office, counter.workspace, "L-7", owner=stranger)
    assert (await counter.refuses_edit("number", value)).code == code


async def test_only_the_owner_or_a_manager_corrects_a_loan(counter: Counter) -> None:
    assert counter.lin.team_id is not None
    mate = await make_member(counter.office, counter.workspace, "UMATE", team_id=counter.lin.team_id)
    manager = await make_member(counter.office, counter.workspace, "UMANAGER", roles="manager")
    admin = await make_member(counter.office, counter.workspace, "UADMIN", roles="admin")
    assert (await counter.refuses_edit("name", "汪", who=admin)).code == "role_missing"
    refused = await counter.refuses_edit("name", "汪", who=mate)
    assert (refused.code, refused.params["who"]) == ("others_may_act", ("ULIN", "UMANAGER"))
    assert (await counter.edit("name", "汪一", who=manager)).after == "汪一"


async def test_any_member_who_makes_calls_and_sees_it_corrects_a_loan_without_an_owner(counter: Counter) -> None:
    await make_loan(counter.office, counter.workspace, "L-9")
    reader = await make_member(counter.office, counter.workspace, "UCOMP", roles="compliance")
    with pytest.raises(NotAllowed):
        await counter.edit("name", "汪", number="L-9", who=reader)
    alone = await make_member(counter.office, counter.workspace, "UALONE")
    assert (await counter.edit("name", "汪", number="L-9", who=alone)).after == "汪"


# The card.


async def test_the_card_shows_due_calls_notes_and_missing_documents(desk10: LinsDesk, counter: Counter) -> None:
    await desk10.says("reached", details=details("in two weeks; *not* before"))
    for day in range(1, 7):
        await desk10.follow_up("income", f"2026-12-0{day}")
    async with counter.office.desk(counter.workspace, counter.lin) as desk:
        await request_documents(desk, loan=LoanRef("L-1042", "L-1042"), wanted=[DocumentName("id")])
    card = await counter.card()
    assert (card.name, card.loan.owner, card.loan.stage) == ("王小明", "ULIN", "application")
    assert [due.follow_up.purpose for due in card.due] == ["documents", *["income"] * 4]
    assert card.more_due == 2
    assert [(call.caller, call.outcome, call.note) for call in card.calls] == [
        ("ULIN", "reached", "in two weeks; *not* before")
    ]
    assert [item.code for item in card.documents] == ["id"]


async def test_the_card_shows_the_last_calls_first_and_counts_the_rest(desk10: LinsDesk, counter: Counter) -> None:
    for n in range(7):
        desk10.clock.advance(minutes=10)
        await desk10.says("reached", details=details(f"call {n}"))
    card = await counter.card()
    assert [call.note for call in card.calls] == ["call 6", "call 5", "call 4", "call 3", "call 2"]
    assert card.more_calls == 2


async def test_an_undone_call_is_not_on_the_card(desk10: LinsDesk, counter: Counter) -> None:
    await desk10.undo(await desk10.says("reached"))
    assert (await counter.card()).calls == ()


async def test_the_card_of_a_disbursed_loan_shows_its_instalments(counter: Counter) -> None:
    await make_loan_in_arrears(counter.office, counter.workspace, "L-8", owner=counter.lin)
    card = await counter.card("l-8")
    assert (card.due_day, card.unpaid_since, card.paid_through) == (10, date(2026, 11, 10), date(2026, 10, 10))


async def test_a_word_that_matches_two_loans_is_refused_with_both(counter: Counter) -> None:
    await make_loan(counter.office, counter.workspace, "L-8", owner=counter.lin)
    with pytest.raises(Ambiguous) as refused:
        await counter.card("王小明")
    assert {choice.number for choice in refused.value.params["choices"]} == {"L-8", "L-1042"}


async def test_a_member_who_may_not_see_a_loan_gets_the_answer_for_a_missing_one(counter: Counter) -> None:
    west = await make_team(counter.office, counter.workspace, "West")
    stranger = await make_member(counter.office, counter.workspace, "USTRANGE", team_id=west.id)
    for word in ("L-1042", "王小明", "L-9999"):
        with pytest.raises(NotFound) as refused:
            await counter.card(word, who=stranger)
        assert refused.value.code == "unknown_loan"
        assert refused.value.params["nearest"] == ()
    assert await counter.finds("王小明", who=stranger) == []
    for loan_id in (counter.loan.id, UUID(int=1)):
        for act in (cards.loan_card_by_id, cards.reveal_number):
            with pytest.raises(NotFound) as pressed:
                async with counter.office.desk(counter.workspace, stranger) as desk:
                    await act(desk, loan_id)
            assert pressed.value.code == "unknown_loan_pressed"
    assert await acts(counter, counter.loan.id) == []


async def test_the_phone_number_is_shown_on_demand_and_audited(counter: Counter) -> None:
    async with counter.office.desk(counter.workspace, counter.lin) as desk:
        shown = await cards.reveal_number(desk, counter.loan.id)
    assert (shown.phone, shown.dialled, shown.is_wrong) == ("+86 138 0013 5678", "+8613800135678", False)
    async with counter.office.database.reading() as session:
        (entry,) = (await session.exec(select(AuditEntry))).all()
    assert (entry.act, entry.actor_id, entry.loan_id, entry.details) == (
        "show_number",
        counter.lin.id,
        counter.loan.id,
        {"roles": "agent"},
    )


# Lists.


async def test_loans_are_found_by_name_pinyin_phone_and_tail_and_further_ones_counted(counter: Counter) -> None:
    for n in range(12):
        await make_loan(counter.office, counter.workspace, f"A-{n}", owner=counter.lin, phone=f"+86139001390{n:02}")
    found = await counter.found("wang")
    assert (len(found.rows), found.total, found.more) == (10, 13, 3)
    assert await counter.finds("wangxiaoming 尾号 5678") == ["L-1042"]
    assert await counter.finds("wangxiaoming phone ending 5678") == ["L-1042"]
    assert await counter.finds("138 0013 5678") == ["L-1042"]
    assert await counter.finds("l-1042") == ["L-1042"]
    assert await counter.finds("王小明 9007") == ["A-7"]
    assert await counter.finds("***") == []


def test_a_phone_number_and_a_tail_stay_one_word() -> None:
    assert search_words(" 王小明，尾号 5678 ") == ["王小明", "尾号5678"]
    assert search_words("Wang, phone ending 5678") == ["Wang", "ending5678"]
    assert search_words("+86 138-0013 5678") == ["+86 138-0013 5678"]
    assert search_words("Wang Fang") == ["Wang", "Fang"]


async def test_a_members_own_loans_are_paginated_by_stage(counter: Counter) -> None:
    for n in range(11):
        since = counter.office.clock.now() - timedelta(days=n + 1)
        await make_loan(counter.office, counter.workspace, f"A-{n}", owner=counter.lin, stage_since=since)
    await make_loan(counter.office, counter.workspace, "B-1", owner=counter.lin, stage="closed")
    first, last = await counter.mine(), await counter.mine(offset=10)
    assert (first.rows[0].number, first.total, first.more) == ("A-10", 12, 2)
    assert first.by_stage == (("application", 12),)
    assert ([row.number for row in last.rows], last.more) == (["A-0", "L-1042"], 0)
    assert [row.number for row in (await counter.mine("closed")).rows] == ["B-1"]


async def test_a_row_of_the_list_shows_the_next_due_follow_up(desk10: LinsDesk, counter: Counter) -> None:
    await desk10.follow_up("income", "2026-12-02")
    soon = await desk10.follow_up("documents", "2026-11-27")
    (row,) = (await counter.mine()).rows
    assert row.next is not None
    assert row.next.id == soon.id


async def test_my_day_counts_what_is_due_late_and_unplanned(desk10: LinsDesk, counter: Counter) -> None:
    await make_loan(counter.office, counter.workspace, "A-1", owner=counter.lin)
    await desk10.follow_up(when="2026-11-25 09:00")
    await desk10.follow_up(when="2026-11-25 15:00")
    await desk10.follow_up(when="2026-11-26 15:00")
    async with counter.office.desk(counter.workspace, counter.lin) as desk:
        day = await lists.my_day(desk)
    assert (day.due.total, day.late, day.unplanned) == (2, 1, 1)


async def acts(counter: Counter, loan_id: UUID) -> list[str]:
    async with counter.office.database.reading() as session:
        rows = await session.exec(select(AuditEntry).where(AuditEntry.loan_id == loan_id))
        return [row.act for row in rows]


async def mark_wrong(counter: Counter) -> None:
    async with counter.office.desk(counter.workspace) as desk:
        borrower = await desk.session.get_one(Borrower, counter.loan.borrower_id)
        borrower.phone_wrong_at = desk.now
        desk.add(borrower)


def details(note: str) -> CallDetails:
    return CallDetails(note=note)
