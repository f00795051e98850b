"""The desk's first day in a workspace."""

import asyncio

from sqlmodel import select

from desk.core.transaction import Office
from desk.people.app_manifest import AppManifest
from desk.people.installing import Installation, Newcomer, install
from storage.engine.cipher import Cipher
from storage.engine.database import Database
from storage.tables import Member, Notice, Workspace
from tests.clocks import FrozenClock

MANIFEST = AppManifest(("/loan",), {"call": "Log a call"}, ("commands",), ("app_mention",))
LENDER = Installation("T1", "Lender", "UBOT", "Asia/Shanghai", "CN", "zh-CN", MANIFEST)
ADMIN = Newcomer("UADMIN", "Ada", None, "Asia/Shanghai", "zh-CN")


async def test_processes_that_start_at_once_create_one_workspace_with_one_admin(
    database_url: str, cipher: Cipher, clock: FrozenClock
) -> None:
    processes = [Office(database=Database(database_url), cipher=cipher, clock=clock) for _ in range(6)]
    made = await asyncio.gather(*(install(office, LENDER, ADMIN) for office in processes))
    async with processes[0].database.reading() as session:
        [workspace] = (await session.exec(select(Workspace))).all()
        [admin] = (await session.exec(select(Member))).all()
        [welcome] = (await session.exec(select(Notice))).all()
    assert {each.id for each in made} == {workspace.id}
    assert (admin.slack_user_id, welcome.to_id) == ("UADMIN", admin.id)
    for office in processes:
        await office.database.close()


async def test_a_new_workspace_name_in_slack_is_adopted_and_settings_are_kept(office: Office) -> None:
    first = await install(office, LENDER, None)
    async with office.database.transaction() as session:
        (await session.get_one(Workspace, first.id)).locale = "en-US"
    renamed = await install(
        office, Installation("T1", "Lender & Sons", "UBOT", "Asia/Tokyo", "JP", "zh-CN", MANIFEST), None
    )
    assert (renamed.id, renamed.name) == (first.id, "Lender & Sons")
    assert (renamed.locale, renamed.zone, renamed.country) == ("en-US", "Asia/Shanghai", "CN")
