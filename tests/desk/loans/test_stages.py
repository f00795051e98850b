"""Changing a loan's stage: permissions, and the follow-ups it closes and plans. Now is Wednesday 10:00."""

import pytest
from sqlmodel import select

from desk.core.errors import DeskError, Invalid, NotAllowed
from desk.core.transaction import Office
from desk.core.undo import take_back
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.documents.documents import request_documents
from desk.documents.listing import list_documents
from desk.documents.names import DocumentName
from desk.loans.stages import MoveQuestion, StageChanged, change_stage, confirm_move, enter_by_import
from desk.rules.moves import MOVES
from desk.rules.stages import classify_transition
from storage.engine.types import new_id
from storage.queries.loans import loans
from storage.tables import Check, FollowUp, Loan, Member, StageChange, Workspace
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.desk.lins_desk import at

IT = LoanRef("L-1042", "L-1042")


class Stages:
    """Lin's loan L-1042, an inquiry, and changes of its stage; by default Lin acts."""

    def __init__(self, office: Office, workspace: Workspace, lin: Member, loan: Loan) -> None:
        self.office, self.workspace, self.lin, self.loan = office, workspace, lin, loan

    async def to(self, stage: str, reason: str = "", who: Member | None = None) -> StageChanged:
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            result = await change_stage(desk, loan=IT, stage=stage, reason=reason)
            if isinstance(result, MoveQuestion):
                await desk.session.flush()
                result = await confirm_move(desk, result.draft_id, writes_off=False)
            assert isinstance(result, StageChanged)
            return result

    async def refuses(self, stage: str, who: Member | None = None) -> DeskError:
        with pytest.raises(DeskError) as refused:
            await self.to(stage, who=who)
        return refused.value

    async def undo(self, answer: StageChanged) -> None:
        async with self.office.desk(self.workspace, self.lin) as desk:
            await take_back(desk, answer.undo_id)

    async def follow_up(self, purpose: str) -> FollowUp:
        return await make_follow_up(
            self.office, self.loan, self.lin, purpose=purpose, due_at=at("2026-11-26 15:00"), rule=None
        )

    async def ask_for(self, *codes: str) -> None:
        async with self.office.desk(self.workspace, self.lin) as desk:
            await request_documents(desk, loan=IT, wanted=[DocumentName(code) for code in codes])

    async def documents(self) -> list[str]:
        async with self.office.desk(self.workspace, self.lin) as desk:
            listed = await list_documents(desk, IT)
        return [view.state for view in (*listed.open, *listed.settled)]

    async def row(self) -> Loan:
        async with self.office.database.reading() as session:
            return await session.get_one(Loan, self.loan.id)

    async def states(self) -> list[tuple[str, str]]:
        async with self.office.database.reading() as session:
            rows = await session.exec(select(FollowUp).order_by("number"))
            return [(row.purpose, row.state) for row in rows]

    async def changes(self) -> list[StageChange]:
        async with self.office.database.reading() as session:
            return list(await session.exec(select(StageChange)))


@pytest.fixture
async def stages(office: Office, workspace: Workspace) -> Stages:
    team = await make_team(office, workspace)
    lin = await make_member(office, workspace, "ULIN", name="Lin", team_id=team.id)
    loan = await make_loan(office, workspace, "L-1042", owner=lin, stage="inquiry", due_day=15)
    return Stages(office, workspace, lin, loan)


async def test_an_application_plans_its_verification(stages: Stages) -> None:
    await make_member(stages.office, stages.workspace, "UVERA", roles="verifier", team_id=stages.lin.team_id)
    answer = await stages.to("application", "has signed the form")
    assert (answer.from_stage, answer.loan.stage, answer.transition.kind) == ("inquiry", "application", "forward")
    assert answer.planned is not None
    assert (answer.planned.follow_up.purpose, answer.planned.follow_up.assignee) == ("identity", "UVERA")
    assert answer.planned.follow_up.due.at == at("2026-11-26 09:00")
    row = await stages.row()
    assert (row.stage, row.stage_since, row.stage_set_at) == ("application", stages.office.clock.now(), row.stage_since)


async def test_a_disbursed_loan_gets_a_repayment_reminder(stages: Stages) -> None:
    answer = await stages.to("disbursed")
    assert answer.transition.skipped == ("application", "approved", "signed")
    assert answer.planned is not None
    assert answer.planned.follow_up.purpose == "repayment"


@pytest.mark.parametrize("stage", ["closed", "withdrawn"])
async def test_ending_a_loan_closes_everything_open_and_undo_restores_it(stages: Stages, stage: str) -> None:
    await stages.follow_up("conditions")
    await stages.ask_for("id", "bank")
    answer = await stages.to(stage)
    assert (answer.ended_follow_ups, answer.ended_documents) == (2, 2)
    assert (answer.still_open, answer.planned, answer.next_steps) == ((), None, None)
    assert await stages.states() == [("conditions", "ended"), ("documents", "ended")]
    assert await stages.documents() == ["ended", "ended"]
    await stages.undo(answer)
    assert await stages.states() == [("conditions", "open"), ("documents", "open")]
    assert await stages.documents() == ["requested", "requested"]
    row = await stages.row()
    assert (row.stage, row.stage_set_at) == ("inquiry", None)
    assert [change.undone_at for change in await stages.changes()] == [stages.office.clock.now()]


async def test_a_declined_borrower_is_told_within_four_working_hours(stages: Stages) -> None:
    await stages.follow_up("income")
    answer = await stages.to("declined")
    assert answer.planned is not None
    assert (answer.planned.follow_up.purpose, answer.planned.follow_up.due.at) == ("decision", at("2026-11-25 14:00"))
    assert await stages.states() == [("income", "ended"), ("decision", "open")]


