"""What tests of repayment do: give a loan a schedule, record payments, read its page."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from storage.tables import FollowUp, Loan, Member, Payment, Promise
from tests.builders import make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack

ROWS = "2026-10-10 1000.00\n2026-11-10 1,000.00\n2026/12/10 1000\n2027年1月10日 1000.00"
"""Four instalments, of which two fell due before Wednesday 25 November."""

OCTOBER, NOVEMBER, DECEMBER = "Sat 10 Oct 2026", "Tue 10 Nov 2026", "Thu 10 Dec 2026"
"""The days of the first three, in words."""


async def disbursed(slack: Slack, number: str = "A-1", **values: Any) -> Loan:
    """Make a loan of the agent that is paid out."""
    return await make_loan(slack.office, slack.workspace, number, owner=slack.agent, stage="disbursed", **values)


async def form_of(slack: Slack, who: Member, label: str, number: str = "A-1"):
    """Open a form from the tab of the card with payments and schedule."""
    return await slack.in_card(who, "Payments", label, number=number)


async def page_of(slack: Slack, who: Member, number: str = "A-1"):
    """Open the tab of the card with payments and schedule."""
    return await slack.in_card(who, "Payments", number=number)


async def give_schedule(slack: Slack, rows: str = ROWS, number: str = "A-1", **fields: str):
    """Paste the lender's schedule into the form, and return the form with its answer."""
    form = await form_of(slack, slack.agent, "Enter the lender's schedule", number)
    await form.fill("Instalments", rows)
    await fill(form, fields)
    await form.submit()
    return form


async def pay(slack: Slack, amount: str, day: str = "2026-11-25", who: Member | None = None, number: str = "A-1"):
    """Record a payment with the form, and return the form with its answer."""
    form = await form_of(slack, who or slack.agent, "Record a payment", number)
    await form.fill("Paid on", day)
    await form.fill("Amount", amount)
    await form.submit()
    return form


@pytest.fixture
async def with_instalments(slack: Slack) -> Loan:
    """A-1 of the agent: four instalments of 1,000.00, two of which have fallen due, nothing paid."""
    loan = await disbursed(slack)
    await give_schedule(slack)
    return loan


async def card(slack: Slack) -> list[str]:
    """Return the lines of the card of A-1."""
    return (await slack.command(slack.agent, "/loan A-1")).text.splitlines()


async def says(slack: Slack, line: str) -> str:
    """Log a call on A-1, and return the answer."""
    return (await slack.command(slack.agent, f"/loan-call A-1 {line}")).text


async def follow_ups(slack: Slack) -> dict[str, str]:
    """Return the state of each follow-up, by purpose and number."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return {f"{row.purpose}/{row.number}": row.state for row in rows}


async def payments(slack: Slack) -> list[Decimal]:
    """Return the amounts of the payments that count."""
    async with slack.office.database.reading() as session:
        found = (await session.exec(select(Payment).order_by(col(Payment.at), col(Payment.id)))).all()
    return [row.amount for row in found if row.reversed_at is None and row.undone_at is None]


async def promises(slack: Slack) -> list[tuple[Decimal | None, date, str]]:
    """Return the promises that count: amount, day, state."""
    async with slack.office.database.reading() as session:
        found: Sequence[Promise] = (
            await session.exec(select(Promise).order_by(col(Promise.at), col(Promise.id)))
        ).all()
    return [(row.amount, row.due_on, row.state) for row in found if row.undone_at is None]
