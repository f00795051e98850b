"""What rules plan for the owner of a loan that has none is another member's until it has one. Now is Wednesday 10:00."""

import pytest

from storage.tables import FollowUp, Loan
from tests.imports import bring_in
from tests.wire.office_day import Slack, given

HEAD = "number,name,phone,stage,owner\n"


@pytest.fixture
async def unowned(slack: Slack) -> None:
    """Two loans of nobody's that a file brought: N-1, an inquiry, whose call is the manager's, and N-2, an application."""
    rows = "N-1,王小明,13800100001,inquiry,\nN-2,李雷,13800100002,application,\n"
    await bring_in(slack.office, slack.workspace, HEAD + rows)
    assert await holders(slack) == {"conditions": "Manager", "identity": "Verifier", "documents": "Manager"}


async def holders(slack: Slack) -> dict[str, str]:
    """Return who holds each open call, by its purpose."""
    names = {person.id: person.name for person in slack.people.values()}
    return {row.purpose: names[row.assignee_id] for row in await slack.rows(FollowUp) if row.state == "open"}


@pytest.mark.usefixtures("unowned")
async def test_a_loan_that_is_given_to_an_agent_brings_its_calls_and_undo_takes_them_back(slack: Slack) -> None:
    first = given((await slack.command(slack.manager, "/loan-reassign N-1 @agent")).message)
    await slack.command(slack.manager, "/loan-reassign N-2 @agent")
    assert await holders(slack) == {"conditions": "Agent", "identity": "Verifier", "documents": "Agent"}
    await slack.deliver()
    assert any("1 open follow-up" in text for text in slack.texts(slack.agent))
    assert "conditions" in (await slack.command(slack.agent, "/loan-due all")).text
    await slack.press(slack.manager, first, "Undo")
    assert (await holders(slack))["conditions"] == "Manager"


@pytest.mark.usefixtures("unowned")
async def test_who_claims_a_loan_has_its_calls_in_chinese_too(slack: Slack) -> None:
    await slack.command(slack.admin, "/loan-team add @agent manager")
    await slack.in_chinese(slack.agent)
    pool = given((await slack.command(slack.agent, "/loan 公海")).message)
    await slack.press(slack.agent, pool, "认领 N-1")
    assert (await holders(slack))["conditions"] == "Agent"


@pytest.mark.usefixtures("unowned")
async def test_a_file_that_names_the_owner_brings_the_calls(slack: Slack) -> None:
    rows = "N-1,王小明,13800100001,inquiry,UAGENT\nN-2,李雷,13800100002,application,UAGENT\n"
    await bring_in(slack.office, slack.workspace, HEAD + rows)
    assert await holders(slack) == {"conditions": "Agent", "identity": "Verifier", "documents": "Agent"}


@pytest.mark.usefixtures("unowned")
async def test_a_call_that_the_manager_has_moved_stays_theirs(slack: Slack) -> None:
    await slack.command(slack.manager, "/loan-follow N-1/1 move fri 10am")
    await slack.command(slack.manager, "/loan-reassign N-1 @agent")
    assert (await holders(slack))["conditions"] == "Manager"


async def test_the_owner_of_a_loan_is_who_is_asked(slack: Slack, unowned: None) -> None:
    await slack.command(slack.manager, "/loan-reassign N-1 @agent")
    [loan] = [each for each in await slack.rows(Loan) if each.number == "N-1"]
    assert loan.owner_id == slack.agent.id
    await slack.at("2026-11-25 12:00")
    assert any("N-1" in text for text in slack.texts(slack.agent))
    assert not any("N-1" in text for text in slack.texts(slack.manager))
