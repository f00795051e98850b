"""Lin's desk: one agent and her loan L-1042, on Wednesday 2026-11-25 at ten in the morning in Shanghai."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import select

from desk.calls.calls import log_call
from desk.calls.views import CallLogged, RepeatedCall
from desk.core.errors import DeskError
from desk.core.transaction import Office
from desk.core.undo import take_back
from desk.core.values import Due, LoanRef
from storage.tables import FollowUp, Loan, Member, Workspace
from tests.builders import SHANGHAI, make_follow_up, make_loan, make_member, make_team
from tests.clocks import FrozenClock


def at(text: str) -> datetime:
    """Return a time in Shanghai: `2026-11-25 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def due(text: str) -> Due:
    """Return a due minute, or a due date without a time."""
    if " " not in text:
        return Due(on=date.fromisoformat(text))
    return Due(on=at(text).date(), at=at(text))


class LinsDesk:
    """Types commands about one loan and reads the resulting rows; by default `lin` types."""

    def __init__(self, office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, loan: Loan) -> None:
        self.office, self.workspace, self.clock, self.lin, self.loan = office, workspace, clock, lin, loan

    async def says(self, outcome: str, who: Member | None = None, *, n: int | None = None, **more: Any) -> CallLogged:
        """Type this outcome for L-1042 (`/n`) and return the answer."""
        answer = await self.types(outcome, who, n=n, **more)
        assert isinstance(answer, CallLogged)
        return answer

    async def types(
        self, outcome: str, who: Member | None = None, *, n: int | None = None, **more: Any
    ) -> CallLogged | RepeatedCall:
        number = self.loan.number
        ref = LoanRef(f"{number}/{n}", number, n) if n else LoanRef(number, number)
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            return await log_call(desk, loan=ref, outcome=outcome, **more)

    async def refuses(self, outcome: str, who: Member | None = None, **more: Any) -> DeskError:
        """Type a line and return the error with which it is refused."""
        with pytest.raises(DeskError) as refused:
            await self.types(outcome, who, **more)
        return refused.value

    async def undo(self, answer: CallLogged, who: Member | None = None) -> None:
        assert answer.undo_id is not None
        async with self.office.desk(self.workspace, who or self.lin) as desk:
            await take_back(desk, answer.undo_id)

    async def follow_up(self, purpose: str = "documents", when: str | None = None, **values: Any) -> FollowUp:
        """One of Lin's, due at noon today unless it says otherwise."""
        said = due(when or "2026-11-25 12:00")
        holder = values.pop("assignee", self.lin)
        return await make_follow_up(
            self.office, self.loan, holder, purpose=purpose, due_at=said.at, due_on=said.on, **values
        )

    async def row(self, table: Any, row_id: Any) -> Any:
        async with self.office.database.reading() as session:
            return await session.get_one(table, row_id)

    async def all(self, table: Any) -> list[Any]:
        async with self.office.database.reading() as session:
            return list((await session.exec(select(table))).all())

    async def state(self, follow_up: FollowUp) -> str:
        return (await self.row(FollowUp, follow_up.id)).state


@pytest.fixture
async def desk10(office: Office, workspace: Workspace, clock: FrozenClock) -> LinsDesk:
    team = await make_team(office, workspace)
    lin = await make_member(office, workspace, "ULIN", name="Lin", team_id=team.id)
    loan = await make_loan(office, workspace, "L-1042", owner=lin)
    return LinsDesk(office, workspace, clock, lin, loan)
