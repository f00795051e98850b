"""What was erased for a person does not come back with a backup that was made before. It is Wednesday 25 November 2026, 10:00."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.erased_keeper import ErasedKeeper
from storage.tables import Borrower, Loan, PersonRequest, RelatedPerson
from storage.upkeep.erased_list import ErasedList
from tests.builders import make_loan
from tests.wire.conftest import settings_for
from tests.wire.filling import fill
from tests.wire.office_day import Slack
from tests.wire.test_erasure import ERASE, everything
from tests.wire.test_person_requests import enter, requests
from tests.wire.test_related import add
from tests.wire.test_restore import restarted

pytestmark = pytest.mark.every_example

PLANTED = ("韩梅梅", "13912345678", "Zebra crossing", "Forget", "罗小黑", "13900139000")


async def loandesk(url: str, *words: str) -> str:
    """Run a command as the operator types it, and return what it printed."""
    settings: Any = settings_for("http://127.0.0.1:9/", url)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", *words),
        env=os.environ
        | {
            "DATABASE_URL": url,
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_SIGNING_SECRET": "secret",
            "LOANDESK_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
            "LOANDESK_SEARCH_KEY": settings.search_key.get_secret_value(),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return " ".join(printed.decode().split())


async def erase_first_request(slack: Slack) -> None:
    await (await requests(slack)).press("form.open#2")
    assert not (await slack.sandbox.modal_of("UCOMPLIANCE").submit()).errors


async def test_a_borrower_and_a_person_around_a_loan_do_not_come_back(
    slack: Slack, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    gone = await make_loan(
        slack.office,
        slack.workspace,
        "A-77",
        owner=slack.agent,
        name="韩梅梅",
        phone="+8613912345678",
        stage="declined",
    )
    await slack.command(slack.agent, "/loan-note A-77 Zebra crossing")
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷", phone="+8613800000001")
    await add(slack, "spouse", "罗小黑", "139 0013 9000")
    form = await slack.in_card(slack.agent, "Open", "People", "Change 罗小黑")
    await form.fill("Role", "emergency contact")
    await form.submit()
    await enter(
        slack, slack.agent, **{"Of whom": "emergency contact 罗小黑", **ERASE, "In their words": "Forget 罗小黑"}
    )
    await slack.press(slack.agent, await slack.card(slack.agent, "A-77"), "Data request")
    form = slack.sandbox.modal_of("UAGENT")
    await fill(form, {**ERASE, "How the request came in": "by phone", "In their words": "Forget 韩梅梅"})
    await form.submit()
    file, erased = tmp_path / "backup.gz", ErasedList(tmp_path / "erased.txt", slack.office.cipher.ring)
    await loandesk(database_url, "backup", str(file))
    for _ in range(2):
        await erase_first_request(slack)
    await ErasedKeeper(slack.office, erased).round()
    assert sorted(row.table for row in erased.read()) == ["borrower", "loan", "related_person"]

    printed = await loandesk(empty_url, "restore", str(file), "--erased", str(erased.file))

    assert "3 records that were erased since the backup were deleted again." in printed
    slack = await restarted(slack, empty_url)
    slack.clock.advance(hours=2)
    await slack.deliver()
    there = await everything(slack)
    for planted in PLANTED:
        assert planted not in there, planted
    assert [row.number for row in await slack.rows(Loan)] == ["A-1"]
    assert gone.borrower_id not in {row.id for row in await slack.rows(Borrower)}
    assert await slack.rows(RelatedPerson) == []
    assert {
        (row.loan_id is None or row.person_id is None, row.words_cipher) for row in await slack.rows(PersonRequest)
    } == {(True, None)}
    assert "韩梅梅" not in (await requests(slack)).text
    assert "There is no loan" in (await slack.command(slack.agent, "/loan 韩梅梅")).text
