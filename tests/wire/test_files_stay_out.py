"""Without a page that opens them the desk takes no files, and says so. Now is Wednesday 10:00."""

import pytest

from bot.commands.doctor import examine
from storage.tables import StoredFile
from tests.builders import make_loan
from tests.sample_files import JPEG
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack, buttons
from tests.wire.test_person_requests import enter, requests


@pytest.mark.both_doors
async def test_who_sends_a_file_is_told_that_it_stays_out(slack: Slack, database_url: str) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.in_chinese(slack.agent)
    dm = slack.sandbox.dm("UAGENT")
    slack.sandbox.send_files("UAGENT", dm, slack.sandbox.upload("UAGENT", "1.jpg", JPEG), text="A-1 身份证")
    await slack.sandbox.wait_for(lambda: slack.texts(slack.agent))
    await slack.sandbox.events.wait_until_delivered()
    assert slack.texts(slack.agent) == [
        "本系统没有可打开文件的页面，因此不收文件。管理员可设置 LOANDESK_PUBLIC_URL 开通。"
    ]
    assert "添加文件" not in buttons((await slack.command(slack.agent, "/loan-docs A-1")).message)
    found = {f.subject: f.words async for f in examine(settings_for(slack.sandbox, database_url), slack.clock)}
    assert found["file page"].startswith("Socket Mode alone has no page that opens files, so the desk takes none.")
    async with slack.office.database.reading() as session:
        assert await session.get(StoredFile, slack.agent.id) is None


async def test_what_ends_at_the_page_is_not_offered(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await enter(slack, slack.agent)
    for who in (slack.agent, slack.manager, slack.compliance):
        slack_id = who.slack_user_id
        await slack.sandbox.open_home(slack_id)
        home = str(slack.sandbox.home_of(slack_id).blocks)
        card = buttons(await slack.card(who))
        assert not [word for word in ("Recordings that wait", "Monthly proof") if word in home]
        assert "Case file" not in card
    assert "Export data" not in str((await requests(slack)).view)
    trail = await slack.command(slack.compliance, "/loan-audit A-1")
    assert "Filter" in buttons(trail.message)
    assert "Export" not in buttons(trail.message)
