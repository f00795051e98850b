"""What the desk needs for minutes is deleted after its time, in batches; nothing else is."""

import pytest
from sqlmodel import select

from desk.core import retention
from storage.queries.messages import notices
from storage.tables import Call, Draft, Notice, ProcessedDelivery, Undo
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown


async def test_what_undo_needs_is_deleted_after_its_five_minutes(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    reply = await slack.command(slack.agent, "/loan-call L-1 no answer")
    await slack.later(minutes=5)
    assert len(await slack.rows(Undo)) == 1

    await slack.later(minutes=2)

    assert await slack.rows(Undo) == []
    assert reply.message is not None
    pressed = shown(await slack.press(slack.agent, reply.message, "Undo"))
    assert "nothing to undo any more" in pressed.text
    assert len(await slack.rows(Call)) == 1


async def test_a_call_still_undone_in_its_time_is_undone(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    reply = await slack.command(slack.agent, "/loan-call L-1 no answer")
    await slack.later(minutes=4, seconds=59)

    assert reply.message is not None
    assert "Undone" in shown(await slack.press(slack.agent, reply.message, "Undo")).text


async def test_the_digest_of_a_typed_line_is_cleared_after_its_two_minutes(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-call L-1 no answer at noon")
    await slack.later(minutes=1)
    again = await slack.command(slack.agent, "/loan-call L-1 no answer at noon")
    assert "already logged" in again.text.lower()

    await slack.later(minutes=3)

    assert [call.line_digest for call in await slack.rows(Call)] == [None]
    await slack.command(slack.agent, "/loan-call L-1 no answer at noon")
    assert len(await slack.rows(Call)) == 2


async def test_drafts_and_begun_forms_are_deleted_after_an_hour(slack: Slack) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        for form in (None, "call"):
            text = desk.cipher.encrypt(Draft.body_cipher, slack.agent.id, "{}")
            desk.add(
                Draft(
                    workspace_id=slack.workspace.id, member_id=desk.member.id, form=form, body_cipher=text, at=desk.now
                )
            )
    await slack.later(minutes=59)
    assert len(await slack.rows(Draft)) == 2

    await slack.later(minutes=2)

    assert await slack.rows(Draft) == []
    assert await slack.rows(ProcessedDelivery) == []


async def test_more_than_a_batch_is_deleted_in_one_round(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        for _ in range(10):
            desk.add(Undo(workspace_id=slack.workspace.id, member_id=desk.member.id, act="log_call", made_at=desk.now))

    await slack.later(minutes=7)

    assert await slack.rows(Undo) == []


async def test_a_message_about_an_undone_handover_says_so_when_it_is_written_again_later(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    reply = await slack.command(slack.manager, "/loan-reassign L-1 <@UOTHER>")
    await slack.deliver()
    before = slack.texts(slack.other)
    assert reply.message is not None
    await slack.press(slack.manager, reply.message, "Undo")
    await slack.deliver()
    undone = slack.texts(slack.other)
    assert undone != before

    await slack.later(minutes=20)
    async with slack.office.desk(slack.workspace) as desk:
        ids = (await desk.session.exec(select(Notice.id).where(Notice.kind == "reassigned"))).all()
        await notices.touch(desk.session, ids, desk.now)
    await slack.deliver()

    assert slack.texts(slack.other) == undone
