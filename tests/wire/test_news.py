"""After an upgrade each member hears once what changed for them. Now is Wednesday 10:00 in Shanghai."""

from datetime import UTC, datetime

import pytest

from bot.service import open_service
from storage.tables import Workspace
from tests.builders import make_member
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack

NEW = ("New at the desk for", "工作台有更新")


async def upgrade(slack: Slack, *, release: int = 0) -> None:
    """The desk ran an earlier release, and starts with this one."""
    async with slack.office.database.transaction() as session:
        workspace = await session.get_one(Workspace, slack.workspace.id)
        workspace.release = release
        session.add(workspace)
    await start(slack)


async def start(slack: Slack) -> None:
    service = await open_service(settings_for(slack.sandbox, slack.office.database.url), slack.clock)
    await service.close()


def news(slack: Slack, name: str) -> list[str]:
    return [text for text in slack.texts(slack.people[name]) if text.startswith(NEW)]


async def test_each_member_hears_once_in_their_language_what_is_new_for_their_roles(slack: Slack) -> None:
    await slack.in_chinese(slack.verifier)
    await upgrade(slack)
    await slack.deliver()

    [agent] = news(slack, "agent")
    assert "/loan-call L-1042 promised 3000 fri" in agent
    assert "figures of your team" not in agent
    [manager] = news(slack, "manager")
    assert "figures of your team" in manager
    [verifier] = news(slack, "verifier")
    assert "/loan-call L-1042 核实不通过 收入核实：流水与收入证明不符" in verifier
    assert "/loan-call L-1042 failed" not in verifier
    [admin] = news(slack, "admin")
    assert len(admin.splitlines()) == 6
    [compliance] = news(slack, "compliance")
    assert "/loan-audit L-1042" in compliance

    await start(slack)
    await slack.at("2026-11-26 10:00")
    assert [len(news(slack, name)) for name in ("agent", "other", "verifier", "collector", "manager", "admin")] == [
        1
    ] * 6


async def test_it_comes_in_working_hours_and_after_an_absence(slack: Slack) -> None:
    await slack.command(slack.manager, "/loan-team away @other until nov 26")
    slack.clock.set(datetime(2026, 11, 25, 13, tzinfo=UTC))
    await upgrade(slack)
    await slack.deliver()
    assert news(slack, "agent") == []
    await slack.at("2026-11-26 08:59")
    assert news(slack, "agent") == []
    await slack.at("2026-11-26 09:00")
    assert len(news(slack, "agent")) == 1
    assert news(slack, "other") == []
    await slack.at("2026-11-27 09:30")
    await slack.later(minutes=1)
    assert len(news(slack, "other")) == 1


@pytest.mark.parametrize("left", [True, False])
async def test_who_joins_after_it_or_leaves_before_they_are_told_hears_nothing(slack: Slack, *, left: bool) -> None:
    slack.clock.set(datetime(2026, 11, 25, 13, tzinfo=UTC))
    await upgrade(slack)
    if left:
        await slack.change(slack.agent, removed_at=slack.clock.now())
    else:
        slack.people["new"] = await make_member(slack.office, slack.workspace, "USTRANGER", name="New")
    await slack.at("2026-11-26 10:00")
    assert news(slack, "agent" if left else "new") == []
    assert len(news(slack, "other")) == 1


async def test_a_first_installation_tells_nothing(slack: Slack) -> None:
    await start(slack)
    await slack.at("2026-11-26 10:00")
    assert all(news(slack, name) == [] for name in slack.people)
