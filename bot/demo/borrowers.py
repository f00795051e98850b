"""Add demo borrowers, to try the desk with, and remove them with everything about them."""

from datetime import timedelta
from decimal import Decimal

from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, NotFound
from desk.core.permissions import CALLERS, require_role, roles_of
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import lifecycle
from desk.loans import borrowers, keeping
from desk.people import onboarding
from desk.people.members import zone_of
from storage.engine.types import new_id
from storage.queries.loans import loans
from storage.queries.loans.loans import number_key
from storage.queries.people import workspaces
from storage.tables import Loan
from storage.upkeep import demo

_PREFIX = "DEMO-"


@dataclass(frozen=True, slots=True)
class _Case:
    """A borrower with a loan. `due_in` None: without a follow-up."""

    name: str
    phone: str
    stage: str
    amount: str
    purpose: str = ""
    due_in: timedelta | None = None
    note: str = ""


# Ofcom reserves these numbers for drama (https://www.ofcom.org.uk): a call by mistake reaches nobody.
_CASES = (
    _Case("演示王小明", "+447700900001", "application", "128000", "documents", timedelta(minutes=10), "银行流水"),
    _Case("Demo Maria Santos", "+447700900002", "application", "96000", "income", timedelta(hours=1), "payslips"),
    _Case("演示陈静", "+447700900003", "approved", "152000", "decision", timedelta(days=1)),
    _Case("Demo John Smith", "+447700900004", "disbursed", "88000", "repayment", timedelta(days=3)),
    _Case("演示刘洋", "+447700900005", "inquiry", "60000"),
)


@dataclass(frozen=True, slots=True)
class DemoAdded:
    """The added loans. `may_call`: the member who added them may log calls."""

    numbers: tuple[str, ...]
    may_call: bool


async def add_demo(desk: Desk) -> DemoAdded:
    """Add demo borrowers with loans and follow-ups of the acting member.

    Raise NotAllowed (`role_missing`), Conflict (`demo_there`).
    """
    member = require_role(desk, "manage_demo")
    await workspaces.locked(desk.session, desk.workspace.id)
    if await demo.loans_of(desk.session, desk.workspace.id):
        raise Conflict("demo_there")
    added: list[str] = []
    for case in _CASES:
        loan = await _add(desk, case, after=added)
        added.append(loan.number)
        if case.due_in is not None:
            at = (desk.now + case.due_in).replace(second=0, microsecond=0)
            due = Due(on=at.astimezone(zone_of(desk, member)).date(), at=at)
            await lifecycle.plan(desk, loan, purpose=case.purpose, assignee=member, due=due, note=case.note)
    desk.audit("add_demo", count=len(added))
    await desk.session.flush()
    await onboarding.refresh_welcome(desk)
    return DemoAdded(tuple(added), may_call=bool(roles_of(member) & set(CALLERS)))


async def remove_demo(desk: Desk) -> int:
    """Remove only the demo borrowers, with everything about them, and return how many.

    Raise NotAllowed (`role_missing`), NotFound (`demo_gone`), Conflict (`under_hold`).
    """
    require_role(desk, "manage_demo")
    await workspaces.locked(desk.session, desk.workspace.id)
    ids = await demo.loans_of(desk.session, desk.workspace.id)
    if not ids:
        raise NotFound("demo_gone")
    await loans.lock_all(desk.session, ids, may_delete=True)
    await keeping.require_not_held(desk, ids)
    await demo.remove(desk.session, ids, desk.now)
    desk.audit("remove_demo", count=len(ids), ids=[str(each) for each in ids])
    await onboarding.refresh_welcome(desk)
    return len(ids)


async def _add(desk: Desk, case: _Case, *, after: list[str]) -> Loan:
    number = len(after) + 1
    while (name := f"{_PREFIX}{number}") in after or await loans.by_number(desk.session, desk.workspace.id, name):
        number += 1
    borrower = borrowers.new_borrower(desk, name=case.name, phone=case.phone)
    loan = Loan(
        id=new_id(),
        workspace_id=desk.workspace.id,
        borrower_id=borrower.id,
        number=name,
        number_key=number_key(name),
        demo_at=desk.now,
        stage=case.stage,
        stage_since=desk.now,
        owner_id=desk.member.id,
        owner_set_at=desk.now,
        amount=Decimal(case.amount),
        currency=desk.workspace.currency,
        created_at=desk.now,
    )
    desk.add(loan)
    await desk.session.flush()
    return loan
