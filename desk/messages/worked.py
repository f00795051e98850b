"""What a team did on a day: the lists behind the counts of calls and of finished follow-ups in the manager's digest."""

from dataclasses import field
from datetime import date, datetime
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.due_lists import people_listed
from desk.follow_ups.listed_states import states_of_loans
from desk.loans import borrowers
from desk.loans.lookup import visible_today
from desk.people.members import zone_of
from desk.rules.working_time import day_bounds
from storage.queries.loans import loans
from storage.queries.messages import worked
from storage.queries.people import members
from storage.tables import Member

PAGE = 10
"""Rows of one page."""


@dataclass(frozen=True, slots=True)
class WorkedRow:
    """A call with its `outcome`, or a finished follow-up with its `purpose`. `who` is a Slack id.

    `name` is masked on a loan that the acting member may not see: it can have left the team since. `states` are the codes of what
    is recorded of the borrower that bears on contact, nothing on such a loan.
    """

    loan_id: UUID
    number: str
    name: str = field(repr=False)
    tail: str = field(repr=False)
    who: str
    at: datetime
    outcome: str | None
    purpose: str | None
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkedList:
    """One page of what the manager's team did on a day: calls of one `outcome`, or for None what it finished."""

    manager_id: UUID
    on: date
    outcome: str | None
    total: int
    offset: int
    rows: tuple[WorkedRow, ...]

    @property
    def more(self) -> int:
        """Return how many rows come after this page."""
        return self.total - self.offset - len(self.rows)


async def worked_list(desk: Desk, manager: Member, on: date, outcome: str | None, *, offset: int = 0) -> WorkedList:
    """Return a page of the calls with that outcome, or of the finished follow-ups, by the members whom the manager's digest
    counts. Raises NotAllowed (`others_may_act`) for a team whose list the acting member may not see."""
    team = (await people_listed(desk, manager, "team")).people
    day = day_bounds(on, zone_of(desk, manager))
    found = (
        await worked.finished(desk.session, team, day, but_not=manager.id)
        if outcome is None
        else await worked.called(desk.session, team, day, outcome, but_not=manager.id)
    )
    page = found[offset : offset + PAGE]
    people = await members.by_ids(desk.session, {each.member_id for each in page})
    contacts = await borrowers.contacts_of(desk, {each.loan.borrower_id for each in page})
    visible = await loans.of_borrowers(desk.session, contacts, visible=await visible_today(desk))
    seen = {loan.id for loan in visible}
    states = await states_of_loans(desk, seen & {each.loan.id for each in page})
    rows = tuple(
        WorkedRow(
            loan_id=each.loan.id,
            number=each.loan.number,
            name=contact.name if each.loan.id in seen else contact.masked,
            tail=contact.tail,
            who=people[each.member_id].slack_user_id,
            at=each.at,
            outcome=outcome,
            purpose=each.purpose,
            states=states.get(each.loan.id, ()),
        )
        for each in page
        for contact in [contacts[each.loan.borrower_id]]
    )
    return WorkedList(manager.id, on, outcome, len(found), offset, rows)
