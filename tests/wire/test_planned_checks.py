"""The checks that an application needs are planned by whichever door it comes. Now is Wednesday 10:00."""

from collections import Counter

import pytest
from sqlmodel import col, select

from storage.engine.types import new_id
from storage.tables import FollowUp, Loan, LoanTerms, Member
from tests.builders import make_loan, make_member
from tests.imports import bring_in
from tests.wire.api_client import program
from tests.wire.office_day import Slack

HEAD = "number,name,phone,stage,owner\n"


async def planned(slack: Slack, loan: Loan | None = None) -> list[FollowUp]:
    """Return the open calls, but for those with the borrower about documents and conditions."""
    async with slack.office.database.reading() as session:
        others = col(FollowUp.purpose).not_in(("documents", "conditions"))
        statement = select(FollowUp).where(FollowUp.state == "open", others)
        if loan is not None:
            statement = statement.where(FollowUp.loan_id == loan.id)
        return list((await session.exec(statement.order_by(col(FollowUp.number)))).all())


async def with_product(slack: Slack, product: str | None) -> Loan:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="inquiry")
    if product is not None:
        async with slack.office.database.transaction() as session:
            session.add(LoanTerms(id=new_id(), workspace_id=slack.workspace.id, loan_id=loan.id, product=product))
    return loan


async def second_verifier(slack: Slack) -> Member:
    slack.sandbox.add_user("UVERIFIER2", name="Second")
    team_id = slack.agent.team_id
    return await make_member(
        slack.office, slack.workspace, "UVERIFIER2", name="Second", roles="verifier", team_id=team_id
    )


@pytest.mark.parametrize(
    ("product", "purposes"),
    [
        (None, ["identity"]),
        ("new_car", ["identity", "income", "employer"]),
        ("used_car", ["identity", "income", "employer", "vehicle"]),
        ("secured", ["identity", "income", "vehicle"]),
        ("the lender's own", ["identity"]),
    ],
)
async def test_an_application_gets_the_checks_of_its_product(
    slack: Slack, product: str | None, purposes: list[str]
) -> None:
    loan = await with_product(slack, product)
    answer = await slack.command(slack.agent, "/loan-stage A-1 application")
    assert "Next: identity check Thu 26 Nov 2026 09:00" in answer.text
    rows = await planned(slack, loan)
    assert [row.purpose for row in rows] == purposes
    assert {row.assignee_id for row in rows} == {slack.verifier.id}


async def test_checks_are_spread_over_the_verifiers(slack: Slack) -> None:
    other = await second_verifier(slack)
    loan = await with_product(slack, "used_car")
    await slack.command(slack.agent, "/loan-stage A-1 application")
    counts = Counter(row.assignee_id for row in await planned(slack, loan))
    assert counts == {slack.verifier.id: 2, other.id: 2}


async def test_undo_takes_all_planned_checks_back(slack: Slack) -> None:
    loan = await with_product(slack, "new_car")
    answer = await slack.command(slack.agent, "/loan-stage A-1 application")
    assert answer.message is not None
    await slack.press(slack.agent, answer.message, "Undo")
    assert await planned(slack, loan) == []


async def test_a_check_that_is_open_already_is_not_planned_twice(slack: Slack) -> None:
    loan = await with_product(slack, "new_car")
    await slack.command(slack.agent, "/loan-follow A-1 @verifier fri 10am income")
    await slack.command(slack.agent, "/loan-stage A-1 application")
    assert sorted(row.purpose for row in await planned(slack, loan)) == ["employer", "identity", "income"]


async def test_a_file_that_makes_an_inquiry_an_application_plans_them_too(slack: Slack) -> None:
    loan = await with_product(slack, "new_car")
    await bring_in(slack.office, slack.workspace, HEAD + "A-1,王小明,13800135678,application,UAGENT\n")
    assert [row.purpose for row in await planned(slack, loan)] == ["identity", "income", "employer"]


@pytest.mark.parametrize("known", [False, True])
async def test_an_application_that_a_program_reports_plans_them_too(slack: Slack, known: bool) -> None:
    if known:
        await with_product(slack, "new_car")
    event = {"id": "e-1", "type": "application_received", "loan": "A-1", "name": "王小明", "phone": "13800135678"}
    async with program(slack) as core:
        answer = await core.post("/events", event | {"owner": "UAGENT", "product": "new_car"})
    assert answer.status == 200
    assert [row.purpose for row in await planned(slack)] == ["identity", "income", "employer"]
    assert {row.assignee_id for row in await planned(slack)} == {slack.verifier.id}


