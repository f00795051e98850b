"""Why a loan may not be deleted: holds, disputes, open work, rules of contact packs, the lender's own policy."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from desk.core.transaction import Office
from desk.loans.keeping import kept_because
from desk.rules.contact_packs import PACKS
from desk.rules.months import months_after
from desk.rules.retention import KINDS, period_of
from storage.engine.types import new_id
from storage.tables import (
    Call,
    ContactChoice,
    ContactState,
    LegalHold,
    Loan,
    Member,
    RetentionPolicy,
    StageChange,
    Workspace,
)
from tests.builders import make_loan, make_member

NOW = datetime(2024, 11, 25, 2, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture
async def agent(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "UAGENT", roles="agent")


async def ended(
    office: Office, workspace: Workspace, agent: Member, number: str, stage: str, ago: timedelta, **more: Any
) -> Loan:
    since = office.clock.now() - ago
    return await make_loan(office, workspace, number, owner=agent, stage=stage, stage_since=since, **more)


async def why(office: Office, workspace: Workspace, loan: Loan, *rows: Any) -> list[tuple[str, str, date | None]]:
    """Write these rows, and return why the loan is kept."""
    async with office.desk(workspace) as desk:
        for row in rows:
            desk.add(row)
        await desk.session.flush()
        return [(each.why, each.source, each.until) for each in (await kept_because(desk, [loan.id]))[loan.id]]


async def test_each_reason_is_named_and_what_is_over_is_none(
    office: Office, workspace: Workspace, agent: Member
) -> None:
    def of(loan: Loan) -> dict[str, Any]:
        return {"id": new_id(), "workspace_id": workspace.id, "loan_id": loan.id}

    async with office.reading_desk(workspace) as desk:
        now, today = desk.now, desk.workspace_today
    live = await make_loan(office, workspace, "A-1", owner=agent)
    assert await why(office, workspace, live) == [("live", "application", None)]
    old = await ended(office, workspace, agent, "A-2", "closed", 4 * YEAR)
    assert await why(office, workspace, old) == []
    young = await ended(office, workspace, agent, "A-3", "written_off", YEAR)
    until = months_after((now - YEAR + timedelta(hours=8)).date(), 36)
    assert await why(office, workspace, young) == [("policy", "ended_loan", until)]
    # A call long after the end: the rule of the loan's own pack counts from it.
    choice = ContactChoice(**of(old), number=1, packs="CN", by_id=agent.id, at=now)
    call = Call(**of(old), caller_id=agent.id, outcome="reached", at=now - YEAR)
    kept = await why(office, workspace, old, choice, call)
    assert kept == [("rule", "CN-K1", months_after((now - YEAR + timedelta(hours=8)).date(), 24))]
    # A hold on another loan of the borrower.
    other = await make_loan(office, workspace, "A-4", owner=agent, borrower_id=old.borrower_id)
    hold = LegalHold(**of(other), until_on=today, by_id=agent.id, at=now)
    assert ("hold", str(hold.id), today) in await why(office, workspace, old, hold)
    past = LegalHold(**of(young), until_on=today - timedelta(days=1), by_id=agent.id, at=now)
    lifted = LegalHold(**of(young), by_id=agent.id, at=now, lifted_at=now)
    assert [each for each, *_ in await why(office, workspace, young, past, lifted)] == ["policy"]
    dispute = ContactState(**of(young), code="dispute", by_id=agent.id, at=now)
    assert [each for each, *_ in await why(office, workspace, young, dispute)] == ["dispute", "policy"]


async def test_what_a_workspace_chose_counts_and_inquiries_go_sooner_than_applications(
    office: Office, workspace: Workspace, agent: Member
) -> None:
    inquiry = await ended(office, workspace, agent, "L-1", "withdrawn", 2 * YEAR, minted=True)
    applied = await ended(office, workspace, agent, "L-2", "withdrawn", 2 * YEAR, minted=True)
    change = StageChange(
        id=new_id(), workspace_id=workspace.id, loan_id=applied.id, from_stage="inquiry", to_stage="application", at=NOW
    )
    assert await why(office, workspace, inquiry) == []
    assert [source for _, source, _ in await why(office, workspace, applied, change)] == ["application"]
    values = {"workspace_id": workspace.id, "by_id": agent.id, "at": NOW}
    longer = RetentionPolicy(id=new_id(), kind="inquiry", months=60, number=1, **values)
    shorter = RetentionPolicy(id=new_id(), kind="application", months=12, number=1, **values)
    assert [source for _, source, _ in await why(office, workspace, inquiry, longer)] == ["inquiry"]
    assert await why(office, workspace, applied, shorter) == []


TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("kind", "chosen", "packs", "months"),
    [
        ("ended_loan", None, (), 36),
        ("ended_loan", 12, (), 12),
        ("ended_loan", 12, ("CN",), 24),
        ("ended_loan", 12, ("CN", "US-NY-NYC"), 36),
        ("recording", None, ("EU-GR",), 12),  # it must be deleted after a year
        ("recording", 60, ("EU-GR",), 12),
        ("recording", 60, ("EU-GR", "US-REGF"), 36),  # … but another rule keeps it
        ("words", None, ("CN",), None),
        ("audit", 12, (), 36),
    ],
)
def test_the_longest_rule_wins_and_a_rule_to_delete_acts_only_without_one(
    kind: str, chosen: int | None, packs: tuple[str, ...], months: int | None
) -> None:
    assert period_of(KINDS[kind], chosen, [PACKS[code] for code in packs], TODAY).months == months
