"""A loan whose stages a program reports gets the calls of each, as one that members move. Now is Wednesday 25 November, 10:00."""

from collections.abc import AsyncIterator, Mapping

import pytest

from storage.tables import FollowUp
from tests.wire.api_client import Program, program
from tests.wire.office_day import Slack


@pytest.fixture
async def core(slack: Slack) -> AsyncIterator[Program]:
    async with program(slack) as one:
        yield one


async def open_calls(slack: Slack) -> dict[str, tuple[str, str]]:
    """Return the day of each open call by its purpose, and the rule that planned it."""
    rows = [row for row in await slack.rows(FollowUp) if row.state == "open"]
    return {row.purpose: (row.due_on.strftime("%m-%d"), row.rule or "") for row in rows}


async def report(core: Program, number: int, event: Mapping[str, object]) -> None:
    assert (await core.post("/events", {"id": f"e-{number}", "loan": "N-1", **event})).status == 200


async def test_each_reported_stage_plans_its_calls_and_ends_those_of_the_one_before(
    slack: Slack, core: Program
) -> None:
    borrower = {"name": "张伟", "phone": "13912345678", "owner": "UAGENT", "product": "new_car"}
    await report(core, 1, {"type": "application_received", **borrower})
    assert await open_calls(slack) == {
        "identity": ("11-26", "application"),
        "income": ("11-26", "check"),
        "employer": ("11-26", "check"),
        "documents": ("11-27", "application_documents"),
    }
    await report(core, 2, {"type": "decision", "decision": "approved"})
    assert await open_calls(slack) == {"decision": ("11-25", "approved")}
    await report(core, 3, {"type": "disbursed", "amount": "24000.00", "due_day": 15, "first_due": "2026-12-15"})
    assert await open_calls(slack) == {
        "plan": ("11-30", "plan"),
        "feedback": ("12-02", "satisfaction"),
        "repayment": ("12-14", "instalment_eve"),  # the later one of two
    }
    await report(core, 4, {"type": "debit_failed", "due_on": "2026-11-15"})
    assert (await open_calls(slack))["overdue"] == ("11-25", "arrears")
    await report(core, 5, {"type": "settled"})
    assert await open_calls(slack) == {"release": ("11-30", "release")}


async def test_a_decision_is_taken_with_what_is_missing_listed(slack: Slack, core: Program) -> None:
    await report(core, 1, {"type": "application_received", "name": "张伟", "phone": "13912345678", "owner": "UAGENT"})
    answer = await core.post("/events", {"id": "e-2", "loan": "N-1", "type": "decision", "decision": "approved"})
    assert answer.status == 200
    codes = {each["code"] for each in answer.body["remarks"]}
    assert {"lacks_checks", "lacks_documents", "lacks_amount"} <= codes
