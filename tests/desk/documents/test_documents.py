"""Documents: requested, received, accepted and rejected, and the call about them. Now is Wednesday 10:00."""

from uuid import UUID

import pytest

from desk.core.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from desk.core.transaction import Office
from desk.core.undo import take_back
from desk.core.values import Due, LoanRef
from desk.documents.documents import (
    DocumentChangeResult,
    DocumentName,
    DocumentRequestResult,
    change_document_on,
    change_documents,
    request_documents,
)
from desk.documents.listing import DocumentList, list_documents
from storage.tables import DocumentItem, FollowUp, Loan, Member, Workspace
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.desk.lins_desk import at, due

IT = LoanRef("L-1042", "L-1042")
ID, BANK = DocumentName("id"), DocumentName("bank")


class Papers:
    """Lin's loan L-1042 and actions on its documents; by default Lin acts."""

    def __init__(self, office: Office, workspace: Workspace, lin: Member, loan: Loan) -> None:
        self.office, self.workspace, self.lin, self.loan = office, workspace, lin, loan

    async def ask(
        self, *wanted: DocumentName, by: Due | None = None, who: Member | None = None
    ) -> DocumentRequestResult:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await request_documents(desk, loan=IT, wanted=wanted, by=by)

    async def do(
        self, act: str, *which: DocumentName, reason: str = "", who: Member | None = None
    ) -> DocumentChangeResult:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await change_documents(desk, loan=IT, act=act, which=which, reason=reason)  # pyright: ignore[reportArgumentType]

    async def refuses(self, act: str, *which: DocumentName) -> DeskError:
        with pytest.raises(DeskError) as refused:
            await self.do(act, *which)
        return refused.value

    async def list(self, who: Member | None = None) -> DocumentList:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await list_documents(desk, IT)

    async def states(self) -> dict[str, str]:
        listed = await self.list()
        return {view.words or view.code: view.state for view in (*listed.open, *listed.settled)}

    async def undo(self, undo_id: UUID | None) -> None:
        assert undo_id is not None
        async with self.office.desk(self.workspace, self.lin) as desk:
            await take_back(desk, undo_id)

    async def follow_up(self, row_id: UUID) -> FollowUp:
        async with self.office.database.reading() as session:
            return await session.get_one(FollowUp, row_id)


@pytest.fixture
async def papers(office: Office, workspace: Workspace) -> Papers:
    team = await make_team(office, workspace)
    lin = await make_member(office, workspace, "ULIN", name="Lin", team_id=team.id)
    return Papers(office, workspace, lin, await make_loan(office, workspace, "L-1042", owner=lin))


# Asking.


async def test_documents_wanted_by_a_day_plan_a_call_on_that_day_for_the_member_who_typed(papers: Papers) -> None:
    verifier = await make_member(papers.office, papers.workspace, "UVERA", roles="verifier", team_id=papers.lin.team_id)
    answer = await papers.ask(ID, BANK, by=due("2026-11-27"), who=verifier)
    assert [(view.code, view.state) for view in answer.asked] == [("id", "requested"), ("bank", "requested")]
    assert answer.planned is not None
    assert not answer.by_rule
    follow_up = answer.planned.follow_up
    assert (follow_up.purpose, follow_up.assignee, follow_up.due) == ("documents", "UVERA", due("2026-11-27"))


async def test_documents_without_a_day_plan_a_call_two_working_days_later_in_the_morning(papers: Papers) -> None:
    answer = await papers.ask(ID)
    assert answer.planned is not None
    assert answer.by_rule
    assert answer.planned.follow_up.due.at == at("2026-11-27 09:00")
    assert answer.planned.follow_up.assignee == "ULIN"


async def test_documents_requested_by_a_manager_plan_a_call_for_the_loans_owner(papers: Papers) -> None:
    wang = await make_member(papers.office, papers.workspace, "UWANG", roles="manager")
    answer = await papers.ask(ID, by=due("2026-11-27"), who=wang)
    assert answer.planned is not None
    assert answer.planned.follow_up.assignee == "ULIN"


async def test_a_planned_call_about_documents_is_not_planned_twice(papers: Papers) -> None:
    there = await make_follow_up(
        papers.office, papers.loan, papers.lin, purpose="documents", due_at=at("2026-11-26 11:00")
    )
    answer = await papers.ask(ID)
    assert answer.planned is None
    assert answer.existing is not None
    assert answer.existing.id == there.id


async def test_a_call_that_a_member_planned_is_not_put_off_to_the_day_of_the_documents(papers: Papers) -> None:
    there = await make_follow_up(
        papers.office, papers.loan, papers.lin, purpose="documents", due_at=at("2026-11-26 11:00")
    )
    answer = await papers.ask(ID, by=due("2026-11-27 15:00"))
    assert answer.planned is None
    assert answer.existing is not None
    assert answer.existing.id == there.id
    assert (await papers.follow_up(there.id)).due_at == at("2026-11-26 11:00")