async def test_a_declined_loan_keeps_a_planned_decision_call(stages: Stages) -> None:
    kept = await stages.follow_up("decision")
    await stages.follow_up("income")
    answer = await stages.to("declined")
    assert (answer.ended_follow_ups, answer.planned) == (1, None)
    assert [view.id for view in answer.still_open] == [kept.id]


async def test_a_follow_up_planned_after_an_undone_stage_gets_its_own_number(stages: Stages) -> None:
    await stages.undo(await stages.to("declined"))
    answer = await stages.to("declined")
    assert answer.planned is not None
    assert answer.planned.follow_up.number == 2


async def test_the_reason_is_stored_encrypted(stages: Stages) -> None:
    await stages.to("withdrawn", "家里有事, <!here> *x*")
    (change,) = await stages.changes()
    assert change.reason_cipher is not None
    assert "家里".encode() not in change.reason_cipher
    reason = stages.office.cipher.decrypt(StageChange.reason_cipher, change)
    assert (reason, change.from_stage, change.to_stage, change.by_id) == (
        "家里有事, <!here> *x*",
        "inquiry",
        "withdrawn",
        stages.lin.id,
    )


async def test_an_active_stage_without_a_plan_offers_next_steps(stages: Stages) -> None:
    answer = await stages.to("signed")
    assert answer.next_steps is not None
    assert [offer.due.at for offer in answer.next_steps.offers] == [
        at("2026-11-25 12:00"),
        at("2026-11-26 09:00"),
        at("2026-11-27 10:00"),
    ]
    assert {offer.purpose for offer in answer.next_steps.offers} == {"signing"}


async def test_the_same_stage_again_is_refused(stages: Stages) -> None:
    assert isinstance(await stages.refuses("inquiry"), Invalid)
    assert await stages.changes() == []


async def test_only_a_manager_writes_a_loan_off(stages: Stages) -> None:
    wang = await make_member(stages.office, stages.workspace, "UWANG", roles="manager")
    refused = await stages.refuses("written_off")
    assert isinstance(refused, NotAllowed)
    assert refused.params["roles"] == ("manager",)
    async with stages.office.desk(stages.workspace, wang) as desk:
        asked = await change_stage(desk, loan=IT, stage="written_off", reason="gone")
        assert isinstance(asked, MoveQuestion)
        await desk.session.flush()
        done = await confirm_move(desk, asked.draft_id, writes_off=True)
    assert isinstance(done, StageChanged)
    assert done.loan.stage == "written_off"


async def test_compliance_changes_no_stage(stages: Stages) -> None:
    reader = await make_member(stages.office, stages.workspace, "UCOMP", roles="compliance")
    assert isinstance(await stages.refuses("approved", who=reader), NotAllowed)


async def test_another_teams_loan_gets_the_answer_for_a_missing_one(stages: Stages) -> None:
    stranger = await make_member(stages.office, stages.workspace, "USTRANGE")
    refused = await stages.refuses("approved", who=stranger)
    assert (refused.code, refused.params["given"]) == ("unknown_loan", "L-1042")


async def test_an_imported_stage_plans_by_rule_and_is_not_marked_as_set_by_hand(stages: Stages) -> None:
    async with stages.office.desk(stages.workspace) as desk:
        loan = await loans.lock(desk.session, stages.loan.id)
        assert (await enter_by_import(desk, loan, "disbursed")).planned == 3
    row = await stages.row()
    assert (row.stage, row.stage_set_at) == ("disbursed", None)


@pytest.mark.parametrize(
    ("before", "after", "way", "skipped"),
    [
        ("inquiry", "application", "forward", ()),
        ("inquiry", "signed", "skips", ("application", "approved")),
        ("signed", "application", "back", ()),
        ("declined", "application", "reopened", ()),
        ("closed", "disbursed", "reopened", ()),
        ("disbursed", "closed", "forward", ()),
        ("closed", "written_off", "forward", ()),
        ("approved", "declined", "forward", ()),
        ("disbursed", "withdrawn", "unusual", ()),
        ("inquiry", "written_off", "unusual", ()),
        ("signed", "declined", "unusual", ()),
    ],
)
def test_a_stage_change_is_classified_by_its_direction_and_skipped_stages(
    before: str, after: str, way: str, skipped: tuple[str, ...]
) -> None:
    found = classify_transition(before, after)
    assert (found.kind, found.skipped) == (way, skipped)


def test_every_pair_of_stages_has_a_classification() -> None:
    codes = [stage.code for stage in VOCABULARY.stages]
    for before in codes:
        for after in codes:
            if before != after:
                assert classify_transition(before, after).kind


async def test_no_member_but_a_manager_moves_a_loan_on_whose_check_has_failed(stages: Stages, office: Office) -> None:
    check = await stages.follow_up("employer")
    async with office.database.transaction() as session:
        failed = {"state": "failed", "by_id": stages.lin.id, "at": office.clock.now(), "follow_up_id": check.id}
        session.add(
            Check(id=new_id(), workspace_id=check.workspace_id, loan_id=check.loan_id, purpose="employer", **failed)
        )
    for before in VOCABULARY.stages:
        for after in VOCABULARY.stages:
            if before == after or after.code == "written_off":
                continue
            async with office.database.transaction() as session:
                (await session.get_one(Loan, stages.loan.id)).stage = before.code
            held = bool(MOVES[after.code].must) and classify_transition(before.code, after.code).kind != "back"
            if held:
                refused = await stages.refuses(after.code)
                assert refused.code == "stage_needs", (before.code, after.code)
                assert [need.kind for need in refused.params["needs"]] == ["no_failed_check"]
            else:
                await stages.to(after.code)
            assert (await stages.row()).stage == (before if held else after).code
