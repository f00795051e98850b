"""What is recorded of the borrowers of listed loans that bears on contact, so that each list shows it beside the name."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from desk.core.transaction import Desk
from desk.follow_ups.contact_choices import STATES as STATES_RECORDED
from desk.rules.contact_packs import STATES
from storage.queries.follow_ups import contacts


async def states_of_loans(desk: Desk, loan_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Return the codes of the states of the borrower, their number and the debt that are not over, by the loan's id, the newest
    first. A workspace in which none was ever recorded is asked for nothing."""
    if not loan_ids or STATES_RECORDED not in (desk.workspace.contact_rules or {}):
        return {}
    found: dict[UUID, list[str]] = defaultdict(list)
    for loan_id, row in await contacts.states_of_loans(desk.session, loan_ids, desk.workspace_today):
        if row.code in STATES and (STATES[row.code].of != "debt" or row.loan_id == loan_id):
            found[loan_id].append(row.code)
    return {loan_id: tuple(dict.fromkeys(codes)) for loan_id, codes in found.items()}
