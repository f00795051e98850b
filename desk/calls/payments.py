"""Settle an instalment that was paid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from desk.core.changes import track
from desk.core.transaction import Desk
from desk.follow_ups import follow_ups
from desk.rules.instalments import next_instalment, next_unpaid_instalment
from storage.tables import FollowUp, Loan

ABOUT_AN_INSTALMENT = frozenset({"repayment", "overdue", "promise"})
"""Purposes that a payment settles. The call that explains the repayment plan remains due after a payment."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The paid instalment (None if the loan has no due day), and the follow-ups that it closed."""

    instalment_on: date | None
    ended: tuple[FollowUp, ...] = field(repr=False)


def settle(desk: Desk, loan: Loan, open_rows: Sequence[FollowUp], answered: FollowUp | None) -> Settlement:
    """Mark the oldest unpaid instalment as paid. Close the answered follow-up and every open one about that instalment.

    A follow-up without an instalment (a typed promise) is about the oldest unpaid one. If the lender reports arrears, the
    next instalment becomes the oldest unpaid one, provided that it has fallen due.
    """
    instalment_on = _oldest_unpaid(desk, loan, open_rows)
    ended = [f for f in open_rows if f is answered or _is_about(f, instalment_on)]
    for follow_up in ended:
        follow_ups.close(desk, follow_up, "done")
    track(desk, loan)
    if instalment_on is None or loan.due_day is None:
        loan.unpaid_since = None
        return Settlement(instalment_on=None, ended=tuple(ended))
    loan.paid_through = instalment_on
    following = next_instalment(instalment_on, loan.due_day)
    if loan.unpaid_since is not None:
        loan.unpaid_since = following if following < desk.workspace_today else None
    return Settlement(instalment_on=instalment_on, ended=tuple(ended))


def _oldest_unpaid(desk: Desk, loan: Loan, open_rows: Sequence[FollowUp]) -> date | None:
    """Return the oldest unpaid instalment by the lender's data and by the open follow-ups."""
    if loan.due_day is None:
        return None
    today = desk.workspace_today
    oldest = next_unpaid_instalment(today, loan.due_day, paid_through=loan.paid_through, unpaid_since=loan.unpaid_since)
    paid = loan.paid_through or date.min
    return min([oldest, *(f.instalment_on for f in open_rows if f.instalment_on and f.instalment_on > paid)])


def _is_about(follow_up: FollowUp, instalment_on: date | None) -> bool:
    if follow_up.purpose not in ABOUT_AN_INSTALMENT:
        return False
    return follow_up.instalment_on is None or instalment_on is None or follow_up.instalment_on <= instalment_on
