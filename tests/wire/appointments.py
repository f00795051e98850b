"""Book appointments in the form, and look at what is kept of them."""

from sqlmodel import col, select

from sandbox.modals import Modal
from storage.tables import Appointment, FollowUp, Loan, Member
from tests.builders import make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack


async def approved_loan(slack: Slack) -> Loan:
    """Make A-1, approved, of the agent."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="王小明")


async def booking(slack: Slack, who: Member | None = None, number: str = "A-1") -> Modal:
    """Open the form in which an appointment on a loan is booked."""
    return await slack.in_card(who or slack.agent, "Open", "Book an appointment", number=number)


async def booked(slack: Slack, when: str = "fri 15:00", kind: str = "signing", **fields: str) -> Modal:
    """Book an appointment on A-1, and return the form with its answer."""
    form = await booking(slack)
    await form.fill("What for", kind)
    await form.fill("When", when)
    await fill(form, fields)
    await form.submit()
    return form


async def calls(slack: Slack) -> list[tuple[str, str, str]]:
    """Return each follow-up's purpose, day and state, in order of their numbers."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return [(row.purpose, row.due_on.isoformat(), row.state) for row in rows]


async def appointment(slack: Slack) -> Appointment:
    """Return the only appointment."""
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Appointment))).one()
