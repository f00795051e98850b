"""A phone system for tests, which reports calls of Lin's. Now is Wednesday 10:00; Lin's extension is 2001."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from desk.calls.corrections import CallCorrected
from desk.calls.views import CallLogged
from desk.core.phone_site import Site
from desk.core.values import LoanRef
from desk.follow_ups.contact_limits import limits_of
from desk.rules.call_records import CallRecord
from desk.telephony import answering
from desk.telephony.applying import apply_phone_calls
from desk.telephony.records import SETTLE, Effect, take_records
from storage.tables import Call, Loan, Member, PhoneCall
from tests.builders import SHANGHAI
from tests.desk.lins_desk import LinsDesk

SITE = Site(SHANGHAI, "CN", ("9",))
NUMBER = "013800135678"


class Phones:
    """Reports calls of Lin's to L-1042 and has the worker apply them."""

    def __init__(self, desk10: LinsDesk) -> None:
        self.desk10 = desk10
        self.office, self.workspace, self.clock = desk10.office, desk10.workspace, desk10.clock

    def record(
        self, result: str = "no_answer", *, seconds: int = 0, began: datetime | None = None, **given: Any
    ) -> Any:
        start = began or self.clock.now() - timedelta(minutes=5)
        values: dict[str, Any] = {
            "source": "pbx",
            "key": "call-1",
            "direction": "out",
            "agent_extension": "2001",
            "number": NUMBER,
            "started": start,
            "ended": start + timedelta(seconds=20 + seconds),
            "talk_seconds": seconds,
            "result": result,
            "known_by": "signalled",
        }
        return CallRecord(**(values | given))

    async def take(self, *records: CallRecord) -> list[Effect]:
        async with self.office.desk(self.workspace) as desk:
            return await take_records(desk, records, SITE)

    async def apply(self) -> None:
        self.clock.advance(seconds=SETTLE.total_seconds())
        while True:
            async with self.office.desk(self.workspace) as desk:
                if not await apply_phone_calls(desk):
                    return

    async def worker(self) -> None:
        """Apply what came by another worker, some seconds later."""
        self.clock.advance(seconds=SETTLE.total_seconds())
        async with self.office.desk(self.workspace) as desk:
            await apply_phone_calls(desk)

    async def report(self, *records: CallRecord) -> PhoneCall:
        for record in records:
            await self.take(record)
        await self.apply()
        [row] = await self.desk10.all(PhoneCall)
        return row

    async def row(self) -> PhoneCall:
        [row] = await self.desk10.all(PhoneCall)
        return row

    async def calls(self) -> list[Call]:
        return sorted(await self.desk10.all(Call), key=lambda each: each.at)

    async def counted(self) -> list[tuple[datetime, bool]]:
        """Return the calls that contact rules know, and whether each was a conversation."""
        async with self.office.reading_desk(self.workspace, self.desk10.lin) as desk:
            limits = await limits_of(desk, await desk.session.get_one(Loan, self.desk10.loan.id))
            assert limits is not None
            return [(each.at, each.spoke) for each in limits.known.history]

    async def answer(self, outcome: str, who: Member | None = None) -> CallLogged | CallCorrected | None:
        row = await self.row()
        async with self.office.desk(self.workspace, who or self.desk10.lin) as desk:
            return await answering.answer_phone_call(desk, row.id, row.version, outcome)

    async def assign(self, who: Member, loan: str, agent: str) -> answering.PhoneCallAssigned:
        row = await self.row()
        async with self.office.desk(self.workspace, who) as desk:
            return await answering.assign_phone_call(
                desk, row.id, row.version, loan=LoanRef(loan, loan), agent_slack_id=agent
            )


@pytest.fixture
async def phones(desk10: LinsDesk) -> Phones:
    async with desk10.office.database.transaction() as session:
        (await session.get_one(Member, desk10.lin.id)).extension = "2001"
    return Phones(desk10)
