"""What a borrower promised to pay: shown with the call that asks whether they paid it."""

from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from storage.queries.calls import calls
from storage.tables import FollowUp

_PURPOSE = "promise"
_PROMISED = "promised"

PROMISING = frozenset(outcome.code for outcome in VOCABULARY.outcomes if outcome.next_purpose == _PURPOSE)
"""The outcomes after which a promise is open. A part payment after a promise leaves another amount, which nobody typed."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The amount that a borrower promised, in the loan's currency."""

    amount: Decimal = field(repr=False)
    currency: str


async def promises_of(desk: Desk, rows: Sequence[FollowUp]) -> dict[UUID, Promise]:
    """Return what was promised before each of these follow-ups that is about a promise, if an amount was recorded."""
    about = [row for row in rows if row.purpose == _PURPOSE]
    if not about:
        return {}
    last = await calls.last_with_outcome(desk.session, {row.loan_id for row in about}, PROMISING)
    by_loan = {
        loan_id: Promise(call.amount, currency)
        for loan_id, (call, currency) in last.items()
        if call.outcome == _PROMISED and call.amount is not None
    }
    return {row.id: by_loan[row.loan_id] for row in about if row.loan_id in by_loan}
