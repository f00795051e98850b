"""The entry point for Slack's requests: members and nonmembers, repeated requests, forged requests."""

import pytest
from sqlmodel import select

from storage.tables import AuditEntry, Call, ProcessedDelivery
from tests.builders import make_loan
from tests.wire.office_day import Slack


@pytest.mark.both_doors
async def test_a_nonmember_is_told_whom_to_ask(slack: Slack) -> None:
    reply = await slack.sandbox.command("USTRANGER", slack.desk_channel, "/loan-call L-1 reached")

    assert reply.ephemeral
    assert "not a member of this desk" in reply.text


async def test_the_first_admin_is_a_member_from_the_start(slack: Slack) -> None:
    reply = await slack.command(slack.admin, "/loan-team")

    assert "<@UADMIN>" in reply.text


@pytest.mark.parametrize(("secret", "age"), [("a wrong secret", 0), (None, 301), (None, -301)])
async def test_a_request_with_a_wrong_or_old_signature_is_refused(slack: Slack, secret: str | None, age: int) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    typed = await slack.command(slack.agent, "/loan-call L-1 nonsense")
    now = int(slack.sandbox.workspace.now())

    again = await slack.sandbox.redeliver(typed.request, signing_secret=secret, timestamp=now - age)

    assert again.status == 401


@pytest.mark.both_doors
async def test_the_same_delivery_twice_has_one_effect_and_the_same_answer(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    first = await slack.command(slack.agent, "/loan-call L-1 no answer in a meeting")

    again = await slack.sandbox.redeliver(first.request)

    assert again.status == 200
    assert again.answer["text"] == first.answer["text"]
    assert [block["elements"] for block in again.answer["blocks"]] == [b["elements"] for b in first.answer["blocks"]]
    assert len(await slack.rows(Call)) == 1


async def test_a_refused_line_is_shown_again_for_correction(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1 reachd his Wife")

    assert "/loan-call L-1 reachd his Wife" in reply.full_text
    assert "reached" in reply.text


async def test_notes_and_names_of_borrowers_are_encrypted_in_the_tables(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name="王小明")
    await slack.command(slack.agent, "/loan-call L-1 no answer 他妻子接的电话")

    async with slack.office.database.reading() as session:
        audit = (await session.exec(select(AuditEntry))).all()
        kept = (await session.exec(select(ProcessedDelivery))).all()
    stored = repr([row.model_dump() for row in (*audit, *kept, *await slack.rows(Call))])
    assert "no_answer" in stored
    assert "妻子" not in stored
    assert "王小明" not in stored
