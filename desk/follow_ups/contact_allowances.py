"""Times for which a manager has allowed a call that contact rules refuse: it may be planned for then, and made then."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from desk.core.transaction import Desk
from desk.rules.contact_packs import Cap, Gap
from desk.rules.contact_rules import Broken
from storage.queries.follow_ups import contacts
from storage.tables import Loan

LASTS = timedelta(hours=1)
"""How long an allowed time lasts: the call takes a while to begin."""


async def is_allowed(desk: Desk, loan: Loan, at: datetime, broken: Iterable[Broken]) -> bool:
    """Return whether a manager has allowed a call at that time against each of these rules. Never one that cannot be overridden.
    What is allowed against a rule that counts per person holds for all loans of the borrower."""
    broken = tuple(broken)
    if any(each.fixed for each in broken):
        return False
    of_person = {each.rule.id for each in broken if isinstance(each.rule, Cap | Gap) and each.rule.per == "person"}
    allowed = {
        rule
        for row in await contacts.allowed_at(desk.session, loan.id, at, lasts=LASTS)
        for rule in row.rules.split()
        if row.loan_id == loan.id or rule in of_person
    }
    return {each.rule.id for each in broken} <= allowed
