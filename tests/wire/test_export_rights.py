"""Who sees what in lists as files, and who opens them. Now is Wednesday 25 November 2026, 10:00."""

from desk.exports.rows import Wanted
from desk.exports.sources import read_page
from storage.engine.types import new_id
from storage.tables import AuditEntry, ListExport, Loan, Vehicle
from storage.upkeep.erasing import erase
from tests.builders import (
    make_loan,
    make_manager,
    make_member,
    make_team,
)
from tests.wire.exporting import Downloads, ask_link, browser, column, make, rows_of_csv, rows_of_xlsx
from tests.wire.office_day import Slack, shown
from tests.wire.worlds import make_world

__all__ = ["browser"]

PUBLIC_URL = "https://desk.example.com"


async def test_who_has_a_channel_of_their_own_hears_of_a_file_directly_because_others_read_the_channel(
    slack: Slack, browser: Downloads
) -> None:
    slack.sandbox.add_channel("agents", channel_id="CAGENTS", kind="private", members=["UAGENT", "UOTHER"])
    slack.sandbox.join("CAGENTS", "U0APPBOT")
    await slack.change(slack.agent, reminder_channel_id="CAGENTS")
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    assert column(rows_of_csv(await browser.export(slack.agent, "/loan mine export csv")), "Loan") == ["A-1"]
    assert slack.posts("CAGENTS") == []


async def test_who_has_no_right_to_names_in_full_gets_them_masked(slack: Slack, browser: Downloads) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="欧阳娜娜")
    async with slack.office.desk(slack.workspace) as desk:
        row_id = new_id()
        vin, plate = "LSVAM4187C2184847", "沪A12345"
        desk.add(
            Vehicle(
                id=row_id,
                workspace_id=slack.workspace.id,
                loan_id=loan.id,
                vin_cipher=desk.cipher.encrypt(Vehicle.vin_cipher, row_id, vin),
                plate_cipher=desk.cipher.encrypt(Vehicle.plate_cipher, row_id, plate),
            )
        )
    personal = ("Borrower", "Phone", "VIN", "Plate")
    rows = rows_of_xlsx(await browser.export(slack.agent, "/loan export"))
    assert [column(rows, each) for each in personal] == [["欧阳*"], ["*5678"], [None], [None]]
    for who in (slack.manager, slack.compliance):
        rows = rows_of_xlsx(await browser.export(who, "/loan export"))
        assert [column(rows, each) for each in personal] == [["欧阳娜娜"], ["138 0013 5678"], [vin], [plate]]
    assert [row.in_full for row in await slack.rows(ListExport)] == [False, True, True]
    refused = (await slack.command(slack.admin, "/loan export")).text
    assert "You need the role" in refused


async def test_nobody_finds_loans_of_colleagues_of_another_team_in_their_file(slack: Slack, browser: Downloads) -> None:
    world = await make_world(slack)
    outsider = slack.other
    await slack.change(outsider, team_id=world.outsider.team_id)
    await make_loan(slack.office, slack.workspace, "W-9", owner=outsider, name="外人")
    for line in (
        "/loan export csv",
        "/loan mine export csv",
        "/loan-due all team export csv",
        "/loan find 5678 export csv",
    ):
        content = await browser.export(outsider, line)
        assert b"L-1" not in content, line
    assert b"W-9" in await browser.export(outsider, "/loan export csv")
    before = len(await slack.rows(ListExport))
    assert "Only the people responsible" in await world.press(
        outsider, "export.ask", {"list": "due", "p": "all", "w": str(slack.agent.id)}
    )
    assert "Only the people responsible" in await world.press(
        outsider, "export.ask", {"list": "mine", "w": str(slack.agent.id)}
    )
    assert len(await slack.rows(ListExport)) == before


async def test_a_file_opens_no_more_for_who_has_lost_a_loan_or_the_right_or_when_a_loan_is_gone(
    slack: Slack, browser: Downloads
) -> None:
    office, workspace = slack.office, slack.workspace
    lost = await make_loan(office, workspace, "A-1", owner=slack.agent)
    gone = await make_loan(office, workspace, "A-2", owner=slack.agent, stage="closed")
    await make_loan(office, workspace, "B-3", owner=slack.verifier)
    away = await make_team(office, workspace, "West")
    outsider = await make_member(office, workspace, "UWEST", team_id=away.id)
    await slack.command(slack.agent, "/loan export")
    await slack.command(slack.manager, "/loan export")
    await make(slack)
    links = {who.name: await ask_link(slack, who) for who in (slack.agent, slack.manager)}
    async with office.database.transaction() as session:
        (await session.get_one(Loan, lost.id)).owner_id = outsider.id
    assert (await browser.open(*links[slack.agent.name]))[0] == 403
    assert (
        "no longer exists" in shown(await slack.press(slack.agent, slack.posts(slack.agent)[-1], "Open the file")).text
    )
    await slack.change(slack.manager, roles="agent")
    assert (await browser.open(*links[slack.manager.name]))[0] == 403
    await slack.change(slack.manager, roles="manager")
    again = await ask_link(slack, slack.manager)
    async with office.database.transaction() as session:
        await erase(session, "loan", [gone.id])
    assert (await browser.open(*again))[0] == 403
    refused = [entry for entry in await slack.rows(AuditEntry) if entry.act == "file_refused"]
    assert len(refused) == 3

    await slack.command(slack.agent, "/loan export")
    await slack.change(slack.agent, roles="admin")
    await make(slack)
    assert "There is no file of the list portfolio for you" in slack.texts(slack.agent)[-1]
    last = max(await slack.rows(ListExport), key=lambda row: row.id)
    assert (last.why, last.file_id, last.build_at) == ("forbidden", None, None)


async def test_states_of_a_loan_that_is_not_seen_any_more_are_not_told(slack: Slack) -> None:
    async def states() -> list[str]:
        async with slack.office.desk(slack.workspace, slack.manager) as desk:
            (row,) = (await read_page(desk, Wanted("figure", {"x": "calls", "s": "today"}), limit=10)).rows
        told = row.cells["states"]
        assert isinstance(told, tuple)
        return [each.word("en") for each in told]

    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-call A-1 reached")
    await slack.command(slack.agent, "/loan edit A-1 contact lawyer")
    await slack.change(slack.manager, team_id=slack.team.id)
    assert await states() == ["has a lawyer"]
    west = await make_team(slack.office, slack.workspace, "West")
    await make_manager(slack.office, slack.workspace, west, "UBOSS")
    await slack.change(slack.other, team_id=west.id)
    await slack.command(slack.manager, "/loan-reassign A-1 <@UOTHER>")
    assert await states() == []
