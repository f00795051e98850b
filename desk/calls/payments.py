"""What a payment settles."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from desk.core.changes import track
from desk.core.transaction import Desk
from desk.follow_ups import lifecycle
from desk.rules.instalments import next_instalment, next_unpaid_instalment
from storage.tables import FollowUp, Loan

ABOUT_AN_INSTALMENT = frozenset({"repayment", "overdue", "promise"})
"""Purposes that a payment settles. Walking somebody through their plan is still to be done when they have paid."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The instalment that was paid (None where the loan has no due day), and the follow-ups that it ended."""

    instalment_on: date | None
    ended: tuple[FollowUp, ...] = field(repr=False)


def settle(desk: Desk, loan: Loan, open_ones: Sequence[FollowUp], answered: FollowUp | None) -> Settlement:
    """Marks the oldest unpaid instalment as paid, and ends every open follow-up about it, due or not, whoever holds it,
    and the one that the call answers.

    A follow-up that names no instalment (a promise that somebody typed) is about the oldest unpaid one. Where the lender
    says that instalments are unpaid, the one after it is from now on the oldest, if it has fallen due.
    """
    instalment_on = _oldest_unpaid(desk, loan, open_ones)
    ended = [f for f in open_ones if f is answered or _is_about(f, instalment_on)]
    for follow_up in ended:
        lifecycle.close(desk, follow_up, "done")
    track(desk, loan)
    if instalment_on is None or loan.due_day is None:
        loan.unpaid_since = None
        return Settlement(instalment_on=None, ended=tuple(ended))
    loan.paid_through = instalment_on
    following = next_instalment(instalment_on, loan.due_day)
    if loan.unpaid_since is not None:
        loan.unpaid_since = following if following < desk.workspace_today else None
    return Settlement(instalment_on=instalment_on, ended=tuple(ended))


def _oldest_unpaid(desk: Desk, loan: Loan, open_ones: Sequence[FollowUp]) -> date | None:
    """By the lender's data or, where they say nothing, by the oldest instalment that a call is still open about."""
    if loan.due_day is None:
        return None
    today = desk.workspace_today
    oldest = next_unpaid_instalment(today, loan.due_day, paid_through=loan.paid_through, unpaid_since=loan.unpaid_since)
    paid = loan.paid_through or date.min
    return min([oldest, *(f.instalment_on for f in open_ones if f.instalment_on and f.instalment_on > paid)])


def _is_about(follow_up: FollowUp, instalment_on: date | None) -> bool:
    if follow_up.purpose not in ABOUT_AN_INSTALMENT:
        return False
    return follow_up.instalment_on is None or instalment_on is None or follow_up.instalment_on <= instalment_on
