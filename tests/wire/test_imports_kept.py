"""What is kept of imports, what stops one, and the list of the last ones at Home. Now is Wednesday 10:00."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from bot.commands.import_options import Options
from bot.commands.importing import run
from storage.tables import FileImport, ImportRefusal, Loan, StoredFile
from tests.wire.office_day import Slack, buttons, given
from tests.wire.sending_tables import press, row, send, table, told

PUBLIC_URL = "https://desk.example.com"


async def test_an_import_of_the_command_line_is_in_the_same_list(slack: Slack, tmp_path: Path) -> None:
    file = tmp_path / "daily.csv"
    file.write_bytes(table(row(1), row(2, phone="12345")))
    console = Console(file=StringIO())
    assert await run(slack.service.settings, file, console, Options(dry_run=True, language="en")) == 1
    assert await slack.rows(FileImport) == []

    assert await run(slack.service.settings, file, console, Options(language="en")) == 1

    (kept,) = await slack.rows(FileImport)
    assert (kept.state, kept.member_id, kept.counts["new"], kept.refused) == ("done", None, 1, 1)
    await slack.sandbox.open_home("UMANAGER")
    home = slack.sandbox.home_of("UMANAGER")
    assert f"daily.csv · {kept.operator} · " in home.text
    assert "· imported · new 1 · refused 1" in home.text
    await home.press("Refused rows · daily.csv")
    listed = slack.sandbox.modal_of("UMANAGER")
    assert "Line 3 · phone: 12345 isn't a valid phone number" in listed.text
    await listed.press("As a table")
    assert "Refused rows of daily.csv" in slack.sandbox.modal_of("UMANAGER").text
    await slack.sandbox.open_home("UADMIN")
    assert "daily.csv" not in slack.sandbox.home_of("UADMIN").text, "the name of a file may be a borrower's"
    assert "Loans · " in slack.sandbox.home_of("UADMIN").text
    await slack.sandbox.open_home("UAGENT")
    assert "Imports" not in slack.sandbox.home_of("UAGENT").text


async def test_all_or_nothing_stops_before_a_row_that_is_refused_meanwhile(slack: Slack) -> None:
    await send(slack, slack.manager, table(row(1), row(2, owner="UOTHER")))
    assert buttons(told(slack, slack.manager)) == ["Import", "Cancel"]
    assert (
        "no longer a member"
        in given((await slack.command(slack.manager, "/loan-team remove <@UOTHER> to <@UAGENT>")).message).text
    )

    await press(slack, slack.manager, "Import")

    assert await slack.rows(Loan) == []
    text = told(slack, slack.manager).text
    assert "A row is refused now that was not when the file was checked. Nothing behind it was imported." in text
    assert "Line 3 · owner: UOTHER isn't a member who can own a loan." in text
    await press(slack, slack.manager, "Import the good rows")
    assert [loan.number for loan in await slack.rows(Loan)] == ["A-1"]


async def test_refused_rows_and_a_file_that_nobody_decides_about_go_after_a_week(slack: Slack) -> None:
    await send(slack, slack.manager, table(row(1), row(2, phone="12345")))
    assert len(await slack.rows(ImportRefusal)) == 1
    waiting = told(slack, slack.manager)

    await slack.later(days=7, minutes=1)

    assert await slack.rows(ImportRefusal) == []
    assert await slack.rows(StoredFile) == []
    late = given((await slack.press(slack.manager, waiting, "Import the good rows")).shown).text
    assert late == "That file is kept no longer. Send it again."
    gone = given((await slack.press(slack.manager, waiting, "Refused rows")).shown).text
    assert gone == "The refused rows were kept for a week. Send the file again to see them."
    assert await slack.rows(Loan) == []


async def test_a_file_whose_key_is_damaged_is_stopped_and_holds_up_no_other(slack: Slack) -> None:
    await send(slack, slack.manager, table(row(1)))
    async with slack.office.database.transaction() as session:
        (file,) = await slack.rows(StoredFile)
        damaged = await session.get_one(StoredFile, file.id)
        damaged.key_cipher = b"\x01" + bytes(40)
        session.add(damaged)
    await press(slack, slack.manager, "Import")
    assert "It did not get on." in told(slack, slack.manager).text

    await send(slack, slack.admin, table(row(2)), "other.csv")
    await press(slack, slack.admin, "Import")
    assert [loan.number for loan in await slack.rows(Loan)] == ["A-2"]
