"""Which notices are sent next, and the state of delivery."""

from datetime import timedelta

from sqlmodel import select

from desk.core.transaction import Office
from desk.messages.kinds import REMINDER, NoticeKind
from desk.messages.notices import queue_notice
from storage.engine.work import Work
from storage.queries.messages import backlogs, sending
from storage.tables import Notice, Workspace
from tests.builders import make_member
from tests.clocks import FrozenClock


async def test_each_notice_goes_to_the_channel_of_its_reader(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN", reminder_channel_id="CLIN")
    zhou = await make_member(
        office, workspace, "UZHOU", reminder_channel_id="CZHOU", channel_lost_at=office.clock.now()
    )
    wang = await make_member(office, workspace, "UWANG")
    async with office.desk(workspace) as desk:
        for member in (lin, zhou, wang):
            await queue_notice(desk, kind=REMINDER, key=str(member.id), to=member)
        await queue_notice(desk, kind=REMINDER, key="c", to="CBOSSES")
        owed = await sending.pending(desk.session, workspace.id, desk.now, 10)
    assert sorted(one.channel for one in owed) == ["CBOSSES", "CLIN", "UWANG", "UZHOU"]


async def test_the_backlog_counts_pending_failing_doubtful_and_abandoned_notices(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    since = clock.now()
    async with office.desk(workspace) as desk:
        for key in ("waiting", "failing", "given up", "sent"):
            await queue_notice(desk, kind=NoticeKind(key), key=key, to=lin)
        rows = {row.kind: row for row in await all_notices(desk.session)}
        rows["failing"].attempts, rows["failing"].tried_at = 3, since
        rows["failing"].owed_from = since + timedelta(minutes=1)
        rows["given up"].gave_up_at, rows["given up"].owed_from = since, None
        rows["sent"].sent, rows["sent"].owed_from = 1, None
    async with office.database.reading() as session:
        backlog = await backlogs.backlog(session, workspace.id)
    assert backlog == backlogs.Backlog(pending=2, oldest=since, failing=1, doubtful=1, gave_up=1)


async def all_notices(session: Work) -> list[Notice]:
    return list((await session.exec(select(Notice))).all())