async def test_a_later_call_that_a_member_planned_stays_and_an_earlier_one_asks_for_the_documents(
    papers: Papers,
) -> None:
    there = await make_follow_up(
        papers.office, papers.loan, papers.lin, purpose="documents", due_at=at("2026-12-10 11:00")
    )
    answer = await papers.ask(ID, by=due("2026-11-27"))
    assert answer.planned is not None
    assert answer.planned.follow_up.id != there.id
    assert (await papers.follow_up(there.id)).due_at == at("2026-12-10 11:00")


async def test_an_open_document_is_not_requested_twice(papers: Papers) -> None:
    await papers.ask(ID)
    answer = await papers.ask(ID, BANK)
    assert [view.code for view in answer.asked] == ["bank"]
    assert [view.code for view in answer.already] == ["id"]
    again = await papers.ask(ID)
    assert (again.asked, again.undo_id) == ((), None)
    assert len((await papers.list()).open) == 2


async def test_a_new_day_for_a_requested_document_moves_its_call(papers: Papers) -> None:
    await papers.ask(ID)
    answer = await papers.ask(ID, by=due("2026-12-01 10:00"))
    assert answer.planned is not None
    assert answer.planned.follow_up.due.at == at("2026-12-01 10:00")
    assert (await papers.list()).open[0].by == due("2026-12-01 10:00")


async def test_a_settled_document_can_be_requested_again(papers: Papers) -> None:
    await papers.ask(ID)
    await papers.do("cancel", ID)
    answer = await papers.ask(ID)
    assert [view.code for view in answer.asked] == ["id"]
    await papers.do("got", ID)
    listed = await papers.list()
    assert ([v.state for v in listed.open], [v.state for v in listed.settled]) == (["received"], ["cancelled"])


async def test_the_name_of_another_document_is_stored_as_typed_and_encrypted(papers: Papers) -> None:
    answer = await papers.ask(DocumentName("other", "结婚证 <!channel>"), DocumentName("other", "Divorce Decree"))
    assert [view.words for view in answer.asked] == ["结婚证 <!channel>", "Divorce Decree"]
    async with papers.office.database.reading() as session:
        item = await session.get_one(DocumentItem, answer.asked[0].id)
    assert item.words_cipher is not None
    assert "结婚证".encode() not in item.words_cipher
    assert (await papers.ask(DocumentName("other", "divorce decree"))).asked == ()


async def test_a_document_name_over_the_limit_is_refused_with_its_length(papers: Papers) -> None:
    with pytest.raises(Invalid) as refused:
        await papers.ask(DocumentName("other", "x" * 101))
    assert (refused.value.code, refused.value.params["length"]) == ("document_words_too_long", 101)


async def test_undoing_a_request_removes_its_documents_and_its_call(papers: Papers) -> None:
    answer = await papers.ask(ID, BANK)
    assert answer.planned is not None
    await papers.undo(answer.undo_id)
    assert await papers.states() == {}
    assert (await papers.follow_up(answer.planned.follow_up.id)).state == "undone"


async def test_compliance_reads_documents_but_requests_none(papers: Papers) -> None:
    reader = await make_member(papers.office, papers.workspace, "UCOMP", roles="compliance")
    await papers.ask(ID)
    with pytest.raises(NotAllowed):
        await papers.ask(BANK, who=reader)
    assert len((await papers.list(who=reader)).open) == 1


# From state to state.


async def test_accepting_all_documents_finishes_the_call_about_them(papers: Papers) -> None:
    asked = await papers.ask(ID, BANK)
    assert asked.planned is not None
    call = asked.planned.follow_up.id
    assert not (await papers.do("got", ID, BANK)).done
    first = await papers.do("accept", ID)
    assert (first.done, [view.code for view in first.still_open]) == ((), ["bank"])
    last = await papers.do("accept", BANK)
    assert [(view.id, view.state) for view in last.done] == [(call, "done")]
    assert last.next_steps is not None
    assert (await papers.follow_up(call)).state == "done"


async def test_a_cancelled_document_is_no_longer_waited_for(papers: Papers) -> None:
    asked = await papers.ask(ID, BANK)
    await papers.do("got", ID)
    await papers.do("accept", ID)
    answer = await papers.do("cancel", BANK)
    assert asked.planned is not None
    assert [view.id for view in answer.done] == [asked.planned.follow_up.id]


async def test_undoing_the_last_acceptance_reopens_the_call(papers: Papers) -> None:
    asked = await papers.ask(ID)
    await papers.do("got", ID)
    answer = await papers.do("accept", ID)
    await papers.undo(answer.undo_id)
    assert await papers.states() == {"id": "received"}
    assert asked.planned is not None
    row = await papers.follow_up(asked.planned.follow_up.id)
    assert (row.state, row.remind_at) == ("open", at("2026-11-27 09:00"))


