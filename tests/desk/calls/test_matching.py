"""Which follow-up a call answers; it never answers one that it does not fit."""

from datetime import date

import pytest

from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.core.errors import Conflict, NotAllowed
from desk.core.transaction import Office
from storage.tables import Call, Workspace
from tests.builders import make_member
from tests.desk.lins_desk import LinsDesk, desk10, due

__all__ = ["desk10"]


async def test_an_outcome_for_another_kind_of_call_is_refused(desk10: LinsDesk) -> None:
    follow_up = await desk10.follow_up("repayment")
    refused = await desk10.refuses("confirmed", n=1)
    assert (refused.code, refused.params["answers"]) == ("outcome_answers_other", "verification")
    assert (
        await desk10.refuses("promised", details=CallDetails("income"), next_step=NextStep(due("2026-11-27")))
    ).params["answers"] == "repayment"
    assert await desk10.state(follow_up) == "open"
    assert await desk10.all(Call) == []


async def test_an_outcome_is_not_given_to_a_call_it_does_not_fit(desk10: LinsDesk) -> None:
    repayment = await desk10.follow_up("repayment", "2026-11-25 11:00")
    income = await desk10.follow_up("income", "2026-11-25 12:00")
    answer = await desk10.says("confirmed")
    assert answer.answered is not None
    assert answer.answered.id == income.id
    assert await desk10.state(repayment) == "open"


async def test_a_note_over_the_limit_is_refused_with_its_length(desk10: LinsDesk) -> None:
    refused = await desk10.refuses("reached", details=CallDetails(note="字" * 3001))
    assert (refused.code, refused.params) == ("note_too_long", {"length": 3001, "limit": 3000})
    assert (await desk10.says("reached", details=CallDetails(note="字" * 3000))).note == "字" * 3000


async def test_a_follow_up_that_is_no_longer_open_says_who_closed_it(desk10: LinsDesk, office: Office) -> None:
    await desk10.follow_up()
    await desk10.says("reached")
    refused = await desk10.refuses("reached", n=1)
    assert isinstance(refused, Conflict)
    assert refused.params == {"name": "L-1042/1", "state": "done", "who": "ULIN", "at": desk10.clock.now()}


@pytest.mark.parametrize("roles", ["compliance", "admin", "compliance admin"])
async def test_a_member_who_makes_no_calls_cannot_log_one(
    desk10: LinsDesk, office: Office, workspace: Workspace, roles: str
) -> None:
    reader = await make_member(office, workspace, "UREADER", roles=roles)
    refused = await desk10.refuses("reached", reader)
    assert isinstance(refused, NotAllowed)
    assert refused.code == "role_missing"
    assert await desk10.all(Call) == []


