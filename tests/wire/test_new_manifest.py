"""A release that needs another app manifest says so: once to each admin, and in `loandesk doctor`."""

from typing import Any

from bot.commands.doctor import examine
from bot.doctor.findings import Finding
from bot.manifest import app_manifest
from bot.service import open_service
from storage.tables import Workspace
from tests.builders import make_member
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack


async def installed_before(slack: Slack, **without: str) -> None:
    """The desk was installed by a release whose manifest lacked these."""
    async with slack.office.database.transaction() as session:
        workspace = await session.get_one(Workspace, slack.workspace.id)
        present = app_manifest().stored()
        workspace.app_manifest = {part: [n for n in names if n != without.get(part)] for part, names in present.items()}
        session.add(workspace)


async def start(slack: Slack) -> None:
    """Start the desk of this release and let it send."""
    service = await open_service(settings_for(slack.sandbox, slack.office.database.url), slack.clock)
    await service.round()
    await service.close()


async def finding(slack: Slack) -> Finding:
    settings = settings_for(slack.sandbox, slack.office.database.url)
    return next(iter([each async for each in examine(settings, slack.clock) if each.subject == "manifest"]))


def manifest_messages(slack: Slack, who: Any) -> list[str]:
    return [text for text in slack.texts(who) if "manifest" in text.casefold()]


async def test_each_admin_reads_once_what_is_new_and_where_to_paste_it(slack: Slack) -> None:
    other = await make_member(slack.office, slack.workspace, "USTRANGER", roles="admin", locale="zh-CN")
    await installed_before(slack, commands="/loan-team", shortcuts="find", scopes="users:read", events="app_mention")

    await start(slack)

    (english,) = manifest_messages(slack, slack.admin)
    assert "commands: /loan-team" in english
    assert "shortcuts: Find a loan" in english
    assert "scopes: users:read" in english
    assert "events: app_mention" in english
    assert "loandesk manifest" in english
    assert "https://api.slack.com/apps" in english
    (chinese,) = manifest_messages(slack, other)
    assert "命令：/loan-team" in chinese
    assert manifest_messages(slack, slack.manager) == []

    await start(slack)
    assert len(manifest_messages(slack, slack.admin)) == 1


async def test_a_first_installation_announces_nothing(slack: Slack) -> None:
    assert manifest_messages(slack, slack.admin) == []
    assert (await finding(slack)).words == "nothing has been added since the installation"


async def test_what_a_release_no_longer_asks_for_is_not_announced(slack: Slack) -> None:
    async with slack.office.database.transaction() as session:
        workspace = await session.get_one(Workspace, slack.workspace.id)
        workspace.app_manifest = {part: [*names, "gone"] for part, names in app_manifest().stored().items()}
        session.add(workspace)

    await start(slack)

    assert manifest_messages(slack, slack.admin) == []


async def test_the_doctor_says_it_before_the_first_start(slack: Slack) -> None:
    await installed_before(slack, commands="/loan-team")

    before = await finding(slack)
    await start(slack)
    after = await finding(slack)

    assert not before.ok
    assert "this release adds commands /loan-team" in before.words
    assert "loandesk manifest" in before.words
    assert after.ok
    assert "the admins were told on 2026-11-25" in after.words
