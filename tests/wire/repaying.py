"""What tests of repayment do: give a loan a schedule, record payments, read its page."""

from typing import Any

from storage.tables import Loan, Member
from tests.builders import make_loan
from tests.wire.office_day import Slack

ROWS = "2026-10-10 1000.00\n2026-11-10 1,000.00\n2026/12/10 1000\n2027年1月10日 1000.00"
"""Four instalments, of which two fell due before Wednesday 25 November."""


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
    for label, value in fields.items():
        await form.fill(label.replace("_", " "), value)
    await form.submit()
    return form


async def pay(slack: Slack, amount: str, day: str = "2026-11-25", who: Member | None = None, number: str = "A-1"):
    """Record a payment with the form, and return the form with its answer."""
    form = await form_of(slack, who or slack.agent, "Record a payment", number)
    await form.fill("Paid on", day)
    await form.fill("Amount", amount)
    await form.submit()
    return form
