"""Undo as a member meets it: what was just done is taken back whole, or is told why it cannot be."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from desk.core import undo
from desk.core.changes import create, offer_undo, track
from desk.core.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from desk.core.transaction import Desk, Office
from desk.core.undo import take_back
from desk.core.values import Due
from desk.follow_ups import lifecycle
from desk.loans import borrowers
from desk.loans.lookup import visible_loans
from desk.people import calendars, working_time
from desk.people.calendars import calendar_of
from storage.engine.types import new_id
from storage.queries.loans import loans, search
from storage.queries.messages import notices
from storage.tables import Borrower, Call, FollowUp, Loan, Member, Notice, Undo, Workspace
from tests.builders import make_follow_up, make_loan, make_member
from tests.clocks import FrozenClock


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN", name="Lin")


@pytest.fixture
async def loan(office: Office, workspace: Workspace, lin: Member) -> Loan:
    return await make_loan(office, workspace, "L-1042", owner=lin)


@pytest.fixture
async def follow_up(office: Office, loan: Loan, lin: Member, clock: FrozenClock) -> FollowUp:
    return await make_follow_up(office, loan, lin, due_at=clock.now() + timedelta(hours=2))


async def finish(office: Office, workspace: Workspace, who: Member, follow_up: FollowUp) -> UUID:
    """A member finishes a follow-up and is offered to undo it."""
    async with office.desk(workspace, who) as desk:
        loan = await loans.lock(desk.session, follow_up.loan_id)
        row = await desk.session.get_one(FollowUp, follow_up.id)
        lifecycle.close(desk, row, "done", why="spoke to her")
        desk.audit("done", loan_id=loan.id, subject_id=row.id)
        return offer_undo(desk, "done", loan_id=loan.id)


async def move(office: Office, workspace: Workspace, who: Member, follow_up: FollowUp, at: datetime) -> UUID:
    """A member moves a follow-up."""
    async with office.desk(workspace, who) as desk:
        await loans.lock(desk.session, follow_up.loan_id)
        row = await desk.session.get_one(FollowUp, follow_up.id)
        await lifecycle.move(desk, row, Due(on=at.date(), at=at), assignee=who)
        desk.audit("move", loan_id=row.loan_id, subject_id=row.id)
        return offer_undo(desk, "move", loan_id=row.loan_id)


async def undone(office: Office, workspace: Workspace, who: Member, undo_id: UUID) -> undo.UndoResult:
    async with office.desk(workspace, who) as desk:
        return await take_back(desk, undo_id)


async def stored(office: Office, table: Any, row_id: UUID) -> Any:
    async with office.database.reading() as session:
        return await session.get_one(table, row_id)


def values(row: Any) -> dict[str, Any]:
    """Everything about a row but its version."""
    return row.model_dump(exclude={"version"})


async def test_a_finished_follow_up_is_open_again_exactly_as_it_was(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp
) -> None:
    before = values(await stored(office, FollowUp, follow_up.id))
    undo_id = await finish(office, workspace, lin, follow_up)
    assert (await stored(office, FollowUp, follow_up.id)).state == "done"

    taken = await undone(office, workspace, lin, undo_id)

    assert (taken.act, taken.loan_number, taken.restored) == ("done", "L-1042", 1)
    assert values(await stored(office, FollowUp, follow_up.id)) == before


async def test_a_button_of_before_the_undo_no_longer_counts(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp
) -> None:
    await undone(office, workspace, lin, await finish(office, workspace, lin, follow_up))
    assert (await stored(office, FollowUp, follow_up.id)).version == follow_up.version + 2


async def test_what_an_act_made_is_taken_back_without_being_forgotten(
    office: Office, workspace: Workspace, lin: Member, loan: Loan, clock: FrozenClock
) -> None:
    async with office.desk(workspace, lin) as desk:
        row = await loans.lock(desk.session, loan.id)
        due = Due(on=clock.now().date(), at=clock.now() + timedelta(hours=1))
        planned = await lifecycle.plan(desk, row, purpose="income", assignee=lin, due=due)
        call = create(desk, _call(desk, loan, planned.follow_up))
        undo_id = offer_undo(desk, "call", loan_id=loan.id)
    clock.advance(minutes=1)

    await undone(office, workspace, lin, undo_id)

    follow_up = await stored(office, FollowUp, planned.follow_up.id)
    assert (follow_up.state, follow_up.closed_at, follow_up.remind_at) == ("undone", clock.now(), None)
    assert follow_up.escalate_at is None
    assert (await stored(office, Call, call.id)).undone_at == clock.now()


async def test_a_number_given_once_is_not_given_again(
    office: Office, workspace: Workspace, lin: Member, loan: Loan, clock: FrozenClock
) -> None:
    async with office.desk(workspace, lin) as desk:
        row = track(desk, await loans.lock(desk.session, loan.id))
        row.stage = "approved"
        due = Due(on=clock.now().date(), at=clock.now() + timedelta(hours=1))
        await lifecycle.plan(desk, row, purpose="income", assignee=lin, due=due)
        undo_id = offer_undo(desk, "stage", loan_id=loan.id)

    await undone(office, workspace, lin, undo_id)

    row = await stored(office, Loan, loan.id)
    assert (row.stage, row.next_follow_up_number) == ("application", 2)


async def test_five_minutes_are_the_limit(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp, clock: FrozenClock
) -> None:
    undo_id = await finish(office, workspace, lin, follow_up)
    clock.advance(minutes=5, seconds=1)
    with pytest.raises(Invalid) as refused:
        await undone(office, workspace, lin, undo_id)
    assert (refused.value.code, refused.value.params["minutes"]) == ("undo_too_late", 5)
    assert (await stored(office, FollowUp, follow_up.id)).state == "done"


async def test_within_five_minutes_it_still_works(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp, clock: FrozenClock
) -> None:
    undo_id = await finish(office, workspace, lin, follow_up)
    clock.advance(minutes=5)
    assert (await undone(office, workspace, lin, undo_id)).restored == 1


async def test_a_second_press_says_that_it_was_taken_back(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp, clock: FrozenClock
) -> None:
    undo_id = await finish(office, workspace, lin, follow_up)
    await undone(office, workspace, lin, undo_id)
    with pytest.raises(Conflict) as refused:
        await undone(office, workspace, lin, undo_id)
    assert (refused.value.code, refused.value.params["at"]) == ("already_undone", clock.now())


async def test_two_presses_at_once_take_it_back_once(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp
) -> None:
    undo_id = await finish(office, workspace, lin, follow_up)
    answers = await asyncio.gather(
        undone(office, workspace, lin, undo_id), undone(office, workspace, lin, undo_id), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "UndoResult"]
    assert (await stored(office, FollowUp, follow_up.id)).version == follow_up.version + 2


async def test_a_member_takes_back_only_what_they_did(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp
) -> None:
    chen = await make_member(office, workspace, "UCHEN", name="Chen")
    undo_id = await finish(office, workspace, lin, follow_up)
    with pytest.raises(NotAllowed, match="undo_not_yours"):
        await undone(office, workspace, chen, undo_id)


async def test_a_button_that_leads_nowhere_is_told_so(office: Office, workspace: Workspace, lin: Member) -> None:
    with pytest.raises(NotFound, match="undo_unknown"):
        await undone(office, workspace, lin, new_id())


async def test_what_was_built_on_stays_and_is_named(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp, clock: FrozenClock
) -> None:
    chen = await make_member(office, workspace, "UCHEN", name="Chen")
    undo_id = await move(office, workspace, lin, follow_up, clock.now() + timedelta(days=1))
    await finish(office, workspace, chen, follow_up)

    with pytest.raises(Conflict) as refused:
        await undone(office, workspace, lin, undo_id)

    assert refused.value.code == "undo_built_on"
    assert refused.value.params["loans"] == ("L-1042",)
    assert refused.value.params["since"] == (undo.LaterAct(act="done", who="UCHEN", at=clock.now()),)
    assert (await stored(office, FollowUp, follow_up.id)).state == "done"


async def test_once_the_later_act_is_taken_back_the_earlier_one_can_be(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp, clock: FrozenClock
) -> None:
    before = values(await stored(office, FollowUp, follow_up.id))
    moved = await move(office, workspace, lin, follow_up, clock.now() + timedelta(days=1))
    finished = await finish(office, workspace, lin, follow_up)

    await undone(office, workspace, lin, finished)
    await undone(office, workspace, lin, moved)

    assert values(await stored(office, FollowUp, follow_up.id)) == before


async def test_a_reassignment_is_taken_back_where_nobody_touched_it_since(
    office: Office, workspace: Workspace, lin: Member
) -> None:
    chen = await make_member(office, workspace, "UCHEN", name="Chen")
    one = await make_loan(office, workspace, "L-1", owner=lin)
    two = await make_loan(office, workspace, "L-2", owner=lin)
    async with office.desk(workspace, lin) as desk:
        for loan in (one, two):
            row = track(desk, await loans.lock(desk.session, loan.id))
            row.owner_id = chen.id
        undo_id = offer_undo(desk, "reassign")
    async with office.desk(workspace, chen) as desk:
        track(desk, await loans.lock(desk.session, two.id)).stage = "approved"

    taken = await undone(office, workspace, lin, undo_id)

    assert (taken.restored, taken.left) == (1, ("L-2",))
    assert (await stored(office, Loan, one.id)).owner_id == lin.id
    assert (await stored(office, Loan, two.id)).owner_id == chen.id


async def test_the_messages_that_show_it_are_rewritten(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp
) -> None:
    undo_id = await finish(office, workspace, lin, follow_up)
    notice_id = await _notice_about(office, workspace, lin, follow_up)
    await undone(office, workspace, lin, undo_id)
    assert (await stored(office, Notice, notice_id)).wanted == 2


async def test_a_reminder_withheld_because_it_was_done_comes_after_all(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp, clock: FrozenClock
) -> None:
    await _announced(office, workspace, follow_up)
    undo_id = await finish(office, workspace, lin, follow_up)
    await undone(office, workspace, lin, undo_id)
    assert (await stored(office, FollowUp, follow_up.id)).remind_at == clock.now()


async def test_a_reminder_that_stands_does_not_come_twice(
    office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp
) -> None:
    await _announced(office, workspace, follow_up)
    await _notice_about(office, workspace, lin, follow_up)
    undo_id = await finish(office, workspace, lin, follow_up)
    await undone(office, workspace, lin, undo_id)
    assert (await stored(office, FollowUp, follow_up.id)).remind_at is None


async def test_what_the_desk_noted_meanwhile_stays(
    office: Office, workspace: Workspace, lin: Member, loan: Loan
) -> None:
    async with office.desk(workspace, lin) as desk:
        track(desk, await loans.lock(desk.session, loan.id)).stage = "approved"
        undo_id = offer_undo(desk, "stage", loan_id=loan.id)
    async with office.desk(workspace) as desk:
        (await desk.session.get_one(Loan, loan.id)).imported_as = "A-7"

    await undone(office, workspace, lin, undo_id)

    row = await stored(office, Loan, loan.id)
    assert (row.stage, row.imported_as) == ("application", "A-7")


async def test_nothing_readable_is_kept_for_the_undo(
    office: Office, workspace: Workspace, lin: Member, loan: Loan, follow_up: FollowUp
) -> None:
    await finish(office, workspace, lin, follow_up)
    async with office.desk(workspace, lin) as desk:
        borrower = track(desk, await desk.session.get_one(Borrower, loan.borrower_id))
        borrower.phone_cipher = desk.cipher.encrypt(Borrower.phone_cipher, borrower.id, "+8613900001111")
        offer_undo(desk, "edit", loan_id=loan.id)
    async with office.database.reading() as session:
        kept = str([row.steps for row in (await session.exec(select(Undo))).all()])
    assert "spoke" not in kept
    assert "13800135678" not in kept
    assert "13900001111" not in kept


async def test_a_corrected_name_taken_back_is_found_again_and_the_correction_no_more(
    office: Office, workspace: Workspace, lin: Member, loan: Loan
) -> None:
    async with office.desk(workspace, lin) as desk:
        borrower = await desk.session.get_one(Borrower, loan.borrower_id)
        await borrowers.correct(desk, borrower, name="李雷", phone="+8613900001111")
        undo_id = offer_undo(desk, "edit", loan_id=loan.id)
    assert await _finds(office, workspace, lin, "李雷") == ["L-1042"]

    await undone(office, workspace, lin, undo_id)

    assert await _finds(office, workspace, lin, "王小明") == ["L-1042"]
    assert await _finds(office, workspace, lin, "李雷") == []
    assert await _finds(office, workspace, lin, "1111") == []


async def test_an_absence_taken_back_gives_the_reminders_back_though_one_was_acted_on(
    office: Office, workspace: Workspace, lin: Member, loan: Loan, clock: FrozenClock
) -> None:
    later_hours = await make_member(office, workspace, "UCHEN", work_start=time(13), work_end=time(20))
    friday = date(2026, 11, 27)
    at_nine = datetime(2026, 11, 27, 1, tzinfo=UTC)
    mine = await make_follow_up(office, loan, lin, due_on=friday, remind_at=at_nine)
    acted_on = await make_follow_up(office, loan, lin, due_on=friday, remind_at=at_nine)
    async with office.desk(workspace, lin) as desk:
        me = await desk.session.get_one(Member, lin.id)
        undo_id = (await working_time.set_absence(desk, me, until=date(2026, 11, 30), cover=later_hours)).undo_id
    away_at = (await stored(office, FollowUp, mine.id)).remind_at
    await finish(office, workspace, later_hours, acted_on)

    taken = await undone(office, workspace, lin, undo_id)

    assert away_at == datetime(2026, 11, 27, 5, tzinfo=UTC)
    assert (await stored(office, FollowUp, mine.id)).remind_at == at_nine
    assert (await stored(office, FollowUp, acted_on.id)).state == "done"
    assert (await stored(office, Member, lin.id)).absent_until is None
    assert taken.left == ("L-1042",)


async def test_a_day_off_taken_back_is_worked_again(office: Office, workspace: Workspace, loan: Loan) -> None:
    admin = await make_member(office, workspace, "UADMIN", roles="admin agent")
    thursday = date(2026, 11, 26)
    follow_up = await make_follow_up(
        office, loan, admin, due_on=thursday, remind_at=datetime(2026, 11, 26, 1, tzinfo=UTC)
    )
    async with office.desk(workspace, admin) as desk:
        undo_id = (await calendars.set_day(desk, thursday, working=False, name="moving house")).undo_id
    assert (await stored(office, FollowUp, follow_up.id)).remind_at == datetime(2026, 11, 27, 1, tzinfo=UTC)

    await undone(office, workspace, admin, undo_id)

    assert (await stored(office, FollowUp, follow_up.id)).remind_at == datetime(2026, 11, 26, 1, tzinfo=UTC)
    async with office.reading_desk(workspace) as desk:
        assert (await calendar_of(desk)).overrides == {}
    assert (await stored(office, Member, admin.id)).next_digest_at == datetime(2026, 11, 26, 0, 30, tzinfo=UTC)


async def test_an_absence_that_was_changed_since_is_not_taken_back(
    office: Office, workspace: Workspace, lin: Member
) -> None:
    async with office.desk(workspace, lin) as desk:
        me = await desk.session.get_one(Member, lin.id)
        undo_id = (await working_time.set_absence(desk, me, until=date(2026, 11, 30), cover=None)).undo_id
    async with office.desk(workspace, lin) as desk:
        await working_time.clear_absence(desk, await desk.session.get_one(Member, lin.id))
    with pytest.raises(Conflict, match="undo_built_on"):
        await undone(office, workspace, lin, undo_id)


ACTS = st.lists(st.sampled_from(["move", "finish", "undo"]), min_size=1, max_size=8)


@given(acts=ACTS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
async def test_any_acts_taken_back_in_reverse_leave_everything_as_it_was(
    office: Office, workspace: Workspace, lin: Member, loan: Loan, clock: FrozenClock, acts: list[str]
) -> None:
    follow_up = await make_follow_up(office, loan, lin, due_at=clock.now() + timedelta(hours=2))
    before = values(await stored(office, FollowUp, follow_up.id))
    done: list[UUID] = []
    for step, act in enumerate(acts):
        is_open = (await stored(office, FollowUp, follow_up.id)).state == "open"
        if act == "undo" and done:
            await undone(office, workspace, lin, done.pop())
        elif act == "move" and is_open:
            done.append(await move(office, workspace, lin, follow_up, clock.now() + timedelta(hours=3 + step)))
        elif act == "finish" and is_open:
            done.append(await finish(office, workspace, lin, follow_up))
    if len(done) > 1:
        with pytest.raises(DeskError, match="undo_built_on"):
            await undone(office, workspace, lin, done[0])
    for undo_id in reversed(done):
        await undone(office, workspace, lin, undo_id)
    assert values(await stored(office, FollowUp, follow_up.id)) == before


def _call(desk: Desk, loan: Loan, follow_up: FollowUp) -> Call:
    return Call(
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        follow_up_id=follow_up.id,
        caller_id=desk.member.id,
        outcome="reached",
        at=desk.now,
    )


async def _finds(office: Office, workspace: Workspace, who: Member, word: str) -> list[str]:
    async with office.reading_desk(workspace, who) as desk:
        found = await search.find_loans(
            desk.session, desk.cipher, workspace.id, [word], visible=visible_loans(desk), limit=5
        )
        return [loan.number for loan in found]


async def _announced(office: Office, workspace: Workspace, follow_up: FollowUp) -> None:
    async with office.desk(workspace) as desk:
        row = await desk.session.get_one(FollowUp, follow_up.id)
        row.announced_for, row.announced_at, row.remind_at = row.remind_at, desk.now, None


async def _notice_about(office: Office, workspace: Workspace, lin: Member, follow_up: FollowUp) -> UUID:
    async with office.desk(workspace) as desk:
        notice = Notice(
            id=new_id(),
            workspace_id=workspace.id,
            key=f"reminder:{follow_up.id}",
            kind="reminder",
            to_id=lin.id,
            owed_from=desk.now,
            created_at=desk.now,
        )
        await notices.insert(desk.session, notice)
        await notices.link(desk.session, notice, [follow_up])
    return notice.id
