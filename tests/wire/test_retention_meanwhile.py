"""Members go on working while `loandesk retention --apply` deletes in a process of its own."""

import asyncio
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.commands import retention
from desk.retention import sweeping
from storage.tables import Loan, LoanNote
from tests.bot.forks import FORKS
from tests.builders import make_call, make_loan
from tests.clocks import FrozenClock
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack

pytestmark = [pytest.mark.every_example, pytest.mark.in_time]

OLD = 24


def delete(database_url: str, folder: str, now: datetime) -> None:
    sweeping.LOANS = 2
    settings = settings_for("http://127.0.0.1:9/", database_url, audit_heads=f"{folder}/heads.txt")
    console = Console(file=StringIO(), markup=False)
    raise SystemExit(asyncio.run(retention.run(settings, console, apply=True, clock=FrozenClock(now))))


async def test_no_command_is_refused_while_it_deletes(slack: Slack, database_url: str, tmp_path: Path) -> None:
    ended = slack.clock.now() - timedelta(days=4 * 366)
    for n in range(OLD):
        loan = await make_loan(
            slack.office, slack.workspace, f"L-{n}", owner=slack.agent, stage="closed", stage_since=ended
        )
        for _ in range(3):
            await make_call(slack.office, loan, slack.agent)
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    process = FORKS.Process(target=delete, args=(database_url, str(tmp_path), slack.clock.now()))
    process.start()
    meanwhile = 0
    while process.is_alive():
        answer = await slack.command(slack.agent, f"/loan-note A-1 note {meanwhile}")
        assert "A-1" in answer.text, answer.text
        assert "Nothing was changed" not in answer.text
        meanwhile += 1
    process.join()

    assert process.exitcode == 0
    assert [row.number for row in await slack.rows(Loan)] == ["A-1"]
    assert len(await slack.rows(LoanNote)) == meanwhile >= 2