async def test_a_call_answers_the_follow_up_with_the_typed_number(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 11:00")
    later = await desk10.follow_up("conditions", "2026-12-04")
    answer = await desk10.says("reached", n=2)
    assert answer.answered is not None
    assert answer.answered.id == later.id


async def test_a_call_answers_the_follow_up_with_the_typed_purpose(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 11:00")
    later = await desk10.follow_up("conditions", "2026-12-04")
    answer = await desk10.says("reached", details=CallDetails("conditions"))
    assert answer.answered is not None
    assert answer.answered.id == later.id


async def test_a_call_answers_the_callers_earliest_follow_up_due_today(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 16:00")
    earliest = await desk10.follow_up("conditions", "2026-11-25 11:00")
    answer = await desk10.says("reached")
    assert answer.answered is not None
    assert answer.answered.id == earliest.id
    assert [f.number for f in answer.others] == [1]


async def test_the_callers_own_follow_up_is_answered_before_another_members(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    wu = await make_member(office, workspace, "UWU")
    await desk10.follow_up("documents", "2026-11-25 09:00", assignee=wu)
    mine = await desk10.follow_up("conditions", "2026-11-25 17:00")
    answer = await desk10.says("reached")
    assert answer.answered is not None
    assert answer.answered.id == mine.id


async def test_a_follow_up_due_later_is_offered_but_not_answered(desk10: LinsDesk) -> None:
    tomorrow = await desk10.follow_up("documents", "2026-11-26 09:00")
    answer = await desk10.says("reached")
    assert answer.answered is None
    assert [f.id for f in answer.others] == [tomorrow.id]
    assert not answer.asks
    assert await desk10.state(tomorrow) == "open"


async def test_a_follow_up_due_this_evening_is_answered(desk10: LinsDesk) -> None:
    tonight = await desk10.follow_up("documents", "2026-11-25 23:30")
    answer = await desk10.says("reached")
    assert answer.answered is not None
    assert answer.answered.id == tonight.id


async def test_another_members_verification_is_answered_only_if_named(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    verifier = await make_member(office, workspace, "UVER", roles="verifier")
    theirs = await desk10.follow_up("identity", "2026-11-25 09:00", assignee=verifier)
    answer = await desk10.says("reached")
    assert answer.answered is None
    assert [f.id for f in answer.others] == [theirs.id]
    named = await desk10.says("reached", details=CallDetails("identity"))
    assert named.answered is not None
    assert named.answered.id == theirs.id


async def test_a_cover_answers_the_verification_of_the_absent_member(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    cover = await make_member(office, workspace, "UCOVER", roles="verifier")
    away = await make_member(
        office,
        workspace,
        "UAWAY",
        roles="verifier",
        absent_from=date(2026, 11, 23),
        absent_until=date(2026, 11, 27),
        cover_id=cover.id,
    )
    theirs = await desk10.follow_up("identity", "2026-11-25 09:00", assignee=away)
    answer = await desk10.says("confirmed", cover)
    assert answer.answered is not None
    assert answer.answered.id == theirs.id


async def test_a_member_who_may_not_act_on_a_follow_up_is_told_who_may(
    desk10: LinsDesk, office: Office, workspace: Workspace
) -> None:
    assert desk10.lin.team_id is not None
    mate = await make_member(office, workspace, "UMATE", team_id=desk10.lin.team_id)
    follow_up = await desk10.follow_up("documents")
    answer = await desk10.says("reached", mate)
    assert answer.answered is None
    assert answer.others == ()
    refused = await desk10.refuses("reached", mate, n=1)
    assert (refused.code, "ULIN" in refused.params["who"]) == ("others_may_act", True)
    assert (await desk10.refuses("reached", mate, details=CallDetails("documents"))).code == "others_may_act"
    assert await desk10.state(follow_up) == "open"


async def test_a_purpose_without_an_open_follow_up_answers_none_and_lists_the_open_ones(desk10: LinsDesk) -> None:
    documents = await desk10.follow_up("documents")
    answer = await desk10.says("reached", details=CallDetails("income"))
    assert (answer.answered, answer.missing) == (None, "income")
    assert [f.id for f in answer.still_open] == [documents.id]


async def test_a_purpose_word_followed_by_text_is_a_note_if_no_such_call_is_open(desk10: LinsDesk) -> None:
    documents = await desk10.follow_up("documents")
    details = CallDetails("plan", note="to sell the car", full_note="plan to sell the car")
    answer = await desk10.says("reached", details=details)
    assert (answer.note, answer.missing) == ("plan to sell the car", None)
    assert answer.answered is not None
    assert answer.answered.id == documents.id


async def test_a_purpose_word_followed_by_text_is_the_purpose_if_such_a_call_is_open(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents", "2026-11-25 11:00")
    plan = await desk10.follow_up("plan", "2026-12-01")
    details = CallDetails("plan", note="to sell the car", full_note="plan to sell the car")
    answer = await desk10.says("reached", details=details)
    assert answer.note == "to sell the car"
    assert answer.answered is not None
    assert answer.answered.id == plan.id


async def test_a_number_and_a_purpose_that_contradict_each_other_are_refused(desk10: LinsDesk) -> None:
    await desk10.follow_up("documents")
    refused = await desk10.refuses("reached", n=1, details=CallDetails("income"))
    assert (refused.code, refused.params["its"]) == ("number_and_purpose_differ", "documents")
    answer = await desk10.says(
        "reached", n=1, details=CallDetails("income", note="is fine", full_note="income is fine")
    )
    assert answer.note == "income is fine"
