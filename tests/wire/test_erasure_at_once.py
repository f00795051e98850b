"""An erasure meets what happens at the same moment, or another request of the same person."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bot.erased_keeper import ErasedKeeper
from desk.core import changes
from desk.rights import erasure
from storage.queries.loans import loans
from storage.tables import Loan, PersonRequest, RelatedPerson
from storage.upkeep.erased_list import ErasedList
from tests.builders import make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack
from tests.wire.test_erasure import ERASE, open_erasure
from tests.wire.test_person_requests import enter, requests
from tests.wire.test_related import add


async def test_a_loan_that_was_opened_again_while_its_erasure_waited_stays(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="declined")
    await enter(slack, slack.agent, **ERASE)
    form = await open_erasure(slack)
    waits = asyncio.Event()
    if slack.office.database.is_sqlite:  # there the erasure has not even begun: it waits for the writer
        waits.set()

    class Locking:
        async def lock_all(self, session: Any, ids: Iterable[UUID], **options: Any) -> None:
            waits.set()
            await loans.lock_all(session, ids, **options)

    monkeypatch.setattr(erasure, "loans", Locking())
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        changes.track(desk, await loans.lock(desk.session, loan.id)).stage = "application"
        await desk.session.flush()
        erasing = asyncio.create_task(form.submit())
        await asyncio.wait_for(waits.wait(), 60)
    assert "no longer what was shown" in str((await erasing).errors)
    assert [row.number for row in await slack.rows(Loan)] == ["A-1"]


async def test_nobody_else_is_erased_for_another_request_of_a_person_around_a_loan(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷", stage="declined")
    await add(slack, "spouse", "韩梅梅", "139 0013 9000")
    for _ in range(2):
        await enter(slack, slack.agent, **{"Of whom": "spouse 韩梅梅", **ERASE})
    await (await requests(slack)).press("form.open#2")
    assert "Another request of this person is open" in slack.sandbox.modal_of("UCOMPLIANCE").text
    assert len(await slack.rows(RelatedPerson)) == 1
    assert {row.person_id is None for row in await slack.rows(PersonRequest)} == {False}


async def erase(slack: Slack, number: str) -> Loan:
    """Have compliance erase the borrower of a declined loan."""
    loan = await make_loan(slack.office, slack.workspace, number, owner=slack.agent, stage="declined")
    await slack.press(slack.agent, await slack.card(slack.agent, number), "Data request")
    form = slack.sandbox.modal_of("UAGENT")
    await fill(form, {**ERASE, "How the request came in": "by phone"})
    await form.submit()
    assert not (await (await open_erasure(slack)).submit()).errors
    return loan


@pytest.mark.every_example
async def test_what_is_erased_is_on_the_list_outside_the_database_at_once(slack: Slack, tmp_path: Path) -> None:
    file = tmp_path / "erased.txt"
    erased = ErasedList(file, slack.office.cipher.ring)
    keeper, gone = ErasedKeeper(slack.office, erased), list[Loan]()
    await keeper.round()
    assert not file.exists()
    for number in ("A-1", "A-2"):
        gone.append(await erase(slack, number))
        for each in (keeper, keeper, ErasedKeeper(slack.office, erased)):
            await each.round()
        assert [row.id for row in erased.read() if row.table == "loan"] == [loan.id for loan in gone]
        slack.clock.advance(hours=2)

    file.write_text(file.read_text("utf-8").replace(" loan ", " call "), "utf-8")
    await erase(slack, "A-3")
    changed = file.read_bytes()
    await keeper.round()
    assert file.read_bytes() == changed
    file.rename(tmp_path / "kept.txt")
    slack.clock.advance(hours=2)
    await ErasedKeeper(slack.office, erased).round()
    assert len([row for row in erased.read() if row.table == "loan"]) == 3
