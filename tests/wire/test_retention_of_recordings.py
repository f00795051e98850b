"""Recordings go with their bytes when their period after the call is over, and stay under a hold. Now is Wednesday 10:00."""

from datetime import timedelta

from desk.core.undo import take_back
from desk.retention.sweeping import sweep
from storage.engine.types import new_id
from storage.files.store import shard_of
from storage.tables import Call, ErasedRecord, LegalHold, Loan, Recording, RecordingPlay, StoredFile, Undo
from tests.builders import make_call, make_loan
from tests.sample_audio import wav
from tests.sample_files import store_recording
from tests.wire.office_day import Slack

PUBLIC_URL = "https://desk.example.com"
PERIOD = timedelta(days=40 * 30)


async def called(slack: Slack, number: str, ago: timedelta = PERIOD) -> tuple[Loan, Call]:
    """A loan with a call that was so long ago."""
    slack.clock.advance(seconds=-ago.total_seconds())
    loan = await make_loan(slack.office, slack.workspace, number, owner=slack.agent)
    call = await make_call(slack.office, loan, slack.agent)
    slack.clock.advance(seconds=ago.total_seconds())
    return loan, call


async def recorded(slack: Slack, loan: Loan, call: Call | None, seconds: int) -> Recording:
    return await store_recording(slack.office, slack.workspace, slack.agent, wav(seconds), loan, call)


async def retain(slack: Slack) -> tuple[dict[str, int], dict[str, int]]:
    """Delete what is due; return how many rows of which kind, and how many are kept why."""
    deleted, kept = dict[str, int](), dict[str, int]()
    office, workspace = slack.office, slack.workspace
    async for batch in sweep(lambda: office.reading_desk(workspace), lambda: office.desk(workspace)):
        deleted |= batch.deleted
        kept |= batch.kept
    return deleted, kept


async def test_its_period_counts_from_the_call_and_a_hold_keeps_it(slack: Slack) -> None:
    old, held = await called(slack, "A-1"), await called(slack, "A-2")
    young, _ = await called(slack, "A-3")
    gone = await recorded(slack, *old, 10)
    under_hold = await recorded(slack, *held, 11)
    slack.clock.advance(seconds=-PERIOD.total_seconds())
    added_long_ago = await recorded(slack, young, None, 12)
    slack.clock.advance(seconds=PERIOD.total_seconds())
    new_call = await make_call(slack.office, young, slack.agent)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        row = await desk.session.get_one(Recording, added_long_ago.id)
        row.call_id = new_call.id
        desk.add(row)
        desk.add(
            RecordingPlay(workspace_id=slack.workspace.id, recording_id=gone.id, member_id=slack.agent.id, at=desk.now)
        )
        desk.add(
            LegalHold(
                id=new_id(), workspace_id=slack.workspace.id, loan_id=held[0].id, by_id=slack.compliance.id, at=desk.now
            )
        )
    files = {row.id: row.blob_id for row in await slack.rows(StoredFile)}
    deleted, kept = await retain(slack)
    assert (deleted["recording"], kept["hold"]) == (1, 1)
    assert [row.id for row in await slack.rows(Recording)] == [under_hold.id, added_long_ago.id]
    assert await slack.rows(RecordingPlay) == []
    assert gone.file_id is not None
    assert {row.id for row in await slack.rows(StoredFile)} == files.keys() - {gone.file_id}
    noted = {(row.table_name, row.id) for row in await slack.rows(ErasedRecord)}
    assert noted == {("recording", gone.id), ("stored_file", gone.file_id)}
    blob_id = files[gone.file_id]
    assert blob_id is not None
    assert await slack.service.sweeper.sweep(shard_of(blob_id)) == 1
    async with slack.office.desk(slack.workspace) as desk:
        [hold] = await slack.rows(LegalHold)
        hold = await desk.session.get_one(LegalHold, hold.id)
        hold.lifted_at = desk.now
        desk.add(hold)
    assert (await retain(slack))[0]["recording"] == 1
    assert [row.id for row in await slack.rows(Recording)] == [added_long_ago.id]


async def test_an_undone_one_takes_no_file_with_it(slack: Slack) -> None:
    loan, call = await called(slack, "A-1")
    undone = await recorded(slack, loan, call, 10)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        [act] = await slack.rows(Undo)
        await take_back(desk, act.id)
    assert (await retain(slack))[0]["recording"] == 1
    [file] = await slack.rows(StoredFile)
    assert (file.id, file.state, file.loan_id) == (undone.file_id, "waiting", None)
