"""A unit of work of one workspace reads and writes the rows of that workspace alone."""

import pytest
from sqlmodel import col, select

from desk.core.transaction import Office
from storage.engine.ownership import ForeignRowError
from storage.tables import Member, Team, Workspace
from tests.builders import make_member, make_team, make_workspace, team_of


async def test_a_row_of_another_workspace_is_as_if_it_were_not_there(office: Office, workspace: Workspace) -> None:
    other = await make_workspace(office, slack_team_id="TOTHER")
    mine, theirs = await make_member(office, workspace, "U1"), await make_member(office, other, "U1")
    team = await make_team(office, other)

    async with office.desk(workspace) as desk:
        work = desk.session
        assert await work.get(Member, theirs.id) is None
        assert await work.get(Team, team.id, with_for_update=True) is None
        assert await work.get(Workspace, other.id) is None
        assert await work.get(Member, mine.id) is not None
        everybody = await work.exec(select(Member).where(Member.slack_user_id == "U1"))
        assert [member.id for member in everybody] == [mine.id]
        pairs = await work.exec(
            select(Member, Team).join(Team, col(Team.workspace_id) == Member.workspace_id, isouter=True)
        )
        assert [(member.id, team) for member, team in pairs] == [(mine.id, None)]


async def test_no_row_of_another_workspace_is_written(office: Office, workspace: Workspace) -> None:
    other = await make_workspace(office, slack_team_id="TOTHER")
    theirs = await make_member(office, other, "U1")
    with pytest.raises(ForeignRowError, match="Team"):
        async with office.desk(workspace) as desk:
            desk.add(team_of(office, other))
    theirs.name = "Changed"
    with pytest.raises(ForeignRowError, match="Member"):
        async with office.desk(workspace) as desk:
            desk.add(theirs)

    async with office.database.reading() as work:
        assert (await work.exec(select(Team))).all() == []
        assert (await work.get_one(Member, theirs.id)).name == "U1"


async def test_a_unit_of_work_of_the_deployment_reads_all(office: Office, workspace: Workspace) -> None:
    other = await make_workspace(office, slack_team_id="TOTHER")
    for each in (workspace, other):
        await make_member(office, each, "U1")

    async with office.database.reading() as work:
        assert len((await work.exec(select(Member))).all()) == 2