async def test_a_rejected_document_is_requested_again_with_the_reason(papers: Papers) -> None:
    await papers.ask(ID)
    await papers.do("got", ID)
    answer = await papers.do("reject", ID, reason="反面不清晰, <b>")
    assert [(view.state, view.reason) for view in answer.still_open] == [("rejected", "反面不清晰, <b>")]
    assert answer.planned is None
    assert await papers.states() == {"id": "rejected"}
    await papers.do("got", ID)
    assert (await papers.list()).open[0].reason == ""


async def test_rejecting_an_accepted_document_plans_a_call_about_it_again(papers: Papers) -> None:
    await papers.ask(ID)
    await papers.do("got", ID)
    await papers.do("accept", ID)
    answer = await papers.do("reject", ID, reason="expired")
    assert answer.planned is not None
    assert answer.planned.follow_up.due.at == at("2026-11-27 09:00")
    await papers.do("got", ID)
    done = await papers.do("accept", ID)
    assert [view.id for view in done.done] == [answer.planned.follow_up.id]


@pytest.mark.parametrize(
    ("before", "act", "possible"),
    [
        ((), "accept", ("got", "cancel")),
        (("got",), "got", ("accept", "reject", "cancel")),
        (("got", "accept"), "got", ("reject",)),
        (("cancel",), "accept", ()),
    ],
)
async def test_an_invalid_step_is_refused_with_the_valid_ones(
    papers: Papers, before: tuple[str, ...], act: str, possible: tuple[str, ...]
) -> None:
    await papers.ask(ID)
    for earlier in before:
        await papers.do(earlier, ID)
    refused = await papers.refuses(act, ID)
    assert (refused.code, refused.params["possible"]) == ("document_impossible", possible)


async def test_several_documents_are_changed_together_or_not_at_all(papers: Papers) -> None:
    await papers.ask(ID, BANK)
    await papers.do("got", ID)
    await papers.refuses("accept", ID, BANK)
    assert await papers.states() == {"id": "received", "bank": "requested"}


async def test_an_unrequested_document_is_refused_with_the_open_ones(papers: Papers) -> None:
    await papers.ask(ID)
    refused = await papers.refuses("cancel", BANK)
    assert isinstance(refused, NotFound)
    assert (refused.code, refused.params["documents"]) == ("document_not_requested", ("id",))


async def test_the_only_other_document_needs_no_name_but_one_of_two_does(papers: Papers) -> None:
    await papers.ask(DocumentName("other", "结婚证"))
    assert [view.words for view in (await papers.do("got", DocumentName("other"))).changed] == ["结婚证"]
    await papers.ask(DocumentName("other", "户口本"))
    assert (await papers.refuses("got", DocumentName("other"))).code == "document_words_needed"
    await papers.do("got", DocumentName("other", "户口本"))


# By a button.


async def test_a_button_of_the_list_moves_its_document_on(papers: Papers) -> None:
    await papers.ask(ID)
    shown = (await papers.list()).open[0]
    async with papers.office.desk(papers.workspace, papers.lin) as desk:
        answer = await change_document_on(desk, shown.id, shown.version, "got")
    assert [view.state for view in answer.changed] == ["received"]


async def test_the_second_of_two_presses_is_told_who_was_first(papers: Papers) -> None:
    other = await make_member(papers.office, papers.workspace, "UOTHER", team_id=papers.lin.team_id)
    await papers.ask(ID)
    shown = (await papers.list()).open[0]
    async with papers.office.desk(papers.workspace, other) as desk:
        await change_document_on(desk, shown.id, shown.version, "got")
    with pytest.raises(Conflict) as refused:
        async with papers.office.desk(papers.workspace, papers.lin) as desk:
            await change_document_on(desk, shown.id, shown.version, "got")
    assert (refused.value.code, refused.value.params["who"]) == ("document_changed", "UOTHER")


async def test_a_button_reveals_nothing_of_a_loan_that_its_presser_may_not_see(papers: Papers) -> None:
    stranger = await make_member(papers.office, papers.workspace, "USTRANGE")
    await papers.ask(ID)
    shown = (await papers.list()).open[0]
    for item_id in (shown.id, UUID(int=1)):
        with pytest.raises(NotFound) as refused:
            async with papers.office.desk(papers.workspace, stranger) as desk:
                await change_document_on(desk, item_id, shown.version, "got")
        assert refused.value.code == "unknown_loan_pressed"


async def test_undo_is_refused_after_a_later_change_by_another_member(papers: Papers) -> None:
    await papers.ask(ID)
    received = await papers.do("got", ID)
    other = await make_member(papers.office, papers.workspace, "UOTHER", team_id=papers.lin.team_id)
    await papers.do("accept", ID, who=other)
    with pytest.raises(Conflict):
        await papers.undo(received.undo_id)