async def test_the_form_and_the_next_stage_on_a_card_plan_them_and_say_so_in_chinese(slack: Slack) -> None:
    loan = await with_product(slack, "new_car")
    await slack.in_chinese(slack.agent)
    card = await slack.card(slack.agent)
    await slack.press(slack.agent, card, "下一阶段：申请")
    form = slack.sandbox.modal_of("UAGENT")
    await form.submit()
    assert [row.purpose for row in await planned(slack, loan)] == ["identity", "income", "employer"]
    for what in ("身份核实", "收入核实", "单位核实"):
        assert what in form.text


async def test_an_inquiry_that_is_joined_with_the_files_application_plans_them_too(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan new 王小明 13800135678")
    rows = "number,name,phone,stage,owner,product\nA-7,王大明,13800135678,application,,new car loan\n"
    await bring_in(slack.office, slack.workspace, rows)
    assert "now has the number A-7" in (await slack.command(slack.manager, "/loan edit L-1 number A-7")).text
    assert {row.purpose for row in await planned(slack)} == {"identity", "income", "employer"}


async def test_new_applications_of_a_file_are_spread_over_verifiers_and_days(slack: Slack) -> None:
    other = await second_verifier(slack)
    rows = "".join(f"N-{n},Borrower {n},138001{n:05},application,UAGENT\n" for n in range(40))
    await bring_in(slack.office, slack.workspace, HEAD + rows)
    found = await planned(slack)
    assert {row.purpose for row in found} == {"identity"}
    assert {row.rule for row in found} == {"application"}
    per_day = Counter((row.assignee_id, row.due_on.isoformat()) for row in found)
    assert set(per_day.values()) == {8, 4}
    days = ["2026-11-26", "2026-11-27", "2026-11-30"]
    assert per_day == {
        (who.id, day): count for who in (slack.verifier, other) for day, count in zip(days, (8, 8, 4), strict=True)
    }
    card = await slack.command(slack.agent, "/loan N-3")
    assert "identity …" in card.text


async def set_default_product(slack: Slack, product: str) -> str:
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press("What stages need")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("A loan without a product counts as", product)
    await form.submit()
    return form.text


async def test_an_application_without_a_product_gets_the_checks_of_the_workspaces_default(slack: Slack) -> None:
    other = await second_verifier(slack)
    assert "A loan without a product counts as used car loan." in await set_default_product(slack, "used car loan")
    loan = await with_product(slack, None)
    await slack.command(slack.agent, "/loan-stage A-1 application")
    wanted = ["identity", "income", "employer", "vehicle"]
    assert [row.purpose for row in await planned(slack, loan)] == wanted

    rows = "".join(
        f"N-{n},Borrower {n},138001{n:05},application,UAGENT,{p}\n" for n, p in enumerate(("", "", "自营贷"))
    )
    await bring_in(slack.office, slack.workspace, "number,name,phone,stage,owner,product\n" + rows)
    found = [row for row in await planned(slack) if row.loan_id != loan.id]
    assert Counter(row.purpose for row in found) == {"identity": 3, "income": 2, "employer": 2, "vehicle": 2}
    assert {row.assignee_id for row in found} == {slack.verifier.id, other.id}
    for number, appraised in (("N-0", True), ("N-2", False)):
        moved = await slack.command(slack.agent, f"/loan-stage {number} approved")
        assert ("appraisal" in moved.text) is appraised, number


async def test_no_product_by_default_is_set_again_and_undone(slack: Slack) -> None:
    await set_default_product(slack, "new car loan")
    assert "counts as" not in await set_default_product(slack, "no product: only the identity is checked")
    await slack.sandbox.modal_of("UMANAGER").press("Undo")
    await bring_in(slack.office, slack.workspace, HEAD + "N-1,Borrower,13800100001,application,UAGENT\n")
    assert [row.purpose for row in await planned(slack)] == ["identity", "income", "employer"]


async def test_rows_at_other_stages_plan_no_check(slack: Slack) -> None:
    rows = "N-1,A,13800100001,inquiry,UAGENT\nN-2,B,13800100002,approved,UAGENT\nN-3,C,13800100003,signed,UAGENT\n"
    await bring_in(slack.office, slack.workspace, HEAD + rows)
    assert await planned(slack) == []


async def test_a_product_that_becomes_known_later_plans_its_checks(slack: Slack) -> None:
    loan = await with_product(slack, None)
    await slack.command(slack.agent, "/loan-stage A-1 application")
    answer = await slack.command(slack.agent, "/loan edit A-1 product used car")
    assert "Next: income check Thu 26 Nov 2026 09:00" in answer.text
    assert [row.purpose for row in await planned(slack, loan)] == ["identity", "income", "employer", "vehicle"]
    assert answer.message is not None
    await slack.press(slack.agent, answer.message, "Undo")
    assert [row.purpose for row in await planned(slack, loan)] == ["identity"]
