"""Of an incoming call that nobody took, the owner of the loan hears. Now is Wednesday 10:00."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from desk.telephony.missed import missed_call
from storage.tables import Notice
from tests.desk.lins_desk import desk10
from tests.desk.telephony.phones import Phones, phones

__all__ = ["desk10", "phones"]


async def _missed(phones: Phones) -> list[Notice]:
    return [each for each in await phones.desk10.all(Notice) if each.kind == "missed_call"]


async def test_an_incoming_call_that_nobody_took_reaches_the_owner_once_an_hour(phones: Phones) -> None:
    missed = phones.record("abandoned_in", direction="in", agent_extension="")
    for key in ("call-1", "call-1", "call-2"):
        await phones.take(replace(missed, key=key))
    await phones.apply()
    [told] = await _missed(phones)
    assert (told.to_id, told.about_loan_id) == (phones.desk10.lin.id, phones.desk10.loan.id)
    assert await phones.calls() == []
    later = phones.clock.now() + timedelta(hours=1)
    phones.clock.advance(hours=1)
    await phones.take(replace(missed, key="call-3", started=later, ended=later))
    await phones.apply()
    assert len(await _missed(phones)) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"number": "13900009999"},
        {"direction": "out", "result": "cancelled_by_agent"},
        {"result": "blocked_policy"},
        {"hours": 13},
    ],
)
async def test_an_incoming_call_that_is_old_or_of_nobody_is_told_to_nobody(
    phones: Phones, given: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"result": "abandoned_in", "direction": "in"} | given
    began = phones.clock.now() - timedelta(hours=values.pop("hours", 0))
    row = await phones.report(phones.record(values.pop("result"), began=began, **values))
    assert (await _missed(phones), row.state == "logged") == ([], False)


async def test_an_incoming_call_that_was_taken_after_all_says_so(phones: Phones) -> None:
    await phones.report(phones.record("abandoned_in", direction="in"))
    [told] = await _missed(phones)
    row = await phones.report(phones.record("connected", direction="in", seconds=40))
    [again] = await _missed(phones)
    assert (row.state, again.wanted > told.wanted) == ("asks", True)
    async with phones.office.reading_desk(phones.workspace) as desk:
        view = await missed_call(desk, row.id, phones.desk10.lin)
    assert view is not None
    assert view.over
