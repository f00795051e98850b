"""What is shown or done of many loans asks the database as often as for one."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from desk.calls.reported import rewrite_missed
from desk.core.transaction import Desk, Office
from desk.follow_ups.escalation_views import escalation_views
from desk.follow_ups.ownerless import revise_ownerless
from desk.handover.moves import calls_for_an_owner
from desk.loans.views import loan_views
from desk.rules.escalations import trigger_of_passed_over_check
from storage.tables import Call, Check, Escalation, Loan, Workspace
from tests.builders import make_call, make_follow_up, make_loan, make_member


@contextmanager
def executed(office: Office) -> Iterator[list[str]]:
    """Yield the statements that are executed in the block."""
    found: list[str] = []
    engine = office.database.engine.sync_engine

    def add(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        found.append(sql)

    event.listen(engine, "before_cursor_execute", add)
    yield found
    event.remove(engine, "before_cursor_execute", add)


async def make_loans(office: Office, workspace: Workspace, n: int, *, escalated: bool) -> None:
    """Make loans of other members each, with a call for the owner, and if `escalated` a failed check, and an escalation for
    each kind of cause."""
    for number in range(n * 10, n * 11):
        caller = await make_member(office, workspace, f"UCALLER{number}")
        manager = await make_member(office, workspace, f"UMANAGER{number}")
        loan = await make_loan(
            office, workspace, f"L-{number}", owner=await make_member(office, workspace, f"U{number}")
        )
        follow_up = await make_follow_up(office, loan, caller, rule="instalment")
        call = await make_call(office, loan, caller, outcome="failed")
        if not escalated:
            continue
        of_loan = {"workspace_id": workspace.id, "loan_id": loan.id}
        passed = trigger_of_passed_over_check(loan.id, "approved")
        raised = of_loan | {"about_member_id": caller.id, "raised_at": office.clock.now() + timedelta(minutes=1)}
        async with office.desk(workspace) as desk:
            desk.add(
                Check(
                    follow_up_id=follow_up.id,
                    call_id=call.id,
                    purpose="identity",
                    state="failed",
                    by_id=caller.id,
                    at=desk.now,
                    decision="stop",
                    decided_by_id=manager.id,
                    decided_at=desk.now,
                    **of_loan,
                )
            )
            desk.session.add_all(
                [
                    Escalation(kind="owner_left", **raised),
                    Escalation(kind="check_failed", call_id=call.id, **raised),
                    Escalation(kind="late", follow_up_id=follow_up.id, **raised),
                    Escalation(
                        kind="check_passed_over",
                        rule_trigger=passed,
                        **raised,
                    ),
                ]
            )


async def show_escalations(desk: Desk, found: Sequence[Loan]) -> None:
    rows = (await desk.session.exec(select(Escalation))).all()
    views = await escalation_views(desk, rows)
    assert sum(view.call is not None and view.call.failed is not None for view in views) == len(found)
    assert sum(view.passed is not None and len(view.passed.checks) == 1 for view in views) == len(found)
    assert sum(view.owner_left is not None for view in views) == len(found)


async def show_loans(desk: Desk, found: Sequence[Loan]) -> None:
    assert len(await loan_views(desk, found)) == len(found)


async def revise_owners(desk: Desk, found: Sequence[Loan]) -> None:
    await revise_ownerless(desk, found)


async def find_calls_for_an_owner(desk: Desk, found: Sequence[Loan]) -> None:
    assert len(await calls_for_an_owner(desk, found)) == len(found)


async def rewrite_missed_calls(desk: Desk, found: Sequence[Loan]) -> None:
    desk.workspace.phone_calls_at = desk.now
    await rewrite_missed(desk, (await desk.session.exec(select(Call))).all())


@pytest.mark.parametrize(
    "act", [show_escalations, show_loans, revise_owners, find_calls_for_an_owner, rewrite_missed_calls]
)
async def test_many_loans_are_asked_about_as_often_as_one(
    office: Office, workspace: Workspace, act: Callable[[Desk, Sequence[Loan]], Coroutine[Any, Any, None]]
) -> None:
    asked: list[int] = []
    for n in (1, 4):
        await make_loans(office, workspace, n, escalated=act is show_escalations)
        async with office.reading_desk(workspace) as desk:
            found = (await desk.session.exec(select(Loan))).all()
            with executed(office) as statements:
                await act(desk, found)
        asked.append(len(statements))
    assert asked[0] == asked[1] > 0
